package ldap_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/kind/ldap"
	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

func valid() ldap.Config {
	return ldap.Config{Name: "corp", URL: "ldaps://ldap.example.org", BindDN: "cn=reader,dc=example,dc=org", Password: "t0p-Secret-canary", BaseDN: "dc=example,dc=org"}
}

func TestConfigProblems(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "none.pem")
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	cert, err := servers.NewCertificate(t.TempDir(), "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	authority := cert.CAFile
	for want, change := range map[string]func(c *ldap.Config){
		"":                                            func(*ldap.Config) {},
		" loopback":                                   func(c *ldap.Config) { c.URL = "ldap://127.0.0.2:3899" },
		" localhost":                                  func(c *ldap.Config) { c.URL = "ldap://localhost/" },
		" IPv6":                                       func(c *ldap.Config) { c.URL = "ldap://[::1]:389" },
		" start_tls":                                  func(c *ldap.Config) { c.URL, c.StartTLS = "ldap://ldap.example.org", true },
		" insecure":                                   func(c *ldap.Config) { c.URL, c.InsecurePlaintext = "ldap://ldap.example.org", true },
		" anonymous":                                  func(c *ldap.Config) { c.BindDN, c.Password, c.Anonymous = "", "", true },
		"url: It is required":                         func(c *ldap.Config) { c.URL = "" },
		"url: It is not the address":                  func(c *ldap.Config) { c.URL = "https://ldap.example.org" },
		"url: It is not the address ":                 func(c *ldap.Config) { c.URL = "ldap.example.org:389" },
		"url: It is not the address of":               func(c *ldap.Config) { c.URL = "ldapi:///var/run/slapd" },
		"url: It must not hold a user":                func(c *ldap.Config) { c.URL = "ldaps://cn=reader:t0p-Secret-canary@ldap.example.org" },
		"url: It must end behind":                     func(c *ldap.Config) { c.URL += "/dc=example,dc=org" },
		"url: It must end behind ":                    func(c *ldap.Config) { c.URL += "?uid" },
		"url: Without TLS":                            func(c *ldap.Config) { c.URL = "ldap://ldap.example.org" },
		"url: Without TLS ":                           func(c *ldap.Config) { c.URL = "ldap://127.0.0.1.example.org" },
		"start_tls: It is for":                        func(c *ldap.Config) { c.StartTLS = true },
		"insecure_plaintext: It is for":               func(c *ldap.Config) { c.InsecurePlaintext = true },
		"insecure_plaintext: It is for ":              func(c *ldap.Config) { c.URL, c.StartTLS, c.InsecurePlaintext = "ldap://ldap.example.org", true, true },
		"ca_file: It has no effect":                   func(c *ldap.Config) { c.URL, c.CAFile = "ldap://localhost", authority },
		`ca_file: The file "`:                         func(c *ldap.Config) { c.CAFile = missing },
		"ca_file: The file":                           func(c *ldap.Config) { c.CAFile = empty },
		"bind_dn: It is required":                     func(c *ldap.Config) { c.BindDN = "" },
		"password: It is required":                    func(c *ldap.Config) { c.Password = "" },
		"password: It begins or ends":                 func(c *ldap.Config) { c.Password += "\n" },
		"anonymous: It excludes":                      func(c *ldap.Config) { c.Anonymous = true },
		"timeout: It must":                            func(c *ldap.Config) { c.Timeout = -time.Second },
		"timeout: It must ":                           func(c *ldap.Config) { c.Timeout = time.Hour },
		"page_size: It must":                          func(c *ldap.Config) { c.PageSize = 1001 },
		"page_size: It must ":                         func(c *ldap.Config) { c.PageSize = -1 },
		"preset: \"ad\" is not accepted":              func(c *ldap.Config) { c.Preset = "ad" },
		"nested_groups: \"deep\"":                     func(c *ldap.Config) { c.NestedGroups = "deep" },
		"nested_groups: chain is accepted for Active": func(c *ldap.Config) { c.NestedGroups = "chain" },
		"nested_groups: chain is accepted for Active ": func(c *ldap.Config) {
			c.Preset, c.NestedGroups, c.MemberAttribute = "active_directory", "chain", "memberUid"
		},
		"base_dn: It is required":             func(c *ldap.Config) { c.BaseDN = "" },
		"base_dn: \"example.org\" is not":     func(c *ldap.Config) { c.BaseDN = "example.org" },
		"base_dns: Set it or":                 func(c *ldap.Config) { c.BaseDNs = []string{"dc=x"} },
		"base_dns: \"\" is not":               func(c *ldap.Config) { c.BaseDN, c.BaseDNs = "", []string{"dc=x", ""} },
		"group_base_dns: \"x\" is not":        func(c *ldap.Config) { c.GroupBaseDNs = []string{"x"} },
		"left_base_dns: \"x\" is not":         func(c *ldap.Config) { c.LeftBaseDNs = []string{"x"} },
		"left_base_dns: \"ou=left,dc=x\" is ": func(c *ldap.Config) { c.LeftBaseDNs = []string{"ou=left,dc=x"} },
		"password_policy_dn: \"x\" is not":    func(c *ldap.Config) { c.PasswordPolicyDN = "x" },
		"people_filter: \"uid=*)(\" is not":   func(c *ldap.Config) { c.PeopleFilter = "uid=*)(" },
		"group_filter: \"(\" is not":          func(c *ldap.Config) { c.GroupFilter = "(" },
		"id_attribute: \"uid)(\" is not":      func(c *ldap.Config) { c.IDAttribute = "uid)(" },
		"email_attributes: \"*\" is not":      func(c *ldap.Config) { c.EmailAttributes = []string{"mail", "*"} },
		"member_attribute: \"a b\" is not":    func(c *ldap.Config) { c.MemberAttribute = "a b" },
		"states: It maps the values":          func(c *ldap.Config) { c.States = map[string]string{"x": "left"} },
		"states[x]: \"gone\" is not accepted": func(c *ldap.Config) { c.StatusAttribute, c.States = "st", map[string]string{"x": "gone"} },
		"states[x]: It is the same word": func(c *ldap.Config) {
			c.StatusAttribute, c.States = "st", map[string]string{"X": "left", "x": "active"}
		},
		"kinds[x]: \"team\" is not accepted": func(c *ldap.Config) { c.Kinds = map[string]string{"x": "team"} },
		"disabled_status: \"leaving\" is":    func(c *ldap.Config) { c.DisabledStatus = "leaving" },
		"probe: Entry 2 is empty":            func(c *ldap.Config) { c.Probe = []string{"ann", " "} },
	} {
		c := valid()
		change(&c)
		_, err := ldap.New(c)
		if want == "" || want[0] == ' ' {
			if err != nil {
				t.Errorf("%q: %v", want, err)
			}
			continue
		}
		var problems *system.ConfigError
		if !errors.As(err, &problems) || !errors.Is(err, fault.ErrConfig) {
			t.Errorf("%q: got %v", want, err)
			continue
		}
		if !strings.HasPrefix(err.Error(), "system corp: "+strings.TrimSpace(want)) || len(problems.Problems) != 1 {
			t.Errorf("got  %v\nwant %s", err, want)
		}
		if strings.Contains(err.Error(), "canary") {
			t.Errorf("the password stands in %v", err)
		}
	}
}

