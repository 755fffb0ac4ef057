package lifecycle

import (
	"maps"
	"slices"
	"time"
)

// schedule brings the generations to what the action, the rotations and the
// clock ask for.
func (e *evaluation) schedule() {
	e.serial, e.holder, e.basis, e.enforcedAt = e.prior.Serial, e.prior.Holder, e.prior.Basis, e.prior.Memory.EnforcedAt
	if e.serial == 0 {
		e.holder = e.binding.Holder
	}
	if e.observing {
		e.observeOnly()
	} else {
		e.enforce()
	}
	if e.replaced {
		// What was issued for the other asset is gone, so there is nothing to compare with.
		state := e.basis.State
		e.holder, e.basis = e.binding.Holder, e.basisNow()
		if !e.issued || e.basis.State.terminal() {
			e.basis.State = state // what is terminal now was not so when the access was given
		}
	}
}

func (e *evaluation) enforce() {
	limit := e.readCap()
	e.enforceNow()
	e.keepUnexpired(limit)
	owed := e.owed() || e.inputsChanged()
	if owed {
		e.wanted = max(e.wanted, RotateOverlap)
	}
	if e.replaced {
		e.wanted = RotateNow
	}
	switch {
	case e.action == Revoke, e.action == Block && (e.spec.OnBlock == OnBlockRemove || e.replaced):
		e.count = 0
	case e.action == Block:
		e.disable(owed)
	default:
		e.renew(limit, e.capped == capNone)
	}
}

// readCap returns the instant beyond which no credential may live, and notes what set
// it if it has passed.
func (e *evaluation) readCap() time.Time {
	limit, kind := e.cap()
	if !limit.IsZero() && !e.now.Before(limit) {
		e.capped = kind
	}
	return limit
}

// keepUnexpired takes over the prior generations: shortened by a cap that moved
// earlier, without those that have expired or that must go at once. Held facts
// shorten nothing.
func (e *evaluation) keepUnexpired(limit time.Time) {
	before := e.before()
	for i := range before {
		expires := before[i].ExpiresAt
		// An end that a wrong clock gives would lie too far away.
		if expires.IsZero() && !e.jumped {
			expires = e.firstExpiry()
		}
		if !expires.IsZero() && !limit.IsZero() && limit.Before(expires) && !e.binding.Held {
			expires = limit
		}
		e.keep(&before[i], expires, expires.IsZero() || e.now.Before(expires))
	}
}

// before returns the prior generations. Of more than two, which only somebody else
// can have written, the newest are taken.
func (e *evaluation) before() []Generation {
	prior := e.prior.Generations
	return prior[max(0, len(prior)-len(e.generations)):]
}

// keep takes a generation over, with the end that it has now, if it is kept and need
// not go at once.
func (e *evaluation) keep(g *Generation, expires time.Time, kept bool) {
	if kept && !e.revokesGeneration(g) {
		e.generations[e.count] = *g
		e.generations[e.count].ExpiresAt = expires
		e.count++
	}
}

// revokesGeneration reports whether the configuration has the generation go at once.
func (e *evaluation) revokesGeneration(g *Generation) bool {
	return len(e.spec.RevokeGenerations) > 0 && e.spec.RevokeGenerations[Key(g.Number)]
}

// disable keeps what exists, but out of use, and remembers a rotation that is
// owed until it can be done.
func (e *evaluation) disable(owed bool) {
	for i := range e.count {
		e.generations[i].Enabled = false
	}
	if owed && e.count > 0 {
		e.see(GrantRotationDue)
	}
}

// enable puts back into use what a block had disabled, once nobody has to look at
// the access any more.
func (e *evaluation) enable() {
	if e.action > Recertify || !e.mayIssue() {
		return
	}
	for i := range e.count {
		if !e.generations[i].Enabled {
			e.generations[i].Enabled = true
			e.enabled = true
		}
	}
}

// mayIssue reports whether facts are good enough to issue, renew or enable on.
func (e *evaluation) mayIssue() bool {
	return e.isGiven() && e.binding.Holder != "" && e.hindering(e.obstacles()) == 0
}

// isGiven reports whether anything may be issued at all: on facts and an instant that
// are known, while the access is kept and, if a block took it away, no one has to look
// at it any more.
func (e *evaluation) isGiven() bool {
	return e.action < Lapse && e.isCertain()
}

// isCertain reports whether the facts and the instant are known, and no one has to
// answer first.
func (e *evaluation) isCertain() bool {
	return !e.binding.Held && !e.untimely && !e.leftBlock() && !e.waiting()
}

// leftBlock reports whether a block or a revocation took the last credential away, and
// somebody still has to look at the access.
func (e *evaluation) leftBlock() bool { return e.prior.Memory.LeftBlock && e.decided > Recertify }

// obstacles are the findings on which nothing is issued. That an owner cannot be
// told is one where the access is bound to a person: a credential that was issued on
// it would be blocked at once.
func (e *evaluation) obstacles() CodeSet {
	set := assetObstacles | holderObstacles
	if e.binding.BoundTo != BoundToWorkload {
		set = set.With(OwnerUnknown)
	}
	return set
}

