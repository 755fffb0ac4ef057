package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// profilesVariable tells the profiled provider where to leave its profiles.
const profilesVariable = "CUSTODY_BENCH_PROFILES"

// profile runs the unchanged plan of n bindings and n grants with the provider
// under a profile, and returns what took the time. The profiles stay in the
// folder that it names.
func profile(ctx context.Context, w *benchEnvironment, n int) (string, error) {
	if err := w.findCLI(ctx); err != nil {
		return "", err
	}
	program, err := w.build(ctx, "profiled", "./bench/profiled")
	if err != nil {
		return "", err
	}
	c := contenders[0]
	dir, err := w.install(c, "profiled", program)
	if err != nil {
		return "", err
	}
	kept := filepath.Join(w.root, ".cache", "bench", "profiles")
	making := filepath.Join(w.tmp, "profiles")
	if err := errors.Join(os.RemoveAll(kept), os.MkdirAll(kept, 0o750), os.MkdirAll(making, 0o750)); err != nil {
		return "", err
	}
	r := &runner{contender: c, cli: w.cli, tfrc: filepath.Join(dir, "cli.tfrc"), env: []string{profilesVariable + "=" + making}}
	s, err := newSite(w, r, n)
	if err != nil {
		return "", err
	}
	if err := s.makeState(ctx); err != nil {
		return "", err
	}
	r.env = []string{profilesVariable + "=" + kept}
	u, err := s.planUnchanged(ctx)
	if err != nil {
		return "", err
	}
	progress("unchanged plan of %d under the profile: %s", 2*n, seconds(u.wall))
	return explain(ctx, w, kept, n, u)
}

// shares are the parts of the work that the profile is divided into. They
// overlap: a call counts for each part that it is under.
var shares = []struct{ name, focus string }{
	{"deciding, assessing, facts: `lifecycle`, `policy`, `inventory`, `system`, `kind`, `memo`",
		`custody/internal/(lifecycle|policy|inventory|system|kind|memo)[/.]`},
	{"our resources, with what they have the framework do", `custody/internal/provider/(binding|grant|attribute|value|run|operation)\.`},
	{"the framework's copies of the schema's map of attributes", `schema\.schemaAttributes`},
	{"values turned into others attribute by attribute: `tftypes.Transform`", `tftypes\.[Tt]ransform`},
	{"empty blocks replaced by null: `NullifyCollectionBlocks`", `NullifyCollectionBlocks`},
	{"plan modifiers of the schema: `SchemaModifyPlan`", `fwserver\.SchemaModifyPlan`},
	{"decoding and encoding: msgpack and protobuf", `msgpack|protobuf`},
	{"memory allocation, with its share of the collection", `runtime\.mallocgc`},
	{"garbage collection in the background", `runtime\.(gcBgMarkWorker|bgsweep|bgscavenge)`},
}

// explain renders what the profiles of all processes of the plan say together.
func explain(ctx context.Context, w *benchEnvironment, folder string, n int, u usage) (string, error) {
	files, err := filepath.Glob(filepath.Join(folder, "*.pprof"))
	if err != nil || len(files) == 0 {
		return "", errors.Join(errors.New("the provider left no profile"), err)
	}
	top := func(args ...string) (string, error) {
		// The profiles carry their symbols, inlined calls included. Pprof would
		// lose those by reading the symbols from the program.
		args = slices.Concat([]string{"tool", "pprof", "-symbolize=none", "-top", "-cum"}, args, files)
		cmd := exec.CommandContext(ctx, "go", args...)
		cmd.Dir = w.root
		text, err := cmd.Output()
		if err != nil {
			return "", fmt.Errorf("go tool pprof: %w", err)
		}
		return string(text), nil
	}
	t := newTable("under", "share of the provider's CPU time")
	for _, s := range shares {
		text, err := top("-nodefraction=0", "-nodecount=100000", "-focus="+s.focus)
		if err != nil {
			return "", err
		}
		t.row(s.name, share(text))
	}
	most, err := top("-nodecount=45")
	if err != nil {
		return "", err
	}
	progress("go tool pprof %s", relative(w.root, folder))
	return fmt.Sprintf("Unchanged plan of %d bindings and %d grants, all processes of the provider together: %s s, with %s s of CPU time, of which the provider's profiles hold %s.\n\n%s\n```text\n%s```\n",
		n, n, seconds(u.wall), seconds(u.cpu), total(most), t, functions(most)), nil
}

// share takes the share of all samples out of what pprof says above its list.
func share(top string) string { return said(top, ", ", " of ", "none seen") }

// total takes the time of all samples out of what pprof says above its list.
func total(top string) string { return said(top, "% of ", " total", "nothing") }

// said returns what is between two texts in the line that pprof writes above its list,
// and none without such a line.
func said(top, before, after, none string) string {
	_, line, _ := strings.Cut(top, "Showing nodes accounting for ")
	_, line, _ = strings.Cut(line, before)
	text, _, ok := strings.Cut(line, after)
	if !ok {
		return none
	}
	return text
}

// functions leaves out the lines above the list, which name files and the time
// of day.
func functions(top string) string {
	i := strings.Index(top, "      flat ")
	return top[max(i, 0):]
}

func relative(base, path string) string {
	if r, err := filepath.Rel(base, path); err == nil {
		return r
	}
	return path
}
