package rest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

// desk is a description of tasks that are asked for in every way. Its answers are
// scripted; whatever it asks, it gets the next.
const desk = `
name: desk
tasks:
  askable: id.matches("^[A-Za-z0-9]+$")
  get: { path: get, query: { asset: "{id}" }, items: body.rows, total: number(body.count) }
  list: [{ path: list, items: body.rows, total: number(body.count) }]
  hides: false
  fields: { id: item.id, kind: item.kind, asset: item.asset, open: item.find("open"), due: item.find("due") }
  kinds: { leaver: offboarding, scrap: decommission }
assets: { id: item.id, fields: {}, list: [{ path: assets, items: body.rows }] }
`

// rowsOf writes an answer with tasks: "1 leaver A" is an open task 1 of that kind
// of the asset A, "-" stands for nothing, and a fourth word says whether it is
// open.
func rowsOf(tasks ...string) string {
	rows := make([]string, len(tasks))
	for i, task := range tasks {
		word := append(strings.Split(strings.ReplaceAll(task, "-", ""), " "), "true")
		rows[i] = fmt.Sprintf(`{"id": %q, "kind": %q, "asset": %q, "open": %q}`, word[0], word[1], word[2], word[3])
	}
	return fmt.Sprintf(`{"count": %d, "rows": [%s]}`, len(tasks), strings.Join(rows, ", "))
}

// openDesk opens a desk that answers so, after changes to its description.
func openDesk(t *testing.T, answers []string, changes ...string) (*System, *script) {
	t.Helper()
	text := strings.NewReplacer(changes...).Replace(desk)
	if (text == desk) != (len(changes) == 0) {
		t.Fatal("the changes change nothing")
	}
	server := &script{bodies: answers}
	return openAt(t, systemtest.ServeHTTP(t, server), text, func(c *Config) { c.Secrets = nil }), server
}

// openTasksText writes tasks down as "1 of A".
func openTasksText(t *testing.T, s *System) (string, error) {
	t.Helper()
	open, err := readAll(t, s.OpenTasks(t.Context()))
	var out []string
	for _, task := range open {
		out = append(out, task.Task.ID+" of "+task.Asset)
	}
	return strings.Join(out, ", "), err
}

