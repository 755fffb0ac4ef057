package lifecycle

import (
	"slices"
	"time"
)

// readClock determines whether the run's instant is too long after every instant
// that the grant knows. For a grant that was never issued, a wrong instant has no
// effect.
func (e *evaluation) readClock() {
	limit := e.in.MaxClockJump
	if limit <= 0 || e.prior.Serial == 0 {
		return
	}
	// Until the next recertification after that, quiet runs leave no trace in the state.
	horizon := later(e.prior.Horizon(), e.certified.Add(e.terms.recertifyEvery))
	if e.answer != nil {
		horizon = later(horizon, e.answer.At)
	}
	e.jumped = e.now.After(horizon.Add(limit))
	e.untimely = e.jumped
}

// compareClock determines whether the run's instant is before an instant that the
// grant remembers and that still has an effect: then the run would change the
// past.
func (e *evaluation) compareClock() {
	p := e.prior
	from := later(p.RevokedAt, e.certified)
	for i := range p.Generations {
		from = later(from, p.Generations[i].IssuedAt)
	}
	for c := range e.findings.All {
		from = later(from, e.seen[c])
	}
	for i := range p.Conditions {
		if c := &p.Conditions[i]; Engine.Has(c.Code) { // for a generation that was issued then and is gone
			from = later(from, c.FirstSeen)
		}
	}
	if from.After(e.now) {
		e.timelyFrom, e.untimely = from, true
	}
}

// onlyClock reports whether only the run's instant prevents a credential from
// being issued, rotated or ended.
func (e *evaluation) onlyClock() bool {
	if e.observing {
		ended := slices.ContainsFunc(e.generations[:e.count], func(g Generation) bool { return g.Ended(e.timelyFrom) })
		return ended || (e.serial == 0 && !e.binding.Held)
	}
	right := *e
	right.untimely, right.now = false, e.timelyFrom
	return e.capped == capNone && e.findings&SetOf(GrantExpired, GrantRotationDue) != 0 && (right.mayIssue() || right.mayRotateOwed())
}

// mayRotateOwed reports whether a rotation that the run before has noted is done now. A
// renewal that is due by now is another cause, which may have to wait.
func (e *evaluation) mayRotateOwed() bool {
	g := e.current()
	if g == nil || !e.mayOverlap() {
		return false
	}
	limit, _ := e.cap()
	causes := e.due & comparators
	for c := range (e.due &^ comparators).All {
		if g.IssuedAt.Before(e.seen[c]) {
			causes = causes.With(c)
		}
	}
	return causes != 0 || e.count == len(e.generations) || !e.renewalDue(g, limit)
}

// announced is what a run at a too late instant announces: only what the grant had
// announced before, so that a run with a correct clock is accepted afterwards.
func (e *evaluation) announced(g *Grant) time.Time {
	g.NextChangeAt = e.prior.NextChangeAt
	if horizon := e.prior.Horizon(); g.Horizon().Before(horizon) {
		return horizon
	}
	return g.NextChangeAt
}

// believed is the instant at which a finding is first seen. An instant that cannot
// be right is used only for findings that explain the schedule.
func (e *evaluation) believed(c Code) time.Time {
	switch {
	case !Engine.Has(c):
		return e.now
	case e.jumped:
		return e.prior.Latest()
	default:
		return later(e.now, e.timelyFrom)
	}
}
