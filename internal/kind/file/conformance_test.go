package file

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
	"github.com/custodyhq/terraform-provider-custody/internal/system/table"
)

// tables renders a seed as the rows of the three files, headers first.
func tables(seed systemtest.Seed) map[string][][]string {
	out := map[string][][]string{
		table.NameAssets: {table.Assets.Fields}, table.NamePeople: {table.People.Fields}, table.NameTasks: {append(table.Tasks.Fields[:4:4], "due", "url")},
	}
	for _, r := range seed.Records {
		state := r.State.String()
		if r.State == lifecycle.StateUnknown {
			state = ""
		}
		out[table.NameAssets] = append(out[table.NameAssets], []string{
			r.ID, r.Class, r.Name, state, strings.Join(r.Owners, ";"), r.Purpose, r.Environment, r.Criticality,
			yesNo(r.ThirdParty), yesNo(r.Shared), dateText(r.RetirementDate), dateText(r.VerifiedAt), dateText(r.AssignedAt),
		})
	}
	for _, p := range seed.People {
		out[table.NamePeople] = append(out[table.NamePeople], []string{
			p.ID, p.Email, p.Username, p.Name, p.Kind.String(), p.Status.String(), dateText(p.EndDate), p.Manager, strings.Join(p.Teams, ";"),
		})
	}
	for _, asset := range slices.Sorted(maps.Keys(seed.Tasks)) {
		for _, task := range seed.Tasks[asset] {
			out[table.NameTasks] = append(out[table.NameTasks], []string{task.ID, task.Kind.String(), asset, "open", dateText(task.Due), task.URL})
		}
	}
	return out
}

func yesNo(t lifecycle.Tristate) string { return [...]string{"", "no", "yes"}[t] }

func dateText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}

// encode renders rows in a format.
func encode(t *testing.T, ext string, rows [][]string) []byte {
	t.Helper()
	var out bytes.Buffer
	switch ext {
	case ".csv", ".tsv":
		w := csv.NewWriter(&out)
		if ext == ".tsv" {
			w.Comma = '\t'
		}
		if err := w.WriteAll(rows); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	case ".json":
		out.WriteString(`{"total": 1, "meta": {"links": [["x"]]}, "rows": [`)
	}
	for i, cells := range rows[1:] {
		members := make([]string, len(cells))
		for f, text := range cells {
			quoted, err := json.Marshal(text)
			if err != nil {
				t.Fatal(err)
			}
			members[f] = fmt.Sprintf("%q: %s", rows[0][f], quoted)
		}
		switch ext {
		case ".json":
			if i > 0 {
				out.WriteString(",")
			}
			out.WriteString("{" + strings.Join(members, ", ") + "}\n")
		case ".jsonl":
			out.WriteString("{" + strings.Join(members, ", ") + "}\n")
		case ".yaml":
			out.WriteString("- " + strings.Join(members, "\n  ") + "\n")
		}
	}
	if ext == ".json" {
		out.WriteString("]}")
	}
	if out.Len() == 0 {
		out.WriteString("[]")
	}
	return out.Bytes()
}

// write seeds a folder and returns the configuration that reads it.
func write(t *testing.T, ext string, seed systemtest.Seed) Config {
	t.Helper()
	dir := t.TempDir()
	for name, rows := range tables(seed) {
		if err := os.WriteFile(filepath.Join(dir, name+ext), encode(t, ext, rows), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return Config{
		Name: "cmdb", Mapping: table.Mapping{MinRecords: map[string]int{table.NameAssets: 0, table.NamePeople: 0}},
		Assets: filepath.Join(dir, "assets"+ext), People: filepath.Join(dir, "people"+ext), Tasks: filepath.Join(dir, "tasks"+ext),
	}
}

func mustNew(t testing.TB, c Config) *System {
	t.Helper()
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// broken makes a system whose files have been damaged after they were written.
func broken(ext string, damage func(t *testing.T, path string)) systemtest.Make {
	return func(t *testing.T, seed systemtest.Seed) system.System {
		c := write(t, ext, seed)
		for _, path := range []string{c.Assets, c.People, c.Tasks} {
			damage(t, path)
		}
		return mustNew(t, c)
	}
}

func replace(change func([]byte) []byte) func(*testing.T, string) {
	return func(t *testing.T, path string) {
		t.Helper()
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, change(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestConformance(t *testing.T) {
	damages := map[string]func(*testing.T, string){
		"missing": func(t *testing.T, path string) {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		},
		"a folder": func(t *testing.T, path string) {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			if err := os.Mkdir(path, 0o700); err != nil {
				t.Fatal(err)
			}
		},
		"empty":         replace(func([]byte) []byte { return nil }),
		"cut in a row":  replace(func(b []byte) []byte { return b[:len(b)*2/3] }),
		"NUL":           replace(func(b []byte) []byte { return append(b, 0) }),
		"not UTF-8":     replace(func(b []byte) []byte { return append(b, 0xff) }),
		"cut character": replace(func(b []byte) []byte { return append(b, 0xe2, 0x82) }),
		"UTF-16":        replace(func(b []byte) []byte { return append([]byte{0xff, 0xfe}, b...) }),
		"another text":  replace(func([]byte) []byte { return []byte("<html>503 Service Unavailable</html>\n") }),
	}
	for _, ext := range []string{".csv", ".tsv", ".json", ".jsonl", ".yaml"} {
		h := systemtest.Harness{
			Healthy: func(t *testing.T, seed systemtest.Seed) system.System { return mustNew(t, write(t, ext, seed)) },
			Broken:  make(map[string]systemtest.Make),
		}
		for name, damage := range damages {
			// Block YAML that is cut may be well-formed; min_records is for that.
			if ext == ".yaml" && name == "cut in a row" {
				continue
			}
			h.Broken[name] = broken(ext, damage)
		}
		h.Broken["fewer than min_records"] = func(t *testing.T, seed systemtest.Seed) system.System {
			c := write(t, ext, seed)
			c.MinRecords = map[string]int{table.NameAssets: 99, table.NamePeople: 99, table.NameTasks: 99}
			return mustNew(t, c)
		}
		h.Broken["glob that matches nothing"] = func(t *testing.T, seed systemtest.Seed) system.System {
			c := write(t, ext, seed)
			c.Assets += "*" + ext
			c.People += "*" + ext
			c.Tasks += "*" + ext
			return mustNew(t, c)
		}
		t.Run(ext[1:]+"/assets", func(t *testing.T) { systemtest.Assets(t, h) })
		t.Run(ext[1:]+"/people", func(t *testing.T) { systemtest.People(t, h) })
		t.Run(ext[1:]+"/tasks", func(t *testing.T) { systemtest.Tasks(t, h) })
	}
}
