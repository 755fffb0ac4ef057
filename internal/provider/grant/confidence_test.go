package grant_test

import (
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
)

// A record that nobody has verified for long scores 0.85, below automate_at.
func TestLowConfidenceRevokesNothingByItself(t *testing.T) {
	for name, c := range map[string]struct {
		prepare func(w *acctest.Workspace)
		status  string
		instead string
	}{
		"standard":    {func(*acctest.Workspace) {}, "review", "review"},
		"privileged":  {func(w *acctest.Workspace) { give(w, `risk = "privileged"`) }, "blocked", "block"},
		"contractor":  {func(w *acctest.Workspace) { w.Person("p1", "kind", "contractor") }, "blocked", "block"},
		"vendor":      {func(w *acctest.Workspace) { w.Person("p1", "kind", "vendor") }, "blocked", "block"},
		"third party": {func(w *acctest.Workspace) { w.Asset("LAP-1", "third_party", "true") }, "blocked", "block"},
		"shared":      {func(w *acctest.Workspace) { w.Asset("LAP-1", "shared", "true") }, "blocked", "block"},
	} {
		t.Run(name, func(t *testing.T) {
			w := acctest.Load(t, "laptop")
			w.Asset("LAP-1", "verified_at", "2029-01-01")
			c.prepare(w)
			w.Apply()
			w.Person("p1", "status", "left")
			w.Plan().Exits(2).Says("Action: "+c.instead+" instead of revoke, because the confidence 0.", "is below 0.90")
			w.Apply()
			w.Holds(vpn, "status", c.status, "revoked_at", "null")
			w.Plan().Exits(0)
		})
	}
}

func TestLowConfidenceDoesNotRotateAtOnce(t *testing.T) {
	for risk, want := range map[string][]string{
		"standard":   {"status", "review", "generations", "g1", "holder", "cmdb/p1", "serial", "1"},
		"privileged": {"status", "blocked", "generations", "", "serial", "1"},
	} {
		t.Run(risk, func(t *testing.T) {
			w := acctest.Load(t, "laptop")
			give(w, `risk = "`+risk+`"`)
			w.Asset("LAP-1", "verified_at", "2029-01-01")
			w.Apply()
			w.Asset("LAP-1", "owner", "bob")
			w.Plan().Exits(2).Says("The asset has passed from cmdb/p1 to cmdb/p2.", "because the confidence 0.85 is below 0.90")
			w.Apply()
			w.Holds(vpn, want...)
			w.Plan().Exits(0)
		})
	}
}

func TestConfidenceThatIsRestoredLetsTheDecisionThrough(t *testing.T) {
	w := acctest.Load(t, "laptop")
	w.Asset("LAP-1", "verified_at", "2029-01-01")
	w.Apply()
	w.Person("p1", "status", "left")
	w.Apply()
	w.Asset("LAP-1", "verified_at", "2030-01-14")
	w.Apply()
	w.Holds(vpn, "status", "revoked", "reasons", "owner.left")
}
