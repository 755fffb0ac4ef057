// Command bench measures the provider: decisions, plans beside those of what
// users have today, and inventory reads. It prints Markdown, and writes it into
// bench/README.md if asked to.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// allParts are what can be measured.
var allParts = []string{"decisions", "plans", "direct", "memory", "reads", "servers", "register"}

// options are the command line.
type options struct {
	sizes, turns []int
	assets       int
	bindings     int
	grants       int
	register     string
	parts        []string
	write        bool
	profile      bool
	read         string
	gc           int
	note         string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	if o.read != "" {
		return readHere(o.read, o.gc)
	}
	w, err := newBenchEnvironment(ctx)
	if err != nil {
		return err
	}
	defer w.close()
	sections, err := measure(ctx, w, o)
	for _, s := range sections {
		fmt.Printf("## %s\n\n%s\n", s.name, s.content)
	}
	if err != nil || !o.write {
		return err
	}
	return writeSections(filepath.Join(w.root, "bench", "README.md"), sections)
}

func parse(args []string) (options, error) {
	var o options
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	sizes := flags.String("n", "1000,5000", "how many bindings and how many grants to plan: a `list`")
	turns := flags.String("repeat", "3,1", "how often each size is planned: a `list`, whose last value holds for the sizes that follow")
	parts := flags.String("parts", strings.Join(allParts, ","), "what to measure: a `list`")
	flags.IntVar(&o.assets, "assets", 100_000, "how many assets to read")
	flags.IntVar(&o.bindings, "bindings", 10_000, "how many bindings to plan over a server, and for their memory")
	flags.IntVar(&o.grants, "grants", 1000, "how many grants to apply with a register: each makes one event")
	flags.StringVar(&o.register, "register", "", "the `location` of an empty register for the part of that name, as the provider takes it; a file of SQLite by default")
	flags.BoolVar(&o.write, "write", false, "put what was measured into bench/README.md")
	flags.BoolVar(&o.profile, "profile", false, "profile the provider in an unchanged plan of the first size, and nothing else")
	flags.StringVar(&o.note, "note", "", "a `sentence` to put below what was measured where")
	flags.StringVar(&o.read, "read", "", "read an inventory in this process (used by the program itself)")
	flags.IntVar(&o.gc, "gc", providerGC, "the garbage collector's setting for -read")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	o.parts = strings.Split(*parts, ",")
	for _, p := range o.parts {
		if !slices.Contains(allParts, p) {
			return o, fmt.Errorf("-parts: there is no %q; accepted: %s", p, strings.Join(allParts, ", "))
		}
	}
	var err error
	if o.sizes, err = numbers("n", *sizes); err != nil {
		return o, err
	}
	o.turns, err = numbers("repeat", *turns)
	return o, err
}

func numbers(name, list string) ([]int, error) {
	var out []int
	for text := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil || n < 1 {
			return nil, fmt.Errorf("-%s: %q is not a number from 1 on", name, text)
		}
		out = append(out, n)
	}
	return out, nil
}

// turnsOf returns how often the i-th size is planned.
func (o *options) turnsOf(i int) int { return o.turns[min(i, len(o.turns)-1)] }

// measure returns what it has measured, also if it then fails.
func measure(ctx context.Context, w *benchEnvironment, o options) ([]section, error) {
	if o.profile {
		o.parts = []string{"profile"}
	}
	var out []section
	for _, part := range o.parts {
		var content string
		var err error
		switch part {
		case "decisions":
			content, err = measureDecisions(o.turnsOf(0))
		case "reads":
			content, err = measureReads(ctx, w, o.assets, o.turnsOf(0))
		case "servers":
			content, err = measureServers(ctx, w, o.bindings, o.turnsOf(0))
		case "register":
			content, err = measureRegister(ctx, w, o.register, o.grants, o.turnsOf(0))
		case "plans":
			content, err = measureAllPlans(ctx, w, o, contenders, bothKinds)
		case "direct":
			content, err = measureAllPlans(ctx, w, o, directly(contenders), directKinds)
		case "memory":
			content, err = measureMemory(ctx, w, o.bindings)
		case "profile":
			content, err = profile(ctx, w, o.sizes[0])
		}
		if err != nil {
			return out, fmt.Errorf("%s: %w", part, err)
		}
		name := part
		if comparesPlans(part) && strings.HasPrefix(filepath.Base(w.cli), "tofu") {
			name += "-opentofu"
		}
		out = append(out, section{name, about(ctx, w, part, o.note) + "\n\n" + content})
	}
	return out, nil
}

func measureAllPlans(ctx context.Context, w *benchEnvironment, o options, all []contender, kinds []kind) (string, error) {
	runners, err := prepare(ctx, w, all)
	if err != nil {
		return "", err
	}
	var out []planned
	for i, n := range o.sizes {
		more, err := measurePlans(ctx, w, runners, kinds, n, o.turnsOf(i))
		if err != nil {
			return "", err
		}
		out = append(out, more...)
	}
	return planTable(out), nil
}

// comparesPlans reports whether the part compares plans with those of other resources.
func comparesPlans(part string) bool { return part == "plans" || part == "direct" }

// about says where and with what something was measured.
func about(ctx context.Context, w *benchEnvironment, part, note string) string {
	facts := []string{time.Now().UTC().Format(time.DateOnly), fmt.Sprintf("%d cores", runtime.NumCPU())}
	if model := processor(); model != "" {
		facts = append(facts, model)
	}
	facts = append(facts, runtime.GOOS+"/"+runtime.GOARCH, runtime.Version())
	if slices.Contains([]string{"plans", "direct", "memory", "profile", "servers", "register"}, part) {
		if version, err := output(ctx, w.root, environment(os.DevNull), w.cli, "version"); err == nil {
			facts = append(facts, version)
		}
	}
	if comparesPlans(part) {
		facts = append(facts, "hashicorp/time "+timeVersion)
	}
	return strings.TrimSpace("Measured " + strings.Join(facts, ", ") + ". " + note)
}

// processor returns the name of the processor, where the kernel says it.
func processor() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// progress tells on standard error how far it is.
func progress(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }
