package lifecycle

import (
	"cmp"
	"time"
)

// verdict is what the policies together say of one finding.
type verdict struct {
	action     Action
	rotation   Rotation
	trigger    *Trigger
	gate       int           // the confidence that would have been needed, in hundredths; 0 if it was enough
	gated      Action        // what was held back by the gate
	gatedDate  bool          // the date that was held back by the gate
	overdue    bool          // the grace is over, or nobody answered in time
	unanswered bool          // nobody answered in time
	review     bool          // then is what happens if nobody answers
	start      time.Time     // when the course begins; later than now if the attestation has answered
	since      time.Time     // when the action began
	next       time.Time     // when this changes by itself; zero if never
	then       Action        // what it changes to, Keep if that is not to be told
	within     time.Duration // how long the present action lasts before that
}

// ruling is what one policy says of one finding: the verdict at this instant,
// and how it goes on.
type ruling struct {
	verdict
	course course
	runs   bool // held facts start no grace, so there time may stand still
}

// course is how a trigger's action rises with time, after the confidence gate.
type course struct {
	steps [3]step
	count int
}

type step struct {
	after  time.Duration
	action Action
	gated  Action // what the gate held back, Keep if nothing
}

func (p *course) add(after time.Duration, s step) {
	s.after = after
	p.steps[p.count] = s
	p.count++
}

func (p *course) last() Action { return p.steps[p.count-1].action }

// judge asks the policies about a finding.
func (e *evaluation) judge(c Code) error {
	var both [2]ruling // the provider's policy and a grant's own
	rulings := both[:0]
	for _, rules := range e.in.Policies {
		t, err := e.match(c, rules)
		if err != nil {
			return err
		}
		if t != nil {
			rulings = append(rulings, e.rule(c, t, rules))
		}
	}
	if len(rulings) == 0 || e.waived(c) {
		return nil
	}
	v := e.merge(rulings)
	e.verdicts[c] = v
	e.action = max(e.action, v.action)
	if v.rotation != RotateNone && e.rotationDue(c) {
		e.due = e.due.With(c)
		e.wanted = max(e.wanted, v.rotation)
	}
	return nil
}

