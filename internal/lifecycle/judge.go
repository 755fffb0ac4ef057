package lifecycle

import (
	"cmp"
	"time"
)

// outcome is the combined decision of the policies on one finding.
type outcome struct {
	action     Action
	rotation   Rotation
	trigger    *namedTrigger
	gate       int       // the confidence that would have been needed, in hundredths; 0 if it was enough
	confidence int       // the confidence that there is, in hundredths
	gated      Action    // what was held back by the gate
	gatedDate  bool      // the date that was held back by the gate
	dated      bool      // the retirement date will make it a review or a block
	overdue    bool      // the grace is over, or there was no answer in time
	review     bool      // then is what happens without an answer
	start      time.Time // when the timeline begins; later than now if the attestation has answered
	since      time.Time // when the action began
	next       time.Time // when a more severe action first follows; zero if never
	then       Action    // what it changes to with time, Keep if this is not shown
}

// policyDecision is the decision of one policy on one finding: the outcome at this
// instant, and its later steps.
type policyDecision struct {
	outcome
	timeline timeline
	runs     bool // held facts start no grace, so their time may not run
}

// timeline holds the steps of a trigger's action over time, after the confidence
// gate.
type timeline struct {
	steps [6]step
	count int
}

type step struct {
	at         time.Time
	action     Action
	gated      Action // what the gate held back, Keep if nothing
	unanswered bool   // the action for an unanswered review
	dated      bool   // in place of the end that the retirement date sets
}

// add puts a step where its time is. The first step stays first.
func (t *timeline) add(s step) {
	i := t.count
	for ; i > 1 && s.at.Before(t.steps[i-1].at); i-- {
		t.steps[i] = t.steps[i-1]
	}
	t.steps[i] = s
	t.count++
}

// take takes the step that the instant has reached.
func (d *policyDecision) take(now time.Time) {
	for i := range d.timeline.count {
		s := &d.timeline.steps[i]
		if i > 0 && now.Before(s.at) {
			break
		}
		d.action, d.gated, d.overdue, d.since, d.gatedDate = s.action, s.gated, i > 0 || s.unanswered, s.at, s.dated
	}
}

// dropMilderSteps drops the steps that are not more severe than those before them.
func (t *timeline) dropMilderSteps() {
	kept := 1
	for i := 1; i < t.count; i++ {
		if t.steps[i].action > t.steps[kept-1].action {
			t.steps[kept] = t.steps[i]
			kept++
		}
	}
	t.count = kept
}

// judgeAll judges every finding.
func (e *evaluation) judgeAll() error {
	for c := range e.findings.All {
		if err := e.judge(c); err != nil {
			return err
		}
	}
	return e.judgeOnceMore()
}

// judgeOnceMore judges again if this run starts the clock of reviews, or sets it going
// again, on which later steps depend.
func (e *evaluation) judgeOnceMore() error {
	r := &e.review
	if e.action < Review || (!r.Since.IsZero() && r.ClearSince.IsZero()) || e.binding.Held || e.jumped {
		return nil
	}
	r.ClearSince = time.Time{}
	if r.Since.IsZero() {
		r.Since = e.now
	}
	for c := range e.findings.All {
		if err := e.judge(c); err != nil {
			return err
		}
	}
	return nil
}

// judge asks the policies about a finding.
func (e *evaluation) judge(c Code) error {
	var both [2]policyDecision // the provider's policy and a grant's own
	decisions := both[:0]
	for _, rules := range e.in.Policies {
		t, err := e.match(c, rules)
		if err != nil {
			return err
		}
		if t != nil {
			decisions = append(decisions, policyDecision{})
			e.applyTrigger(&decisions[len(decisions)-1], c, t, rules)
		}
	}
	if len(decisions) == 0 || e.waived(c) {
		return nil
	}
	o := e.merge(decisions)
	if comparators.Has(c) && e.cleared.Has(c) {
		o.then = Keep // it is acted on now
	}
	e.outcomes.set(c, &o)
	e.action = max(e.action, o.action)
	if o.dated && o.action < e.instead() {
		e.at(e.binding.RetirementDate)
	}
	if o.rotation != RotateNone && e.rotationDue(c) {
		e.due = e.due.With(c)
		e.wanted = max(e.wanted, o.rotation)
	}
	return nil
}

// match returns the first trigger for the finding whose selectors and condition
// match, or nil. An unclassified asset loses no more access than a workload.
func (e *evaluation) match(c Code, rules *Rules) (*namedTrigger, error) {
	column := max(e.binding.BoundTo, BoundToWorkload)
	for i := range rules.byCode[c] {
		t := &rules.byCode[c][i]
		if (t.BoundTo != nil && *t.BoundTo != column) || (t.Risk != nil && *t.Risk != e.risk) || !selects(t.Class, e.binding.Class) {
			continue
		}
		if t.When != nil {
			ok, err := t.When(&Subject{Binding: e.binding, Spec: e.spec, Risk: e.risk, Issued: e.isIssued()})
			if err != nil {
				return nil, err
			}
			if !ok {
				continue
			}
		}
		return t, nil
	}
	return nil, nil
}

