package rest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

// script answers one request after the other, and the last one for ever.
type script struct {
	bodies []string
	asked  []string
}

func (s *script) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	i := min(len(s.asked), len(s.bodies)-1)
	s.asked = append(s.asked, r.URL.RequestURI())
	fmt.Fprint(w, s.bodies[i])
}

// pageOf writes a page: "3: A B" is a page of A and B of 3 in all.
func pageOf(text string) string {
	total, ids, _ := strings.Cut(text, ":")
	items := []map[string]string{}
	for id := range strings.FieldsSeq(ids) {
		id, name, _ := strings.Cut(id, "=")
		items = append(items, map[string]string{"id": id, "name": name})
	}
	out, err := json.Marshal(map[string]any{"total": json.RawMessage(total), "items": items})
	if err != nil {
		panic(err)
	}
	return string(out)
}

func pagesOf(texts ...string) []string {
	out := make([]string, len(texts))
	for i, text := range texts {
		out[i] = pageOf(text)
	}
	return out
}

const counted = `
name: counted
auth: [{ fields: [token], headers: { X-Token: "{token}" } }]
assets:
  id: item.id
  fields: { name: item.name }
  list: [{ path: a, items: body.items, total: number(body.total), paging: { query: { start: "{offset}", count: "{limit}" } } }]
`

// countedTasks lists tasks as counted lists assets. Each is of the asset of its
// own name.
const countedTasks = `
name: counted
auth: [{ fields: [token], headers: { X-Token: "{token}" } }]
tasks:
  get: { path: t, query: { asset: "{id}" }, items: body.items, total: number(body.total), paging: { query: { start: "{offset}", count: "{limit}" } } }
  hides: false
  fields: { id: item.id, kind: '"any"', asset: item.id, url: item.name }
  kinds: { any: offboarding }
  list: [{ path: a, items: body.items, total: number(body.total), paging: { query: { start: "{offset}", count: "{limit}" } } }]
assets: { id: item.id, fields: {}, list: [{ path: assets, items: body.items }] }
`

// inconsistentCase is what a list answers, what comes of it, and after how many
// requests. It is one of as many lists.
type inconsistentCase struct {
	pages []string
	want  string // ids, or the fault
	asked int
	lists int
}

func (c inconsistentCase) check(t *testing.T, description, want string, read func(*testing.T, *System) (string, error)) {
	t.Helper()
	if c.lists == 2 {
		description = strings.Replace(description, "list: [", `list: [{ path: b, items: body.items, total: number(body.total), paging: { query: { start: "{offset}", count: "{limit}" } } }, `, 1)
	}
	s := &script{bodies: c.pages}
	got, err := read(t, openAt(t, systemtest.ServeHTTP(t, s), description, func(conf *Config) { conf.MinRecords, conf.PageSize = 0, 2 }))
	if err != nil {
		systemtest.WantUnavailable(t, 0, err)
		got = err.Error()
	}
	if !strings.Contains(got, want) || err == nil && got != want || len(s.asked) != c.asked {
		t.Errorf("got %s after %d requests, want %s after %d", got, len(s.asked), want, c.asked)
	}
}

