package ldap_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	ber "github.com/go-asn1-ber/asn1-ber"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
	"github.com/custodyhq/terraform-provider-custody/internal/kind/ldap"
	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

// listed returns everybody by id and fails if a look-up by a key of an entry
// tells anything else of it.
func listed(t *testing.T, s *ldap.System) map[string]system.Entry {
	t.Helper()
	out := make(map[string]system.Entry)
	for e, err := range s.ListPeople(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		out[e.Person.ID] = e
	}
	return out
}

func sameAsRead(t *testing.T, c ldap.Config, all map[string]system.Entry) {
	t.Helper()
	s := mustNew(t, c)
	for _, e := range all {
		for _, key := range e.Keys {
			found, err := s.Person(t.Context(), key)
			if err != nil || !slices.ContainsFunc(found, func(p lifecycle.Person) bool { return reflect.DeepEqual(p, e.Person) }) {
				t.Errorf("%s: %v\nread   %+v\nlisted %+v", key, err, found, e.Person)
			}
		}
	}
}

// ListPeople takes the pages of two searches, managers, teams and members
// included.
func TestListTakesPages(t *testing.T) {
	for _, page := range []int{7, 21, 22, 64, 500} {
		p := newTestSubtree(t, servers.Slapd(t), false).seed(t, manyInManyTeams(60, 3))
		boss := map[string][]string{"manager": {p.dn(lifecycle.Person{ID: "p000"})}}
		p.server.Set(t, p.dn(lifecycle.Person{ID: "p001"}), boss)
		p.server.Set(t, p.dn(lifecycle.Person{ID: "p002"}), boss)
		c := p.seeded()
		c.PageSize = page
		way := through(t, &c, passThrough)
		s := mustNew(t, c)
		one(t, s, "p005")
		before := way.sent.Load()
		all := listed(t, s)
		if got, want := way.sent.Load()-before, int64((60+page-1)/page+(4+page-1)/page); got != want {
			t.Errorf("pages of %d: %d requests, want %d", page, got, want)
		}
		if len(all) != 64 || all["p001"].Person.Manager != "p000" || len(all["p059"].Person.Teams) != 4 || len(all["t-all"].Members) != 60 {
			t.Errorf("pages of %d: %d entries, %+v, %+v", page, len(all), all["p001"], all["p059"])
		}
		if page == 500 {
			sameAsRead(t, c, all)
		}
	}
}

// An entry that cannot be read leaves the list with all that goes by its names,
// so that each is looked up and says what is wrong.
func TestUnreadableEntriesAreNotListed(t *testing.T) {
	p := newTestSubtree(t, servers.Slapd(t), false).seed(t, systemtest.Seed{People: []lifecycle.Person{
		{ID: "1001", Username: "ann", Email: "ann@example.org", Kind: lifecycle.KindEmployee, Teams: []string{"t-pay"}},
		{ID: "1002", Username: "bob", Email: "shared@example.org", Kind: lifecycle.KindEmployee, Teams: []string{"t-pay"}},
		{ID: "1003", Username: "cam", Kind: lifecycle.KindEmployee},
		{ID: "t-pay", Kind: lifecycle.KindTeam},
	}})
	p.server.Add(t, "cn=service,"+p.people, map[string][]string{
		"objectClass": {"inetOrgPerson"}, "cn": {"service"}, "sn": {"x"}, "mail": {"shared@example.org"},
	})
	p.server.Add(t, "cn=twin,"+p.people, map[string][]string{
		"objectClass": {"inetOrgPerson"}, "cn": {"twin"}, "sn": {"x"}, "employeeNumber": {"1003"}, "uid": {"twin"}, "telephoneNumber": {"31/12/2030"},
	})
	p.addGroup(t, "t-mixed", []string{p.dn(lifecycle.Person{ID: "1001"}), "cn=service," + p.people, "cn=gone," + p.people}, nil)
	c := p.seeded()
	c.EndDateAttribute = "telephoneNumber"
	all := listed(t, mustNew(t, c))
	var keys []string
	for _, e := range all {
		keys = append(keys, e.Keys...)
	}
	slices.Sort(keys)
	if got := strings.Join(keys, " "); got != "1001 1002 ann ann@example.org bob t-mixed t-pay" {
		t.Errorf("listed %s", got)
	}
	if got := all["t-mixed"].Members; !slices.Equal(got, []string{"1001", ""}) && !slices.Equal(got, []string{"", "1001"}) {
		t.Errorf("the members of the mixed team are %q", got)
	}
	sameAsRead(t, c, all)
	for _, key := range []string{"shared@example.org", "1003", "cam", "twin"} {
		found, err := mustNew(t, c).Person(t.Context(), key)
		systemtest.WantUnavailable(t, len(found), err)
	}
}

