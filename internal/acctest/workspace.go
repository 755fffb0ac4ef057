package acctest

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
	tfjson "github.com/hashicorp/terraform-json"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"

	"github.com/custodyhq/terraform-provider-custody/internal/clock"
	"github.com/custodyhq/terraform-provider-custody/internal/provider"
)

// Start is the instant at which every workspace's clock stands at first.
var Start = time.Date(2030, time.January, 15, 9, 0, 0, 0, time.UTC)

// sourceAddresses are the addresses under which terraform and tofu know the
// provider.
var sourceAddresses = []string{"registry.terraform.io/custodyhq/custody", "registry.opentofu.org/custodyhq/custody"}

// Workspace is a root module in a folder of its own, with a provider over a
// clock that stands still until the test moves it.
type Workspace struct {
	t     testing.TB
	Dir   string
	Clock *clock.Fake
	cli   string
	env   []string
}

// New returns an empty workspace. Its provider stops with the test.
func New(t testing.TB) *Workspace {
	t.Helper()
	for _, name := range []string{"TF_LOG_SDK", "TF_LOG_PROVIDER"} {
		t.Setenv(name, "OFF")
	}
	w := &Workspace{t: t, Dir: t.TempDir(), Clock: clock.NewFake(Start), cli: cli(t)}
	t.Chdir(w.Dir) // a plugin started by the tool has this working directory too
	config := filepath.Join(t.TempDir(), "cli.tfrc")
	if err := os.WriteFile(config, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	w.env = []string{
		"TF_REATTACH_PROVIDERS=" + w.serve(),
		"TF_CLI_CONFIG_FILE=" + config,
		"CHECKPOINT_DISABLE=1",
		"TF_IN_AUTOMATION=1",
		"TF_INPUT=0",
	}
	for _, name := range []string{"PATH", "HOME", "TMPDIR", "SYSTEMROOT"} {
		if v, ok := os.LookupEnv(name); ok {
			w.env = append(w.env, name+"="+v)
		}
	}
	return w
}

// serve starts the provider in this process and returns how to attach to it.
func (w *Workspace) serve() string {
	w.t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	started, closed := make(chan *goplugin.ReattachConfig, 1), make(chan struct{})
	failed := make(chan error, 1)
	go func() {
		failed <- tf6server.Serve(provider.Address, provider.Server("test", w.Clock),
			tf6server.WithDebug(ctx, started, closed), tf6server.WithoutLogStderrOverride(),
			tf6server.WithGoPluginLogger(hclog.NewNullLogger()))
	}()
	w.t.Cleanup(func() { stop(); <-closed })
	var attach *goplugin.ReattachConfig
	select {
	case attach = <-started:
	case err := <-failed:
		w.t.Fatalf("the provider did not start: %v", err)
	}
	type address struct{ Network, String string }
	entry := struct {
		Protocol        string
		ProtocolVersion int
		Pid             int
		Test            bool
		Addr            address
	}{string(attach.Protocol), attach.ProtocolVersion, attach.Pid, attach.Test, address{attach.Addr.Network(), attach.Addr.String()}}
	all := map[string]any{}
	for _, a := range sourceAddresses {
		all[a] = entry
	}
	text, err := json.Marshal(all)
	if err != nil {
		w.t.Fatal(err)
	}
	return string(text)
}

// Write puts a file into the workspace.
func (w *Workspace) Write(name, content string) {
	w.t.Helper()
	path := filepath.Join(w.Dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// Remove takes a file away.
func (w *Workspace) Remove(name string) {
	w.t.Helper()
	if err := os.Remove(filepath.Join(w.Dir, filepath.FromSlash(name))); err != nil {
		w.t.Fatal(err)
	}
}

// Edit replaces the one place in a file that holds old.
func (w *Workspace) Edit(name, old, replacement string) {
	w.t.Helper()
	data, err := os.ReadFile(filepath.Join(w.Dir, filepath.FromSlash(name)))
	if err != nil {
		w.t.Fatal(err)
	}
	if n := strings.Count(string(data), old); n != 1 {
		w.t.Fatalf("%s holds %q %d times, not once", name, old, n)
	}
	w.Write(name, strings.Replace(string(data), old, replacement, 1))
}

// CopyDir copies a folder of the repository into the workspace.
func (w *Workspace) CopyDir(from string) {
	w.t.Helper()
	if err := os.CopyFS(w.Dir, os.DirFS(from)); err != nil {
		w.t.Fatal(err)
	}
}

// Setenv sets a variable for the commands that follow.
func (w *Workspace) Setenv(name, value string) { w.env = append(w.env, name+"="+value) }

// Result is what a command printed and how it ended.
type Result struct {
	t      testing.TB
	Args   []string
	Code   int
	Output string // standard output, then standard error
}

// Run runs the command line tool in the workspace.
func (w *Workspace) Run(args ...string) Result {
	w.t.Helper()
	cmd := exec.Command(w.cli, args...) //nolint:gosec // the tool under test
	cmd.Dir, cmd.Env = w.Dir, w.env
	var stdout, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		w.t.Fatal(err)
	}
	return Result{t: w.t, Args: args, Code: cmd.ProcessState.ExitCode(), Output: stdout.String() + stderr.String()}
}

// Init prepares the workspace; it is needed where a module is called.
func (w *Workspace) Init() { w.t.Helper(); w.Run("init", "-no-color").Ok() }

// Plan plans with -detailed-exitcode: 0 is no change, 1 an error, 2 a change.
func (w *Workspace) Plan(args ...string) Result {
	w.t.Helper()
	return w.Run(append([]string{"plan", "-no-color", "-detailed-exitcode"}, args...)...)
}

// Apply plans and applies at once; it fails the test if that fails.
func (w *Workspace) Apply(args ...string) Result {
	w.t.Helper()
	return w.Run(append([]string{"apply", "-no-color", "-auto-approve"}, args...)...).Ok()
}

// ApplySaved applies the saved plan of the given name.
func (w *Workspace) ApplySaved(name string) Result {
	w.t.Helper()
	return w.Run("apply", "-no-color", name)
}

// PlanJSON plans and returns the plan in its machine form.
func (w *Workspace) PlanJSON(args ...string) *tfjson.Plan {
	w.t.Helper()
	w.Run(append([]string{"plan", "-no-color", "-out=json.tfplan"}, args...)...).Ok()
	var plan tfjson.Plan
	w.show(&plan, "json.tfplan")
	return &plan
}

// State returns the state in its machine form.
func (w *Workspace) State() *tfjson.State {
	w.t.Helper()
	var state tfjson.State
	w.show(&state)
	return &state
}

func (w *Workspace) show(into json.Unmarshaler, args ...string) {
	w.t.Helper()
	cmd := exec.Command(w.cli, append([]string{"show", "-json"}, args...)...) //nolint:gosec // the tool under test
	cmd.Dir, cmd.Env = w.Dir, w.env
	out, err := cmd.Output()
	if err != nil {
		w.t.Fatalf("show: %v", err)
	}
	if err := into.UnmarshalJSON(out); err != nil {
		w.t.Fatal(err)
	}
}

// Attributes returns the attributes of a resource in the state, by its address;
// nil if it is not there.
func (w *Workspace) Attributes(address string) map[string]any {
	w.t.Helper()
	state := w.State()
	if state.Values == nil {
		return nil
	}
	return attributes(state.Values.RootModule, address)
}

func attributes(m *tfjson.StateModule, address string) map[string]any {
	if m == nil {
		return nil
	}
	for _, r := range m.Resources {
		if r.Address == address {
			return r.AttributeValues
		}
	}
	for _, child := range m.ChildModules {
		if found := attributes(child, address); found != nil {
			return found
		}
	}
	return nil
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

// Says fails the test unless the output holds every text; runs of white space
// and the frame around diagnostics do not count.
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

// Unframed joins the words of a text that the command line tool has wrapped and
// framed.
func Unframed(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(" \t\r\n│╷╵", r) }), " ")
}
