package grant_test

import (
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
)

func TestLeaverLosesTheLaptopsAccess(t *testing.T) {
	w := acctest.Load(t, "laptop")
	w.Apply()
	w.Person("p1", "status", "left")
	w.Plan().Exits(2).Says(`~ status = "active" -> "revoked"`, `terraform_data.credential["g1"] will be destroyed`,
		"The owner cmdb/p1 (Alice) has left. Action: revoke", "NHI1:2025")
	w.Apply()
	w.Holds(vpn, "status", "revoked", "active", "false", "action", "revoke", "reasons", "owner.left", "generations", "", "current", "null",
		"serial", "1", "revoked_at", instant(0), "conditions", "owner.left", "holder", "cmdb/p1", "expires_at", "null")
	w.Plan().Exits(0)
}

func TestLeaverOfAnApplicationIsReviewedAndTheSecretRotated(t *testing.T) {
	w := acctest.Load(t, "app")
	w.Apply()
	w.Person("p1", "status", "left")
	w.Apply()
	w.Holds(key, "status", "review", "action", "review", "rotation", "overlap", "reasons", "owner.left",
		"generations", "g1 g2", "generations.g1.state", "retiring", "generations.g2.state", "current", "generations.g1.enabled", "true",
		"generations.g1.expires_at", instant(7*day))
	w.Plan().Exits(0)

	w.Clock.Advance(30 * day)
	w.Plan().Exits(2).Says(`~ status = "review" -> "blocked"`, "nobody answered in time")
	w.Apply()
	w.Holds(key, "status", "blocked", "generations", "", "serial", "2")
}

func TestLeaverOfAPrivilegedApplicationWithoutSuccessorBlocks(t *testing.T) {
	w := acctest.Load(t, "app")
	give(w, `risk = "privileged"`)
	w.Person("p1", "manager", "", "teams", "")
	w.Apply()
	w.Person("p1", "status", "left")
	w.Apply()
	w.Holds(key, "status", "blocked", "reasons", "owner.left", "generations", "")
}

func TestReassignedLaptopTakesTheOldHoldersCredentialAtOnce(t *testing.T) {
	w := acctest.Load(t, "laptop")
	w.Apply()
	w.Asset("LAP-1", "owner", "bob")
	w.Plan().Exits(2).Says("The asset has passed from cmdb/p1 to cmdb/p2.", "rotate now",
		`terraform_data.credential["g1"] will be destroyed`, `terraform_data.credential["g2"] will be created`)
	w.Apply()
	w.Holds(vpn, "status", "active", "action", "keep", "rotation", "now", "reasons", "asset.reassigned", "generations", "g2", "holder", "cmdb/p2",
		"generations.g2.holder", "cmdb/p2", "conditions", "")
	w.Plan().Exits(0)
}

func TestReassignedApplicationRotatesWithOverlap(t *testing.T) {
	w := acctest.Load(t, "app")
	w.Apply()
	w.Asset("APP-1", "owner", "bob")
	w.Apply()
	w.Holds(key, "status", "active", "rotation", "overlap", "generations", "g1 g2", "generations.g1.holder", "cmdb/p1", "generations.g2.holder", "cmdb/p2")
	w.Plan().Exits(0)
}

func TestReassignmentToNobodyKnownIsNoReassignment(t *testing.T) {
	w := acctest.Load(t, "laptop")
	w.Apply()
	w.Asset("LAP-1", "owner", "stranger")
	w.Apply()
	w.Holds(vpn, "status", "review", "reasons", "owner.unknown", "generations", "g1", "holder", "cmdb/p1")
}

func TestAnOverlappingSetOfOwnersIsNoReassignment(t *testing.T) {
	w := acctest.Load(t, "laptop")
	w.Apply()
	w.Asset("LAP-1", "owner", "alice;bob")
	w.Apply()
	w.Holds(vpn, "status", "review", "reasons", "owner.shared", "generations", "g1", "holder", "cmdb/p1")
	w.Holds("custody_binding.laptop", "holder", "cmdb/p1, cmdb/p2")
	w.Person("p1", "status", "left")
	w.Plan().Exits(0)
	w.Person("p2", "status", "left")
	w.Plan().Exits(2).Says("owner.left", "instead of revoke, because the confidence 0.85 is below 0.90")
}

func TestMovedHolderIsRecertifiedAndRotated(t *testing.T) {
	for _, change := range [][]string{{"teams", "risk"}, {"manager", "bob"}} {
		t.Run(change[0], func(t *testing.T) {
			w := acctest.Load(t, "laptop")
			w.Apply()
			w.Person("p1", change...)
			w.Apply()
			w.Holds(vpn, "status", "active", "action", "recertify", "rotation", "overlap", "reasons", "owner.moved", "generations", "g1 g2", "conditions", "")
			w.Plan().Exits(0)
		})
	}
}

