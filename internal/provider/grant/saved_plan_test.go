package grant_test

import (
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
)

// moved plans, lets the facts move and applies what was planned.
func moved(w *acctest.Workspace, change func()) acctest.Result {
	w.Save()
	w.Clock.Advance(time.Hour)
	change()
	return w.ApplySaved()
}

func refused(r acctest.Result, changes ...string) {
	r.Exits(1).Says("Error: Facts Changed Since Plan", "are no longer those that the plan rested on",
		"Nothing was issued. What the plan removed stays removed.", "Make a new plan and have it reviewed.").
		Says(changes...).Silent("bug in the provider")
}

func TestFactsThatMovedBeforeTheFirstIssue(t *testing.T) {
	w := acctest.Load(t, "app")
	w.Apply("-target=custody_binding.app")
	refused(moved(w, func() { w.Person("p1", "status", "suspended") }), "The owner's status was \"active\" and is now \"suspended\".", "New finding owner.suspended")
	if w.Attributes(key) != nil {
		t.Error("the grant stands in the state, although it was refused")
	}
	if got := w.Addresses("terraform_data"); len(got) > 0 {
		t.Errorf("credentials were created: %v", got)
	}
}

func TestFactsThatMovedBeforeARenewal(t *testing.T) {
	w := acctest.Load(t, "app")
	w.Apply()
	w.Clock.Advance(60 * day)
	refused(moved(w, func() { w.Asset("APP-1", "owner", "bob") }), `The holder was "cmdb/p1" and is now "cmdb/p2".`)
	w.Holds(key, "generations", "g1", "serial", "1", "generations.g1.state", "current", "generations.g1.expires_at", instant(90*day), "holder", "cmdb/p1")
	w.Plan().Exits(2).Says(`terraform_data.credential["g2"] will be created`)
}

func TestFactsThatMovedBeforeUnblocking(t *testing.T) {
	w := acctest.Load(t, "laptop")
	give(w, `on_block = "disable"`)
	w.Apply()
	w.Person("p1", "status", "suspended")
	w.Apply()
	w.Person("p1", "status", "active")
	refused(moved(w, func() { w.Person("p1", "status", "suspended") }), "The owner's status was \"active\" and is now \"suspended\".", "New finding owner.suspended")
	w.Holds(vpn, "status", "blocked", "generations.g1.enabled", "false")
	w.Plan().Exits(0)
}

// What the plan removed was destroyed before the grant was reached, so its key
// must not come back.
func TestFactsThatMovedBeforeARotationAtOnce(t *testing.T) {
	w := acctest.Load(t, "laptop")
	w.Apply()
	w.Asset("LAP-1", "owner", "bob")
	refused(moved(w, func() { w.Asset("LAP-1", "owner", "carol") }), `The holder was "cmdb/p2" and is now "cmdb/p3".`)
	w.Holds(vpn, "generations", "", "serial", "1", "active", "false")
	if got := w.Addresses("terraform_data"); len(got) > 0 {
		t.Errorf("credentials are left: %v", got)
	}
	w.Plan().Exits(2).Says(`terraform_data.credential["g2"] will be created`).Silent(`credential["g1"]`)
	w.Apply()
	w.Holds(vpn, "generations", "g2", "serial", "2", "holder", "cmdb/p3")
	w.Plan().Exits(0)
}

func TestFactsThatMovedBeforeRevokedGenerationsAreReplaced(t *testing.T) {
	w := acctest.Load(t, "app")
	w.Apply()
	give(w, `revoke_generations = ["g1"]`)
	refused(moved(w, func() { w.Append("tasks.csv", "T-1,decommission,APP-1,open,,") }), "task.open")
	w.Holds(key, "generations", "", "serial", "1")
	w.Apply()
	w.Holds(key, "generations", "g2", "status", "review")
}

// Terraform plans what is created once more at apply, so there the refusal is
// its own.
func TestFactsThatMovedBeforeBindingAndGrantAreCreated(t *testing.T) {
	w := acctest.Load(t, "app")
	moved(w, func() { w.Asset("APP-1", "state", "retired") }).Exits(1).
		Says("Provider produced inconsistent final plan", `.state: was cty.StringVal("in_service"), but now cty.StringVal("retired")`)
	if got := w.Addresses("terraform_data"); len(got) > 0 || w.Attributes(key) != nil {
		t.Errorf("something was created: %v", got)
	}
}

// Without a refresh the binding itself is updated, and Terraform plans it once
// more at apply.
func TestFactsThatMovedBeforeABindingIsUpdated(t *testing.T) {
	w := acctest.Load(t, "laptop")
	w.Apply()
	w.Asset("LAP-1", "owner", "bob")
	w.Save("-refresh=false")
	w.Asset("LAP-1", "owner", "carol")
	w.ApplySaved().Exits(1).Says("Provider produced inconsistent final plan", `.holder: was cty.StringVal("cmdb/p2"), but now cty.StringVal("cmdb/p3")`)
	w.Holds(vpn, "serial", "1", "holder", "cmdb/p1")
	w.Apply()
	w.Holds(vpn, "generations", "g2", "holder", "cmdb/p3")
}

func TestAPlannedRevocationGoesThrough(t *testing.T) {
	w := acctest.Load(t, "laptop")
	w.Apply()
	w.Person("p1", "status", "left")
	moved(w, func() { w.Person("p1", "status", "active") }).Ok()
	w.Holds(vpn, "status", "revoked", "generations", "")
	if got := w.Addresses("terraform_data"); len(got) > 0 {
		t.Errorf("credentials are left: %v", got)
	}
}

func TestASystemThatDoesNotAnswerAtApplyIssuesNothing(t *testing.T) {
	w := acctest.Load(t, "app")
	w.Apply("-target=custody_binding.app")
	moved(w, func() { w.Remove("people.csv") }).Exits(1).Says("people.csv",
		"Nothing was issued: absence cannot be told from failure. What the plan removed stays removed.")
	if w.Attributes(key) != nil {
		t.Error("the grant stands in the state, although nothing could be checked")
	}
}

func TestAnUnchangedSavedPlanIsApplied(t *testing.T) {
	w := acctest.Load(t, "app")
	moved(w, func() {}).Ok()
	w.Holds(key, "generations.g1.issued_at", instant(0))
	w.Plan().Exits(0)
}
