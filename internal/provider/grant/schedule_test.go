package grant_test

import (
	"strings"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
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
	for _, c := range []struct {
		risk        string
		until       time.Duration
		generations string // the newest in the end
	}{{"standard", 365 * day, "g7"}, {"privileged", 100 * day, "g5"}} {
		t.Run(c.risk, func(t *testing.T) {
			w := acctest.Load(t, "app")
			give(w, `risk = "`+c.risk+`"`, `attestation = { by = "carol", at = "2030-01-15T09:00:00Z" }`)
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
				if acctest.Text(w.Attributes(key)["conditions"]) == "grant.recertification_due" {
					attest(w)
					w.Apply()
					w.Holds(key, "conditions", "")
				}
				w.Plan().Exits(0)
			}
			w.Holds(key, "current", c.generations)
		})
	}
}

// attest dates the attestation of the grant at the present instant.
func attest(w *acctest.Workspace) {
	text := w.Read("main.tf")
	from := strings.Index(text, `at = "`) + len(`at = "`)
	w.Write("main.tf", text[:from]+w.Clock.Now().Format(time.RFC3339)+text[from+len(time.DateOnly)+len("T00:00:00Z"):])
}

func TestRenewalOverlapsAndTheOldGenerationGoesLater(t *testing.T) {
	w := acctest.Load(t, "app")
	w.Apply()
	w.Holds(key, "next_change_at", instant(60*day))

	w.Clock.Advance(60*day - time.Second)
	w.Plan().Exits(0)
	w.Clock.Advance(time.Second)
	w.Plan().Exits(2).Says(`terraform_data.credential["g2"] will be created`, "grant.rotation_due", "The credential is due for renewal: a new one first, then the old one goes.").Silent("will be destroyed")
	w.Apply()
	w.Holds(key, "generations", "g1 g2", "rotation", "overlap", "current", "g2", "expires_at", instant(150*day),
		"generations.g1.state", "retiring", "generations.g1.expires_at", instant(67*day), "next_change_at", instant(67*day))

	w.Clock.Advance(7 * day)
	w.Plan().Exits(2).Says(`terraform_data.credential["g1"] will be destroyed`).Silent("will be created")
	w.Apply()
	w.Holds(key, "generations", "g2", "serial", "2")
	w.Plan().Exits(0)
}

func TestALateRunStillIssuesTheNextGeneration(t *testing.T) {
	w := acctest.Load(t, "app")
	w.Apply()
	w.Clock.Advance(100 * day)
	w.Apply()
	w.Holds(key, "generations", "g2", "generations.g2.issued_at", instant(100*day), "status", "active")
}

func TestAThirdRotationDropsTheOldestAtOnce(t *testing.T) {
	w := acctest.Load(t, "app")
	give(w, `rotate_when_changed = { secret = "1" }`)
	w.Apply()
	w.Edit("main.tf", `secret = "1"`, `secret = "2"`)
	w.Plan().Exits(2).Says("changed: a new credential first, then the old one goes.")
	w.Apply()
	w.Holds(key, "generations", "g1 g2")
	w.Edit("main.tf", `secret = "2"`, `secret = "3"`)
	w.Apply()
	w.Holds(key, "generations", "g2 g3", "serial", "3")
}

func TestAddingOrTakingAwayTheMapRotatesNothing(t *testing.T) {
	w := acctest.Load(t, "app")
	w.Apply()
	give(w, `rotate_when_changed = { secret = "1" }`)
	w.Apply()
	take(w, `rotate_when_changed = { secret = "1" }`)
	w.Apply()
	w.Holds(key, "generations", "g1", "serial", "1")
}

func TestRevokedGenerationsGoAtOnceAndAreReplaced(t *testing.T) {
	w := acctest.Load(t, "app")
	w.Apply()
	give(w, `revoke_generations = ["g1", "g2"]`)
	w.Plan().Exits(2).Says("The configuration revokes a generation.", `terraform_data.credential["g1"] will be destroyed`)
	w.Apply()
	w.Holds(key, "generations", "g3", "serial", "3") // g2 was named before it was issued
	w.Plan().Exits(0)
}

