package file

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/files"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
	"github.com/custodyhq/terraform-provider-custody/internal/system/table"
)

// put writes files into a folder of the test and returns it.
func folder(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func assetsFrom(t testing.TB, name, text string, change ...func(*Config)) *System {
	t.Helper()
	c := Config{Name: "cmdb", Assets: filepath.Join(folder(t, map[string]string{name: text}), name)}
	for _, f := range change {
		f(&c)
	}
	return mustNew(t, c)
}

func peopleFrom(t testing.TB, name, text string, change ...func(*Config)) *System {
	t.Helper()
	c := Config{Name: "hr", People: filepath.Join(folder(t, map[string]string{name: text}), name)}
	for _, f := range change {
		f(&c)
	}
	return mustNew(t, c)
}

func asset(t *testing.T, s *System, id string) lifecycle.Record {
	t.Helper()
	found, err := s.Asset(t.Context(), id)
	if err != nil || len(found) != 1 {
		t.Fatalf("Asset(%q) = %+v, %v; want one record", id, found, err)
	}
	return found[0]
}

// A malformed file is unavailable as a whole, and the user is told the place.
func TestMalformed(t *testing.T) {
	const header = "id,state,retirement_date,owner\n"
	cases := map[string]struct{ name, text, want string }{
		"too few fields":    {"a.csv", header + "A,in_service,,\nB,retired\n", "line 3, column 1: the row has 2 fields and the header has 4; the row may be cut off"},
		"too many fields":   {"a.csv", header + "A,in_service,,,\n", "line 2, column 1: the row has 5 fields and the header has 4"},
		"open quote":        {"a.csv", header + "A,in_service,,\nB,\"retired,,\nC,,,\n", "in the row that begins in line 3"},
		"stray quote":       {"a.csv", header + "A,in\"service,,\n", "line 2, column 5: a quotation mark stands inside a field"},
		"bad date":          {"a.csv", header + "A,in_service,,\nB,retired,31.13.2026,\n", `line 3, column 11: the field "retirement_date" holds "31.13.2026", and it is not a date; accepted: 2006-01-02`},
		"cut date":          {"a.csv", header + "A,in_service,2026-1", "line 2"},
		"year 0001":         {"a.csv", header + "A,in_service,0001-01-01,\n", "from 1970 to 9999"},
		"bad bool":          {"a.csv", "id,state,owner,shared\nA,in_service,,perhaps\n", `line 2, column 15: the field "shared" holds "perhaps", and it is neither yes nor no; accepted: true, false, yes, no, 1, 0`},
		"no id":             {"a.csv", header + "  ,in_service,,\n", `line 2, column 1: the field "id" is empty`},
		"header twice":      {"a.csv", "id,State, STATE \nA,,\n", `line 1, column 1: the header names the column "STATE" twice`},
		"no id column":      {"a.csv", "key,state\nA,\n", `it has no column "id" for the field "id"; found: "key", "state"; accepted are id, class`},
		"no owner column":   {"a.csv", "id,state,held by\nA,,ann\n", `line 1, column 1: it has no column "owner" for the field "owner", and then nobody would hold anything; found: "id", "state", "held by"; accepted are`},
		"no state column":   {"a.csv", "id,status,owner\nA,,ann\n", `it has no column "state" for the field "state", and then nothing would be in service; found: "id", "status", "owner"`},
		"empty":             {"a.csv", "", "it is empty: even the header is missing"},
		"header only":       {"a.csv", header, "it holds 0 asset records and min_records asks for at least 1"},
		"NUL":               {"a.csv", header + "A,in\x00,,\n", "line 2, column 5: a NUL character is not accepted"},
		"not UTF-8":         {"a.csv", header + "A,in_service,,\nM\xfcller,,,\n", "line 3, column 2: the text is not UTF-8"},
		"UTF-16":            {"a.csv", "\xff\xfei\x00d\x00", "it is UTF-16; save it as UTF-8"},
		"long cell":         {"a.csv", header + "A," + strings.Repeat("x", table.MaxCell+1) + ",,\n", "it is longer than 64 KiB"},
		"endless record":    {"a.csv", header + "A,\"" + strings.Repeat("x\n", maxRecord), "a record before this line is longer than 1 MiB"},
		"long header":       {"a.csv", strings.Repeat("h,", maxHeader), "the header is longer than 64 KiB"},
		"too many owners":   {"a.csv", "id,state,owner\nA,," + strings.Repeat("x;", 1001) + "\n", "more than 1000 texts are not accepted"},
		"cut JSON":          {"a.json", `[{"id": "A"}, {"id": "B"`, "line 1, column 25: the file ends inside a record"},
		"cut JSON list":     {"a.json", "[{\"id\": \"A\"},\n", "the file ends inside a record"},
		"JSON syntax":       {"a.json", "[{\"id\": \"A\"},\n{\"id\": A}]", "line 2, column 8: this is not JSON"},
		"JSON text":         {"a.json", `"A"`, "an array of objects, or an object with one array, is accepted here"},
		"JSON without list": {"a.json", `{"error": "token expired"}`, "the object holds no array of records"},
		"JSON two lists":    {"a.json", `{"a": [{"id": "A"}], "b": []}`, `two arrays, "a" and "b"`},
		"JSON tail":         {"a.json", `[{"id": "A"}] {}`, "nothing is accepted after the end"},
		"JSON scalar item":  {"a.json", `["A"]`, "only objects are accepted as records"},
		"JSON nested value": {"a.json", `[{"id": {"a": 1}}]`, `"id" holds an object or a list`},
		"JSON list":         {"a.json", `[{"id": ["A"]}]`, `the field "id" holds a list, and only one text is accepted there`},
		"JSON key twice":    {"a.json", `[{"id": "A", "ID": "B"}]`, `the object names "ID" twice`},
		"JSON no id":        {"a.json", "[{\"id\": \"A\"},\n {\"state\": \"retired\"}]", `line 2, column 3: the field "id" is empty`},
		"JSON NUL":          {"a.json", `[{"id": "A\u0000"}]`, "a NUL character is not accepted"},
		"JSON depth":        {"a.json", `[{"id": "A", "x": ` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `}]`, "nested too deeply"},
		"cut JSON Lines":    {"a.jsonl", "{\"id\": \"A\"}\n{\"id\": \"B\", \"sta", "line 2, column 13: the file ends inside a record"},
		"JSON Lines array":  {"a.ndjson", "[]", "one object a line is accepted"},
		"YAML syntax":       {"a.yaml", "- id: A\n- id: B\n  state: [\n", "line 3, column"},
		"YAML alias":        {"a.yaml", "- id: &a A\n- id: *a\n", "anchors, aliases, merge keys, tags and complex keys are not accepted"},
		"YAML no list":      {"a.yaml", "id: A\n", "holds 0 lists of records; one is accepted"},
		"YAML two lists":    {"a.yaml", "a:\n- id: A\nb:\n- id: B\n", "line 4, column 1: the mapping holds two lists"},
		"YAML scalar item":  {"a.yaml", "- A\n", "only mappings are accepted as records"},
		"YAML no id":        {"a.yaml", "- id: A\n- state: retired\n", `line 2, column 3: the field "id" is empty`},
		"YAML list in id":   {"a.yaml", "- id:\n  - A\n", `line 2, column 3: the field "id" holds a list`},
		"YAML key twice":    {"a.yaml", "- id: A\n  ID: B\n", `line 2, column 3: the record names "ID" twice`},
		"YAML depth":        {"a.yaml", "- " + strings.Repeat("[", 100), "nested too deeply"},
		"YAML blanks":       {"a.yaml", "- id: |" + strings.Repeat("\n", 1000) + "  A\n", "more than 100 empty or comment lines"},
		"YAML dedent":       {"a.yaml", "  - id: A\n- id: B\n", "line 2, column 1: the line does not belong to the list above it"},
		"YAML key quoted":   {"a.yaml", "- secret-of-a-file: A\n  secret-of-a-file: B\n", "this is not YAML: mapping key … already defined"},
		"large YAML":        {"a.yaml", "- id: A\n" + strings.Repeat("# x\n", 1<<20), "a YAML file may have up to 4 MiB"},
		"unknown format":    {"a.*", "", "no file matches it"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			s := assetsFrom(t, c.name, c.text, func(conf *Config) {
				if c.name == "a.*" {
					conf.Assets = filepath.Join(filepath.Dir(conf.Assets), "b.*")
				}
			})
			found, err := s.Asset(t.Context(), "A")
			systemtest.WantUnavailable(t, len(found), err)
			var f *fault.Fault
			if errors.As(err, &f); !strings.Contains(f.Happened, c.want) {
				t.Errorf("got  %s\nwant %s", f.Happened, c.want)
			}
			if len(f.Detail()) > 2000 {
				t.Errorf("the message has %d bytes", len(f.Detail()))
			}
		})
	}
}

