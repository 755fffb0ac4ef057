package ldap_test

import (
	"net"
	"strings"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/ldap"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

// damaged makes a system over a seeded directory whose configuration, or way to
// the server, is then spoilt.
func damaged(server func(testing.TB) *servers.Directory, ad bool, spoil func(*testing.T, *place, *ldap.Config)) systemtest.Make {
	return func(t *testing.T, seed systemtest.Seed) system.System {
		p := newPlace(t, server(t), ad).seed(t, seed)
		c := p.seeded()
		spoil(t, p, &c)
		return mustNew(t, c)
	}
}

// damages spoil any directory.
var damages = map[string]func(*testing.T, *place, *ldap.Config){
	"nobody listens": func(t *testing.T, _ *place, c *ldap.Config) {
		through(t, c, faithful).listener.Close() //nolint:errcheck,gosec // a test
	},
	"wrong password":  func(_ *testing.T, _ *place, c *ldap.Config) { c.Password = "wr0ng-Canary" },
	"unknown account": func(_ *testing.T, _ *place, c *ldap.Config) { c.BindDN = "cn=ghost," + c.BaseDN },
	"no account": func(_ *testing.T, _ *place, c *ldap.Config) {
		c.BindDN, c.Password, c.Anonymous = "", "", true
	},
	"base is gone": func(_ *testing.T, _ *place, c *ldap.Config) { c.BaseDN = "ou=gone," + c.BaseDN; c.LeftBaseDNs = nil },
	"one base is gone": func(_ *testing.T, p *place, c *ldap.Config) {
		c.BaseDN, c.BaseDNs = "", []string{p.base, "ou=gone," + p.base}
	},
	"base of groups is gone":  func(_ *testing.T, p *place, c *ldap.Config) { c.GroupBaseDNs = []string{"ou=gone," + p.base} },
	"base of leavers is gone": func(_ *testing.T, p *place, c *ldap.Config) { c.LeftBaseDNs = []string{"ou=gone," + p.base} },
	"attribute that nobody has": func(_ *testing.T, _ *place, c *ldap.Config) {
		c.IDAttribute = "employeeNumbr"
	},
	"filter that nobody matches": func(_ *testing.T, _ *place, c *ldap.Config) { c.PeopleFilter = "(objectClass=persona)" },
	"probe that is not found":    func(_ *testing.T, _ *place, c *ldap.Config) { c.Probe = []string{"ann", "eve@example.org"} },
	"certificate of nobody": func(_ *testing.T, p *place, c *ldap.Config) {
		c.URL = p.server.URLs
	},
	"certificate of another authority": func(t *testing.T, p *place, c *ldap.Config) {
		other, err := servers.NewCertificate(t.TempDir(), "127.0.0.1")
		if err != nil {
			t.Fatal(err)
		}
		c.URL, c.CAFile = p.server.URLs, other.CAFile
	},
	"certificate of another host": func(t *testing.T, p *place, c *ldap.Config) {
		through(t, c, faithful)
		c.URL, c.StartTLS, c.CAFile = strings.Replace(c.URL, "127.0.0.1", "localhost", 1), true, p.server.Cert.CAFile
	},
	"StartTLS certificate of nobody": func(_ *testing.T, _ *place, c *ldap.Config) { c.StartTLS = true },
	"no TLS where TLS is expected": func(t *testing.T, _ *place, c *ldap.Config) {
		through(t, c, faithful)
		c.URL = strings.Replace(c.URL, "ldap:", "ldaps:", 1)
	},
	"cut before the first answer": func(t *testing.T, _ *place, c *ldap.Config) { through(t, c, cutAfter(0)) },
	"cut in the first answer":     func(t *testing.T, _ *place, c *ldap.Config) { through(t, c, cutAfter(3)) },
	"cut behind the login":        func(t *testing.T, _ *place, c *ldap.Config) { through(t, c, cutAfter(20)) },
	"cut in a search":             func(t *testing.T, _ *place, c *ldap.Config) { through(t, c, cutAfter(90)) },
	"a web server": func(t *testing.T, _ *place, c *ldap.Config) {
		through(t, c, answer("HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n<html>"+strings.Repeat("x", 200)))
	},
	"garbage": func(t *testing.T, _ *place, c *ldap.Config) {
		through(t, c, answer("\x30\x84\x7f\xff\xff\xff\x02\x01\x01"+strings.Repeat("\xff", 100)))
	},
	"answers to other questions": func(t *testing.T, _ *place, c *ldap.Config) {
		c.Timeout = 300 * time.Millisecond
		through(t, c, func(p *proxy, client, server net.Conn) {
			answer("\x30\x0c\x02\x01\x7f\x61\x07\x0a\x01\x00\x04\x00\x04\x00")(p, client, server)
			silent(p, client, server)
		})
	},
	"silence": func(t *testing.T, _ *place, c *ldap.Config) {
		c.Timeout = 300 * time.Millisecond
		through(t, c, silent)
	},
}

func harness(server func(testing.TB) *servers.Directory, ad bool, more map[string]func(*testing.T, *place, *ldap.Config)) systemtest.Harness {
	h := systemtest.Harness{Broken: make(map[string]systemtest.Make)}
	h.Healthy = func(t *testing.T, seed systemtest.Seed) system.System {
		return mustNew(t, newPlace(t, server(t), ad).seed(t, seed).seeded())
	}
	for _, all := range []map[string]func(*testing.T, *place, *ldap.Config){damages, more} {
		for name, spoil := range all {
			h.Broken[name] = damaged(server, ad, spoil)
		}
	}
	return h
}

func as(account string) func(*testing.T, *place, *ldap.Config) {
	return func(_ *testing.T, p *place, c *ldap.Config) { c.BindDN = account + "," + p.server.BaseDN }
}

func TestOpenLDAPConforms(t *testing.T) {
	systemtest.People(t, harness(servers.Slapd, false, map[string]func(*testing.T, *place, *ldap.Config){
		"account that sees nothing": as(servers.SlapdBlind),
		"account that sees nobody":  as(servers.SlapdShallow),
		"pages larger than allowed": as(servers.SlapdLimited),
		"a part on another server": func(t *testing.T, p *place, c *ldap.Config) {
			p.server.Add(t, "ou=elsewhere,"+p.base, map[string][]string{
				"objectClass": {"referral", "extensibleObject"}, "ou": {"elsewhere"}, "ref": {"ldap://127.0.0.1:1/ou=elsewhere," + p.base},
			})
			c.Timeout = 5 * time.Second
		},
		"a base on another server": func(t *testing.T, p *place, c *ldap.Config) {
			p.server.Add(t, "ou=away,"+p.base, map[string][]string{
				"objectClass": {"referral", "extensibleObject"}, "ou": {"away"}, "ref": {"ldap://127.0.0.1:1/ou=away," + p.base},
			})
			c.GroupBaseDNs = []string{"ou=sub,ou=away," + p.base}
		},
	}))
}

func TestActiveDirectoryConforms(t *testing.T) {
	systemtest.People(t, harness(servers.Samba, true, nil))
}
