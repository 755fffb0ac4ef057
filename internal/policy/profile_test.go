package policy_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/policy"
)

// profiles returns the policies that are ready to use, by the names of their folders.
func profiles(t *testing.T) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "..", "examples", "policies", "*", "policy.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no profiles (%v)", err)
	}
	out := map[string][]byte{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		out[filepath.Base(filepath.Dir(file))] = data
	}
	return out
}

// TestProfilesAreNotMilder: once a profile is enforced, it is nowhere milder than the
// baseline, but where the regulation is.
func TestProfilesAreNotMilder(t *testing.T) {
	allowed := map[string][]string{
		"dora-critical": {"recertify_every is 365d instead of 180d, for standard access."},
	}
	for name, data := range profiles(t) {
		doc, err := policy.Parse(data)
		if err != nil {
			t.Fatal(err)
		}
		if len(doc.Enforcement) != 1 || doc.Enforcement[0].Mode != "observe" {
			t.Errorf("%s does not begin by observing: %+v", name, doc.Enforcement)
		}
		doc.Enforcement = nil
		rules, err := policy.Compile(doc, name)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		milder, stricter := policy.Compare(policy.Baseline(), rules)
		if !slices.Equal(milder, allowed[name]) || len(stricter) == 0 {
			t.Errorf("%s: milder %q, stricter %q", name, milder, stricter)
		}
		if grave := policy.SeriouslyMilder(rules); len(grave) > 0 {
			t.Errorf("%s would be warned of: %q", name, grave)
		}
		if unmatched := policy.Unmatched(doc, rules, nil); len(unmatched) > 0 {
			t.Errorf("%s: %q", name, unmatched)
		}
	}
}
