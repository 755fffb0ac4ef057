package ldap_test

import (
	"maps"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
	"github.com/custodyhq/terraform-provider-custody/internal/kind/ldap"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

// brokenSetup breaks the configuration of a seeded directory, or the connection to it.
type brokenSetup struct {
	says  string // a part of what a user reads then
	spoil func(*testing.T, *testSubtree, *ldap.Config)
}

func set(says string, change func(p *testSubtree, c *ldap.Config)) brokenSetup {
	return brokenSetup{says, func(_ *testing.T, p *testSubtree, c *ldap.Config) { change(p, c) }}
}

// wire spoils what passes on the way to the server.
func wire(says string, timeout time.Duration, spoil func(*proxy, net.Conn, net.Conn)) brokenSetup {
	return brokenSetup{says, func(t *testing.T, _ *testSubtree, c *ldap.Config) {
		c.Timeout = timeout
		through(t, c, spoil)
	}}
}

const (
	patient   = 20 * time.Second
	impatient = 300 * time.Millisecond
)

// A login answer with a message id that nobody waits for.
const unrequestedAnswer = "\x30\x0c\x02\x01\x7f\x61\x07\x0a\x01\x00\x04\x00\x04\x00"

var brokenSetups = map[string]brokenSetup{
	"nobody listens": {"could not be reached", func(t *testing.T, _ *testSubtree, c *ldap.Config) {
		_ = through(t, c, passThrough).listener.Close()
	}},
	"wrong password":  set("refused the account or its password", func(_ *testSubtree, c *ldap.Config) { c.Password = "wr0ng-Canary" }),
	"unknown account": set("refused the account or its password", func(_ *testSubtree, c *ldap.Config) { c.BindDN = "cn=ghost," + c.BaseDN }),
	"no account": set(`The directory "corp"`, func(_ *testSubtree, c *ldap.Config) {
		c.BindDN, c.Password, c.Anonymous = "", "", true
	}),
	"base is gone":     set("has no entry \"ou=gone,", func(_ *testSubtree, c *ldap.Config) { c.BaseDN, c.LeftBaseDNs = "ou=gone,"+c.BaseDN, nil }),
	"one base is gone": set("has no entry \"ou=gone,", func(p *testSubtree, c *ldap.Config) { c.BaseDN, c.BaseDNs = "", []string{p.base, "ou=gone," + p.base} }),
	"base of groups is gone": set("has no entry \"ou=gone,", func(p *testSubtree, c *ldap.Config) {
		c.GroupBaseDNs = []string{"ou=gone," + p.base}
	}),
	"base of leavers is gone": set("has no entry \"ou=gone,", func(p *testSubtree, c *ldap.Config) {
		c.LeftBaseDNs = []string{"ou=gone," + p.base}
	}),
	"attribute that nobody has":  set("shows no person with the attribute employeeNumbr", func(_ *testSubtree, c *ldap.Config) { c.IDAttribute = "employeeNumbr" }),
	"filter that nobody matches": set("shows no person", func(_ *testSubtree, c *ldap.Config) { c.PeopleFilter = "(objectClass=persona)" }),
	"probe that is not found": set(`does not find "eve@example.org"`, func(_ *testSubtree, c *ldap.Config) {
		c.Probe = []string{"ann", "eve@example.org"}
	}),
	"certificate of nobody": set("could not be protected. The password was not sent", func(p *testSubtree, c *ldap.Config) { c.URL = p.server.URLs }),
	"certificate of another authority": {"could not be protected", func(t *testing.T, p *testSubtree, c *ldap.Config) {
		other, err := servers.NewCertificate(t.TempDir(), "127.0.0.1")
		if err != nil {
			t.Fatal(err)
		}
		c.URL, c.CAFile = p.server.URLs, other.CAFile
	}},
	"certificate of another host": {"could not be protected", func(t *testing.T, p *testSubtree, c *ldap.Config) {
		through(t, c, passThrough)
		c.URL, c.StartTLS, c.CAFile = strings.Replace(c.URL, "127.0.0.1", "localhost", 1), true, p.server.Cert.CAFile
	}},
	"StartTLS certificate of nobody": set("could not be protected", func(_ *testSubtree, c *ldap.Config) { c.StartTLS = true }),
	"no TLS where TLS is expected": {"could not be protected", func(t *testing.T, _ *testSubtree, c *ldap.Config) {
		through(t, c, passThrough)
		c.URL = strings.Replace(c.URL, "ldap:", "ldaps:", 1)
	}},
	"cut before the first answer": wire("did not answer the login", patient, cutAfter(0)),
	"cut in the first answer":     wire("did not answer the login", patient, cutAfter(3)),
	"cut behind the login":        wire("was lost in the middle of a search, and again", patient, cutAfter(20)),
	"cut in a search":             wire("was lost in the middle of a search, and again", patient, cutAfter(90)),
	"a web server": wire("did not answer the login", impatient*3,
		answer("HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n<html>"+strings.Repeat("x", 200))),
	"garbage":                    wire("did not answer", patient, answer("\x30\x84\x7f\xff\xff\xff\x02\x01\x01"+strings.Repeat("\xff", 100))),
	"answers to other questions": wire("did not answer within 300ms", impatient, unrequestedThenSilent),
	"silence":                    wire("did not answer within 300ms", impatient, noAnswer),
}

func unrequestedThenSilent(p *proxy, client, server net.Conn) {
	answer(unrequestedAnswer)(p, client, server)
	noAnswer(p, client, server)
}

func as(says, account string) brokenSetup {
	return set(says, func(p *testSubtree, c *ldap.Config) { c.BindDN = account + "," + p.server.BaseDN })
}

func (p *testSubtree) refer(t *testing.T, unit string) {
	t.Helper()
	p.server.Add(t, "ou="+unit+","+p.base, map[string][]string{
		"objectClass": {"referral", "extensibleObject"}, "ou": {unit}, "ref": {"ldap://127.0.0.1:1/ou=" + unit + "," + p.base},
	})
}

var slapdBroken = map[string]brokenSetup{
	"account that sees nothing":    as("has no entry", servers.SlapdBlind),
	"account that sees nobody":     as("shows no person", servers.SlapdShallow),
	"account that sees no address": as("does not know the attribute mail, or does not let the account search it", servers.SlapdNoMail),
	"account that sees no members": as("does not know the attribute member, or does not let the account search it", servers.SlapdNoMember),
	"attribute without a meaning": set("does not know the attribute emial", func(_ *testSubtree, c *ldap.Config) {
		c.EmailAttributes = []string{"mail", "emial"}
	}),
	"pages larger than allowed": as("cut the answer off at its own limit", servers.SlapdLimited),
	"a part on another server": {"a part of the answer is on another server", func(t *testing.T, p *testSubtree, _ *ldap.Config) {
		p.refer(t, "elsewhere")
	}},
	"a base on another server": {"is on another server", func(t *testing.T, p *testSubtree, c *ldap.Config) {
		p.refer(t, "away")
		c.GroupBaseDNs = []string{"ou=sub,ou=away," + p.base}
	}},
}

func damaged(server func(testing.TB) *servers.Directory, ad bool, d brokenSetup) systemtest.Make {
	return func(t *testing.T, seed systemtest.Seed) system.System {
		p := newTestSubtree(t, server(t), ad).seed(t, seed)
		c := p.seeded()
		d.spoil(t, p, &c)
		return mustNew(t, c)
	}
}

func conforms(t *testing.T, server func(testing.TB) *servers.Directory, ad bool, all map[string]brokenSetup) {
	h := systemtest.Harness{Broken: make(map[string]systemtest.Make)}
	h.Healthy = func(t *testing.T, seed systemtest.Seed) system.System {
		return mustNew(t, newTestSubtree(t, server(t), ad).seed(t, seed).seeded())
	}
	for name, d := range all {
		h.Broken[name] = damaged(server, ad, d)
	}
	t.Run("people", func(t *testing.T) { systemtest.People(t, h) })
	t.Run("lists", func(t *testing.T) { systemtest.Lists(t, h, system.CanReadPeople) })
	for name, d := range all {
		t.Run("words: "+name, func(t *testing.T) { saysWhy(t, server, ad, d) })
	}
}

// saysWhy demands that a failure has the right reason, and no password in it.
func saysWhy(t *testing.T, server func(testing.TB) *servers.Directory, ad bool, d brokenSetup) {
	p := newTestSubtree(t, server(t), ad).seed(t, small())
	c := p.seeded()
	d.spoil(t, p, &c)
	_, err := mustNew(t, c).Person(t.Context(), "ann")
	if err == nil || !strings.Contains(err.Error(), d.says) {
		t.Errorf("got  %v\nwant %s", err, d.says)
	}
	for _, secret := range []string{p.server.Password, "wr0ng-Canary"} {
		if err != nil && strings.Contains(err.Error(), secret) {
			t.Errorf("the password stands in %v", err)
		}
	}
}

func TestOpenLDAPConforms(t *testing.T) {
	all := maps.Clone(brokenSetups)
	maps.Copy(all, slapdBroken)
	conforms(t, servers.Slapd, false, all)
}

func TestActiveDirectoryConforms(t *testing.T) { conforms(t, servers.Samba, true, brokenSetups) }
