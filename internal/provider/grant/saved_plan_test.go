package grant_test

import (
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
	"github.com/custodyhq/terraform-provider-custody/internal/acctest/check"
)

// refused are the texts of the error of a grant whose facts moved.
func refused(changes ...string) []string {
	return append([]string{"Error: Facts Changed Since Plan", "are no longer those that the plan rested on",
		"Nothing was issued. What the plan removed stays removed.", "Make a new plan and have it reviewed."}, changes...)
}

// Grants for which the facts move after the plan was made at 60 days, when g1 is
// due for renewal, and before it is applied an hour later.
func TestFactsThatMovedAfterThePlan(t *testing.T) {
	const first, renewal, unblocked, rotated, replaced, planned = "first_issue", "renewal", "unblocked", "rotated", "replaced", "planned_revocation"
	suspension := []string{"The owner's status was \"active\" and is now \"suspended\".", "New finding owner.suspended"}
	e := newEstate(t)
	e.app(first)
	e.withhold(first)
	e.app(renewal)
	e.laptop(unblocked, `on_block = "disable"`)
	e.laptop(rotated)
	e.app(replaced)
	e.laptop(planned)
	resource.ParallelTest(t, e.Case(
		resource.TestStep{},
		resource.TestStep{PreConfig: func() { e.Person(unblocked, "status", "suspended") }},
		e.Refused(map[string][]string{
			first:     refused(suspension...),
			renewal:   refused(`The holder was "cmdb/renewal" and is now "cmdb/p2".`),
			unblocked: refused(suspension...),
			rotated:   refused(`The holder was "cmdb/p2" and is now "cmdb/p3".`),
			replaced:  refused("task.open"),
		}, resource.TestStep{
			PreConfig: func() {
				e.Clock.Advance(60 * day)
				e.give(first)
				e.Person(unblocked, "status", "active")
				e.Asset(rotated, "owner", "bob")
				e.give(replaced, `revoke_generations = ["g1"]`)
				e.Person(planned, "status", "left")
			},
			ConfigPlanChecks: check.Plan(check.Then(func() {
				e.Clock.Advance(time.Hour)
				e.Person(first, "status", "suspended")
				e.Asset(renewal, "owner", "bob")
				e.Person(unblocked, "status", "suspended")
				e.Asset(rotated, "owner", "carol")
				task("decommission", "")(e, replaced)
				e.Person(planned, "status", "active")
			})),
		}),
		e.Left(
			check.Absent(grant(first)), check.Absent(credential(first, "g1")),
			check.Resource(grant(renewal), check.Attributes{
				"generations": check.Keys("g1"), "binding.memory.serial": 1, "generations.g1.expires_at": instant(90 * day), "holder": holder(renewal),
			}),
			check.Resource(grant(unblocked), check.Attributes{"status": "blocked", "generations.g1.enabled": false}),
			// What the plan removed was destroyed before the grant was reached, so
			// its key must not come back.
			check.Resource(grant(rotated), check.Attributes{"generations": check.Keys(), "binding.memory.serial": 1, "active": false}),
			check.Absent("terraform_data."+rotated),
			check.Resource(grant(replaced), check.Attributes{"generations": check.Keys(), "binding.memory.serial": 1}),
			// A revocation that was planned and approved goes through.
			check.Resource(grant(planned), check.Attributes{"status": "revoked", "generations": check.Keys()}),
			check.Absent("terraform_data."+planned),
		),
		resource.TestStep{
			ConfigPlanChecks: check.Plan(check.Changes{
				grant(first):   check.Create, // and nothing is issued to somebody who is suspended
				grant(renewal): check.Update, credential(renewal, "g2"): check.Create,
				grant(rotated): check.Update, credential(rotated, "g2"): check.Create,
				grant(replaced): check.Update, credential(replaced, "g2"): check.Create,
				grant(planned): check.Update,
			}),
			ConfigStateChecks: check.State(
				check.Resource(grant(rotated), check.Attributes{"generations": check.Keys("g2"), "binding.memory.serial": 2, "holder": "cmdb/p3"}),
				check.Resource(grant(replaced), check.Attributes{"generations": check.Keys("g2"), "status": "review"}),
			),
		},
	))
}

// Terraform plans what is created once more at apply, so there the refusal is
// its own.
func TestFactsThatMovedBeforeBindingAndGrantAreCreated(t *testing.T) {
	w := acctest.NewWorld(t, "app")
	resource.ParallelTest(t, w.Case(
		resource.TestStep{
			ConfigPlanChecks: check.Plan(check.Then(func() { w.Asset("APP-1", "state", "retired") })),
			ExpectError: check.Error("Provider produced inconsistent final plan",
				`.state: was cty.StringVal("in_service"), but now cty.StringVal("retired")`),
		},
		w.Left(check.Absent(key), check.Absent("terraform_data.")),
	))
}

// Without a refresh the binding itself is updated, and Terraform plans it once
// more at apply.
func TestFactsThatMovedBeforeABindingIsUpdated(t *testing.T) {
	t.Parallel()
	w := acctest.Load(t, "laptop")
	w.Apply()
	w.Asset("LAP-1", "owner", "bob")
	w.Save("-refresh=false")
	w.Asset("LAP-1", "owner", "carol")
	w.ApplySaved().Exits(1).Says("Provider produced inconsistent final plan", `.holder: was cty.StringVal("cmdb/p2"), but now cty.StringVal("cmdb/p3")`)
	w.Holds(vpn, "binding.memory.serial", "1", "holder", "cmdb/p1")
	w.Apply()
	w.Holds(vpn, "generations", "g2", "holder", "cmdb/p3")
}

func TestASystemThatDoesNotAnswerAtApplyIssuesNothing(t *testing.T) {
	e := newEstate(t)
	e.app("app")
	e.withhold("app")
	resource.ParallelTest(t, e.Case(
		resource.TestStep{},
		resource.TestStep{
			PreConfig:        func() { e.give("app") },
			ConfigPlanChecks: check.Plan(check.Then(func() { e.Remove("people.csv") })),
			ExpectError:      check.Error("people.csv", "Nothing was issued: absence cannot be told from failure. What the plan removed stays removed."),
		},
		e.Left(check.Absent(grant("app"))),
	))
}
