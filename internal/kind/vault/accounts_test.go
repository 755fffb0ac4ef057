package vault_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/kind/vault"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

func TestMain(m *testing.M) { os.Exit(servers.Run(m)) }

const (
	password = "not-used-by-t3sts"
	canary   = "hvs.c4nary-not-to-be-shown"
)

// rules returns the rules of the page: for entities, for roles, and for leases.
var rules = sync.OnceValues(func() ([]string, error) {
	page, err := os.ReadFile("../../../templates/guides/system-vault.md")
	if err != nil {
		return nil, err
	}
	var out []string
	for _, m := range regexp.MustCompile("(?s)```hcl\n(.*?)```").FindAllSubmatch(page, -1) {
		out = append(out, string(m[1]))
	}
	if len(out) != 3 {
		return nil, fmt.Errorf("the page holds %d policies", len(out))
	}
	return out, nil
})

// stage is a Vault or an OpenBao with a token that has exactly the rights of the page, and one that
// may read only.
type stage struct {
	*servers.VaultServer
	t              *testing.T
	token, reading string
}

// eachStage runs a test on a Vault and on an OpenBao.
func eachStage(t *testing.T, test func(t *testing.T, s *stage)) {
	servers.EachVault(t, func(t *testing.T, v *servers.VaultServer) { test(t, newStage(t, v)) })
}

func newStage(t *testing.T, v *servers.VaultServer) *stage {
	t.Helper()
	s := &stage{VaultServer: v, t: t}
	all, err := rules()
	if err != nil {
		t.Fatal(err)
	}
	s.token = s.Token(t, "custody", strings.Join(all, "\n"))
	var reads []string
	for line := range strings.SplitSeq(strings.Join(all, "\n"), "\n") {
		if !strings.Contains(line, "identity/entity/id/") && !strings.Contains(line, "revoke") && !strings.Contains(line, "destroy") {
			reads = append(reads, line)
		}
	}
	s.reading = s.Token(t, "watcher", strings.Join(reads, "\n"))
	return s
}

func (s *stage) as(token string, change ...func(*vault.Config)) *vault.System {
	s.t.Helper()
	return mustNew(s.t, s.config(token, change...))
}

func (s *stage) config(token string, change ...func(*vault.Config)) vault.Config {
	c := vault.Config{Name: "keys", URL: s.URL, Namespace: s.Inside, Token: token, Timeout: 20 * time.Second}
	for _, f := range change {
		f(&c)
	}
	return c
}

func mustNew(t *testing.T, c vault.Config) *vault.System {
	t.Helper()
	s, err := vault.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *stage) user(name string) (id string) {
	s.t.Helper()
	id = s.AddUser(s.t, name, password)
	s.t.Cleanup(func() { s.RemoveUser(s.t, name) })
	return id
}

func (s *stage) loginUser(name string) string {
	return s.Login(s.t, "userpass/login/"+name, map[string]string{"password": password})
}

func (s *stage) works(token string) func() bool {
	s.t.Helper()
	if token == "" {
		s.t.Fatal("the server refuses the login")
	}
	return func() bool { return s.Works(s.t, token) }
}

func broken(v *servers.VaultServer, spoil func(s *stage, c *vault.Config)) func(*testing.T) system.Accounts {
	return func(t *testing.T) system.Accounts {
		s := newStage(t, v)
		s.user("ann")
		c := s.config(s.token)
		spoil(s, &c)
		return impatient(t, c)
	}
}

func TestAccountsConform(t *testing.T) {
	servers.EachVault(t, func(t *testing.T, v *servers.VaultServer) {
		right := map[system.AccountAct]string{
			system.EnableAccount: "identity/entity/id/", system.DisableAccount: "identity/entity/id/", system.EndSessions: "auth/token/revoke-accessor",
		}
		systemtest.Accounts(t, systemtest.AccountsHarness{
			Asserts: true,
			Open: func(t *testing.T, subjects ...string) systemtest.Stage {
				s := newStage(t, v)
				for _, subject := range subjects {
					s.user(subject)
				}
				return systemtest.Stage{
					Target: s.as(s.token), Reader: s.as(s.reading), Right: right,
					Another: func(t *testing.T) system.Accounts { return mustNew(t, s.config(s.token)) },
					Lets:    func(_ *testing.T, subject string) bool { return s.loginUser(subject) != "" },
					Session: func(_ *testing.T, subject string) func() bool { return s.works(s.loginUser(subject)) },
					Delete:  func(t *testing.T, subject string) { s.RemoveUser(t, subject) },
				}
			},
			Broken: map[string]func(*testing.T) system.Accounts{
				"no server":          broken(v, func(_ *stage, c *vault.Config) { c.URL, c.Token = "http://127.0.0.1:1", canary }),
				"another token":      broken(v, func(_ *stage, c *vault.Config) { c.Token = canary }),
				"below another path": broken(v, func(_ *stage, c *vault.Config) { c.URL += "/vault" }),
				"no right to look up": broken(v, func(s *stage, c *vault.Config) {
					c.Token = s.Token(s.t, "blind", `path "sys/auth" { capabilities = ["read"] }`)
				}),
				"a login that is none": broken(v, func(_ *stage, c *vault.Config) { c.Token, c.RoleID, c.SecretID = "", "no-role", canary }),
			},
		})
	})
}

// ofRoles names roles as a subject does.
type ofRoles struct{ *vault.System }

func (s ofRoles) Account(ctx context.Context, subject string) (*system.Account, error) {
	return s.System.Account(ctx, "auth/approle/role/"+strings.TrimSpace(subject))
}

