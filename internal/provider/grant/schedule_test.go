package grant_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
	"github.com/custodyhq/terraform-provider-custody/internal/acctest/check"
)

// verify keeps the record from getting stale, as somebody does in the asset
// system. It is no reason for a plan.
func verify(w *acctest.Workspace, asset string) {
	w.Asset(asset, "verified_at", w.Clock.Now().Format(time.DateOnly))
}

func nextChange(t *testing.T, w *acctest.Workspace, address string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, acctest.Text(w.Attributes(address)["next_change_at"]))
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// usable fails the test unless some generation is enabled and has not expired.
func usable(t *testing.T, w *acctest.Workspace, address string) {
	t.Helper()
	generations, _ := w.Attributes(address)["generations"].(map[string]any)
	for _, g := range generations {
		expires, err := time.Parse(time.RFC3339, acctest.Text(acctest.Dig(g, "expires_at")))
		if err == nil && acctest.Dig(g, "enabled") == true && w.Clock.Now().Before(expires) {
			return
		}
	}
	t.Fatalf("at %s nothing is usable: %v", w.Clock.Now(), generations)
}

// A year of a standard grant, and as much of a privileged one as a
// recertification takes.
func TestPlansAreQuietBetweenThresholds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		risk        string
		until       time.Duration
		generations string // the newest in the end
	}{{"standard", 365 * day, "g7"}, {"privileged", 100 * day, "g5"}} {
		t.Run(c.risk, func(t *testing.T) {
			t.Parallel()
			w := acctest.Load(t, "app")
			give(w, `risk = "`+c.risk+`"`, attested(0))
			w.Apply()
			for next := nextChange(t, w, key); next.Before(acctest.Start.Add(c.until)); next = nextChange(t, w, key) {
				for _, quiet := range []time.Time{w.Clock.Now().Add(next.Sub(w.Clock.Now()) / 2), next.Add(-time.Second)} {
					w.Clock.Set(quiet)
					verify(w, "APP-1")
					w.Plan().Exits(0)
					usable(t, w, key)
				}
				w.Clock.Set(next)
				w.Save().Silent("No changes", "Objects have changed outside of")
				w.ApplySaved().Ok()
				usable(t, w, key)
				if slices.Contains(strings.Fields(acctest.Text(acctest.Dig(w.Attributes(key), "binding.memory.conditions"))), "grant.recertification_due") {
					attest(w)
					w.Apply()
					w.Holds(key, "binding.memory.conditions", "null")
				}
				w.Plan().Exits(0)
			}
			if got := strings.Fields(acctest.Text(w.Attributes(key)["generations"])); got[len(got)-1] != c.generations {
				t.Errorf("the newest generation is %s, not %s", got, c.generations)
			}
		})
	}
}

// attest gives the grant another attestation, of the present instant.
func attest(w *acctest.Workspace) {
	text := w.Read("main.tf")
	from := strings.Index(text, "attestation = ")
	to := from + strings.Index(text[from:], "\n")
	w.Write("main.tf", text[:from]+attested(w.Clock.Now().Sub(acctest.Start))+text[to:])
}

func TestRenewalOverlapsAndTheOldGenerationGoesLater(t *testing.T) {
	t.Parallel()
	w := acctest.Load(t, "app")
	w.Apply()
	w.Holds(key, "next_change_at", instant(60*day))

	w.Clock.Advance(60*day - time.Second)
	w.Plan().Exits(0)
	w.Clock.Advance(time.Second)
	w.Plan().Exits(2).Says(`terraform_data.credential["g2"] will be created`, "grant.rotation_due", "The credential is due for renewal: g2 is issued now, and g1 ends on 2030-03-23.").Silent("will be destroyed")
	w.Apply()
	w.Holds(key, "generations", "g1 g2", "binding.memory.rotation", "overlap", "generations.current.expires_at", instant(150*day),
		"binding.memory.retiring", "g1", "generations.g1.expires_at", instant(67*day), "next_change_at", instant(67*day))

	w.Clock.Advance(7 * day)
	w.Plan().Exits(2).Says(`terraform_data.credential["g1"] will be destroyed`).Silent("will be created")
	w.Apply()
	w.Holds(key, "generations", "g2", "binding.memory.serial", "2")
	w.Plan().Exits(0)
}

