package policy_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/policy"
)

func ptr[T any](v T) *T { return &v }

func compile(t testing.TB, document string) *lifecycle.Rules {
	t.Helper()
	doc, err := policy.Parse([]byte(document))
	if err != nil {
		t.Fatal(err)
	}
	rules, err := policy.Compile(doc, "provider policy")
	if err != nil {
		t.Fatal(err)
	}
	return rules
}

// TestPrecedence: what a document states itself comes before what it extends,
// and that before the baseline.
func TestPrecedence(t *testing.T) {
	rules := compile(t, `{
		"extends": {"triggers": [{"on": "owner.shared", "action": "block"}, {"on": "owner.left", "action": "review"}]},
		"triggers": [{"on": "owner.shared", "risk": "standard", "action": "keep"}]}`)
	for _, test := range []struct {
		code  lifecycle.Code
		risk  lifecycle.Risk
		label string
	}{
		{lifecycle.OwnerShared, lifecycle.RiskStandard, "provider policy triggers[0]"},
		{lifecycle.OwnerShared, lifecycle.RiskPrivileged, "provider policy extends triggers[0]"},
		{lifecycle.OwnerLeft, lifecycle.RiskStandard, "provider policy extends triggers[1]"},
		{lifecycle.AssetLost, lifecycle.RiskStandard, "baseline triggers[1]"},
	} {
		s := &lifecycle.Subject{Binding: &lifecycle.Binding{}, Risk: test.risk}
		if got := decide(t, rules, test.code, s).Label; got != test.label {
			t.Errorf("%s, %s: decided by %s, want %s", test.code, test.risk, got, test.label)
		}
	}
}

// TestEngineUsesTheOrder compiles and decides, so that a change of what the
// engine expects of the order is noticed here.
func TestEngineUsesTheOrder(t *testing.T) {
	rules := compile(t, `{"triggers": [{"on": "record.stale", "when": "asset.class == \"server\"", "action": "block"}],
		"lifetimes": [{"class": "Server", "ttl": "2d"}]}`)
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	binding := &lifecycle.Binding{
		Asset: lifecycle.Ref{System: "cmdb", ID: "1"}, Class: "server", State: lifecycle.StateInService, Holder: "corp/ann",
		OwnerStatus: lifecycle.PersonActive, Confidence: 100,
	}
	in := lifecycle.Input{Binding: binding, Spec: &lifecycle.Spec{Access: "ssh"}, Policies: []*lifecycle.Rules{rules}, Now: now}
	d, err := lifecycle.Decide(in)
	if err != nil {
		t.Fatal(err)
	}
	if g := d.Grant.Current(); g == nil || !g.ExpiresAt.Equal(now.Add(48*time.Hour)) {
		t.Errorf("generation %+v, want one that lives for 2d", g)
	}
	binding.Findings = []lifecycle.Finding{{Code: lifecycle.RecordStale, Message: "Stale."}}
	d, err = lifecycle.Decide(in)
	if err != nil {
		t.Fatal(err)
	}
	if d.Grant.Action != lifecycle.Block || !strings.Contains(d.Grant.Reasons[0].Message, "provider policy triggers[0]") {
		t.Errorf("action %s, reasons %+v; want block by provider policy triggers[0]", d.Grant.Action, d.Grant.Reasons)
	}
}

func TestCompileLeavesTheBaselineAlone(t *testing.T) {
	base := policy.Baseline()
	triggers, classes, lifetimes := len(base.Triggers), len(base.Classes), slices.Clone(base.Lifetimes)
	rules := compile(t, `{"confidence": {"automate_at": 0, "required_fields": ["owner"], "points": {"corroborated": 0}},
		"lifetimes": [{"ttl": "1d"}], "triggers": [{"on": "task.open", "action": "keep"}],
		"classes": {"laptop": {"lifecycle_owner": "corp/it"}, "drone": {"bound_to": "person"}}}`)
	if len(base.Triggers) != triggers || len(base.Classes) != classes || !reflect.DeepEqual(base.Lifetimes, lifetimes) ||
		base.AutomateAt != 90 || len(base.Required) != 4 || base.Points[lifecycle.SignalCorroborated] != 4 || base.Classes["laptop"].LifecycleOwner != "" {
		t.Error("a document that was laid over the baseline has changed it")
	}
	if c := rules.Classes["laptop"]; c.BoundTo != lifecycle.BoundToPerson || c.LifecycleOwner != "corp/it" {
		t.Errorf("laptop is %+v; what the document does not state must stay", c)
	}
	if rules.AutomateAt != 0 {
		t.Errorf("automate_at %d; a stated 0 must count", rules.AutomateAt)
	}
}

func TestAnyCode(t *testing.T) {
	rules := compile(t, `{"triggers": [{"on": "*", "action": "block"}]}`)
	for c := range lifecycle.NumCodes {
		if rules.Triggers[0].Codes.Has(c) != c.Mappable() {
			t.Errorf("* matches %s: %t; it can be mapped: %t", c, rules.Triggers[0].Codes.Has(c), c.Mappable())
		}
	}
	if got := policy.MappableCodes(); len(got) != rules.Triggers[0].Codes.Len() {
		t.Errorf("%d mappable codes are listed, * stands for %d", len(got), rules.Triggers[0].Codes.Len())
	}
}

