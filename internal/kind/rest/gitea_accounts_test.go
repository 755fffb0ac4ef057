package rest

import (
	"net/http"
	"strings"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

const (
	giteaAccountScopes = "write:admin,read:user" // what the page says, and nothing else
	giteaAccountRight  = "the scope write:admin of a token of a site administrator"
)

// fillGitea puts users into a server, in place of those who are there.
func fillGitea(t *testing.T, g *servers.GiteaServer, subjects ...string) {
	t.Helper()
	var found []struct{ Login string }
	g.Call(t, http.MethodGet, "/admin/users?limit=50", nil, &found)
	for _, u := range found {
		if u.Login != "boss" && u.Login != "outsider" {
			g.Call(t, http.MethodDelete, "/admin/users/"+u.Login+"?purge=true", nil, nil)
		}
	}
	for _, subject := range subjects {
		g.AddUser(t, servers.GiteaUser{Username: subject, Email: subject + "@example.test"})
	}
}

// accountsOfGitea switches accounts with a token that has the scopes of the page and no
// others.
func accountsOfGitea(t *testing.T, g *servers.GiteaServer) {
	switches, reads := g.TokenOf(t, "boss", giteaAccountScopes), g.TokenOf(t, "boss", "read:admin,read:user")
	open := func(t *testing.T, token string) *System { return openGitea(t, g.URL, token, "") }
	systemtest.Accounts(t, systemtest.AccountsHarness{
		Open: func(t *testing.T, subjects ...string) systemtest.Stage {
			fillGitea(t, g, subjects...)
			return systemtest.Stage{
				Target: open(t, switches), Reader: open(t, reads),
				Right:   map[system.AccountAct]string{system.EnableAccount: giteaAccountRight, system.DisableAccount: giteaAccountRight},
				Another: func(t *testing.T) system.Accounts { return open(t, switches) },
				Lets:    func(t *testing.T, subject string) bool { return g.Ask(t, subject, http.MethodGet, "/user", nil, nil) },
				Delete: func(t *testing.T, subject string) {
					g.Call(t, http.MethodDelete, "/admin/users/"+subject, nil, nil)
				},
			}
		},
		Broken: map[string]func(*testing.T) system.Accounts{
			"no such token":    func(t *testing.T) system.Accounts { return open(t, strings.Repeat("0", 40)) },
			"no administrator": func(t *testing.T) system.Accounts { return open(t, g.TokenOf(t, "outsider", giteaAccountScopes)) },
		},
	})
	t.Run("tokens are refused too", func(t *testing.T) { tokensInGitea(t, g, open(t, switches)) })
}

// A token of a user who is prohibited from logging in is refused, and works again after.
// Nothing else of the user is changed, and a user who is not activated is not enabled.
func tokensInGitea(t *testing.T, g *servers.GiteaServer, s *System) {
	fillGitea(t, g, "ann")
	g.AddUser(t, servers.GiteaUser{Username: "cam", Email: "cam@example.test", Inactive: true})
	g.Call(t, http.MethodPatch, "/admin/users/ann", map[string]any{
		"login_name": "ann", "source_id": 0, "full_name": "Ann A", "restricted": true, "max_repo_creation": 7, "visibility": "private", "description": "d",
	}, nil)
	var before, after map[string]any
	g.Call(t, http.MethodGet, "/users/ann", nil, &before)
	token := g.TokenOf(t, "ann", "read:user")
	for _, enabled := range []bool{false, true} {
		a, err := s.Account(t.Context(), "ann@example.test")
		if err != nil || a == nil {
			t.Fatal(a, err)
		}
		if err := s.SetEnabled(t.Context(), a, enabled); err != nil {
			t.Fatal(err)
		}
		if got := g.Accepts(t, token, "/user"); got != enabled {
			t.Errorf("a token works: %v, want %v", got, enabled)
		}
	}
	g.Call(t, http.MethodGet, "/users/ann", nil, &after)
	for name, value := range before {
		if name != "last_login" && after[name] != value {
			t.Errorf("%s was %v and is %v", name, value, after[name])
		}
	}
	cam, err := s.Account(t.Context(), "cam")
	if err != nil || cam == nil || cam.Enabled || cam.Refusals[system.EnableAccount] == nil {
		t.Errorf("got %+v, %v", cam, err)
	}
}
