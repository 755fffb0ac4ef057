package lifecycle_test

import (
	"regexp"
	"strconv"
	"testing"
	"time"

	. "github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/policy"
)

type baselineRow struct {
	On               string
	Person, Workload map[string]string
}

// cell is what the baseline table says of a finding in one column, for one risk.
var cell = regexp.MustCompile(`^(\w+)(?:, rotate (\w+))?(?:; block after (\d+)d)?$`)

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
				t.Run(row.On+"/"+column+"/"+risk, func(t *testing.T) {
					said := row.Person[risk]
					if column == BoundToWorkload.String() {
						said = row.Workload[risk]
					}
					m := cell.FindStringSubmatch(said)
					if m == nil {
						t.Fatalf("nothing is said, or %q", said)
					}
					w := issued(t, h, parsed(t, column, ParseBoundTo), parsed(t, risk, ParseRisk))
					w.provoke(t, code)
					w.expect(t, code, m)
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

// issued returns a world in which a healthy grant was issued ten days ago.
func issued(t *testing.T, h healthy, column BoundTo, risk Risk) *world {
	t.Helper()
	w := &world{now: epoch, used: map[int]bool{}, policies: []*Rules{policy.Baseline()}, binding: bindingOf(t, h.Binding), spec: specOf(t, h.Spec)}
	w.binding.BoundTo, w.spec.Risk = column, risk
	w.spec.TTL = 29 * day // so that no renewal falls on a recertification
	if err := w.run(seeded(0)); err != nil {
		t.Fatal(err)
	}
	w.now = w.now.Add(10 * day)
	return w
}

// provoke makes a finding arise.
func (w *world) provoke(t *testing.T, c Code) {
	t.Helper()
	switch c {
	case AssetReassigned:
		w.binding.Holder = "corp/bob"
	case AssetChanged:
		w.binding.Criticality = "low"
	case OwnerMoved:
		w.binding.Teams = []string{"dev"}
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

// expect compares the first decision, and the action at the deadline if there is
// one.
func (w *world) expect(t *testing.T, c Code, said []string) {
	t.Helper()
	action := func() string {
		a, err := ActionOf(w.input())
		if err != nil {
			t.Fatal(err)
		}
		return a.String()
	}
	var s sheet
	s.compare("action", said[1], action())
	if err := w.run(seeded(2)); err != nil {
		t.Fatal(err)
	}
	rotation := RotateNone.String()
	if said[2] != "" {
		rotation = said[2]
	}
	s.compare("rotation", rotation, w.prior.Rotation.String())
	if said[3] != "" {
		days, err := strconv.Atoi(said[3])
		if err != nil {
			t.Fatal(err)
		}
		deadline := w.now.Add(time.Duration(days) * day)
		w.now = deadline.Add(-time.Second)
		s.compare("before deadline", said[1], action())
		w.now = deadline
		s.compare("at deadline", Block.String(), action())
	}
	s.report(t, c.String())
}
