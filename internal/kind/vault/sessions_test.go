package vault_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/kind/vault"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

func account(t *testing.T, target system.Accounts, subject string) *system.Account {
	t.Helper()
	a, err := target.Account(t.Context(), subject)
	if err != nil || a == nil {
		t.Fatalf("Account(%q) = %v, %v", subject, a, err)
	}
	return a
}

func (s *stage) role(name string, settings map[string]any) (id string) {
	s.t.Helper()
	id = s.AddRole(s.t, name, settings)
	s.t.Cleanup(func() { s.Call(s.t, http.MethodDelete, "auth/approle/role/"+name, nil, nil) })
	return id
}

func (s *stage) loginRole(id, secret string) string {
	return s.Login(s.t, "approle/login", map[string]string{"role_id": id, "secret_id": secret})
}

// What was issued to an AppRole role is destroyed: also if somebody else was first.
func TestSecretIDs(t *testing.T) {
	eachStage(t, func(t *testing.T, s *stage) {
		id := s.role("shop", nil)
		one, two := s.SecretID(t, "shop"), s.SecretID(t, "shop")
		bystander := s.role("other", nil)
		theirs := s.SecretID(t, "other")
		token := s.loginRole(id, one)
		target := s.as(s.token)
		a := account(t, target, "auth/approle/role/Shop")
		if len(a.Issued) != 3 || !strings.HasPrefix(a.Issued[0], "secret ID ") || !strings.Contains(a.Issued[2], "of auth/approle/login") || a.Name != "auth/approle/role/shop" {
			t.Errorf("got %+v", a)
		}
		for _, text := range append(a.Issued, a.ID, a.Name, fmt.Sprint(a.Refusals)) {
			for _, secret := range []string{id, one, two, token} {
				if strings.Contains(text, secret) {
					t.Errorf("a secret is shown: %s", text)
				}
			}
		}
		for range 2 { // the second time all of it is gone already
			if err := target.EndSessions(t.Context(), a); err != nil {
				t.Fatal(err)
			}
			if s.Works(t, token) || s.loginRole(id, one) != "" || s.loginRole(id, two) != "" {
				t.Error("what was issued goes on")
			}
		}
		if s.loginRole(bystander, theirs) == "" {
			t.Error("the secret ID of another role was destroyed")
		}
		if left := account(t, target, "auth/approle/role/shop"); left.ID != a.ID || len(left.Issued) != 0 {
			t.Errorf("got %+v", left)
		}
	})
}

// A role that has never logged in has no entity that could be disabled; its account_id
// does not change when it gets one.
func TestARoleWithoutEntity(t *testing.T) {
	eachStage(t, func(t *testing.T, s *stage) {
		id := s.role("fresh", nil)
		secret := s.SecretID(t, "fresh")
		target := s.as(s.token)
		before := account(t, target, "auth/approle/role/fresh")
		var f *fault.Fault
		if err := before.Refusals[system.DisableAccount]; !before.Enabled || len(before.Issued) != 1 || !errors.Is(err, fault.ErrConfig) || !errors.As(err, &f) || !strings.Contains(f.Happened, "has not logged in yet") {
			t.Errorf("got %+v", before)
		}
		if err := target.EndSessions(t.Context(), before); err != nil || s.loginRole(id, secret) != "" {
			t.Errorf("the secret ID goes on: %v", err)
		}
		if s.loginRole(id, s.SecretID(t, "fresh")) == "" {
			t.Fatal("the role cannot log in")
		}
		after := account(t, target, "auth/approle/role/fresh")
		if after.ID != before.ID || after.Refusals[system.DisableAccount] != nil || len(after.Issued) != 2 {
			t.Errorf("got %+v", after)
		}
		s.Call(t, http.MethodDelete, "auth/approle/role/fresh", nil, nil)
		s.AddRole(t, "fresh", nil)
		if another := account(t, target, "auth/approle/role/fresh"); another.ID == before.ID {
			t.Error("another role of the name has the same identity")
		}
	})
}

// custody logs in with AppRole, and does not lock itself out.
func TestCustodysOwnEntity(t *testing.T) {
	eachStage(t, func(t *testing.T, s *stage) {
		id := s.role("custody", map[string]any{"token_policies": []string{"custody"}, "token_ttl": "1h"})
		target := s.as("", func(c *vault.Config) { c.RoleID, c.SecretID = id, s.SecretID(t, "custody") })
		a := account(t, target, "auth/approle/role/custody")
		var f *fault.Fault
		for _, act := range []system.AccountAct{system.DisableAccount, system.EndSessions} {
			if err := a.Refusals[act]; !errors.Is(err, fault.ErrConfig) || !errors.As(err, &f) || !strings.Contains(f.Happened, "with which custody itself logs in") {
				t.Errorf("%s: %v", act, err)
			}
		}
		if err := target.SetEnabled(t.Context(), a, false); err == nil {
			t.Error("custody has locked itself out")
		}
		s.user("ann")
		ann := account(t, target, "ann")
		if err := target.SetEnabled(t.Context(), ann, false); err != nil || s.loginUser("ann") != "" {
			t.Errorf("ann is let in: %v", err)
		}
	})
}

