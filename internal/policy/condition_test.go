package policy_test

import (
	"errors"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/policy"
)

// when compiles a condition in a document of its own.
func when(t testing.TB, expression string) func(*lifecycle.Subject) (bool, error) {
	t.Helper()
	doc := &policy.Document{Triggers: []policy.Trigger{{On: "owner.none", When: &expression, Action: "review"}}}
	rules, err := policy.Compile(doc, "provider policy")
	if err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
	return rules.Triggers[0].When
}

func subject() *lifecycle.Subject {
	return &lifecycle.Subject{
		Binding: &lifecycle.Binding{
			Asset: lifecycle.Ref{System: "cmdb", ID: "APP-0042"}, Class: "application", BoundTo: lifecycle.BoundToWorkload,
			State: lifecycle.StateInService, Purpose: "billing", Environment: "production", Criticality: "high", ThirdParty: true,
			Holder: "corp/ann, corp/bob", OwnerKind: lifecycle.KindContractor, OwnerStatus: lifecycle.PersonLeaving, Manager: "corp/eve",
			Teams: []string{"sre", "billing"}, Confidence: 85, Successor: "corp/carol", LifecycleOwner: "corp/platform",
			Findings:  []lifecycle.Finding{{Code: lifecycle.OwnerLeaving}, {Code: lifecycle.RecordStale}},
			TaskKinds: []lifecycle.TaskKind{lifecycle.TaskOffboarding},
		},
		Spec:   &lifecycle.Spec{Access: "aws/iam-access-key/billing", OnBlock: lifecycle.OnBlockDisable},
		Risk:   lifecycle.RiskPrivileged,
		Issued: true,
	}
}

// TestConditionFields reads every field that a condition is promised.
func TestConditionFields(t *testing.T) {
	holds := map[string]string{
		"asset.system":            `asset.system == "cmdb"`,
		"asset.id":                `asset.id.matches("^APP-[0-9]+$")`,
		"asset.class":             `asset.class in ["server", "application"]`,
		"asset.bound_to":          `asset.bound_to == "workload"`,
		"asset.open_tasks":        `asset.open_tasks == ["offboarding"] && !("decommission" in asset.open_tasks)`,
		"grant.issued":            `grant.issued`,
		"asset.state":             `asset.state != "retired" && asset.state == "in_service"`,
		"asset.purpose":           `asset.purpose.startsWith("bill")`,
		"asset.environment":       `asset.environment == "production"`,
		"asset.criticality":       `asset.criticality == "high"`,
		"asset.third_party":       `asset.third_party`,
		"asset.shared":            `!asset.shared`,
		"owner.id":                `owner.id.contains("corp/bob") && has(owner.id)`,
		"owner.kind":              `owner.kind == "contractor"`,
		"owner.status":            `owner.status == "leaving"`,
		"owner.manager":           `owner.manager == "corp/eve"`,
		"owner.teams":             `"sre" in owner.teams && owner.teams.exists(t, t == "billing") && size(owner.teams) == 2`,
		"grant.access":            `grant.access.startsWith("aws/")`,
		"grant.risk":              `grant.risk == "privileged"`,
		"grant.on_block":          `grant.on_block == "disable"`,
		"binding.confidence":      `binding.confidence == 0.85 && binding.confidence < 1`,
		"binding.findings":        `binding.findings == ["owner.leaving", "record.stale"]`,
		"binding.successor":       `binding.successor == "corp/carol"`,
		"binding.lifecycle_owner": `binding.lifecycle_owner == "corp/platform"`,
	}
	for _, field := range policy.ConditionFields() {
		expression, ok := holds[field]
		if !ok {
			t.Errorf("%s has no condition in this test", field)
			continue
		}
		if got, err := when(t, expression)(subject()); err != nil || !got {
			t.Errorf("%s = %t, %v; want true", expression, got, err)
		}
		delete(holds, field)
	}
	for field := range holds {
		t.Errorf("%s cannot be read", field)
	}
}

func TestConditionOnEmptyFacts(t *testing.T) {
	empty := &lifecycle.Subject{Binding: &lifecycle.Binding{}, Spec: &lifecycle.Spec{}}
	for expression, want := range map[string]bool{
		`owner.id == ""`:                           true,
		`owner.kind == ""`:                         true,
		`owner.status == "unknown"`:                true,
		`has(owner.manager)`:                       false,
		`has(owner.teams)`:                         false,
		`has(asset.shared)`:                        true,
		`owner.teams.all(t, t == "x")`:             true,
		`binding.findings.size() == 0`:             true,
		`asset == asset`:                           true,
		`[asset, asset].exists(a, a.id == "")`:     true,
		`(asset.shared ? owner : owner).id == "x"`: false,
	} {
		if got, err := when(t, expression)(empty); err != nil || got != want {
			t.Errorf("%s = %t, %v; want %t", expression, got, err, want)
		}
	}
}

