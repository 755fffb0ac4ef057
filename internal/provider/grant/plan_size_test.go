package grant_test

import (
	"strings"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
)

// TestPlansAreShort holds how many lines a reviewer reads of what happens most often.
func TestPlansAreShort(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*acctest.Workspace)
		grants int // how many are shown
		most   int // lines of all of them
		says   []string
	}{
		"leaver": {func(w *acctest.Workspace) { w.Person("p1", "status", "left") }, 3, 70,
			[]string{"owner.left on Alice's laptop (cmdb/LAP-1): The owner Alice (cmdb/p1) has left. Action: revoke"}},
		"reassigned laptop": {func(w *acctest.Workspace) { w.Asset("LAP-1", "owner", "bob") }, 3, 3 * (22 + 2),
			[]string{"from Alice (cmdb/p1) to Bob (cmdb/p2)", `~ holder         = "cmdb/p1" -> "cmdb/p2"`, `- "g1" = {`, `+ "g2" = {`}},
		"retired application": {func(w *acctest.Workspace) { w.Asset("APP-1", "state", "retired") }, 1, 22,
			[]string{"asset.retired on Billing (cmdb/APP-1): The asset is recorded as retired."}},
		"lost laptop": {func(w *acctest.Workspace) { w.Asset("LAP-1", "state", "lost") }, 3, 70, []string{"asset.lost on"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := acctest.Load(t, "TestPlansAreShort")
			if name == "leaver" {
				w.Asset("APP-1", "owner", "bob")
			}
			w.Apply()
			w.Clock.Advance(time.Hour) // so that every instant moves that can
			c.change(w)
			plan := w.Plan().Exits(2).Says(c.says...)
			sizes, all := blockSizes(plan.Output)
			for _, n := range sizes {
				if n > 22 {
					t.Errorf("a grant takes %d lines:\n%s", n, plan.Output)
				}
			}
			if len(sizes) != c.grants || all > c.most {
				t.Errorf("%d grants take %d lines, not %d at most %d:\n%s", len(sizes), all, c.grants, c.most, plan.Output)
			}
		})
	}
}

// blockSizes counts the lines of each custody_grant in a plan, and of all of them
// with their headings and what parts them.
func blockSizes(plan string) (sizes []int, all int) {
	lines := 0
	for line := range strings.SplitSeq(plan, "\n") {
		switch {
		case strings.Contains(line, `~ resource "custody_grant"`):
			lines = 1
		case lines > 0:
			lines++
			if line == "    }" {
				sizes, lines = append(sizes, lines), 0
				all += sizes[len(sizes)-1] + 2
			}
		}
	}
	return sizes, all
}
