package grant_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
	"github.com/custodyhq/terraform-provider-custody/internal/acctest/check"
)

func TestKeysAreKnownOnTheFirstPlan(t *testing.T) {
	w := acctest.NewWorld(t, "app")
	issued := check.Resource(key, check.Attributes{
		"id": "cmdb/APP-1#key/billing", "active": true, "status": "active", "action": "keep", "rotation": "none",
		"reasons": check.Codes(), "holder": "cmdb/p1", "generations": check.Keys("g1"), "current": "g1", "serial": 1, "risk": "standard", "on_block": "remove",
		"generations.g1.enabled": true, "generations.g1.state": "current", "generations.g1.holder": "cmdb/p1",
		"generations.g1.issued_at": "2030-01-15T09:00:00Z", "generations.g1.expires_at": "2030-04-15T09:00:00Z",
		"expires_at": "2030-04-15T09:00:00Z", "next_change_at": "2030-03-16T09:00:00Z",
		"basis.class": "application", "basis.environment": "production", "basis.criticality": "high", "basis.manager": "carol", "basis.teams": check.Texts("payments"),
		"certified_at": "2030-01-15T09:00:00Z", "revoked_at": nil, "conditions": check.Keys(), "review": nil,
	})
	resource.ParallelTest(t, w.Case(resource.TestStep{
		ConfigPlanChecks: check.Plan(issued, check.Changes{
			"custody_binding.app": check.Create, key: check.Create, `terraform_data.credential["g1"]`: check.Create,
		}),
		ConfigStateChecks: check.State(issued),
	}))
}

func TestKeysAreKnownInAModuleWithDependsOn(t *testing.T) {
	w := acctest.NewWorld(t)
	resource.ParallelTest(t, w.Case(resource.TestStep{
		ConfigPlanChecks: check.Plan(check.Changes{
			"terraform_data.before":                         check.Create,
			"module.access.custody_binding.app":             check.Create,
			"module.access.custody_grant.key":               check.Create,
			`module.access.terraform_data.credential["g1"]`: check.Create,
		}),
	}))
}

func TestUnknownAssetGivesUnknownOutputs(t *testing.T) {
	w := acctest.NewWorld(t)
	good := w.Read("main.tf")
	w.Append("main.tf", `resource "terraform_data" "credential" {`+"\n"+`  for_each = custody_grant.key.generations`+"\n}")
	resource.ParallelTest(t, w.Case(
		resource.TestStep{ExpectError: check.Error("Invalid for_each argument")},
		resource.TestStep{
			PreConfig: func() { w.Write("main.tf", good) },
			ConfigPlanChecks: check.Plan(
				check.Resource("custody_binding.app", check.Attributes{"holder": check.Unknown, "digest": check.Unknown}),
				check.Resource(key, check.Attributes{"generations": check.Unknown, "status": check.Unknown, "holder": check.Unknown}),
			),
			ConfigStateChecks: check.State(check.Resource(key, check.Attributes{"generations": check.Keys("g1"), "status": "active"})),
		},
	))
}
