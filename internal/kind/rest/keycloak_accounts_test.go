package rest

import (
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

const (
	keycloakPassword = "Acc0unt-canary!x"
	keycloakRight    = "the role manage-users of the client realm-management"
)

// accountsRealm is a realm with a client for logins and two accounts of ours: one that has
// the role manage-users, and one that has the role view-users, and no other.
type accountsRealm struct {
	*servers.KeycloakRealm
	secret string
}

func newAccountsRealm(t *testing.T) *accountsRealm {
	t.Helper()
	r := &accountsRealm{KeycloakRealm: servers.Keycloak(t)}
	r.AddLoginClient(t)
	// Hashes of passwords that cost little.
	r.Call(t, http.MethodPut, "", map[string]any{"passwordPolicy": "hashAlgorithm(pbkdf2-sha256) and hashIterations(1)"}, nil)
	r.secret = r.Account(t, "switches", "manage-users")
	return r
}

func (r *accountsRealm) open(t *testing.T, change ...func(*Config)) *System {
	t.Helper()
	return openKeycloak(t, r.KeycloakRealm, append([]func(*Config){func(c *Config) {
		c.Secrets = map[string]string{"client_id": "switches", "client_secret": r.secret}
	}}, change...)...)
}

// fill puts users who can log in into the realm, in place of those who are there.
func (r *accountsRealm) fill(t *testing.T, subjects ...string) {
	t.Helper()
	var found []struct{ ID string }
	r.Call(t, http.MethodGet, "/users?max=-1", nil, &found)
	for _, u := range found {
		r.Delete(t, u.ID)
	}
	for _, subject := range append(subjects, "zoe") {
		r.AddUser(t, servers.KeycloakUser{Username: subject, Email: subject + "@example.org", FirstName: "A", LastName: "B", Password: keycloakPassword})
	}
}

func (r *accountsRealm) lets(t *testing.T, subject string) bool {
	t.Helper()
	_, err := r.Login(t, subject, keycloakPassword, "")
	return err == nil
}

// session opens a session and gets an offline token, and returns what tells whether one of
// them goes on.
func (r *accountsRealm) session(t *testing.T, subject string) (works func() bool) {
	t.Helper()
	var given []*servers.KeycloakSession
	for _, scope := range []string{"openid", "openid offline_access"} {
		session, err := r.Login(t, subject, keycloakPassword, scope)
		if err != nil || !r.Refresh(t, session) {
			t.Fatalf("no session with the scope %q: %v", scope, err)
		}
		given = append(given, session)
	}
	return func() bool {
		return slices.ContainsFunc(given, func(session *servers.KeycloakSession) bool { return r.Refresh(t, session) })
	}
}

func (r *accountsRealm) stage(t *testing.T, subjects ...string) systemtest.Stage {
	t.Helper()
	r.fill(t, subjects...)
	right := make(map[system.AccountAct]string)
	for _, act := range r.open(t).AccountActs() {
		right[act] = keycloakRight
	}
	return systemtest.Stage{
		Target: r.open(t), Reader: openKeycloak(t, r.KeycloakRealm), Right: right,
		Another: func(t *testing.T) system.Accounts { return r.open(t) },
		Lets:    r.lets, Session: r.session,
		Delete: func(t *testing.T, subject string) {
			var found []struct{ ID string }
			r.Call(t, http.MethodGet, "/users?exact=true&username="+subject, nil, &found)
			r.Delete(t, found[0].ID)
		},
	}
}

// With an account that has exactly the role that the page names.
func TestKeycloakAccounts(t *testing.T) {
	r := newAccountsRealm(t)
	nothing := r.Account(t, "nothing")
	broken := func(change func(*Config)) func(*testing.T) system.Accounts {
		return func(t *testing.T) system.Accounts { return r.open(t, change) }
	}
	systemtest.Accounts(t, systemtest.AccountsHarness{
		Open: r.stage,
		Broken: map[string]func(*testing.T) system.Accounts{
			"a wrong secret": broken(func(c *Config) { c.Secrets["client_secret"] = "wrong-secret" }),
			"no rights":      broken(func(c *Config) { c.Secrets = map[string]string{"client_id": "nothing", "client_secret": nothing} }),
		},
	})
	t.Run("what is not sent is kept", func(t *testing.T) { keptInKeycloak(t, r) })
	t.Run("credentials are removed on request", func(t *testing.T) { credentialsInKeycloak(t, r) })
}

// A user is read and changed by one member, so that nothing else of the user is lost: also
// of a user who does not satisfy the profile of the realm.
func keptInKeycloak(t *testing.T, r *accountsRealm) {
	r.fill(t, "ann")
	id := r.AddUser(t, servers.KeycloakUser{Username: "half", Attributes: map[string][]string{"desk": {"4", "5"}}, Password: keycloakPassword})
	r.Call(t, http.MethodPut, "/users/"+id, map[string]any{"requiredActions": []string{"UPDATE_PASSWORD"}}, nil)
	user := func() map[string]any {
		var got map[string]any
		r.Call(t, http.MethodGet, "/users/"+id, nil, &got)
		return got
	}
	want := user()
	s := r.open(t)
	for _, enabled := range []bool{false, true} {
		a, err := s.Account(t.Context(), "half")
		if err != nil || a == nil {
			t.Fatal(a, err)
		}
		if err := s.SetEnabled(t.Context(), a, enabled); err != nil {
			t.Fatal(err)
		}
		if want["enabled"] = enabled; !reflect.DeepEqual(user(), want) {
			t.Errorf("got  %v\nwant %v", user(), want)
		}
	}
}

// With the setting, and only with it, the password of an account is removed too.
func credentialsInKeycloak(t *testing.T, r *accountsRealm) {
	r.fill(t, "ann")
	for _, removes := range []bool{false, true} {
		s := r.open(t, func(c *Config) { c.Settings["credentials"] = strconv.FormatBool(removes) })
		a, err := s.Account(t.Context(), "ann")
		if err != nil || a == nil || slices.Contains(a.Issued, "credential password") != removes {
			t.Fatalf("got %+v, %v", a, err)
		}
		if err := s.EndSessions(t.Context(), a); err != nil {
			t.Fatal(err)
		}
		if a, err = s.Account(t.Context(), "ann"); err != nil || len(a.Issued) > 0 || r.lets(t, "ann") == removes {
			t.Errorf("removes %v: got %+v, %v", removes, a, err)
		}
		r.Call(t, http.MethodPost, "/users/"+a.ID+"/logout", nil, nil)
	}
}
