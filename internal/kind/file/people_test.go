package file

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system/table"
)

func person(t *testing.T, s *System, key string) lifecycle.Person {
	t.Helper()
	found, err := s.Person(t.Context(), key)
	if err != nil || len(found) != 1 {
		t.Fatalf("Person(%q) = %+v, %v; want one entry", key, found, err)
	}
	return found[0]
}

// A plain list of people is a list of the people who are here; a list with a
// status column says of each.
func TestStatusAndKind(t *testing.T) {
	s := peopleFrom(t, "p.csv", "id,end_date\nann,2026-02-01\n")
	if p := person(t, s, "ann"); p.Status != lifecycle.PersonActive || p.Kind != lifecycle.KindEmployee ||
		p.EndDate != time.Date(2026, 2, 1, 23, 59, 59, 0, time.UTC) || p.Holder() != "hr/ann" || p.Source != "p.csv line 2" {
		t.Errorf("got %+v", p)
	}
	s = peopleFrom(t, "p.csv", "id,Employment,kind\nann,,\nbob,Terminated,vendor\ncam,Sabbatical,Team\ndan,ACTIVE,service\n", func(c *Config) {
		c.PeopleColumns = map[string]string{"status": "employment"}
		c.PeopleStates = map[string]string{"terminated": "left"}
	})
	for id, want := range map[string]lifecycle.Person{
		"ann": {Status: lifecycle.PersonUnknown},
		"bob": {Status: lifecycle.PersonLeft, Kind: lifecycle.KindVendor},
		"cam": {Status: lifecycle.PersonUnknown, StatusText: "Sabbatical", Kind: lifecycle.KindTeam},
		"dan": {Status: lifecycle.PersonActive, Kind: lifecycle.KindService},
	} {
		if p := person(t, s, id); p.Status != want.Status || p.StatusText != want.StatusText || p.Kind != want.Kind {
			t.Errorf("%s: got %+v, want %+v", id, p, want)
		}
	}
	_, err := peopleFrom(t, "p.csv", "id,kind\nann,robot\n").Person(t.Context(), "ann")
	if !errors.Is(err, fault.ErrUnavailable) || !strings.Contains(err.Error(), `line 2, column 5: the field "kind" holds "robot", and it is not a kind of owner; accepted: employee, team`) {
		t.Errorf("got %v", err)
	}
}

// In formats without a header, a fact that no entry of the file states is one
// without a column.
func TestStatusWithoutHeader(t *testing.T) {
	dir := folder(t, map[string]string{
		"a.json": `[{"id": "ann"}, {"id": "bob", "name": "Bob"}]`,
		"b.json": `[{"id": "cam"}, {"id": "dan", "status": "left"}]`,
	})
	s := mustNew(t, Config{Name: "hr", People: filepath.Join(dir, "*.json")})
	for id, want := range map[string]lifecycle.OwnerStatus{
		"ann": lifecycle.PersonActive, "bob": lifecycle.PersonActive, "cam": lifecycle.PersonUnknown, "dan": lifecycle.PersonLeft,
	} {
		if p := person(t, s, id); p.Status != want {
			t.Errorf("%s: got %s, want %s", id, p.Status, want)
		}
	}
}

