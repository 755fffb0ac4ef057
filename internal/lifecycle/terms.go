package lifecycle

import "time"

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
	if s.RenewBefore > 0 && s.RenewBefore > t.renewal(t.ttl) {
		t.clamped = append(t.clamped, "renew_before")
	}
	shorter(&t.renewBefore, s.RenewBefore)
	if s.Overlap > 0 && s.Overlap > t.overlapping(t.ttl) {
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
