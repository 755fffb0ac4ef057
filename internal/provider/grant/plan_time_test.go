package grant_test

import (
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
	"github.com/custodyhq/terraform-provider-custody/internal/policy"
)

func TestPlanTimeIsTheSameAtPlanAndApply(t *testing.T) {
	w := acctest.Load(t, "app")
	w.Save().Says(`expires_at = "` + instant(90*day) + `"`)
	w.Clock.Advance(3 * time.Hour)
	w.ApplySaved().Ok()
	w.Holds(key, "generations.g1.issued_at", instant(0), "expires_at", instant(90*day))
}

func TestASavedPlanGetsTooOld(t *testing.T) {
	for allowed, argument := range map[string]string{"1d": "", "2h": `max_plan_age = "2h"`, "7d": `max_plan_age = "168h"`} {
		age, _ := policy.ParseDuration(allowed)
		t.Run(allowed, func(t *testing.T) {
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

func TestTheInstantOfARunDoesNotPrecedeTheState(t *testing.T) {
	w := acctest.Load(t, "app")
	w.Apply()
	w.Clock.Advance(-time.Second)
	w.Plan().Exits(1).Says("Error: Instant of the Run Precedes the State", "with custody_grant.key", "Set plan_time = plantimestamp()")
	w.Holds(key, "generations.g1.issued_at", instant(0))
}

func withoutPlanTime(t *testing.T) *acctest.Workspace {
	t.Helper()
	w := acctest.Load(t, "app")
	w.Edit("provider.tf", "plan_time = var.plan_time", "")
	return w
}

func TestWithoutPlanTimeKeysAreKnownAndInstantsAreNot(t *testing.T) {
	w := withoutPlanTime(t)
	w.Save().Says(`terraform_data.credential["g1"] will be created`, "+ enabled = true", `+ current = "g1"`, `+ status = "active"`,
		"+ issued_at = (known after apply)", "+ expires_at = (known after apply)", "+ certified_at = (known after apply)", "+ next_change_at = (known after apply)")
	w.Clock.Advance(time.Hour)
	w.ApplySaved().Ok()
	w.Holds(key, "generations.g1.issued_at", instant(time.Hour), "expires_at", instant(90*day+time.Hour))

	w.Clock.Advance(30 * day)
	w.Plan().Exits(0)

	w.Clock.Set(acctest.Start.Add(60*day + time.Hour))
	w.Save().Says(`~ "g1" = {`, `~ state = "current" -> "retiring"`, `terraform_data.credential["g2"] will be created`, "-> (known after apply)").
		Silent("issued_at = \"" + instant(time.Hour) + "\" ->")
	w.ApplySaved().Ok()
	w.Holds(key, "generations", "g1 g2", "generations.g1.issued_at", instant(time.Hour), "generations.g2.issued_at", instant(60*day+time.Hour))
	w.Plan().Exits(0)
}

func TestWithoutPlanTimeConditionsAreKnownByCodeOnly(t *testing.T) {
	w := withoutPlanTime(t)
	w.Apply()
	w.Append("tasks.csv", "T-1,decommission,APP-1,open,,")
	w.Plan().Exits(2).Says(`+ "task.open" = (known after apply)`)
}

func TestWithoutPlanTimeAThresholdBetweenPlanAndApplyFailsClosed(t *testing.T) {
	w := withoutPlanTime(t)
	w.Apply()
	w.Clock.Advance(60*day - time.Minute)
	give(w, `rotate_when_changed = { secret = "1" }`)
	w.Save().Silent(`credential["g2"]`)
	w.Clock.Advance(time.Minute)
	w.ApplySaved().Exits(1).Says("Provider produced inconsistent final plan")
	w.Holds(key, "generations", "g1", "serial", "1")
}