func TestAnotherAccessRotatesAtOnce(t *testing.T) {
	w := acctest.Load(t, "app")
	w.Apply()
	w.Edit("main.tf", `"key/billing"`, `"key/ledger"`)
	w.Plan().Exits(2).Says("The grant is for another access or another asset now").Silent("forces replacement")
	w.Apply()
	w.Holds(key, "id", "cmdb/APP-1#key/ledger", "generations", "g2", "rotation", "now")
	w.Plan().Exits(0)
}

func TestAnotherAssetReplacesTheBindingAndRotatesAtOnce(t *testing.T) {
	w := acctest.Load(t, "app")
	w.Append("assets.csv", "APP-2,application,Ledger,in_service,bob,books,production,high,,,,2030-01-01")
	w.Apply()
	w.Edit("main.tf", "APP-1", "APP-2")
	w.Plan().Exits(2).Says("custody_binding.app must be replaced", `asset = "cmdb/APP-1" -> "cmdb/APP-2" # forces replacement`, "custody_grant.key will be updated in-place")
	w.Apply()
	w.Holds(key, "id", "cmdb/APP-2#key/billing", "generations", "g2", "holder", "cmdb/p2", "serial", "2")
	w.Plan().Exits(0)
}

func TestDatesLimitACredential(t *testing.T) {
	w := acctest.Load(t, "app")
	w.Asset("APP-1", "retirement_date", "2030-03-20")
	w.Apply()
	w.Holds(key, "expires_at", "2030-03-20T23:59:59Z")
	w.Asset("APP-1", "retirement_date", "2030-03-01")
	w.Apply()
	w.Holds(key, "expires_at", "2030-03-01T23:59:59Z", "generations", "g1")
	w.Asset("APP-1", "retirement_date", "2031-03-01")
	w.Apply("-refresh=true")
	w.Holds(key, "expires_at", "2030-03-01T23:59:59Z", "generations", "g1")

	w.Asset("APP-1", "retirement_date", "2030-03-01")
	w.Apply()
	w.Clock.Set(time.Date(2030, time.March, 1, 23, 59, 59, 0, time.UTC))
	w.Plan().Exits(2).Says("The asset's retirement date has passed, so no credential can exist.", `terraform_data.credential["g1"] will be destroyed`)
	w.Apply()
	w.Holds(key, "status", "expired", "generations", "", "revoked_at", "null")
	w.Plan().Exits(0)
}

func TestTheOwnersEndDateLimitsThePersonsCredentialOnly(t *testing.T) {
	w := acctest.Load(t, "app", "both")
	w.Person("p1", "end_date", "2030-04-01")
	w.Apply()
	w.Holds(vpn, "expires_at", "2030-04-01T23:59:59Z")
	w.Holds(key, "expires_at", instant(90*day))
}

func TestLongerDurationsAreClampedWithOneWarning(t *testing.T) {
	w := acctest.Load(t, "app")
	give(w, `ttl = "365d"`, `renew_before = "60d"`, `overlap = "8d"`)
	w.Plan().Exits(2).Says("Warning: Lifetime Shortened to the Policy's Maximum", "ttl, renew_before, overlap", `expires_at = "`+instant(90*day)+`"`)
	w.Apply()
	w.Holds(key, "expires_at", instant(90*day))
}

func TestShorterDurationsHold(t *testing.T) {
	w := acctest.Load(t, "app")
	give(w, `ttl = "20d"`, `renew_before = "5d"`, `overlap = "1d"`)
	w.Apply()
	w.Holds(key, "expires_at", instant(20*day), "next_change_at", instant(15*day))
	w.Clock.Advance(15 * day)
	w.Apply()
	w.Holds(key, "generations.g1.expires_at", instant(16*day), "generations.g2.expires_at", instant(35*day))
}