// mayRotate reports whether a credential may be rotated with overlap.
func (e *evaluation) mayRotate() bool { return e.isAsked() && e.mayOverlap() }

// mayOverlap reports whether facts are good enough to rotate with overlap what is asked
// to be rotated. A workload goes on while its owner is replaced: somebody who left knows
// the old secret.
func (e *evaluation) mayOverlap() bool {
	named := e.binding.Holder != "" || e.findings.Has(OwnerGone)
	return e.binding.BoundTo == BoundToWorkload && named && e.isGiven() && e.hindering(assetObstacles) == 0
}

// isAsked reports whether a rotation is asked for, now or before an overlap that it
// waited for. A renewal that is due asks for nothing.
func (e *evaluation) isAsked() bool {
	changed := e.inputsChanged()
	return e.due != 0 || e.count == len(e.generations) || (!e.scheduled && (e.owed() || changed)) || (changed && len(e.prior.Generations) < 2)
}

// owed reports whether an earlier run saw a rotation that it could not do.
func (e *evaluation) owed() bool {
	_, owed := e.remembered(GrantRotationDue)
	return owed
}

// waiting reports whether the record names somebody else than the holder, and that
// is not acted on yet: nothing is issued for one whom the record no longer names,
// nor for another one by the way.
func (e *evaluation) waiting() bool {
	return (e.differs.Has(AssetReassigned) && e.binding.Holder == "") || e.isUnanswered(AssetReassigned) || e.isUnanswered(OwnerChanged)
}

// isUnanswered reports whether the comparison differs and waits for somebody, so that
// it must not be acted on by the way.
func (e *evaluation) isUnanswered(c Code) bool {
	return e.differs.Has(c) && !e.due.Has(c) && !e.excepted.Has(c) && e.outcomes.of(c).action > Recertify
}

// renew issues, rotates and retires while the access is kept.
func (e *evaluation) renew(limit time.Time, uncapped bool) {
	if e.passesOn() && uncapped && e.mayIssue() {
		e.wanted = RotateNow
	}
	if e.wanted == RotateNow && e.count > 0 {
		e.count = 0
		e.rotation = RotateNow
	}
	e.enable()
	current := e.current()
	if current == nil {
		e.replace(limit, uncapped)
		return
	}
	e.scheduled = e.action < Lapse && e.renewalDue(current, limit)
	if e.wanted == RotateNone && !e.scheduled {
		return
	}
	switch {
	case uncapped && (e.mayIssue() || e.mayRotate()):
		e.rotate(limit)
	case uncapped && e.mayReplace():
		e.rotate(current.ExpiresAt)
	default:
		e.see(GrantRotationDue)
	}
}

// passesOn reports whether what a block had disabled is somebody else's by now: then
// it is replaced, because to enable it again would give it to the former holder.
func (e *evaluation) passesOn() bool {
	g := e.current()
	return g != nil && !active(e.generations[:e.count]) && (g.Holder != e.holder || e.differs&SetOf(AssetReassigned, OwnerChanged) != 0)
}

// overlaps reports whether an earlier credential is still in its overlap, or leaves
// it in this run: then the next one is issued in a later run, so that never three
// exist at once, not while a plan is applied either.
func (e *evaluation) overlaps() bool {
	at, owed := e.remembered(GrantRotationDue)
	return len(e.prior.Generations) > 1 || (owed && at.Equal(e.now))
}

// replace issues a generation where none is current.
func (e *evaluation) replace(limit time.Time, uncapped bool) {
	switch {
	case uncapped && e.mayIssue():
		if e.serial > 0 && len(e.prior.Generations) > 0 {
			e.rotation = RotateNow
		}
		e.issue(limit)
	case e.count > 0:
		e.see(GrantRotationDue) // what is left is in its overlap
	}
}

// rotate issues the next generation, or waits for the end of an overlap.
func (e *evaluation) rotate(limit time.Time) {
	if !e.overlaps() {
		e.rotateWithOverlap(limit)
		return
	}
	e.waits = true
	e.see(GrantRotationDue)
	if e.count < len(e.generations) {
		e.seen[GrantRotationDue] = e.now
	}
}

// rotateWithOverlap issues the next generation beside the current one, which stays
// for the overlap.
func (e *evaluation) rotateWithOverlap(limit time.Time) {
	g := *e.current()
	g.State = Retiring
	lifetime := e.lifetime(&g)
	if g.ExpiresAt.IsZero() || e.enforcedAt.Equal(e.now) { // until a cap, it shrinks from run to run
		lifetime = e.terms.ttl
	}
	if end := e.now.Add(e.terms.overlapping(lifetime)); g.ExpiresAt.IsZero() || end.Before(g.ExpiresAt) {
		g.ExpiresAt = end
	}
	e.count = 0
	if !g.Ended(e.now) {
		e.generations[0] = g
		e.count = 1
	}
	e.rotation = RotateOverlap
	e.issue(limit)
}

