package lifecycle_test

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	. "github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/policy"
)

type decideCase struct {
	Description string
	Policy      object
	GrantPolicy object `json:"grant_policy"`
	// MaxClockJump holds for every run that states none. Without one any distance is
	// believed.
	MaxClockJump string `json:"max_clock_jump"`
	Runs         []wantedRun
}

type wantedRun struct {
	At           date
	MaxClockJump string `json:"max_clock_jump"`

	Binding  object
	Spec     object
	Answered answered // in the review queue; of this run only
	Want     wantedGrant
}

// wantedGrant lists what a run must give. Holder, certified_at and the last three are
// compared where they are stated.
type wantedGrant struct {
	Status       string
	Action       string
	Rotation     string
	Reasons      []string
	Holder       *string
	Generations  map[string]string
	Conditions   map[string]date
	NextChangeAt date  `json:"next_change_at"`
	CertifiedAt  *date `json:"certified_at"`
	RevokedAt    date  `json:"revoked_at"`
	Withdrawn    []string
	Clamped      []string
	Would        string            // compared also if it is left out: then it is the status
	Says         map[string]string // what the message of a reason holds, by code
	Ahead        []string          // the ends within 100 days: "2026-02-04 block owner.shared asks", "2026-04-01 end of g1"

	Asks           *wantedAsk // compared if it is stated
	Rotated        *bool
	ExceptionStart *date `json:"exception_start"`
	Spent          *bool // whether the attestation can release no latch
}

func bindingOf(t *testing.T, o object) Binding {
	t.Helper()
	var b struct {
		Asset, Class, State, Holder, Manager, Successor, Environment, Criticality string

		BoundTo        string `json:"bound_to"`
		OwnerKind      string `json:"owner_kind"`
		OwnerStatus    string `json:"owner_status"`
		OwnerEndDate   date   `json:"owner_end_date"`
		Teams          []string
		ThirdParty     bool `json:"third_party"`
		Shared         bool
		RetirementDate date `json:"retirement_date"`
		Findings       []string
		Confidence     float64
		Held           bool

		StateConfidence *float64          `json:"state_confidence"`
		Fresh           *bool             `json:"fresh"`
		OwnerKeys       map[string]string `json:"owner_keys"`
		OpenTasks       []string          `json:"open_tasks"`
		Tasks           []struct{ ID, Kind, URL string }
		LifecycleOwner  string `json:"lifecycle_owner"`
	}
	o.into(t, &b)
	asset, ok := ParseRef(b.Asset)
	if !ok {
		t.Fatalf("asset %q", b.Asset)
	}
	out := Binding{
		Asset: asset, Class: b.Class, BoundTo: parsed(t, b.BoundTo, ParseBoundTo), State: parsed(t, b.State, ParseState), Holder: b.Holder,
		OwnerKind: parsed(t, b.OwnerKind, ParseOwnerKind), OwnerStatus: parsed(t, b.OwnerStatus, ParseOwnerStatus),
		OwnerEndDate: b.OwnerEndDate.Time, Manager: b.Manager, Teams: b.Teams, Successor: b.Successor, Environment: b.Environment,
		Criticality: b.Criticality, ThirdParty: b.ThirdParty, Shared: b.Shared, RetirementDate: b.RetirementDate.Time,
		Confidence: int(math.Round(b.Confidence * 100)), Held: b.Held, LifecycleOwner: b.LifecycleOwner,
	}
	out.StateConfidence, out.Fresh = out.Confidence, b.Fresh == nil || *b.Fresh
	if b.StateConfidence != nil {
		out.StateConfidence = int(math.Round(*b.StateConfidence * 100))
	}
	for _, key := range slices.Sorted(maps.Keys(b.OwnerKeys)) {
		k := OwnerKey{Key: key, Holder: b.OwnerKeys[key]}
		if k.Holder == "absent" || k.Holder == "ambiguous" {
			k.Absent, k.Holder = k.Holder == "absent", ""
		}
		out.OwnerKeys = append(out.OwnerKeys, k)
	}
	for _, kind := range b.OpenTasks {
		out.TaskKinds = append(out.TaskKinds, parsed(t, kind, ParseTaskKind))
	}
	for _, task := range b.Tasks {
		out.Tasks = append(out.Tasks, Task{ID: task.ID, Kind: parsed(t, task.Kind, ParseTaskKind), URL: task.URL})
	}
	for c := range codesOf(t, b.Findings).All {
		out.Findings = append(out.Findings, Finding{Code: c, Message: "Something is " + c.String() + "."})
	}
	return out
}

