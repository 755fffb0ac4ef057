package lifecycle

import (
	"maps"
	"slices"
	"time"
)

// maxOverlap is the longest overlap of two generations (DESIGN.md, Schedule).
const maxOverlap = 7 * 24 * time.Hour

// terms are the durations that hold for a grant: under several policies the
// shortest.
type terms struct {
	ttl            time.Duration
	renewBefore    time.Duration // 0: a third of the actual lifetime
	overlap        time.Duration // 0: a sixth of it
	recertifyEvery time.Duration
	unusedAfter    time.Duration
	spread         *time.Duration // nil: two thirds of the time before the expiry
	clamped        []string
}

// capKind names the fact that limits a credential's life.
type capKind uint8

const (
	capNone capKind = iota
	capRetirement
	capOwnerEnd
)

func (e *evaluation) readTerms() {
	t := &e.terms
	for _, rules := range e.in.Policies {
		var own terms
		for i := range rules.Lifetimes {
			l := &rules.Lifetimes[i]
			if !l.matches(e.risk, e.binding) {
				continue
			}
			first(&own.ttl, l.TTL)
			first(&own.renewBefore, l.RenewBefore)
			first(&own.overlap, l.Overlap)
			first(&own.recertifyEvery, l.RecertifyEvery)
			if own.spread == nil {
				own.spread = l.Spread
			}
		}
		shorter(&t.ttl, own.ttl)
		shorter(&t.renewBefore, own.renewBefore)
		shorter(&t.overlap, own.overlap)
		shorter(&t.recertifyEvery, own.recertifyEvery)
		shorter(&t.unusedAfter, rules.UnusedAfter)
		if own.spread != nil && (t.spread == nil || *own.spread < *t.spread) {
			t.spread = own.spread
		}
	}
	e.clamp()
}

// clamp applies the grant's own, shorter durations and notes the longer ones.
func (e *evaluation) clamp() {
	t, s := &e.terms, e.spec
	if s.TTL > t.ttl {
		t.clamped = append(t.clamped, "ttl")
	}
	shorter(&t.ttl, s.TTL)
	if s.RenewBefore > t.renewal(t.ttl) {
		t.clamped = append(t.clamped, "renew_before")
	}
	shorter(&t.renewBefore, s.RenewBefore)
	if s.Overlap > t.overlapping(t.ttl) {
		t.clamped = append(t.clamped, "overlap")
	}
	shorter(&t.overlap, s.Overlap)
}

func first(out *time.Duration, d time.Duration) {
	if *out == 0 {
		*out = d
	}
}

func shorter(out *time.Duration, d time.Duration) {
	if d > 0 && (*out == 0 || d < *out) {
		*out = d
	}
}

// renewal returns how long before its expiry a generation of the given actual
// lifetime is renewed at the earliest.
func (t *terms) renewal(lifetime time.Duration) time.Duration {
	d := lifetime / 3
	shorter(&d, t.renewBefore)
	return d.Truncate(time.Second)
}

// spreading returns over how much of that time the renewals of many grants are
// spread: the last third is left to those who have to act on a renewal.
func (t *terms) spreading(renewal time.Duration) time.Duration {
	d := renewal - renewal/3
	if t.spread != nil {
		d = min(d, *t.spread)
	}
	return d
}

// overlapping returns how long the old generation stays beside the new one.
func (t *terms) overlapping(lifetime time.Duration) time.Duration {
	d := min(lifetime/6, maxOverlap)
	shorter(&d, t.overlap)
	return d.Truncate(time.Second)
}

func (l *Lifetime) matches(risk Risk, b *Binding) bool {
	return (l.Risk == nil || *l.Risk == risk) && selects(l.Criticality, b.Criticality) &&
		selects(l.Environment, b.Environment) && selects(l.Class, b.Class) &&
		(l.OwnerKind == KindUnstated || l.OwnerKind == b.OwnerKind)
}

// cap returns the earliest instant beyond which no credential of the grant may
// live, and what sets it. A date on a record that cannot be trusted enough ends
// nothing by itself.
func (e *evaluation) cap() (time.Time, capKind) {
	var limit time.Time
	kind := capNone
	for _, rules := range e.in.Policies {
		if e.binding.Confidence < rules.AutomateAt {
			return limit, kind
		}
	}
	consider := func(t time.Time, k capKind) {
		if !t.IsZero() && (limit.IsZero() || t.Before(limit)) {
			limit, kind = t, k
		}
	}
	consider(e.binding.RetirementDate, capRetirement)
	if e.binding.BoundTo == BoundToPerson {
		consider(e.binding.OwnerEndDate, capOwnerEnd)
	}
	return limit, kind
}

