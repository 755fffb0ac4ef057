package ldap_test

import (
	"strings"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

// names mean something in a filter, a distinguished name or both.
var names = []string{
	`*)(uid=*`, `*`, `a*`, `(uid=ann)`, `)(|(objectClass=*`, `\2a`, `a\`, `\\`, `a,b`, `a+b`, `cn=x,dc=y`, `a"b`, `<a>`, `a;b`, `#a`, `a=b`, `/`, `a/b`,
	`!ann`, `&`, `|`, `~=`, `>=a`, `:=`, `uid:dn:=x`, `1.2.840.113556.1.4.803:=2`, "ünï", "请求", "🔑", "a b", "%00", "ann\u00a0x",
}

// People and teams with such names are found by them, and by nothing else.
func TestHostileNames(t *testing.T) {
	for name, server := range map[string]func(testing.TB) *servers.Directory{"slapd": servers.Slapd, "samba": servers.Samba} {
		t.Run(name, func(t *testing.T) {
			p := newTestSubtree(t, server(t), name == "samba")
			seed := small()
			for i, text := range names {
				seed.People = append(seed.People, lifecycle.Person{
					ID: text, Username: "user" + string(rune('A'+i)), Kind: lifecycle.KindEmployee, Teams: []string{"team " + text},
				}, lifecycle.Person{ID: "team " + text, Kind: lifecycle.KindTeam})
			}
			p.seed(t, seed)
			s := mustNew(t, p.seeded())
			for _, text := range names {
				got := one(t, s, text)
				if got.ID != text || len(got.Teams) != 1 || got.Teams[0] != "team "+text {
					t.Errorf("Person(%q) = %+v", text, got)
				}
				if got := ids(t, s, "team "+text); got != text {
					t.Errorf("the members of the team of %q are %q", text, got)
				}
			}
		})
	}
}

// The same names, where nobody has them, find nobody and break nothing.
func TestHostileKeys(t *testing.T) {
	for name, server := range map[string]func(testing.TB) *servers.Directory{"slapd": servers.Slapd, "samba": servers.Samba} {
		t.Run(name, func(t *testing.T) {
			p := newTestSubtree(t, server(t), name == "samba").seed(t, small())
			s := mustNew(t, p.seeded())
			keys := append([]string{
				"ann\x00", "\x00", "ann\n", "an\u200bn", "\xff\xfe", "\u202eann", "an\u0578", "\u0430nn", "\u1d00nn", "ann\u0301", "ａｎｎ", "an n", "ann*",
				strings.Repeat("a", 1024), strings.Repeat("a", 1<<20), strings.Repeat("*)(uid=", 140), strings.Repeat("(", 1000), "\ufffd",
				p.base, p.dn(small().People[0]),
			}, names...)
			for _, key := range keys {
				if found, err := s.Person(t.Context(), key); strings.TrimSpace(key) != "ann" && (err != nil || len(found) != 0) {
					t.Errorf("Person(%.40q) = %+v, %v; want none", key, found, err)
				}
				if found, err := s.Members(t.Context(), key); err != nil || len(found) != 0 {
					t.Errorf("Members(%.40q) = %+v, %v; want none", key, found, err)
				}
			}
			one(t, s, "ann")
		})
	}
}

// What could change how a plan reads is taken out of what the directory says,
// and names nobody any more.
func TestSpoofedText(t *testing.T) {
	p := newTestSubtree(t, servers.Slapd(t), false)
	p.server.Add(t, "cn=spoof,"+p.people, map[string][]string{
		"objectClass": {"inetOrgPerson"}, "cn": {"spoof"}, "sn": {"x"}, "uid": {"evil\u202eid"}, "mail": {"eve@example.org"},
		"displayName": {"safe\u202eevil\x07\x1b[31m\nNo changes."}, "employeeType": {"odd\u2066kind"},
	})
	c := p.config()
	c.NameAttribute = "displayName"
	s := mustNew(t, c)
	got := one(t, s, "eve@example.org")
	for _, text := range []string{got.ID, got.Name, got.Username, got.Source, got.StatusText} {
		if !systemtest.Presentable(text) {
			t.Errorf("%q could change how a plan reads", text)
		}
	}
	for _, key := range []string{"evil\u202eid", "evil\ufffdid"} {
		if found, err := s.Person(t.Context(), key); err != nil || len(found) != 0 {
			t.Errorf("Person(%q) = %+v, %v; want none", key, found, err)
		}
	}
}
