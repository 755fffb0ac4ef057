package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// kind is one kind of plan, and how long the provider's may take by what users have
// today and by what needs no provider; 0: as long as it takes.
type kind struct {
	name             string
	plan             func(*site, context.Context) (usage, error)
	byTime, byNative float64
}

var (
	bothKinds = []kind{
		{"first", (*site).planFirst, 0.5, 0},
		{"unchanged", (*site).planUnchanged, 0.45, 2},
	}
	directKinds = []kind{{"first, named directly", (*site).planFirst, 1, 0}}
)

// targetEach is how much processor time the provider may take for an unchanged
// instance.
const targetEach = 1200 * time.Microsecond

// usage is what one command took.
type usage struct {
	wall        time.Duration
	cpu         time.Duration // of all processes
	providerCPU time.Duration
	providerRSS int64
}

// best keeps of several runs the shortest times, which are those least disturbed
// by others, and the most memory.
func best(runs []usage) usage {
	out := runs[0]
	for _, u := range runs[1:] {
		out.wall, out.cpu, out.providerCPU = min(out.wall, u.wall), min(out.cpu, u.cpu), min(out.providerCPU, u.providerCPU)
		out.providerRSS = max(out.providerRSS, u.providerRSS)
	}
	return out
}

// runner runs the command line tool for one contender.
type runner struct {
	contender
	cli    string
	tfrc   string
	report string
	env    []string
}

// prepare builds and installs everything and returns a runner for each of the
// contenders.
func prepare(ctx context.Context, w *benchEnvironment, all []contender) ([]*runner, error) {
	if err := w.findCLI(ctx); err != nil {
		return nil, err
	}
	meter, err := w.build(ctx, "meter", "./bench/meter")
	if err != nil {
		return nil, err
	}
	var out []*runner
	for _, c := range all {
		var program string
		switch c.provider {
		case "custody":
			program, err = w.build(ctx, "custody", ".")
		case "time":
			program, err = w.installTime(ctx)
		}
		if err != nil {
			return nil, err
		}
		tfrc, report, err := w.installMetered(c, meter, program)
		if err != nil {
			return nil, err
		}
		out = append(out, &runner{contender: c, cli: w.cli, tfrc: tfrc, report: report})
	}
	return out, nil
}

// run runs one command and fails unless it ends with the code and says the
// text.
func (r *runner) run(ctx context.Context, dir string, code int, says string, args ...string) (usage, error) {
	if r.report != "" {
		if err := os.WriteFile(r.report, nil, 0o600); err != nil {
			return usage{}, err
		}
	}
	cmd := exec.CommandContext(ctx, r.cli, args...)
	cmd.Dir, cmd.Env = dir, append(environment(r.tfrc), r.env...)
	// In a group of its own, it hears of an interrupt once, from here.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = time.Minute
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	start := time.Now()
	err := cmd.Run()
	wall := time.Since(start)
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return usage{}, err
	}
	if ctx.Err() != nil {
		return usage{}, ctx.Err()
	}
	if got := cmd.ProcessState.ExitCode(); got != code || !strings.Contains(out.String(), says) {
		return usage{}, fmt.Errorf("%s: %s ended with %d, and should have with %d and have said %q; its output ends:\n%s",
			r.name, strings.Join(args, " "), got, code, says, tail(out.String()))
	}
	u := usage{wall: wall, cpu: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()}
	return u, r.readReport(&u)
}

func (r *runner) readReport(u *usage) error {
	if r.report == "" {
		return nil
	}
	text, err := os.ReadFile(r.report)
	if err != nil {
		return err
	}
	for l := range strings.Lines(string(text)) {
		var line struct{ CPU, RSS int64 }
		if err := json.Unmarshal([]byte(l), &line); err != nil {
			return err
		}
		u.providerCPU += time.Duration(line.CPU)
		u.providerRSS = max(u.providerRSS, line.RSS)
	}
	if u.providerRSS == 0 {
		return fmt.Errorf("%s: no provider process was metered", r.name)
	}
	return nil
}

// environment is that of the command line tool: nothing of the user's own that
// would change what is measured.
func environment(tfrc string) []string {
	out := []string{"TF_CLI_CONFIG_FILE=" + tfrc, "CHECKPOINT_DISABLE=1", "TF_IN_AUTOMATION=1", "TF_INPUT=0"}
	for _, name := range []string{"PATH", "HOME", "TMPDIR"} {
		if v, ok := os.LookupEnv(name); ok {
			out = append(out, name+"="+v)
		}
	}
	return out
}

func tail(s string) string {
	const most = 3000
	return s[max(0, len(s)-most):]
}

// site is the two modules of a contender at one size: one without a state, one
// with a state of everything.
type site struct {
	*runner
	n                int
	instances        int // of n = 1
	first, unchanged string
}

