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
		"active": true, "status": "active", "binding.memory.action": nil, "binding.memory.rotation": nil,
		"because": check.Codes(), "holder": "cmdb/p1", "generations": check.Keys("g1"), "binding.memory.serial": 1, "risk": "standard", "on_block": "remove",
		"generations.g1.enabled": true, "generations.g1.holder": "cmdb/p1",
		"binding.memory.issued_at.g1": "2030-01-15T09:00:00Z", "generations.g1.expires_at": "2030-04-15T09:00:00Z",
		"generations.current.expires_at": "2030-04-15T09:00:00Z", "next_change_at": "2030-03-16T09:00:00Z",
		"binding.memory.class": "application", "binding.memory.environment": "production", "binding.memory.criticality": "high", "binding.memory.manager": "carol", "binding.memory.teams": check.Texts("payments"),
		"binding.memory.certified_at": "2030-01-15T09:00:00Z", "binding.memory.revoked_at": nil, "binding.memory.conditions": nil,
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
