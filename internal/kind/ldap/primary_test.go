package ldap_test

import (
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

// The primary group of a person stands neither among the members of the group nor
// among the groups of the person.
func TestPrimaryGroup(t *testing.T) {
	p := newTestSubtree(t, servers.Samba(t), true)
	dn := make(map[string]string)
	for _, id := range []string{"ann", "bob", "cam", "dan"} {
		e := lifecycle.Person{ID: id, Username: id, Kind: lifecycle.KindEmployee}
		dn[id] = p.dn(e)
		p.addPerson(t, dn[id], e)
	}
	own := p.addGroup(t, "own", []string{dn["ann"], dn["bob"]}, nil)
	sub := p.addGroup(t, "sub", []string{dn["cam"]}, nil)
	p.addGroup(t, "outer", []string{own, sub, dn["dan"]}, nil)
	p.addGroup(t, "empty", nil, nil)
	p.server.SetPrimaryGroup(t, dn["ann"], own)
	p.server.SetPrimaryGroup(t, dn["cam"], sub)

	members := map[string]string{"own": "ann bob", "sub": "cam", "outer": "ann bob cam dan", "empty": ""}
	teams := map[string]string{"ann": "own", "bob": "own", "cam": "sub", "dan": "outer", "own": "outer", "outer": ""}
	for _, way := range []string{ldap.Walk, ldap.Chain} {
		for _, attribute := range []string{"", "memberOf"} {
			c := p.seeded()
			c.NestedGroups, c.TeamsAttribute = way, attribute
			s := mustNew(t, c)
			for team, want := range members {
				if got := ids(t, s, team); got != want {
					t.Errorf("%s: Members(%q) = %q, want %q", way, team, got, want)
				}
			}
			for id, want := range teams {
				if got := one(t, s, id); strings.Join(got.Teams, " ") != want {
					t.Errorf("%s, teams from %q: the teams of %s are %q, want %q", way, attribute, id, got.Teams, want)
				}
			}
			all := listed(t, mustNew(t, c))
			for team, want := range map[string]string{"own": "ann bob", "sub": "cam", "outer": "dan own sub", "empty": ""} {
				got := slices.Sorted(slices.Values(all[team].Members))
				if strings.Join(got, " ") != want {
					t.Errorf("%s: the list tells of %s the members %q, want %q", way, team, got, want)
				}
			}
			sameAsRead(t, c, all)
		}
	}
	// The group that everybody has unless told otherwise has members, and is
	// nobody's team.
	c := p.seeded()
	c.GroupBaseDNs = []string{p.base, "cn=Users," + p.server.BaseDN}
	s := mustNew(t, c)
	if got := one(t, s, "bob"); strings.Join(got.Teams, " ") != "own" {
		t.Errorf("the teams of bob are %q", got.Teams)
	}
	sameAsRead(t, c, map[string]system.Entry{"bob": listed(t, mustNew(t, c))["bob"]})
	// Who has another primary group stays in it, as a member.
	if got := ids(t, s, "Domain Users"); got != "ann bob cam dan" {
		t.Errorf("the domain's users are %q", got)
	}
}

// An account that may not read primary groups would find none of the members whom
// they make.
func TestHiddenPrimaryGroup(t *testing.T) {
	sid := "\x01\x05\x00\x00\x00\x00\x00\x05\x15\x00\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00\x03\x00\x00\x00"
	for name, hidden := range map[string]string{"of people": "primaryGroupID", "of groups": "objectSid"} {
		f := &fake{search: func(filter string, _ int64) []*ber.Packet {
			group := map[string]string{"cn": "t", "sAMAccountName": "t", "objectSid": sid + "\x50\x04\x00\x00"}
			if hidden == "objectSid" {
				delete(group, "objectSid")
			}
			switch {
			case strings.Contains(filter, "("+hidden+"="):
				return []*ber.Packet{success("")}
			case strings.Contains(filter, "group"):
				return []*ber.Packet{found("cn=t,dc=x", group), success("")}
			}
			return []*ber.Packet{found("cn=ann,dc=x", map[string]string{"sAMAccountName": "ann", "userAccountControl": "512"}), success("")}
		}}
		c := f.start(t)
		c.Preset, c.IDAttribute = ldap.ActiveDirectory, ""
		members, err := mustNew(t, c).Members(t.Context(), "t")
		systemtest.WantUnavailable(t, len(members), err)
		if err != nil && !strings.Contains(err.Error(), "objectSid") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