func (e *evaluation) current() *Generation {
	for i := range e.count {
		if e.generations[i].State == Current {
			return &e.generations[i]
		}
	}
	return nil
}

// lifetime is how long a generation lives in all. One from a time of observing
// lives from the instant at which it was given an expiry.
func (e *evaluation) lifetime(g *Generation) time.Duration {
	return g.ExpiresAt.Sub(later(g.IssuedAt, e.enforcedAt))
}

// expiryFrom returns when a generation issued at the given instant would expire.
func (e *evaluation) expiryFrom(at, limit time.Time) time.Time {
	expires := at.Add(e.terms.ttl)
	if !limit.IsZero() && limit.Before(expires) {
		return limit
	}
	return expires
}

// renewsAt returns when a generation is renewed: within the time before its expiry
// that the policy gives, and once the next one would live longer than it.
func (e *evaluation) renewsAt(g *Generation) time.Time {
	renewal := e.terms.renewal(e.lifetime(g))
	before := min(renewal-e.share(e.terms.spreading(renewal)).Truncate(time.Second), e.terms.ttl-time.Second)
	return g.ExpiresAt.Add(-before)
}

// renewsFrom returns an instant before which no generation of this end is renewed,
// which is found sooner than when it is.
func (e *evaluation) renewsFrom(g *Generation) time.Time {
	return g.ExpiresAt.Add(-e.terms.renewal(e.lifetime(g)))
}

func (e *evaluation) renewalDue(g *Generation, limit time.Time) bool {
	if g.ExpiresAt.IsZero() || e.now.Before(e.renewsFrom(g)) {
		return false
	}
	return !e.now.Before(e.renewsAt(g)) && e.expiryFrom(e.now, limit).After(g.ExpiresAt)
}

// issue adds the next generation. While the policy is only observed it has no
// expiry.
func (e *evaluation) issue(limit time.Time) {
	e.serial++
	for e.spec.RevokeGenerations[Key(e.serial)] {
		e.serial++
	}
	e.adopt()
	g := Generation{Number: e.serial, Enabled: true, State: Current, Holder: e.holder, IssuedAt: e.now}
	if !e.observing {
		g.ExpiresAt = e.expiryFrom(e.now, limit)
	}
	e.generations[e.count] = g
	e.count++
	e.issued = true
	if e.prior.Serial == 0 {
		e.certified = later(e.certified, e.now) // asking for the access and having it reviewed is its first certification
	}
}

// inputsChanged reports whether rotate_when_changed asks for a rotation. Adding
// the map or taking it away asks for nothing.
func (e *evaluation) inputsChanged() bool {
	before, after := e.prior.RotateWhenChanged, e.spec.RotateWhenChanged
	return e.prior.Serial > 0 && before != nil && after != nil && !maps.Equal(before, after)
}

// adopt makes the present facts those that the next generation is issued on, so that
// nothing differs any more. Where a comparison waits for an answer, what it compares
// stays as it was: a renewal must not by the way hand the access to somebody else.
func (e *evaluation) adopt() {
	now := e.basisNow()
	if !e.isUnanswered(AssetChanged) {
		e.basis.Class, e.basis.Environment, e.basis.Criticality = now.Class, now.Environment, now.Criticality
		e.dropComparison(AssetChanged)
	}
	if e.prior.Serial == 0 || !now.State.terminal() {
		e.basis.State = now.State // what is terminal now was not so when the access was given
	}
	if e.isUnanswered(AssetReassigned) || e.isUnanswered(OwnerChanged) || e.binding.Holder == "" {
		return
	}
	e.holder, e.basis.Keys = e.binding.Holder, now.Keys
	e.dropComparison(AssetReassigned)
	e.dropComparison(OwnerChanged)
	if !e.isUnanswered(OwnerMoved) {
		e.basis.Manager, e.basis.Teams = now.Manager, now.Teams
		e.dropComparison(OwnerMoved)
	}
}

// dropComparison removes the finding of a comparison that no longer differs, unless it
// remains until it is attested, or a policy asks somebody about it.
func (e *evaluation) dropComparison(c Code) {
	if e.answersStill(c) || (!untilAttested.Has(c) && e.outcomes.of(c).action == Keep) {
		e.findings = e.findings.Without(c)
		return
	}
	e.reassignmentPending = e.reassignmentPending || (c == AssetReassigned && e.findings.Has(c))
}

func (e *evaluation) basisNow() Basis {
	b := e.binding
	keys := b.OwnerKeys
	if slices.ContainsFunc(keys, unresolved) {
		keys = slices.DeleteFunc(slices.Clone(keys), unresolved)
	}
	return Basis{State: b.State, Keys: keys, Class: b.Class, Environment: b.Environment, Criticality: b.Criticality, Manager: b.Manager, Teams: b.Teams}
}

func unresolved(k OwnerKey) bool { return k.Holder == "" }
