package servers

import (
	"net/http"
	"testing"
)

// ManageMembers lets an account, which is made with the role query-users, see and manage the
// members of one group by fine-grained admin permissions, and returns its secret. name is
// the id of the client. Keycloak wants all permissions of a group to agree, so a group can
// have one such account.
func (r *KeycloakRealm) ManageMembers(t testing.TB, name, group string) (secret string) {
	t.Helper()
	type object = map[string]any
	r.Call(t, http.MethodPut, "", object{"adminPermissionsEnabled": true}, nil)
	secret = r.Account(t, name, "query-users")
	ids := func(client string) string {
		var found []struct{ ID string }
		r.Call(t, http.MethodGet, "/clients?clientId="+client, nil, &found)
		if len(found) != 1 {
			t.Fatalf("there are %d clients %s", len(found), client)
		}
		return found[0].ID
	}
	var account, policy struct{ ID string }
	r.Call(t, http.MethodGet, "/clients/"+ids(name)+"/service-account-user", nil, &account)
	permissions := "/clients/" + ids("admin-permissions") + "/authz/resource-server"
	r.Call(t, http.MethodPost, permissions+"/policy/user", object{"name": "only " + name, "users": []string{account.ID}}, &policy)
	r.Call(t, http.MethodPost, permissions+"/permission/scope", object{
		"name": name + " manages members", "resourceType": "Groups", "resources": []string{group},
		"scopes": []string{"view-members", "manage-members"}, "policies": []string{policy.ID},
	}, nil)
	return secret
}