func specOf(t *testing.T, o object) Spec {
	t.Helper()
	var s struct {
		Access, Risk, TTL, Overlap string

		RenewBefore       string            `json:"renew_before"`
		OnBlock           string            `json:"on_block"`
		RotateWhenChanged map[string]string `json:"rotate_when_changed"`
		RevokeGenerations []string          `json:"revoke_generations"`
		Attestation       *struct {
			By, Note string
			At       date
		}
		Exception *struct {
			Codes      []string
			Reason     string
			ApprovedBy string `json:"approved_by"`
			ExpiresAt  date   `json:"expires_at"`
		}
		Usage *struct {
			LastUsedAt date `json:"last_used_at"`
			ObservedAt date `json:"observed_at"`
		}
	}
	o.into(t, &s)
	out := Spec{
		Access: s.Access, Risk: parsed(t, s.Risk, ParseRisk), OnBlock: parsed(t, s.OnBlock, ParseOnBlock), RotateWhenChanged: s.RotateWhenChanged,
		TTL: parsed(t, s.TTL, policy.ParseDuration), Overlap: parsed(t, s.Overlap, policy.ParseDuration),
		RenewBefore: parsed(t, s.RenewBefore, policy.ParseDuration), RevokeGenerations: map[string]bool{},
	}
	for _, k := range s.RevokeGenerations {
		out.RevokeGenerations[k] = true
	}
	if s.Attestation != nil {
		out.Attestation = &Attestation{By: cmp.Or(s.Attestation.By, "eve"), At: s.Attestation.At.Time, Note: s.Attestation.Note}
	}
	if x := s.Exception; x != nil {
		out.Exception = &Exception{Codes: codesOf(t, x.Codes), Reason: cmp.Or(x.Reason, "because"), ApprovedBy: cmp.Or(x.ApprovedBy, "eve"), ExpiresAt: x.ExpiresAt.Time}
	}
	if u := s.Usage; u != nil {
		out.Usage = &Usage{LastUsedAt: u.LastUsedAt.Time, ObservedAt: u.ObservedAt.Time}
	}
	return out
}

// showGeneration writes a generation as cases do.
func showGeneration(g Generation) string {
	text := fmt.Sprintf("%s %s %s to %s", g.State, g.Holder, show(g.IssuedAt), cmp.Or(show(g.ExpiresAt), "never"))
	if !g.Enabled {
		text = "disabled " + text
	}
	return text
}