func TestRolesConform(t *testing.T) {
	servers.EachVault(t, func(t *testing.T, v *servers.VaultServer) {
		right := map[system.AccountAct]string{
			system.EnableAccount: "identity/entity/id/", system.DisableAccount: "identity/entity/id/", system.EndSessions: "secret-id-accessor/destroy",
		}
		systemtest.Accounts(t, systemtest.AccountsHarness{
			Asserts: true,
			Open: func(t *testing.T, subjects ...string) systemtest.Stage {
				s := newStage(t, v)
				ids := make(map[string]string)
				login := func(_ *testing.T, subject string) string {
					return s.Login(t, "approle/login", map[string]string{"role_id": ids[subject], "secret_id": s.SecretID(t, subject)})
				}
				for _, subject := range subjects {
					ids[subject] = s.AddRole(t, subject, nil)
					if login(t, subject) == "" {
						t.Fatal("the role cannot log in")
					}
					t.Cleanup(func() { s.Call(t, http.MethodDelete, "auth/approle/role/"+subject, nil, nil) })
				}
				return systemtest.Stage{
					Target: ofRoles{s.as(s.token)}, Reader: ofRoles{s.as(s.reading)}, Right: right,
					Another: func(t *testing.T) system.Accounts { return ofRoles{mustNew(t, s.config(s.token))} },
					Lets:    func(t *testing.T, subject string) bool { return login(t, subject) != "" },
					Session: func(t *testing.T, subject string) func() bool { return s.works(login(t, subject)) },
					Delete: func(t *testing.T, subject string) {
						var of struct{ Data struct{ ID string } }
						s.Call(t, http.MethodPost, "identity/lookup/entity", map[string]string{"alias_name": ids[subject], "alias_mount_accessor": s.Accessor(t, "approle")}, &of)
						s.Call(t, http.MethodDelete, "identity/entity/id/"+of.Data.ID, nil, nil)
						s.Call(t, http.MethodDelete, "auth/approle/role/"+subject, nil, nil)
					},
				}
			},
		})
	})
}

// What an entity is named by, and what stays of it.
func TestSubjects(t *testing.T) {
	eachStage(t, func(t *testing.T, s *stage) {
		id := s.user("ann")
		target := s.as(s.token)
		for _, subject := range []string{"ann", id, strings.ToUpper(id), "auth/userpass/ann", "auth/userpass/ANN"} {
			if a, err := target.Account(t.Context(), subject); err != nil || a == nil || a.ID != id || a.Name != "ann" || !a.EndUnknown {
				t.Errorf("%s: got %+v, %v", subject, a, err)
			}
		}
		for _, subject := range []string{"auth/userpass/ben", "auth/userpass/", "auth/approle/role/none", "auth/approle/role/..", "auth/approle/role/a/b", "auth/approle/role/", "auth/approle/ann", "7d2e3179-f69b-450c-7179-ac8ee8bd8ca9"} {
			if a, err := target.Account(t.Context(), subject); err != nil || a != nil {
				t.Errorf("%s: got %+v, %v", subject, a, err)
			}
		}
		var f *fault.Fault
		if _, err := target.Account(t.Context(), "auth/ldap/ann"); !errors.Is(err, fault.ErrConfig) || !errors.As(err, &f) || !strings.Contains(f.Happened, `no auth method at "auth/ldap/ann"`) {
			t.Errorf("got %v", err)
		}

		a, err := target.Account(t.Context(), "ann")
		if err != nil {
			t.Fatal(err)
		}
		if err := target.SetEnabled(t.Context(), a, false); err != nil {
			t.Fatal(err)
		}
		var left struct {
			Data struct {
				Policies []string
				Metadata map[string]string
				Disabled bool
			}
		}
		s.Call(t, http.MethodGet, "identity/entity/id/"+id, nil, &left)
		if !left.Data.Disabled || len(left.Data.Policies) != 1 || left.Data.Metadata["asset"] != "cmdb/LAP-1" {
			t.Errorf("of the entity is left: %+v", left.Data)
		}
	})
}

// In a namespace, which OpenBao has, only what it holds is found and changed.
func TestANamespace(t *testing.T) {
	outside := newStage(t, servers.OpenBao(t))
	outside.user("ann")
	outside.user("ben")
	theirs := outside.works(outside.loginUser("ann"))
	inside := newStage(t, outside.Namespace(t, "team"))
	inside.user("ann")
	hers := inside.works(inside.loginUser("ann"))
	target := inside.as(inside.token)
	if a, err := target.Account(t.Context(), "ben"); a != nil || err != nil {
		t.Errorf("an entity of another namespace was found: %+v, %v", a, err)
	}
	a := account(t, target, "auth/userpass/ann")
	if len(a.Issued) != 1 {
		t.Errorf("got %q", a.Issued)
	}
	if err := target.SetEnabled(t.Context(), a, false); err != nil || hers() {
		t.Errorf("ann is let in: %v", err)
	}
	if err := target.EndSessions(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	if a = account(t, target, "ann"); a.Enabled || len(a.Issued) > 0 || inside.loginUser("ann") != "" {
		t.Errorf("got %+v", a)
	}
	if !theirs() || outside.loginUser("ann") == "" {
		t.Error("an entity of another namespace was switched")
	}
	if a, err := outside.as(inside.token).Account(t.Context(), "ann"); a != nil || err == nil {
		t.Errorf("a token of the namespace reads outside of it: %+v, %v", a, err)
	}
	t.Run("a lease", func(t *testing.T) { testALease(t, newShop(t, inside.VaultServer)) })
	t.Run("leases of an account", func(t *testing.T) { testLeases(t, newStage(t, inside.VaultServer)) })
}