// A list that contradicts itself is read again, and believed only once it
// agrees with itself. It makes no difference what it lists.
func TestUnsteadyLists(t *testing.T) {
	// Where tasks differ: there may be none.
	ofTasks := map[string]string{
		"a row without an id": "a task has no id", "a field is gone": "tasks.fields.url: no such key: name", "nothing": "",
	}
	for name, c := range map[string]inconsistentCase{
		"one page":                  {pagesOf("2: A B"), "A B", 1, 1},
		"two pages":                 {pagesOf("3: A B", "3: C"), "A B C", 2, 1},
		"a total as a text":         {pagesOf(`"3": A B`, "3.0: C"), "A B C", 2, 1},
		"pages smaller than asked":  {pagesOf("3: A", "3: B", "3: C"), "A B C", 3, 1},
		"a record moves":            {pagesOf("3: A B", "3: B", "3: A B", "3: C"), "A B C", 4, 1},
		"a record is added":         {pagesOf("3: A B", "4: C", "4: A B", "4: C D"), "A B C D", 4, 1},
		"a record is removed":       {pagesOf("3: A B", "2: ", "2: B C"), "B C", 3, 1},
		"paging restarts":           {pagesOf("4: A B"), `gave the row "A" twice while its pages were read, 3 times in a row`, 6, 1},
		"rows are hidden":           {pagesOf("3: A B", "3: ", "3: A B", "3: ", "3: A B", "3: "), "counts 3 rows and shows 2, 3 times in a row", 6, 1},
		"more rows than counted":    {pagesOf("1: A B"), "counts 1 rows and shows 2", 3, 1},
		"for ever more":             {pagesOf("3: A", "4: B", "5: C", "6: D", "7: E", "8: F"), "changed from 7 to 8", 6, 1},
		"the same row in one page":  {pagesOf("2: A A"), "twice", 3, 1},
		"a row without an id":       {pagesOf(`2: A =x`), "an item has no id", 1, 1},
		"rows that are no objects":  {[]string{`{"total": 1, "items": ["A"]}`}, "an item is not an object", 1, 1},
		"null for a row":            {[]string{`{"total": 1, "items": [null]}`}, "an item is not an object", 1, 1},
		"no list":                   {[]string{`{"total": 1, "items": {"A": {}}}`}, "it gave no list", 1, 1},
		"no total":                  {[]string{`{"items": [{"id": "A", "name": ""}]}`}, "no such key: total", 1, 1},
		"a total that is no number": {pagesOf(`"many": A`), "a number of rows was expected", 1, 1},
		"a negative total":          {pagesOf("-1: A"), "a number of rows was expected", 1, 1},
		"half a row":                {pagesOf("1.5: A"), "a number of rows was expected", 1, 1},
		"a field is gone":           {[]string{`{"total": 1, "items": [{"id": "A"}]}`}, "assets.fields.name: no such key: name", 1, 1},
		"a field is an object":      {[]string{`{"total": 1, "items": [{"id": "A", "name": {"first": "x"}}]}`}, "a text was expected", 1, 1},
		"nothing":                   {pagesOf("0: "), "shows 0 assets and min_records asks for at least 1", 1, 1},
		"the same in two lists":     {pagesOf("2: A B", "1: B"), "A B", 2, 2},
		"moved between lists":       {pagesOf("2: A B", "1: B=new", "1: A", "1: B=new"), "A B", 4, 2},
		"a list that cannot be had": {append(pagesOf("2: A B"), "x"), "it is not one JSON value", 2, 2},
	} {
		t.Run(name, func(t *testing.T) {
			c.check(t, counted, c.want, ids)
		})
		t.Run(name+", of tasks", func(t *testing.T) {
			want, differs := ofTasks[name]
			if !differs {
				want = c.want
			}
			c.check(t, countedTasks, want, func(t *testing.T, s *System) (string, error) {
				t.Helper()
				open, err := readAll(t, s.OpenTasks(t.Context()))
				var f *fault.Fault
				if errors.As(err, &f) && f.Summary != "Unable to Read Tasks" {
					t.Errorf("the fault is %q", f.Summary)
				}
				var out []string
				for _, task := range open {
					out = append(out, task.Asset)
				}
				return strings.Join(out, " "), err
			})
		})
	}
}