func (w *wantedGrant) compare(got *Decision, s *mismatches) {
	g := &got.Grant
	rotation := w.Rotation
	if rotation == "" {
		rotation = RotateNone.String()
	}
	s.compare("status", w.Status, g.Status.String())
	s.compare("would", cmp.Or(w.Would, w.Status), g.Would.String())
	s.compare("action", w.Action, g.Action.String())
	for code, part := range w.Says {
		i := slices.IndexFunc(g.Reasons, func(r Reason) bool { return r.Code.String() == code })
		if i < 0 || !strings.Contains(g.Reasons[i].Message, part) {
			s.compare("says of "+code, part, fmt.Sprint(g.Reasons))
		}
	}
	s.compare("rotation", rotation, g.Rotation.String())
	reasons := make([]string, len(g.Reasons))
	for i, r := range g.Reasons {
		reasons[i] = r.Code.String()
	}
	s.compare("reasons", strings.Join(w.Reasons, " "), strings.Join(reasons, " "))
	if w.Holder != nil {
		s.compare("holder", *w.Holder, g.Holder)
	}
	generations := map[string]string{}
	for _, x := range g.Generations {
		generations[x.Key()] = showGeneration(x)
	}
	s.compareMaps("generation", w.Generations, generations)
	wanted, conditions := map[string]string{}, map[string]string{}
	for code, at := range w.Conditions {
		wanted[code] = show(at.Time)
	}
	for _, c := range g.Conditions {
		conditions[c.Code.String()] = show(c.FirstSeen)
	}
	s.compareMaps("condition", wanted, conditions)
	s.compare("next_change_at", show(w.NextChangeAt.Time), show(g.NextChangeAt))
	s.compare("revoked_at", show(w.RevokedAt.Time), show(g.RevokedAt))
	if w.CertifiedAt != nil {
		s.compare("certified_at", show(w.CertifiedAt.Time), show(g.CertifiedAt))
	}
	w.compareMemory(got, s)
	s.compare("withdrawn", strings.Join(w.Withdrawn, " "), strings.Join(Numbers(got.Withdrawn), " "))
	s.compare("clamped", strings.Join(w.Clamped, " "), strings.Join(got.Clamped, " "))
}

func (w *wantedGrant) compareMemory(got *Decision, s *mismatches) {
	m := &got.Grant.Memory
	if w.Rotated != nil {
		s.compare("rotated", strconv.FormatBool(*w.Rotated), strconv.FormatBool(got.Rotated))
	}
	if w.ExceptionStart != nil {
		var start time.Time
		if m.Waiver != nil {
			start = m.Waiver.StartsAt
		}
		s.compare("exception_start", show(w.ExceptionStart.Time), show(start))
	}
	if w.Spent != nil {
		s.compare("spent", strconv.FormatBool(*w.Spent), strconv.FormatBool(m.Answer != nil && m.Answer.Spent))
	}
}

func aheadOf(ahead []Ahead) []string {
	out := make([]string, len(ahead))
	for i, a := range ahead {
		out[i] = show(a.At) + " end of " + a.Key
		if a.Becomes != Keep {
			out[i] = show(a.At) + " " + a.Becomes.String() + " " + a.Code.String()
		}
		if a.Asks {
			out[i] += " asks"
		}
	}
	return out
}

func (s *mismatches) compareMaps(what string, want, got map[string]string) {
	all := maps.Clone(got)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, want)
	for _, k := range slices.Sorted(maps.Keys(all)) {
		s.compare(what+" "+k, want[k], got[k])
	}
}

// TestDecideGolden lives through the runs of every case, compares each with what
// is wanted, and holds it to every law besides.
func TestDecideGolden(t *testing.T) {
	h := readHealthy(t)
	for file, cases := range readCases[decideCase](t, "decide") {
		for i := range cases {
			t.Run(file+"/"+cases[i].Description, func(t *testing.T) { cases[i].live(t, h) })
		}
	}
}