func TestCSVDialects(t *testing.T) {
	for name, c := range map[string]struct{ name, text string }{
		"commas":         {"a.csv", "id,state,name,owner\nA,,\"Billing, export\",ann;bob\n"},
		"semicolons":     {"a.csv", "id;state;name;owner\nA;;Billing, export;\"ann;bob\"\n"},
		"tabs":           {"a.csv", "id\tstate\tname\towner\nA\t\tBilling, export\tann;bob\n"},
		"tsv":            {"a.tsv", "id\tstate\tname\towner\nA\t\tBilling, export\tann;bob\n"},
		"byte order":     {"a.csv", "\xef\xbb\xbfid,state,name,owner\nA,,\"Billing, export\",ann;bob\n"},
		"CRLF":           {"a.csv", "id,state,name,owner\r\nA,,\"Billing, export\",ann;bob\r\n"},
		"no last break":  {"a.csv", "id,state,name,owner\nA,,\"Billing, export\",ann;bob"},
		"quoted header":  {"a.csv", "\"id\",\"na;m;e;\",state,name,owner\nA,,,\"Billing, export\",ann;bob\n"},
		"case and space": {"a.csv", " ID ,State,Name,OWNER\n A ,, \tBilling, export,  ann ; bob ;;\n"},
		"quoted break":   {"a.csv", "id,state,name,owner\nA,,\"Billing,\r\nexport\",\"ann;\nbob\"\n"},
		"other columns":  {"a.csv", "x,id,,state,name,owner,\n,A,,,\"Billing, export\",ann;bob,\n"},
	} {
		t.Run(name, func(t *testing.T) {
			if name == "case and space" {
				c.text = strings.Replace(c.text, " \tBilling, export", "\"\tBilling, export \"", 1)
			}
			r := asset(t, assetsFrom(t, c.name, c.text), "A")
			if r.Name != "Billing, export" || !slices.Equal(r.Owners, []string{"ann", "bob"}) {
				t.Errorf("got %+v", r)
			}
		})
	}
}

