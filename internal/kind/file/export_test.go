package file

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/table"
)

// unusable returns the fault of a file that cannot be used.
func unusable(t *testing.T, s *System) *fault.Fault {
	t.Helper()
	var f *fault.Fault
	for _, err := range s.Assets(t.Context()) {
		if !errors.As(err, &f) || !errors.Is(err, fault.ErrUnavailable) {
			t.Fatalf("got %v", err)
		}
		return f
	}
	t.Fatal("got no record and no error")
	return nil
}

// All that is wrong with the values of a file is told at once.
func TestEveryBadCell(t *testing.T) {
	s := assetsFrom(t, "a.csv", "Tag,State,Owner,End,Audit,shared\nA,,,10/03/2026,soon,perhaps\n,,ann,,,\nB,,,2026-01-01,,yes\nC,,,\"x\u202e\ny\",,\n", func(c *Config) {
		c.Columns = map[string]string{"id": "Tag", "retirement_date": "End", "verified_at": "Audit"}
	})
	f := unusable(t, s)
	if !strings.HasPrefix(f.Happened, `The system "cmdb" cannot use "`) || !strings.HasSuffix(f.Happened, `a.csv": 5 values are not accepted.`) {
		t.Errorf("got %s", f.Happened)
	}
	for i, want := range []string{
		`a.csv line 2, column 5: the field "retirement_date" (column "End") holds "10/03/2026", and it is unknown whether the day or the month comes first; set dates = "us"`,
		`a.csv line 2, column 16: the field "verified_at" (column "Audit") holds "soon", and it is not a date; accepted: 2006-01-02`,
		`a.csv line 2, column 21: the field "shared" holds "perhaps", and it is neither yes nor no; accepted: true`,
		`a.csv line 3, column 1: the field "id" (column "Tag") is empty`,
		"a.csv line 5, column 5: the field \"retirement_date\" (column \"End\") holds \"x\ufffd y\", and it is not a date",
	} {
		if i >= len(f.Items) || !strings.HasPrefix(f.Items[i], want) {
			t.Errorf("got %q, want %q", f.Items, want)
			break
		}
	}
	for _, attribute := range []string{"columns", "states", "dates", "date_formats", "empty", "min_records"} {
		if !strings.Contains(f.Advice, attribute) {
			t.Errorf("the advice does not name %s: %s", attribute, f.Advice)
		}
	}

	many := "id,kind\n" + strings.Repeat("ann,Robot\n", 1000)
	_, err := peopleFrom(t, "p.csv", many).Person(t.Context(), "ann")
	if !errors.As(err, &f) || len(f.Items) != 21 || f.Items[20] != "and 980 more" || !strings.Contains(f.Items[19], "line 21") || !strings.Contains(f.Happened, "1000 values") {
		t.Errorf("got %v", err)
	}
	if !strings.Contains(f.Detail(), "\n  p.csv line 2, column 5: ") || len(f.Detail()) > 10_000 {
		t.Errorf("got %s", f.Detail())
	}

	dir := folder(t, map[string]string{
		"a.json": `[{"id": "A", "verified_at": "x", "owner": {"a": 1}}, {"id": ["B"]}]`, "b.csv": "id,state,owner,shared\nA,,,no\nB,,,x\nC\nD,,,\nE,,\n", "c.csv": "id,state,owner\n",
	})
	f = unusable(t, mustNew(t, Config{Name: "cmdb", Assets: filepath.Join(dir, "*.*")}))
	want := []string{`a.json line 1, column`, `a.json line 1`, `a.json line 1`, `b.csv line 3, column 5: the field "shared"`, `b.csv line 4, column 1: the row has 1 fields`, `b.csv line 6, column 1: the row has 3 fields`, `c.csv it holds 0 asset records`}
	for i, want := range want {
		if i >= len(f.Items) || !strings.HasPrefix(f.Items[i], want) {
			t.Errorf("got %q, want %q", f.Items, want)
			break
		}
	}
}

