package lifecycle

import "time"

// readClock finds out whether the run's instant lies too long after everything that
// the grant knows of to be right. A grant that was never issued has nothing that a
// wrong instant could spoil.
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

// compareClock finds out whether the run's instant lies before something that the
// grant remembers and that still stands: then it would rewrite history.
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

// onlyClock reports whether nothing but the run's instant keeps a credential from
// being issued or rotated.
func (e *evaluation) onlyClock() bool {
	if e.observing {
		return e.serial == 0 && !e.binding.Held
	}
	right := *e
	right.untimely = false
	return e.capped == capNone && e.findings&SetOf(GrantExpired, GrantRotationDue) != 0 && (right.mayIssue() || right.mayRotate())
}

// announced is what a run at an instant that lies too late announces: nothing but what
// the grant had announced, so that a right clock is believed afterwards.
func (e *evaluation) announced(g *Grant) time.Time {
	g.NextChangeAt = e.prior.NextChangeAt
	if horizon := e.prior.Horizon(); g.Horizon().Before(horizon) {
		return horizon
	}
	return g.NextChangeAt
}

// believed is the instant at which a finding is first seen. What only explains the
// schedule is kept apart from an instant that cannot be right.
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