// Lists, numbers and dates in JSON and YAML mean what they look like.
func TestTypedFormats(t *testing.T) {
	for name, c := range map[string]struct{ name, text string }{
		"json":         {"a.json", `[{"id": 7, "owner": ["ann", "bob", "ann", null], "shared": true, "verified_at": "2026-01-02T01:30:00+02:00", "x": {"y": [1, {}]}}]`},
		"envelope":     {"a.json", `{"total": 1, "meta": {"a": [1]}, "rows": [{"id": 7, "owner": "ann;bob", "shared": "TRUE", "verified_at": "2026-01-01T23:30:00Z"}], "next": null}`},
		"jsonl":        {"a.jsonl", "\n{\"id\": 7, \"owner\": \"ann; bob\", \"shared\": 1, \"verified_at\": \"2026-01-01T23:30:00.9Z\"}\n\n"},
		"yaml":         {"a.yml", "# assets\n---\n- id: 7\n  owner: [ann, bob]\n  shared: yes\n  verified_at: 2026-01-01T23:30:00Z # UTC\n"},
		"yaml keyed":   {"a.yaml", "version: 1\nassets:\n  # the first\n  - id: 7\n    owner:\n      - ann\n      - bob\n    shared: true\n    verified_at: 2026-01-01T23:30:00Z\nnote: |\n  - id: 8\n"},
		"yaml aligned": {"a.yaml", "assets:\n- id: 7\n  owner:\n  - ann\n  - bob\n  shared: true\n  verified_at: '2026-01-01T23:30:00Z'\nnote: x\n"},
		"yaml flow":    {"a.yaml", `{"assets": [{"id": 7, "owner": "ann;bob", "shared": 1, "verified_at": "2026-01-01T23:30:00Z"}]}`},
		"yaml flow 2":  {"a.yaml", "assets: [{id: 7, owner: [ann, bob], shared: 1,\n  verified_at: '2026-01-01T23:30:00Z'}]\nnote:\n  - 1\n"},
		"yaml quoted":  {"a.yaml", "\"assets\":\n- {id: 7, owner: [ann, bob], shared: 1, verified_at: '2026-01-01T23:30:00Z'}\n"},
	} {
		t.Run(name, func(t *testing.T) {
			if name == "yaml flow 2" {
				c.text = strings.Split(c.text, "note:")[0]
			}
			r := asset(t, assetsFrom(t, c.name, c.text), "7")
			want := time.Date(2026, 1, 1, 23, 30, 0, 0, time.UTC)
			if !slices.Equal(r.Owners, []string{"ann", "bob"}) || r.Shared != lifecycle.Yes || r.VerifiedAt != want {
				t.Errorf("got %+v", r)
			}
		})
	}
}

