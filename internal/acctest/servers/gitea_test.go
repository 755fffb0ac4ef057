package servers_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
)

// What an administrator is told of people, and what is told to others.
func TestGitea(t *testing.T) {
	type user struct {
		Login, Email  string
		Active        bool
		ProhibitLogin bool `json:"prohibit_login"`
	}
	g := servers.Gitea(t)
	g.AddUser(t, servers.GiteaUser{Username: "ann", Email: "ann@example.test"})
	g.AddUser(t, servers.GiteaUser{Username: "bob", Email: "bob@example.test", Prohibited: true})
	g.AddUser(t, servers.GiteaUser{Username: "cam", Email: "cam@example.test", Inactive: true})
	g.Call(t, http.MethodPost, "/orgs", map[string]any{"username": "acme"}, nil)
	team := g.AddTeam(t, "acme", "payments", "ann", "bob")

	ask := func(token, path string, into any) int {
		t.Helper()
		return asked(t, http.MethodGet, g.URL+"/api/v1"+path, "token "+token, into)
	}
	for name, want := range map[string]user{
		"ann": {"ann", "ann@example.test", true, false}, "bob": {"bob", "bob@example.test", true, true}, "cam": {"cam", "cam@example.test", false, false},
	} {
		var seen, seenByOthers user
		if status := ask(g.Token, "/users/"+name, &seen); status != http.StatusOK || seen != want {
			t.Errorf("status %d and %+v, want %+v", status, seen, want)
		}
		want.Active, want.ProhibitLogin = false, false
		if status := ask(g.Outsider, "/users/"+name, &seenByOthers); status != http.StatusOK || seenByOthers != want {
			t.Errorf("others are answered with %d and %+v, want %+v", status, seenByOthers, want)
		}
	}
	for path, want := range map[string][2]int{
		"/admin/users":                         {5, http.StatusForbidden},
		"/orgs/acme/members":                   {3, http.StatusOK},
		fmt.Sprintf("/teams/%d/members", team): {2, http.StatusNotFound},
	} {
		var users, others []user
		if status := ask(g.Token, path, &users); status != http.StatusOK || len(users) != want[0] {
			t.Errorf("%s: status %d and %d users, want %d", path, status, len(users), want[0])
		}
		if status := ask(g.Outsider, path, &others); status != want[1] || len(others) != 0 {
			t.Errorf("%s: others are answered with %d and %d users, want %d and none", path, status, len(others), want[1])
		}
	}
}
