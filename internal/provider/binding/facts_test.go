package binding_test

import (
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
	"github.com/custodyhq/terraform-provider-custody/internal/acctest/check"
)

func TestAllFactsOfABinding(t *testing.T) {
	w := acctest.NewWorld(t)
	w.Append("people.csv", "p4,dave@example.org,dave,Dave,contractor,active,2030-02-10,carol,payments;ledger")
	facts := check.Resource(app, check.Attributes{
		"id": "cmdb/APP-9", "class": "application", "bound_to": "workload", "state": "maintenance",
		"holder": "cmdb/p4", "owner_kind": "contractor", "owner_status": "leaving", "owner_end_date": "2030-02-10T23:59:59Z",
		"manager": "carol", "teams": check.Texts("ledger", "payments"), "successor": "cmdb/p2", "lifecycle_owner": nil,
		"purpose": "declared, as the record is silent", "environment": "production", "criticality": "high",
		"third_party": true, "shared": false, "retirement_date": "2030-12-31T23:59:59Z",
		"findings": check.Codes("owner.leaving", "task.open"), "confidence": 1, "state_confidence": 1, "fresh": true, "held": false,
		"task_kinds": check.Texts("offboarding", "reassignment"), "owner_keys": check.Keys("dave", "dave@example.org", "p4"),
	})
	// What no decision depends on is left open by the plan of a new binding.
	shown := check.Resource(app, check.Attributes{
		"name":                         "Ledger",
		"confidence_parts.owner_named": 25, "confidence_parts.owner_found": 25, "confidence_parts.single_owner": 15,
		"confidence_parts.fresh": 15, "confidence_parts.uncontradicted": 15, "confidence_parts.complete": 5, "confidence_parts.corroborated": 0,
		"open_tasks":   knownvalue.ListSizeExact(2),
		"open_tasks.0": task("T-1", "offboarding", knownvalue.Null(), knownvalue.Null()),
		"open_tasks.1": task("T-2", "reassignment", knownvalue.StringExact("2030-02-01T23:59:59Z"), knownvalue.StringExact("https://tasks.example.org/2")),
	})
	resource.ParallelTest(t, w.Case(resource.TestStep{
		ConfigPlanChecks:  check.Plan(facts, check.Resource(app, check.Attributes{"name": check.Unknown})),
		ConfigStateChecks: check.State(facts, shown),
	}))
}

func task(id, kind string, due, url knownvalue.Check) knownvalue.Check {
	return knownvalue.ObjectPartial(map[string]knownvalue.Check{
		"id": knownvalue.StringExact(id), "kind": knownvalue.StringExact(kind), "due": due, "url": url,
	})
}

func TestFactsOfBindings(t *testing.T) {
	w := acctest.NewWorld(t, "facts")
	w.Append("people.csv", "p5,twin@example.org,twin,One twin,employee,active,,,")
	w.Append("people.csv", "p6,twin@example.com,TWIN,The other,employee,active,,,")
	resource.ParallelTest(t, w.Case(resource.TestStep{
		ConfigPlanChecks: check.Plan(
			check.Resource("custody_binding.contradicted", check.Attributes{"findings": check.Says(
				`The record says environment "production" but the configuration declares "staging"; the record wins.`,
				`The configuration declares the owner "bob", but the record names "alice".`,
			)}),
			check.Resource("custody_binding.conflicting", check.Attributes{
				"findings": check.Says(`The evidence "codeowners" names the owner "bob", but the record names "alice".`),
			}),
			check.Resource("custody_binding.duplicated", check.Attributes{"findings": check.Says(
				"record.duplicate", "assets.csv line 6", "assets.csv line 7", "the records disagree on owner, so none of them is believed there",
			)}),
			check.Resource("custody_binding.ambiguous", check.Attributes{"findings": check.Says(
				"owner.unknown", `The owner "twin" may be any of One twin (cmdb/p5), The other (cmdb/p6).`,
			)}),
			check.Resource("custody_binding.unmapped", check.Attributes{"findings": check.Says(
				`The state "on the shelf" is not mapped to a lifecycle state.`,
				`The policy does not say whether the class "toaster" stands for a person or a workload.`,
			)}),
		),
		ConfigStateChecks: check.State(
			check.Resource("custody_binding.contradicted", check.Attributes{
				"holder": "cmdb/p1", "environment": "production", "third_party": true,
				"findings": check.Codes("owner.conflict", "record.incomplete"), "confidence": 0.85,
			}),
			check.Resource("custody_binding.stale", check.Attributes{"confidence": 0.85}),
			check.Resource("custody_binding.corroborated", check.Attributes{"confidence": 0.89, "confidence_parts.corroborated": 4}),
			check.Resource("custody_binding.without_owner", check.Attributes{
				"holder": nil, "findings": check.Codes("owner.none", "record.incomplete"), "owner_status": "unknown",
			}),
			check.Resource("custody_binding.repository", check.Attributes{"id": "cmdb/org/repo", "holder": "cmdb/p2"}),
		),
	}))
}

// What nobody decides on and what changes by itself is no reason for a plan.
func TestTheDigestCoversExactlyWhatADecisionCanDependOn(t *testing.T) {
	t.Parallel()
	w := acctest.Load(t, "granted")
	w.Append("tasks.csv", "T-1,reassignment,APP-1,open,,https://tasks.example.org/1")
	w.Apply()
	digest := acctest.Text(w.Attributes(app)["digest"])
	w.Asset("APP-1", "verified_at", "2030-01-14", "name", "Billing and more")
	w.Edit("tasks.csv", "https://tasks.example.org/1", "https://tasks.example.org/one")
	w.Clock.Advance(time.Hour)
	w.Plan().Exits(0)
	w.Apply("-refresh-only")
	w.Holds(app, "digest", digest, "name", "Billing and more")
	w.Asset("APP-1", "criticality", "low")
	w.Apply("-refresh-only")
	if acctest.Text(w.Attributes(app)["digest"]) == digest {
		t.Error("the digest does not tell another criticality")
	}
}

func TestWhoAndWhatIsGoneStaysInTheState(t *testing.T) {
	w := acctest.NewWorld(t, "gone")
	resource.ParallelTest(t, w.Case(
		resource.TestStep{},
		resource.TestStep{
			PreConfig: func() {
				w.Forget("people.csv", "p1") // alice, who holds the application
				w.Forget("assets.csv", "LAP-1")
			},
			ConfigPlanChecks: check.Plan(
				// Somebody who is gone knows the secret.
				check.Changes{key: check.Update, `terraform_data.credential["g2"]`: check.Create},
				check.Resource(app, check.Attributes{"findings": check.Says(`No directory knows the owner "alice".`)}),
			),
			ConfigStateChecks: check.State(
				check.Resource(app, check.Attributes{"holder": nil, "owner_status": "unknown", "findings": check.Codes("owner.unknown")}),
				check.Resource(key, check.Attributes{"status": "review", "because": check.Says("owner.gone"), "generations": check.Keys("g1", "g2"), "holder": "cmdb/p1"}),
				check.Resource("custody_binding.laptop", check.Attributes{
					"findings": check.Codes("asset.missing"), "state": "unknown", "class": nil, "holder": nil,
				}),
			),
		},
	))
}
