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

// table is section 5 of DESIGN.md, copied by hand: for every finding what
// happens in both columns, "standard / privileged" where the risks differ. An
// owner who left a workload is looked at without a successor; see
// TestBaselineSuccessor.
var table = []struct{ code, person, workload string }{
	{"asset.retired", "revoke", "revoke"},
	{"asset.lost", "revoke", "revoke"},
	{"owner.left", "revoke", "review, rotate overlap / block, rotate overlap"},
	{"asset.reassigned", "keep, rotate now", "keep, rotate overlap"},
	{"owner.suspended", "block", "review"},
	{"asset.inactive", "block", "block"},
	{"task.overdue", "block", "block"},
	{"owner.moved", "recertify, rotate overlap", "recertify, rotate overlap"},
	{"asset.changed", "recertify, rotate overlap", "recertify, rotate overlap"},
	{"asset.missing", "review / block", "review / block"},
	{"owner.none", "review / block", "review / block"},
	{"owner.unknown", "review / block", "review / block"},
	{"owner.conflict", "review / block", "review / block"},
	{"owner.no_active_member", "review / block", "review / block"},
	{"record.duplicate", "review / block", "review / block"},
	{"task.open", "review / block", "review / block"},
	{"owner.leaving", "review", "review"},
	{"asset.retiring", "review", "review"},
	{"owner.shared", "review", "review"},
	{"record.stale", "recertify, grace 14d, then block", "recertify, grace 14d, then block"},
	{"record.incomplete", "recertify, grace 14d, then block", "recertify, grace 14d, then block"},
	{"grant.recertification_due", "recertify, grace 14d, then block", "recertify, grace 14d, then block"},
	{"exception.expired", "recertify", "recertify"},
}

// decide returns the first trigger that matches a finding, as the engine picks
// it.
func decide(t *testing.T, rules *lifecycle.Rules, code lifecycle.Code, s *lifecycle.Subject) *lifecycle.Trigger {
	t.Helper()
	for i := range rules.Triggers {
		tr := &rules.Triggers[i]
		if !tr.Codes.Has(code) || tr.Class != "" && tr.Class != s.Binding.Class ||
			tr.BoundTo != nil && *tr.BoundTo != s.Binding.BoundTo || tr.Risk != nil && *tr.Risk != s.Spec.Risk {
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
		for boundTo, column := range map[lifecycle.BoundTo]string{lifecycle.BoundToPerson: row.person, lifecycle.BoundToWorkload: row.workload} {
			standard, privileged, differ := strings.Cut(column, " / ")
			if !differ {
				privileged = standard
			}
			for risk, want := range map[lifecycle.Risk]string{lifecycle.RiskStandard: standard, lifecycle.RiskPrivileged: privileged} {
				s := &lifecycle.Subject{Binding: &lifecycle.Binding{BoundTo: boundTo}, Spec: &lifecycle.Spec{Risk: risk}}
				tr := decide(t, rules, code, s)
				if got := outcome(tr); got != want {
					t.Errorf("%s, %s, %s: %s by %s; want %s", code, boundTo, risk, got, tr.Label, want)
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

func TestBaselineSuccessor(t *testing.T) {
	for _, risk := range []lifecycle.Risk{lifecycle.RiskStandard, lifecycle.RiskPrivileged} {
		s := &lifecycle.Subject{Binding: &lifecycle.Binding{Successor: "corp/ann"}, Spec: &lifecycle.Spec{Risk: risk}}
		if got := outcome(decide(t, policy.Baseline(), lifecycle.OwnerLeft, s)); got != "review, rotate overlap" {
			t.Errorf("a workload whose owner left to a successor, %s: %s", risk, got)
		}
	}
}

func TestBaselineDefaults(t *testing.T) {
	const day = 24 * time.Hour
	r := policy.Baseline()
	if r.Name != "baseline" || r.AutomateAt != 90 || r.StaleAfter != 180*day || r.LeadTime != 30*day || r.ExceptionMax != 90*day {
		t.Errorf("got %s: automate_at %d, stale_after %s, lead_time %s, exception_max %s", r.Name, r.AutomateAt, r.StaleAfter, r.LeadTime, r.ExceptionMax)
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
	classes := 0
	for boundTo, names := range map[lifecycle.BoundTo]string{
		lifecycle.BoundToPerson:   "laptop phone tablet desktop licence license account",
		lifecycle.BoundToWorkload: "application service pipeline server integration agent",
	} {
		for _, name := range strings.Fields(names) {
			classes++
			if c, ok := r.ClassOf(name); !ok || c.BoundTo != boundTo {
				t.Errorf("class %s: %v, %t; want %s", name, c, ok, boundTo)
			}
		}
	}
	if len(r.Classes) != classes {
		t.Errorf("%d classes, want %d", len(r.Classes), classes)
	}
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
