package scim

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

func group(id string, members ...any) resource {
	g := resource{"id": id, "displayName": "Team " + id}
	if members != nil {
		g["members"] = members
	}
	return g
}

func in(id, kind string) resource {
	if kind == "" {
		return resource{"value": id}
	}
	return resource{"value": id, "type": kind}
}

func members(t *testing.T, s *System, team string) string {
	t.Helper()
	found, err := s.Members(t.Context(), team)
	if err != nil {
		t.Fatalf("Members(%q): %v", team, err)
	}
	ids := make([]string, len(found))
	for i, p := range found {
		ids[i] = p.ID
	}
	return strings.Join(ids, " ")
}

// Groups may be in each other, and members of no stated type either.
func TestNestedMembers(t *testing.T) {
	groups := []resource{
		group("a", in("u0001", "User"), in("b", "Group")),
		group("b", in("u0002", "User"), in("c", "")),
		group("c", in("u0003", ""), in("a", "Group"), in("u0001", "")),
		group("d", resource{"value": "a", "$ref": "https://elsewhere.example/v2/Groups/a"}, resource{"value": "u0004", "$ref": "../Users/u0004"}),
		group("e"),
		group("f", in("u0005", ""), in("gone", "User")),
		group("Team a", in("u0009", "User")),
	}
	for name, open := range map[string]func(t *testing.T) *System{
		"real, list": func(t *testing.T) *System {
			_, c := connect(t, servers.SCIMSpec{Users: many(20), Groups: groups, Filter: "exact"})
			return mustNew(t, c)
		},
		"real, filters": func(t *testing.T) *System {
			_, c := connect(t, servers.SCIMSpec{Users: many(200), Groups: groups})
			return mustNew(t, c)
		},
		"real, teams from groups": func(t *testing.T) *System {
			_, c := connect(t, servers.SCIMSpec{Users: many(200), Groups: groups, HideGroups: true})
			c.TeamsFrom = "groups"
			return mustNew(t, c)
		},
		"fake, addresses": func(t *testing.T) *System {
			f := newFake(t)
			f.users, f.groups, f.noOr, f.refuse = many(200), groups, true, func(p string) bool { return p == idPath }
			return mustNew(t, f.config())
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			for team, want := range map[string]string{
				"a": "u0001 u0002 u0003", "A": "u0001 u0002 u0003", "c": "u0001 u0002 u0003", "d": "u0001 u0002 u0003 u0004", "e": "",
				"f": "u0005", "Team a": "u0009", "team b": "", "u0001": "", "none": "", "": "", `"`: "",
			} {
				if got := members(t, s, team); got != want {
					t.Errorf("Members(%q) = %q, want %q", team, got, want)
				}
			}
		})
	}
}

// A gap is no matter while somebody is there to take care; otherwise it might
// hide the one who is.
func TestMembersThatAreNotShown(t *testing.T) {
	f := newFake(t)
	f.users = append(many(3), resource{"id": "off", "userName": "off", "active": false})
	f.groups = []resource{
		group("some", in("u0001", "USER"), in("gone", "user"), in("nowhere", "group")),
		group("inactive", in("off", "User"), in("gone", "User")),
		group("ghosts", in("gone", "")),
		group("nameless", resource{"display": "who"}),
	}
	s := mustNew(t, f.config())
	if got := members(t, s, "some"); got != "u0001" {
		t.Errorf("got %q", got)
	}
	for _, team := range []string{"inactive", "ghosts", "nameless"} {
		found, err := s.Members(t.Context(), team)
		systemtest.WantUnavailable(t, len(found), err)
	}
}

// Some servers never show who is in a group.
func TestServerHidesMembers(t *testing.T) {
	_, c := connect(t, servers.SCIMSpec{Users: many(3), Groups: []resource{group("a", in("u0001", "User"))}, HideMembers: true})
	found, err := mustNew(t, c).Members(t.Context(), "a")
	systemtest.WantUnavailable(t, len(found), err)
	c.TeamsFrom = "groups"
	found, err = mustNew(t, c).Person(t.Context(), "u0001")
	systemtest.WantUnavailable(t, len(found), err)
}

func TestTeams(t *testing.T) {
	users := many(2)
	users[0]["groups"] = []any{
		resource{"value": "z", "type": "direct"}, resource{"value": "y", "type": "indirect"}, resource{"value": "x"}, "w", resource{"value": "x"}, resource{},
	}
	f := newFake(t)
	f.users, f.groups = users, []resource{group("q", in("u0000", "User")), group("p", in("u0000", ""), in("q", "Group"))}
	if p := person(t, mustNew(t, f.config()), "u0000"); !slices.Equal(p.Teams, []string{"w", "x", "z"}) {
		t.Errorf("got %q", p.Teams)
	}
	c := f.config()
	c.TeamsFrom = "groups"
	s := mustNew(t, c)
	if p := person(t, s, "u0000"); !slices.Equal(p.Teams, []string{"p", "q"}) {
		t.Errorf("got %q", p.Teams)
	}
	if p := person(t, s, "q"); !slices.Equal(p.Teams, []string{"p"}) {
		t.Errorf("got %q", p.Teams)
	}
}

// A server without groups is used without them, if the configuration says so.
func TestNoGroups(t *testing.T) {
	b, c := connect(t, servers.SCIMSpec{Users: many(3)})
	b.answer = func(w http.ResponseWriter, r *http.Request) bool {
		return strings.Contains(r.URL.Path, "Groups") && status(http.StatusNotImplemented, "application/json", "{}")(w, r)
	}
	found, err := mustNew(t, c).Person(t.Context(), "u0001")
	systemtest.WantUnavailable(t, len(found), err)
	c.NoGroups = true
	s := mustNew(t, c)
	person(t, s, "u0001")
	if got := members(t, s, "a"); got != "" {
		t.Errorf("got %q", got)
	}
}

