package grant_test

import (
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
)

func TestBlockRemovesAndUnblockingIssuesANewKey(t *testing.T) {
	w := acctest.Load(t, "laptop")
	w.Apply()
	w.Person("p1", "status", "suspended")
	w.Plan().Exits(2).Says(`~ status = "active" -> "blocked"`, `terraform_data.credential["g1"] will be destroyed`)
	w.Apply()
	w.Holds(vpn, "status", "blocked", "generations", "", "active", "false", "serial", "1", "revoked_at", "null")
	w.Plan().Exits(0)

	w.Person("p1", "status", "active")
	w.Plan().Exits(2).Says(`~ status = "blocked" -> "active"`, `terraform_data.credential["g2"] will be created`)
	w.Apply()
	w.Holds(vpn, "status", "active", "generations", "g2", "serial", "2", "conditions", "")
	w.Plan().Exits(0)
}

func TestBlockDisablesAndUnblockingEnables(t *testing.T) {
	w := acctest.Load(t, "laptop")
	give(w, `on_block = "disable"`)
	w.Apply()
	w.Person("p1", "status", "suspended")
	w.Plan().Exits(2).Says("~ enabled = true -> false").Silent("will be destroyed")
	w.Apply()
	w.Holds(vpn, "status", "blocked", "generations", "g1", "generations.g1.enabled", "false", "active", "false", "current", "g1")

	w.Clock.Advance(70 * day) // past the renewal of g1: nothing is renewed while blocked
	w.Plan().Exits(0)
	w.Person("p1", "status", "active")
	w.Apply()
	w.Holds(vpn, "status", "active", "generations", "g1 g2", "generations.g1.enabled", "true", "active", "true")
}

func TestADisabledGenerationStillExpires(t *testing.T) {
	w := acctest.Load(t, "laptop")
	give(w, `on_block = "disable"`)
	w.Apply()
	w.Person("p1", "status", "suspended")
	w.Apply()
	w.Clock.Advance(90 * day)
	w.Plan().Exits(2).Says(`terraform_data.credential["g1"] will be destroyed`)
	w.Apply()
	w.Person("p1", "status", "active")
	w.Apply()
	w.Holds(vpn, "status", "active", "generations", "g2", "generations.g2.enabled", "true")
}

func TestAReviewKeepsAndRenewsWhatExists(t *testing.T) {
	w := acctest.Load(t, "app")
	w.Apply()
	w.Clock.Advance(50 * day)
	w.Append("tasks.csv", "T-1,reassignment,APP-1,open,2030-12-01,https://tasks.example.org/T-1")
	w.Apply()
	w.Holds(key, "status", "review", "generations", "g1")
	w.Clock.Advance(10 * day)
	w.Apply()
	w.Holds(key, "status", "review", "generations", "g1 g2", "rotation", "overlap")
}

// unissuable are the changes on which a review goes on with what exists, but
// nothing is issued or renewed.
var unissuable = map[string]func(w *acctest.Workspace){
	`No directory knows the owner "stranger".`: func(w *acctest.Workspace) { w.Asset("APP-1", "owner", "stranger") },
	`it holds no record of "APP-1"`:            func(w *acctest.Workspace) { w.Forget("assets.csv", "APP-1") },
}

func TestNothingIsIssuedForNobodyKnown(t *testing.T) {
	for says, change := range unissuable {
		t.Run(says, func(t *testing.T) {
			w := acctest.Load(t, "app")
			change(w)
			w.Plan().Exits(2).Says(says, "New Grant Starts With Findings", "No credential is issued.").Silent(`credential["g1"]`)
			w.Apply()
			w.Holds(key, "serial", "0", "generations", "", "status", "review", "active", "false", "basis", "null", "revoked_at", "null")
			w.Plan().Exits(0)
		})
	}
}

func TestNothingIsRenewedForNobodyKnown(t *testing.T) {
	for says, change := range unissuable {
		t.Run(says, func(t *testing.T) {
			w := acctest.Load(t, "app")
			w.Apply()
			w.Clock.Advance(60 * day)
			change(w)
			w.Apply()
			w.Holds(key, "status", "review", "generations", "g1", "serial", "1", "generations.g1.enabled", "true")
			w.Plan().Exits(0)
		})
	}
}

func TestANewGrantWithFindingsWarnsOnce(t *testing.T) {
	w := acctest.Load(t, "TestFindingsThatNeverRevoke")
	w.Person("p1", "status", "left")
	w.Plan().Exits(2).Says("Warning: New Grant Starts With Findings", "with custody_grant.", "starts with status review and action review. A credential is issued.",
		"owner.left: The owner cmdb/p1 (Alice) has left.", "(and one more similar warning elsewhere)")
	w.Apply()
	w.Plan().Exits(0).Silent("Warning")
}
