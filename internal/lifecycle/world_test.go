package lifecycle_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	. "github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/policy"
)

const day = 24 * time.Hour

// epoch is where every simulated clock starts.
var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// numberSource decides what happens in a simulated world.
type numberSource interface{ IntN(n int) int }

func seeded(seed uint64) numberSource { return rand.New(rand.NewPCG(seed, 0x1f2e3d)) }

// byteSource yields numbers from the bytes of a fuzzer, and zeros when it is empty.
type byteSource struct{ bytes []byte }

func (t *byteSource) IntN(n int) int {
	if len(t.bytes) == 0 {
		return 0
	}
	b := int(t.bytes[0])
	t.bytes = t.bytes[1:]
	return b % n
}

func chance(d numberSource, percent int) bool { return d.IntN(100) < percent }

func pick[T any](d numberSource, from []T) T { return from[d.IntN(len(from))] }

func pointer[T any](v T) *T { return &v }

// world is an asset, its people and one grant, under a clock.
type world struct {
	now      time.Time
	question Question
	record   Record
	copies   int // how many records of the asset the system holds
	people   map[string]*Person
	members  map[string]int
	tasks    []Task
	spec     Spec
	policies []*Rules
	plain    bool // the policies are the baseline

	confirmation *Attestation // what the review queue says
	rejection    *Rejection
	departed     []string
	unheard      bool

	maxJump time.Duration

	binding     Binding
	prior       *Grant
	issues      bool         // the last run issues something
	lastRun     time.Time    // when that was
	lastJumped  bool         // its instant could not be right
	lastUnheard bool         // its answers could not be read
	used        map[int]bool // generation numbers that were ever issued
	log         []string
}

func newWorld(d numberSource) *world {
	w := &world{
		now:      epoch,
		question: Question{Asset: Ref{System: "cmdb", ID: "A-1"}},
		copies:   1,
		people:   map[string]*Person{},
		members:  map[string]int{},
		used:     map[int]bool{},
	}
	for _, id := range []string{"ada", "bob", "cyd"} {
		w.hire(id)
	}
	w.people["ops"] = &Person{Directory: "corp", ID: "ops", Kind: KindTeam, Status: PersonActive}
	w.members["corp/ops"], w.members["hr/ops"] = 2, 2
	w.record = Record{
		ID: "A-1", Class: pick(d, []string{"laptop", "application"}), Name: "One", State: StateInService, Owners: []string{"ada"},
		Purpose: "export", Environment: "production", Criticality: "high", VerifiedAt: epoch.Add(-10 * day),
	}
	w.spec = Spec{Access: "aws/key", Risk: Risk(d.IntN(2)), OnBlock: OnBlock(d.IntN(2))}
	w.maxJump = pick(d, []time.Duration{0, 48 * time.Hour, 48 * time.Hour})
	w.choosePolicies(d)
	return w
}

func (w *world) hire(id string) {
	w.people[id] = &Person{
		Directory: "corp", ID: id, Email: id + "@example.org", Kind: KindEmployee, Status: PersonActive, Manager: "cyd", Teams: []string{"ops"},
	}
}

func (w *world) choosePolicies(d numberSource) {
	w.policies, w.plain = somePolicies(d)
}

// look gathers the facts that the next run sees.
func (w *world) look(d numberSource) {
	if w.prior != nil && chance(d, 8) {
		if chance(d, 50) { // what the configuration or another system says is newer
			w.binding = Assess(w.question, w.policies[0], w.facts(), w.now)
		}
		w.binding.Held = true
		w.note("the system is unavailable")
		return
	}
	w.binding = Assess(w.question, w.policies[0], w.facts(), w.now)
}

// story is what happened so far, for the report of a broken law.
func (w *world) story() string { return strings.Join(w.log, "\n") }

func (w *world) note(format string, args ...any) { w.log = append(w.log, fmt.Sprintf(format, args...)) }

func (w *world) pass(d numberSource) {
	var next time.Time
	if w.prior != nil {
		next = w.prior.NextChangeAt
	}
	switch by := d.IntN(12); {
	case by < 3 && next.After(w.now):
		w.now = next
	case by == 3 && next.Add(-time.Second).After(w.now):
		w.now = next.Add(-time.Second)
	case by == 4, by == 5:
		w.now = w.now.Add(time.Second)
	case by == 6:
		w.jump(d)
	default:
		w.now = w.now.Add(time.Duration(1+d.IntN(60*24)) * time.Hour)
	}
	w.note("-- %s", w.now.Format(time.RFC3339))
}

