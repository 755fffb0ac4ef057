package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strconv"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/policy"
)

const (
	targetDecisions   = 1_000_000
	targetAllocations = 4
)

// loadSize is how many assets a load goes through in turn: enough that they do
// not stay in the processor's nearest cache.
const loadSize = 2_000

// conditional puts a condition before every finding of the baseline.
const conditional = `{
  "version": 1,
  "triggers": [
    { "on": "*", "when": "owner.kind == 'vendor' && asset.environment == 'production' && binding.confidence < 0.5", "action": "block" }
  ]
}`

// load is what is decided and assessed.
type load struct {
	assets []*asset
	inputs []lifecycle.Input
	rules  *lifecycle.Rules
}

// newLoad returns a load in which of each ten assets so many have an event.
func newLoad(eventsInTen int, rules *lifecycle.Rules) (*load, error) {
	l := &load{rules: rules}
	next := 0
	for i := range loadSize {
		a, e := newAsset(i, rules), healthy
		if i%10 < eventsInTen {
			e = events[next%len(events)]
			next++
		}
		in, err := a.input(e, rules)
		if err != nil {
			return nil, err
		}
		l.assets, l.inputs = append(l.assets, a), append(l.inputs, in)
	}
	return l, nil
}

// decide is a benchmark of Decide over the load.
func (l *load) decide(b *testing.B) {
	b.ReportAllocs()
	for i := range b.N {
		if _, err := lifecycle.Decide(l.inputs[i%loadSize]); err != nil {
			b.Fatal(err)
		}
	}
}

// assess is a benchmark of Assess over the load.
func (l *load) assess(b *testing.B) {
	b.ReportAllocs()
	for i := range b.N {
		a := l.assets[i%loadSize]
		lifecycle.Assess(a.question, l.rules, a.facts, instant)
	}
}

// rate is the result of a benchmark.
type rate struct {
	perSecond, nanoseconds, allocations, bytes float64
}

// fastest runs a benchmark several times and returns the fastest run.
func fastest(turns int, f func(*testing.B)) (rate, error) {
	var out rate
	for range turns {
		r := testing.Benchmark(f)
		if r.N == 0 {
			return rate{}, fmt.Errorf("a benchmark failed")
		}
		n := float64(r.N)
		now := rate{n / r.T.Seconds(), float64(r.T.Nanoseconds()) / n, float64(r.MemAllocs) / n, float64(r.MemBytes) / n}
		if now.perSecond > out.perSecond {
			out = now
		}
	}
	return out, nil
}

// measureDecisions measures on one core, the garbage collector included.
func measureDecisions(turns int) (string, error) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	defer debug.SetGCPercent(debug.SetGCPercent(100)) // whatever the environment says
	document, err := policy.Parse([]byte(conditional))
	if err != nil {
		return "", err
	}
	withCEL, err := policy.Compile(document, "provider policy")
	if err != nil {
		return "", err
	}
	t := newTable("on one core", "per second", "ns each", "allocations each", "bytes each", "target")
	for _, m := range []struct {
		name     string
		events   int
		rules    *lifecycle.Rules
		run      func(*load) func(*testing.B)
		targeted bool
	}{
		{"decide, mixed load", 2, policy.Baseline(), decisions, true},
		{"decide, healthy load", 0, policy.Baseline(), decisions, true},
		{"decide, mixed load, CEL condition on every finding", 2, withCEL, decisions, false},
		{"assess, mixed load", 2, policy.Baseline(), assessments, false},
		{"assess, healthy load", 0, policy.Baseline(), assessments, false},
	} {
		l, err := newLoad(m.events, m.rules)
		if err != nil {
			return "", err
		}
		r, err := fastest(turns, m.run(l))
		if err != nil {
			return "", fmt.Errorf("%s: %w", m.name, err)
		}
		target := "–"
		if m.targeted {
			target = fmt.Sprintf(">= %s a second, <= %d allocations: %s", grouped(targetDecisions), targetAllocations,
				verdict(r.perSecond >= targetDecisions && r.allocations <= targetAllocations))
		}
		progress("%s: %s per second, %.2f allocations", m.name, grouped(r.perSecond), r.allocations)
		t.row(m.name, grouped(r.perSecond), grouped(r.nanoseconds), strconv.FormatFloat(r.allocations, 'f', 2, 64), grouped(r.bytes), target)
	}
	return t.String(), nil
}

func decisions(l *load) func(*testing.B) { return l.decide }

func assessments(l *load) func(*testing.B) { return l.assess }
