package lifecycle

import "time"

// nextChange returns the first instant after now at which the grant's own
// schedule changes it, or zero.
func (e *evaluation) nextChange() time.Time {
	for c := range e.findings.All {
		e.at(e.outcomes.of(c).next)
	}
	if e.status != StatusRevoked && e.serial > 0 {
		e.at(e.certified.Add(e.terms.recertifyEvery))
	}
	if w := e.waiver; w != nil && e.spec.Exception != nil {
		e.at(w.ExpiresAt)
	}
	if e.answer != nil && !e.spent {
		e.at(e.revokesFrom) // from then on the attestation brings nothing back
	}
	if u := e.spec.Usage; u != nil && e.terms.unusedAfter > 0 && !u.LastUsedAt.IsZero() {
		e.nextUse(u)
	}
	e.at(e.enforceFrom)
	e.nextGeneration()
	if e.untimely && e.onlyClock() {
		e.at(e.timelyFrom)
	}
	if e.waits && e.count < 2 {
		e.next = e.now.Add(time.Second) // with the next run
	}
	return e.next
}

// nextUse notes when access becomes unused, and when what was observed no longer
// counts.
func (e *evaluation) nextUse(u *Usage) {
	becomes, ends := u.LastUsedAt.Add(e.terms.unusedAfter), u.ObservedAt.Add(observationTrusted)
	switch {
	case !e.now.Before(ends), !becomes.Before(ends):
	case e.now.Before(becomes) || e.now.Before(u.ObservedAt):
		e.at(later(becomes, u.ObservedAt))
	default:
		e.at(ends)
	}
}

// nextGeneration notes when a generation is renewed or ends.
func (e *evaluation) nextGeneration() {
	limit, _ := e.cap()
	isActive := active(e.generations[:e.count])
	if (e.action < Block && (e.count == 0 || e.observing)) || (e.observing && !isActive) {
		e.at(limit)
	}
	for i := range e.count {
		g := &e.generations[i]
		e.at(g.ExpiresAt)
		if g.State != Current || g.ExpiresAt.IsZero() || e.action >= Lapse || e.findings.Has(GrantRotationDue) {
			continue
		}
		if at := e.renewsAt(g); e.expiryFrom(at, limit).After(g.ExpiresAt) {
			e.at(at)
		}
	}
}

// at notes an instant at which the schedule changes the grant by itself.
func (e *evaluation) at(t time.Time) {
	if t.After(e.now) && (e.next.IsZero() || t.Before(e.next)) {
		e.next = t
	}
}