// jump lets a long time pass, or sets the clock wrong, or right again.
func (w *world) jump(d numberSource) {
	switch d.IntN(6) {
	case 0:
		w.now = w.now.Add(400 * day)
	case 1:
		w.now = w.now.Add(-time.Duration(1+d.IntN(40)) * day)
	case 2, 3:
		if w.lastJumped && w.lastRun.After(epoch.Add(500*day)) {
			w.now = w.lastRun.Add(-400 * day)
			return
		}
		fallthrough
	default:
		w.now = w.now.Add(100 * day)
	}
}

// happen changes one thing in the world or in the configuration.
func (w *world) happen(d numberSource) {
	switch d.IntN(26) {
	case 0:
		w.record.State = pick(d, []State{StateInService, StateInService, StateMaintenance, StatePlanned, StateUnknown, StateLost, StateRetired})
		w.note("state %s", w.record.State)
	case 1, 2:
		w.record.Owners = pick(d, [][]string{{"ada"}, {"ada"}, {"bob"}, {"ops"}, {"ada", "bob"}, {"bob", "cyd"}, {"nobody"}, nil, {"ada", "nobody"}})
		w.note("owners %v", w.record.Owners)
	case 3, 4:
		p := w.person(pick(d, []string{"ada", "ada", "bob", "cyd", "ops"}))
		p.Status = pick(d, []OwnerStatus{PersonActive, PersonActive, PersonLeft, PersonSuspended, PersonLeaving, PersonUnknown})
		w.note("%s is %s", p.ID, p.Status)
	case 5:
		p := w.person(pick(d, []string{"ada", "bob"}))
		p.Kind = pick(d, []OwnerKind{KindEmployee, KindContractor, KindVendor, KindService})
		p.Manager = pick(d, []string{"cyd", "bob", ""})
		p.Teams = pick(d, [][]string{{"ops"}, {"dev"}, nil, {"dev", "ops"}})
		p.EndDate = pick(d, []time.Time{{}, {}, w.now.Add(10 * day), w.now.Add(200 * day), w.now.Add(-5 * day)})
		w.note("%s is a %s of %v under %q until %s", p.ID, p.Kind, p.Teams, p.Manager, p.EndDate.Format(time.DateOnly))
	case 6:
		w.record.VerifiedAt = pick(d, []time.Time{{}, w.now, w.now, w.now.Add(-170 * day), w.now.Add(3 * day)})
		w.note("verified %s", w.record.VerifiedAt.Format(time.DateOnly))
	case 7:
		w.record.Environment = pick(d, []string{"production", "test", ""})
		w.record.Criticality = pick(d, []string{"high", "low", ""})
		w.record.Class = pick(d, []string{"laptop", "application", "application", "toaster", ""})
		w.note("%q in %q is %q", w.record.Class, w.record.Environment, w.record.Criticality)
	case 8:
		w.record.RetirementDate = pick(d, []time.Time{{}, {}, w.now.Add(20 * day), w.now.Add(90 * day), w.now.Add(-day)})
		w.note("retires %s", w.record.RetirementDate.Format(time.DateOnly))
	case 9:
		w.copies = pick(d, []int{1, 1, 1, 0, 2})
		w.note("%d records", w.copies)
	case 10:
		w.record.Shared, w.record.ThirdParty = Tristate(d.IntN(3)), Tristate(d.IntN(3))
		w.note("shared %d third party %d", w.record.Shared, w.record.ThirdParty)
	case 11:
		w.tasks = pick(d, [][]Task{
			nil, nil, {{ID: "T1", Kind: TaskOffboarding}}, {{ID: "T2", Kind: TaskDecommission, Due: w.now.Add(9 * day)}},
			{{ID: "T3", Kind: TaskReassignment}, {ID: "T4", Kind: TaskOffboarding, Due: w.now.Add(-day)}},
		})
		w.note("%d tasks", len(w.tasks))
	case 12:
		w.members["corp/ops"] = d.IntN(2)
		w.members["hr/ops"] = w.members["corp/ops"]
		w.question.Evidence = pick(d, [][]Claim{nil, {{"tag", "ada"}}, {{"tag", "bob"}}})
		w.note("%d members, evidence %v", w.members["corp/ops"], w.question.Evidence)
	case 13:
		w.move(d)
	case 14:
		// A fact flaps: a record goes away, or an owner, and comes back with the next event of this kind.
		if w.copies == 0 {
			w.copies = 1
		} else {
			w.copies = 0
		}
		w.note("the record flaps: %d", w.copies)
	default:
		w.configure(d)
	}
}

