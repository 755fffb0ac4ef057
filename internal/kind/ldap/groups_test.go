package ldap_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
	"github.com/custodyhq/terraform-provider-custody/internal/kind/ldap"
	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

// manyInManyTeams is n people, each in the team "t-all" and the last in every other team.
func manyInManyTeams(n, teams int) systemtest.Seed {
	var seed systemtest.Seed
	for i := range n {
		seed.People = append(seed.People, lifecycle.Person{
			ID: fmt.Sprintf("p%03d", i), Username: fmt.Sprintf("u%03d", i), Kind: lifecycle.KindEmployee, Teams: []string{"t-all"},
		})
	}
	seed.People = append(seed.People, lifecycle.Person{ID: "t-all", Kind: lifecycle.KindTeam})
	for i := range teams {
		id := fmt.Sprintf("t%03d", i)
		seed.People = append(seed.People, lifecycle.Person{ID: id, Kind: lifecycle.KindTeam})
		seed.People[n-1].Teams = append(seed.People[n-1].Teams, id)
	}
	return seed
}

// Unpaged, slapd would stop after 20 groups, and Active Directory after 1000.
func TestPaging(t *testing.T) {
	for name, server := range map[string]func(testing.TB) *servers.Directory{"slapd": servers.Slapd, "samba": servers.Samba} {
		t.Run(name, func(t *testing.T) {
			n, teams := 300, 120
			if name == "samba" {
				n, teams = 60, 40
			}
			p := newTestSubtree(t, server(t), name == "samba").seed(t, manyInManyTeams(n, teams))
			for _, size := range []int{1, teams, teams + 1, teams + 2, n - 1, n, 500} {
				c := p.seeded()
				c.PageSize = size
				s := mustNew(t, c)
				if got := one(t, s, fmt.Sprintf("p%03d", n-1)); len(got.Teams) != teams+1 {
					t.Errorf("pages of %d: %d teams, want %d", size, len(got.Teams), teams+1)
				}
				if size == 1 && name == "slapd" {
					continue
				}
				if got := len(strings.Fields(ids(t, s, "t-all"))); got != n {
					t.Errorf("pages of %d: %d members, want %d", size, got, n)
				}
			}
		})
	}
}

// The account may page, but not to the end.
func TestLimitOfAllPages(t *testing.T) {
	p := newTestSubtree(t, servers.Slapd(t), false).seed(t, manyInManyTeams(2, 100))
	c := p.seeded()
	c.BindDN, c.PageSize = servers.SlapdLimited+","+p.server.BaseDN, 20
	found, err := mustNew(t, c).Person(t.Context(), "p001")
	systemtest.WantUnavailable(t, len(found), err)
	if !strings.Contains(err.Error(), "cut the answer off at its own limit") {
		t.Error(err)
	}
}

// Two teams that contain each other, a team in itself, members that are gone or
// incompleteMarker, and a team below two others.
func TestNestedGroups(t *testing.T) {
	for name, server := range map[string]func(testing.TB) *servers.Directory{"slapd": servers.Slapd, "samba": servers.Samba} {
		t.Run(name, func(t *testing.T) {
			ad := name == "samba"
			p := newTestSubtree(t, server(t), ad)
			dn := make(map[string]string)
			for _, id := range []string{"ann", "bob", "cam", "dan"} {
				e := lifecycle.Person{ID: id, Username: id, Kind: lifecycle.KindEmployee}
				dn[id] = p.dn(e)
				p.addPerson(t, dn[id], e)
			}
			a := p.addGroup(t, "a", []string{dn["ann"]}, nil)
			b := p.addGroup(t, "b", []string{a, dn["bob"]}, nil)
			p.server.Set(t, a, map[string][]string{"member": {dn["ann"], b}})
			p.addGroup(t, "c", []string{a, b, dn["cam"]}, nil)
			if !ad {
				p.addGroup(t, "self", []string{"cn=self," + p.groups, dn["dan"]}, nil)
				p.addGroup(t, "odd", []string{"cn=gone," + p.people, p.people, "cn=other,dc=elsewhere", dn["dan"]}, nil)
			}
			ways := []string{ldap.Walk}
			if ad {
				ways = append(ways, ldap.Chain)
			}
			for _, way := range ways {
				c := p.seeded()
				c.NestedGroups = way
				s := mustNew(t, c)
				want := map[string]string{"a": "ann bob", "b": "ann bob", "c": "ann bob cam"}
				if !ad {
					want["self"], want["odd"] = "dan", "dan"
				}
				for team, members := range want {
					if got := ids(t, s, team); got != members {
						t.Errorf("%s: Members(%q) = %q, want %q", way, team, got, members)
					}
				}
				if got := one(t, s, "ann"); strings.Join(got.Teams, " ") != "a" {
					t.Errorf("the teams of ann are %v, want those she is directly in", got.Teams)
				}
				if got := one(t, s, "b"); strings.Join(got.Teams, " ") != "a c" {
					t.Errorf("the teams of b are %v", got.Teams)
				}
			}
		})
	}
}