// A row of empty cells is no record, and no error.
func TestRowsOfEmptyCells(t *testing.T) {
	for name, text := range map[string]string{
		"a.csv":   "id,state,owner,note\n,,,\nA,in_service,ann,\n , ,\"\",\n,,,\n,,\n;;;\n\n",
		"b.csv":   "id;state;owner\nA;;ann\n;;\n;;;;;;\n",
		"a.json":  `[{}, {"id": "A", "owner": "ann"}, {"id": null, "owner": [], "note": ""}]`,
		"a.jsonl": "{}\n{\"id\": \"A\", \"owner\": \"ann\"}\n{\"id\": \"\"}\n",
		"a.yaml":  "- id: A\n  owner: ann\n- id:\n  owner: ''\n",
	} {
		s := assetsFrom(t, name, text)
		if r := asset(t, s, "A"); !slices.Equal(r.Owners, []string{"ann"}) {
			t.Errorf("%s: got %+v", name, r)
		}
		count := 0
		for _, err := range s.Assets(t.Context()) {
			if count++; err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		if count != 1 {
			t.Errorf("%s: got %d records", name, count)
		}
	}
	for name, text := range map[string]string{
		"a.csv": "id,state,owner,note\nA,,,\n,,,lost\n", "b.csv": "id,state,owner\nA,,\n,,x\n", "a.json": `[{"id": "A"}, {"serial": "X1"}]`,
		"b.json": `[{"id": "A"}, {"x": {"y": 1}}]`, "a.yaml": "- id: A\n- serial: X1\n",
	} {
		if f := unusable(t, assetsFrom(t, name, text)); !strings.Contains(f.Happened, `the field "id" is empty`) {
			t.Errorf("%s: got %s", name, f.Happened)
		}
	}
	if f := unusable(t, assetsFrom(t, "a.csv", "id,state,owner\n,,\n,,\n")); !strings.Contains(f.Happened, "it holds 0 asset records") {
		t.Errorf("got %s", f.Happened)
	}
}

// A name that occurs twice in a header matters if it is read.
func TestHeaderNamedTwice(t *testing.T) {
	s := assetsFrom(t, "a.csv", "id,Attachment,state,owner,Attachment,attachment\nA,x,retired,ann,y,z\n")
	if r := asset(t, s, "A"); r.State != lifecycle.StateRetired {
		t.Errorf("got %+v", r)
	}
	s = assetsFrom(t, "a.csv", "id,Attachment,state,owner,Attachment\nA,x,retired,ann,y\n", func(c *Config) { c.Columns = map[string]string{"purpose": "attachment"} })
	if f := unusable(t, s); !strings.Contains(f.Happened, `the header names the column "Attachment" twice`) {
		t.Errorf("got %s", f.Happened)
	}
}

// Words that stand for nothing do so where they cannot be anything else.
func TestWordsForMissingValues(t *testing.T) {
	s := assetsFrom(t, "a.csv", `id,state,owner,retirement_date,verified_at,shared,environment,criticality,purpose
N/A,N/A,n/a,never,-,N/A,n/a,-,N/A
-,-,-;n/a,None,NULL,none,none,None,-
none,none,none,n/a,never,null,NULL,null,none
`)
	for id, want := range map[string]lifecycle.Record{
		"N/A":  {},
		"-":    {Owners: []string{"-"}, Environment: "none", Criticality: "None", Purpose: "-"},
		"none": {Owners: []string{"none"}, Purpose: "none"},
	} {
		r := asset(t, s, id)
		if !slices.Equal(r.Owners, want.Owners) || r.Environment != want.Environment || r.Criticality != want.Criticality || r.Purpose != want.Purpose ||
			r.StateText != "" || !r.RetirementDate.IsZero() || !r.VerifiedAt.IsZero() || r.Shared != lifecycle.Unstated {
			t.Errorf("%s: got %+v", id, r)
		}
	}
	s = assetsFrom(t, "a.csv", "id,state,owner,verified_at,purpose\nA,-,Unassigned,TBD,tbd\n", func(c *Config) {
		c.Empty, c.States = []string{"unassigned", "tbd"}, map[string]string{"-": "planned"}
	})
	if r := asset(t, s, "A"); len(r.Owners) > 0 || r.Purpose != "" || !r.VerifiedAt.IsZero() || r.State != lifecycle.StatePlanned {
		t.Errorf("got %+v", r)
	}
	s = assetsFrom(t, "a.csv", "id,state,owner,verified_at\nA,,ann,never\n", func(c *Config) { c.Empty = []string{"tbd"} })
	if f := unusable(t, s); !strings.Contains(f.Happened, `holds "never", and it is not a date`) {
		t.Errorf("got %s", f.Happened)
	}
	p := peopleFrom(t, "p.csv", "id,email,username,status,kind,end_date,manager\nann,-,none,N/A,none,never,-\n", func(c *Config) { c.PeopleStates = map[string]string{"n/a": "suspended"} })
	if got := person(t, p, "ann"); got.Email != "" || got.Username != "none" || got.Status != lifecycle.PersonSuspended || got.Kind != lifecycle.KindUnstated ||
		!got.EndDate.IsZero() || got.Manager != "-" {
		t.Errorf("got %+v", got)
	}
}

// Words for kinds of people are mapped. One that is not never makes a guest an
// employee.
func TestWordsForKinds(t *testing.T) {
	const text = "id,kind\nann,Member\nbob,GUEST\ncam,Contingent Worker\ndan,team\neve,\n"
	s := peopleFrom(t, "p.csv", text, func(c *Config) {
		c.Kinds = map[string]string{"member": "employee", "Guest": "vendor", "Contingent Worker": "contractor"}
	})
	for id, want := range map[string]lifecycle.OwnerKind{
		"ann": lifecycle.KindEmployee, "bob": lifecycle.KindVendor, "cam": lifecycle.KindContractor, "dan": lifecycle.KindTeam, "eve": lifecycle.KindUnstated,
	} {
		if p := person(t, s, id); p.Kind != want {
			t.Errorf("%s: got %s, want %s", id, p.Kind, want)
		}
	}
	_, err := peopleFrom(t, "p.csv", text, func(c *Config) { c.Kinds = map[string]string{"Member": "employee"} }).Person(t.Context(), "ann")
	if err == nil || !strings.Contains(err.Error(), `"GUEST"`) || !strings.Contains(err.Error(), `"Contingent Worker"`) || !strings.Contains(err.Error(), "words that kinds maps") {
		t.Errorf("got %v", err)
	}
	_, err = New(Config{Name: "hr", People: "p.csv", Mapping: table.Mapping{Kinds: map[string]string{"Guest": "guest"}}})
	var config *system.ConfigError
	if !errors.As(err, &config) || len(config.Problems) != 1 || config.Problems[0].Attribute != "kinds" || !strings.Contains(config.Problems[0].Message, "employee, team") {
		t.Errorf("got %v", err)
	}
}

// Members of members are named by their path, and what a list of objects holds is
// gathered.
func TestMembersByPath(t *testing.T) {
	columns := map[string]string{"id": "profile.login", "email": "profile.emails.value", "status": "status", "teams": "groups.profile.name", "manager": "profile.manager"}
	const record = `{"status": "ACTIVE", "Profile": {"Login": "ann", "emails": [{"value": "ann@example.org", "type": "work"}], "manager": "bob", "x": {"y": [1]}}, "groups": [{"profile": {"name": "Payments"}}, {"profile": {"name": "Core"}}, {"profile": {}}], "profile.manager2": 1}`
	for name, text := range map[string]string{
		"p.json": "[" + record + "]", "p.jsonl": record + "\n", "q.json": `{"total": 1, "users": [` + record + "]}",
		"p.yaml": "- status: ACTIVE\n  profile:\n    login: ann\n    emails: [{value: ann@example.org}]\n    manager: bob\n  groups:\n  - profile: {name: Payments}\n  - profile:\n      name: Core\n",
		"p.csv":  "profile.login,profile.emails.value,status,groups.profile.name,profile.manager\nann,ann@example.org,ACTIVE,Payments;Core,bob\n",
	} {
		t.Run(name, func(t *testing.T) {
			s := peopleFrom(t, name, text, func(c *Config) { c.PeopleColumns = columns })
			p := person(t, s, "ann@example.org")
			if p.ID != "ann" || p.Manager != "bob" || p.Status != lifecycle.PersonActive || !slices.Equal(p.Teams, []string{"Payments", "Core"}) {
				t.Errorf("got %+v", p)
			}
		})
	}
	for text, want := range map[string]string{
		`[{"profile": {"login": {"a": 1}}}]`:                                           `"login" holds an object or a list`,
		`[{"profile": {"login": "a", "login": "b"}}]`:                                  `the object names "login" twice`,
		`[{"profile": {"login": "a"}, "profile": {"login": "b"}}]`:                     `the object names "profile" twice`,
		`[{"profile": {"login": "a", "emails": [{"value": "x"}, {"value": "y"}]}}]`:    `(column "profile.emails.value") holds a list, and only one text is accepted there`,
		`[{"profile": {"login": ["a"]}}]`:                                              "only one text is accepted there",
		`[{"profile": {"name": "ann"}}]`:                                               `the field "id"`,
		`[{"login": "ann"}]`:                                                           `the field "id"`,
		`[{"profile": "ann"}]`:                                                         `the field "id"`,
		`[{"profile": [{"login": "ann"}, {"login": "bob"}]}]`:                          "only one text is accepted there",
		`[{"profile": {"login": "ann", "emails": [["x"]]}, "status": 1, "groups": 1}]`: "it has no column",
	} {
		_, err := peopleFrom(t, "p.json", text, func(c *Config) { c.PeopleColumns = columns }).Person(t.Context(), "ann")
		if !errors.Is(err, fault.ErrUnavailable) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", text, err, want)
		}
	}
}

