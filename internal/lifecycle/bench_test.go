package lifecycle_test

import (
	"testing"
	"time"

	. "github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/policy"
)

// plainRules returns the baseline without its CEL conditions, which are measured
// where they are compiled.
func plainRules() *Rules {
	r := *policy.Baseline()
	r.Triggers = append([]Trigger(nil), r.Triggers...)
	for i := range r.Triggers {
		r.Triggers[i].When = nil
	}
	r.Index()
	return &r
}

func healthyBinding() Binding {
	return Binding{
		Asset: Ref{System: "cmdb", ID: "A-1"}, Class: "application", BoundTo: BoundToWorkload, State: StateInService, Holder: "corp/ada", OwnerKind: KindEmployee,
		OwnerStatus: PersonActive, Manager: "mia", Teams: []string{"ops"}, Purpose: "billing", Environment: "production",
		Criticality: "high", Confidence: 100, StateConfidence: 100, Fresh: true,
	}
}

// load is a decision to take again and again.
func load(b *testing.B, binding Binding, issued, now time.Time, rules []*Rules) Input {
	b.Helper()
	healthy := healthyBinding()
	in := Input{Binding: &healthy, Spec: &Spec{Access: "aws/key"}, Policies: rules, Now: issued}
	first, err := Decide(in)
	if err != nil {
		b.Fatal(err)
	}
	in.Binding, in.Prior, in.Now = &binding, &first.Grant, now
	return in
}

func decideAll(b *testing.B, inputs []Input) {
	b.Helper()
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		if _, err := Decide(inputs[i]); err != nil {
			b.Fatal(err)
		}
		if i++; i == len(inputs) {
			i = 0
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "decisions/s")
}

// BenchmarkDecideKeep decides that nothing has to be done.
func BenchmarkDecideKeep(b *testing.B) {
	decideAll(b, []Input{load(b, healthyBinding(), epoch, epoch.Add(day), []*Rules{plainRules()})})
}

// BenchmarkDecideMixed takes the decisions of an ordinary day: of ten grants
// eight are healthy, one has a finding and one is renewed.
func BenchmarkDecideMixed(b *testing.B) {
	rules := []*Rules{plainRules()}
	var inputs []Input
	for range 8 {
		inputs = append(inputs, load(b, healthyBinding(), epoch, epoch.Add(day), rules))
	}
	stale := healthyBinding()
	stale.Findings = []Finding{{Code: RecordStale, Message: "The record has not been verified for longer than the policy allows."}}
	stale.Confidence = 85
	inputs = append(inputs,
		load(b, stale, epoch, epoch.Add(day), rules),
		load(b, healthyBinding(), epoch, epoch.Add(60*day), rules))
	decideAll(b, inputs)
}

// BenchmarkDecideTwoPolicies decides under the provider's and a grant's policy.
func BenchmarkDecideTwoPolicies(b *testing.B) {
	decideAll(b, []Input{load(b, healthyBinding(), epoch, epoch.Add(day), []*Rules{plainRules(), plainRules()})})
}

// BenchmarkAssess assesses a healthy asset.
func BenchmarkAssess(b *testing.B) {
	w := newWorld(seeded(1))
	facts := w.facts()
	b.ReportAllocs()
	for b.Loop() {
		Assess(w.question, w.policies[0], facts, w.now)
	}
}

// BenchmarkDigest digests a healthy binding.
func BenchmarkDigest(b *testing.B) {
	binding := healthyBinding()
	b.ReportAllocs()
	for b.Loop() {
		_ = binding.Digest()
	}
}