// Groups may call their members otherwise than the server does, or by user names.
func TestMembersByOtherNames(t *testing.T) {
	p := newTestSubtree(t, servers.Slapd(t), false).seed(t, small())
	dn := strings.Replace(p.dn(small().People[0]), "cn=1001", "commonName=1001", 1)
	p.addGroup(t, "t-alias", []string{dn}, nil)
	p.server.Add(t, "cn=t-posix,"+p.groups, map[string][]string{
		"objectClass": {"posixGroup"}, "cn": {"t-posix"}, "gidNumber": {"1"}, "memberUid": {"ann", "nobody"},
	})
	for member, want := range map[string]string{"": "t-alias t-pay", "memberUid": "t-posix"} {
		c := p.seeded()
		c.MemberAttribute = member
		all := listed(t, mustNew(t, c))
		if got := strings.Join(all["1001"].Person.Teams, " "); got != want {
			t.Errorf("%q: the teams are %s, want %s", member, got, want)
		}
		for _, team := range strings.Fields(want) {
			if got := slices.Compact(all[team].Members); !slices.Equal(got, []string{"1001"}) {
				t.Errorf("the members of %s are %q", team, got)
			}
		}
		sameAsRead(t, c, all)
	}
}

// A directory that gives no long answers is asked for one after the other.
func TestTooManyEntries(t *testing.T) {
	p := newTestSubtree(t, servers.Slapd(t), false).seed(t, manyInManyTeams(60, 100))
	c := p.seeded()
	c.PageSize, c.BindDN = 5, servers.SlapdLimited+","+p.server.BaseDN
	var last error
	for _, last = range mustNew(t, c).ListPeople(t.Context()) {
		continue
	}
	systemtest.WantUnavailable(t, 0, last)
	if !errors.Is(last, system.ErrCannotList) {
		t.Errorf("got %v", last)
	}
	if found, err := mustNew(t, c).Person(t.Context(), "p001"); err != nil || len(found) != 1 {
		t.Errorf("got %+v, %v", found, err)
	}
}

// Active Directory gives the members of a large group in parts.
func TestListReadsMembersInParts(t *testing.T) {
	for next, want := range map[string]string{"member;range=1-*": "ann bob", "member;Range=2-*": "ann bob", "member;range=1-1": "", "member;range=1-x": ""} {
		parts := 0
		f := &fake{search: func(filter string, _ int64) []*ber.Packet {
			if strings.Contains(filter, "person") {
				return []*ber.Packet{ann(), user("bob"), success("")}
			}
			parts++
			group := map[string]string{"cn": "t", "member;range=0-0": "uid=ann,dc=x"}
			if parts > 1 {
				group = map[string]string{next: "uid=bob,dc=x"}
			}
			if parts > 2 {
				return []*ber.Packet{success("")}
			}
			return []*ber.Packet{found("cn=t,dc=x", group), success("")}
		}}
		s := mustNew(t, f.start(t))
		if want != "" {
			if got := strings.Join(listed(t, s)["t"].Members, " "); got != want {
				t.Errorf("%s: the members are %q", next, got)
			}
			continue
		}
		var last error
		for _, last = range s.ListPeople(t.Context()) {
			continue
		}
		systemtest.WantUnavailable(t, 0, last)
	}
}

// BenchmarkListPeople lists a directory of 10,000 people in 100 groups.
func BenchmarkListPeople(b *testing.B) {
	p := newTestSubtree(b, servers.Slapd(b), false)
	var seed systemtest.Seed
	for i := range 10_000 {
		seed.People = append(seed.People, lifecycle.Person{ID: fmt.Sprint(i), Kind: lifecycle.KindEmployee, Teams: []string{fmt.Sprintf("t%d", i%100)}})
	}
	for i := range 100 {
		seed.People = append(seed.People, lifecycle.Person{ID: fmt.Sprintf("t%d", i), Kind: lifecycle.KindTeam})
	}
	p.seed(b, seed)
	for b.Loop() {
		s, err := ldap.New(p.seeded())
		if err != nil {
			b.Fatal(err)
		}
		n := 0
		for _, err := range s.ListPeople(b.Context()) {
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
		if n != 10_100 {
			b.Fatalf("%d entries", n)
		}
	}
}
