package grant_test

import (
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
)

func TestKeysAreKnownOnTheFirstPlan(t *testing.T) {
	w := acctest.Load(t, "app")
	w.Plan().Exits(2).Says(`terraform_data.credential["g1"] will be created`, `id = "cmdb/APP-1#key/billing"`,
		`issued_at = "2030-01-15T09:00:00Z"`, `expires_at = "2030-04-15T09:00:00Z"`, `next_change_at = "2030-03-16T09:00:00Z"`)
	w.Apply()
	w.Plan().Exits(0)
	w.Holds(key, "id", "cmdb/APP-1#key/billing", "active", "true", "status", "active", "action", "keep", "rotation", "none",
		"reasons", "", "holder", "cmdb/p1", "generations", "g1", "current", "g1", "serial", "1", "risk", "standard", "on_block", "remove",
		"generations.g1.enabled", "true", "generations.g1.state", "current", "generations.g1.holder", "cmdb/p1",
		"generations.g1.issued_at", "2030-01-15T09:00:00Z", "generations.g1.expires_at", "2030-04-15T09:00:00Z",
		"basis.class", "application", "basis.environment", "production", "basis.criticality", "high", "basis.manager", "carol", "basis.teams", "payments",
		"certified_at", "2030-01-15T09:00:00Z", "revoked_at", "null", "conditions", "", "review", "null")
}

func TestKeysAreKnownInAModuleWithDependsOn(t *testing.T) {
	w := acctest.Load(t)
	w.Init()
	w.Plan().Exits(2).Says(`module.access.terraform_data.credential["g1"] will be created`)
	w.Apply()
	w.Plan().Exits(0)
}

func TestUnknownAssetGivesUnknownOutputs(t *testing.T) {
	w := acctest.Load(t)
	w.Plan().Exits(2).Says("generations = (known after apply)", "status = (known after apply)", "holder = (known after apply)", "digest = (known after apply)")
	w.Apply()
	w.Holds(key, "generations", "g1", "status", "active")
	w.Plan().Exits(0)

	w.Append("main.tf", `resource "terraform_data" "credential" {`+"\n"+`  for_each = custody_grant.key.generations`+"\n}")
	w.Remove(acctest.StateFile)
	w.Plan().Exits(1).Says("Invalid for_each argument")
}
