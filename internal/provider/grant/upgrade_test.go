package grant_test

import (
	"strings"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
)

// TestStateOfEarlierBuilds plans over states that the two earlier versions wrote:
// nothing is lost, nothing is taken away and nothing comes back by the upgrade alone.
func TestStateOfEarlierBuilds(t *testing.T) {
	for _, version := range []string{"v0", "v1"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			w := acctest.Load(t, "TestStateOfEarlierBuilds")
			w.Write("terraform.tfstate", w.Read(version+".tfstate.json"))
			w.Clock.Set(time.Date(2026, time.November, 26, 9, 0, 0, 0, time.UTC))
			w.Setenv("TF_VAR_attested", "true")
			if version == "v1" {
				// A build may word a finding anew and add to the baseline, which is another policy for
				// every grant; nothing else shows.
				w.Plan().Says("binding        = (sensitive value)", "policy_digest", "0 to add, 5 to change, 0 to destroy").Silent("because", "status", "g1")
			}
			w.Apply()
			upgraded(t, w)
			w.Plan().Exits(0)
		})
	}
}

// upgraded holds what the states of both versions say.
func upgraded(t *testing.T, w *acctest.Workspace) {
	t.Helper()
	for _, grant := range []struct {
		asset string
		holds []string
	}{
		{"APP-1", []string{"status", "active", "generations", "g1"}},
		{"APP-2", []string{"status", "active", "generations", "g1 g2", "holder", "cmdb/p2", "binding.memory.retiring", "g1"}},
		{"APP-3", []string{"status", "revoked", "binding.memory.revoked_at", "2026-11-25T18:00:00Z", "generations", "", "because", "asset.retired"}},
		{"APP-4", []string{"status", "active", "binding.memory.certified_at", "2026-11-25T12:00:00Z", "generations", "g1"}},
		{"LAP-1", []string{"status", "blocked", "generations", "g1", "generations.g1.enabled", "false"}},
	} {
		w.Holds(`custody_grant.of["`+grant.asset+`"]`, grant.holds...)
	}
	for asset, want := range map[string]string{
		"APP-1": `"risk":"privileged"`, "APP-3": `"revoked_for":["asset.retired"]`, "APP-4": `"attestation":{"by":"carol"`,
		"LAP-1": `"review":{"since":"2026-11-25T18:00:00Z"}`,
	} {
		memory := acctest.Text(acctest.Dig(w.Attributes(`custody_grant.of["` + asset + `"]`)["binding"], "memory"))
		if !strings.Contains(memory, want) {
			t.Errorf("%s remembers %s, not %s", asset, memory, want)
		}
	}
}
