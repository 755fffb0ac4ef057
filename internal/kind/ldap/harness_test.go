package ldap_test

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
	"github.com/custodyhq/terraform-provider-custody/internal/kind/ldap"
	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

func TestMain(m *testing.M) { os.Exit(servers.Run(m)) }

var units atomic.Int64

// testSubtree is a part of a directory that belongs to one test.
type testSubtree struct {
	server *servers.Directory
	ad     bool
	name   string // unique in the server
	base   string
	people string
	groups string
	left   string
	count  int
}

func newTestSubtree(t testing.TB, d *servers.Directory, ad bool) *testSubtree {
	t.Helper()
	p := &testSubtree{server: d, ad: ad, name: fmt.Sprintf("t%d", units.Add(1))}
	p.base = d.Unit(t, p.name, d.BaseDN)
	p.people = d.Unit(t, "people", p.base)
	p.groups = d.Unit(t, "groups", p.base)
	p.left = d.Unit(t, "left", p.base)
	return p
}

// config reads the place as its reader.
func (p *testSubtree) config() ldap.Config {
	c := ldap.Config{
		Name: "corp", URL: p.server.URL, BindDN: p.server.Reader, Password: p.server.Password, BaseDN: p.base, Timeout: 20 * time.Second,
	}
	if p.ad {
		c.Preset = ldap.ActiveDirectory
	}
	return c
}

// seeded reads what seed wrote.
func (p *testSubtree) seeded() ldap.Config {
	c := p.config()
	c.IDAttribute, c.GroupIDAttribute, c.NameAttribute = "employeeNumber", "cn", "description"
	c.UsernameAttributes, c.LeftBaseDNs = []string{"uid"}, []string{p.left}
	return c
}

func (p *testSubtree) dn(e lifecycle.Person) string {
	below := p.people
	switch {
	case e.Status == lifecycle.PersonLeft:
		below = p.left
	case e.Kind == lifecycle.KindTeam:
		below = p.groups
	}
	return "cn=" + escaped(e.ID) + "," + below
}

// escaped writes a value for a name so that every server takes it.
func escaped(value string) string {
	var b strings.Builder
	for i := range len(value) {
		if c := value[i]; c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '-' {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "\\%02x", c)
		}
	}
	return b.String()
}

// seed writes people and groups, and who is in which.
func (p *testSubtree) seed(t testing.TB, seed systemtest.Seed) *testSubtree {
	t.Helper()
	dns := make(map[string]string)
	for _, e := range seed.People {
		dns[e.ID] = p.dn(e)
	}
	inside := func(team string) []string {
		var out []string
		for _, e := range seed.People {
			if slices.Contains(e.Teams, team) {
				out = append(out, dns[e.ID])
			}
		}
		return out
	}
	for _, e := range seed.People {
		if e.Kind != lifecycle.KindTeam {
			p.addPerson(t, dns[e.ID], e)
		}
	}
	// A group must be there before one that it is in.
	var add func(team lifecycle.Person)
	added := make(map[string]bool)
	add = func(team lifecycle.Person) {
		for _, e := range seed.People {
			if e.Kind == lifecycle.KindTeam && !added[e.ID] && slices.Contains(e.Teams, team.ID) {
				added[e.ID] = true
				add(e)
			}
		}
		p.addGroup(t, team.ID, inside(team.ID), map[string][]string{"description": maybe(team.Name)})
	}
	for _, e := range seed.People {
		if e.Kind == lifecycle.KindTeam && !added[e.ID] {
			added[e.ID] = true
			add(e)
		}
	}
	for _, e := range seed.People {
		if e.Manager != "" {
			p.server.Set(t, dns[e.ID], map[string][]string{"manager": {dns[e.Manager]}})
		}
	}
	return p
}

func maybe(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}

func (p *testSubtree) addPerson(t testing.TB, dn string, e lifecycle.Person) {
	t.Helper()
	attributes := map[string][]string{
		"cn": {e.ID}, "employeeNumber": {e.ID}, "uid": maybe(e.Username), "mail": maybe(e.Email),
		"description": maybe(e.Name), "employeeType": maybe(e.Kind.String()),
	}
	if p.ad {
		p.count++
		attributes["objectClass"] = []string{"user"}
		attributes["sAMAccountName"] = []string{fmt.Sprintf("%s-%d", p.name, p.count)}
		attributes["userAccountControl"] = []string{"544"}
		if !e.EndDate.IsZero() {
			attributes["accountExpires"] = []string{fileTime(e.EndDate)}
		}
	} else {
		attributes["objectClass"] = []string{"inetOrgPerson"}
		attributes["sn"] = []string{"x"}
		if !e.EndDate.IsZero() {
			attributes["pwdEndTime"] = []string{e.EndDate.Format("20060102150405Z")}
		}
	}
	p.server.Add(t, dn, attributes)
}

func fileTime(t time.Time) string { return strconv.FormatInt((t.Unix()+11_644_473_600)*10_000_000, 10) }

// addGroup adds a group and returns its name.
func (p *testSubtree) addGroup(t testing.TB, id string, members []string, more map[string][]string) string {
	t.Helper()
	dn := "cn=" + escaped(id) + "," + p.groups
	attributes := map[string][]string{"cn": {id}, "member": members, "objectClass": {"groupOfNames"}}
	if p.ad {
		p.count++
		attributes["objectClass"] = []string{"group"}
		attributes["sAMAccountName"] = []string{fmt.Sprintf("%s-g%d", p.name, p.count)}
	} else if len(members) == 0 {
		// The schema wants a member; administrators name one that is nobody.
		attributes["member"] = []string{"cn=nobody," + p.base}
	}
	for name, values := range more {
		attributes[name] = values
	}
	p.server.Add(t, dn, attributes)
	return dn
}

func mustNew(t *testing.T, c ldap.Config) *ldap.System {
	t.Helper()
	s, err := ldap.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// one returns the only entry that a key names.
func one(t *testing.T, s *ldap.System, key string) lifecycle.Person {
	t.Helper()
	found, err := s.Person(t.Context(), key)
	if err != nil || len(found) != 1 {
		t.Fatalf("Person(%q) = %+v, %v; want one entry", key, found, err)
	}
	return found[0]
}

// ids returns the ids of the members of a team, sorted.
func ids(t *testing.T, s *ldap.System, team string) string {
	t.Helper()
	found, err := s.Members(t.Context(), team)
	if err != nil {
		t.Fatalf("Members(%q): %v", team, err)
	}
	var out []string
	for _, p := range found {
		out = append(out, p.ID)
	}
	return strings.Join(out, " ")
}

// small is the least that a directory must hold.
func small() systemtest.Seed {
	return systemtest.Seed{People: []lifecycle.Person{
		{ID: "1001", Username: "ann", Email: "ann@example.org", Kind: lifecycle.KindEmployee, Status: lifecycle.PersonActive, Teams: []string{"t-pay"}},
		{ID: "t-pay", Name: "Payments", Kind: lifecycle.KindTeam},
	}}
}