// schedule brings the generations to what the action, the rotations and the
// clock ask for.
func (e *evaluation) schedule() {
	e.serial, e.holder, e.basis, e.enforcedAt = e.prior.Serial, e.prior.Holder, e.prior.Basis, e.prior.Memory.EnforcedAt
	if e.observing {
		e.observeOnly()
	} else {
		e.enforce()
	}
	if e.serial == 0 {
		e.holder = e.binding.Holder
	}
	if e.replaced {
		// What was issued for the other asset is gone, so there is nothing to compare with.
		state := e.basis.State
		e.holder, e.basis = e.binding.Holder, e.basisNow()
		if !e.issued {
			e.basis.State = state // what is terminal now was not so at any issue
		}
	}
}

func (e *evaluation) enforce() {
	limit, kind := e.cap()
	capPassed := !limit.IsZero() && !e.now.Before(limit)
	if capPassed {
		e.capped = kind
	}
	e.enforceNow()
	e.keepUnexpired(limit)
	_, owed := e.remembered(GrantRotationDue)
	owed = owed || e.inputsChanged()
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
		e.renew(limit, !capPassed)
	}
}

// keepUnexpired takes over the prior generations: shortened by a cap that moved
// earlier, without those that have expired or that must go at once. Held facts
// shorten nothing.
func (e *evaluation) keepUnexpired(limit time.Time) {
	e.keep(func(g *Generation) bool {
		if g.ExpiresAt.IsZero() {
			g.ExpiresAt = e.firstExpiry()
		}
		if !limit.IsZero() && limit.Before(g.ExpiresAt) && !e.binding.Held {
			g.ExpiresAt = limit
		}
		return !g.Ended(e.now)
	})
}

// keep takes over those of the prior generations that are kept, but for what must
// go at once. Of more than two, which only somebody else can have written, the
// newest are taken.
func (e *evaluation) keep(kept func(*Generation) bool) {
	prior := e.prior.Generations
	for _, g := range prior[max(0, len(prior)-len(e.generations)):] {
		if !e.spec.RevokeGenerations[g.Key()] && kept(&g) {
			e.generations[e.count] = g
			e.count++
		}
	}
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
	return !e.binding.Held && !e.untimely && e.action < Lapse && e.binding.Holder != "" &&
		e.findings&e.obstacles() == 0 && !e.waiting()
}

// obstacles are the findings on which nothing is issued. That an owner cannot be
// told is one where the access stands for a person: a credential that was issued on
// it would be blocked at once.
func (e *evaluation) obstacles() CodeSet {
	set := assetObstacles | holderObstacles
	if e.binding.BoundTo != BoundToWorkload {
		set = set.With(OwnerUnknown)
	}
	return set
}

// mayRotate reports whether a credential may be rotated with overlap. A workload
// goes on while its owner is replaced: somebody who left knows the old secret.
func (e *evaluation) mayRotate() bool {
	named := e.binding.Holder != "" || e.findings.Has(OwnerGone)
	asked := e.due != 0 || e.inputsChanged() // a renewal is no rotation
	return e.binding.BoundTo == BoundToWorkload && named && asked && e.wanted == RotateOverlap && !e.binding.Held && !e.untimely &&
		e.action < Lapse && e.findings&assetObstacles == 0 && !e.waiting()
}

// waiting reports whether the record names somebody else than the holder, and that
// is not acted on yet: nothing is issued for one whom the record no longer names,
// nor for another one by the way.
func (e *evaluation) waiting() bool {
	if !e.differs.Has(AssetReassigned) {
		return false
	}
	return e.binding.Holder == "" || (!e.due.Has(AssetReassigned) && !e.excepted.Has(AssetReassigned) && e.verdicts[AssetReassigned].action > Recertify)
}

// isUnanswered reports whether the comparison differs and waits for somebody, so that
// it must not be acted on by the way.
func (e *evaluation) isUnanswered(c Code) bool {
	return e.differs.Has(c) && !e.due.Has(c) && !e.excepted.Has(c) && e.verdicts[c].action > Recertify
}