// newSite writes the modules.
func newSite(w *benchEnvironment, r *runner, n int) (*site, error) {
	base, err := os.MkdirTemp(w.tmp, r.name)
	if err != nil {
		return nil, err
	}
	s := &site{runner: r, n: n, instances: strings.Count(r.config, "\nresource "), first: filepath.Join(base, "first"), unchanged: filepath.Join(base, "unchanged")}
	now := time.Now()
	return s, errors.Join(writeModule(s.first, r.contender, n, now), writeModule(s.unchanged, r.contender, n, now))
}

// makeState makes the state of everything.
func (s *site) makeState(ctx context.Context) error {
	progress("%s: making a state of %d", s.name, s.instances*s.n)
	says := fmt.Sprintf("%d added", s.instances)
	if _, err := s.run(ctx, s.unchanged, 0, says, "apply", "-auto-approve", "-no-color", "-var=n=1"); err != nil {
		return err
	}
	return multiply(s.unchanged, s.contender, s.n)
}

func (s *site) planArgs() []string {
	return []string{"plan", "-no-color", "-detailed-exitcode", "-lock=false", fmt.Sprintf("-var=n=%d", s.n)}
}

func (s *site) planFirst(ctx context.Context) (usage, error) {
	return s.run(ctx, s.first, 2, fmt.Sprintf("Plan: %d to add, 0 to change, 0 to destroy", s.instances*s.n), s.planArgs()...)
}

func (s *site) planUnchanged(ctx context.Context) (usage, error) {
	return s.run(ctx, s.unchanged, 0, "No changes.", s.planArgs()...)
}

// planned is what all contenders took for one kind of plan at one size.
type planned struct {
	n, repeats int
	kind       kind
	taken      map[string]usage
}

// measurePlans measures kinds of plans at one size. The contenders take
// turns, so that what disturbs the machine for a while disturbs all of them.
func measurePlans(ctx context.Context, w *benchEnvironment, runners []*runner, kinds []kind, n, repeats int) ([]planned, error) {
	var sites []*site
	for _, r := range runners {
		s, err := newSite(w, r, n)
		if err != nil {
			return nil, err
		}
		if len(kinds) > 1 {
			if err := s.makeState(ctx); err != nil {
				return nil, err
			}
		}
		sites = append(sites, s)
	}
	var out []planned
	for _, k := range kinds {
		runs := map[string][]usage{}
		for turn := range repeats {
			for _, s := range sites {
				u, err := k.plan(s, ctx)
				if err != nil {
					return nil, err
				}
				progress("%s: %s plan of %d, turn %d of %d: %s", s.name, k.name, s.instances*n, turn+1, repeats, u.wall.Round(10*time.Millisecond))
				runs[s.name] = append(runs[s.name], u)
			}
		}
		p := planned{n: n, repeats: repeats, kind: k, taken: map[string]usage{}}
		for name, all := range runs {
			p.taken[name] = best(all)
		}
		out = append(out, p)
	}
	return out, nil
}

// planTable renders what was measured.
func planTable(all []planned) string {
	t := newTable("N", "plan", "contender", "wall s", "CPU s, tool", "CPU s, provider", "provider ms each", "provider peak MB",
		"wall / time_rotating", "CPU / time_rotating", "wall / terraform_data", "turns")
	for _, p := range all {
		rotating, data := p.taken[nameTime], p.taken[nameData]
		for _, c := range contenders {
			u := p.taken[c.name]
			cpu, each, rss := "–", "–", "–"
			one := u.providerCPU / time.Duration(2*p.n)
			if c.provider != "" {
				cpu, rss = seconds(u.providerCPU), strconv.FormatInt(u.providerRSS>>20, 10)
				each = fmt.Sprintf("%.2f", one.Seconds()*1000)
			}
			wall, native := ratio(u.wall, rotating.wall), ratio(u.wall, data.wall)
			if c.name == nameCustody {
				wall += p.kind.within(u.wall, rotating.wall, p.kind.byTime)
				native += p.kind.within(u.wall, data.wall, p.kind.byNative)
				if p.kind.byNative > 0 {
					each += fmt.Sprintf(" (<= %.1f: %s)", targetEach.Seconds()*1000, verdict(one <= targetEach))
				}
			}
			t.row(strconv.Itoa(p.n), p.kind.name, c.name, seconds(u.wall), seconds(u.cpu-u.providerCPU), cpu, each, rss,
				wall, ratio(u.cpu, rotating.cpu), native, strconv.Itoa(p.repeats))
		}
	}
	return t.String()
}

// within says whether a plan took no longer than so many times another one.
func (k *kind) within(took, other time.Duration, times float64) string {
	if times == 0 {
		return ""
	}
	return fmt.Sprintf(" (<= %.2f: %s)", times, verdict(took.Seconds() <= times*other.Seconds()))
}
