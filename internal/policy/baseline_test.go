package policy_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/policy"
)

// table is the baseline, written by hand from the rules (DESIGN.md, Decide): for
// every finding, and where it matters for a situation, what happens to access
// that stands for a person, and to a workload's standard and privileged access.
// "standard / privileged" in the first column where the risks differ.
var table = []struct{ code, situation, person, workload, privileged string }{
	{"asset.retired", "", "revoke", "revoke", "revoke"},
	{"asset.lost", "", "revoke", "revoke", "revoke"},
	{"owner.left", "", "revoke", "review, rotate overlap", "block, rotate overlap"},
	{"owner.left", "successor", "revoke", "review, rotate overlap", "review, rotate overlap"},
	{"owner.ended", "", "block", "review, rotate overlap", "block, rotate overlap"},
	{"owner.ended", "successor", "block", "review, rotate overlap", "review, rotate overlap"},
	{"owner.gone", "", "block", "review, rotate overlap", "block, rotate overlap"},
	{"owner.gone", "successor", "block", "review, rotate overlap", "review, rotate overlap"},
	{"asset.reassigned", "", "keep, rotate now", "keep, rotate overlap", "keep, rotate overlap"},
	{"asset.reassigned", "unresolved", "block", "keep, rotate overlap", "keep, rotate overlap"},
	{"owner.changed", "", "recertify, rotate now", "recertify, rotate overlap", "recertify, rotate overlap"},
	{"owner.suspended", "", "block", "review", "review"},
	{"asset.inactive", "", "block", "block", "block"},
	{"task.overdue", "", "block", "block", "block"},
	{"owner.none", "", "review / block", "review", "block"},
	{"owner.none", "issued", "block", "review", "block"},
	{"owner.unknown", "", "review / block", "review", "block"},
	{"owner.unknown", "issued", "block", "review", "block"},
	{"owner.no_active_member", "", "review", "review, rotate overlap", "block, rotate overlap"},
	{"asset.missing", "", "review", "review", "block"},
	{"owner.conflict", "", "review", "review", "block"},
	{"record.duplicate", "", "review", "review", "block"},
	{"owner.moved", "", "recertify, rotate overlap", "recertify, rotate overlap", "recertify, rotate overlap"},
	{"asset.changed", "", "recertify, rotate overlap", "recertify, rotate overlap", "recertify, rotate overlap"},
	{"grant.risk_lowered", "", "recertify, rotate overlap", "recertify, rotate overlap", "recertify, rotate overlap"},
	{"grant.rejected", "", "revoke", "revoke", "revoke"},
	{"task.open", "reassignment", "review", "review", "review"},
	{"task.open", "offboarding", "review / block", "review", "block"},
	{"task.open", "decommission", "review", "review", "block"},
	{"task.unclosed", "", "lapse / lapse, grace 14d, then block", "lapse", "lapse, grace 14d, then block"},
	{"owner.leaving", "", "review", "review", "review"},
	{"asset.retiring", "", "review", "review", "review"},
	{"owner.shared", "", "review", "review", "review"},
	{"asset.unclassified", "", "review", "review", "review"},
	{"record.stale", "", "recertify, grace 30d, then review", "recertify, grace 30d, then review", "recertify, grace 14d, then block"},
	{"record.incomplete", "", "recertify, grace 30d, then review", "recertify, grace 30d, then review", "recertify, grace 14d, then block"},
	{"access.unused", "", "recertify, grace 30d, then review", "recertify, grace 30d, then review", "recertify, grace 14d, then block"},
	{"grant.recertification_due", "", "recertify, grace 14d, then block", "recertify, grace 14d, then lapse", "recertify, grace 14d, then block"},
	{"exception.expired", "", "recertify", "recertify", "recertify"},
}

// situations are what the conditions of the baseline tell apart. The empty one is
// a grant that was never issued, of a holder without a successor.
var situations = map[string]func(*lifecycle.Subject){
	"":             func(*lifecycle.Subject) {},
	"successor":    func(s *lifecycle.Subject) { s.Binding.Successor = "corp/ann" },
	"issued":       func(s *lifecycle.Subject) { s.Issued = true },
	"unresolved":   func(s *lifecycle.Subject) { s.Binding.Holder = "" },
	"reassignment": func(s *lifecycle.Subject) { s.Binding.TaskKinds = []lifecycle.TaskKind{lifecycle.TaskReassignment} },
	"offboarding":  func(s *lifecycle.Subject) { s.Binding.TaskKinds = []lifecycle.TaskKind{lifecycle.TaskOffboarding} },
	"decommission": func(s *lifecycle.Subject) { s.Binding.TaskKinds = []lifecycle.TaskKind{lifecycle.TaskDecommission} },
}

// decide returns the first trigger that matches a finding, as the engine picks
// it.
func decide(t *testing.T, rules *lifecycle.Rules, code lifecycle.Code, s *lifecycle.Subject) *lifecycle.Trigger {
	t.Helper()
	for i := range rules.Triggers {
		tr := &rules.Triggers[i]
		if !tr.Codes.Has(code) || tr.Class != "" && !lifecycle.Matches(tr.Class, s.Binding.Class) ||
			tr.BoundTo != nil && *tr.BoundTo != max(s.Binding.BoundTo, lifecycle.BoundToWorkload) || tr.Risk != nil && *tr.Risk != s.Risk {
			continue
		}
		if tr.When != nil {
			ok, err := tr.When(s)
			if err != nil {
				t.Fatal(err)
			}
			if !ok {
				continue
			}
		}
		return tr
	}
	t.Fatalf("nothing decides %s", code)
	return nil
}

