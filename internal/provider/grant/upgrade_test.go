package grant_test

import (
	"strings"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
)

// TestStateOfEarlierBuilds plans over a state that the first edition wrote: nothing
// is lost, nothing is taken away and nothing comes back by the upgrade alone.
func TestStateOfEarlierBuilds(t *testing.T) {
	w := acctest.Load(t, "TestStateOfEarlierBuilds")
	w.Write("terraform.tfstate", w.Read("v0.tfstate.json"))
	w.Clock.Set(time.Date(2026, time.November, 26, 9, 0, 0, 0, time.UTC))
	w.Setenv("TF_VAR_attested", "true")
	w.Apply()
	for _, grant := range []struct {
		asset string
		holds []string
	}{
		{"APP-1", []string{"status", "active", "generations", "g1"}},
		{"APP-2", []string{"status", "active", "generations", "g1 g2", "holder", "cmdb/p2"}},
		{"APP-3", []string{"status", "revoked", "revoked_at", "2026-11-25T18:00:00Z", "generations", ""}},
		{"APP-4", []string{"status", "active", "certified_at", "2026-11-25T12:00:00Z", "generations", "g1"}},
		{"LAP-1", []string{"status", "blocked", "generations", "g1"}},
	} {
		w.Holds(`custody_grant.of["`+grant.asset+`"]`, grant.holds...)
	}
	for asset, want := range map[string]string{
		"APP-1": `"risk":"privileged"`, "APP-3": `"revoked_for":["asset.retired"]`, "APP-4": `"attestation":{"by":"carol"`,
		"LAP-1": `"review":{"since":"2026-11-25T18:00:00Z"}`,
	} {
		memory, _ := w.Attributes(`custody_grant.of["` + asset + `"]`)["memory"].(string)
		if !strings.Contains(memory, want) {
			t.Errorf("%s remembers %s, not %s", asset, memory, want)
		}
	}
	w.Plan().Exits(0)
}
