package lifecycle_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	. "github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/policy"
)

// roundTrip proves that every text of an enumeration is read back as itself.
func roundTrip[T fmt.Stringer](t *testing.T, list []string, parse func(string) (T, error)) {
	t.Helper()
	for _, s := range list {
		if v, err := parse(s); err != nil || v.String() != s {
			t.Errorf("%q is read as %v, %v", s, v, err)
		}
	}
	for _, s := range []string{"", "nonsense"} {
		if _, err := parse(s); err == nil || !strings.Contains(err.Error(), list[len(list)-1]) {
			t.Errorf("%q: %v", s, err)
		}
	}
}

func TestVocabularyIsReadBack(t *testing.T) {
	roundTrip(t, Codes(), ParseCode)
	roundTrip(t, States(), ParseState)
	roundTrip(t, OwnerStatuses(), ParseOwnerStatus)
	roundTrip(t, OwnerKinds(), ParseOwnerKind)
	roundTrip(t, TaskKinds(), ParseTaskKind)
	roundTrip(t, DirectoryStatuses(), ParseDirectoryStatus)
	roundTrip(t, BoundTos(), ParseBoundTo)
	roundTrip(t, Columns(), ParseColumn)
	roundTrip(t, Modes(), ParseMode)
	roundTrip(t, Risks(), ParseRisk)
	roundTrip(t, Actions(), ParseAction)
	roundTrip(t, Rotations(), ParseRotation)
	roundTrip(t, Statuses(), ParseStatus)
	roundTrip(t, []string{Current.String(), Retiring.String()}, ParseGenerationState)
	roundTrip(t, OnBlocks(), ParseOnBlock)
	roundTrip(t, Fields(), ParseField)
	roundTrip(t, Signals(), ParseSignal)
	if got := Code(200).String(); got != "finding code(200)" {
		t.Errorf("a code out of range is %q", got)
	}
	if len(Codes()) != int(NumCodes) || len(Signals()) != int(NumSignals) {
		t.Error("a list and its values differ in length")
	}
}

// TestCaseSchemaKnowsTheVocabulary keeps the words of the cases' schema.
func TestCaseSchemaKnowsTheVocabulary(t *testing.T) {
	data, err := os.ReadFile("testdata/case.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var s struct {
		Defs map[string]struct{ Enum []string } `json:"$defs"`
	}
	if err := json.Unmarshal(data, &s); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]string{
		"code": Codes(), "action": Actions(), "rotation": Rotations(), "status": Statuses(), "state": States(),
		"owner_kind": OwnerKinds(), "owner_status": OwnerStatuses(), "bound_to": BoundTos(), "risk": Risks(),
	} {
		if got := s.Defs[name].Enum; !slices.Equal(got, want) {
			t.Errorf("%s: the schema has %v, the vocabulary %v", name, got, want)
		}
	}
}

func TestKeys(t *testing.T) {
	for _, n := range []int{1, 9, 63, 64, 12345} {
		if got, ok := ParseKey(Key(n)); !ok || got != n {
			t.Errorf("%s is read as %d, %t", Key(n), got, ok)
		}
	}
	for _, s := range []string{"", "g", "1", "g0", "g01", "g+1", "g-1", "G1", "g1 ", "g99999999999999999999"} {
		if n, ok := ParseKey(s); ok {
			t.Errorf("%q is read as %d", s, n)
		}
	}
	if got := Numbers([]int{10, 2, 1}); !slices.Equal(got, []string{"g1", "g2", "g10"}) {
		t.Errorf("the keys are %v", got)
	}
}

func TestRefs(t *testing.T) {
	if ref, ok := ParseRef("cmdb/a/b"); !ok || ref != (Ref{System: "cmdb", ID: "a/b"}) || ref.String() != "cmdb/a/b" {
		t.Errorf("%v, %t", ref, ok)
	}
	for _, s := range []string{"", "cmdb", "/x", "cmdb/"} {
		if ref, ok := ParseRef(s); ok {
			t.Errorf("%q is read as %v", s, ref)
		}
	}
}

func TestCodeSets(t *testing.T) {
	set := SetOf(OwnerLeft, AssetLost)
	if !set.Has(AssetLost) || set.Has(AssetRetired) || set.Len() != 2 || set.Without(AssetLost) != SetOf(OwnerLeft) {
		t.Errorf("the set is %s", names(set))
	}
	for c := range set.All {
		if c != AssetLost {
			t.Errorf("%s comes first", c)
		}
		break
	}
}