func outcome(tr *lifecycle.Trigger) string {
	text := tr.Action.String()
	if tr.Rotation != lifecycle.RotateNone {
		text += ", rotate " + tr.Rotation.String()
	}
	if tr.Grace != 0 {
		text += ", grace " + policy.FormatDuration(tr.Grace) + ", then " + tr.Then.String()
	}
	return text
}

func TestBaselineTable(t *testing.T) {
	rules := policy.Baseline()
	var covered lifecycle.CodeSet
	for _, row := range table {
		code, err := lifecycle.ParseCode(row.code)
		if err != nil {
			t.Fatal(err)
		}
		covered = covered.With(code)
		standard, privileged, differ := strings.Cut(row.person, " / ")
		if !differ {
			privileged = standard
		}
		for column, wants := range map[lifecycle.BoundTo][2]string{
			lifecycle.BoundToPerson:       {standard, privileged},
			lifecycle.BoundToWorkload:     {row.workload, row.privileged},
			lifecycle.BoundToUnclassified: {row.workload, row.privileged}, // cut no more than a workload is
		} {
			for i, want := range wants {
				s := &lifecycle.Subject{Binding: &lifecycle.Binding{BoundTo: column, Holder: "corp/bob"}, Spec: &lifecycle.Spec{}, Risk: lifecycle.Risk(i)}
				situations[row.situation](s)
				tr := decide(t, rules, code, s)
				if got := outcome(tr); got != want {
					t.Errorf("%s, %s, %s %s: %s by %s; want %s", code, column, s.Risk, row.situation, got, tr.Label, want)
				}
			}
		}
	}
	for c := range lifecycle.NumCodes {
		if c.Mappable() != covered.Has(c) {
			t.Errorf("%s can be mapped: %t; it is in the table: %t", c, c.Mappable(), covered.Has(c))
		}
	}
}

func TestBaselineDefaults(t *testing.T) {
	const day = 24 * time.Hour
	r := policy.Baseline()
	if r.Name != "baseline" || r.AutomateAt != 90 || r.StaleAfter != 180*day || r.LeadTime != 30*day || r.ExceptionMax != 90*day ||
		r.ReviewDeadline != 30*day || r.UnusedAfter != 90*day {
		t.Errorf("got %+v", r)
	}
	if len(r.Enforcement) != 0 || r.Frameworks != nil || len(r.Digest) != 16 {
		t.Errorf("enforcement %v, frameworks %v, digest %q", r.Enforcement, r.Frameworks, r.Digest)
	}
	if got := fmt.Sprint(r.Authority.Trust, who(r.Authority.Attest), who(r.Authority.Except)); got !=
		"false [workload: [owner manager lifecycle_owner] any: [manager lifecycle_owner]] [any: [manager lifecycle_owner]]" {
		t.Errorf("authority %s", got)
	}
	if got := fmt.Sprint(r.Required); got != "[owner purpose environment criticality]" {
		t.Errorf("required fields %s", got)
	}
	if want := [lifecycle.NumSignals]int{25, 25, 15, 15, 15, 5, 4}; r.Points != want {
		t.Errorf("points %v, want %v", r.Points, want)
	}
	for risk, want := range map[lifecycle.Risk][2]time.Duration{lifecycle.RiskStandard: {90 * day, 180 * day}, lifecycle.RiskPrivileged: {30 * day, 90 * day}} {
		var ttl, recertify time.Duration
		for _, l := range r.Lifetimes {
			if ttl == 0 && (l.Risk == nil || *l.Risk == risk) {
				ttl, recertify = l.TTL, l.RecertifyEvery
			}
		}
		if ttl != want[0] || recertify != want[1] {
			t.Errorf("%s: ttl %s, recertify_every %s; want %v", risk, ttl, recertify, want)
		}
	}
	for i, tr := range r.Triggers {
		if want := fmt.Sprintf("baseline triggers[%d]", i); tr.Label != want {
			t.Errorf("label %q, want %q", tr.Label, want)
		}
	}
}

// who writes down who may, by what the asset stands for.
func who(entries []lifecycle.Authorization) []string {
	var out []string
	for _, e := range entries {
		out = append(out, fmt.Sprintf("%s: %v", pointed(e.BoundTo), e.Who))
	}
	return out
}

// TestStaleSharedContradicted holds the promise that the limit of the bonus is
// there for.
func TestStaleSharedContradicted(t *testing.T) {
	r := policy.Baseline()
	sum := 0
	for _, n := range r.Points {
		sum += n
	}
	for _, missing := range []lifecycle.Signal{lifecycle.SignalFresh, lifecycle.SignalSingleOwner, lifecycle.SignalUncontradicted} {
		if sum-r.Points[missing] >= r.AutomateAt {
			t.Errorf("a record without the signal %s still reaches %d", missing, sum-r.Points[missing])
		}
	}
}

func TestBaselineJSON(t *testing.T) {
	data := policy.BaselineJSON()
	if !json.Valid(data) {
		t.Fatal("the baseline is not valid JSON")
	}
	doc, err := policy.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	rules, err := policy.Compile(doc, "provider policy")
	if err != nil {
		t.Fatal(err)
	}
	if n := len(policy.Baseline().Triggers); len(rules.Triggers) != 2*n || rules.Triggers[n].Label != "baseline triggers[0]" {
		t.Errorf("the baseline over itself has %d triggers, want %d", len(rules.Triggers), 2*n)
	}
	data[0] = 'x'
	if policy.BaselineJSON()[0] == 'x' {
		t.Error("the text of the baseline can be changed by a caller")
	}
}
