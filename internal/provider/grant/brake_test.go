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
	w.Default("limits")
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
		"a date that has passed counts": {func(w *acctest.World) {
			w.Asset("LAP-1", "retirement_date", acctest.Start.Add(-time.Hour).Format(time.RFC3339))
		}, "2", true},
		"an expiry that was announced does not": {func(w *acctest.World) {
			w.Clock.Advance(91 * day)
			w.Asset("LAP-1", "verified_at", w.Clock.Now().Format(time.DateOnly))
		}, "0", false},
		"revoke_generations does not": {func(w *acctest.World) {
			w.Edit("main.tf", "revoke_generations  = []", `revoke_generations  = ["g1"]`)
		}, "0", false},
		"destroyed grants count": {func(w *acctest.World) { w.Write("main.tf", "") }, "2", true},
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
			step.ExpectError = check.Error("Error: Too Many Revocations in One Plan", "limits.revocations is "+c.limit+".",
				"cmdb/LAP-1#vpn/", "Nothing was issued and nothing was revoked.", "set limits = { revocations =")
		}
		if name == "none may be revoked" {
			step.ExpectError = check.Error("limits.revocations is 0.", "cmdb/LAP-1#vpn/a g1 cmdb/LAP-1#vpn/b g1 cmdb/LAP-1#vpn/c g1")
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

// A company of one laptop and one application has a brake of three.
func TestTheBrakeOfASmallCompany(t *testing.T) {
	t.Parallel()
	w := acctest.Load(t, "fleet")
	w.Default("limits")
	w.Edit("main.tf", `["a", "b", "c"]`, `["a", "b", "c", "d"]`)
	w.Apply()
	w.Person("p1", "status", "left")
	w.Plan().Exits(1).Says("It may do so with 3.", "a fifth of the 2 records that the systems list, at least 3: 3.")
}