// Everything that is wrong is said at once.
func TestAllProblemsAtOnce(t *testing.T) {
	_, err := ldap.New(ldap.Config{Name: "corp", Preset: "x", PeopleFilter: "x", DisabledStatus: "x"})
	var problems *system.ConfigError
	if !errors.As(err, &problems) {
		t.Fatal(err)
	}
	var attributes []string
	for _, p := range problems.Problems {
		attributes = append(attributes, p.Attribute)
	}
	if want := []string{"preset", "url", "bind_dn", "base_dn", "people_filter", "disabled_status"}; !slices.Equal(attributes, want) {
		t.Errorf("got %v, want %v", attributes, want)
	}
}

// A base whose name holds what must be escaped, in either spelling.
func TestEscapedBase(t *testing.T) {
	for name, server := range map[string]func(testing.TB) *servers.Directory{"slapd": servers.Slapd, "samba": servers.Samba} {
		t.Run(name, func(t *testing.T) {
			p := newTestSubtree(t, server(t), name == "samba")
			p.base = p.server.Unit(t, `R&D, x+y;z`, p.base)
			p.people, p.groups, p.left = p.server.Unit(t, "people", p.base), p.server.Unit(t, "groups", p.base), p.server.Unit(t, "left;1", p.base)
			seed := small()
			seed.People[0].Status = lifecycle.PersonLeft
			p.seed(t, seed)
			c := p.seeded()
			for _, spell := range []func(string) string{
				strings.Clone, strings.ToUpper,
				func(dn string) string { return strings.ReplaceAll(dn, `\,`, `\2c`) },
				func(dn string) string { return strings.ReplaceAll(dn, ",ou=", " , OU = ") },
			} {
				// Samba does not read names with blanks between their parts.
				if p.ad && strings.Contains(spell(p.base), " , ") {
					continue
				}
				c.BaseDN, c.LeftBaseDNs = spell(p.base), []string{spell(p.left)}
				if got := one(t, mustNew(t, c), "ann"); got.Status != lifecycle.PersonLeft {
					t.Errorf("%s: got %+v", c.BaseDN, got)
				}
			}
		})
	}
}
