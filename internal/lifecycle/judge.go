package lifecycle

import (
	"time"
)

// verdict is what the policies say of one finding.
type verdict struct {
	action   Action
	rotation Rotation
	trigger  *Trigger
	gate     int           // the confidence that would have been needed, in hundredths; 0 if it was enough
	gated    Action        // what was held back by the gate
	overdue  bool          // the grace is over
	next     time.Time     // when this changes by itself; zero if never
	then     Action        // what it changes to
	within   time.Duration // how long the present action lasts before that
}

// judge asks the policies about a finding.
func (e *evaluation) judge(c Code) error {
	for _, rules := range e.in.Policies {
		if err := e.judgeUnder(c, rules); err != nil {
			return err
		}
	}
	v := &e.verdicts[c]
	e.action = max(e.action, v.action)
	if v.rotation != RotateNone && e.rotationDue(c, v.action) {
		e.due = e.due.With(c)
		e.wanted = max(e.wanted, v.rotation)
	}
	return nil
}

// judgeUnder applies the first trigger of one policy that matches the finding.
func (e *evaluation) judgeUnder(c Code, rules *Rules) error {
	t, err := e.match(c, rules)
	if t == nil || err != nil {
		return err
	}
	v := verdict{trigger: t, rotation: t.Rotation}
	plan := e.course(c, t, rules)
	if e.revokes(c, t) {
		e.saysRevoke = true
	}
	if t.Rotation == RotateNow && plan.tooLittle {
		v.rotation = RotateNone
	}
	if e.waived(c, plan, v.rotation) {
		return nil
	}
	start, until := e.graceStart(c, plan)
	if !until.IsZero() {
		v.next = until
		e.cleared = e.cleared.With(c)
	} else {
		e.advance(&v, plan, start, e.started(c))
		if v.gated != Keep || (plan.tooLittle && t.Rotation == RotateNow) {
			v.gate = rules.AutomateAt
		}
	}
	e.merge(c, v)
	return nil
}

// merge keeps the more severe of two policies' verdicts.
func (e *evaluation) merge(c Code, v verdict) {
	old := &e.verdicts[c]
	rotation, next := max(old.rotation, v.rotation), earlierDate(old.next, v.next)
	if old.trigger == nil || v.action > old.action || (v.action == old.action && v.rotation > old.rotation) {
		*old = v
	}
	old.rotation, old.next = rotation, next
}

// match returns the first trigger for the finding whose selectors and condition
// hold, or nil.
func (e *evaluation) match(c Code, rules *Rules) (*Trigger, error) {
	for _, t := range rules.byCode[c] {
		if (t.BoundTo != nil && *t.BoundTo != e.binding.BoundTo) || (t.Risk != nil && *t.Risk != e.spec.Risk) ||
			(t.Class != "" && t.Class != e.binding.Class) {
			continue
		}
		if t.When != nil {
			ok, err := t.When(&Subject{Binding: e.binding, Spec: e.spec})
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

// course is how a trigger's action goes on with time, after the confidence gate.
type course struct {
	steps     [3]step
	count     int
	tooLittle bool // the confidence is below automate_at
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

// course lays out a trigger's action over time: at first, after its grace, and
// a block once a review has gone unanswered.
func (e *evaluation) course(c Code, t *Trigger, rules *Rules) course {
	p := course{tooLittle: e.binding.Confidence < rules.AutomateAt}
	first := e.gate(c, t.Action, p.tooLittle)
	if t.Rotation == RotateNow && p.tooLittle && first.action < e.instead() {
		first = step{action: e.instead(), gated: t.Action}
	}
	p.add(0, first)
	if t.Grace > 0 {
		then := e.gate(c, t.Then, p.tooLittle)
		then.action = max(then.action, first.action)
		p.add(t.Grace, then)
	}
	if last := p.steps[p.count-1]; last.action == Review {
		p.add(last.after+ReviewDeadline, step{action: Block})
	}
	return p
}

// gate holds back what must not happen by itself on a record that cannot be
// trusted enough. Whatever a policy says, only an explicit terminal state revokes.
func (e *evaluation) gate(c Code, a Action, tooLittle bool) step {
	switch {
	case a != Revoke:
		return step{action: a}
	case !Terminal.Has(c):
		return step{action: Block}
	case tooLittle:
		return step{action: e.instead(), gated: Revoke}
	default:
		return step{action: Revoke}
	}
}

// revokes reports whether the trigger asks for revoke by now, whatever the
// confidence and the attestation say.
func (e *evaluation) revokes(c Code, t *Trigger) bool {
	return Terminal.Has(c) &&
		(t.Action == Revoke || (t.Grace > 0 && t.Then == Revoke && !e.now.Before(e.seen[c].Add(t.Grace))))
}

// instead is what happens in place of an automatic revoke or rotation: review,
// and block where a mistake could do most harm.
func (e *evaluation) instead() Action {
	b := e.binding
	if e.spec.Risk == RiskPrivileged || b.OwnerKind == KindContractor || b.OwnerKind == KindVendor || b.ThirdParty || b.Shared {
		return Block
	}
	return Review
}

// waived reports whether the exception in force covers the finding, and notes
// that it waives something that would count.
func (e *evaluation) waived(c Code, p course, rotation Rotation) bool {
	if !e.inForce || !e.waivable.Has(c) {
		return false
	}
	e.excepted = e.excepted.With(c)
	if rotation != RotateNone || p.steps[p.count-1].action > Keep {
		e.exempted = e.exempted.With(c)
	}
	return true
}

// graceStart returns the instant from which the grace of a finding counts, and
// until when the attestation has answered the finding, or zero if it has not. An
// attestation answers what asks for recertification or review, never a block or
// a revoke, and only until the next recertification after it; grace then starts
// anew.
func (e *evaluation) graceStart(c Code, p course) (start, answered time.Time) {
	start, a := e.seen[c], e.spec.Attestation
	if a == nil || !start.Before(a.At) || (p.steps[0].action != Recertify && p.steps[0].action != Review) {
		return start, time.Time{}
	}
	until := a.At.Add(e.terms.recertifyEvery)
	if e.now.Before(until) {
		return start, until
	}
	return later(start, until), time.Time{}
}

// advance finds the step that the course has reached and notes when the next
// one comes. A course whose time does not run stays at its first step.
func (e *evaluation) advance(v *verdict, p course, start time.Time, runs bool) {
	v.action, v.gated = p.steps[0].action, p.steps[0].gated
	if !runs {
		return
	}
	var reached time.Duration
	for _, s := range p.steps[1:p.count] {
		at := start.Add(s.after)
		if s.action == v.action && s.gated == v.gated {
			continue
		}
		if e.now.Before(at) {
			v.next, v.then, v.within = at, s.action, s.after-reached
			return
		}
		reached = s.after
		v.action, v.gated, v.overdue = s.action, s.gated, s.action > p.steps[0].action
	}
}

// rotationDue reports whether the rotation that a finding asks for has still to
// be done. A finding that comes from comparing with the last issue stands until
// it is acted on, and is acted on only once nobody has to look at it first. Any
// other finding rotates once, when it is first seen.
func (e *evaluation) rotationDue(c Code, action Action) bool {
	if e.prior.Serial == 0 || e.binding.Held {
		return false
	}
	if comparators.Has(c) {
		return action <= Recertify
	}
	if _, ok := e.remembered(c); !ok {
		return true
	}
	current := e.prior.Current()
	return current != nil && current.IssuedAt.Before(e.seen[c])
}