// An asset that nobody can name is in no list. Its row counts all the same, also
// where two lists show it, and it must not change from one to the other.
func TestRowsWithoutID(t *testing.T) {
	const twice = `
name: twice
assets:
  id: item.name
  key: item.id
  fields: {}
  list:
    - { path: a, items: body.items, total: body.total }
    - { path: b, items: body.items, total: body.total }
`
	for name, c := range map[string]struct {
		pages []string
		want  string
	}{
		"in two lists":   {pagesOf("2: 1=A 2", "2: 1=A 2"), "A"},
		"in the first":   {pagesOf("2: 2 1=A", "1: 1=A"), "A"},
		"named later":    {pagesOf("1: 1", "1: 1=A"), `the row "1" changed while it was read, 3 times in a row`},
		"unnamed later":  {pagesOf("1: 1=A", "1: 1"), `the row "1" changed while it was read, 3 times in a row`},
		"in one of them": {pagesOf("1: 1", "1: 2=A"), "A"},
	} {
		t.Run(name, func(t *testing.T) {
			pages := slices.Repeat(c.pages, maxPasses)
			got, err := ids(t, openAt(t, systemtest.ServeHTTP(t, &script{bodies: pages}), twice, func(conf *Config) { conf.Secrets = nil }))
			if err != nil {
				systemtest.WantUnavailable(t, 0, err)
				got = err.Error()
			}
			if !strings.Contains(got, c.want) || err == nil && got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
	_, err := ids(t, openAt(t, systemtest.ServeHTTP(t, &script{bodies: pagesOf("1: 1")}), twice, func(conf *Config) { conf.Secrets, conf.MinRecords = nil, 0 }))
	if err == nil || !strings.Contains(err.Error(), "shows 0 assets") {
		t.Errorf("an asset that nobody can name counts as one: %v", err)
	}
}

func ids(t *testing.T, s *System) (string, error) {
	t.Helper()
	records, err := readAll(t, s.Assets(t.Context()))
	var out []string
	for _, r := range records {
		out = append(out, r.ID)
	}
	return strings.Join(out, " "), err
}

// readAll reads a list to its end, or to an error, behind which nothing may come.
func readAll[T any](t *testing.T, list iter.Seq2[T, error]) ([]T, error) {
	t.Helper()
	var out []T
	var failed error
	for entry, err := range list {
		if failed != nil {
			t.Error("something follows after an error")
		}
		if failed = err; err == nil {
			out = append(out, entry)
		}
	}
	return out, failed
}

// What a link or a cursor says is followed to its end, never in circles and
// never to another host.
func TestLinkedLists(t *testing.T) {
	const linked = `
name: linked
assets:
  id: item.id
  fields: {}
  list: [{ path: a, items: body.items, paging: { query: { count: "{limit}" }, next: body.next } }]
`
	for name, c := range map[string]struct {
		bodies []string
		want   string
		asked  string
	}{
		"to the end":      {[]string{`{"items": [{"id": "A"}], "next": "/x/a?p=2"}`, `{"items": [{"id": "B"}], "next": null}`}, "A B", "/x/a?count=2 /x/a?p=2"},
		"an empty page":   {[]string{`{"items": [], "next": "?p=2"}`, `{"items": [{"id": "B"}], "next": ""}`}, "B", "/x/a?count=2 /x/a?p=2"},
		"in circles":      {[]string{`{"items": [], "next": "?p=2"}`}, "lead back to one that was read already", ""},
		"elsewhere":       {[]string{`{"items": [], "next": "https://evil.example.org/"}`}, "gave a link to https://evil.example.org", "/x/a?count=2"},
		"other scheme":    {[]string{`{"items": [], "next": "file:///etc/passwd"}`}, "gave a link to file://", "/x/a?count=2"},
		"no text":         {[]string{`{"items": [], "next": {"a": 1}}`}, "a text was expected", "/x/a?count=2"},
		"always new ones": {[]string{`{"items": [{"id": "A"}], "next": "?p=2"}`, `{"items": [{"id": "A"}], "next": "?p=3"}`, `{"items": [{"id": "A"}], "next": "?p=2"}`}, `gave the row "A" twice`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := &script{bodies: c.bodies}
			got, err := ids(t, openAt(t, systemtest.ServeHTTP(t, s)+"/x", linked, func(conf *Config) { conf.PageSize, conf.Secrets = 2, nil }))
			if err != nil {
				systemtest.WantUnavailable(t, 0, err)
				got = err.Error()
			}
			if asked := strings.Join(s.asked, " "); !strings.Contains(got, c.want) || c.asked != "" && asked != c.asked {
				t.Errorf("got %s after %s, want %s after %s", got, asked, c.want, c.asked)
			}
		})
	}
}

// One asset costs one request; one that is missing one more in the whole run.
func TestRequestsAreCounted(t *testing.T) {
	var seed systemtest.Seed
	for i := range 7 {
		seed.Records = append(seed.Records, lifecycle.Record{ID: fmt.Sprintf("A-%d", i)})
	}
	recorder := &systemtest.Recorder{Handler: newServer(seed)}
	s := openAt(t, systemtest.ServeHTTP(t, recorder), dialects["path and offset"], func(c *Config) { c.MinRecords = 0 })
	for _, step := range []struct {
		id    string
		found int
		total int
	}{{"A-1", 1, 1}, {"A-2", 1, 2}, {"A-9", 0, 4}, {"A-8", 0, 5}, {"a-1", 0, 6}} {
		found, err := s.Asset(t.Context(), step.id)
		if n := len(recorder.Requests()); err != nil || len(found) != step.found || n != step.total {
			t.Errorf("%s: %d records, %v, %d requests", step.id, len(found), err, n)
		}
	}
	for range 2 {
		if got, err := ids(t, s); err != nil || len(strings.Fields(got)) != 7 {
			t.Error(got, err)
		}
	}
	if n := len(recorder.Requests()); n != 6+3 {
		t.Errorf("%d requests", n)
	}
	systemtest.WantSecret(t, recorder.Requests(), token)
}

// joined is a list whose rows name what stands elsewhere in the answer.
const joined = `
name: joined
auth: [{ fields: [token], headers: { X-Token: "{token}" } }]
assets:
  id: item.row.id
  fields:
    name: first(item.names.filter(n, n.of == item.row.name).map(n, n.text))
    state: 'item.gone == null ? "there" : "gone"'
  list: [{ path: a, items: 'body.items.map(r, {"row": r, "names": body.names, "gone": null})' }]
states: { there: in_service }
`

func TestRowsAreJoinedWithTheAnswer(t *testing.T) {
	url := systemtest.ServeHTTP(t, &script{bodies: []string{
		`{"items": [{"id": "A", "name": 1}, {"id": "B", "name": 2}], "names": [{"of": 2, "text": "two"}, {"of": 1, "text": "one"}]}`,
	}})
	var got []string
	for r, err := range openAt(t, url, joined).Assets(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, r.ID+" "+r.Name+" "+r.State.String())
	}
	if want := []string{"A one in_service", "B two in_service"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A server that answers with something else than what it was asked for has
// proved nothing.
func TestAnswersAreVerified(t *testing.T) {
	var seed systemtest.Seed
	for _, id := range []string{"A", "B"} {
		seed.Records = append(seed.Records, lifecycle.Record{ID: id})
	}
	healthy := newServer(seed)
	for name, description := range dialects {
		t.Run(name, func(t *testing.T) {
			// It knows no filter, and of paths only one.
			stubborn := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				other := r.Clone(r.Context())
				q := asked(r)
				q.Del("id")
				other.Method, other.URL.RawQuery = http.MethodGet, q.Encode()
				if strings.HasPrefix(r.URL.Path, "/api/assets/") {
					other.URL.Path = "/api/assets/B"
				}
				healthy.ServeHTTP(w, other)
			})
			s := openAt(t, systemtest.ServeHTTP(t, stubborn), description)
			for _, id := range []string{"A", "X", "x y"} {
				found, err := s.Asset(t.Context(), id)
				if s.get == nil || id == "x y" && name == "awkward ids by list" {
					if (len(found) == 1) != (id == "A") || err != nil {
						t.Errorf("Asset(%q) = %v, %v", id, found, err)
					}
					continue
				}
				systemtest.WantUnavailable(t, len(found), err)
			}
		})
	}
}

// No secret reaches an error, even if the server gives it back.
func TestSecretsStayOut(t *testing.T) {
	for status := 200; status < 600; status++ {
		if status > 208 && status < 300 || status > 308 && status < 400 || status > 431 && status < 500 || status > 511 {
			continue
		}
		echo := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", "https://evil.example.org/?t="+r.Header.Get("Authorization"))
			w.WriteHeader(status)
			_, _ = io.WriteString(w, `{"error": {"message": "no `+r.Header.Get("Authorization")+`"}, "items": [{"id": "`+token+`"}], "total": "`+token+`"}`)
		})
		s := openAt(t, systemtest.ServeHTTP(t, echo), dialects["search and page"])
		_, err := s.Asset(t.Context(), "X")
		var f *fault.Fault
		if !errors.As(err, &f) || strings.Contains(f.Detail()+fmt.Sprintf("%#v", f), "canary") {
			t.Errorf("%d: %v", status, err)
		}
		if f != nil && !systemtest.Presentable(strings.ReplaceAll(f.Detail(), "\n", "")) {
			t.Errorf("%q", f.Detail())
		}
	}
}

func TestCapabilities(t *testing.T) {
	s := openAt(t, "https://h", counted)
	if _, ok := system.AsTasks(s); ok {
		t.Error("a description without tasks claims to read them")
	}
	if _, err := s.Tasks(t.Context(), "A"); !errors.Is(err, fault.ErrConfig) {
		t.Errorf("got %v", err)
	}
	if _, ok := system.AsPeople(s); ok {
		t.Error("it claims to know people")
	}
	const unasked = counted + `
tasks: { get: { when: "false", path: t, items: body.items }, fields: { id: item.id, kind: item.kind, asset: item.asset } }
`
	if _, ok := system.AsTasks(openAt(t, "https://h", unasked)); ok {
		t.Error("a description that does not ask for tasks claims to read them")
	}
	if s.Name() != "cmdb" || s.Kind() != Kind {
		t.Errorf("it is %s of kind %s", s.Name(), s.Kind())
	}
}
