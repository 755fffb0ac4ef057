// Package examples_test plans every example, as it stands, with a real command
// line tool.
package examples_test

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
)

// plannedHere are the folders that TestPlan plans; plannedElsewhere have tests of
// their own beside what they show, or beside the code that needs a server.
var (
	plannedHere      = []string{"provider", "resources/*", "data-sources/*", "ephemeral-resources/*", "guides/*", "policies/*"}
	plannedElsewhere = []string{"resources/custody_account", "data-sources/custody_account", "data-sources/custody_reviews", "accounts/*", "ephemeral-resources/custody_lease", "scenarios/*", "workflows/custody-summary", "guides/from-an-export"} // the last begins with an export that is refused
)

// modules lists the folders that hold a configuration, by their paths from here.
func modules(t *testing.T) []string {
	t.Helper()
	var out []string
	err := fs.WalkDir(os.DirFS("."), ".", func(name string, _ fs.DirEntry, err error) error {
		if dir := path.Dir(name); err == nil && path.Ext(name) == ".tf" && !slices.Contains(out, dir) {
			out = append(out, dir)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// within reports whether a folder is, or lies in, one of the patterns.
func within(t *testing.T, dir string, patterns []string) bool {
	t.Helper()
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		for d := dir; d != "."; d = path.Dir(d) {
			if ok, err := path.Match(pattern, d); err != nil {
				t.Fatal(err)
			} else if ok {
				return true
			}
		}
		return false
	})
}

func absolute(t *testing.T, dir string) string {
	t.Helper()
	full, err := filepath.Abs(filepath.FromSlash(dir))
	if err != nil {
		t.Fatal(err)
	}
	return full
}

func TestPlan(t *testing.T) {
	for _, dir := range modules(t) {
		switch {
		case within(t, dir, plannedElsewhere):
		case !within(t, dir, plannedHere):
			t.Errorf("no test plans examples/%s", dir)
		default:
			t.Run(dir, func(t *testing.T) { plan(t, dir) })
		}
	}
}

func plan(t *testing.T, dir string) {
	from := absolute(t, dir)
	if within(t, dir, []string{"ephemeral-resources"}) {
		acctest.SkipWithoutEphemeral(t)
	}
	w := acctest.New(t)
	w.FollowMachine()
	w.CopyDir(from)
	w.Run("fmt", "-check", "-diff", "-recursive").Ok()
	if r := w.Plan(); r.Code != 0 && r.Code != 2 {
		t.Fatalf("cannot be planned:\n%s", r.Output)
	}
}

// showDecisions are the examples that are about what the policy decides.
var showDecisions = []string{"guides/closing-tasks", "guides/confidence", "guides/writing-a-policy"}

// TestObserve wants every example with a grant to begin as a company should: with
// a policy that is only observed.
func TestObserve(t *testing.T) {
	for _, dir := range modules(t) {
		if !within(t, dir, plannedHere) || within(t, dir, showDecisions) {
			continue
		}
		grants, observes := false, false
		for _, pattern := range []string{"*.tf", "policy.json"} {
			names, err := filepath.Glob(filepath.Join(filepath.FromSlash(dir), pattern))
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range names {
				text, err := os.ReadFile(name)
				if err != nil {
					t.Fatal(err)
				}
				grants = grants || strings.Contains(string(text), "resource \"custody_grant\"")
				observes = observes || strings.Contains(string(text), "\"observe\"")
			}
		}
		if grants && !observes {
			t.Errorf("%s has a grant, and its policy does not say what is observed", dir)
		}
	}
}

// TestPlanTime holds every example to the one line that makes expiries stand in
// the plan.
func TestPlanTime(t *testing.T) {
	for _, dir := range modules(t) {
		if !within(t, dir, plannedHere) {
			continue
		}
		files, err := filepath.Glob(filepath.Join(filepath.FromSlash(dir), "*.tf"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			for _, block := range strings.Split(string(text), "\nprovider \"custody\"")[1:] {
				block, _, _ = strings.Cut(block, "\n}")
				if strings.Contains(block, "systems") && !strings.Contains(strings.Join(strings.Fields(block), " "), "plan_time = plantimestamp()") {
					t.Errorf("%s connects systems without plan_time = plantimestamp()", name)
				}
			}
		}
	}
}
