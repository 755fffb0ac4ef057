package provider_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
	"github.com/custodyhq/terraform-provider-custody/internal/acctest/check"
	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
)

// An identity provider that a description reads: its accounts hold the laptop and its
// groups the application, and what happens to them there happens to the keys.
func TestKeycloak(t *testing.T) {
	realm, w := servers.Keycloak(t), acctest.NewWorld(t)
	realm.AddGroup(t, "payments", "")
	alice := realm.AddUser(t, servers.KeycloakUser{Username: "alice", Email: "alice@example.org", Groups: []string{"/payments"}})
	w.Edit("provider.tf", "systems = {\n", fmt.Sprintf(`directories = ["corp"]
  systems = {
    corp = { keycloak = { url = %q, client_id = %q, client_secret = %q, settings = { realm = %q } } }
`, realm.URL, realm.ClientID, realm.ClientSecret, realm.Name))
	w.Asset("APP-1", "owner", "payments")
	w.Write("main.tf", `resource "custody_binding" "all" {
  for_each = toset(["APP-1", "LAP-1"])
  asset    = "cmdb/${each.value}"
}

resource "custody_grant" "all" {
  for_each = custody_binding.all
  binding  = each.value
  access   = "db/${each.key}"
  risk     = "privileged"
}
`)
	after := func(change func(), laptop, application string, reasons ...string) resource.TestStep {
		return resource.TestStep{
			PreConfig: func() { w.Clock.Advance(time.Hour); change() },
			ConfigStateChecks: check.State(
				check.Resource(`custody_grant.all["LAP-1"]`, check.Attributes{"status": laptop, "because": check.Codes(reasons...)}),
				check.Resource(`custody_grant.all["APP-1"]`, check.Attributes{"status": application}),
			),
		}
	}
	resource.Test(t, w.Case(
		after(func() {}, "active", "active"),
		after(func() { realm.Disable(t, alice) }, "blocked", "blocked", "owner.suspended"),
		after(func() { realm.Delete(t, alice) }, "blocked", "blocked", "owner.unknown", "owner.gone"),
		resource.TestStep{
			PreConfig:   func() { w.Edit("provider.tf", realm.ClientSecret, "withdrawn") },
			ExpectError: check.Error("Unable to Read Directory", "401"),
		},
	))
}