func TestOtherMemberAttributes(t *testing.T) {
	p := newTestSubtree(t, servers.Slapd(t), false).seed(t, small())
	ann := p.dn(small().People[0])
	p.server.Add(t, "cn=unique,"+p.groups, map[string][]string{
		"objectClass": {"groupOfUniqueNames"}, "cn": {"unique"}, "uniqueMember": {ann + "#'0101'B", "cn=unique," + p.groups},
	})
	p.server.Add(t, "cn=posix,"+p.groups, map[string][]string{
		"objectClass": {"posixGroup"}, "cn": {"posix"}, "gidNumber": {"1"}, "memberUid": {"ann", "gone", "*"},
	})
	p.server.Add(t, "cn=void,"+p.groups, map[string][]string{"objectClass": {"posixGroup"}, "cn": {"void"}, "gidNumber": {"2"}})
	c := p.seeded()
	c.MemberAttribute = "uniqueMember"
	if got := ids(t, mustNew(t, c), "unique"); got != "1001" {
		t.Errorf("got %q", got)
	}
	c.MemberAttribute = "memberUid"
	s := mustNew(t, c)
	if got := ids(t, s, "posix"); got != "1001" {
		t.Errorf("got %q", got)
	}
	if got := ids(t, s, "void"); got != "" {
		t.Errorf("got %q", got)
	}
	if got := one(t, s, "ann"); strings.Join(got.Teams, " ") != "posix" {
		t.Errorf("got %v", got.Teams)
	}
	c = p.seeded()
	c.TeamsAttribute = "memberOf"
	if got := one(t, mustNew(t, c), "ann"); strings.Join(got.Teams, " ") != "t-pay" {
		t.Errorf("got %v", got.Teams)
	}
	c.TeamsAttribute = "mail"
	if got := one(t, mustNew(t, c), "ann"); strings.Join(got.Teams, " ") != "ann@example.org" {
		t.Errorf("got %v", got.Teams)
	}
}

// Who may not see the members of a group would find every team empty.
func TestHiddenMembers(t *testing.T) {
	p := newTestSubtree(t, servers.Slapd(t), false).seed(t, small())
	c := p.seeded()
	c.BindDN = servers.SlapdNoMember + "," + p.server.BaseDN
	found, err := mustNew(t, c).Members(t.Context(), "t-pay")
	systemtest.WantUnavailable(t, len(found), err)
}

// A person and a team, or two people, of the same id are not told apart,
// whichever key led to one of them.
func TestNamesakes(t *testing.T) {
	p := newTestSubtree(t, servers.Slapd(t), false).seed(t, systemtest.Seed{People: []lifecycle.Person{
		{ID: "ops", Username: "otto", Email: "otto@example.org", Kind: lifecycle.KindEmployee},
		{ID: "solo", Username: "sam", Kind: lifecycle.KindEmployee},
	}})
	p.addGroup(t, "ops", nil, nil)
	s := mustNew(t, p.seeded())
	for key, want := range map[string]int{"ops": 2, "otto": 2, "OTTO@example.org": 2, "solo": 1, "sam": 1} {
		if found, err := s.Person(t.Context(), key); err != nil || len(found) != want {
			t.Errorf("Person(%q) = %+v, %v; want %d", key, found, err, want)
		}
	}
}

// A walk ends, however deep the groups are nested.
func TestTooManyGroups(t *testing.T) {
	p := newTestSubtree(t, servers.Slapd(t), false).seed(t, small())
	inner := p.dn(small().People[0])
	for i := range 1001 {
		inner = p.addGroup(t, fmt.Sprintf("deep%d", i), []string{inner}, nil)
	}
	s := mustNew(t, p.seeded())
	if got := ids(t, s, "deep999"); got != "1001" {
		t.Errorf("got %q", got)
	}
	found, err := s.Members(t.Context(), "deep1000")
	systemtest.WantUnavailable(t, len(found), err)
}
