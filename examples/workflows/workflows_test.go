// Package workflows_test runs the steps of the example workflows, as far as they
// are scripts, against a real command line tool.
package workflows_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
)

type workflow struct {
	Jobs map[string]struct {
		Steps []step `yaml:"steps"`
	} `yaml:"jobs"`
}

type step struct {
	Name string            `yaml:"name"`
	ID   string            `yaml:"id"`
	Run  string            `yaml:"run"`
	Uses string            `yaml:"uses"`
	If   string            `yaml:"if"`
	Env  map[string]string `yaml:"env"`
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.FromSlash(name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// files lists the example workflows for GitHub.
func files(t *testing.T) []string {
	t.Helper()
	names, err := filepath.Glob("github/*.yml")
	if err != nil || len(names) == 0 {
		t.Fatalf("no workflows: %v", err)
	}
	return names
}

func parse(t *testing.T, name string) workflow {
	t.Helper()
	var w workflow
	if err := yaml.Unmarshal([]byte(read(t, name)), &w); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return w
}

var pinned = regexp.MustCompile(`uses: ([a-z-]+/[a-z-]+)@([0-9a-f]{40}) # v[0-9.]+\n`)

// TestPinned wants every action pinned by its commit, and by the same commit as
// in the workflows of this repository.
func TestPinned(t *testing.T) {
	ours := map[string]string{}
	own, err := filepath.Glob("../../.github/workflows/*.yml")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range own {
		for _, m := range pinned.FindAllStringSubmatch(read(t, name), -1) {
			ours[m[1]] = m[2]
		}
	}
	for _, name := range files(t) {
		text := read(t, name)
		found := pinned.FindAllStringSubmatch(text, -1)
		if n := strings.Count(text, "uses: ") - strings.Count(text, "uses: ./"); n != len(found) {
			t.Errorf("%s uses %d actions and pins %d", name, n, len(found))
		}
		for _, m := range found {
			if commit, ok := ours[m[1]]; ok && commit != m[2] {
				t.Errorf("%s uses %s at %s; this repository uses %s", name, m[1], m[2], commit)
			}
		}
	}
}

// TestNothingIsInterpolated keeps what an event or a name says out of scripts:
// it reaches them through the environment.
func TestNothingIsInterpolated(t *testing.T) {
	for _, name := range files(t) {
		for job, j := range parse(t, name).Jobs {
			for _, s := range j.Steps {
				if strings.Contains(s.Run, "${{") {
					t.Errorf("%s: %s: a script holds an expression: %s", name, job, s.Run)
				}
			}
		}
	}
}

func TestGitLabIsYAML(t *testing.T) {
	var jobs map[string]any
	if err := yaml.Unmarshal([]byte(read(t, "gitlab/.gitlab-ci.yml")), &jobs); err != nil {
		t.Fatal(err)
	}
	for _, job := range []string{"summary", "plan", "note", "issue", "apply-safe", "apply"} {
		if _, ok := jobs[job]; !ok {
			t.Errorf("there is no job %s", job)
		}
	}
}

// world is a workspace with everything that a job needs.
func world(t *testing.T) (w *acctest.Workspace, env []string) {
	t.Helper()
	bin := t.TempDir()
	build := exec.Command("go", "build", "-o", filepath.Join(bin, "custody-summary"), "./custody-summary")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	scripts, facts := map[string]string{"custody-plan.sh": "", "custody-gitlab.sh": ""}, abs(t, "custody-summary/testdata/world")
	for name := range scripts {
		scripts[name] = read(t, name)
	}
	w = acctest.New(t)
	w.CopyDir(facts)
	w.Edit("main.tf", "plantimestamp()", `"2030-01-15T09:00:00Z"`)
	for name, text := range scripts {
		w.Write("ci/"+name, text)
		if err := os.Chmod(filepath.Join(w.Dir, "ci", name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return w, []string{"PATH=" + bin + string(os.PathListSeparator) + os.Getenv("PATH"), "GNUPGHOME=" + t.TempDir()}
}

func abs(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.FromSlash(name))
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func TestCustodyPlan(t *testing.T) {
	w, env := world(t)
	plan := func(code int, summary string) {
		t.Helper()
		w.Shell("ci/custody-plan.sh", env...).Exits(code)
		got := read(t, filepath.Join(w.Dir, "summary.md"))
		if !strings.Contains(got, summary) {
			t.Fatalf("the summary does not say %q:\n%s", summary, got)
		}
	}
	plan(2, "4 grants of 4 would change")
	w.Apply()
	plan(0, "No grant changes")
	w.Edit("inventory/assets.csv", "Ledger,in_service", "Ledger,retired")
	plan(2, "active → revoked")
	w.Edit("main.tf", "revocations = 2", "revocations = 0")
	plan(1, "Too Many Revocations in One Plan")
	w.Write("main.tf", "nonsense")
	plan(1, "Error: ")
	for name, begins := range map[string]string{"summary.html": "<!DOCTYPE html>", "summary.json": "{", "summary.env": "failed=true"} {
		if got := read(t, filepath.Join(w.Dir, name)); !strings.HasPrefix(got, begins) {
			t.Errorf("%s begins with %.40q", name, got)
		}
	}
	for _, left := range []string{"plan.json", "plan.log"} {
		if _, err := os.Stat(filepath.Join(w.Dir, left)); err == nil {
			t.Errorf("%s is left behind", left)
		}
	}
}

// TestPlanStepFails wants a job to fail if the plan fails, and also if the summary
// cannot be made: a green job means that somebody could have read it.
func TestPlanStepFails(t *testing.T) {
	for _, name := range []string{"github/nightly.yml", "github/apply-on-approval.yml", "github/pull-request.yml", "github/apply-safe.yml"} {
		t.Run(name, func(t *testing.T) {
			var plan step
			for _, job := range parse(t, name).Jobs {
				for _, s := range job.Steps {
					if s.ID == "plan" {
						plan = s
					}
				}
			}
			w, env := world(t)
			env = append(env, "GITHUB_OUTPUT=github.out", "GITHUB_STEP_SUMMARY=job.md")
			runStep(t, w, env, plan, nil).Ok()
			if got := runStep(t, w, append(env, "PATH="+os.Getenv("PATH")), plan, nil); got.Code == 0 {
				t.Errorf("it succeeds without a summary: %s", got.Output)
			}
			w.Remove("inventory/people.csv")
			if got := runStep(t, w, env, plan, nil); got.Code == 0 || !strings.Contains(read(t, filepath.Join(w.Dir, "job.md")), "Unable to Read People") {
				t.Errorf("it succeeds, or does not say why it failed: %s", got.Output)
			}
		})
	}
}

// TestApplyOnApproval goes through the scripts of both jobs in their order.
func TestApplyOnApproval(t *testing.T) {
	servers.RequireProgram(t, "gpg", "gpg")
	servers.RequireProgram(t, "gpg", "gpg-agent")
	jobs := parse(t, "github/apply-on-approval.yml").Jobs
	w, env := world(t)
	t.Cleanup(func() { w.Shell("gpgconf --kill gpg-agent || true", env...) })
	outputs := rehearse(t, w, env, jobs["plan"].Steps, nil)
	if outputs["code"] != "2" {
		t.Fatalf("the plan job says %v", outputs)
	}
	for _, name := range []string{"tfplan", "summary.md"} {
		w.Remove(name) // the jobs share nothing but the artifact
	}
	rehearse(t, w, env, jobs["apply"].Steps, outputs)
	w.Plan().Exits(0)

	outputs["planned"] = "1"
	first := jobs["apply"].Steps[0]
	if got := runStep(t, w, env, first, outputs); got.Code == 0 || !strings.Contains(got.Output, "seconds old") {
		t.Errorf("a plan that has waited too long is applied: %s", got.Output)
	}
}

// rehearse runs the scripts of a job's steps and returns what they put out.
func rehearse(t *testing.T, w *acctest.Workspace, env []string, steps []step, needs map[string]string) map[string]string {
	t.Helper()
	w.Write("github.out", "")
	env = append(env, "GITHUB_OUTPUT="+filepath.Join(w.Dir, "github.out"), "GITHUB_STEP_SUMMARY="+filepath.Join(w.Dir, "job.md"))
	for _, s := range steps {
		if s.Run != "" && s.Name != "Install the summary" {
			runStep(t, w, env, s, needs).Ok()
		}
	}
	out := map[string]string{}
	for _, line := range strings.Fields(read(t, filepath.Join(w.Dir, "github.out"))) {
		name, value, _ := strings.Cut(line, "=")
		out[name] = value
	}
	return out
}

func runStep(t *testing.T, w *acctest.Workspace, env []string, s step, needs map[string]string) acctest.Result {
	t.Helper()
	for name, value := range s.Env {
		switch {
		case strings.Contains(value, "secrets."):
			value = "correct horse battery staple"
		case strings.Contains(value, "needs.plan.outputs.planned"):
			value = needs["planned"]
		case strings.Contains(value, "steps.plan.outputs."):
			_, value, _ = strings.Cut(value, "steps.plan.outputs.")
			value = needs[strings.TrimSuffix(value, " }}")]
		case strings.Contains(value, "github."):
			value = needs[value]
		case strings.Contains(value, "${{"):
			t.Fatalf("%s: %s is not known here", s.Name, value)
		}
		env = append(env, name+"="+value)
	}
	return w.Shell(s.Run, env...)
}
