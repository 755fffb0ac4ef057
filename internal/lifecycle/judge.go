package lifecycle

import (
	"time"
)

// verdict is what the policies say of one finding.
type verdict struct {
	action   Action
	rotation Rotation
	trigger  *Trigger
	gate     int    // the confidence that would have been needed, in hundredths; 0 if it was enough
	gated    Action // what was held back by the gate
	overdue  bool   // the grace is over
}

// judge asks the policies about every finding.
func (e *evaluation) judge() error {
	for c := range e.findings.All {
		if !c.Mappable() {
			continue
		}
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
	plan := e.course(t, rules)
	if plan.saysRevoke {
		e.saysRevoke = true
	}
	if t.Rotation == RotateNow && plan.tooLittle {
		v.rotation = RotateNone
	}
	if e.waived(c, plan, v.rotation) {
		return nil
	}
	start, answered := e.graceStart(c, plan)
	if !answered {
		e.advance(&v, plan, start)
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
	rotation := max(old.rotation, v.rotation)
	if old.trigger == nil || v.action > old.action || (v.action == old.action && v.rotation > old.rotation) {
		*old = v
	}
	old.rotation = rotation
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
	steps      [3]step
	count      int
	saysRevoke bool
	tooLittle  bool // the confidence is below automate_at
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
func (e *evaluation) course(t *Trigger, rules *Rules) course {
	p := course{tooLittle: e.binding.Confidence < rules.AutomateAt, saysRevoke: t.Action == Revoke}
	first := e.gate(t.Action, p.tooLittle)
	if t.Rotation == RotateNow && p.tooLittle && first.action < e.instead() {
		first = step{action: e.instead(), gated: t.Action}
	}
	p.add(0, first)
	if t.Grace > 0 {
		then := e.gate(t.Then, p.tooLittle)
		then.action = max(then.action, first.action)
		p.add(t.Grace, then)
	}
	if last := p.steps[p.count-1]; last.action == Review {
		p.add(last.after+ReviewDeadline, step{action: Block})
	}
	return p
}

// gate holds back what must not happen by itself on a record that cannot be
// trusted enough.
func (e *evaluation) gate(a Action, tooLittle bool) step {
	if a == Revoke && tooLittle {
		return step{action: e.instead(), gated: Revoke}
	}
	return step{action: a}
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
	x := e.spec.Exception
	if x == nil || !x.Codes.Has(c) || Terminal.Has(c) || !e.now.Before(x.ExpiresAt) {
		return false
	}
	e.excepted = e.excepted.With(c)
	if rotation != RotateNone || p.steps[p.count-1].action > Keep {
		e.exempting = true
	}
	return true
}

// graceStart returns the instant from which the grace of a finding counts, and
// whether the attestation has answered the finding for now. An attestation
// answers what asks for recertification or review, never a block or a revoke,
// and only until the next recertification; grace then starts anew, as it does
// at the end of an exception.
func (e *evaluation) graceStart(c Code, p course) (time.Time, bool) {
	start := e.seen[c]
	if x := e.spec.Exception; x != nil && x.Codes.Has(c) && !Terminal.Has(c) {
		start = later(start, x.ExpiresAt)
	}
	a := e.spec.Attestation
	if a == nil || !start.Before(a.At) || (p.steps[0].action != Recertify && p.steps[0].action != Review) {
		return start, false
	}
	until := e.certified.Add(e.terms.recertifyEvery)
	if e.now.Before(until) {
		e.cleared = e.cleared.With(c)
		e.at(until)
		return start, true
	}
	return later(start, until), false
}

// advance finds the step that the course has reached and notes when the next
// one comes; on held facts no grace has started yet.
func (e *evaluation) advance(v *verdict, p course, start time.Time) {
	for i, s := range p.steps[:p.count] {
		at := start.Add(s.after)
		if i > 0 && e.now.Before(at) {
			if s.action > v.action {
				e.at(at)
			}
			return
		}
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

// at notes an instant at which the schedule changes the grant by itself.
func (e *evaluation) at(t time.Time) {
	if t.After(e.now) && (e.next.IsZero() || t.Before(e.next)) {
		e.next = t
	}
}
