package provider_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
)

// The user of a leaver is disabled in a real Keycloak, with what it has open. One that is
// enabled again behind Terraform is drift. The provider has the least rights.
func TestAnAccountOfKeycloak(t *testing.T) {
	r := servers.Keycloak(t)
	r.AddLoginClient(t)
	const password = "Acc0unt-canary!x"
	id := r.AddUser(t, servers.KeycloakUser{Username: "ada", Email: "ada@example.org", FirstName: "Ada", LastName: "L", Password: password})
	r.AddUser(t, servers.KeycloakUser{Username: "alan", Email: "alan@example.org", FirstName: "Alan", LastName: "T", Password: password})
	switches, reads := r.Account(t, "switches", "manage-users"), r.ClientSecret
	login := func(subject, scope string) *servers.KeycloakSession {
		t.Helper()
		s, err := r.Login(t, subject, password, scope)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	w := acctest.LoadAlone(t)
	w.Remove("provider.tf")
	w.CopyDir("../../examples/accounts/keycloak")
	t.Chdir(w.Dir) // where the paths of the example begin
	w.Edit("main.tf", `"https://sso.example.org"`, `"`+r.URL+`"`)
	w.Edit("main.tf", `realm = "acme"`, `realm = "`+r.Name+`"`)
	w.Edit("main.tf", `mode = "observe"`, `mode = "enforce"`)
	w.FollowMachine()
	t.Setenv("CUSTODY_SSO_CLIENT_ID", "switches")
	t.Setenv("CUSTODY_SSO_CLIENT_SECRET", switches)
	w.Apply()
	w.Plan().Exits(0)
	open, offline, other := login("ada", "openid"), login("ada", "openid offline_access"), login("alan", "openid")

	// Ada leaves.
	people := "inventory/people.csv"
	w.Edit(people, "ada@example.org,Ada Byron,employee,active", "ada@example.org,Ada Byron,employee,left")
	w.Plan().Exits(2).Says("custody_account.ada will be updated in-place", "~ enabled = true -> false", "issued", "(known after apply)").Silent("custody_account.alan")
	if !r.Refresh(t, open) {
		t.Fatal("a plan has ended a session")
	}
	w.Apply().Says("Sessions Were Ended", "session ", `grant to the client login`)
	if r.Refresh(t, open) || r.Refresh(t, offline) {
		t.Error("a session goes on")
	}
	if _, err := r.Login(t, "ada", password, ""); err == nil {
		t.Error("the leaver logs in")
	}
	if !r.Refresh(t, other) {
		t.Error("the session of another user was ended")
	}
	w.Plan().Exits(0)

	// She is enabled again behind Terraform, and logs in.
	r.Call(t, http.MethodPut, "/users/"+id, map[string]any{"enabled": true}, nil)
	open = login("ada", "openid")
	w.Plan().Exits(2).Says("custody_account.ada will be updated in-place", "~ enabled = true -> false")

	// Without the right, nothing is done, and what is missing is said.
	t.Setenv("CUSTODY_SSO_CLIENT_ID", r.ClientID)
	t.Setenv("CUSTODY_SSO_CLIENT_SECRET", reads)
	w.TryApply().Exits(1).Says("Unable to Switch Account", "lack the role manage-users of the client realm-management",
		"Nothing was changed. The account is not disabled. Its sessions are not ended.")
	t.Setenv("CUSTODY_SSO_CLIENT_ID", "switches")
	t.Setenv("CUSTODY_SSO_CLIENT_SECRET", switches)
	w.Apply()
	if r.Refresh(t, open) {
		t.Error("the session goes on")
	}
	w.Plan().Exits(0)
	r.Delete(t, id)
	w.Plan().Exits(0).Says("Account Is Gone", fmt.Sprintf("holds no account %q", "ada"))
	if state := w.Read("terraform.tfstate"); strings.Contains(state, switches) || strings.Contains(state, open.Refresh) {
		t.Error("the state holds a secret")
	}
}

// With fine-grained admin permissions the account may touch the members of one group only.
// It names users by their ids. One that it may not see is not gone.
func TestAnAccountOfKeycloakInOneGroup(t *testing.T) {
	r := servers.Keycloak(t)
	r.AddLoginClient(t)
	const password = "Acc0unt-canary!x"
	group := r.AddGroup(t, "custody", "")
	user := servers.KeycloakUser{Username: "ada", Email: "ada@example.org", FirstName: "Ada", LastName: "B", Password: password, Groups: []string{"/custody"}}
	ada := r.AddUser(t, user)
	user.Username, user.Email, user.Groups = "alan", "alan@example.org", nil
	alan := r.AddUser(t, user)
	w := acctest.LoadAlone(t)
	w.Remove("provider.tf")
	w.CopyDir("../../examples/accounts/keycloak")
	t.Chdir(w.Dir) // where the paths of the example begin
	w.Edit("main.tf", `"https://sso.example.org"`, `"`+r.URL+`"`)
	w.Edit("main.tf", `realm = "acme"`, `realm = "`+r.Name+`"`)
	w.Edit("main.tf", `mode = "observe"`, `mode = "enforce"`)
	w.Edit("main.tf", `subject      = "ada"`, `subject      = "`+ada+`"`)
	w.FollowMachine()
	t.Setenv("CUSTODY_SSO_CLIENT_ID", "narrow")
	t.Setenv("CUSTODY_SSO_CLIENT_SECRET", r.ManageMembers(t, "narrow", group))
	w.Apply()
	open, err := r.Login(t, "ada", password, "openid offline_access")
	if err != nil {
		t.Fatal(err)
	}
	w.Edit("inventory/people.csv", "ada@example.org,Ada Byron,employee,active", "ada@example.org,Ada Byron,employee,left")
	w.Apply().Says("Sessions Were Ended", `grant to the client login`)
	if _, err := r.Login(t, "ada", password, ""); err == nil || r.Refresh(t, open) {
		t.Error("the leaver goes on")
	}
	w.Edit("main.tf", `"`+ada+`"`, `"`+alan+`"`)
	w.TryApply().Exits(1).Says("Unable to Read Account", "lack a right").Silent("Account Is Gone")
	if _, err := r.Login(t, "alan", password, ""); err != nil {
		t.Errorf("somebody outside of the group was disabled: %v", err)
	}
	w.Edit("main.tf", `"`+alan+`"`, `"`+ada+`"`)
	r.Call(t, http.MethodDelete, "/users/"+ada+"/groups/"+group, nil, nil)
	w.Plan().Exits(1).Says("Unable to Read Account", "lack a right").Silent("Account Is Gone")
}