func TestYAMLKeepsWhatIsWritten(t *testing.T) {
	s := assetsFrom(t, "a.yaml", "- id: 007\n  name: 1.10\n  purpose: >-\n    one\n    two\n  class: no\n---\n- id: 0x1F\n  name: ~\n...\n")
	if r := asset(t, s, "007"); r.Name != "1.10" || r.Purpose != "one two" || r.Class != "no" || r.Source != "a.yaml line 1" {
		t.Errorf("got %+v", r)
	}
	if r := asset(t, s, "0x1F"); r.Name != "" || r.Source != "a.yaml line 8" {
		t.Errorf("got %+v", r)
	}
}

func TestForeignHeadersAndStates(t *testing.T) {
	s := assetsFrom(t, "a.csv",
		"Asset Tag,Status,Assigned To\nA,Deployed,ann\nB,deployable ,bob\nC,In repair,\nD,,\nE,retired,\nF,lost,\n", func(c *Config) {
			c.Columns = map[string]string{"id": "asset tag", "state": "STATUS", "owner": "Assigned To", "name": "Asset Tag"}
			c.States = map[string]string{"deployed": "in_service", "Deployable": "planned", "Lost": "retired"}
		})
	for id, want := range map[string]struct {
		state lifecycle.State
		text  string
	}{
		"A": {lifecycle.StateInService, ""}, "B": {lifecycle.StatePlanned, ""}, "C": {lifecycle.StateUnknown, "In repair"},
		"D": {lifecycle.StateUnknown, ""}, "E": {lifecycle.StateRetired, ""}, "F": {lifecycle.StateRetired, ""},
	} {
		if r := asset(t, s, id); r.State != want.state || r.StateText != want.text || r.Name != id {
			t.Errorf("%s: got %+v, want %+v", id, r, want)
		}
	}
}

func TestMappedHeaderMustExist(t *testing.T) {
	for name, text := range map[string]string{
		"a.csv": "id,state,owner\nA,,\n", "a.json": `[{"id": "A", "owner": ""}]`, "a.yaml": "- id: A\n  owner: x\n",
	} {
		s := assetsFrom(t, name, text, func(c *Config) { c.Columns = map[string]string{"state": "Lifecycle"} })
		_, err := s.Asset(t.Context(), "A")
		if want := `it has no column "lifecycle" for the field "state", which columns names`; !errors.Is(err, fault.ErrUnavailable) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", name, err, want)
		}
	}
}

func TestGlobAndSources(t *testing.T) {
	dir := folder(t, map[string]string{
		"b.csv": "id,name,state,owner\nA,two,,\nB,\"one\nmore\",,\nA,three,,\n", "a.json": "[\n{\"id\": \"A\", \"name\": \"one\"}]", "c.txt": "x",
	})
	s := mustNew(t, Config{Name: "cmdb", Assets: filepath.Join(dir, "[ab].*")})
	found, err := s.Asset(t.Context(), "A")
	if err != nil {
		t.Fatal(err)
	}
	var sources []string
	for _, r := range found {
		sources = append(sources, r.Name+" at "+r.Source)
	}
	if want := []string{"one at a.json line 2", "two at b.csv line 2", "three at b.csv line 5"}; !slices.Equal(sources, want) {
		t.Errorf("got %v, want %v", sources, want)
	}
	if _, err := mustNew(t, Config{Name: "cmdb", Assets: filepath.Join(dir, "*.*")}).Asset(t.Context(), "A"); !errors.Is(err, fault.ErrUnavailable) {
		t.Errorf("a file of no known format: got %v", err)
	}
}

