package acctest

import (
	"errors"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"
)

// Setenv sets a variable for the commands that follow.
func (w *Workspace) Setenv(name, value string) { w.env = append(w.env, name+"="+value) }

// Result is what a command printed and how it ended.
type Result struct {
	t      testing.TB
	Args   []string
	Code   int
	Output string // standard output, then standard error
}

// Run runs the command line tool in the workspace. The variable plan_time is
// what the clock shows.
func (w *Workspace) Run(args ...string) Result {
	w.t.Helper()
	return w.run(args, "TF_VAR_plan_time="+w.Clock.Now().Format(time.RFC3339))
}

func (w *Workspace) run(args []string, env ...string) Result {
	w.t.Helper()
	cmd := w.command(args)
	cmd.Env = append(env, cmd.Env...) // what the test has set comes last and wins
	var stdout, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		w.t.Fatal(err)
	}
	return Result{t: w.t, Args: args, Code: cmd.ProcessState.ExitCode(), Output: stdout.String() + stderr.String()}
}

func (w *Workspace) command(args []string) *exec.Cmd {
	cmd := exec.Command(w.cli, args...)
	cmd.Dir, cmd.Env = w.Dir, slices.Clone(w.env)
	return cmd
}

// Plan plans with -detailed-exitcode: 0 is no change, 1 an error, 2 a change.
func (w *Workspace) Plan(args ...string) Result {
	w.t.Helper()
	return w.Run(append([]string{"plan", "-no-color", "-detailed-exitcode"}, args...)...)
}

// Apply plans and applies at once; it fails the test if that fails.
func (w *Workspace) Apply(args ...string) Result {
	w.t.Helper()
	return w.TryApply(args...).Ok()
}

// TryApply plans and applies at once.
func (w *Workspace) TryApply(args ...string) Result {
	w.t.Helper()
	return w.Run(append([]string{"apply", "-no-color", "-auto-approve"}, args...)...)
}

// savedPlan is the name of the plan that Save makes.
const savedPlan = "saved.tfplan"

// Save plans and keeps the plan for ApplySaved.
func (w *Workspace) Save(args ...string) Result {
	w.t.Helper()
	return w.Run(append([]string{"plan", "-no-color", "-out=" + savedPlan}, args...)...).Ok()
}

// ApplySaved applies the plan that Save made, or the one of the given name.
// Variables are those of the plan.
func (w *Workspace) ApplySaved(name ...string) Result {
	w.t.Helper()
	return w.run(append([]string{"apply", "-no-color"}, append(name, savedPlan)[0]))
}

// Destroy destroys everything; it fails the test if that fails.
func (w *Workspace) Destroy() Result {
	w.t.Helper()
	return w.Run("destroy", "-no-color", "-auto-approve").Ok()
}

// Ok fails the test unless the command succeeded.
func (r Result) Ok() Result { r.t.Helper(); return r.Exits(0) }

// Exits fails the test unless the command ended with the code.
func (r Result) Exits(code int) Result {
	r.t.Helper()
	if r.Code != code {
		r.t.Fatalf("%s ended with %d, not %d:\n%s", strings.Join(r.Args, " "), r.Code, code, r.Output)
	}
	return r
}

// Says fails the test unless the output holds every text; runs of white space,
// the frame around diagnostics and escaped quotes do not count.
func (r Result) Says(texts ...string) Result {
	r.t.Helper()
	output := Unframed(r.Output)
	for _, text := range texts {
		if !strings.Contains(output, Unframed(text)) {
			r.t.Fatalf("%s does not say %q:\n%s", strings.Join(r.Args, " "), text, r.Output)
		}
	}
	return r
}

// Silent fails the test if the output holds any of the texts.
func (r Result) Silent(texts ...string) Result {
	r.t.Helper()
	output := Unframed(r.Output)
	for _, text := range texts {
		if strings.Contains(output, Unframed(text)) {
			r.t.Fatalf("%s says %q:\n%s", strings.Join(r.Args, " "), text, r.Output)
		}
	}
	return r
}

// Unframed joins the words of a text that the command line tool has wrapped,
// framed and quoted.
func Unframed(s string) string {
	s = strings.ReplaceAll(s, `\"`, `"`)
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(" \t\r\n│╷╵", r) }), " ")
}
