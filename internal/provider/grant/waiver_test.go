package grant_test

import (
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
)

func TestAnAttestationClearsAReviewUntilTheNextRecertification(t *testing.T) {
	w := acctest.Load(t, "app")
	w.Apply()
	w.Clock.Advance(time.Hour)
	w.Append("tasks.csv", "T-1,reassignment,APP-1,open,,")
	w.Apply()
	w.Holds(key, "status", "review")

	w.Clock.Advance(time.Hour)
	give(w, attested(time.Hour)) // not after the finding was first seen
	w.Apply()
	w.Holds(key, "status", "review")
	take(w, attested(time.Hour))
	give(w, attested(2*time.Hour))
	w.Apply()
	w.Holds(key, "status", "active", "reasons", "", "conditions", "task.open", "certified_at", instant(2*time.Hour))
	w.Plan().Exits(0)

	w.Clock.Set(acctest.Start.Add(180*day + 2*time.Hour))
	verify(w, "APP-1")
	w.Plan().Exits(2).Says(`~ status = "active" -> "review"`, "task.open", "grant.recertification_due")
}

func TestAnAttestationClearsNeitherBlockNorRevoke(t *testing.T) {
	for status, change := range map[string]func(w *acctest.Workspace){
		"blocked": func(w *acctest.Workspace) { w.Person("p1", "status", "suspended") },
		"revoked": func(w *acctest.Workspace) { w.Asset("LAP-1", "state", "lost") },
	} {
		t.Run(status, func(t *testing.T) {
			w := acctest.Load(t, "laptop")
			w.Apply()
			change(w)
			w.Apply()
			w.Clock.Advance(time.Hour)
			give(w, attested(time.Hour))
			w.Apply()
			w.Holds(vpn, "status", status, "generations", "")
		})
	}
}

func TestARecertificationIsDueAndBlocksAfterItsGrace(t *testing.T) {
	w := acctest.Load(t, "app")
	give(w, `policy = jsonencode({ version = 1, lifetimes = [{ recertify_every = "30d" }] })`)
	w.Apply()
	w.Clock.Advance(30 * day)
	w.Apply()
	w.Holds(key, "status", "active", "action", "recertify", "reasons", "grant.recertification_due", "next_change_at", instant(44*day))
	w.Clock.Advance(14 * day)
	w.Plan().Exits(2).Says(`~ status = "active" -> "blocked"`, "nobody answered in time")
	w.Apply()
	give(w, attested(44*day))
	w.Apply()
	w.Holds(key, "status", "active", "generations", "g2")
}

func TestAStaleRecordBlocksAfterItsGraceAndUnmarksItself(t *testing.T) {
	w := acctest.Load(t, "app")
	w.Asset("APP-1", "verified_at", "2029-01-01")
	w.Apply()
	w.Holds(key, "status", "active", "action", "recertify", "conditions", "record.stale", "conditions.record.stale", "null", "next_change_at", instant(14*day))
	w.Clock.Advance(14*day - time.Second)
	w.Plan().Exits(0)
	w.Clock.Advance(time.Second)
	w.Apply()
	w.Holds(key, "status", "blocked")
	verify(w, "APP-1")
	w.Apply()
	w.Holds(key, "status", "active", "conditions", "", "generations", "g2")
}

// waiver is an exception for one finding that ends ten days after the start.
const waiver = `exception = { codes = ["task.open"], reason = "CHG-8", approved_by = "carol", expires_at = "2030-01-25T09:00:00Z" }`

func TestAnExceptionWaivesItsFindingsUntilItEnds(t *testing.T) {
	w := acctest.Load(t, "app")
	w.Append("tasks.csv", "T-1,reassignment,APP-1,open,,")
	give(w, waiver)
	w.Apply()
	w.Holds(key, "status", "active", "reasons", "", "conditions", "task.open", "expires_at", instant(10*day), "next_change_at", instant(10*day))
	w.Plan().Exits(0)

	w.Clock.Advance(10 * day)
	w.Plan().Exits(2).Says("exception.expired", `The exception approved by "carol" has ended`, "task.open")
	w.Apply()
	w.Holds(key, "status", "review", "conditions", "exception.expired task.open")
}

func TestTheShorterExceptionMaxHolds(t *testing.T) {
	w := acctest.Load(t, "app")
	give(w, waiver, `policy = jsonencode({ version = 1, exception_max = "9d" })`)
	w.Plan().Exits(1).Says("Error: Exception Is Too Long", "The grant policy allows an exception of at most 9d")
}

func TestAnExceptionNeitherUnlatchesNorRaisesConfidence(t *testing.T) {
	w := acctest.Load(t, "laptop")
	w.Asset("LAP-1", "verified_at", "2029-01-01")
	give(w, `exception = { codes = ["record.stale"], reason = "CHG-8", approved_by = "carol", expires_at = "2030-02-25" }`)
	w.Apply()
	w.Holds(vpn, "status", "active", "reasons", "")
	w.Person("p1", "status", "left")
	w.Apply()
	w.Holds(vpn, "status", "review")
	w.Asset("LAP-1", "verified_at", "2030-01-14")
	w.Apply()
	w.Holds(vpn, "status", "revoked")
	w.Person("p1", "status", "active")
	w.Apply()
	w.Holds(vpn, "status", "revoked", "reasons", "grant.latched")
}

func TestAGrantsPolicyCanOnlyTighten(t *testing.T) {
	for name, c := range map[string]struct {
		policy string
		want   []string
	}{
		"a severer action wins":      {`triggers = [{ on = "task.open", action = "block" }]`, []string{"status", "blocked"}},
		"a milder action does not":   {`triggers = [{ on = "task.open", action = "keep" }]`, []string{"status", "review"}},
		"a shorter lifetime wins":    {`lifetimes = [{ ttl = "10d" }]`, []string{"expires_at", instant(10 * day)}},
		"a longer lifetime does not": {`lifetimes = [{ ttl = "100d" }]`, []string{"expires_at", instant(90 * day)}},
		"a condition decides":        {`triggers = [{ on = "task.open", when = "grant.risk == 'privileged'", action = "block" }]`, []string{"status", "review"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := acctest.Load(t, "app")
			give(w, "policy = jsonencode({ version = 1, "+c.policy+" })")
			w.Append("tasks.csv", "T-1,reassignment,APP-1,open,,")
			w.Apply()
			w.Holds(key, c.want...)
			w.Plan().Exits(0)
		})
	}
}