// move deletes somebody from the directory, brings everybody back, or renames the
// directory.
func (w *world) move(d numberSource) {
	switch d.IntN(4) {
	case 0, 1:
		id := pick(d, []string{"ada", "bob"})
		delete(w.people, id)
		w.note("%s is deleted", id)
	case 2:
		for _, id := range []string{"ada", "bob", "cyd"} {
			w.hire(id)
		}
		w.note("everybody is back")
	default:
		directory := pick(d, []string{"corp", "hr"})
		for _, p := range w.people {
			p.Directory = directory
		}
		w.note("the directory is called %s", directory)
	}
}

// person returns somebody whom the directory may have forgotten.
func (w *world) person(id string) *Person {
	if _, ok := w.people[id]; !ok {
		w.hire(id)
	}
	return w.people[id]
}

func (w *world) configure(d numberSource) {
	s := &w.spec
	switch d.IntN(16) {
	case 14, 15:
		w.reply(d)
	case 0, 1, 2:
		s.Attestation = pick(d, []*Attestation{nil, {By: "eve", At: w.now}, {By: "eve", At: w.now}, {By: "eve", At: w.now.Add(-20 * day)}})
		if s.Attestation != nil {
			s.Attestation.Note = pick(d, []string{"", "again", w.now.Format(time.DateOnly)})
			s.Attestation.By = pick(d, []string{"eve", "eve", "mia"})
		}
		w.note("attestation %v", s.Attestation)
	case 3, 4:
		w.except(d)
	case 11:
		s.Usage = pick(d, []*Usage{
			nil, {LastUsedAt: w.now.Add(-95 * day), ObservedAt: w.now}, {LastUsedAt: w.now.Add(-80 * day), ObservedAt: w.now.Add(-12 * time.Hour)},
			{ObservedAt: w.now}, {LastUsedAt: w.now.Add(-200 * day), ObservedAt: w.now.Add(2 * time.Hour)},
		})
		w.note("usage %v", s.Usage)
	case 12:
		w.enforcement(d)
	case 13:
		w.maxJump = pick(d, []time.Duration{0, 48 * time.Hour, 48 * time.Hour})
		w.note("max_clock_jump %s", w.maxJump)
	case 5:
		s.OnBlock = OnBlock(d.IntN(2))
		w.note("on_block %s", s.OnBlock)
	case 6:
		s.RotateWhenChanged = pick(d, []map[string]string{nil, {"a": "1"}, {"a": "2"}, {"a": "3"}})
		w.note("rotate_when_changed %v", s.RotateWhenChanged)
	case 7:
		s.RevokeGenerations = nil
		if w.prior != nil && chance(d, 70) {
			s.RevokeGenerations = map[string]bool{Key(max(1, w.prior.Serial+d.IntN(4)-2)): true}
		}
		w.note("revoke_generations %v", s.RevokeGenerations)
	case 8:
		s.TTL = pick(d, []time.Duration{0, 7 * day, time.Hour, 4 * time.Second, 400 * day})
		s.RenewBefore, s.Overlap = pick(d, []time.Duration{0, time.Hour, 20 * day}), pick(d, []time.Duration{0, time.Second, 3 * day})
		w.note("ttl %s renew_before %s overlap %s", s.TTL, s.RenewBefore, s.Overlap)
	case 9:
		s.Access = pick(d, []string{"aws/key", "db/role"})
		s.Risk = Risk(d.IntN(2))
		w.question.Asset.ID = pick(d, []string{"A-1", "A-1", "A-2"})
		w.note("access %s %s of %s", s.Risk, s.Access, w.question.Asset)
	case 10:
		if chance(d, 50) {
			w.choosePolicies(d)
			w.note("another policy")
		} else {
			w.prior, w.used, w.lastJumped = nil, map[int]bool{}, false
			w.confirmation, w.rejection = nil, nil
			w.note("-replace")
		}
	}
}

// except states an exception, prolongs it, or takes it out.
func (w *world) except(d numberSource) {
	x := w.spec.Exception
	switch by := d.IntN(8); {
	case by < 2:
		x = nil
	case by < 4 && x != nil:
		longer := *x
		longer.ExpiresAt = w.now.Add(89 * day)
		longer.ApprovedBy = pick(d, []string{longer.ApprovedBy, "mia"})
		x = &longer
	default:
		x = &Exception{
			ApprovedBy: pick(d, []string{"eve", "mia"}), Reason: pick(d, []string{"because", "for another reason"}),
			ExpiresAt: w.now.Add(time.Duration(d.IntN(60)-3) * day),
		}
		for range 1 + d.IntN(3) {
			x.Codes = x.Codes.With(Code(d.IntN(int(NumCodes))))
		}
	}
	w.spec.Exception = x
	w.note("exception %v", x)
}