// applyTrigger applies a trigger to a finding.
func (e *evaluation) applyTrigger(d *policyDecision, c Code, t *namedTrigger, rules *Rules) {
	d.confidence = e.confidence(c, rules)
	tooLittle := d.confidence < rules.AutomateAt
	d.runs, d.trigger, d.rotation, d.since = e.started(c), t, t.Rotation, e.seen[c]
	e.noteRevoke(c, t.Trigger)
	d.start = e.graceStart(c, t.Trigger, tooLittle)
	e.setSteps(d, c, tooLittle)
	byDate := e.endsByDate(d, c, tooLittle)
	if e.now.Before(d.start) && e.seen[c].Before(d.start) {
		e.cleared = e.cleared.With(c)
		d.rotation = e.rotationOnceAnswered(c, t.Trigger)
		return
	}
	d.take(e.now)
	if t.Rotation == RotateNow && tooLittle {
		d.rotation, d.gate = RotateNone, rules.AutomateAt
	}
	if d.gated != Keep {
		d.gate = rules.AutomateAt
	}
	if byDate {
		d.dated = d.action < e.instead() && !e.retirementPassed()
	}
	if d.gatedDate {
		d.overdue, d.gate = false, rules.AutomateAt
	}
	if comparators.Has(c) && d.action > Recertify {
		d.rotation = RotateNone // a person reviews it first
	}
}

// endsByDate reports whether the asset's retirement date would end the access on a record
// that can be trusted, and adds the step in its place: somebody looks at the access once
// the date has passed.
func (e *evaluation) endsByDate(d *policyDecision, c Code, tooLittle bool) bool {
	if c != AssetRetiring || !tooLittle || d.timeline.steps[0].action >= e.instead() || e.binding.Held {
		return false
	}
	if e.retirementPassed() {
		e.addStep(d, c, later(d.start, e.binding.RetirementDate), step{action: e.instead(), dated: true})
		d.timeline.dropMilderSteps()
	}
	return true
}

// noteRevoke notes that a trigger asks for revoke, or when it will ask for it with time.
func (e *evaluation) noteRevoke(c Code, t *Trigger) {
	switch {
	case e.binding.Held && !e.started(c):
	case e.revokes(c, t):
		e.saysRevoke = e.saysRevoke.With(c)
	case Terminal.Has(c) && t.Grace > 0 && t.Then == Revoke && e.started(c):
		if at := e.seen[c].Add(t.Grace); e.revokesFrom.IsZero() || at.Before(e.revokesFrom) {
			e.revokesFrom, e.revokesNext = at, c
		}
	}
}

// confidence is how far the record can be trusted about the fact behind the
// finding. A terminal state that the record did not have at the last issue was
// written after that, so it is fresh whenever the record was verified.
func (e *evaluation) confidence(c Code, rules *Rules) int {
	b := e.binding
	if c == GrantRejected {
		return 100 // it rests on no record
	}
	if c != AssetRetired && c != AssetLost {
		return b.Confidence
	}
	total := b.StateConfidence
	if !b.Fresh && e.prior.Serial > 0 && e.prior.Basis.State != b.State {
		total += rules.Points[SignalFresh]
	}
	return min(total, 100)
}

// rotationOnceAnswered is the rotation of a finding that the attestation has
// answered. A reassignment then takes effect: the former holder's credential is
// replaced.
func (e *evaluation) rotationOnceAnswered(c Code, t *Trigger) Rotation {
	if c == AssetReassigned && (t.Action != Keep || t.Rotation != RotateNone) {
		if e.binding.BoundTo == BoundToPerson {
			return RotateNow
		}
		return max(t.Rotation, RotateOverlap)
	}
	return t.Rotation
}

// setSteps sets the steps of a trigger: at first, after its grace, and when the review
// deadline of the grant has passed.
func (e *evaluation) setSteps(d *policyDecision, c Code, tooLittle bool) {
	t := d.trigger
	first := e.gate(c, t.Action, tooLittle)
	if t.Rotation == RotateNow && tooLittle && first.action < e.instead() {
		first = step{action: e.instead(), gated: t.Action}
	}
	at := d.start
	if at.Equal(e.seen[c]) {
		at = earlierDate(at, e.now) // a finding that was first seen by a clock that was later set back still counts
	}
	e.addStep(d, c, at, first)
	if then := d.start.Add(t.Grace); t.Grace > 0 && !(t.asks(tooLittle) && e.unheard(c, t, then, t.Then)) {
		e.addStep(d, c, then, e.gate(c, t.Then, tooLittle))
	}
	d.timeline.dropMilderSteps()
}

