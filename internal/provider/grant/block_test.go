package grant_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
	"github.com/custodyhq/terraform-provider-custody/internal/acctest/check"
)

// Four grants that are blocked or reviewed at 50 days; g1 is renewed at 60 days
// and expires at 90.
func TestBlockAndReview(t *testing.T) {
	e := newEstate(t)
	const removed, disabled, expiring, reviewed = "removed", "disabled", "expiring", "reviewed"
	e.laptop(removed)
	e.laptop(disabled, `on_block = "disable"`)
	e.laptop(expiring, `on_block = "disable"`)
	e.app(reviewed)
	isDisabled := check.Attributes{
		"status": "blocked", "generations": check.Keys("g1"), "generations.g1.enabled": false, "active": false,
	}
	status := func(word string, names ...string) {
		for _, name := range names {
			e.Person(name, "status", word)
		}
	}
	resource.ParallelTest(t, e.Case(
		resource.TestStep{},
		resource.TestStep{
			PreConfig: func() {
				e.Clock.Advance(50 * day)
				status("suspended", removed, disabled, expiring)
				task("reassignment", "2030-12-01")(e, reviewed)
			},
			ConfigPlanChecks: check.Plan(check.Changes{
				grant(removed): check.Update, credential(removed, "g1"): check.Destroy,
				grant(disabled): check.Update, credential(disabled, "g1"): check.Update,
				grant(expiring): check.Update, credential(expiring, "g1"): check.Update,
				grant(reviewed): check.Update,
			}),
			ConfigStateChecks: check.State(
				check.Resource(grant(removed), check.Attributes{
					"status": "blocked", "generations": check.Keys(), "active": false, "binding.memory.serial": 1, "binding.memory.revoked_at": nil,
				}),
				check.Resource(grant(disabled), isDisabled),
				check.Resource(grant(expiring), isDisabled),
				check.Resource(grant(reviewed), check.Attributes{"status": "review", "generations": check.Keys("g1")}),
			),
		},
		// Past the renewal: nothing is renewed while it is blocked.
		resource.TestStep{
			PreConfig: func() {
				e.Clock.Advance(20 * day)
				status("active", removed, disabled)
			},
			ConfigPlanChecks: check.Plan(check.Changes{
				grant(removed): check.Update, credential(removed, "g2"): check.Create,
				grant(disabled): check.Update, credential(disabled, "g1"): check.Update, credential(disabled, "g2"): check.Create,
				grant(reviewed): check.Update, credential(reviewed, "g2"): check.Create,
			}),
			ConfigStateChecks: check.State(
				check.Resource(grant(removed), check.Attributes{
					"status": "active", "generations": check.Keys("g2"), "binding.memory.serial": 2, "binding.memory.conditions": nil,
				}),
				check.Resource(grant(disabled), check.Attributes{
					"status": "active", "generations": check.Keys("g1", "g2"), "generations.g1.enabled": true, "active": true,
				}),
				check.Resource(grant(expiring), isDisabled),
				check.Resource(grant(reviewed), check.Attributes{"status": "review", "generations": check.Keys("g1", "g2"), "binding.memory.rotation": "overlap"}),
			),
		},
		// A disabled generation still expires.
		resource.TestStep{
			PreConfig:         func() { e.Clock.Advance(20 * day) },
			ConfigPlanChecks:  check.Plan(plancheck.ExpectResourceAction(credential(expiring, "g1"), check.Destroy)),
			ConfigStateChecks: check.State(check.Resource(grant(expiring), check.Attributes{"status": "blocked", "generations": check.Keys()})),
		},
		resource.TestStep{
			PreConfig: func() { status("active", expiring) },
			ConfigStateChecks: check.State(check.Resource(grant(expiring), check.Attributes{
				"status": "active", "generations": check.Keys("g2"), "generations.g2.enabled": true,
			})),
		},
	))
}

// unissuable are the changes on which a review goes on with what exists, but
// nothing is issued or renewed, and what they say.
var unissuable = map[string]struct {
	change func(e *estate, name string)
	says   string
}{
	"unknown_owner": {asset("owner", "stranger"), `No directory knows the owner "stranger".`},
	"missing_asset": {func(e *estate, name string) { e.Forget("assets.csv", name) }, `it holds no record of`},
}

func TestNothingIsIssuedOrRenewedForNobodyKnown(t *testing.T) {
	e := newEstate(t)
	issued := make(check.Changes)
	planned := []plancheck.PlanCheck{issued}
	var created, renewed []statecheck.StateCheck
	for name, c := range unissuable {
		from, later := name+"_from_the_start", name+"_later"
		e.app(from)
		c.change(e, from)
		e.app(later)
		issued[binding(from)], issued[grant(from)] = check.Create, check.Create
		issued[binding(later)], issued[grant(later)], issued[credential(later, "g1")] = check.Create, check.Create, check.Create
		planned = append(planned, check.Resource(grant(from), check.Attributes{"because": check.Says(c.says)}))
		created = append(created, check.Resource(grant(from), check.Attributes{
			"binding.memory.serial": nil, "generations": check.Keys(), "status": "review", "active": false, "binding.memory.class": nil, "binding.memory.revoked_at": nil,
		}))
		renewed = append(renewed, check.Resource(grant(later), check.Attributes{
			"status": "review", "generations": check.Keys("g1"), "binding.memory.serial": 1, "generations.g1.enabled": true,
		}))
	}
	resource.ParallelTest(t, e.Case(
		resource.TestStep{ConfigPlanChecks: check.Plan(planned...), ConfigStateChecks: created},
		resource.TestStep{
			PreConfig: func() {
				e.Clock.Advance(60 * day)
				for name, c := range unissuable {
					c.change(e, name+"_later")
				}
			},
			ConfigStateChecks: renewed,
		},
	))
}

func TestANewGrantWithFindingsWarnsOnce(t *testing.T) {
	t.Parallel()
	w := acctest.Load(t, "TestFindingsThatNeverRevoke")
	w.Asset("APP-1", "owner", "stranger")
	w.Plan().Exits(2).Says("New Grants Start in Review", "No credential is issued.")
	w.Asset("APP-1", "owner", "alice")
	w.Person("p1", "status", "left")
	w.Plan().Exits(2).Says("Warning: New Grants Start in Review", "with custody_grant.", "starts with status review. No credential is issued.",
		"The owner Alice (cmdb/p1) has left.", "(and one more similar warning elsewhere)")
	w.Apply()
	w.Plan().Exits(0).Silent("Warning")
}