// enforcement switches between observing and enforcing.
func (w *world) enforcement(d numberSource) {
	rules := *w.policies[0]
	rules.Enforcement = pick(d, [][]Enforcement{
		nil, nil, {{Mode: Observe}}, {{Class: "laptop", Mode: Observe}}, {{Environment: "test", Mode: Enforce}, {Mode: Observe, From: w.now.Add(20 * day)}},
	})
	w.policies[0] = &rules
	w.note("enforcement %v", rules.Enforcement)
}

// facts answers the question as the connected systems would.
func (w *world) facts() Facts {
	f := Facts{People: map[string][]Person{}, ActiveMembers: w.members, Tasks: w.tasks}
	for i := range w.copies {
		r := w.record
		if i > 0 {
			r.State = StateInService
		}
		f.Records = append(f.Records, r)
	}
	answer := func(keys []string) {
		for _, k := range keys {
			if p, ok := w.people[k]; ok {
				f.People[k] = []Person{*p}
			}
		}
	}
	answer(OwnerKeys(w.question, f.Records))
	answer(SuccessorKeys(w.question, w.policies[0], f))
	return f
}

func (w *world) input() Input {
	return Input{Binding: &w.binding, Spec: &w.spec, Prior: w.prior, Policies: w.policies, Now: w.now, MaxClockJump: w.maxJump,
		Confirmation: w.confirmation, Rejection: w.rejection, Departed: w.departed, Unheard: w.unheard}
}

// somePolicies returns the baseline or rules made up on the spot, and sometimes
// a grant's own rules besides. It reports whether the baseline alone decides.
func somePolicies(d numberSource) ([]*Rules, bool) {
	provider, plain := policy.Baseline(), true
	if chance(d, 40) {
		provider, plain = someRules(d, "provider policy"), false
	}
	if chance(d, 60) {
		return []*Rules{provider}, plain
	}
	return []*Rules{provider, policy.GrantRules(provider, someRules(d, "grant policy"))}, false
}

// someRules returns the baseline behind a few other triggers.
func someRules(d numberSource, name string) *Rules {
	r := *policy.Baseline()
	r.Name = name
	r.AutomateAt = pick(d, []int{90, 90, 50, 0, 100})
	r.Lifetimes = append([]Lifetime{{
		TTL:            pick(d, []time.Duration{0, 10 * day, 5 * time.Second}),
		RenewBefore:    pick(d, []time.Duration{0, day}),
		Overlap:        pick(d, []time.Duration{0, 2 * day}),
		RecertifyEvery: pick(d, []time.Duration{0, 30 * day}),
	}}, r.Lifetimes...)
	var own []Trigger
	for i := range d.IntN(4) {
		t := Trigger{
			Codes:    SetOf(Code(d.IntN(int(NumCodes)))) &^ Engine,
			Action:   Action(d.IntN(int(Revoke) + 1)),
			Rotation: Rotation(d.IntN(3)),
			Label:    fmt.Sprintf("%s triggers[%d]", name, i),
		}
		if chance(d, 50) {
			t.Grace, t.Then = pick(d, []time.Duration{time.Hour, 10 * day, 40 * day}), Action(d.IntN(int(Revoke)+1))
		}
		if chance(d, 30) {
			t.BoundTo = pointer(pick(d, []BoundTo{BoundToWorkload, BoundToPerson}))
		}
		own = append(own, t)
	}
	r.RequireClosed = someClosures(d, name)
	r.Triggers = append(own, slices.Clone(r.Triggers)...)
	r.Index()
	return &r
}

// describe renders a grant on one line, for the log of a failed history.
func describe(g *Grant) string {
	if g == nil {
		return "nothing"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s/%s/%s serial %d holder %q", g.Status, g.Action, g.Rotation, g.Serial, g.Holder)
	for _, x := range g.Generations {
		fmt.Fprintf(&b, " [%s %s enabled=%t %s..%s]", x.Key(), x.State, x.Enabled, x.IssuedAt.Format(time.RFC3339), x.ExpiresAt.Format(time.RFC3339))
	}
	for _, c := range g.Conditions {
		fmt.Fprintf(&b, " %s@%s", c.Code, c.FirstSeen.Format(time.RFC3339))
	}
	fmt.Fprintf(&b, " certified %s revoked %s next %s", g.CertifiedAt.Format(time.RFC3339), g.RevokedAt.Format(time.RFC3339), g.NextChangeAt.Format(time.RFC3339))
	for _, r := range g.Reasons {
		fmt.Fprintf(&b, "\n        %s: %s", r.Code, r.Message)
	}
	return b.String()
}