// A file that is written while it is read shows two truths at once.
type changing struct {
	source
	once   sync.Once
	change func()
}

func (c *changing) Read(p []byte) (int, error) {
	n, err := c.source.Read(p)
	c.once.Do(c.change)
	return n, err
}

func TestFileThatChangesWhileRead(t *testing.T) {
	text := "id,name\n" + strings.Repeat("A,some name of an asset\n", 20_000)
	for name, change := range map[string]func(path string) error{
		"shrinks": func(path string) error { return os.Truncate(path, 24*10_000+8) },
		"grows": func(path string) error {
			return os.WriteFile(path, []byte(text+"B,\n"), 0o600)
		},
		"is touched": func(path string) error {
			at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
			return os.Chtimes(path, at, at)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := assetsFrom(t, "a.csv", text)
			s.open = func(at files.Place, path string) (source, error) {
				f, err := openSource(at, path)
				return &changing{source: f, change: func() {
					if err := change(path); err != nil {
						t.Error(err)
					}
				}}, err
			}
			found, err := s.Asset(t.Context(), "A")
			systemtest.WantUnavailable(t, len(found), err)
		})
	}
}

// What no inventory is, is not repeated: somebody may have named another file, or
// put a link to it.
func TestTheContentOfOtherFilesIsNotRepeated(t *testing.T) {
	for name, text := range map[string]string{
		"accounts.csv":  "root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1\n",
		"shadow.csv":    "root:$6$c4nary$root:19000:0:99999:7:::\n",
		"token.csv":     "root_c4naryToken\n",
		"key.csv":       "-----BEGIN root KEY-----\nroot\n",
		"passwords.csv": "root,c4nary-12345\n",
		"twice.csv":     "root=1,root=1\n",
		"two.json":      `{"root=1": [], "root=2": []}`,
		"twice.json":    `[{"root=1": 1, "root=1": 2}]`,
		"not.json":      "root",
		"twice.yaml":    "root=1: 1\nroot=1: 1\n",
		"text.yaml":     "root",
	} {
		_, err := assetsFrom(t, name, text).Asset(t.Context(), "A")
		var f *fault.Fault
		if !errors.As(err, &f) || strings.Contains(f.Detail(), "root") || strings.Contains(f.Detail(), "c4nary") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSymlinksOutOfTheFolder(t *testing.T) {
	outside := folder(t, map[string]string{"a.csv": "id,state,owner\nA,,\n"})
	path := filepath.Join(t.TempDir(), "a.csv")
	if err := os.Symlink(filepath.Join(outside, "a.csv"), path); err != nil {
		t.Fatal(err)
	}
	_, err := mustNew(t, Config{Name: "cmdb", Assets: path}).Asset(t.Context(), "A")
	var f *fault.Fault
	if !errors.As(err, &f) || !strings.Contains(f.Happened, "a link leads out of the folder") || !strings.Contains(f.Advice, "follow_links = true") {
		t.Errorf("got %v", err)
	}
	asset(t, mustNew(t, Config{Name: "cmdb", Assets: path, FollowLinks: true}), "A")
}

// Files of one table share what may be read.
func TestFilesThatAreTooLargeTogether(t *testing.T) {
	dir := folder(t, map[string]string{"a.csv": "id,state,owner\nA,,\n", "b.csv": "id,state,owner\nB,,\n"})
	s := mustNew(t, Config{Name: "cmdb", Assets: filepath.Join(dir, "*.csv")})
	s.open = func(at files.Place, path string) (source, error) {
		f, err := openSource(at, path)
		if filepath.Base(path) == "b.csv" {
			f = hugeSource{f, table.MaxBytes - 5}
		}
		return f, err
	}
	_, err := s.Asset(t.Context(), "A")
	if !errors.Is(err, fault.ErrUnavailable) || !strings.Contains(err.Error(), "and the files before it 19; the files of one table may have up to 64 MiB together") {
		t.Errorf("got %v", err)
	}
}

type huge struct {
	fs.FileInfo
	size int64
}

func (h huge) Size() int64 { return h.size }

type hugeSource struct {
	source
	size int64
}

func (h hugeSource) Stat() (fs.FileInfo, error) {
	info, err := h.source.Stat()
	return huge{info, h.size}, err
}

func TestFileThatIsTooLarge(t *testing.T) {
	s := assetsFrom(t, "a.csv", "id,state,owner\nA,,\n")
	s.open = func(at files.Place, path string) (source, error) {
		f, err := openSource(at, path)
		return hugeSource{f, table.MaxBytes + 1}, err
	}
	_, err := s.Asset(t.Context(), "A")
	if !errors.Is(err, fault.ErrUnavailable) || !strings.Contains(err.Error(), "may have up to 64 MiB") {
		t.Errorf("got %v", err)
	}
}

// What was read once in a run stands for the whole run, failures included.
func TestReadOncePerRun(t *testing.T) {
	s := assetsFrom(t, "a.csv", "id,state,owner\nA,,\n")
	opened := 0
	s.open = func(at files.Place, path string) (source, error) {
		opened++
		return openSource(at, path)
	}
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if found, err := s.Asset(t.Context(), "A"); err != nil || len(found) != 1 {
				t.Errorf("got %v, %v", found, err)
			}
		})
	}
	wg.Wait()
	if err := os.Remove(s.config.Assets); err != nil {
		t.Fatal(err)
	}
	asset(t, s, "A")
	if opened != 1 {
		t.Errorf("opened %d times", opened)
	}

	gone := assetsFrom(t, "a.csv", "id,state,owner\nA,,\n")
	gone.config.Assets += ".csv"
	_, first := gone.Asset(t.Context(), "A")
	if err := os.WriteFile(gone.config.Assets, []byte("id,state,owner\nA,,\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, second := gone.Asset(t.Context(), "A"); first == nil || !errors.Is(second, first) {
		t.Errorf("got %v, then %v", first, second)
	}
}

