package grant_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest/check"
)

// stale makes a record score 0.85, below automate_at: nobody has verified it for
// long.
func stale(more ...string) func(e *estate, name string) {
	return asset(append([]string{"verified_at", "2029-01-01"}, more...)...)
}

func stalePerson(kind string) func(e *estate, name string) {
	return func(e *estate, name string) {
		stale()(e, name)
		e.Person(name, "kind", kind)
	}
}

func TestLowConfidenceRevokesAndRotatesNothingByItself(t *testing.T) {
	block := check.Attributes{"status": "blocked", "binding.memory.revoked_at": nil}
	instead := func(action string) []string {
		return []string{"Action: " + action + " instead of revoke, because the confidence 0.", "is below 0.90"}
	}
	left, removed := person("status", "left"), check.Changes{"g1": check.Destroy}
	reassigned := []string{`to Bob (cmdb/p2).`, "because the confidence 0.85 is below 0.90"}
	e := newEstate(t)
	steps := e.decide(map[string]decision{
		// Whoever left is gone for sure: less is known of one whose end date has passed, and that blocks.
		"standard":    {of: (*estate).laptop, before: stale(), change: left, does: removed, says: instead("block"), want: block},
		"retired":     {of: (*estate).laptop, before: stalePerson("employee"), change: asset("state", "retired", "shared", "true"), does: removed, says: instead("block"), want: block},
		"privileged":  {of: (*estate).laptop, arguments: []string{`risk = "privileged"`}, before: stale(), change: left, does: removed, says: instead("block"), want: block},
		"contractor":  {of: (*estate).laptop, before: stalePerson("contractor"), change: left, does: removed, says: instead("block"), want: block},
		"vendor":      {of: (*estate).laptop, before: stalePerson("vendor"), change: left, does: removed, says: instead("block"), want: block},
		"third_party": {of: (*estate).laptop, before: stale("third_party", "true"), change: left, does: removed, says: instead("block"), want: block},
		"shared":      {of: (*estate).laptop, before: stale("shared", "true"), change: left, does: removed, says: instead("block"), want: block},
		"reassigned": {of: (*estate).laptop, before: stale(), change: asset("owner", "bob"), says: reassigned, want: check.Attributes{
			"status": "review", "generations": check.Keys("g1"), "holder": holder("reassigned"), "binding.memory.serial": 1,
		}},
		"reassigned_privileged": {of: (*estate).laptop, arguments: []string{`risk = "privileged"`}, before: stale(), change: asset("owner", "bob"),
			does: removed, says: reassigned, want: check.Attributes{"status": "blocked", "generations": check.Keys(), "binding.memory.serial": 1}},
	})
	steps = append(steps, resource.TestStep{
		PreConfig: func() { e.Asset("standard", "verified_at", "2030-01-14") },
		ConfigStateChecks: check.State(
			check.Resource(grant("standard"), check.Attributes{"status": "revoked", "because": check.Codes("owner.left")}),
		),
	})
	resource.ParallelTest(t, e.Case(steps...))
}