// addStep adds a step, and for a review also the step for no answer.
func (e *evaluation) addStep(d *policyDecision, c Code, at time.Time, s step) {
	steps := &d.timeline
	s.at = at
	ends, ok := e.reviewEndsFrom(at)
	if s.action != Review || (e.binding.Held && !e.started(c)) || !ok || e.unheard(c, d.trigger, later(ends, at), e.unansweredReview()) {
		steps.add(s)
		return
	}
	unanswered := step{at: ends, action: e.unansweredReview(), unanswered: true}
	if ends.After(at) {
		steps.add(s)
		steps.add(unanswered)
		return
	}
	unanswered.at, unanswered.gated, unanswered.unanswered = at, s.gated, steps.count == 0 || !at.After(e.now)
	steps.add(unanswered)
}

func (e *evaluation) retirementPassed() bool {
	date := e.binding.RetirementDate
	return !date.IsZero() && !e.now.Before(date)
}

// gate holds back actions that need a review because the record cannot be trusted
// enough. Whatever a policy says, only an explicit terminal state revokes.
func (e *evaluation) gate(c Code, a Action, tooLittle bool) step {
	switch {
	case a != Revoke:
		return step{action: a}
	case !Terminal.Has(c):
		return step{action: Block}
	case tooLittle && c == OwnerLeft && e.binding.BoundTo == BoundToPerson:
		// An owner who has ended or is gone is a less severe fact, and it blocks: a
		// more severe fact must not give a milder action.
		return step{action: Block, gated: Revoke}
	case tooLittle:
		return step{action: e.instead(), gated: Revoke}
	default:
		return step{action: Revoke}
	}
}

// instead is the action in place of an automatic revoke or rotation: review,
// and block where a mistake could do most harm.
func (e *evaluation) instead() Action {
	b := e.binding
	if e.risk == RiskPrivileged || b.OwnerKind == KindContractor || b.OwnerKind == KindVendor || b.ThirdParty || b.Shared {
		return Block
	}
	return Review
}

// revokes reports whether the trigger asks for revoke at this instant, at any
// confidence and with any attestation.
func (e *evaluation) revokes(c Code, t *Trigger) bool {
	return Terminal.Has(c) &&
		(t.Action == Revoke || (t.Grace > 0 && t.Then == Revoke && !e.now.Before(e.seen[c].Add(t.Grace))))
}

// graceStart returns the instant from which a finding counts. That is when it was
// first seen, unless the attestation has answered it: an attestation answers
// findings whose trigger asks for recertification or review, and rotations that
// the gate turned into a review; never a block or a revoke, and only until the
// next recertification after it. From then on the finding counts again.
func (e *evaluation) graceStart(c Code, t *Trigger, tooLittle bool) time.Time {
	if !t.asks(tooLittle) || !e.answers(c) {
		return e.seen[c]
	}
	return later(e.seen[c], e.answer.At.Add(e.terms.recertifyEvery))
}

// waived reports whether the exception in force covers the finding.
func (e *evaluation) waived(c Code) bool {
	if !e.inForce || !e.waivable.Has(c) {
		return false
	}
	e.excepted = e.excepted.With(c)
	return true
}

// merge returns the more severe outcome, or the first of equal ones, with the
// more severe rotation and the first instant at which any policy asks for more.
func (e *evaluation) merge(decisions []policyDecision) outcome {
	o := decisions[0].outcome
	for i := range decisions[1:] {
		other := &decisions[1+i].outcome
		rotation, dated := max(o.rotation, other.rotation), o.dated || other.dated
		if cmp.Or(cmp.Compare(other.action, o.action), o.since.Compare(other.since), cmp.Compare(other.rotation, o.rotation)) > 0 {
			o = *other
		}
		o.rotation, o.dated = rotation, dated
	}
	for i := range decisions {
		e.noteNextStep(&o, &decisions[i])
	}
	return o
}

// noteNextStep notes when a policy asks for a more severe action, if no other policy
// does so earlier, and which action.
func (e *evaluation) noteNextStep(o *outcome, d *policyDecision) {
	for i := range d.timeline.count {
		s := &d.timeline.steps[i]
		if i > 0 && !d.runs {
			return
		}
		if s.action <= o.action || !e.now.Before(s.at) {
			continue
		}
		if o.next.IsZero() || s.at.Before(o.next) {
			o.next, o.then, o.review = s.at, Keep, s.unanswered
			if d.start.Equal(o.start) || s.unanswered {
				o.then = s.action
			}
		}
	}
}

// rotationDue reports whether the rotation of a finding still has to be done.
// The rotation of a comparison with the last issue is due while there is a
// difference. Any other finding rotates once, when it is first seen.
func (e *evaluation) rotationDue(c Code) bool {
	if e.prior.Serial == 0 || e.binding.Held {
		return false
	}
	if comparators.Has(c) && c != GrantRiskLowered {
		return e.differs.Has(c)
	}
	if _, ok := e.remembered(c); !ok {
		return true
	}
	current := e.prior.Current()
	return current != nil && current.IssuedAt.Before(e.seen[c])
}