// TestConditionOnManyTeams: a condition that is accepted can be evaluated on any
// facts. One person in many teams must not fail a plan.
func TestConditionOnManyTeams(t *testing.T) {
	s := subject()
	s.Binding.Teams = make([]string, 1000)
	for i := range s.Binding.Teams {
		s.Binding.Teams[i] = strconv.Itoa(i)
	}
	got, err := when(t, `owner.teams.all(a, owner.teams.exists(b, a == b))`)(s)
	if err != nil || !got {
		t.Errorf("got %t, %v", got, err)
	}
}

// TestConditionCannotFail refuses what fails on some facts, and accepts what looks
// like it and does not.
func TestConditionCannotFail(t *testing.T) {
	for expression, fails := range map[string]bool{
		`owner.teams[0] == "sre"`:                                     true,
		`[1, 2][size(owner.teams)] == 1`:                              true,
		`{"a": true}[asset.id]`:                                       true,
		`size(owner.teams) + 1 > 3`:                                   true,
		`owner.teams.map(t, size(t) + 1).exists(n, n > 3)`:            true,
		`owner.teams.exists_one(t, size(t) + size(t) > 3)`:            true,
		`size(owner.teams) / size(owner.id) > 3`:                      true,
		`size(owner.teams) % 2 == 0`:                                  true,
		`-size(owner.teams) < 0`:                                      true,
		`int(asset.id) > 3`:                                           true,
		`double(asset.id) > 3.0`:                                      true,
		`string(b"x") == asset.id`:                                    true,
		`owner.id.matches(asset.id)`:                                  true,
		`owner.teams.exists(t, t.matches(t))`:                         true,
		`owner.teams.exists_one(t, t == "sre")`:                       false,
		`size(owner.teams) > -1`:                                      false,
		`double(size(owner.teams)) * 2.0 / 0.0 > 3.0`:                 false,
		`string(size(owner.teams)) + string(1.5) == asset.id`:         false,
		`owner.teams + ["x"] == owner.teams.map(t, t + "x")`:          false,
		`owner.teams.filter(t, t.matches("^s")).size() == 1`:          false,
		`binding.confidence - 0.1 < 1.0 && -binding.confidence < 1.0`: false,
	} {
		doc := &policy.Document{Triggers: []policy.Trigger{{On: "owner.none", When: &expression, Action: "review"}}}
		rules, err := policy.Compile(doc, "provider policy")
		if fails {
			if err == nil || !strings.Contains(err.Error(), "this can fail") {
				t.Errorf("%s: got %v, want to be told that it can fail", expression, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", expression, err)
			continue
		}
		for _, s := range []*lifecycle.Subject{subject(), {Binding: &lifecycle.Binding{}, Spec: &lifecycle.Spec{}}} {
			if _, err := rules.Triggers[0].When(s); err != nil {
				t.Errorf("%s: %v", expression, err)
			}
		}
	}
}

func TestConditionConcurrently(t *testing.T) {
	condition := when(t, `owner.teams.exists(t, t == "sre") && binding.confidence < 0.9`)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			s := subject()
			s.Binding.Confidence = 80 + 20*(i%2)
			for range 200 {
				if got, err := condition(s); err != nil || got != (i%2 == 0) {
					t.Errorf("got %t, %v at confidence %d", got, err, s.Binding.Confidence)
					return
				}
			}
		})
	}
	wg.Wait()
}

// FuzzCondition: no condition makes the package panic, and what is accepted
// never fails and gives the same answer twice.
func FuzzCondition(f *testing.F) {
	for _, folder := range []string{"valid", "invalid"} {
		for _, data := range documents(f, folder) {
			doc, err := policy.Parse(data)
			if err != nil {
				continue
			}
			for _, t := range doc.Triggers {
				if t.When != nil {
					f.Add(*t.When)
				}
			}
		}
	}
	f.Add(strings.Repeat("!", 2000) + "asset.shared")
	f.Add(strings.Repeat("(", 500) + "asset.shared" + strings.Repeat(")", 500))
	f.Add(`[[asset.id]].map(x, x + x).map(x, x + x).exists(x, x[0].matches(x[1]))`)
	f.Fuzz(func(t *testing.T, expression string) {
		doc := &policy.Document{Triggers: []policy.Trigger{{On: "owner.none", When: &expression, Action: "review"}}}
		rules, err := policy.Compile(doc, "provider policy")
		if err != nil {
			return
		}
		first, err1 := rules.Triggers[0].When(subject())
		second, err2 := rules.Triggers[0].When(subject())
		_, err3 := rules.Triggers[0].When(&lifecycle.Subject{Binding: &lifecycle.Binding{}, Spec: &lifecycle.Spec{}})
		if err := errors.Join(err1, err2, err3); first != second || err != nil {
			t.Fatalf("%s gives %t, then %t, and %v", expression, first, second, err)
		}
	})
}

func BenchmarkCondition(b *testing.B) {
	condition, s := when(b, `binding.successor == "" && binding.confidence < 0.5`), subject()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := condition(s); err != nil {
			b.Fatal(err)
		}
	}
}
