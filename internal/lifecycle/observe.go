package lifecycle

import "time"

// readMode determines whether the policy is enforced. Only the provider's policy
// decides this: a grant's own policy cannot observe what is enforced.
func (e *evaluation) readMode() {
	b := e.binding
	for i := range e.in.Policies[0].Enforcement {
		m := &e.in.Policies[0].Enforcement[i]
		if (m.Risk != nil && *m.Risk != e.risk) || !selects(m.Class, b.Class) || !selects(m.Environment, b.Environment) {
			continue
		}
		if e.observing = m.Mode == Observe && (m.From.IsZero() || e.now.Before(m.From)); e.observing {
			e.enforceFrom = m.From
		}
		return
	}
}

// observeOnly keeps what exists as it is, and gives a first credential to a grant
// that never had one: nothing is withheld, rotated, blocked, revoked or expired.
// Explicit arguments still take effect.
func (e *evaluation) observeOnly() {
	before := e.before()
	for i := range before {
		expires := before[i].ExpiresAt
		if before[i].State == Current {
			expires = time.Time{} // a promised end of an overlap stays
		}
		e.keep(&before[i], expires, expires.IsZero() || e.now.Before(expires) || e.untimely)
	}
	if e.binding.Held {
		return
	}
	e.readCap()
	if e.untimely {
		return
	}
	switch {
	case e.replaced && active(e.generations[:e.count]):
		e.rotation, e.count = RotateNow, 0
		e.issue(time.Time{})
	case e.serial == 0, e.count == 0 && e.prior.Active():
		e.issue(time.Time{})
	case e.inputsChanged() || (e.owed() && e.prior.Observed):
		if current := e.current(); current != nil && current.Enabled {
			e.rotate(time.Time{})
		}
	}
}

// isIssued reports whether a credential was issued before, or is while the policy is
// only observed, whatever it says.
func (e *evaluation) isIssued() bool {
	return e.prior.Serial > 0 || (e.observing && !e.binding.Held && !e.untimely)
}

// inForceStatus is the status of a grant whose policy is only observed: what is in
// force, not what the policy would decide.
func (e *evaluation) inForceStatus() Status {
	switch {
	case active(e.generations[:e.count]):
		return StatusActive
	case !e.revokedAt.IsZero():
		return StatusRevoked // enforced before: observing does not bring access back
	case e.prior.Status == StatusBlocked:
		return StatusBlocked
	default:
		return StatusExpired
	}
}

// enforceNow gives the generations from a time of observing an expiry, spread over
// their lifetime so that they are not all renewed at once.
func (e *evaluation) enforceNow() {
	if e.jumped {
		return
	}
	for i := range e.prior.Generations {
		if e.prior.Generations[i].ExpiresAt.IsZero() {
			e.enforcedAt = e.now
		}
	}
}

// firstExpiry is when a generation expires that had no expiry while the policy was
// only observed: between a third and the whole of its ttl from now on.
func (e *evaluation) firstExpiry() time.Time {
	third := e.terms.ttl / 3
	return e.now.Add((third + e.share(e.terms.ttl-third)).Truncate(time.Second))
}
