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

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/custodyhq/terraform-provider-custody/examples/scenarios/directory"
	"github.com/custodyhq/terraform-provider-custody/examples/scenarios/story"
	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
)

var update = flag.Bool("update", false, "write the plans in the guides anew; read the difference before you commit it")

// stepInterval is how far the clock moves on from step to step: not far enough for
// anything to fall due by itself.
const stepInterval = 10 * time.Minute

// The guides that show plans.
const (
	adoptionGuide = "../../templates/guides/adopting-custody.md.tmpl"
	readingGuide  = "../../templates/guides/reading-a-custody-plan.md"
	leavingGuide  = "../../templates/guides/offboarding.md.tmpl"
)

func TestAdoption(t *testing.T) {
	adopting, reading := absolute(t, adoptionGuide), absolute(t, readingGuide)
	plans := playedPlans(t, "adoption")
	compare(t, adopting, "", plans)
	compare(t, reading, "adoption/", plans)
}

func TestJoinerMoverLeaver(t *testing.T) {
	guide := absolute(t, readingGuide)
	compare(t, guide, "", playedPlans(t, "joiner-mover-leaver"))
}

// The accounts of a real directory, which is asked after each apply who can log in.
func TestOffboarding(t *testing.T) {
	program := directory.Program()
	servers.Require(t, "slapd", program != "", "run scripts/servers.sh slapd")
	compare(t, absolute(t, leavingGuide), "", playedPlans(t, "offboarding", func(w *acctest.Workspace) story.Directory {
		server, err := directory.Start(t.Context(), program, w.Dir)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(server.Stop)
		t.Setenv(directory.PasswordVariable, server.Password)
		return server
	}))
}

// The guide is for somebody who has a plan to approve, and no time.
func TestReadingGuideIsShort(t *testing.T) {
	const limit = 250
	if n := strings.Count(read(t, readingGuide), "\n"); n > limit {
		t.Errorf("the guide has %d lines, more than %d", n, limit)
	}
}

// playedPlans plays a scenario, and returns what guides may show of its plans, by
// the form and the name of the step. Start, if given, starts its directory.
func playedPlans(t *testing.T, name string, start ...func(*acctest.Workspace) story.Directory) map[string]string {
	t.Helper()
	scenario := absolute(t, name)
	w := acctest.New(t)
	w.CopyDir(scenario)
	w.Run("fmt", "-check", "-diff").Ok()
	plans := make(map[string]string)
	player := &story.Player{Dir: w.Dir, Now: w.Clock.Now, Run: func(args ...string) (int, string, error) {
		r := w.Run(args...)
		return r.Code, r.Output, nil
	}}
	for _, s := range start {
		player.Directory = s(w)
	}
	playSteps(t, w, steps(t, scenario), player, func(s *story.Step, output string, plan *tfjson.Plan) {
		plans["plan: "+s.Name] = lasting(s.Excerpt(output))
		plans["grants: "+s.Name] = lasting(s.Grants(output))
		if s.Changes() {
			plans["because: "+s.Name] = s.Because(plan)
		}
	})
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

// playSteps plays steps in a workspace; planned, if there is one, is told what each
// plan printed and the last plan that was one to apply.
func playSteps(t *testing.T, w *acctest.Workspace, steps []story.Step, player *story.Player, planned func(*story.Step, string, *tfjson.Plan)) {
	t.Helper()
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
			planned(s, output, player.Planned)
		}
		if !s.Changes() {
			continue
		}
		if output, err := player.Apply(s); err != nil {
			t.Fatalf("%s: %v\n%s", s.Name, err, output)
		}
		// Over servers this is asked once, at the end: it takes a third of the time.
		if planned != nil || i == len(steps)-1 {
			w.Plan().Exits(0)
		}
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

// shown is a plan in a guide: the form, the scenario if it is not the guide's own,
// and the step's name, then the text in a fence. The forms are "plan", "grants",
// which has no more than a line for each credential, and "because".
var shown = regexp.MustCompile("(?s)<!-- (plan|grants|because): ([a-z-]+/)?([a-z0-9-]+) -->\n```text\n(?:(.*?)\n)??```\n")

// compare holds what a guide shows of a scenario's plans to the real ones. The
// prefix is that with which the guide names the steps of this scenario.
func compare(t *testing.T, guide, prefix string, plans map[string]string) {
	t.Helper()
	text := read(t, guide)
	compared := 0
	written := shown.ReplaceAllStringFunc(text, func(found string) string {
		parts := shown.FindStringSubmatch(found)
		form, scenario, name := parts[1], parts[2], parts[3]
		if scenario != prefix {
			return found
		}
		compared++
		plan, ok := plans[form+": "+name]
		if !ok {
			t.Fatalf("the guide shows %q of %s, which is none of %q", form, name, slices.Sorted(maps.Keys(plans)))
		}
		if !strings.Contains(found, "\n"+plan+"\n") && !*update {
			t.Errorf("the guide's %q of %s is not the real one; run this test with -update and read the difference:\n%s", form, name, plan)
		}
		return "<!-- " + form + ": " + scenario + name + " -->\n```text\n" + plan + "\n```\n"
	})
	if compared == 0 || strings.Count(text, "\n<!-- ") != len(shown.FindAllString(text, -1)) {
		t.Errorf("%s announces a plan that no fence follows, or shows none of this scenario", guide)
	}
	if !*update {
		return
	}
	if err := os.WriteFile(guide, []byte(written), 0o600); err != nil {
		t.Fatal(err)
	}
}
