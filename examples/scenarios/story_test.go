// Package scenarios_test plays the scenarios, step by step, as the demo does. The
// plans that a guide shows come from here.
package scenarios_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/examples/scenarios/story"
	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
)

var update = flag.Bool("update", false, "write the plans in the guides anew; read the difference before you commit it")

// stepInterval is how far the clock moves on from step to step: not far enough for
// anything to fall due by itself.
const stepInterval = 10 * time.Minute

func TestAdoption(t *testing.T) {
	compare(t, absolute(t, "../../templates/guides/adopting-custody.md.tmpl"), playedPlans(t, "adoption"))
}

func TestJoinerMoverLeaver(t *testing.T) {
	compare(t, absolute(t, "../../templates/guides/reading-a-custody-plan.md"), playedPlans(t, "joiner-mover-leaver"))
}

// playedPlans plays a scenario, and returns its plans by the names of the steps.
func playedPlans(t *testing.T, name string) map[string]string {
	t.Helper()
	scenario := absolute(t, name)
	w := acctest.New(t)
	w.CopyDir(scenario)
	w.Run("fmt", "-check", "-diff").Ok()
	plans := make(map[string]string)
	playSteps(t, w, steps(t, scenario), func(args ...string) (int, string, error) {
		r := w.Run(args...)
		return r.Code, r.Output, nil
	}, func(s *story.Step, output string) { plans[s.Name] = lasting(s.Excerpt(output)) })
	return plans
}

func steps(t *testing.T, scenario string) []story.Step {
	t.Helper()
	told, err := story.Load(scenario)
	if err != nil {
		t.Fatal(err)
	}
	return told.Steps
}

// playSteps plays steps in a workspace, with the command line tool that run runs;
// planned, if there is one, is told what each plan printed.
func playSteps(t *testing.T, w *acctest.Workspace, steps []story.Step, run func(...string) (int, string, error), planned func(*story.Step, string)) {
	t.Helper()
	player := &story.Player{Dir: w.Dir, Now: w.Clock.Now, Run: run}
	planTime := "plantimestamp()"
	for i := range steps {
		s := &steps[i]
		w.Clock.Advance(stepInterval)
		// The tool takes plantimestamp() from the machine, the test from its clock.
		instant := fmt.Sprintf("%q", w.Clock.Now().Format(time.RFC3339))
		w.Edit("main.tf", "plan_time = "+planTime, "plan_time = "+instant)
		planTime = instant
		output, err := player.Plan(s)
		if err != nil {
			t.Fatalf("%s: %v\n%s", s.Name, err, output)
		}
		if planned != nil {
			planned(s, output)
		}
		if !s.Changes() {
			continue
		}
		if output, err := player.Apply(s); err != nil {
			t.Fatalf("%s: %v\n%s", s.Name, err, output)
		}
		w.Plan().Exits(0)
	}
}

func absolute(t *testing.T, path string) string {
	t.Helper()
	full, err := filepath.Abs(filepath.FromSlash(path))
	if err != nil {
		t.Fatal(err)
	}
	return full
}

var (
	random = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)
	// The grant that exceeds a limit is the one that Terraform plans last.
	exceeds = regexp.MustCompile(`(Error: Too Many Revocations in One Plan\n)\n  with [^\n]+\n  on [^\n]+\n +[0-9]+: [^\n]+\n`)
)

// lasting takes out of a plan what differs from run to run and from tool to
// tool.
func lasting(plan string) string {
	plan = exceeds.ReplaceAllString(plan, "$1")
	return strings.ReplaceAll(random.ReplaceAllString(plan, "00000000-0000-0000-0000-000000000000"), "OpenTofu", "Terraform")
}

// shown is a plan in a guide: the step's name, then the plan in a fence.
var shown = regexp.MustCompile("(?s)<!-- plan: ([a-z0-9-]+) -->\n```text\n(?:(.*?)\n)??```\n")

// compare holds the plans in a guide to the real ones.
func compare(t *testing.T, guide string, plans map[string]string) {
	t.Helper()
	text, err := os.ReadFile(guide)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(text), "<!-- plan: "); n == 0 || n != len(shown.FindAllIndex(text, -1)) {
		t.Fatalf("%s announces %d plans, but not all of them are followed by a fence", guide, n)
	}
	written := shown.ReplaceAllStringFunc(string(text), func(found string) string {
		name := shown.FindStringSubmatch(found)[1]
		plan, ok := plans[name]
		if !ok {
			t.Fatalf("the guide shows the plan of %s, which is none of the steps %s", name, slices.Sorted(maps.Keys(plans)))
		}
		if !strings.Contains(found, "\n"+plan+"\n") && !*update {
			t.Errorf("the guide's plan of %s is not the real one; run this test with -update and read the difference:\n%s", name, plan)
		}
		return "<!-- plan: " + name + " -->\n```text\n" + plan + "\n```\n"
	})
	if !*update {
		return
	}
	if err := os.WriteFile(guide, []byte(written), 0o600); err != nil {
		t.Fatal(err)
	}
}
