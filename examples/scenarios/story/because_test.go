package story

import (
	"testing"

	tfjson "github.com/hashicorp/terraform-json"
)

func TestBecauseSaysWhatChangesOfAGrant(t *testing.T) {
	generation := func(enabled bool, expires string) map[string]any {
		return map[string]any{"enabled": enabled, "expires_at": expires, "holder": "hr/E-1"}
	}
	grant := func(key string, does tfjson.Action, before, after any) *tfjson.ResourceChange {
		return &tfjson.ResourceChange{Type: "custody_grant", Index: key,
			Change: &tfjson.Change{Actions: tfjson.Actions{does}, Before: before, After: after}}
	}
	for _, c := range []struct {
		name string
		does tfjson.Action
		// what the grant is before and after
		before, after any
		want          string
	}{
		{"a new grant", tfjson.ActionCreate, nil, map[string]any{
			"status": "review", "next_change_at": "2030-02-01T00:00:00Z", "because": []any{"owner.shared on a: Several."},
			"generations": map[string]any{"g1": generation(true, "x")},
		}, "a/k: status review; generations + g1; next_change_at 2030-02-01T00:00:00Z\n+ owner.shared on a: Several."},
		{"a revocation", tfjson.ActionUpdate, map[string]any{
			"status": "active", "next_change_at": "2030-02-01T00:00:00Z", "because": []any{},
			"generations": map[string]any{"g1": generation(true, "x")},
		}, map[string]any{
			"status": "revoked", "because": []any{"owner.left on a: \"He\" has left."}, "generations": map[string]any{},
		}, "a/k: status active -> revoked; generations - g1; next_change_at 2030-02-01T00:00:00Z -> none\n+ owner.left on a: \"He\" has left."},
		{"a rotation and a block", tfjson.ActionUpdate, map[string]any{
			"status": "active", "would": "blocked", "because": []any{"gone", "stays"},
			"generations": map[string]any{"g1": generation(true, "x"), "g2": generation(true, "y")},
		}, map[string]any{
			"status": "active", "because": []any{"stays", "new"},
			"generations": map[string]any{"g1": generation(false, "z"), "g2": generation(true, "y"), "g3": generation(true, "y")},
		}, "a/k: status active (unchanged); would blocked -> none; generations ~ g1 (enabled true -> false, expires_at x -> z), + g3\n- gone\n  stays\n+ new"},
		{"nothing", tfjson.ActionNoop, map[string]any{"status": "active"}, map[string]any{"status": "active"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var s Step
			s.expect.shown = []string{"a"}
			got := s.Because(&tfjson.Plan{ResourceChanges: []*tfjson.ResourceChange{
				grant("a/k", c.does, c.before, c.after),
				grant("b/k", c.does, c.before, c.after), // not to be shown
				{Type: "custody_binding", Index: "a/k", Change: &tfjson.Change{Actions: tfjson.Actions{tfjson.ActionUpdate}}},
			}})
			if got != c.want {
				t.Errorf("it says\n%s\nand not\n%s", got, c.want)
			}
		})
	}
}

func TestGrantsHasOneLineForACredential(t *testing.T) {
	s := Step{expect: expectation{outcome: outcomeChanges}}
	got := s.Grants("  # custody_grant.access[\"a\"] will be updated in-place\n  ~ resource \"custody_grant\" \"access\" {\n    }\n\n" +
		"  # terraform_data.credential[\"a/g1\"] will be destroyed\n  # (because key [\"a/g1\"] is not in for_each map)\n  - resource \"terraform_data\" \"credential\" {\n    }\n\n" +
		"Plan: 0 to add, 1 to change, 1 to destroy.\n")
	const want = "  # custody_grant.access[\"a\"] will be updated in-place\n  ~ resource \"custody_grant\" \"access\" {\n    }\n" +
		"  # terraform_data.credential[\"a/g1\"] will be destroyed\n\nPlan: 0 to add, 1 to change, 1 to destroy."
	if got != want {
		t.Errorf("it is\n%s", got)
	}
}