// Changes of the configuration, at the start.
func TestChangesOfTheConfigurationRotate(t *testing.T) {
	const repeatedly, never, revoked, access, other = "rotated_thrice", "rotated_never", "revoked_generations", "another_access", "another_asset"
	secret := func(version string) string { return `rotate_when_changed = { secret = "` + version + `" }` }
	e := newEstate(t)
	e.app(repeatedly, secret("1"))
	e.app(never)
	e.app(revoked)
	e.app(access)
	e.app(other)
	e.Append("assets.csv", "APP-2,application,Ledger,in_service,bob,books,production,high,,,,2030-01-01")
	resource.ParallelTest(t, e.Case(
		resource.TestStep{},
		resource.TestStep{
			PreConfig: func() {
				e.give(repeatedly, secret("2"))
				e.give(never, secret("1"))
				e.give(revoked, `revoke_generations = ["g1", "g2"]`)
				e.set(access, func(c *entry) { c.access = "ledger" })
				e.set(other, func(c *entry) { c.asset = "APP-2" })
			},
			ConfigPlanChecks: check.Plan(
				check.Changes{
					grant(repeatedly): check.Update, credential(repeatedly, "g2"): check.Create,
					grant(never):   check.Update,
					grant(revoked): check.Update, credential(revoked, "g1"): check.Destroy, credential(revoked, "g3"): check.Create,
					grant(access): check.Update, credential(access, "g1"): check.Destroy, credential(access, "g2"): check.Create,
					binding(other): check.Replace, grant(other): check.Update, credential(other, "g1"): check.Destroy, credential(other, "g2"): check.Create,
				},
				check.Resource(grant(repeatedly), check.Attributes{"because": check.Says("changed: g2 is issued now, and g1 ends on")}),
				check.Resource(grant(revoked), check.Attributes{"because": check.Says("The configuration revokes a generation.")}),
				check.Resource(grant(access), check.Attributes{"because": check.Says("The grant is for another access or another asset now")}),
			),
			ConfigStateChecks: check.State(
				check.Resource(grant(repeatedly), check.Attributes{"generations": check.Keys("g1", "g2")}),
				check.Resource(grant(revoked), check.Attributes{"generations": check.Keys("g3"), "binding.memory.serial": 3}), // g2 was named before it was issued
				check.Resource(grant(access), check.Attributes{
					"generations": check.Keys("g2"), "binding.memory.rotation": "now",
				}),
				check.Resource(grant(other), check.Attributes{
					"generations": check.Keys("g2"), "holder": "cmdb/p2", "binding.memory.serial": 2,
				}),
			),
		},
		resource.TestStep{
			PreConfig: func() {
				e.give(repeatedly, secret("3"))
				e.give(never)
			},
			ConfigStateChecks: check.State(
				// The overlap that was promised is not cut.
				check.Resource(grant(repeatedly), check.Attributes{
					"generations": check.Keys("g1", "g2"), "binding.memory.serial": 2, "because": check.Says("waits: an earlier credential is still in its overlap"),
				}),
				check.Resource(grant(never), check.Attributes{"generations": check.Keys("g1"), "binding.memory.serial": 1}),
			),
		},
		resource.TestStep{ // never three at once, not while a plan is applied either
			PreConfig: func() { e.Clock.Advance(8 * day) },
			ConfigStateChecks: check.State(
				check.Resource(grant(repeatedly), check.Attributes{"generations": check.Keys("g2"), "binding.memory.serial": 2}),
			),
		},
		resource.TestStep{
			PreConfig: func() { e.Clock.Advance(time.Second) },
			ConfigStateChecks: check.State(
				check.Resource(grant(repeatedly), check.Attributes{"generations": check.Keys("g2", "g3"), "binding.memory.serial": 3}),
			),
		},
	))
}

func TestDatesAndDurationsLimitACredential(t *testing.T) {
	const retiring, leaver, owned, shorter, late = "retiring_asset", "leaving_person", "leaving_owner", "shorter_durations", "late_run"
	e := newEstate(t)
	retires := func(date string) { e.Asset(retiring, "retirement_date", date) }
	expires := func(at string) check.Expectation {
		return check.Resource(grant(retiring), check.Attributes{"generations.current.expires_at": at, "generations": check.Keys("g1")})
	}
	e.app(retiring)
	retires("2030-03-20")
	e.laptop(leaver)
	e.Person(leaver, "end_date", "2030-04-01")
	e.app(owned)
	e.Person(owned, "end_date", "2030-04-01")
	e.app(shorter, `ttl = "20d"`, `renew_before = "5d"`, `overlap = "1d"`)
	e.app(late, `ttl = "40d"`)
	resource.ParallelTest(t, e.Case(
		resource.TestStep{ConfigStateChecks: check.State(
			expires("2030-03-20T23:59:59Z"),
			check.Resource(grant(leaver), check.Attributes{"generations.current.expires_at": "2030-04-01T23:59:59Z"}),
			check.Resource(grant(owned), check.Attributes{"generations.current.expires_at": instant(90 * day)}), // its access is bound to no person
			check.Resource(grant(shorter), check.Attributes{"generations.current.expires_at": instant(20 * day), "next_change_at": instant(15 * day)}),
		)},
		resource.TestStep{
			PreConfig:         func() { retires("2030-03-01") },
			ConfigStateChecks: check.State(expires("2030-03-01T23:59:59Z")),
		},
		resource.TestStep{
			PreConfig: func() {
				retires("2031-03-01")
				e.Clock.Advance(15 * day)
			},
			ConfigStateChecks: check.State(
				expires("2030-03-01T23:59:59Z"), // a later date lengthens nothing
				check.Resource(grant(shorter), check.Attributes{
					"generations.g1.expires_at": instant(16 * day), "generations.g2.expires_at": instant(35 * day),
				}),
			),
		},
		resource.TestStep{
			PreConfig: func() {
				retires("2030-03-01")
				e.Clock.Set(time.Date(2030, time.March, 1, 23, 59, 59, 0, time.UTC))
			},
			ConfigPlanChecks: check.Plan(check.Resource(grant(retiring), check.Attributes{
				"because": check.Says("The asset's retirement date has passed, so no credential can exist."),
			})),
			ConfigStateChecks: check.State(
				check.Resource(grant(retiring), check.Attributes{"status": "expired", "generations": check.Keys(), "binding.memory.revoked_at": nil}),
				check.Resource(grant(late), check.Attributes{ // g1 has expired
					"status": "active", "generations": check.Keys("g2"), "binding.memory.issued_at.g2": "2030-03-01T23:59:59Z",
				}),
			),
		},
	))
}

// That a duration is shortened is told by a warning.
func TestLongerDurationsAreClampedWithOneWarning(t *testing.T) {
	t.Parallel()
	w := acctest.Load(t, "app")
	give(w, `ttl = "365d"`, `renew_before = "60d"`, `overlap = "8d"`)
	w.Plan().Exits(2).Says("Warning: Lifetime Shortened to the Policy's Maximum", "ttl, renew_before, overlap", `expires_at = "`+instant(90*day)+`"`)
	w.Apply()
	w.Holds(key, "generations.current.expires_at", instant(90*day))
}