func TestCapabilitiesFollowTheConfiguration(t *testing.T) {
	s := mustNew(t, Config{Name: "hr", People: "people.csv"})
	if _, ok := system.AsAssets(s); ok {
		t.Error("claims to read assets")
	}
	if _, ok := system.AsTasks(s); ok {
		t.Error("claims to read tasks")
	}
	if _, ok := system.AsPeople(s); !ok {
		t.Error("does not claim to know people")
	}
	if found, err := s.Asset(context.Background(), "A"); !errors.Is(err, fault.ErrConfig) || found != nil {
		t.Errorf("got %v, %v", found, err)
	}
}

func TestNewReportsEverything(t *testing.T) {
	_, err := New(Config{
		Name: "cmdb", Assets: "a.xlsx", People: "[", Tasks: "a/**/b.csv",
		Mapping: table.Mapping{
			Columns:    map[string]string{"title": "Title", "name": " "},
			States:     map[string]string{"Deployed": "live", "Gone": "retired", "GONE": "lost", " ": "lost"},
			MinRecords: map[string]int{"asset": 1, "people": -1}, TasksStates: map[string]string{"x": "done"},
		},
	})
	var config *system.ConfigError
	if !errors.As(err, &config) || !errors.Is(err, fault.ErrConfig) {
		t.Fatalf("got %v", err)
	}
	var got []string
	for _, p := range config.Problems {
		got = append(got, p.Attribute+"/"+p.Key)
		if p.Message == "" {
			t.Errorf("%+v says nothing", p)
		}
	}
	want := []string{
		"assets/", "people/", "tasks/", "columns/name", "columns/title", "min_records/asset", "min_records/people",
		"states/ ", "states/Deployed", "states/Gone", "tasks_states/x",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %q\nwant %q\n%v", got, want, err)
	}
	if _, err := New(Config{Name: "cmdb"}); err == nil {
		t.Error("a system without any file is accepted")
	}
}
