package binding_test

import (
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
)

func TestAllFactsOfABinding(t *testing.T) {
	w := acctest.Load(t)
	w.Append("people.csv", "p4,dave@example.org,dave,Dave,contractor,active,2030-02-10,carol,payments;ledger")
	w.Plan().Exits(2).Silent("(known after apply)")
	w.Apply()
	w.Plan().Exits(0)
	w.Holds(app, "id", "cmdb/APP-9", "class", "application", "bound_to", "workload", "name", "Ledger", "state", "maintenance",
		"holder", "cmdb/p4", "owner_kind", "contractor", "owner_status", "leaving", "owner_end_date", "2030-02-10T23:59:59Z",
		"manager", "carol", "teams", "ledger payments", "successor", "cmdb/p2", "lifecycle_owner", "null",
		"purpose", "declared, as the record is silent", "environment", "production", "criticality", "high",
		"third_party", "true", "shared", "false", "retirement_date", "2030-12-31T23:59:59Z",
		"findings", "owner.leaving task.open", "confidence", "1", "held", "false",
		"confidence_parts.owner_named", "25", "confidence_parts.owner_found", "25", "confidence_parts.single_owner", "15",
		"confidence_parts.fresh", "15", "confidence_parts.uncontradicted", "15", "confidence_parts.complete", "5", "confidence_parts.corroborated", "0")
	tasks, _ := w.Attributes(app)["open_tasks"].([]any)
	if len(tasks) != 2 {
		t.Fatalf("%d open tasks, not 2: %v", len(tasks), tasks)
	}
	for i, want := range []map[string]string{
		{"id": "T-1", "kind": "offboarding", "due": "null", "url": "null"},
		{"id": "T-2", "kind": "reassignment", "due": "2030-02-01T23:59:59Z", "url": "https://tasks.example.org/2"},
	} {
		for name, text := range want {
			if got := acctest.Text(acctest.Dig(tasks[i], name)); got != text {
				t.Errorf("task %d: %s is %q, not %q", i, name, got, text)
			}
		}
	}
}

func TestWhereRecordAndDeclarationDisagreeTheRecordWins(t *testing.T) {
	w := acctest.Load(t, "alone")
	w.Edit("main.tf", "APP-1\"", "APP-1\"\n  declared = { owner = \"bob\", environment = \"staging\", third_party = false }")
	w.Asset("APP-1", "third_party", "true")
	w.Plan().Exits(2).Says(`The record says environment "production" but the configuration declares "staging"; the record wins.`,
		`The configuration declares the owner "bob", but the record names "alice".`)
	w.Apply()
	w.Holds(app, "holder", "cmdb/p1", "environment", "production", "third_party", "true", "findings", "owner.conflict record.incomplete", "confidence", "0.85")
}

func TestEvidenceThatAgreesRaisesTheConfidence(t *testing.T) {
	w := acctest.Load(t, "alone")
	w.Asset("APP-1", "verified_at", "2029-01-01")
	w.Apply()
	w.Holds(app, "confidence", "0.85")
	w.Edit("main.tf", "APP-1\"", "APP-1\"\n  evidence = { cloud_tag = \"payments\" }")
	w.Apply()
	w.Holds(app, "confidence", "0.89", "confidence_parts.corroborated", "4")
}

func TestEvidenceThatContradictsIsAConflict(t *testing.T) {
	w := acctest.Load(t, "alone")
	w.Edit("main.tf", "APP-1\"", "APP-1\"\n  evidence = { codeowners = \"bob\" }")
	w.Plan().Exits(2).Says(`The evidence "codeowners" names the owner "bob", but the record names "alice".`)
}

func TestADeclaredOwnerNeverBecomesTheHolder(t *testing.T) {
	w := acctest.Load(t, "alone")
	w.Edit("main.tf", "APP-1\"", "APP-1\"\n  declared = { owner = \"bob\" }")
	w.Asset("APP-1", "owner", "")
	w.Apply()
	w.Holds(app, "holder", "null", "findings", "owner.none record.incomplete", "owner_status", "unknown")
}

// What nobody decides on and what changes by itself is no reason for a plan.
func TestTheDigestCoversExactlyWhatADecisionCanDependOn(t *testing.T) {
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

func TestAPersonWhoIsDeletedFromTheDirectoryNeverFailsThePlan(t *testing.T) {
	w := acctest.Load(t, "granted")
	w.Apply()
	w.Forget("people.csv", "p1")
	w.Plan().Exits(2).Says(`No directory knows the owner "alice".`, `~ status = "active" -> "review"`).Silent("revoked")
	w.Apply()
	w.Holds(app, "holder", "null", "owner_status", "unknown", "findings", "owner.unknown")
	w.Holds(key, "status", "review", "generations", "g1", "holder", "cmdb/p1")
	w.Plan().Exits(0)
}

func TestAnAssetThatIsGoneStaysInTheState(t *testing.T) {
	w := acctest.Load(t, "granted")
	w.Apply()
	w.Forget("assets.csv", "APP-1")
	w.Apply()
	w.Holds(app, "findings", "asset.missing", "state", "unknown", "class", "null", "holder", "null")
	w.Plan().Exits(0)
}

func TestDuplicatedRecordsAreNamedByTheirLines(t *testing.T) {
	w := acctest.Load(t, "alone")
	w.Append("assets.csv", "APP-1,application,Copy,in_service,bob,export invoices,production,high,,,,2030-01-01")
	w.Plan().Exits(2).Says("record.duplicate", "assets.csv line 2", "assets.csv line 4", "the records disagree on owner, so none of them is believed there")
}

func TestAnAmbiguousOwnerIsUnknownWithTheCandidates(t *testing.T) {
	w := acctest.Load(t, "alone")
	w.Append("people.csv", "p5,alice@example.com,ALICE,Alice the other,employee,active,,,")
	w.Plan().Exits(2).Says("owner.unknown", `The owner "alice" may be any of cmdb/p1 (Alice), cmdb/p5 (Alice the other).`)
}

func TestUnmappedWordsAreIncomplete(t *testing.T) {
	w := acctest.Load(t, "alone")
	w.Asset("APP-1", "class", "toaster", "state", "on the shelf")
	w.Plan().Exits(2).Says(`The state "on the shelf" is not mapped to a lifecycle state.`, `The policy does not map the class "toaster", so the asset counts as a workload.`)
}