// renew issues, rotates and retires while the access is kept.
func (e *evaluation) renew(limit time.Time, uncapped bool) {
	if e.wanted == RotateNow && e.count > 0 {
		e.count = 0
		e.rotation = RotateNow
	}
	e.enable()
	current := e.current()
	if current == nil {
		if uncapped && e.mayIssue() && (e.action <= Recertify || !e.prior.Memory.LeftBlock) {
			if e.serial > 0 && len(e.prior.Generations) > 0 {
				e.rotation = RotateNow
			}
			e.issue(limit)
		}
		return
	}
	scheduled := e.action < Lapse && e.renewalDue(current, limit)
	if e.wanted == RotateNone && !scheduled {
		return
	}
	possible := uncapped && (e.mayIssue() || e.mayRotate())
	if !possible {
		e.see(GrantRotationDue)
		return
	}
	if e.overlaps() {
		e.waits = true
		e.see(GrantRotationDue)
		if e.count < 2 {
			e.seen[GrantRotationDue] = e.now
		}
		return
	}
	e.rotateWithOverlap(limit)
}

// overlaps reports whether an earlier credential is still in its overlap, or leaves
// it in this run: then the next one is issued in a later run, so that never three
// exist at once, not while a plan is applied either.
func (e *evaluation) overlaps() bool {
	at, owed := e.remembered(GrantRotationDue)
	return len(e.prior.Generations) > 1 || (owed && at.Equal(e.now))
}

// rotateWithOverlap issues the next generation beside the current one, which stays
// for the overlap.
func (e *evaluation) rotateWithOverlap(limit time.Time) {
	g := *e.current()
	g.State = Retiring
	lifetime := e.lifetime(&g)
	if g.ExpiresAt.IsZero() {
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
	at := g.ExpiresAt.Add(-renewal).Add(e.share(e.terms.spreading(renewal)).Truncate(time.Second))
	return later(at, g.ExpiresAt.Add(time.Second-e.terms.ttl))
}

func (e *evaluation) renewalDue(g *Generation, limit time.Time) bool {
	return !g.ExpiresAt.IsZero() && !e.now.Before(e.renewsAt(g)) && e.expiryFrom(e.now, limit).After(g.ExpiresAt)
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

// adopt makes the present facts those that the next generation stands on, and so
// settles what differed. Where a comparison waits for an answer, what it compares
// stays as it was: a renewal must not by the way hand the access to somebody else.
func (e *evaluation) adopt() {
	now := e.basisNow()
	if !e.isUnanswered(AssetChanged) {
		e.basis.Class, e.basis.Environment, e.basis.Criticality = now.Class, now.Environment, now.Criticality
		e.settle(AssetChanged)
	}
	e.basis.State = now.State
	if e.isUnanswered(AssetReassigned) || e.isUnanswered(OwnerChanged) || e.binding.Holder == "" {
		return
	}
	e.holder, e.basis.Keys = e.binding.Holder, now.Keys
	e.settle(AssetReassigned)
	e.settle(OwnerChanged)
	if !e.isUnanswered(OwnerMoved) {
		e.basis.Manager, e.basis.Teams = now.Manager, now.Teams
		e.settle(OwnerMoved)
	}
}

// settle takes a comparison off the list that no longer differs, unless it stands
// until somebody attests it, or a policy asks for a review of it all the same.
func (e *evaluation) settle(c Code) {
	if e.answers(c) || (!standing.Has(c) && e.verdicts[c].action <= Recertify) {
		e.findings = e.findings.Without(c)
		return
	}
	e.passed = e.passed || (c == AssetReassigned && e.findings.Has(c))
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

// nextChange returns the first instant after now at which the grant's own
// schedule changes it, or zero.
func (e *evaluation) nextChange() time.Time {
	for c := range e.findings.All {
		e.at(e.verdicts[c].next())
	}
	if e.status != StatusRevoked && e.serial > 0 {
		e.at(e.certified.Add(e.terms.recertifyEvery))
	}
	if w := e.waiver; w != nil && e.spec.Exception != nil {
		e.at(w.ExpiresAt)
	}
	if u := e.spec.Usage; u != nil && e.serial > 0 && e.terms.unusedAfter > 0 && !u.LastUsedAt.IsZero() {
		e.nextUse(u)
	}
	e.at(e.enforceFrom)
	if !e.observing {
		e.nextGeneration()
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
	if e.count == 0 && e.action < Block {
		e.at(limit)
	}
	for i := range e.count {
		g := &e.generations[i]
		e.at(g.ExpiresAt)
		renews := g.State == Current && e.action < Lapse && !e.findings.Has(GrantRotationDue)
		if at := e.renewsAt(g); renews && e.expiryFrom(at, limit).After(g.ExpiresAt) {
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

// Numbers returns the keys of the given generation numbers, in rising order.
func Numbers(numbers []int) []string {
	keys := make([]string, len(numbers))
	for i, n := range slices.Sorted(slices.Values(numbers)) {
		keys[i] = Key(n)
	}
	return keys
}
