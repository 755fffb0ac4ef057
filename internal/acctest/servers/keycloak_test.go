package servers_test

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
)

// asked returns with which status the server answers the holder of a token, and
// reads what it answers.
func asked(t *testing.T, method, address, authorization string, into any) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", authorization)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close() //nolint:errcheck // it was read
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	if into != nil && answer.StatusCode == http.StatusOK {
		if err := json.Unmarshal(text, into); err != nil {
			t.Fatalf("%s: %v in %s", address, err, text)
		}
	}
	return answer.StatusCode
}

type keycloakUser struct {
	ID, Username string
	Enabled      bool
	Attributes   map[string][]string
}

func usernames(users []keycloakUser) []string {
	var out []string
	for _, u := range users {
		out = append(out, u.Username)
	}
	return out
}

func TestKeycloak(t *testing.T) {
	r, other := servers.Keycloak(t), servers.Keycloak(t)
	engineering := r.AddGroup(t, "engineering", "")
	payments := r.AddGroup(t, "payments", engineering)
	ann := r.AddUser(t, servers.KeycloakUser{
		Username: "ann", Email: "ann@example.test", Attributes: map[string][]string{"manager": {"bob"}}, Groups: []string{"/engineering/payments"},
	})
	bob, cam := r.AddUser(t, servers.KeycloakUser{Username: "bob"}), r.AddUser(t, servers.KeycloakUser{Username: "cam"})
	r.Import(t, []servers.KeycloakUser{{ID: "d1", Username: "dee", Disabled: true, Groups: []string{"/engineering"}}, {Username: "eve"}})
	r.Join(t, bob, payments)
	r.Disable(t, ann)
	r.Delete(t, cam)

	api := r.URL + "/admin/realms/" + r.Name
	reader := "Bearer " + r.Token(t, r.ClientID, r.ClientSecret)
	var users []keycloakUser
	if status := asked(t, http.MethodGet, api+"/users?first=0&max=100", reader, &users); status != http.StatusOK {
		t.Fatalf("the list of users is answered with %d", status)
	}
	if got := usernames(users); !slices.Equal(got, []string{"ann", "bob", "dee", "eve"}) {
		t.Fatalf("got %q", got)
	}
	if u := users[0]; u.ID != ann || u.Enabled || !slices.Equal(u.Attributes["manager"], []string{"bob"}) {
		t.Errorf("after it was disabled, ann is %+v", u)
	}
	if u := users[2]; u.ID != "d1" || u.Enabled {
		t.Errorf("imported as disabled, dee is %+v", u)
	}
	users = nil
	asked(t, http.MethodGet, api+"/groups/"+payments+"/members", reader, &users)
	if got := usernames(users); !slices.Equal(got, []string{"ann", "bob"}) {
		t.Errorf("the members of payments are %q", got)
	}
	if status := asked(t, http.MethodGet, api+"/users/"+cam, reader, nil); status != http.StatusNotFound {
		t.Errorf("a deleted user is answered with %d", status)
	}
	if status := asked(t, http.MethodGet, other.URL+"/admin/realms/"+other.Name+"/users", reader, nil); status == http.StatusOK {
		t.Error("the account of one realm reads another")
	}
}

// The roles of an account decide what it is told, and one of them makes an empty
// list of what is there.
func TestRightsInKeycloak(t *testing.T) {
	r := servers.Keycloak(t)
	ann := r.AddUser(t, servers.KeycloakUser{Username: "ann"})
	engineering := r.AddGroup(t, "engineering", "")
	api := r.URL + "/admin/realms/" + r.Name
	for name, c := range map[string]struct {
		roles               []string
		list, found         int
		count, user, groups int
	}{
		"nothing":     {nil, http.StatusForbidden, 0, http.StatusForbidden, http.StatusForbidden, http.StatusForbidden},
		"query-users": {[]string{"query-users"}, http.StatusOK, 0, http.StatusOK, http.StatusForbidden, http.StatusForbidden},
		"view-users":  {[]string{"view-users"}, http.StatusOK, 1, http.StatusOK, http.StatusOK, http.StatusOK},
	} {
		t.Run(name, func(t *testing.T) {
			account := "Bearer " + r.Token(t, "reader-"+name, r.Account(t, "reader-"+name, c.roles...))
			var users []keycloakUser
			if status := asked(t, http.MethodGet, api+"/users?username=ann&exact=true", account, &users); status != c.list || len(users) != c.found {
				t.Errorf("a list with %d users and status %d", len(users), status)
			}
			var count int
			if status := asked(t, http.MethodGet, api+"/users/count", account, &count); status != c.count || status == http.StatusOK && count != 1 {
				t.Errorf("status %d and the count %d", status, count)
			}
			for path, want := range map[string]int{
				"/users/" + ann: c.user, "/groups/" + engineering: c.groups, "/groups/" + engineering + "/members": c.groups,
				"/groups/" + engineering + "/children": c.groups, "/users/" + ann + "/groups": c.groups,
			} {
				if status := asked(t, http.MethodGet, api+path, account, nil); status != want {
					t.Errorf("%s is answered with %d, want %d", path, status, want)
				}
			}
		})
	}
}
