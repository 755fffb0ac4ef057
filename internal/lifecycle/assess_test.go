package lifecycle_test

import (
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	. "github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
)

// checkBinding holds what is true of every binding.
func checkBinding(b *Binding) error {
	total := 0
	for _, p := range b.Parts {
		total += p
	}
	if b.Confidence < 0 || b.Confidence > 100 || total != b.Confidence {
		return fmt.Errorf("confidence %d of parts %v", b.Confidence, b.Parts)
	}
	for i, f := range b.Findings {
		if i > 0 && f.Code <= b.Findings[i-1].Code {
			return errors.New("findings are repeated or out of order")
		}
		if f.Message == "" {
			return fmt.Errorf("%s without a message", f.Code)
		}
	}
	switch codes := b.Codes(); {
	case codes.Has(AssetRetired) != (b.State == StateRetired), codes.Has(AssetLost) != (b.State == StateLost):
		return fmt.Errorf("state %s with %v", b.State, b.Findings)
	case codes.Has(OwnerLeft) != (b.OwnerStatus == PersonLeft && b.Holder != ""):
		return fmt.Errorf("owner %s with %v", b.OwnerStatus, b.Findings)
	case codes.Has(AssetMissing) && (b.Holder != "" || b.Confidence != 0):
		return errors.New("an absent record is trusted")
	}
	return nil
}

// TestAssessLaws assesses random facts and checks what is true of every binding.
func TestAssessLaws(t *testing.T) {
	for seed := range uint64(20000) {
		d := seeded(seed)
		w := newWorld(d)
		for range d.IntN(25) {
			w.happen(d)
		}
		facts := w.facts()
		got := Assess(w.question, w.policies[0], facts, w.now)
		if err := checkBinding(&got); err != nil {
			t.Fatalf("seed %d: %v\n%s", seed, err, w.story())
		}
		if again := Assess(w.question, w.policies[0], facts, w.now); !reflect.DeepEqual(got, again) {
			t.Fatalf("seed %d: the same facts give another binding\n%s", seed, w.story())
		}
		if d.IntN(10) == 0 {
			checkDigest(t, w, facts, got.Digest())
		}
	}
}

// checkDigest holds that the digest moves only with what a decision can depend on.
func checkDigest(t *testing.T, w *world, facts Facts, digest string) {
	t.Helper()
	at := w.now
	for i := range facts.Records {
		r := &facts.Records[i]
		r.Name, r.StateText, r.Source = "Other", "other", "elsewhere"
		if now := w.now; r.VerifiedAt.Before(now) && now.Before(r.VerifiedAt.Add(w.policies[0].StaleAfter-2*time.Hour)) {
			r.VerifiedAt = r.VerifiedAt.Add(time.Hour)
		}
	}
	tasks := append([]Task(nil), facts.Tasks...)
	for i := range tasks {
		tasks[i].ID, tasks[i].URL = "T9", "https://example.org"
	}
	facts.Tasks = tasks
	other := Assess(w.question, w.policies[0], facts, at)
	if other.Digest() != digest {
		t.Fatalf("the digest moved without a threshold crossed\n%s", w.story())
	}
}

// digestBase is a binding to move facts of.
func digestBase() Binding {
	return Binding{
		Asset: Ref{System: "cmdb", ID: "A-1"}, Holder: "corp/ada", Teams: []string{"ops"}, Confidence: 90,
		Findings: []Finding{{Code: RecordStale, Message: "Stale."}}, OwnerEndDate: epoch, RetirementDate: epoch,
	}
}

// digestMoves change every fact that a decision can depend on, one each.
var digestMoves = map[string]func(*Binding){
	"asset":           func(b *Binding) { b.Asset.ID = "A-2" },
	"class":           func(b *Binding) { b.Class = "laptop" },
	"bound_to":        func(b *Binding) { b.BoundTo = BoundToPerson },
	"state":           func(b *Binding) { b.State = StateLost },
	"holder":          func(b *Binding) { b.Holder = "corp/bob" },
	"owner_kind":      func(b *Binding) { b.OwnerKind = KindVendor },
	"owner_status":    func(b *Binding) { b.OwnerStatus = PersonLeft },
	"owner_end_date":  func(b *Binding) { b.OwnerEndDate = epoch.Add(day) },
	"manager":         func(b *Binding) { b.Manager = "mia" },
	"teams":           func(b *Binding) { b.Teams = []string{"ops", "dev"} },
	"joined teams":    func(b *Binding) { b.Teams = []string{"ops3:dev"} },
	"successor":       func(b *Binding) { b.Successor = "corp/bob" },
	"lifecycle_owner": func(b *Binding) { b.LifecycleOwner = "bob" },
	"purpose":         func(b *Binding) { b.Purpose = "billing" },
	"environment":     func(b *Binding) { b.Environment = "test" },
	"criticality":     func(b *Binding) { b.Criticality = "low" },
	"third_party":     func(b *Binding) { b.ThirdParty = true },
	"shared":          func(b *Binding) { b.Shared = true },
	"retirement_date": func(b *Binding) { b.RetirementDate = epoch.Add(day) },
	"findings":        func(b *Binding) { b.Findings = nil },
	"confidence":      func(b *Binding) { b.Confidence = 89 },
	"held":            func(b *Binding) { b.Held = true },
	"owner_keys":      func(b *Binding) { b.OwnerKeys = []OwnerKey{{Key: "ada", Holder: "corp/ada"}} },
	"absent key":      func(b *Binding) { b.OwnerKeys = []OwnerKey{{Key: "ada", Absent: true}} },
	"open_tasks":      func(b *Binding) { b.TaskKinds = []TaskKind{TaskDecommission} },
	"stateconfidence": func(b *Binding) { b.StateConfidence = 89 },
	"fresh":           func(b *Binding) { b.Fresh = true },
}

// TestDigestDependsOnFacts proves that every fact that a decision can depend on
// moves the digest, and nothing else does.
func TestDigestDependsOnFacts(t *testing.T) {
	first := digestBase()
	digest := first.Digest()
	for name, move := range digestMoves {
		b := digestBase()
		if move(&b); b.Digest() == digest {
			t.Errorf("%s does not move the digest", name)
		}
	}
	stays := map[string]func(*Binding){
		"name":    func(b *Binding) { b.Name = "Other" },
		"message": func(b *Binding) { b.Findings[0].Message = "Other." },
		"tasks":   func(b *Binding) { b.Tasks = []Task{{ID: "T-1", URL: "https://example.org"}} },
		"parts":   func(b *Binding) { b.Parts[0] = 1 },
		"zone":    func(b *Binding) { b.OwnerEndDate = b.OwnerEndDate.In(time.FixedZone("east", 3600)) },
	}
	for name, stay := range stays {
		b := digestBase()
		if stay(&b); b.Digest() != digest {
			t.Errorf("%s moves the digest", name)
		}
	}
}
