package grant_test

import (
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
)

// fleet returns a workspace with three active grants on one laptop.
func fleet(t *testing.T, limit string) *acctest.Workspace {
	t.Helper()
	w := acctest.Load(t, "fleet")
	w.Apply()
	if limit != "" {
		w.Provider("limits = { revocations = " + limit + " }")
	}
	return w
}

func leave(w *acctest.Workspace) { w.Person("p1", "status", "left") }

func TestTheBrakeStopsMassRevocation(t *testing.T) {
	for name, c := range map[string]struct {
		change func(w *acctest.Workspace)
		limit  string
		stops  bool
	}{
		"as many as the limit":      {leave, "3", false},
		"one more than the limit":   {leave, "2", true},
		"no limit of one's own":     {leave, "", false},
		"none may be revoked":       {leave, "0", true},
		"a block counts":            {func(w *acctest.Workspace) { w.Person("p1", "status", "suspended") }, "2", true},
		"a rotation at once counts": {func(w *acctest.Workspace) { w.Asset("LAP-1", "owner", "bob") }, "2", true},
		"disabling counts": {func(w *acctest.Workspace) {
			w.Edit("main.tf", `"remove"`, `"disable"`)
			w.Person("p1", "status", "suspended")
		}, "2", true},
		"a rotation with overlap does not": {func(w *acctest.Workspace) { w.Edit("main.tf", `secret = "1"`, `secret = "2"`) }, "0", false},
		"a renewal does not":               {func(w *acctest.Workspace) { w.Clock.Advance(60 * day) }, "0", false},
		"an expiry does not": {func(w *acctest.Workspace) {
			w.Asset("LAP-1", "retirement_date", acctest.Start.Add(-time.Hour).Format(time.RFC3339))
		}, "0", false},
		"revoke_generations does not": {func(w *acctest.Workspace) {
			w.Edit("main.tf", "revoke_generations  = []", `revoke_generations  = ["g1"]`)
		}, "0", false},
		"destroyed grants do not": {func(w *acctest.Workspace) { leave(w); w.Write("main.tf", "") }, "0", false},
	} {
		t.Run(name, func(t *testing.T) {
			w := fleet(t, c.limit)
			before := w.Read(acctest.StateFile)
			c.change(w)
			if !c.stops {
				w.Plan().Exits(2).Silent("Error")
				w.Apply()
				return
			}
			w.TryApply().Exits(1).Says("Error: Too Many Revocations in One Plan", "limits.revocations = "+c.limit,
				"cmdb/LAP-1#vpn/a g1", "Nothing was issued and nothing was revoked.", "raise limits.revocations")
			if w.Read(acctest.StateFile) != before {
				t.Error("the state changed, although the plan was refused")
			}
		})
	}
}

// Terraform plans each grant again at apply, in the same process.
func TestTheBrakeCountsNothingTwice(t *testing.T) {
	w := fleet(t, "3")
	leave(w)
	w.Apply()
	w.Holds(`custody_grant.vpn["a"]`, "status", "revoked")
	w.Plan().Exits(0)
}

func TestTheBrakeListsEverythingItStopped(t *testing.T) {
	w := fleet(t, "0")
	leave(w)
	w.Plan().Exits(1).Says("So far: cmdb/LAP-1#vpn/a g1 cmdb/LAP-1#vpn/b g1 cmdb/LAP-1#vpn/c g1")
}

func TestTheBrakeAllowsTwentyFiveByDefault(t *testing.T) {
	w := acctest.Load(t, "fleet")
	w.Edit("main.tf", `["a", "b", "c"]`, "[for i in range(26) : tostring(i)]")
	w.Apply()
	leave(w)
	w.Plan().Exits(1).Says("limits.revocations = 25")
}

// What is disabled already cannot be taken away once more.
func TestTheBrakeCountsOnlyWhatIsEnabled(t *testing.T) {
	w := fleet(t, "")
	w.Edit("main.tf", `"remove"`, `"disable"`)
	w.Person("p1", "status", "suspended")
	w.Apply()
	w.Provider("limits = { revocations = 0 }")
	leave(w)
	w.Apply()
	w.Holds(`custody_grant.vpn["a"]`, "status", "revoked", "generations", "")
}
