package grant_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
	"github.com/custodyhq/terraform-provider-custody/internal/acctest/check"
)

// limit replaces the limit of the brake; an empty one is the default.
func limit(w *acctest.World, provider, revocations string) {
	w.Write("provider.tf", provider)
	if revocations != "" {
		w.Provider("limits = { revocations = " + revocations + " }")
	}
}

func leave(w *acctest.World) { w.Person("p1", "status", "left") }

func suspend(w *acctest.World) { w.Person("p1", "status", "suspended") }

// Plans over three active grants on one laptop. None is applied, so each starts
// from the same state.
func TestTheBrakeStopsMassRevocation(t *testing.T) {
	w := acctest.NewWorld(t, "fleet")
	files, provider, grants := w.Tables(), w.Read("provider.tf"), w.Read("main.tf")
	var state string
	steps := []resource.TestStep{{PostApplyFunc: func() { state = w.Read(acctest.StateFile) }}}
	cases := map[string]struct {
		change func(w *acctest.World)
		limit  string
		stops  bool
	}{
		"as many as the limit":      {leave, "3", false},
		"one more than the limit":   {leave, "2", true},
		"no limit of one's own":     {leave, "", false},
		"none may be revoked":       {leave, "0", true},
		"a block counts":            {suspend, "2", true},
		"a rotation at once counts": {func(w *acctest.World) { w.Asset("LAP-1", "owner", "bob") }, "2", true},
		"disabling counts": {func(w *acctest.World) {
			w.Edit("main.tf", `"remove"`, `"disable"`)
			suspend(w)
		}, "2", true},
		"a rotation with overlap does not": {func(w *acctest.World) { w.Edit("main.tf", `secret = "1"`, `secret = "2"`) }, "0", false},
		"a renewal does not":               {func(w *acctest.World) { w.Clock.Advance(60 * day) }, "0", false},
		"an expiry does not": {func(w *acctest.World) {
			w.Asset("LAP-1", "retirement_date", acctest.Start.Add(-time.Hour).Format(time.RFC3339))
		}, "0", false},
		"revoke_generations does not": {func(w *acctest.World) {
			w.Edit("main.tf", "revoke_generations  = []", `revoke_generations  = ["g1"]`)
		}, "0", false},
		"destroyed grants do not": {func(w *acctest.World) { leave(w); w.Write("main.tf", "") }, "0", false},
	}
	for _, name := range slices.Sorted(maps.Keys(cases)) {
		c := cases[name]
		step := resource.TestStep{
			PreConfig: func() {
				t.Log(name)
				w.Restore(files)
				w.Write("main.tf", grants)
				limit(w, provider, c.limit)
				w.Clock.Set(acctest.Start)
				c.change(w)
			},
			PlanOnly:           true,
			ExpectNonEmptyPlan: true,
		}
		if c.stops {
			step.ExpectError = check.Error("Error: Too Many Revocations in One Plan", "limits.revocations = "+c.limit,
				"cmdb/LAP-1#vpn/a g1", "Nothing was issued and nothing was revoked.", "raise limits.revocations")
		}
		if name == "none may be revoked" {
			step.ExpectError = check.Error("limits.revocations = 0", "So far: cmdb/LAP-1#vpn/a g1 cmdb/LAP-1#vpn/b g1 cmdb/LAP-1#vpn/c g1")
		}
		steps = append(steps, step)
	}
	steps = append(steps, w.Look(func() error { return w.Unchanged(acctest.StateFile, state) }))
	resource.ParallelTest(t, w.Case(steps...))
}

// Terraform plans each grant again at apply, in the same process, and what is
// disabled already cannot be taken away once more.
func TestTheBrakeCountsNothingTwice(t *testing.T) {
	const a = `custody_grant.vpn["a"]`
	w := acctest.NewWorld(t, "fleet")
	provider := w.Read("provider.tf")
	w.Edit("main.tf", `"remove"`, `"disable"`)
	resource.ParallelTest(t, w.Case(
		resource.TestStep{},
		resource.TestStep{
			PreConfig: func() {
				limit(w, provider, "3")
				suspend(w)
			},
			ConfigStateChecks: check.State(check.Resource(a, check.Attributes{"status": "blocked", "generations.g1.enabled": false})),
		},
		resource.TestStep{
			PreConfig: func() {
				limit(w, provider, "0")
				leave(w)
			},
			ConfigStateChecks: check.State(check.Resource(a, check.Attributes{"status": "revoked", "generations": check.Keys()})),
		},
	))
}

// Issuing 26 credentials is slow, so this runs no command more than it needs.
func TestTheBrakeAllowsTwentyFiveByDefault(t *testing.T) {
	t.Parallel()
	w := acctest.Load(t, "fleet")
	w.Edit("main.tf", `["a", "b", "c"]`, "[for i in range(26) : tostring(i)]")
	w.Apply()
	w.Person("p1", "status", "left")
	w.Plan().Exits(1).Says("limits.revocations = 25")
}
