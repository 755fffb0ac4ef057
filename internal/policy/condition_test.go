package policy_test

import (
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

func TestConditionOnNothing(t *testing.T) {
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

func TestConditionFailure(t *testing.T) {
	s := subject()
	s.Binding.Teams = nil
	_, err := when(t, `owner.teams[0] == "sre"`)(s)
	if err == nil || !strings.Contains(err.Error(), "provider policy triggers[0]") || !strings.Contains(err.Error(), "index out of bounds") {
		t.Errorf("got %v, want an error that names the trigger", err)
	}
	s.Binding.Teams = make([]string, 5000)
	_, err = when(t, `owner.teams.all(a, owner.teams.all(b, a == b))`)(s)
	if err == nil || !strings.Contains(err.Error(), "provider policy triggers[0]") || !strings.Contains(err.Error(), "cost") {
		t.Errorf("got %v, want the limit of the cost", err)
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
// gives the same answer twice.
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
		if first != second || (err1 == nil) != (err2 == nil) {
			t.Fatalf("%s gives %t, %v and then %t, %v", expression, first, err1, second, err2)
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