// match returns the first trigger for the finding whose selectors and condition
// hold, or nil. An asset that is classified as neither is cut no more than a
// workload is.
func (e *evaluation) match(c Code, rules *Rules) (*Trigger, error) {
	column := max(e.binding.BoundTo, BoundToWorkload)
	for _, t := range rules.byCode[c] {
		if (t.BoundTo != nil && *t.BoundTo != column) || (t.Risk != nil && *t.Risk != e.risk) || !selects(t.Class, e.binding.Class) {
			continue
		}
		if t.When != nil {
			ok, err := t.When(&Subject{Binding: e.binding, Spec: e.spec, Risk: e.risk, Issued: e.prior.Serial > 0})
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

// rule applies a trigger to a finding.
func (e *evaluation) rule(c Code, t *Trigger, rules *Rules) ruling {
	tooLittle := e.confidence(c, rules) < rules.AutomateAt
	r := ruling{runs: e.started(c), verdict: verdict{trigger: t, rotation: t.Rotation, since: e.seen[c]}}
	r.course, r.gatedDate = e.lay(c, t, tooLittle)
	if e.revokes(c, t) && (!e.binding.Held || e.started(c)) {
		e.saysRevoke = e.saysRevoke.With(c)
	}
	r.start = e.graceStart(c, t, tooLittle)
	if e.now.Before(r.start) {
		e.cleared = e.cleared.With(c)
		r.gatedDate = false
		r.rotation = e.rotationOnceAnswered(c, t)
		return r
	}
	for i, s := range r.course.steps[:r.course.count] {
		at := r.start.Add(s.after)
		if i > 0 && e.now.Before(at) {
			break
		}
		r.action, r.gated, r.overdue, r.since = s.action, s.gated, i > 0, at
	}
	if t.Rotation == RotateNow && tooLittle {
		r.rotation, r.gate = RotateNone, rules.AutomateAt
	}
	if r.gated != Keep || r.gatedDate {
		r.gate = rules.AutomateAt
	}
	if c == AssetRetiring && tooLittle && r.action < e.instead() {
		e.at(e.binding.RetirementDate)
	}
	if comparators.Has(c) && r.action > Recertify {
		r.rotation = RotateNone // somebody looks at it first
	}
	return r
}

// confidence is how far the record can be trusted in what the finding rests on. A
// terminal state that was not there at the last issue has just been written by
// somebody, so it is fresh whenever the record was verified.
func (e *evaluation) confidence(c Code, rules *Rules) int {
	b := e.binding
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
// answered. A reassignment is acted on then: the former holder's credential goes.
func (e *evaluation) rotationOnceAnswered(c Code, t *Trigger) Rotation {
	if c == AssetReassigned && (t.Action != Keep || t.Rotation != RotateNone) {
		if e.binding.BoundTo == BoundToPerson {
			return RotateNow
		}
		return max(t.Rotation, RotateOverlap)
	}
	return t.Rotation
}

// lay returns a trigger's course: at first, and after its grace. It reports whether
// the confidence gate holds back a date that would end the access by itself.
func (e *evaluation) lay(c Code, t *Trigger, tooLittle bool) (course, bool) {
	var p course
	first := e.gate(c, t.Action, tooLittle)
	held := false
	if t.Rotation == RotateNow && tooLittle && first.action < e.instead() {
		first = step{action: e.instead(), gated: t.Action}
	}
	if c == AssetRetiring && tooLittle && first.action < e.instead() && e.retirementPassed() {
		first, held = step{action: e.instead()}, true
	}
	p.add(0, first)
	if t.Grace > 0 {
		if then := e.gate(c, t.Then, tooLittle); then.action > first.action {
			p.add(t.Grace, then)
		}
	}
	return p, held
}

func (e *evaluation) retirementPassed() bool {
	date := e.binding.RetirementDate
	return !date.IsZero() && !e.now.Before(date)
}

// gate holds back what must not happen by itself on a record that cannot be
// trusted enough. Whatever a policy says, only an explicit terminal state revokes.
func (e *evaluation) gate(c Code, a Action, tooLittle bool) step {
	switch {
	case a != Revoke:
		return step{action: a}
	case !Terminal.Has(c):
		return step{action: Block}
	case tooLittle && c == OwnerLeft && e.binding.BoundTo == BoundToPerson:
		// Less is known of an owner who has ended or is gone, and that blocks: the
		// graver fact is not the milder one.
		return step{action: Block, gated: Revoke}
	case tooLittle:
		return step{action: e.instead(), gated: Revoke}
	default:
		return step{action: Revoke}
	}
}

// instead is what happens in place of an automatic revoke or rotation: review,
// and block where a mistake could do most harm.
func (e *evaluation) instead() Action {
	b := e.binding
	if e.risk == RiskPrivileged || b.OwnerKind == KindContractor || b.OwnerKind == KindVendor || b.ThirdParty || b.Shared {
		return Block
	}
	return Review
}

// revokes reports whether the trigger asks for revoke by now, whatever the
// confidence and the attestation say.
func (e *evaluation) revokes(c Code, t *Trigger) bool {
	return Terminal.Has(c) &&
		(t.Action == Revoke || (t.Grace > 0 && t.Then == Revoke && !e.now.Before(e.seen[c].Add(t.Grace))))
}

// graceStart returns the instant from which a finding counts. That is when it
// was first seen, unless the attestation has answered it: an attestation answers
// what asks by its own trigger for recertification or review, and what the gate
// made a review of although nothing but a rotation was asked for; never a block or
// a revoke, and only until the next recertification after it. From then on the
// finding counts anew.
func (e *evaluation) graceStart(c Code, t *Trigger, tooLittle bool) time.Time {
	asks := t.Action == Recertify || t.Action == Review || (t.Rotation == RotateNow && tooLittle && t.Action == Keep)
	if !asks || !e.answers(c) {
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

// merge returns the more severe verdict, of equal ones the one that stood first,
// with the more severe rotation and the first instant at which any policy asks
// for more.
func (e *evaluation) merge(rulings []ruling) verdict {
	v := rulings[0].verdict
	for i := range rulings[1:] {
		other := &rulings[1+i].verdict
		rotation := max(v.rotation, other.rotation)
		if cmp.Or(cmp.Compare(other.action, v.action), v.since.Compare(other.since), cmp.Compare(other.rotation, v.rotation)) > 0 {
			v = *other
		}
		v.rotation = rotation
	}
	for i := range rulings {
		e.foresee(&v, &rulings[i])
	}
	return v
}

// foresee notes when a policy asks for more than the verdict, if no other one
// does so earlier.
func (e *evaluation) foresee(v *verdict, r *ruling) {
	for _, s := range r.course.steps[:r.course.count] {
		at := r.start.Add(s.after)
		if s.action <= v.action || !e.now.Before(at) {
			continue
		}
		if r.runs && (v.next.IsZero() || at.Before(v.next)) {
			v.next, v.then, v.within = at, Keep, 0
			if r.start.Equal(v.start) {
				v.then, v.within = s.action, at.Sub(v.since)
			}
		}
		return
	}
}

// rotationDue reports whether the rotation that a finding asks for has still to
// be done. One that comes from comparing with the last issue is done while the
// comparison differs. Any other finding rotates once, when it is first seen.
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
