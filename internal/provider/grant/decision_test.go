package grant_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
	"github.com/custodyhq/terraform-provider-custody/internal/acctest/check"
)

var decisions = map[string]decision{
	"leaver_of_a_laptop": {
		of:     (*estate).laptop,
		change: person("status", "left"),
		does:   check.Changes{"g1": check.Destroy},
		says:   []string{"The owner Alice (cmdb/leaver_of_a_laptop) has left. Action: revoke"},
		want: check.Attributes{
			"status": "revoked", "active": false, "binding.memory.action": "revoke", "because": check.Codes("owner.left"), "generations": check.Keys(),
			"binding.memory.serial": 1, "binding.memory.revoked_at": instant(0), "binding.memory.conditions": check.Keys("owner.left"), "holder": holder("leaver_of_a_laptop"),
		},
	},
	"leaver_of_an_application": {
		of:     (*estate).app,
		change: person("status", "left"),
		does:   check.Changes{"g2": check.Create},
		want: check.Attributes{
			"status": "review", "binding.memory.action": "review", "binding.memory.rotation": "overlap", "because": check.Codes("owner.left"), "generations": check.Keys("g1", "g2"),
			"binding.memory.retiring": check.Texts("g1"), "generations.g1.enabled": true, "generations.g1.expires_at": instant(7 * day),
		},
	},
	"leaver_of_privileged_access_without_successor": {
		of:        (*estate).app,
		arguments: []string{`risk = "privileged"`},
		before:    person("manager", "", "teams", ""),
		change:    person("status", "left"),
		does:      check.Changes{"g1": check.Destroy},
		want:      check.Attributes{"status": "blocked", "because": check.Codes("owner.left"), "generations": check.Keys()},
	},
	"reassigned_laptop": {
		of:     (*estate).laptop,
		change: asset("owner", "bob"),
		does:   check.Changes{"g1": check.Destroy, "g2": check.Create},
		says:   []string{`The asset has passed from Alice (cmdb/reassigned_laptop) to Bob (cmdb/p2).`, "rotate now"},
		want: check.Attributes{
			"status": "active", "binding.memory.action": nil, "binding.memory.rotation": "now", "because": check.Codes("asset.reassigned"), "generations": check.Keys("g2"),
			"holder": "cmdb/p2", "generations.g2.holder": "cmdb/p2", "binding.memory.conditions": nil,
		},
	},
	"reassigned_application": {
		of:     (*estate).app,
		change: asset("owner", "bob"),
		does:   check.Changes{"g2": check.Create},
		want: check.Attributes{
			"status": "active", "binding.memory.rotation": "overlap", "generations": check.Keys("g1", "g2"),
			"generations.g1.holder": holder("reassigned_application"), "generations.g2.holder": "cmdb/p2",
		},
	},
	"reassigned_to_nobody_known": {
		of:     (*estate).laptop,
		change: asset("owner", "stranger"),
		does:   check.Changes{"g1": check.Destroy},
		says:   []string{"to an owner who cannot be resolved"},
		want: check.Attributes{
			"status": "blocked", "because": check.Codes("asset.reassigned", "owner.unknown"), "generations": check.Keys(), "holder": holder("reassigned_to_nobody_known"),
		},
	},
	"shared_with_a_second_owner": {
		of:     (*estate).laptop,
		change: asset("owner", "shared_with_a_second_owner;bob"),
		want: check.Attributes{
			"status": "review", "because": check.Codes("owner.shared"), "generations": check.Keys("g1"), "holder": holder("shared_with_a_second_owner"),
		},
	},
	"moved_to_another_team": {
		of:     (*estate).laptop,
		change: person("teams", "risk"),
		does:   check.Changes{"g2": check.Create},
		want:   recertified("owner.moved", check.Attributes{"binding.memory.conditions": check.Keys("owner.moved")}),
	},
	"moved_to_another_manager": {
		of:     (*estate).laptop,
		change: person("manager", "bob"),
		does:   check.Changes{"g2": check.Create},
		want:   recertified("owner.moved", check.Attributes{"binding.memory.conditions": check.Keys("owner.moved")}),
	},
	"changed_environment": {
		of:     (*estate).app,
		change: asset("environment", "staging"),
		does:   check.Changes{"g2": check.Create},
		want:   recertified("asset.changed", check.Attributes{"binding.memory.environment": "staging"}),
	},
	"changed_criticality": {
		of:     (*estate).app,
		change: asset("criticality", "low"),
		does:   check.Changes{"g2": check.Create},
		want:   recertified("asset.changed", check.Attributes{"binding.memory.criticality": "low"}),
	},
	"changed_class": {
		of:     (*estate).app,
		change: asset("class", "service"),
		does:   check.Changes{"g2": check.Create},
		want:   recertified("asset.changed", check.Attributes{"binding.memory.class": "service"}),
	},
	"retired_application": {
		of:     (*estate).app,
		change: asset("state", "retired"),
		does:   check.Changes{"g1": check.Destroy},
		says:   []string{"The asset is recorded as retired"},
		want:   check.Attributes{"status": "revoked", "because": check.Codes("asset.retired"), "generations": check.Keys()},
	},
	"lost_application": {
		of:     (*estate).app,
		change: asset("state", "lost"),
		does:   check.Changes{"g1": check.Destroy},
		says:   []string{"The asset is recorded as lost"},
		want:   check.Attributes{"status": "revoked", "because": check.Codes("asset.lost"), "generations": check.Keys()},
	},
}