func (c *decideCase) live(t *testing.T, h healthy) {
	t.Helper()
	w := &world{used: map[int]bool{}, policies: []*Rules{rulesOf(t, c.Policy, "provider policy")}}
	if c.GrantPolicy != nil {
		w.policies = append(w.policies, policy.GrantRules(w.policies[0], rulesOf(t, c.GrantPolicy, "grant policy")))
	}
	binding, spec := h.Binding, h.Spec
	for i := range c.Runs {
		run := &c.Runs[i]
		binding, spec = binding.over(run.Binding), spec.over(run.Spec)
		w.now, w.binding, w.spec = run.At.Time, bindingOf(t, binding), specOf(t, spec)
		w.maxJump = parsed(t, cmp.Or(run.MaxClockJump, c.MaxClockJump), policy.ParseDuration)
		in := w.input()
		run.Answered.over(&in)
		w.confirmation, w.rejection, w.departed, w.unheard = in.Confirmation, in.Rejection, in.Departed, in.Unheard
		got, err := Decide(in)
		if err != nil {
			t.Fatal(err)
		}
		var s mismatches
		run.Want.compare(&got, &s)
		if run.Want.Ahead != nil {
			ahead, err := Outlook(w.input(), &got.Grant, w.now.AddDate(0, 0, 100))
			if err != nil {
				t.Fatal(err)
			}
			s.compare("ahead", strings.Join(run.Want.Ahead, "; "), strings.Join(aheadOf(ahead), "; "))
		}
		run.Want.compareAsk(t, &got, &s)
		s.report(t, fmt.Sprintf("run %d at %s", i+1, show(w.now)))
		if err := w.run(seeded(uint64(i))); err != nil {
			t.Errorf("run %d at %s: %v", i+1, show(w.now), err)
		}
		if t.Failed() {
			t.Fatalf("which gave %s", describe(&got.Grant))
		}
	}
}

// gateBranch names the branch of the confidence gate that a finding takes, or ""
// if it takes none.
func gateBranch(b *Binding, s *Spec, c Code) string {
	what := ""
	switch {
	case c == AssetRetired, c == AssetLost, c == OwnerLeft && b.BoundTo == BoundToPerson:
		what = Revoke.String()
	case c == AssetReassigned && b.BoundTo == BoundToPerson:
		what = "rotate " + RotateNow.String()
	default:
		return ""
	}
	side := "below"
	if b.Confidence >= policy.Baseline().AutomateAt {
		side = "above"
	}
	who := RiskStandard.String()
	switch {
	case s.Risk == RiskPrivileged:
		who = s.Risk.String()
	case b.OwnerKind == KindContractor, b.OwnerKind == KindVendor:
		who = b.OwnerKind.String()
	case b.ThirdParty:
		who = "third party"
	case b.Shared:
		who = "shared"
	}
	return what + ", " + side + ", " + who
}

// TestGoldenCoverage proves that no finding code and no branch of the gate is
// without a case. What must be covered comes from the typed lists.
func TestGoldenCoverage(t *testing.T) {
	h := readHealthy(t)
	reasons, branches := map[string]bool{}, map[string]bool{}
	var rows []baselineRow
	readYAML(t, "testdata/baseline.yaml", schema(t, "#/$defs/baseline"), &rows)
	for _, row := range rows {
		reasons[row.On] = true
	}
	for _, cases := range readCases[decideCase](t, "decide") {
		for _, c := range cases {
			binding, spec := h.Binding, h.Spec
			for _, run := range c.Runs {
				binding, spec = binding.over(run.Binding), spec.over(run.Spec)
				b, s := bindingOf(t, binding), specOf(t, spec)
				for _, code := range run.Want.Reasons {
					reasons[code] = true
					branches[gateBranch(&b, &s, parsed(t, code, ParseCode))] = true
				}
			}
		}
	}
	for _, code := range Codes() {
		if !reasons[code] {
			t.Errorf("no case of decide gives the reason %s", code)
		}
	}
	for _, what := range []string{Revoke.String(), "rotate " + RotateNow.String()} {
		for _, side := range []string{"below", "above"} {
			for _, who := range slices.Concat(Risks(), []string{KindContractor.String(), KindVendor.String(), "third party", "shared"}) {
				if side == "above" && who == "shared" {
					continue // a shared asset is below the gate by its own signal
				}
				if branch := what + ", " + side + ", " + who; !branches[branch] {
					t.Errorf("no case takes the branch of the gate %q", branch)
				}
			}
		}
	}
	raised := CodeSet(0)
	for _, cases := range readCases[assessCase](t, "assess") {
		for _, c := range cases {
			raised |= codesOf(t, c.Want.Findings)
		}
	}
	for c := range NumCodes {
		if !RaisedByGrant.Has(c) && !raised.Has(c) {
			t.Errorf("no case of assess raises %s", c)
		}
	}
}