func TestStatusKindAndDate(t *testing.T) {
	f := newFake(t)
	u := func(id string, with resource) {
		r := resource{"id": id, "userName": id}
		for k, v := range with {
			r[k] = v
		}
		f.users = append(f.users, r)
	}
	u("yes", resource{"active": "TRUE", "userType": "CONTRACTOR"})
	u("no", resource{"ACTIVE": "False", "userType": "Temp"})
	u("silent", resource{"userType": ""})
	u("odd", resource{"active": "perhaps", "userType": "robot"})
	u("ends", resource{"active": true, "x": resource{"last": "2027-06-30"}})
	u("broken", resource{"active": true, "x": resource{"last": "soon"}})
	c := f.config()
	c.InactiveMeans, c.EndDateAttribute, c.Kinds, c.PageSize = "", "x.last", map[string]string{"temp": "vendor"}, 100
	s := mustNew(t, c)
	for id, want := range map[string]lifecycle.Person{
		"yes":    {Status: lifecycle.PersonActive, Kind: lifecycle.KindContractor},
		"no":     {Status: lifecycle.PersonSuspended, Kind: lifecycle.KindVendor},
		"silent": {Status: lifecycle.PersonUnknown, Kind: lifecycle.KindEmployee},
		"odd":    {Status: lifecycle.PersonUnknown, StatusText: "perhaps", Kind: lifecycle.KindUnstated},
		"ends":   {Status: lifecycle.PersonActive, Kind: lifecycle.KindEmployee},
	} {
		if p := person(t, s, id); p.Status != want.Status || p.StatusText != want.StatusText || p.Kind != want.Kind {
			t.Errorf("%s: got %+v, want %+v", id, p, want)
		}
	}
	if p := person(t, s, "ends"); p.EndDate.Format("2006-01-02 15:04:05") != "2027-06-30 23:59:59" {
		t.Errorf("got %+v", p)
	}
	found, err := s.Person(t.Context(), "broken")
	systemtest.WantUnavailable(t, len(found), err)
}

// Many at once get the same answers and ask no more than one would.
func TestConcurrent(t *testing.T) {
	f := newFake(t)
	f.users, f.groups = many(200), []resource{group("g", in("u0001", "User"), in("u0002", ""))}
	c := f.config()
	c.PageSize = 50
	s := mustNew(t, c)
	var wg sync.WaitGroup
	for i := range 200 {
		wg.Go(func() {
			key := fmt.Sprintf("u%04d", i)
			found, err := s.Person(context.Background(), key)
			if err != nil || len(found) != 1 || found[0].ID != key {
				t.Errorf("Person(%q) = %+v, %v", key, found, err)
			}
			if i%20 == 0 {
				if found, err := s.Members(context.Background(), "g"); err != nil || len(found) != 2 {
					t.Errorf("Members = %+v, %v", found, err)
				}
			}
		})
	}
	wg.Wait()
	// At worst every look-up is on its way alone before the list is begun, and
	// the list is read the three times after which it would be given up.
	const pages = (200-1)/(50-1) + 1
	if n := len(f.take()); n > 1+3+1+2+200+3*pages {
		t.Errorf("%d requests", n)
	}
}

// Some lists of groups leave out the groups inside a group, which the address of
// each group shows.
func TestListLeavesNestedGroupsOut(t *testing.T) {
	open := func(change func(*fake)) (*fake, *System) {
		f := newFake(t)
		f.users, f.flat = many(20), true
		f.groups = []resource{
			group("a", in("u0001", "User"), in("b", "Group")), group("b", in("u0002", "User"), in("c", "")),
			group("c", in("u0003", "")), group("d", in("a", "Group")), group("e"),
		}
		change(f)
		c := f.config()
		c.TeamsFrom = "groups"
		return f, mustNew(t, c)
	}
	_, s := open(func(*fake) {})
	for team, want := range map[string]string{"a": "u0001 u0002 u0003", "b": "u0002 u0003", "d": "u0001 u0002 u0003", "e": ""} {
		if got := members(t, s, team); got != want {
			t.Errorf("Members(%q) = %q, want %q", team, got, want)
		}
	}
	for id, want := range map[string]string{"u0001": "a", "u0003": "c", "a": "d", "b": "a", "c": "b", "d": ""} {
		if p := person(t, s, id); strings.Join(p.Teams, " ") != want {
			t.Errorf("the teams of %s are %q, want %q", id, p.Teams, want)
		}
	}
	for e, err := range s.ListPeople(t.Context()) {
		if err != nil || e.Person.Kind == lifecycle.KindTeam {
			t.Errorf("the list tells %+v, %v", e, err)
		}
	}
	_, s = open(func(f *fake) { f.noAddress = true })
	person(t, s, "u0001")
	found, err := s.Members(t.Context(), "d")
	systemtest.WantUnavailable(t, len(found), err)
	found, err = s.Person(t.Context(), "b")
	systemtest.WantUnavailable(t, len(found), err)
	// A list that shows nested groups is believed, and groups are read no more
	// often than they are asked for.
	f, s := open(func(f *fake) { f.flat = false })
	person(t, s, "u0001")
	f.take()
	if p := person(t, s, "b"); strings.Join(p.Teams, " ") != "a" || slices.ContainsFunc(f.take(), func(asked string) bool { return strings.HasPrefix(asked, "Groups/") }) {
		t.Errorf("got %+v", p)
	}
}
