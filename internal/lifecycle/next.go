package lifecycle

import "time"

// nextChange returns the first instant after now at which the grant's own
// schedule changes it, or zero.
func (e *evaluation) nextChange() time.Time {
	e.nextDecision()
	if u := e.spec.Usage; u != nil && e.terms.unusedAfter > 0 && !u.LastUsedAt.IsZero() {
		e.nextUse(u)
	}
	e.at(e.enforceFrom)
	if r := &e.review; e.binding.Held && e.action >= Review && !r.ClearSince.IsZero() {
		e.at(r.ClearSince.Add(clearDays)) // then the clock has ended, which held facts do not note
	}
	e.nextGeneration()
	if e.untimely && e.onlyClock() {
		e.at(e.timelyFrom)
	}
	if e.waits && e.count < 2 {
		e.next = e.now.Add(time.Second) // with the next run
	}
	return e.next
}

// nextDecision notes when a finding asks for more, or what answers or waives one ends.
func (e *evaluation) nextDecision() {
	for c := range e.findings.All {
		e.at(e.outcomes.of(c).next)
	}
	if e.status != StatusRevoked && e.revokedAt.IsZero() && e.serial > 0 {
		e.at(e.certified.Add(e.terms.recertifyEvery))
	}
	if e.observing && !e.revokedAt.IsZero() && e.attested() && !e.passedOn() {
		e.at(e.answer.At.Add(e.terms.recertifyEvery)) // then it no longer shows what enforcing would release
	}
	if w := e.waiver; w != nil && e.spec.Exception != nil {
		e.at(w.ExpiresAt)
	}
	if more := !(e.revokedFor | e.saysRevoke).Has(e.revokesNext); (e.answer != nil && !e.spent) || (!e.revokedAt.IsZero() && more) {
		e.at(e.revokesFrom) // from then on no attestation made before brings it back
	}
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