// recertified is what follows from a comparison, and more.
func recertified(code string, more check.Attributes) check.Attributes {
	more["status"], more["binding.memory.action"], more["binding.memory.rotation"] = "active", "recertify", "overlap"
	more["because"], more["generations"] = check.Codes(code), check.Keys("g1", "g2")
	return more
}

func TestDecisions(t *testing.T) {
	e := newEstate(t)
	steps := append(e.decide(decisions),
		resource.TestStep{ // the other owner holds it now, but the record can be trusted too little to act on that
			PreConfig: func() { e.Person("shared_with_a_second_owner", "status", "left") },
			ConfigStateChecks: check.State(check.Resource(grant("shared_with_a_second_owner"), check.Attributes{
				"status": "review", "because": check.Says("asset.reassigned", "no rotation at once"), "generations": check.Keys("g1"),
			})),
		},
		resource.TestStep{
			PreConfig: func() {
				e.Clock.Advance(30 * day)
				e.Person("p2", "status", "left")
			},
			ConfigPlanChecks: check.Plan(
				check.Resource(grant("shared_with_a_second_owner"), check.Attributes{
					"because": check.Says("owner.left", "instead of revoke, because the confidence 0.85 is below 0.90"),
				}),
				check.Resource(grant("leaver_of_an_application"), check.Attributes{"because": check.Says("nobody answered in time")}),
			),
			ConfigStateChecks: check.State(
				check.Resource(grant("leaver_of_an_application"), check.Attributes{"status": "lapsing", "generations": check.Keys("g2"), "binding.memory.serial": 2}),
				check.Resource(binding("shared_with_a_second_owner"), check.Attributes{"holder": "cmdb/p2, cmdb/shared_with_a_second_owner"}),
			),
		},
	)
	resource.ParallelTest(t, e.Case(steps...))
}

// findings never revoke by themselves: for each its code, what raises it, and the
// status of standard and of privileged access.
var findings = map[string]struct {
	change           func(e *estate, name string)
	standard, strict string
}{
	"asset.missing":          {func(e *estate, name string) { e.Forget("assets.csv", name) }, "review", "blocked"},
	"owner.none":             {asset("owner", ""), "review", "blocked"},
	"owner.unknown":          {func(e *estate, name string) { e.Forget("people.csv", name) }, "review", "blocked"},
	"owner.conflict":         {declares("bob"), "review", "blocked"},
	"owner.suspended":        {person("status", "suspended"), "review", "review"},
	"owner.leaving":          {person("end_date", "2030-02-01"), "review", "review"},
	"owner.no_active_member": {asset("owner", "nobodies"), "review", "blocked"},
	"asset.inactive":         {asset("state", "planned"), "blocked", "blocked"},
	"asset.retiring":         {asset("retirement_date", "2030-02-01"), "review", "review"},
	"owner.shared":           {asset("shared", "true"), "review", "review"},
	"record.stale":           {asset("verified_at", "2029-01-01"), "active", "active"},
	"record.incomplete":      {asset("purpose", ""), "active", "active"},
	"record.duplicate":       {func(e *estate, name string) { e.Copy("assets.csv", name, name, "criticality", "low") }, "review", "blocked"},
	"task.open":              {task("decommission", "2030-02-01"), "review", "blocked"},
	"task.overdue":           {task("decommission", "2030-01-01"), "blocked", "blocked"},
}

func TestFindingsThatNeverRevoke(t *testing.T) {
	e := newEstate(t)
	e.Append("people.csv", "t2,,nobodies,Nobodies,team,active,,,")
	changes := make(map[string]func(e *estate, name string))
	var left []statecheck.StateCheck
	for code, c := range findings {
		name := acctest.Label(code)
		e.app(name)
		e.set(name, func(c *entry) {
			c.more = grantBlock("privileged_"+name, name, "more", []string{`risk = "privileged"`})
		})
		changes[name] = c.change
		for address, status := range map[string]string{grant(name): c.standard, grant("privileged_" + name): c.strict} {
			left = append(left, check.Resource(address, check.Attributes{"status": status, "binding.memory.revoked_at": nil, "because": check.Says(code)}))
		}
	}
	resource.ParallelTest(t, e.Case(
		resource.TestStep{},
		resource.TestStep{
			PreConfig: func() {
				for name, change := range changes {
					change(e, name)
				}
			},
			ConfigStateChecks: left,
		},
	))
}