// Each right that is missing is named, with the rule that gives it, and an account can be
// read and disabled without the rights to end its sessions.
func TestRightsThatAreMissing(t *testing.T) {
	eachStage(t, func(t *testing.T, s *stage) {
		s.user("ann")
		all, err := rules()
		if err != nil {
			t.Fatal(err)
		}
		without := func(path string) string {
			var left []string
			for line := range strings.SplitSeq(strings.Join(all, "\n"), "\n") {
				if !strings.Contains(line, `"`+path+`"`) {
					left = append(left, line)
				}
			}
			return s.Token(t, "without", strings.Join(left, "\n"))
		}
		s.role("shop", nil)
		leases := func(c *vault.Config) {
			c.Leases = map[string][]string{"AUTH/approle/role/shop": {"database/creds/app"}}
		}
		for path, acts := range map[string][]system.AccountAct{
			"identity/entity/id/*":                           {system.DisableAccount, system.EnableAccount},
			"auth/token/accessors":                           {system.EndSessions},
			"auth/token/lookup-accessor":                     {system.EndSessions},
			"auth/token/revoke-accessor":                     {system.EndSessions},
			"auth/approle/role/+/secret-id":                  {system.EndSessions},
			"auth/approle/role/+/secret-id-accessor/destroy": {system.EndSessions},
			"sys/leases/lookup/database/creds/app":           {system.EndSessions},
			"sys/leases/revoke":                              {system.EndSessions},
		} {
			subject := "ann"
			if strings.Contains(path, "approle") || strings.Contains(path, "leases") {
				subject = "auth/approle/role/shop"
			}
			a := account(t, s.as(without(path), leases), subject)
			for _, act := range acts {
				var f *fault.Fault
				if err := a.Refusals[act]; !errors.Is(err, fault.ErrDenied) || !errors.As(err, &f) || !strings.Contains(f.Advice, fmt.Sprintf("path %q { capabilities = [", path)) {
					t.Errorf("%s: to %s: %v", path, act, err)
				}
			}
			if acts[0] == system.EndSessions && subject == "ann" && (len(a.Refusals) != 1 || len(a.Issued) != 1 || !strings.HasPrefix(a.Issued[0], "not known")) {
				t.Errorf("%s: got %+v", path, a)
			}
		}
		for path, subject := range map[string]string{
			"identity/lookup/entity": "ann", "sys/auth": "auth/userpass/ann", "auth/approle/role/+/role-id": "auth/approle/role/shop",
		} {
			var f *fault.Fault
			a, err := s.as(without(path)).Account(t.Context(), subject)
			if a != nil || !errors.Is(err, fault.ErrUnavailable) || !errors.As(err, &f) || !strings.Contains(f.Advice, fmt.Sprintf("path %q { capabilities = [", path)) {
				t.Errorf("%s: got %+v, %v", path, a, err)
			}
		}
	})
}

// Leases that are counted as those of an account have ended when EndSessions returns, and
// their accounts in the database with them.
func TestLeases(t *testing.T) { eachStage(t, testLeases) }

func testLeases(t *testing.T, s *stage) {
	database := servers.Postgres(t)
	s.Database(t, database, "app", "application")
	s.Call(t, http.MethodPut, "sys/policies/acl/app", map[string]string{"policy": `path "database/creds/*" { capabilities = ["read"] }`}, nil)
	id := s.role("app", map[string]any{"token_policies": []string{"app"}})
	token := s.loginRole(id, s.SecretID(t, "app"))
	lease := func(role string) func() bool {
		var made struct {
			Data struct{ Username, Password string }
		}
		if status := s.Ask(t, token, http.MethodGet, "database/creds/"+role, nil, &made); status != http.StatusOK {
			t.Fatalf("the lease is refused with %d", status)
		}
		return func() bool {
			config, err := pgx.ParseConfig(database.PostgresURL(database.Admin))
			if err != nil {
				t.Fatal(err)
			}
			config.User, config.Password = made.Data.Username, made.Data.Password
			c, err := pgx.ConnectConfig(context.Background(), config)
			if err == nil {
				_ = c.Close(context.Background())
			}
			return err == nil
		}
	}
	mine, another := lease("app"), lease("application")
	if !mine() || !another() {
		t.Fatal("the database does not let a lease in")
	}
	target := s.as(s.token, func(c *vault.Config) { c.Leases = map[string][]string{"auth/approle/role/app": {"database/creds/app"}} })
	a := account(t, target, "auth/approle/role/app")
	found := 0
	for _, text := range a.Issued {
		if strings.HasPrefix(text, "lease database/creds/app/") {
			found++
		}
	}
	if found != 1 {
		t.Errorf("got %q", a.Issued)
	}
	if err := target.SetEnabled(t.Context(), a, false); err != nil {
		t.Fatal(err)
	}
	if !mine() {
		t.Error("a lease ended with the entity: the page says otherwise")
	}
	if err := target.EndSessions(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	if mine() {
		t.Error("the lease goes on")
	}
	if left := account(t, target, "auth/approle/role/app"); len(left.Issued) != 0 {
		t.Errorf("these go on: %q", left.Issued)
	}
}