// TestCompileChecksLiterals: a document need not come from Parse.
func TestCompileChecksLiterals(t *testing.T) {
	for want, doc := range map[string]*policy.Document{
		"version: Unknown Version":                      {Version: 3},
		"confidence.automate_at: Invalid Number: 1.5":   {Confidence: &policy.Confidence{AutomateAt: ptr(policy.Hundredths(150))}},
		"confidence.automate_at: Invalid Number: -0.01": {Confidence: &policy.Confidence{AutomateAt: ptr(policy.Hundredths(-1))}},
		"exception_max: Invalid Duration":               {ExceptionMax: ptr("")},
		"extends.lead_time: Invalid Duration":           {Extends: &policy.Document{LeadTime: ptr("soon")}},
		`classes["a b"].bound_to: Unknown Column`:       {Classes: map[string]policy.Class{"a b": {BoundTo: ptr("x")}}},
	} {
		_, err := policy.Compile(doc, "provider policy")
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got %v, want an error that begins %q", err, want)
		}
	}
	loop := &policy.Document{}
	loop.Extends = loop
	if _, err := policy.Compile(loop, "provider policy"); err == nil || !strings.Contains(err.Error(), "Too Many Documents") {
		t.Errorf("a document that extends itself: %v", err)
	}
	for _, doc := range []*policy.Document{nil, {}} {
		if rules, err := policy.Compile(doc, "provider policy"); err != nil || len(rules.Triggers) != len(policy.Baseline().Triggers) {
			t.Errorf("the document %v does not give the baseline: %v", doc, err)
		}
	}
}

func TestGrantRules(t *testing.T) {
	provider := compile(t, `{"confidence": {"stale_after": "10d", "required_fields": ["owner"], "points": {"corroborated": 1}, "automate_at": 0.5},
		"lead_time": "11d", "exception_max": "12d", "classes": {"drone": {"bound_to": "person"}},
		"enforcement": [{"mode": "observe"}], "authority": {"attest": [{"who": ["team:risk"]}]}}`)
	grant := compile(t, `{"confidence": {"stale_after": "20d", "required_fields": [], "points": {"corroborated": 2}, "automate_at": 0.7},
		"lead_time": "21d", "exception_max": "22d", "classes": {"laptop": {"bound_to": "workload"}},
		"triggers": [{"on": "task.open", "action": "block"}], "lifetimes": [{"ttl": "1d"}],
		"enforcement": [{"risk": "standard", "mode": "enforce"}], "authority": "trust"}`)
	got := policy.GrantRules(provider, grant)
	if got.StaleAfter != provider.StaleAfter || got.LeadTime != provider.LeadTime || !slices.Equal(got.Required, provider.Required) ||
		got.Points != provider.Points || !reflect.DeepEqual(got.Classes, provider.Classes) ||
		!reflect.DeepEqual(got.Enforcement, provider.Enforcement) || !reflect.DeepEqual(got.Authority, provider.Authority) {
		t.Errorf("assessment is not the provider's: %+v", got)
	}
	if got.AutomateAt != 70 || got.ExceptionMax != grant.ExceptionMax || len(got.Triggers) != len(grant.Triggers) || len(got.Lifetimes) != len(grant.Lifetimes) {
		t.Errorf("what is decided is not the grant's: %+v", got)
	}
	if grant.LeadTime == provider.LeadTime || len(grant.Required) != 0 {
		t.Error("the grant's rules were changed")
	}
}

// TestFrameworks: a grant's policy adds to the catalogues of the provider's, and
// rules without any are told from rules that choose none.
func TestFrameworks(t *testing.T) {
	none, empty := compile(t, `{}`), compile(t, `{"frameworks": []}`)
	one, two := compile(t, `{"frameworks": ["soc2-2017"]}`), compile(t, `{"extends": {"frameworks": ["nis2-2024-2690"]}, "frameworks": ["soc2-2017", "cis-8.1"]}`)
	for _, c := range []struct {
		rules *lifecycle.Rules
		want  []string
	}{
		{policy.Baseline(), nil},
		{none, nil},
		{empty, []string{}},
		{one, []string{"soc2-2017"}},
		{policy.GrantRules(none, none), nil},
		{policy.GrantRules(one, none), []string{"soc2-2017"}},
		{policy.GrantRules(none, one), []string{"soc2-2017"}},
		{policy.GrantRules(empty, none), []string{}},
		{policy.GrantRules(one, two), []string{"soc2-2017", "soc2-2017", "cis-8.1"}},
	} {
		if got := c.rules.Frameworks; !slices.Equal(got, c.want) || (got == nil) != (c.want == nil) {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

// TestDigest: what can decide otherwise has another digest, and nothing else has.
func TestDigest(t *testing.T) {
	digest := func(document string) string { return compile(t, document).Digest }
	same := []string{`{"lead_time": "2d"}`, `{"$schema": "x", "version": 1, "lead_time": "2d", "triggers": []}`, "{\n\"lead_time\": \"2d\", \"extends\": null}"}
	others := []string{`{}`, `{"lead_time": "3d"}`, `{"extends": {"lead_time": "2d"}}`, `{"lead_time": "2d", "classes": {"laptop": {"bound_to": "workload"}}}`}
	for _, document := range same {
		if digest(document) != digest(same[0]) {
			t.Errorf("%s has another digest than %s", document, same[0])
		}
	}
	seen := map[string]string{digest(same[0]): same[0], policy.Baseline().Digest: "the baseline"}
	for _, document := range others {
		if other, ok := seen[digest(document)]; ok {
			t.Errorf("%s has the digest of %s", document, other)
		}
		seen[digest(document)] = document
	}
}

// TestPlacesOfEntries: an entry that cannot be read does not move the places of the
// others in what is said of them.
func TestPlacesOfEntries(t *testing.T) {
	_, err := policy.Load([]byte(`{"lifetimes": [{"risk": "high", "ttl": "1d"}, {"ttl": "1d"}, {"ttl": "2d"}]}`), "provider policy")
	if err == nil || !strings.Contains(err.Error(), "lifetimes[2]: Unreachable Entry: The first entry that matches holds, and lifetimes[1] comes first") {
		t.Errorf("got %v", err)
	}
}
