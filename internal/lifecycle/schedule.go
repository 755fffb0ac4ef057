package lifecycle

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// maxOverlap is the longest overlap of two generations (DESIGN.md, Schedule).
const maxOverlap = 7 * 24 * time.Hour

// selects reports whether a selector matches a value: an empty one matches
// everything, case does not count.
func selects(selector, value string) bool {
	return selector == "" || strings.EqualFold(selector, value)
}

// terms are the durations that hold for a grant: under several policies the
// shortest.
type terms struct {
	ttl            time.Duration
	renewBefore    time.Duration // 0: a third of the actual lifetime
	overlap        time.Duration // 0: a sixth of it
	recertifyEvery time.Duration
	clamped        []string
}

// capKind names the fact that limits a credential's life.
type capKind uint8

const (
	capNone capKind = iota
	capRetirement
	capOwnerEnd
	capException
)

func (e *evaluation) readTerms() {
	t := &e.terms
	for _, rules := range e.in.Policies {
		var own terms
		for i := range rules.Lifetimes {
			l := &rules.Lifetimes[i]
			if !l.matches(e.spec, e.binding) {
				continue
			}
			first(&own.ttl, l.TTL)
			first(&own.renewBefore, l.RenewBefore)
			first(&own.overlap, l.Overlap)
			first(&own.recertifyEvery, l.RecertifyEvery)
		}
		shorter(&t.ttl, own.ttl)
		shorter(&t.renewBefore, own.renewBefore)
		shorter(&t.overlap, own.overlap)
		shorter(&t.recertifyEvery, own.recertifyEvery)
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
// lifetime is renewed.
func (t *terms) renewal(lifetime time.Duration) time.Duration {
	d := lifetime / 3
	shorter(&d, t.renewBefore)
	return d.Truncate(time.Second)
}

// overlapping returns how long the old generation stays beside the new one.
func (t *terms) overlapping(lifetime time.Duration) time.Duration {
	d := min(lifetime/6, maxOverlap)
	shorter(&d, t.overlap)
	return d.Truncate(time.Second)
}

func (l *Lifetime) matches(s *Spec, b *Binding) bool {
	return (l.Risk == nil || *l.Risk == s.Risk) && selects(l.Criticality, b.Criticality) &&
		selects(l.Environment, b.Environment) && selects(l.Class, b.Class) &&
		(l.OwnerKind == KindUnstated || l.OwnerKind == b.OwnerKind)
}

// cap returns the earliest instant beyond which no credential of the grant may
// live, and what sets it.
func (e *evaluation) cap() (time.Time, capKind) {
	var limit time.Time
	kind := capNone
	consider := func(t time.Time, k capKind) {
		if !t.IsZero() && (limit.IsZero() || t.Before(limit)) {
			limit, kind = t, k
		}
	}
	consider(e.binding.RetirementDate, capRetirement)
	if e.binding.BoundTo == BoundToPerson {
		consider(e.binding.OwnerEndDate, capOwnerEnd)
	}
	if e.exempting {
		consider(e.spec.Exception.ExpiresAt, capException)
	}
	return limit, kind
}

// schedule brings the generations to what the action, the rotations and the
// clock ask for.
func (e *evaluation) schedule() {
	e.serial, e.holder, e.basis = e.prior.Serial, e.prior.Holder, e.prior.Basis
	limit, kind := e.cap()
	capPassed := !limit.IsZero() && !e.now.Before(limit)
	if capPassed {
		e.capped = kind
	}
	e.keepUnexpired(limit)
	if e.replaced {
		e.wanted = RotateNow
	}
	if _, owed := e.remembered(GrantRotationDue); owed || e.inputsChanged() {
		e.wanted = max(e.wanted, RotateOverlap)
	}
	switch {
	case e.action == Revoke:
		e.drop(true)
	case e.action == Block:
		e.block()
	default:
		e.enable()
		e.renew(limit, !capPassed && e.mayIssue())
	}
	if e.serial == 0 {
		e.holder = e.binding.Holder
	}
}

// keepUnexpired takes over the prior generations: shortened by a cap that moved
// earlier, without those that have expired or that must go at once.
func (e *evaluation) keepUnexpired(limit time.Time) {
	for _, g := range e.prior.Generations {
		if e.spec.RevokeGenerations[g.Key()] {
			continue
		}
		if !limit.IsZero() && limit.Before(g.ExpiresAt) {
			g.ExpiresAt = limit
		}
		if e.now.Before(g.ExpiresAt) {
			e.generations[e.count] = g
			e.count++
		}
	}
}

// drop removes every generation; withdrawn says whether the brake counts it.
func (e *evaluation) drop(withdrawn bool) {
	for i := range e.count {
		e.withdraw(e.generations[i], withdrawn)
	}
	e.count = 0
}

func (e *evaluation) withdraw(g Generation, counts bool) {
	if counts && g.Enabled {
		e.withdrawn = append(e.withdrawn, g.Number)
	}
}

func (e *evaluation) block() {
	if e.spec.OnBlock == OnBlockRemove || e.replaced || e.inputsChanged() {
		e.drop(true)
		return
	}
	for i := range e.count {
		e.withdraw(e.generations[i], true)
		e.generations[i].Enabled = false
	}
}

func (e *evaluation) enable() {
	for i := range e.count {
		if !e.generations[i].Enabled {
			e.generations[i].Enabled = true
			e.enabled = true
		}
	}
}

// mayIssue reports whether facts are good enough to issue or renew on.
func (e *evaluation) mayIssue() bool {
	return !e.binding.Held && e.binding.Holder != "" && e.findings&unissuable == 0
}

// unanswered reports whether the finding stands and waits for somebody, so that
// it must not be acted on by the way.
func (e *evaluation) unanswered(c Code) bool {
	return e.findings.Has(c) && !e.due.Has(c) && !e.excepted.Has(c) && e.verdicts[c].action > Recertify
}

// renew issues, rotates and retires while the access is kept.
func (e *evaluation) renew(limit time.Time, possible bool) {
	if e.wanted == RotateNow {
		e.drop(true)
		e.rotation = RotateNow
	}
	current := e.current()
	if current == nil {
		if possible && !e.unanswered(AssetReassigned) {
			if e.serial > 0 && len(e.prior.Generations) > 0 {
				e.rotation = RotateNow
			}
			e.issue(limit)
		}
		return
	}
	scheduled := e.renewalDue(current, limit)
	if e.wanted == RotateNone && !scheduled {
		return
	}
	if !possible {
		e.see(GrantRotationDue)
		return
	}
	lifetime := current.ExpiresAt.Sub(current.IssuedAt)
	current.State = Retiring
	if end := e.now.Add(e.terms.overlapping(lifetime)); end.Before(current.ExpiresAt) {
		current.ExpiresAt = end
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

// expiryFrom returns when a generation issued at the given instant would expire.
func (e *evaluation) expiryFrom(at, limit time.Time) time.Time {
	expires := at.Add(e.terms.ttl)
	if !limit.IsZero() && limit.Before(expires) {
		return limit
	}
	return expires
}

func (e *evaluation) renewsAt(g *Generation) time.Time {
	return g.ExpiresAt.Add(-e.terms.renewal(g.ExpiresAt.Sub(g.IssuedAt)))
}

func (e *evaluation) renewalDue(g *Generation, limit time.Time) bool {
	return !e.now.Before(e.renewsAt(g)) && e.expiryFrom(e.now, limit).After(g.ExpiresAt)
}

// issue adds the next generation. While a reassignment waits for an answer the
// access is renewed for whom it was issued to, never by the way for somebody else.
func (e *evaluation) issue(limit time.Time) {
	e.serial++
	for e.spec.RevokeGenerations[Key(e.serial)] {
		e.serial++
	}
	if !e.unanswered(AssetReassigned) && !e.unanswered(AssetChanged) && !e.unanswered(OwnerMoved) {
		e.holder = e.binding.Holder
		e.basis = Basis{
			Class: e.binding.Class, Environment: e.binding.Environment, Criticality: e.binding.Criticality,
			Manager: e.binding.Manager, Teams: e.binding.Teams,
		}
		e.findings &^= comparators
	}
	if e.count == 2 {
		e.generations[0] = e.generations[1]
		e.count = 1
	}
	e.generations[e.count] = Generation{
		Number: e.serial, Enabled: true, State: Current, Holder: e.holder,
		IssuedAt: e.now, ExpiresAt: e.expiryFrom(e.now, limit),
	}
	e.count++
	e.issued = true
	if e.prior.Serial == 0 {
		e.certified = e.now // asking for the access and having it reviewed is its first certification
	}
}

// inputsChanged reports whether rotate_when_changed asks for a rotation. Adding
// the map or taking it away asks for nothing.
func (e *evaluation) inputsChanged() bool {
	before, after := e.prior.RotateWhenChanged, e.spec.RotateWhenChanged
	return e.prior.Serial > 0 && before != nil && after != nil && !maps.Equal(before, after)
}

// nextChange returns the first instant after now at which the grant's own
// schedule changes it, or zero.
func (e *evaluation) nextChange() time.Time {
	limit, _ := e.cap()
	for i := range e.count {
		g := &e.generations[i]
		e.at(g.ExpiresAt)
		if at := e.renewsAt(g); g.State == Current && e.action < Block && e.expiryFrom(at, limit).After(g.ExpiresAt) {
			e.at(at)
		}
	}
	if e.status != StatusRevoked && e.serial > 0 {
		e.at(e.certified.Add(e.terms.recertifyEvery))
	}
	if x := e.spec.Exception; x != nil {
		e.at(x.ExpiresAt)
	}
	return e.next
}

// Numbers returns the keys of the given generation numbers.
func Numbers(numbers []int) []string {
	keys := make([]string, len(numbers))
	for i, n := range numbers {
		keys[i] = Key(n)
	}
	slices.Sort(keys)
	return keys
}
