package grant_test

import (
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
	"github.com/custodyhq/terraform-provider-custody/internal/acctest/check"
	"github.com/custodyhq/terraform-provider-custody/internal/policy"
)

// pass lets time pass between a plan and its apply.
func pass(w *acctest.World, d time.Duration) plancheck.PlanCheck {
	return check.Then(func() { w.Clock.Advance(d) })
}

func TestPlanTimeIsTheSameAtPlanAndApply(t *testing.T) {
	w := acctest.NewWorld(t, "app")
	resource.ParallelTest(t, w.Case(
		resource.TestStep{
			ConfigPlanChecks:  check.Plan(check.Resource(key, check.Attributes{"generations.current.expires_at": instant(90 * day)}), pass(w, 3*time.Hour)),
			ConfigStateChecks: check.State(check.Resource(key, check.Attributes{"binding.memory.issued_at.g1": instant(0), "generations.current.expires_at": instant(90 * day)})),
		},
		// At an instant that precedes the state nothing is issued, and what must go goes.
		resource.TestStep{
			PreConfig:        func() { w.Clock.Set(acctest.Start.Add(-time.Second)) },
			PlanOnly:         true,
			ConfigPlanChecks: check.PlanOnly(check.Changes{}),
		},
		resource.TestStep{
			PreConfig:         func() { w.Asset("APP-1", "state", "retired") },
			ConfigStateChecks: check.State(check.Resource(key, check.Attributes{"status": "revoked", "generations": check.Keys()})),
		},
	))
}

// A case plans anew after each apply, so a plan that is older than that is saved
// by the own workspace.
func TestASavedPlanGetsTooOld(t *testing.T) {
	t.Parallel()
	for allowed, argument := range map[string]string{"1d": "", "2h": `max_plan_age = "2h"`, "7d": `max_plan_age = "168h"`} {
		age, _ := policy.ParseDuration(allowed)
		t.Run(allowed, func(t *testing.T) {
			t.Parallel()
			w := acctest.Load(t, "laptop")
			w.Provider(argument)
			w.Save()
			w.Clock.Advance(age)
			w.ApplySaved().Ok()

			w.Asset("LAP-1", "owner", "bob")
			w.Save()
			w.Clock.Advance(age + time.Second)
			w.ApplySaved().Exits(1).Says("Error: Saved Plan Is Too Old", "on provider.tf line", "plan_time = var.plan_time",
				"may be applied for "+allowed, "What other providers planned to destroy may already be gone.", "Make a new plan.")
			w.Holds(vpn, "generations", "g1", "holder", "cmdb/p1")
		})
	}
}

func withoutPlanTime(t *testing.T) *acctest.World {
	t.Helper()
	w := acctest.NewWorld(t, "app")
	w.Edit("provider.tf", "plan_time = var.plan_time", "")
	return w
}

func TestWithoutPlanTimeKeysAreKnownAndInstantsAreNot(t *testing.T) {
	w := withoutPlanTime(t)
	second := 60*day + time.Hour
	resource.ParallelTest(t, w.Case(
		resource.TestStep{
			ConfigPlanChecks: check.Plan(
				check.Changes{"custody_binding.app": check.Create, key: check.Create, `terraform_data.credential["g1"]`: check.Create},
				check.Resource(key, check.Attributes{
					"generations.g1.enabled": true, "status": "active", "binding.memory.issued_at.g1": check.Unknown,
					"generations.current.expires_at": check.Unknown, "binding.memory.certified_at": check.Unknown, "next_change_at": check.Unknown,
				}),
				pass(w, time.Hour),
			),
			ConfigStateChecks: check.State(check.Resource(key, check.Attributes{
				"binding.memory.issued_at.g1": instant(time.Hour), "generations.current.expires_at": instant(90*day + time.Hour),
			})),
		},
		resource.TestStep{PreConfig: func() { w.Clock.Advance(30 * day) }, PlanOnly: true},
		resource.TestStep{
			PreConfig: func() { w.Clock.Set(acctest.Start.Add(second)) },
			ConfigPlanChecks: check.Plan(
				check.Changes{key: check.Update, `terraform_data.credential["g2"]`: check.Create},
				check.Resource(key, check.Attributes{
					"generations": check.Keys("g1", "g2"), "generations.g1.expires_at": check.Unknown, "generations.g2.expires_at": check.Unknown, "binding.memory": check.Unknown,
					"because": check.Says("The credential is due for renewal: g2 is issued now, and g1 ends after 7d."),
				}),
			),
			ConfigStateChecks: check.State(check.Resource(key, check.Attributes{
				"generations": check.Keys("g1", "g2"), "binding.memory.issued_at.g1": instant(time.Hour), "binding.memory.issued_at.g2": instant(second),
			})),
		},
		// Of a condition that is new, the code is known.
		resource.TestStep{
			PreConfig:          func() { w.Append("tasks.csv", "T-1,decommission,APP-1,open,,") },
			PlanOnly:           true,
			ExpectNonEmptyPlan: true,
			ConfigPlanChecks:   check.PlanOnly(check.Resource(key, check.Attributes{"binding.memory.conditions.task.open": check.Unknown})),
		},
	))
}

func TestWithoutPlanTimeAThresholdBetweenPlanAndApplyFailsClosed(t *testing.T) {
	w := withoutPlanTime(t)
	resource.ParallelTest(t, w.Case(
		resource.TestStep{},
		resource.TestStep{
			PreConfig: func() {
				w.Clock.Advance(60*day - time.Minute)
				give(w, `rotate_when_changed = { secret = "1" }`)
			},
			ConfigPlanChecks: check.Plan(check.Changes{key: check.Update}, pass(w, time.Minute)),
			ExpectError:      check.Error("Provider produced inconsistent final plan"),
		},
		w.Left(check.Resource(key, check.Attributes{"generations": check.Keys("g1"), "binding.memory.serial": 1})),
	))
}

// What nothing has happened to is planned without the plugin framework, until its
// day has come. Every test here asks both ways and compares; this one sees that there
// are two.
func TestWhatNothingHappenedToIsLeftAlone(t *testing.T) {
	t.Parallel()
	w := acctest.Load(t, "app")
	w.Plan().Exits(2)
	w.Apply().Ok()
	for name, want := range map[string]struct {
		days  int
		short int64
		code  int
	}{"the next day": {1, 2, 0}, "the day of the renewal": {80, 1, 2}} {
		t.Run(name, func(t *testing.T) {
			w.Clock.Set(acctest.Start.AddDate(0, 0, want.days))
			before := w.Untouched.Load()
			w.In(t).Plan().Exits(want.code)
			if got := w.Untouched.Load() - before; got != want.short {
				t.Errorf("%d instances were left alone, want %d", got, want.short)
			}
		})
	}
}
