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

// Plans over three active grants on one laptop.
func TestTheBrakeStopsMassRevocation(t *testing.T) {
	w := acctest.NewWorld(t, "fleet")
	files, provider := w.Tables(), w.Read("provider.tf")
	var state string
	steps := []resource.TestStep{{PostApplyFunc: func() { state = w.Read(acctest.StateFile) }}}
	cases := map[string]struct {
		change func(w *acctest.World)
		limit  string
		says   string
	}{
		"one more than the limit":   {leave, "2", "cmdb/LAP-1#vpn/a g1"},
		"none may be revoked":       {leave, "0", "So far: cmdb/LAP-1#vpn/a g1 cmdb/LAP-1#vpn/b g1 cmdb/LAP-1#vpn/c g1"},
		"a block counts":            {suspend, "2", "cmdb/LAP-1#vpn/a g1"},
		"a rotation at once counts": {func(w *acctest.World) { w.Asset("LAP-1", "owner", "bob") }, "2", "cmdb/LAP-1#vpn/a g1"},
		"disabling counts": {func(w *acctest.World) {
			w.Edit("main.tf", `"remove"`, `"disable"`)
			suspend(w)
		}, "2", "cmdb/LAP-1#vpn/a g1"},
	}
	grants := w.Read("main.tf")
	for _, name := range slices.Sorted(maps.Keys(cases)) {
		c := cases[name]
		steps = append(steps, resource.TestStep{
			PreConfig: func() {
				t.Log(name)
				w.Restore(files)
				w.Write("main.tf", grants)
				limit(w, provider, c.limit)
				c.change(w)
			},
			ExpectError: check.Error("Error: Too Many Revocations in One Plan", "limits.revocations = "+c.limit,
				c.says, "Nothing was issued and nothing was revoked.", "raise limits.revocations"),
		})
	}
	steps = append(steps, w.Look(func() error { return w.Unchanged(acctest.StateFile, state) }))
	resource.ParallelTest(t, w.Case(steps...))
}

func TestWhatTheBrakeDoesNotCount(t *testing.T) {
	const rotated, renewed, expired, revoked, removed = "rotated_with_overlap", "renewed", "expired", "revoked_generations", "removed"
	e := newEstate(t)
	e.app(rotated, `rotate_when_changed = { secret = "1" }`)
	for _, name := range []string{renewed, expired, revoked, removed} {
		e.app(name)
	}
	e.Provider("limits = { revocations = 0 }")
	resource.ParallelTest(t, e.Case(
		resource.TestStep{},
		resource.TestStep{
			PreConfig: func() {
				e.Clock.Advance(60 * day)
				e.give(rotated, `rotate_when_changed = { secret = "2" }`)
				e.Asset(expired, "retirement_date", e.Clock.Now().Add(-time.Hour).Format(time.RFC3339))
				e.give(revoked, `revoke_generations = ["g1"]`)
				e.Person(removed, "status", "left")
				delete(e.entries, removed)
				e.write()
			},
			ConfigPlanChecks: check.Plan(check.Changes{
				grant(rotated): check.Update, credential(rotated, "g2"): check.Create,
				grant(renewed): check.Update, credential(renewed, "g2"): check.Create,
				grant(expired): check.Update, credential(expired, "g1"): check.Destroy,
				grant(revoked): check.Update, credential(revoked, "g1"): check.Destroy, credential(revoked, "g2"): check.Create,
				binding(removed): check.Destroy, grant(removed): check.Destroy, credential(removed, "g1"): check.Destroy,
			}),
		},
	))
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