// TestGrantRemembers checks what a grant says of itself.
func TestGrantRemembers(t *testing.T) {
	g := Grant{
		Asset: Ref{System: "cmdb", ID: "A-1"}, Access: "aws/key", RevokedAt: epoch.Add(day), CertifiedAt: epoch,
		Conditions:  []Condition{{Code: AssetLost, FirstSeen: epoch.Add(2 * day)}},
		Generations: []Generation{{Number: 1, State: Retiring, IssuedAt: epoch.Add(3 * day)}},
	}
	if g.ID() != "cmdb/A-1#aws/key" || g.Active() || g.Current() != nil || !g.Latest().Equal(epoch.Add(3*day)) {
		t.Errorf("%s: active %t, current %v, latest %s", g.ID(), g.Active(), g.Current(), g.Latest())
	}
}

// TestDecideReturnsTheConditionsError proves that a condition that cannot be
// evaluated decides nothing, also where it is asked last.
func TestDecideReturnsTheConditionsError(t *testing.T) {
	broken := errors.New("broken")
	binding := healthyBinding()
	for _, code := range []Code{RecordStale, GrantRecertificationDue} {
		rules := plainRules()
		rules.Triggers = slices.Concat([]Trigger{{Codes: SetOf(code), When: func(*Subject) (bool, error) { return false, broken }}}, rules.Triggers)
		rules.Index()
		in := Input{Binding: &binding, Spec: &Spec{Access: "aws/key"}, Policies: []*Rules{rules}, Now: epoch}
		first, err := Decide(in)
		if err != nil {
			t.Fatal(err)
		}
		in.Prior, in.Now = &first.Grant, epoch.Add(400*day)
		stale := binding
		stale.Findings = []Finding{{Code: RecordStale, Message: "Stale."}}
		in.Binding = &stale
		if got, err := Decide(in); !errors.Is(err, broken) || !reflect.DeepEqual(got, Decision{}) {
			t.Errorf("%s: %v, %+v", code, err, got)
		}
	}
}

// TestOnlyTerminalFactsRevoke proves that Decide does not rely on the policy's
// checks: a trigger that must not revoke blocks.
func TestOnlyTerminalFactsRevoke(t *testing.T) {
	rules := plainRules()
	rules.Triggers = slices.Concat([]Trigger{{Codes: CodeSet(1)<<NumCodes - 1, Action: Keep, Grace: time.Hour, Then: Revoke}}, rules.Triggers)
	rules.Index()
	for c := range NumCodes {
		if !c.Mappable() {
			continue
		}
		binding := healthyBinding()
		in := Input{Binding: &binding, Spec: &Spec{Access: "aws/key"}, Policies: []*Rules{rules}, Now: epoch}
		first, err := Decide(in)
		if err != nil {
			t.Fatal(err)
		}
		binding.Findings = []Finding{{Code: c, Message: "So."}}
		in.Prior = &first.Grant
		second, err := Decide(in)
		if err != nil {
			t.Fatal(err)
		}
		in.Prior, in.Now = &second.Grant, epoch.Add(2*time.Hour)
		third, err := Decide(in)
		if err != nil {
			t.Fatal(err)
		}
		// What only a grant raises is not taken from a binding.
		if want := Terminal.Has(c) && !RaisedByGrant.Has(c); (third.Grant.Status == StatusRevoked) != want {
			t.Errorf("%s gives %s", c, third.Grant.Status)
		}
	}
}

// TestDifferencesNamesEveryMove proves that whatever moves the digest of an asset
// can be named.
func TestDifferencesNamesEveryMove(t *testing.T) {
	for name, move := range digestMoves {
		before, after := digestBase(), digestBase()
		move(&after)
		if got := Differences(&before, &after); (len(got) == 0) != (name == "asset" || name == "held") {
			t.Errorf("%s: %q", name, got)
		}
	}
	base := digestBase()
	if got := Differences(&base, &base); len(got) != 0 {
		t.Errorf("a binding differs from itself: %q", got)
	}
}

func TestRulesThatWereNotIndexedDecideNothing(t *testing.T) {
	rules := *policy.Baseline()
	plain := Rules{Triggers: rules.Triggers, Lifetimes: rules.Lifetimes}
	_, err := Decide(Input{Binding: &Binding{}, Spec: &Spec{}, Policies: []*Rules{&plain}, Now: epoch})
	if !errors.Is(err, ErrNotIndexed) {
		t.Fatalf("%v", err)
	}
}
