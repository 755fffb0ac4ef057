package lifecycle_test

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	. "github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/policy"
)

// baselineRow is a line of the baseline's table. A line with a circumstance tells how
// it changes what the finding does.
type baselineRow struct {
	On               string
	If               string
	Person, Workload map[string]string
}

// cell is what the table says of a finding in one column, for one risk: the action,
// the rotation that it asks for, and the actions that follow by themselves, in days
// from the instant at which the finding was first seen.
type cell struct {
	action, rotation string
	later            []laterAction
}

type laterAction struct {
	action string
	after  time.Duration
}

var (
	cellStart = regexp.MustCompile(`^(\w+)(?:, rotate (\w+))?$`)
	cellLater = regexp.MustCompile(`^(\w+) after (\d+)d$`)
)

func readCell(t *testing.T, text string) cell {
	t.Helper()
	parts := strings.Split(text, "; ")
	m := cellStart.FindStringSubmatch(parts[0])
	if m == nil {
		t.Fatalf("nothing is said, or %q", text)
	}
	c := cell{action: m[1], rotation: RotateNone.String()}
	if m[2] != "" {
		c.rotation = m[2]
	}
	for _, p := range parts[1:] {
		m := cellLater.FindStringSubmatch(p)
		if m == nil {
			t.Fatalf("%q says no later action", p)
		}
		days, err := strconv.Atoi(m[2])
		if err != nil {
			t.Fatal(err)
		}
		c.later = append(c.later, laterAction{m[1], time.Duration(days) * day})
	}
	return c
}

// TestBaselineTable holds the built-in baseline to its table, and the table to
// every code, column and risk that there is.
func TestBaselineTable(t *testing.T) {
	h := readHealthy(t)
	var rows []baselineRow
	readYAML(t, "testdata/baseline.yaml", schema(t, "#/$defs/baseline"), &rows)
	covered := CodeSet(0)
	for _, row := range rows {
		code := parsed(t, row.On, ParseCode)
		covered = covered.With(code)
		for _, column := range Columns() {
			for _, risk := range Risks() {
				t.Run(strings.Join([]string{row.On, row.If, column, risk}, "/"), func(t *testing.T) {
					said := row.Person[risk]
					if column == BoundToWorkload.String() {
						said = row.Workload[risk]
					}
					w := issued(t, h, &row, parsed(t, column, ParseBoundTo), parsed(t, risk, ParseRisk))
					w.causeFinding(t, code)
					w.circumstance(row.If)
					w.expect(t, row.On, readCell(t, said))
				})
			}
		}
	}
	for c := range NumCodes {
		if c.Mappable() && !covered.Has(c) {
			t.Errorf("the table has no row for %s", c)
		}
	}
}

// issued returns a world in which a healthy grant was issued ten days ago, or one
// that is new if the row is about such.
func issued(t *testing.T, h healthy, row *baselineRow, column BoundTo, risk Risk) *world {
	t.Helper()
	w := &world{now: epoch, used: map[int]bool{}, policies: []*Rules{policy.Baseline()}, binding: bindingOf(t, h.Binding), spec: specOf(t, h.Spec)}
	w.binding.BoundTo, w.spec.Risk = column, risk
	w.spec.TTL = 29 * day // so that no renewal falls on a recertification
	switch {
	case row.If == "new":
		return w
	case row.On == OwnerChanged.String():
		w.binding.Holder = "corp/ada, corp/bob"
	case row.On == GrantRiskLowered.String():
		w.spec.Risk = RiskPrivileged
	}
	if err := w.run(seeded(0)); err != nil {
		t.Fatal(err)
	}
	w.now = w.now.Add(10 * day)
	return w
}

// causeFinding makes a finding arise.
func (w *world) causeFinding(t *testing.T, c Code) {
	t.Helper()
	switch c {
	case AssetReassigned:
		w.binding.Holder = "corp/bob"
	case AssetChanged:
		w.binding.Criticality = "low"
	case OwnerMoved:
		w.binding.Teams = []string{"dev"}
	case OwnerChanged:
		w.binding.Holder = "corp/bob"
	case OwnerGone:
		w.binding.Holder, w.binding.OwnerKeys = "", []OwnerKey{{Key: "ada", Absent: true}}
	case TaskUnclosed:
		w.requireClosed(TaskReassignment)
		w.binding.TaskKinds = []TaskKind{TaskReassignment}
	case AccessUnused:
		w.spec.Usage = &Usage{LastUsedAt: w.now.Add(-90 * day), ObservedAt: w.now}
	case GrantRiskLowered:
		w.spec.Risk = RiskStandard
	case GrantRejected:
		w.rejection = &Rejection{By: "corp/mia", At: w.now}
	case GrantRecertificationDue:
		every := map[Risk]time.Duration{RiskStandard: 180 * day, RiskPrivileged: 90 * day}[w.spec.Risk]
		for w.now = w.prior.NextChangeAt; w.now.Before(w.prior.CertifiedAt.Add(every)); w.now = w.prior.NextChangeAt {
			if err := w.run(seeded(1)); err != nil {
				t.Fatal(err)
			}
		}
	case ExceptionExpired:
		w.spec.Exception = &Exception{Codes: SetOf(TaskOpen), ApprovedBy: "eve", ExpiresAt: w.now.Add(-day)}
	default:
		w.binding.Findings = []Finding{{Code: c, Message: "Something is so."}}
		if c == OwnerNone || c == OwnerUnknown || c == AssetMissing {
			w.binding.Holder = ""
		}
	}
}

// circumstance lays over the finding what a row is about besides.
func (w *world) circumstance(name string) {
	b := &w.binding
	switch name {
	case "unresolved":
		b.Holder, b.OwnerKeys = "", []OwnerKey{{Key: "zoe", Absent: true}}
	case "successor":
		b.Successor = "corp/bob"
	case "offboarding":
		b.TaskKinds = []TaskKind{TaskOffboarding}
	case "decommission":
		b.TaskKinds = []TaskKind{TaskDecommission}
	}
}

// expect compares the first decision, and the action right before and at every
// instant at which the table says that it changes.
func (w *world) expect(t *testing.T, code string, want cell) {
	t.Helper()
	action := func() string {
		a, err := ActionOf(w.input())
		if err != nil {
			t.Fatal(err)
		}
		return a.String()
	}
	var s mismatches
	s.compare("action", want.action, action())
	rotation, err := RotationOf(w.input())
	if err != nil {
		t.Fatal(err)
	}
	s.compare("rotation", want.rotation, rotation.String())
	seen, before := w.now, want.action
	for _, next := range want.later {
		w.decideAgain(t)
		at := seen.Add(next.after)
		w.goTo(at.Add(-time.Second))
		s.compare("before "+show(at), before, action())
		w.goTo(at)
		s.compare("at "+show(at), next.action, action())
		before = next.action
	}
	w.decideAgain(t)
	// Nothing else follows, but for the next recertification of privileged access.
	if end := w.prior.CertifiedAt.Add(80 * day); end.After(w.now) {
		w.goTo(end)
		s.compare("at "+show(end), before, action())
	}
	s.report(t, code)
}

func (w *world) decideAgain(t *testing.T) {
	t.Helper()
	if err := w.run(seeded(2)); err != nil {
		t.Fatal(err)
	}
}

// goTo goes to an instant at which the use of the access has just been looked at.
func (w *world) goTo(at time.Time) {
	w.now = at
	if w.spec.Usage != nil {
		u := *w.spec.Usage
		u.ObservedAt = at
		w.spec.Usage = &u
	}
}
