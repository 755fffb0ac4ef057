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
// lifetime is renewed: early enough for itself, and not so early that the next
// one, which may live shorter, would be outlived.
func (t *terms) renewal(lifetime time.Duration) time.Duration {
	d := min(lifetime, t.ttl) / 3
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
	if e.exempted&e.findings != 0 {
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
		e.withdraw()
		e.count = 0
	case e.action == Block:
		e.disable(owed)
	default:
		e.renew(limit, !capPassed && e.mayIssue())
	}
	if e.serial == 0 {
		e.holder = e.binding.Holder
	}
	if e.replaced {
		// What was issued for the other asset is gone, so there is nothing to compare with.
		e.holder, e.basis = e.binding.Holder, e.basisNow()
	}
}

// keepUnexpired takes over the prior generations: shortened by a cap that moved
// earlier, without those that have expired or that must go at once. Of more than
// two, which only somebody else can have written, the newest are taken.
func (e *evaluation) keepUnexpired(limit time.Time) {
	prior := e.prior.Generations
	for _, g := range prior[max(0, len(prior)-len(e.generations)):] {
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

// withdraw notes for the brake what is about to be taken away.
func (e *evaluation) withdraw() {
	for i := range e.count {
		if e.generations[i].Enabled {
			e.withdrawn = append(e.withdrawn, e.generations[i].Number)
		}
	}
}

// disable keeps what exists, but out of use, and remembers a rotation that is
// owed until it can be done.
func (e *evaluation) disable(owed bool) {
	e.withdraw()
	for i := range e.count {
		e.generations[i].Enabled = false
	}
	if owed && e.count > 0 {
		e.see(GrantRotationDue)
	}
}

// enable puts back into use what a block had disabled. Facts that are only held
// cannot be checked again before that, so they enable nothing.
func (e *evaluation) enable() {
	for i := range e.count {
		if !e.generations[i].Enabled && !e.binding.Held {
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
	if e.wanted == RotateNow && e.count > 0 {
		e.withdraw()
		e.count = 0
		e.rotation = RotateNow
	}
	e.enable()
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
	e.retire(current)
	e.rotation = RotateOverlap
	e.issue(limit)
}

// retire makes room for the next generation: the current one stays for the
// overlap, and what was retiring already goes at once.
func (e *evaluation) retire(current *Generation) {
	g := *current
	g.State = Retiring
	if end := e.now.Add(e.terms.overlapping(g.ExpiresAt.Sub(g.IssuedAt))); end.Before(g.ExpiresAt) {
		g.ExpiresAt = end
	}
	e.count = 0
	if e.now.Before(g.ExpiresAt) {
		e.generations[0] = g
		e.count = 1
	}
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

// issue adds the next generation.
func (e *evaluation) issue(limit time.Time) {
	e.serial++
	for e.spec.RevokeGenerations[Key(e.serial)] {
		e.serial++
	}
	e.adopt()
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

// adopt makes the present facts those that the next generation stands on, and
// so settles the findings that come from comparing. Where one of these waits for
// an answer, what it compares stays as it was: a renewal must not by the way
// hand the access to somebody else.
func (e *evaluation) adopt() {
	now := e.basisNow()
	if !e.unanswered(AssetChanged) {
		e.basis.Class, e.basis.Environment, e.basis.Criticality = now.Class, now.Environment, now.Criticality
		e.findings = e.findings.Without(AssetChanged)
	}
	if e.unanswered(AssetReassigned) {
		return
	}
	e.holder = e.binding.Holder
	e.findings = e.findings.Without(AssetReassigned)
	if !e.unanswered(OwnerMoved) {
		e.basis.Manager, e.basis.Teams = now.Manager, now.Teams
		e.findings = e.findings.Without(OwnerMoved)
	}
}

func (e *evaluation) basisNow() Basis {
	b := e.binding
	return Basis{Class: b.Class, Environment: b.Environment, Criticality: b.Criticality, Manager: b.Manager, Teams: b.Teams}
}

// nextChange returns the first instant after now at which the grant's own
// schedule changes it, or zero.
func (e *evaluation) nextChange() time.Time {
	for c := range e.findings.All {
		e.at(e.verdicts[c].next)
	}
	limit, _ := e.cap()
	if e.count == 0 && e.action < Block {
		e.at(limit)
	}
	for i := range e.count {
		g := &e.generations[i]
		e.at(g.ExpiresAt)
		renews := g.State == Current && e.action < Block && !e.findings.Has(GrantRotationDue)
		if at := e.renewsAt(g); renews && e.expiryFrom(at, limit).After(g.ExpiresAt) {
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
