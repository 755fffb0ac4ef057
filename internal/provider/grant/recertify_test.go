package grant_test

import (
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
)

// A class is recertified between two dates, as the guide "Reviews and recertification"
// says it.
func TestAClassIsRecertifiedOnOneDay(t *testing.T) {
	t.Parallel()
	w := acctest.Load(t, "app")
	w.Append("main.tf", `locals {
  round = timecmp(var.plan_time, "2030-03-01T00:00:00Z") >= 0 && timecmp(var.plan_time, "2030-03-31T00:00:00Z") < 0
}`)
	w.Provider(`policy = jsonencode({ lifetimes = local.round ? [{ class = "*application*", recertify_every = "30d" }] : [] })`, `max_clock_jump = "9000h"`)
	w.Apply()
	w.Plan().Exits(0)
	w.Clock.Set(acctest.Start.AddDate(0, 0, 44)) // the day before
	w.Plan().Exits(0)
	w.Clock.Set(acctest.Start.AddDate(0, 0, 45))
	w.Plan().Exits(2).Says("grant.recertification_due on", `the recertification goes to the holder's manager "carol"`)
	w.Apply()
	w.Clock.Advance(day)
	give(w, `attestation = { by = "carol", at = "`+instant(46*day)+`", note = "round of March" }`)
	w.Apply()
	w.Holds(key, "because", "")
	w.Clock.Set(acctest.Start.AddDate(0, 0, 80)) // the round is over
	w.Apply()
	w.Holds(key, "status", "active")
}