// What counts as an open task of an asset, and what must not be passed over.
func TestOpenTasks(t *testing.T) {
	const perAsset = `fields: { key: item.id + " " + item.asset, `
	for name, c := range map[string]struct {
		answer  string
		changes []string
		want    string // tasks, or the fault
	}{
		"none":                       {rowsOf(), nil, ""},
		"of several assets":          {rowsOf("1 leaver A", "2 scrap B", "3 LEAVER A"), nil, "1 of A, 2 of B, 3 of A"},
		"of assets that fold alike":  {rowsOf("1 leaver A", "2 leaver a"), nil, "1 of A, 2 of a"},
		"closed":                     {rowsOf("1 leaver A false", "2 leaver A"), nil, "2 of A"},
		"of another kind":            {rowsOf("1 cake A", "2 - A", "3 leaver A"), nil, "3 of A"},
		"of no asset":                {rowsOf("1 leaver A", "2 leaver -"), nil, `its list shows the task "2" without an asset`},
		"of no asset, and closed":    {rowsOf("1 leaver A", "2 leaver - false"), nil, "1 of A"},
		"of no asset and other kind": {rowsOf("1 leaver A", "2 cake -"), nil, "1 of A"},
		"the asset is not shown":     {`{"count": 1, "rows": [{"id": "1", "kind": "leaver"}]}`, nil, "tasks.fields.asset: no such key: asset"},
		"the asset asked for":        {rowsOf("1 leaver A"), []string{"asset: item.asset", "asset: id"}, "without an asset"},
		"without an id":              {rowsOf("- leaver A"), nil, "a task has no id"},
		"a task of two assets":       {rowsOf("1 leaver A", "1 leaver B"), nil, `the row "1" changed while it was read, 3 times`},
		"a row for each asset":       {rowsOf("1 leaver A", "1 leaver B"), []string{"fields: { ", perAsset}, "1 of A, 1 of B"},
		"such a row twice":           {rowsOf("1 leaver A", "1 leaver A"), []string{"fields: { ", perAsset}, `the row "1 A" twice`},
		"no key in the row":          {rowsOf("1 leaver A", "2 leaver A"), []string{"fields: { ", `fields: { key: item.find("row"), `}, "1 of A, 2 of A"},
		"less than counted":          {strings.Replace(rowsOf("1 leaver A"), "1", "2", 1), nil, "it counts 2 rows and shows 1"},
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := openDesk(t, []string{c.answer}, c.changes...)
			got, err := openTasksText(t, s)
			if err != nil {
				systemtest.WantUnavailable(t, len(got), err)
				got = err.Error()
			}
			if !strings.Contains(got, c.want) || err == nil && got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

// A system that does not tell case answers with the tasks of another asset too.
// A single read takes what the list files under the asset, and a row of any other
// asset shows that the question was not understood.
func TestTasksOfAssetsWithEqualFoldedIDs(t *testing.T) {
	answer := rowsOf("1 leaver A", "2 leaver a", "3 scrap A")
	for asset, want := range map[string]string{"A": "1 3", "a": "2"} {
		s, _ := openDesk(t, []string{answer})
		read, err := s.Tasks(t.Context(), asset)
		if err != nil {
			t.Fatal(err)
		}
		open, err := readAll(t, s.OpenTasks(t.Context()))
		if err != nil {
			t.Fatal(err)
		}
		var ids, listed []string
		for _, task := range read {
			ids = append(ids, task.ID)
		}
		for _, task := range open {
			if task.Asset == asset {
				listed = append(listed, task.Task.ID)
			}
		}
		if strings.Join(ids, " ") != want || !slices.Equal(ids, listed) {
			t.Errorf("%s: read %q, listed %q, want %s", asset, ids, listed, want)
		}
	}
	for _, asset := range []string{"B", "AA"} {
		s, _ := openDesk(t, []string{answer})
		open, err := s.Tasks(t.Context(), asset)
		systemtest.WantUnavailable(t, len(open), err)
	}
}

// The tasks of an asset that cannot be asked for are in the list, if it shows
// all. The list is read once.
func TestTasksOfAnAssetThatCannotBeAskedFor(t *testing.T) {
	all := []string{rowsOf("2 scrap x^y", "1 leaver x^y", "3 leaver A")}
	hiding := []string{"hides: false", "hides: true"}
	unsafely := func(t *testing.T, s *System, asset string) {
		t.Helper()
		open, err := s.Tasks(t.Context(), asset)
		systemtest.WantUnavailable(t, len(open), err)
		if !strings.Contains(fmt.Sprint(err), "cannot be asked for the tasks of") {
			t.Errorf("got %v", err)
		}
	}
	found := func(t *testing.T, s *System, asset string, want ...string) {
		t.Helper()
		open, err := s.Tasks(t.Context(), asset)
		got := make([]string, len(open))
		for i, task := range open {
			got[i] = task.ID
		}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: got %q, %v; want %q", asset, got, err, want)
		}
	}
	t.Run("complete list", func(t *testing.T) {
		s, server := openDesk(t, all)
		found(t, s, " x^y ", "1", "2")
		found(t, s, "x^Y")
		found(t, s, "no^where")
		if got, err := openTasksText(t, s); err != nil || got != "2 of x^y, 1 of x^y, 3 of A" {
			t.Errorf("got %s, %v", got, err)
		}
		if want := []string{"/list"}; !slices.Equal(server.asked, want) {
			t.Errorf("asked %q, want %q", server.asked, want)
		}
	})
	t.Run("list that hides", func(t *testing.T) {
		s, _ := openDesk(t, all, hiding...)
		found(t, s, "x^y", "1", "2")
		unsafely(t, s, "no^where")
	})
	t.Run("list that fails", func(t *testing.T) {
		s, _ := openDesk(t, []string{rowsOf("1 leaver -")})
		open, err := s.Tasks(t.Context(), "x^y")
		systemtest.WantUnavailable(t, len(open), err)
	})
	t.Run("no list", func(t *testing.T) {
		s, server := openDesk(t, all, "  list: [{ path: list, items: body.rows, total: number(body.count) }]\n", "")
		unsafely(t, s, "x^y")
		if len(server.asked) != 0 {
			t.Errorf("asked %q", server.asked)
		}
	})
	t.Run("condition that fails", func(t *testing.T) {
		s, _ := openDesk(t, all, `id.matches("^[A-Za-z0-9]+$")`, `id.split("^")[1] == ""`)
		open, err := s.Tasks(t.Context(), "A")
		systemtest.WantUnavailable(t, len(open), err)
	})
}

// Without lists, nothing is listed, and nobody is told that there are no tasks.
func TestUnlistedTasks(t *testing.T) {
	for name, s := range map[string]*System{
		"no tasks": openAt(t, "https://h", counted),
		"no list":  openAt(t, "https://h", dialects["list and link in the body"]),
	} {
		if open, err := readAll(t, s.OpenTasks(t.Context())); len(open) != 0 || !errors.Is(err, fault.ErrConfig) {
			t.Errorf("%s: got %v, %v", name, open, err)
		}
		if l := system.ListingOf(s, system.CanReadTasks); l != (system.Listing{}) {
			t.Errorf("%s: got %+v", name, l)
		}
	}
}

// Whoever stops listening is told nothing more.
func TestOpenTasksEndEarly(t *testing.T) {
	s, _ := openDesk(t, []string{rowsOf("1 leaver A", "2 scrap B")})
	for open, err := range s.OpenTasks(t.Context()) {
		if err != nil || open.Task.Kind != lifecycle.TaskOffboarding {
			t.Errorf("got %+v, %v", open, err)
		}
		break
	}
}
