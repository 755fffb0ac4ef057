package grant_test

import (
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
	"github.com/custodyhq/terraform-provider-custody/internal/acctest/check"
)

// What an attestation and an exception answer, and what not.
func TestAttestationsAndExceptionsAnswerWhatTheyMay(t *testing.T) {
	const reviewed, blocked, lost, excepted = "reviewed", "blocked", "lost", "excepted"
	e := newEstate(t)
	e.app(reviewed)
	e.laptop(blocked)
	e.laptop(lost)
	e.laptop(excepted, `exception = { codes = ["record.stale"], reason = "CHG-8", approved_by = "carol", expires_at = "2030-02-25" }`)
	stale()(e, excepted)
	status := func(name, word string) check.Expectation {
		return check.Resource(grant(name), check.Attributes{"status": word})
	}
	nothing := func(name, word string) check.Expectation {
		return check.Resource(grant(name), check.Attributes{"status": word, "generations": check.Keys()})
	}
	resource.ParallelTest(t, e.Case(
		resource.TestStep{ConfigStateChecks: check.State(
			check.Resource(grant(excepted), check.Attributes{"status": "active", "because": check.Codes()}),
		)},
		resource.TestStep{
			PreConfig: func() {
				e.Clock.Advance(time.Hour)
				task("reassignment", "")(e, reviewed)
				e.Person(blocked, "status", "suspended")
				e.Asset(lost, "state", "lost")
				e.Person(excepted, "status", "left")
			},
			// An exception raises no confidence.
			ConfigStateChecks: check.State(status(reviewed, "review"), nothing(blocked, "blocked"), nothing(lost, "revoked"), nothing(excepted, "blocked")),
		},
		resource.TestStep{
			PreConfig: func() {
				e.Clock.Advance(time.Hour)
				e.give(reviewed, attested(time.Hour)) // not after the finding was first seen
				e.give(blocked, attested(2*time.Hour))
				e.give(lost, attested(2*time.Hour))
				e.Asset(excepted, "verified_at", "2030-01-14")
			},
			ConfigStateChecks: check.State(status(reviewed, "review"), nothing(blocked, "blocked"), nothing(lost, "revoked"), status(excepted, "revoked")),
		},
		resource.TestStep{
			PreConfig: func() {
				e.give(reviewed, attested(2*time.Hour))
				e.Person(excepted, "status", "active")
			},
			ConfigStateChecks: check.State(
				check.Resource(grant(reviewed), check.Attributes{
					"status": "active", "because": check.Codes(), "binding.memory.conditions": check.Keys("task.open"), "binding.memory.certified_at": instant(2 * time.Hour),
				}),
				// Nor does it release the latch.
				check.Resource(grant(excepted), check.Attributes{"status": "revoked", "because": check.Codes("grant.latched")}),
			),
		},
		// At the next recertification the attestation has lapsed.
		resource.TestStep{
			PreConfig: func() {
				e.Clock.Set(acctest.Start.Add(180*day + 2*time.Hour))
				e.Asset(reviewed, "verified_at", e.Clock.Now().Format(time.DateOnly))
			},
			PlanOnly:           true,
			ExpectNonEmptyPlan: true,
			ConfigPlanChecks: check.PlanOnly(check.Resource(grant(reviewed), check.Attributes{
				"status": "review", "because": check.Says("task.open", "grant.recertification_due"),
			})),
		},
	))
}

func TestARecertificationIsDueAndLapsesAfterItsGrace(t *testing.T) {
	t.Parallel()
	w := acctest.Load(t, "app")
	give(w, `policy = jsonencode({ version = 1, lifetimes = [{ recertify_every = "30d" }] })`)
	w.Apply()
	w.Clock.Advance(30 * day)
	w.Apply()
	w.Holds(key, "status", "active", "binding.memory.action", "recertify", "because", "grant.recertification_due", "next_change_at", instant(44*day))
	w.Clock.Advance(14 * day)
	w.Plan().Exits(2).Says(`~ status = "active" -> "lapsing"`, "nobody answered in time", "Nothing is issued or renewed; access ends with g1 on 2030-04-15.").Silent("will be destroyed")
	w.Apply()
	w.Holds(key, "status", "lapsing", "generations", "g1", "next_change_at", instant(90*day))
	give(w, attested(44*day))
	w.Apply()
	w.Holds(key, "status", "active", "generations", "g1")
}

func TestAStaleRecordIsReviewedAfterItsGraceAndUnmarksItself(t *testing.T) {
	t.Parallel()
	w := acctest.Load(t, "app")
	w.Asset("APP-1", "verified_at", "2029-01-01")
	w.Apply()
	w.Holds(key, "status", "active", "binding.memory.action", "recertify", "binding.memory.conditions", "record.stale", "binding.memory.conditions.record.stale", instant(0), "next_change_at", instant(30*day))
	w.Clock.Advance(30*day - time.Second)
	w.Plan().Exits(0)
	w.Clock.Advance(time.Second)
	w.Apply()
	w.Holds(key, "status", "review", "next_change_at", instant(60*day))
	verify(w, "APP-1")
	w.Apply()
	w.Holds(key, "status", "active", "binding.memory.conditions", "null", "generations", "g1")
}

// waiver is an exception for one finding that ends ten days after the start.
const waiver = `exception = { codes = ["task.open"], reason = "CHG-8", approved_by = "carol", expires_at = "2030-01-25T09:00:00Z" }`

func TestAnExceptionWaivesItsFindingsUntilItEnds(t *testing.T) {
	t.Parallel()
	w := acctest.Load(t, "app")
	w.Append("tasks.csv", "T-1,reassignment,APP-1,open,,")
	give(w, waiver)
	w.Apply()
	w.Holds(key, "status", "active", "because", "", "binding.memory.conditions", "task.open", "generations.current.expires_at", instant(90*day), "next_change_at", instant(10*day))
	w.Plan().Exits(0)

	w.Clock.Advance(10 * day)
	w.Plan().Exits(2).Says("exception.expired", `The exception approved by "carol" has ended`, "task.open")
	w.Apply()
	w.Holds(key, "status", "review", "binding.memory.conditions", "exception.expired task.open")
}

func TestAGrantsPolicyCanOnlyTighten(t *testing.T) {
	e := newEstate(t)
	var left []statecheck.StateCheck
	for name, c := range map[string]struct {
		policy string
		want   check.Attributes
	}{
		"a severer action wins":      {`triggers = [{ on = "task.open", action = "block" }]`, check.Attributes{"status": "blocked"}},
		"a milder action does not":   {`triggers = [{ on = "task.open", action = "keep" }]`, check.Attributes{"status": "review"}},
		"a shorter lifetime wins":    {`lifetimes = [{ ttl = "10d" }]`, check.Attributes{"generations.current.expires_at": instant(10 * day)}},
		"a longer lifetime does not": {`lifetimes = [{ ttl = "100d" }]`, check.Attributes{"generations.current.expires_at": instant(90 * day)}},
		"a condition decides":        {`triggers = [{ on = "task.open", when = "grant.risk == 'privileged'", action = "block" }]`, check.Attributes{"status": "review"}},
	} {
		name = acctest.Label(name)
		e.app(name, "policy = jsonencode({ version = 1, "+c.policy+" })")
		task("reassignment", "")(e, name)
		left = append(left, check.Resource(grant(name), c.want))
	}
	resource.ParallelTest(t, e.Case(resource.TestStep{ConfigStateChecks: left}))
}