// Several columns make one value.
func TestJoinedColumns(t *testing.T) {
	change := func(c *Config) {
		c.PeopleColumns = map[string]string{"id": "Login"}
		c.PeopleJoinedColumns = map[string][]string{"name": {"First Name", "Last Name"}, "teams": {"Department", "Groups"}, "end_date": {"Day", "Time"}}
	}
	for name, text := range map[string]string{
		"p.csv":  "Login,Last Name,First Name,Department,Groups,Day,Time\nann,Archer,Ann,Payments,Core;Ops,2026-10-03,09:14\nbob,,Bob,n/a,Core,N/A,-\n",
		"p.json": `[{"Login": "ann", "Last Name": "Archer", "First Name": "Ann", "Department": "Payments", "Groups": ["Core", "Ops"], "Day": "2026-10-03", "Time": "09:14"}, {"Login": "bob", "First Name": "Bob", "Groups": ["Core"]}]`,
	} {
		s := peopleFrom(t, name, text, change)
		if p := person(t, s, "ann"); p.Name != "Ann Archer" || !slices.Equal(p.Teams, []string{"Payments", "Core", "Ops"}) || p.EndDate != time.Date(2026, 10, 3, 9, 14, 0, 0, time.UTC) {
			t.Errorf("%s: got %+v", name, p)
		}
		if p := person(t, s, "bob"); p.Name != "Bob" || !slices.Equal(p.Teams, []string{"Core"}) || !p.EndDate.IsZero() {
			t.Errorf("%s: got %+v", name, p)
		}
	}
	_, err := peopleFrom(t, "p.csv", "Login,First Name,Department,Groups,Day,Time\nann,Ann,,,,\n", change).Person(t.Context(), "ann")
	if err == nil || !strings.Contains(err.Error(), `it has no column "last name" for the field "name", which people_joined_columns names; found: "Login"`) {
		t.Errorf("got %v", err)
	}
	_, err = New(Config{Name: "hr", People: "p.csv", Mapping: table.Mapping{
		PeopleColumns: map[string]string{"name": "Name"}, JoinedColumns: map[string][]string{"nam": {"a", "b"}},
		PeopleJoinedColumns: map[string][]string{"name": {"First", "Last"}, "email": {"a"}, "teams": {"a", " "}},
	}})
	var config *system.ConfigError
	if !errors.As(err, &config) {
		t.Fatalf("got %v", err)
	}
	var got []string
	for _, p := range config.Problems {
		got = append(got, fmt.Sprint(p.Attribute, "/", p.Key))
	}
	if want := []string{"joined_columns/nam", "people_joined_columns/email", "people_joined_columns/name", "people_joined_columns/teams"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// Texts of several spellings in Unicode are one.
func TestOneUnicodeForm(t *testing.T) {
	const composed, decomposed = "Ren\u00e9e", "Rene\u0301e"
	s := peopleFrom(t, "p.csv", "id,kind,teams\n"+decomposed+",,"+composed+" Team\n"+decomposed+" Team,team,\n")
	if p := person(t, s, composed); p.ID == "" {
		t.Errorf("got %+v", p)
	}
	if found, err := s.Members(t.Context(), composed+" Team"); err != nil || len(found) != 1 {
		t.Errorf("got %+v, %v", found, err)
	}
	asset(t, assetsFrom(t, "a.csv", "id,state,owner\n"+decomposed+",,\n"), composed)
	asset(t, assetsFrom(t, "a.csv", "id,STATUT ACHAT"+"\u00c9"+",owner\nA,,\n", func(c *Config) { c.Columns = map[string]string{"state": "statut achate\u0301"} }), "A")
	dir := folder(t, map[string]string{"t.csv": "id,kind,asset\n1,offboarding," + composed + "\n"})
	if found, err := mustNew(t, Config{Name: "desk", Tasks: filepath.Join(dir, "t.csv")}).Tasks(t.Context(), decomposed); err != nil || len(found) != 1 {
		t.Errorf("got %+v, %v", found, err)
	}
}

// An object of which nothing is read, where a text is wanted too, is not nobody.
func TestObjectWithoutKnownField(t *testing.T) {
	preset := func(c *Config) { c.Preset = "servicenow" }
	for name, texts := range map[string][]string{
		"a.json": {
			`[{"asset_tag": "A", "state": "In use", "assigned_to": {"label": "Ann"}}, {"asset_tag": "B", "assigned_to": ""}]`,
			`[{"asset_tag": "A", "state": "In use", "assigned_to": [{"email": "bob"}, {"label": "Ann"}]}]`,
			`[{"asset_tag": "A", "state": "In use", "assigned_to": {"names": ["Ann"]}}]`,
		},
		"a.yaml": {
			"- asset_tag: A\n  state: In use\n  assigned_to:\n    label: Ann\n- asset_tag: B\n  assigned_to: bob\n",
			"- asset_tag: A\n  state: In use\n  assigned_to:\n  - email: bob\n  - label: Ann\n",
		},
	} {
		for _, text := range texts {
			f := unusable(t, assetsFrom(t, name, text, preset))
			if !strings.Contains(f.Happened, `"assigned_to" holds an object or a list`) || !strings.Contains(f.Happened, "line ") {
				t.Errorf("%s: got %s", text, f.Happened)
			}
		}
	}
	s := assetsFrom(t, "a.json", `[{"asset_tag": "A", "state": "x", "assigned_to": {}}, {"asset_tag": "B", "assigned_to": {"label": "", "email": null}},
		{"asset_tag": "C", "assigned_to": {"label": "Ann", "email": "ann"}}, {"asset_tag": "D", "assigned_to": "dan"}]`, preset)
	for id, want := range map[string][]string{"A": nil, "B": nil, "C": {"ann"}, "D": {"dan"}} {
		if r := asset(t, s, id); !slices.Equal(r.Owners, want) {
			t.Errorf("%s: got %+v", id, r)
		}
	}
}

// A line above the header may state the delimiter, as Excel reads it; places count it.
func TestStatedDelimiter(t *testing.T) {
	for name, text := range map[string]string{
		"comma":     "\ufeffsep=,\r\nid,state,owner,shared\r\nA,active,ann,\r\nB,,,perhaps\r\n",
		"semicolon": "sep=;\nid;state;owner, formerly;owner;shared\nA;active;,,,,,,;ann;\nB;;;;perhaps\n",
		"pipe":      "\"sep=|\"\rid|state|owner|shared\rA|active|ann|\rB|||perhaps\r",
		"padded":    "SEP=;;;\nid;state;owner;shared\nA;active;ann;\nB;;;perhaps\n",
	} {
		f := unusable(t, assetsFrom(t, "a.csv", text))
		if !strings.Contains(f.Happened, "line 4, column ") || !strings.Contains(f.Happened, `"perhaps"`) {
			t.Errorf("%s: got %s", name, f.Happened)
		}
		if r := asset(t, assetsFrom(t, "a.csv", strings.ReplaceAll(text, "perhaps", "no")), "A"); !slices.Equal(r.Owners, []string{"ann"}) || r.Source != "a.csv line 3" {
			t.Errorf("%s: got %+v", name, r)
		}
	}
	for text, want := range map[string]string{
		"sep=,\nid,state,owner\nA,b\n":      "line 3, column 1: the row has 2 fields",
		"sep=,\nid,state,owner\nA,b,c\"\n":  "line 3, column 6: a quotation mark",
		"sep=,\nid,state,owner\nA,b,\"c\n":  "in the row that begins in line 3",
		"id|state|owner\nA|b|c\n":           "the header has only one field: separate fields by a comma, a semicolon or a tab",
		"i\x00d\x00,\x00":                   "if the file is UTF-16, save it as UTF-8",
		"sep=,\nid,owner\n":                 `line 2, column 1: it has no column "state"`,
		"sep=,\n":                           "it is empty",
		"sep=:\nid:state:owner\nA:b:c\n":    "line 1, column 1: it has no column",
		"sep=,\nid,state,owner,\"x\ny,,,\"": "line 2, column 1: the header holds line ends",
	} {
		if f := unusable(t, assetsFrom(t, "a.csv", text)); !strings.Contains(f.Happened, want) {
			t.Errorf("%q: got %s, want %q", text, f.Happened, want)
		}
	}
}

// Exports that were put one behind the other hold the header again, which is no record.
func TestRepeatedHeader(t *testing.T) {
	s := assetsFrom(t, "a.csv", "id,state,owner\nA,,ann\nid,state,owner\nB,,bob\n\ufeffid,state,owner\nC,,\n")
	var got []string
	for r, err := range s.Assets(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, r.ID)
	}
	if want := []string{"A", "B", "C"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if f := unusable(t, assetsFrom(t, "a.csv", "id,state,owner\nid,state,owner\n")); !strings.Contains(f.Happened, "it holds 0 asset records") {
		t.Errorf("got %s", f.Happened)
	}
}

// The answer to a request that failed is no list without tasks, and what has neither an
// id nor a kind nor an asset is no task of another kind.
func TestAnswersThatAreNoTasks(t *testing.T) {
	const task = `{"id": "1", "kind": "offboarding", "asset": "A"}`
	for name, c := range map[string]struct{ file, text, want string }{
		"error":         {"t.json", `{"error": "unauthorized", "tasks": []}`, `it is the answer to a request that failed: its member "error" reports an error`},
		"errors":        {"t.json", `{"tasks": [` + task + `], "errors": [{"message": "timeout"}]}`, `its member "errors" reports an error`},
		"errors alone":  {"t.json", `{"errors": []}`, "the object holds no array of records"},
		"not a success": {"t.json", `{"success": false, "tasks": []}`, `its member "success" reports a failure`},
		"yaml":          {"t.yaml", "error: unauthorized\ntasks: []\n", `its member "error" reports an error`},
		"page token":    {"t.jsonl", task + "\n" + `{"nextPageToken": "x"}`, `line 2, column 2: the field "id" is empty`},
		"row":           {"t.csv", "id,kind,asset,note\n1,offboarding,A,\n,,,3 tasks\n", `line 3, column 1: the field "id" is empty`},
	} {
		dir := folder(t, map[string]string{c.file: c.text})
		found, err := mustNew(t, Config{Name: "desk", Tasks: filepath.Join(dir, c.file)}).Tasks(t.Context(), "A")
		if !errors.Is(err, fault.ErrUnavailable) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %+v, %v", name, found, err)
		}
	}
	dir := folder(t, map[string]string{"t.json": `{"tasks": [` + task + `, {"id": "2"}, {"id": "3", "kind": "order"}], "errors": [], "error": null, "success": true}`})
	if found, err := mustNew(t, Config{Name: "desk", Tasks: filepath.Join(dir, "t.json")}).Tasks(t.Context(), "A"); err != nil || len(found) != 1 {
		t.Errorf("got %+v, %v", found, err)
	}
}