func TestPersonKeys(t *testing.T) {
	s := peopleFrom(t, "p.csv", `id,email,username,name
1,ann@example.org,ann@example.org,Ann
2,bob@example.org,1,Bob
3,cam@example.org,cam,Cam
3,cam@example.net,cam2,Cam
`+"4,bad\u202e@example.org,dan,Dan\n")
	for key, want := range map[string][]string{
		"ANN@example.org":       {"Ann"},
		"1":                     {"Ann", "Bob"},
		"cam2":                  {"Cam", "Cam"}, // its id does not tell the two apart
		"Ann":                   nil,            // a name is no key
		"bad\u202e@example.org": nil, "bad\ufffd@example.org": nil, "dan": {"Dan"},
	} {
		found, err := s.Person(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, p := range found {
			names = append(names, p.Name)
		}
		if !slices.Equal(names, want) {
			t.Errorf("Person(%q) = %v, want %v", key, names, want)
		}
	}
}

func TestMembersByEveryKey(t *testing.T) {
	s := peopleFrom(t, "p.csv", `id,email,name,kind,teams
t1,pay@example.org,Payments,team,t2
t2,,Core,team,Payments
t3,,Twins,team,
t4,,Twins,team,
ann,,Ann,employee,PAYMENTS
bob,,Bob,employee,pay@example.org;t1
cam,,Cam,employee,t2
dan,,Dan,employee,Twins
eve,,Eve,employee,t3
`)
	for team, want := range map[string][]string{
		"t1": {"ann", "bob", "cam"}, // t2 is inside t1, and t1 inside t2
		"t2": {"ann", "bob", "cam"},
		"t3": {"eve"}, // which of the twins Dan is in cannot be told
		"t4": nil,
	} {
		found, err := s.Members(t.Context(), team)
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, p := range found {
			ids = append(ids, p.ID)
		}
		if !slices.Equal(ids, want) {
			t.Errorf("Members(%q) = %v, want %v", team, ids, want)
		}
	}
}

func TestTasks(t *testing.T) {
	dir := folder(t, map[string]string{"t.csv": `Ticket,Queue,CI,Status,Due,URL
12,Offboarding,APP-1,New,2026-03-01,https://desk.example.org/12
11,decommission,APP-1,Done,,
10,reassignment,APP-1,"Waiting, maybe closed",,
13,incident,APP-1,new,whenever,
14,offboarding,,new,,
15,offboarding,APP-1,Abandoned,,
16,offboarding,APP-1,Rejected,,
`})
	s := mustNew(t, Config{
		Name: "desk", Tasks: filepath.Join(dir, "t.csv"),
		Mapping: table.Mapping{
			TasksColumns: map[string]string{"id": "Ticket", "kind": "Queue", "asset": "CI"},
			TasksStates:  map[string]string{"abandoned": "closed", "rejected": "open"},
		},
	})
	found, err := s.Tasks(t.Context(), " APP-1 ")
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, task := range found {
		ids = append(ids, task.ID+" "+task.Kind.String())
	}
	if want := []string{"10 reassignment", "12 offboarding", "16 offboarding"}; !slices.Equal(ids, want) {
		t.Errorf("got %v, want %v", ids, want)
	}
	if task := found[1]; task.Due != time.Date(2026, 3, 1, 23, 59, 59, 0, time.UTC) || task.URL != "https://desk.example.org/12" {
		t.Errorf("got %+v", task)
	}
	for text, want := range map[string]string{
		"id,asset\n1,A\n":                        `it has no column "kind"`,
		"id,kind,asset,due\n1,offboarding,A,x\n": `the field "due" holds "x"`,
		"id,kind,asset\n,offboarding,A\n":        `the field "id" is empty`,
	} {
		dir := folder(t, map[string]string{"t.csv": text})
		_, err := mustNew(t, Config{Name: "desk", Tasks: filepath.Join(dir, "t.csv")}).Tasks(t.Context(), "A")
		if !errors.Is(err, fault.ErrUnavailable) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// Somebody with two positions has two rows in many reports. Rows that say the same are
// one person; rows that differ leave it open which is right.
func TestEqualRowsOfAPerson(t *testing.T) {
	s := peopleFrom(t, "p.csv", "id,email,name,status\nann,ann@example.org,Ann,active\nbob,,Bob,active\nann,ann@example.org,Ann,active\nbob,,Bob,left\n")
	if p := person(t, s, "ann@example.org"); p.ID != "ann" || p.Source != "p.csv line 2" {
		t.Errorf("got %+v", p)
	}
	if found, err := s.Person(t.Context(), "bob"); err != nil || len(found) != 2 {
		t.Errorf("got %+v, %v", found, err)
	}
}
