package lifecycle

import "time"

// latch keeps revoked access revoked until an attestation releases it, or until
// the asset of a leaver has a new holder. Held facts release nothing.
func (e *evaluation) latch() {
	e.revokedAt, e.revokedFor = e.prior.RevokedAt, e.prior.Memory.RevokedFor
	e.spent = e.answer != nil && (e.answer.Spent || (e.saysRevoke != 0 && !e.binding.Held))
	switch {
	case e.revokedAt.IsZero():
		if e.action == Revoke && e.prior.Serial > 0 && !e.binding.Held && !e.observing {
			e.revokedAt, e.revokedFor = e.now, e.saysRevoke
			if e.jumped {
				e.revokedAt = e.prior.Latest() // no attestation could come after an instant in the future
			}
		}
	case !e.binding.Held && e.saysRevoke == 0 && (e.attested() || e.passedOn()):
		if !e.observing { // which brings nothing back, and only shows that the policy would
			e.revokedAt, e.revokedFor = time.Time{}, 0
		}
	default:
		if !e.binding.Held {
			e.revokedFor |= e.saysRevoke
		}
		if e.action != Revoke {
			e.action = Revoke
			e.see(GrantLatched)
		}
	}
}

// attested reports whether there is an attestation that was made after the
// revocation, that no run has seen while a fact still said revoke, and that has
// not lapsed.
func (e *evaluation) attested() bool {
	return e.answer != nil && !e.spent && e.answer.At.After(e.prior.RevokedAt) &&
		e.now.Before(e.answer.At.Add(e.terms.recertifyEvery))
}

// passedOn reports whether the asset of a person who left has a new active holder,
// on a record that can be trusted.
func (e *evaluation) passedOn() bool {
	b := e.binding
	if e.prior.Memory.RevokedFor != SetOf(OwnerLeft) || b.BoundTo != BoundToPerson || b.Holder == "" ||
		b.OwnerStatus != PersonActive || !e.findings.Has(AssetReassigned) {
		return false
	}
	for _, rules := range e.in.Policies {
		if b.Confidence < rules.AutomateAt {
			return false
		}
	}
	return true
}

// released reports whether this decision brings revoked access back.
func (e *evaluation) released() bool {
	return !e.prior.RevokedAt.IsZero() && e.revokedAt.IsZero()
}
