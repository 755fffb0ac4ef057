package acctest

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"

	"github.com/custodyhq/terraform-provider-custody/internal/clock"
	"github.com/custodyhq/terraform-provider-custody/internal/plugin"
)

// Start is the instant at which every workspace's clock stands at first.
var Start = time.Date(2030, time.January, 15, 9, 0, 0, 0, time.UTC)

// sourceAddresses are the addresses under which terraform and tofu know the
// provider.
var sourceAddresses = []string{"registry.terraform.io/custodyhq/custody", "registry.opentofu.org/custodyhq/custody"}

// Workspace is a root module in a folder of its own, with a provider over a
// clock that stands still until the test moves it.
type Workspace struct {
	Folder
	Clock *clock.Fake
	// Untouched counts the plans of instances that were answered without the plugin
	// framework, because nothing had happened to them.
	Untouched *atomic.Int64
	cli       string
	env       []string
}

// New returns an empty workspace, whose folder is the working directory of the
// provider too. Its provider stops with the test.
func New(t testing.TB) *Workspace {
	t.Helper()
	return entered(t, start(t, serve))
}

// NewAlone returns a workspace as New does, for tests over real servers: no second
// provider asks them beside it.
func NewAlone(t testing.TB) *Workspace {
	t.Helper()
	return entered(t, start(t, serveOne))
}

func entered(t testing.TB, w *Workspace) *Workspace {
	t.Helper()
	t.Chdir(w.Dir) // a plugin started by the tool has this working directory too
	return w
}

// Load returns a workspace that holds the inventory and, over it, the named
// folders of the test's testdata; without a name, the one named after the test,
// if there is one.
// Tests over it may run in parallel.
func Load(t testing.TB, names ...string) *Workspace {
	t.Helper()
	return load(start(t, serve), names)
}

// LoadAlone returns a workspace as Load does, for tests that count what the provider
// asks for: no second provider is asked beside it.
func LoadAlone(t testing.TB, names ...string) *Workspace {
	t.Helper()
	return load(start(t, serveOne), names)
}

func load(w *Workspace, names []string) *Workspace {
	w.load(names)
	w.Setenv("TF_VAR_inventory", w.Dir)
	return w
}

// serving returns what serves the provider.
type serving func(c clock.Clock, untouched *atomic.Int64, report func(string)) func() tfprotov6.ProviderServer

func start(t testing.TB, how serving) *Workspace {
	t.Helper()
	if testing.Short() {
		t.Skip("this test runs the command line tool, which -short leaves out")
	}
	shared()
	w := &Workspace{Folder: Folder{t: t, Dir: t.TempDir()}, Clock: clock.NewFake(Start), Untouched: &atomic.Int64{}, cli: CLI(t)}
	config := filepath.Join(t.TempDir(), "cli.tfrc")
	if err := os.WriteFile(config, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	w.env = []string{
		"TF_REATTACH_PROVIDERS=" + w.serve(how),
		"TF_CLI_CONFIG_FILE=" + config,
		"CHECKPOINT_DISABLE=1",
		"TF_IN_AUTOMATION=1",
		"TF_INPUT=0",
	}
	for _, name := range []string{"PATH", "HOME", "TMPDIR", "SYSTEMROOT", "GOGC"} {
		if v, ok := os.LookupEnv(name); ok {
			w.env = append(w.env, name+"="+v)
		}
	}
	return w
}

// In returns the workspace for a subtest, whose failures are the subtest's.
func (w *Workspace) In(t testing.TB) *Workspace {
	in := *w
	in.Folder.t = t
	return &in
}

// serve starts the provider in this process and returns how to attach to it.
func (w *Workspace) serve(how serving) string {
	w.t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	started, closed := make(chan *goplugin.ReattachConfig, 1), make(chan struct{})
	failed := make(chan error, 1)
	server := how(w.Clock, w.Untouched, func(text string) { w.t.Error(text) })
	go func() {
		failed <- tf6server.Serve(plugin.Address, server,
			tf6server.WithDebug(ctx, started, closed), tf6server.WithoutLogStderrOverride(),
			tf6server.WithGoPluginLogger(hclog.NewNullLogger()))
	}()
	w.t.Cleanup(func() {
		stop()
		<-closed
		closeServer(w.t, server())
	})
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
