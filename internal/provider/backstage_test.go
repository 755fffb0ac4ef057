package provider_test

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
	"github.com/custodyhq/terraform-provider-custody/internal/acctest/check"
	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
)

func TestMain(m *testing.M) { os.Exit(servers.Run(m)) }

// entity returns an entity of a catalog, with annotations: fields of ours and texts
// in turn.
func entity(kind, name string, spec map[string]any, annotations ...string) map[string]any {
	stated := make(map[string]string)
	for i := 0; i+1 < len(annotations); i += 2 {
		stated["custody.dev/"+annotations[i]] = annotations[i+1]
	}
	return map[string]any{
		"apiVersion": "backstage.io/v1alpha1", "kind": kind, "spec": spec, "metadata": map[string]any{"name": name, "annotations": stated},
	}
}

// A catalog that Backstage serves: its groups hold its components, and what leaves
// the catalog loses its keys.
func TestBackstage(t *testing.T) {
	b, w := servers.Backstage(t), acctest.NewWorld(t)
	component := func(name, owner string) map[string]any {
		return entity("Component", name, map[string]any{"type": "service", "lifecycle": "production", "owner": owner}, "environment", "production", "criticality", "high",
			"purpose", "tests", "verified-at", "2030-01-02")
	}
	payments := entity("Group", "payments", map[string]any{"type": "team", "children": []string{}})
	ann := func(status string) map[string]any {
		return entity("User", "ann", map[string]any{
			"profile": map[string]any{"email": "ann@example.org"}, "memberOf": []string{"payments"},
		}, "status", status)
	}
	billing, refunds := component("billing", "payments"), component("refunds", "ann@example.org")
	w.Edit("provider.tf", "systems = {\n", fmt.Sprintf("systems = {\n    catalog = { backstage = { url = %q, token = %q } }\n", b.URL, b.Token))
	w.Write("main.tf", `resource "custody_binding" "all" {
  for_each = toset(["billing", "refunds"])
  asset    = "catalog/component:default/${each.value}"
}

resource "custody_grant" "all" {
  for_each = custody_binding.all
  binding  = each.value
  access   = "db/${each.key}"
  risk     = "privileged"
}
`)
	statuses := func(billing, refunds string, reasons ...string) resource.TestStep {
		return resource.TestStep{ConfigStateChecks: check.State(
			check.Resource(`custody_grant.all["billing"]`, check.Attributes{"status": billing, "because": check.Codes(reasons...)}),
			check.Resource(`custody_grant.all["refunds"]`, check.Attributes{"status": refunds}),
		)}
	}
	after := func(step resource.TestStep, entities ...map[string]any) resource.TestStep {
		step.PreConfig = func() {
			w.Clock.Advance(time.Hour)
			b.Fill(t, entities)
		}
		return step
	}
	resource.Test(t, w.Case(
		after(statuses("active", "active"), billing, refunds, payments, ann("active")),
		after(statuses("blocked", "blocked", "owner.no_active_member"), billing, refunds, payments, ann("left")),
		after(statuses("blocked", "active", "asset.missing"), refunds, payments, ann("active")),
		resource.TestStep{
			PreConfig:   func() { w.Edit("provider.tf", b.Token, "withdrawn") },
			ExpectError: check.Error("Unable to Read Asset Records", "401"),
		},
	))
}
