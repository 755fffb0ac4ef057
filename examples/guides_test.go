package examples_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
)

var update = flag.Bool("update", false, "write what the guides show anew; read the difference before you commit it")

// shownVersion is the command line tool whose words the guides show.
const shownVersion = "Terraform v1.11."

// day is how much later each plan is made than the one before.
const day = 24 * time.Hour

// scene is one plan that a guide shows.
type scene struct {
	name  string // of the file with the output
	code  int
	setup func(w *acctest.Workspace) // what changes before it; the plan before has been applied
}

func edit(name, old, replacement string) func(*acctest.Workspace) {
	return func(w *acctest.Workspace) { w.Edit(name, old, replacement) }
}

// enforce removes the line with which "Getting started" begins to observe.
func enforce(w *acctest.Workspace) {
	w.Edit("main.tf", "  policy    = jsonencode({ enforcement = [{ mode = \"observe\" }] }) # decide and show, and take nothing away yet\n", "")
}

// guides tells, by the guide's folder, what is planned in which order.
var guides = map[string][]scene{
	"getting-started": {
		{"first", 2, nil},
		{"no-change", 0, nil},
		{"left", 2, edit("inventory/people.csv", "Ada Byron,active", "Ada Byron,left")},
		{"enforced", 2, enforce},
		{"retired", 2, edit("inventory/assets.csv", "Billing,in_service", "Billing,retired")},
	},
	"from-an-export": {
		{"bad-cells", 1, nil},
		{"bad-kind", 1, edit("main.tf", `preset = "snipeit" }`, `preset = "snipeit", dates = "us" }`)},
		{"first", 2, func(w *acctest.Workspace) {
			w.Edit("main.tf", `preset = "okta" }`, `preset = "okta", kinds = { Freelancer = "contractor" } }`)
			w.Edit("main.tf", `toset(["LAP-002"])`, `toset(["LAP-001", "LAP-002", "LAP-003"])`)
		}},
		{"resolved", 2, edit("exports/snipeit.csv", `"user","cam"`, `"user","cam@example.org"`)},
	},
	"retired": {
		{"", 2, enforce},
		{"retired", 2, edit("inventory/assets.csv", "Billing,in_service", "Billing,retired")},
	},
	"writing-a-policy": {
		{"first", 2, nil},
		{"left", 2, edit("inventory/people.csv", "Ada Byron,active", "Ada Byron,left")},
		{"unknown-code", 1, edit("policy.json", `"on": "task.open"`, `"on": "task.opened"`)},
		{"condition", 1, func(w *acctest.Workspace) {
			w.Edit("policy.json", `"on": "task.opened"`, `"on": "task.open"`)
			w.Edit("policy.json", "binding.successor == ''", "binding.sucessor == ''")
		}},
		{"unreachable", 1, func(w *acctest.Workspace) {
			w.Edit("policy.json", "binding.sucessor == ''", "binding.successor == ''")
			w.Edit("payments.json", `{ "on": "owner.left"`, `{ "on": "*", "action": "review" }, { "on": "owner.left"`)
		}},
	},
	"closing-tasks": {
		{"open", 2, nil},
		{"closed", 2, edit("inventory/tasks.csv", "LT-0117,open", "LT-0117,closed")},
	},
	"confidence": {
		{"first", 2, nil},
		{"retired", 2, func(w *acctest.Workspace) {
			w.Edit("inventory/assets.csv", "retired,laptop,in_service", "retired,laptop,retired")
			w.Edit("inventory/assets.csv", "cleared,laptop,in_service,grace@example.org", "cleared,laptop,retired,")
		}},
	},
}

// TestGuides makes the plans that the guides show, and holds what they show to
// what the command line tool prints.
func TestGuides(t *testing.T) {
	for guide, scenes := range guides {
		t.Run(guide, func(t *testing.T) {
			dir := guide
			if guide == "retired" {
				dir = "getting-started" // the same, without the chapter before
			}
			from := absolute(t, "guides/"+dir)
			w := acctest.New(t)
			w.CopyDir(from)
			planTime := "plantimestamp()"
			shown := strings.Contains(w.Run("version").Output, shownVersion)
			for i, s := range scenes {
				if i > 0 {
					w.Clock.Advance(day)
				}
				instant := fmt.Sprintf("%q", w.Clock.Now().Format(time.RFC3339))
				w.Edit("main.tf", "plan_time = "+planTime, "plan_time = "+instant)
				planTime = instant
				if s.setup != nil {
					s.setup(w)
				}
				got := w.Plan().Exits(s.code).Output
				if s.code == 2 {
					w.Apply()
				}
				if s.name != "" && shown {
					compare(t, filepath.Join(from, "output", guide+"-"+s.name+".txt"), excerpt(got))
				}
			}
		})
	}
}

// random matches the ids that terraform_data draws.
var random = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)

// excerpt takes out of a plan what says something: neither what stands in every
// plan nor the progress.
func excerpt(output string) string {
	var keep []string
	for _, line := range strings.Split(output, "\n") {
		if !strings.Contains(line, ": Refreshing state...") && !strings.Contains(line, ": Reading...") && !strings.Contains(line, ": Read complete after") {
			keep = append(keep, line)
		}
	}
	text := strings.Join(keep, "\n")
	if i := strings.Index(text, "\nError: "); i >= 0 {
		text = text[i:]
	}
	if i := strings.Index(text, "Terraform will perform the following actions:\n"); i >= 0 {
		text = text[i:]
	}
	if i := strings.Index(text, "\nChanges to Outputs:\n"); i >= 0 {
		text = text[i:] // where there are outputs, they say it shorter
	}
	for _, end := range []string{"\n─────", "\nWarning: "} {
		text, _, _ = strings.Cut(text, end)
	}
	return random.ReplaceAllString(strings.TrimSpace(text), "0efbb5c6-0358-181c-8545-02b273f2a6ac") + "\n"
}

func compare(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != got {
		t.Errorf("%s shows something else. go test ./examples -update writes it anew. Got:\n%s", filepath.Base(file), got)
	}
}
