package policy

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/path"
)

func TestProblemsAreReportedAtTheirAttributes(t *testing.T) {
	for _, c := range []struct {
		steps []any
		want  path.Path
	}{
		{nil, path.Empty()},
		{[]any{"exception_max"}, path.Root("exception_max")},
		{[]any{"triggers", 2, "when"}, path.Root("triggers").AtListIndex(2).AtName("when")},
		{[]any{"lifetimes", 0}, path.Root("lifetimes").AtListIndex(0)},
		{[]any{"classes", "laptop", "bound_to"}, path.Root("classes").AtMapKey("laptop").AtName("bound_to")},
		{[]any{"confidence", "automate_at"}, path.Root("confidence").AtName("automate_at")},
		{[]any{"confidence", "points", "fresh"}, path.Root("confidence").AtName("points").AtMapKey("fresh")},
		{[]any{"confidence", "required_fields", 1}, path.Root("confidence").AtName("required_fields").AtListIndex(1)},
		{[]any{"enforcement", 1, "enforce_from"}, path.Root("enforcement").AtListIndex(1).AtName("enforce_from")},
		{[]any{"authority", "attest", 0, "who", 1}, path.Root("authority").AtName("attest").AtListIndex(0).AtName("who").AtListIndex(1)},
		{[]any{"authority", "trust"}, path.Root("authority").AtName("trust")},
		{[]any{"require_closed", 0, "kinds", 1}, path.Root("require_closed").AtListIndex(0).AtName("kinds").AtListIndex(1)},
		{[]any{"frameworks", 0}, path.Root("frameworks").AtListIndex(0)},
		{[]any{"extends", "triggers", 0, "action"}, path.Root("extends")}, // the rest lies in another document
	} {
		if got := attributePath(c.steps); !got.Equal(c.want) {
			t.Errorf("%v stands at %s, not at %s", c.steps, got, c.want)
		}
	}
}