func TestChangedAssetIsRecertifiedAndRotated(t *testing.T) {
	for _, change := range [][]string{{"environment", "staging"}, {"criticality", "low"}, {"class", "service"}} {
		t.Run(change[0], func(t *testing.T) {
			w := acctest.Load(t, "app")
			w.Apply()
			w.Asset("APP-1", change...)
			w.Apply()
			w.Holds(key, "status", "active", "action", "recertify", "rotation", "overlap", "reasons", "asset.changed", "generations", "g1 g2",
				"basis."+change[0], change[1])
			w.Plan().Exits(0)
		})
	}
}

func TestRetiredAssetIsRevoked(t *testing.T) {
	for _, state := range []string{"retired", "lost"} {
		t.Run(state, func(t *testing.T) {
			w := acctest.Load(t, "app")
			w.Apply()
			w.Asset("APP-1", "state", state)
			w.Plan().Exits(2).Says("The asset is recorded as "+state, `terraform_data.credential["g1"] will be destroyed`)
			w.Apply()
			w.Holds(key, "status", "revoked", "reasons", "asset."+state, "generations", "")
		})
	}
}

func TestFindingsThatNeverRevoke(t *testing.T) {
	vanish := func(w *acctest.Workspace) { w.Forget("assets.csv", "APP-1") }
	for name, c := range map[string]struct {
		change           func(w *acctest.Workspace)
		standard, strict string // the status of standard and of privileged access
	}{
		"asset.missing":   {vanish, "review", "blocked"},
		"owner.none":      {func(w *acctest.Workspace) { w.Asset("APP-1", "owner", "") }, "review", "blocked"},
		"owner.unknown":   {func(w *acctest.Workspace) { w.Forget("people.csv", "p1") }, "review", "blocked"},
		"owner.conflict":  {func(w *acctest.Workspace) { w.Edit("main.tf", "APP-1\"", "APP-1\"\n  declared = { owner = \"bob\" }") }, "review", "blocked"},
		"owner.suspended": {func(w *acctest.Workspace) { w.Person("p1", "status", "suspended") }, "review", "review"},
		"owner.leaving":   {func(w *acctest.Workspace) { w.Person("p1", "end_date", "2030-02-01") }, "review", "review"},
		"owner.no_active_member": {func(w *acctest.Workspace) {
			w.Asset("APP-1", "owner", "payments")
			for _, id := range []string{"p1", "p2", "p3"} {
				w.Person(id, "teams", "")
			}
		}, "review", "blocked"},
		"asset.inactive":    {func(w *acctest.Workspace) { w.Asset("APP-1", "state", "planned") }, "blocked", "blocked"},
		"asset.retiring":    {func(w *acctest.Workspace) { w.Asset("APP-1", "retirement_date", "2030-02-01") }, "review", "review"},
		"owner.shared":      {func(w *acctest.Workspace) { w.Asset("APP-1", "shared", "true") }, "review", "review"},
		"record.stale":      {func(w *acctest.Workspace) { w.Asset("APP-1", "verified_at", "2029-01-01") }, "active", "active"},
		"record.incomplete": {func(w *acctest.Workspace) { w.Asset("APP-1", "purpose", "") }, "active", "active"},
		"record.duplicate": {func(w *acctest.Workspace) {
			w.Append("assets.csv", "APP-1,application,Copy,in_service,alice,export invoices,production,high,,,,2030-01-01")
		}, "review", "blocked"},
		"task.open":    {func(w *acctest.Workspace) { w.Append("tasks.csv", "T-1,decommission,APP-1,open,2030-02-01,") }, "review", "blocked"},
		"task.overdue": {func(w *acctest.Workspace) { w.Append("tasks.csv", "T-1,decommission,APP-1,open,2030-01-01,") }, "blocked", "blocked"},
	} {
		t.Run(name, func(t *testing.T) {
			w := acctest.Load(t, "TestFindingsThatNeverRevoke")
			w.Apply()
			c.change(w)
			w.Apply()
			for address, status := range map[string]string{"custody_grant.standard": c.standard, "custody_grant.privileged": c.strict} {
				w.Holds(address, "status", status, "revoked_at", "null")
				if got := acctest.Text(w.Attributes(address)["reasons"]); !contains(got, name) {
					t.Errorf("%s: the reasons are %q and do not hold %s", address, got, name)
				}
			}
			w.Plan().Exits(0)
		})
	}
}
