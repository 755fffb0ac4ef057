package account_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
)

// A user of a real SCIM server is switched off, and what SCIM cannot do is refused.
func TestAnAccountOfSCIM(t *testing.T) {
	user := func(id, name string) map[string]any {
		return map[string]any{"id": id, "userName": name, "active": true}
	}
	d := servers.StartSCIM(t).Directory(t, servers.SCIMSpec{Users: []map[string]any{user("17", "ann"), user("18", "ben")}})
	w := acctest.LoadAlone(t)
	w.Edit("provider.tf", "  systems = {\n", fmt.Sprintf("  directories = [\"cmdb\"]\n  systems = {\n    corp = { scim = { url = %q, token = %q } }\n", d.URL, d.Token))
	active := func(want bool) {
		t.Helper()
		var got struct{ Active bool }
		d.Call(t, http.MethodGet, "/Users/17", nil, &got)
		if got.Active != want {
			t.Errorf("the user is active: %v", got.Active)
		}
	}
	w.Write("main.tf", block("it", "Ann", "enabled = false"))
	w.Apply()
	active(false)
	w.Plan().Exits(0)
	d.Call(t, http.MethodPatch, "/Users/17", map[string]any{
		"schemas": []string{"urn:ietf:params:scim:api:messages:2.0:PatchOp"}, "Operations": []any{map[string]any{"op": "replace", "path": "active", "value": true}},
	}, nil)
	w.Plan().Exits(2).Says("~ enabled = true -> false")
	w.Apply()
	active(false)
	w.Write("main.tf", block("it", "Ann", "enabled = true"))
	w.Plan().Exits(2).Says("~ enabled = false -> true")
	w.Apply()
	active(true)
	w.Write("main.tf", block("it", "Ann", "enabled = false", "end_sessions = true"))
	w.Plan().Exits(1).Says("Target Cannot Do It", "of the kind scim, with which custody cannot end the sessions of")
	w.Edit("provider.tf", d.Token, d.ReadOnly)
	w.Write("main.tf", block("it", "Ann", "enabled = false"))
	w.TryApply().Exits(1).Says("lacks the right to change users (PATCH /Users)", "Nothing was changed. The account is not disabled.")
	active(true)
}
