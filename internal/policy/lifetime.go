package policy

import (
	"fmt"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
)

func (l layer) lifetimes(own []Lifetime) {
	var read entries[lifecycle.Lifetime]
	for i := range own {
		at := l.in("lifetimes", i)
		if entry, ok := l.lifetime(at, own[i]); ok {
			read.add(at, i, entry, func(earlier lifecycle.Lifetime) bool { return leavesNothing(earlier, entry) })
		}
	}
	l.rules.Lifetimes = append(read.list, l.rules.Lifetimes...)
}

// lifetime reads one entry. It reports false if the entry cannot be compared
// with others.
func (l layer) lifetime(at reporter, in Lifetime) (lifecycle.Lifetime, bool) {
	var out lifecycle.Lifetime
	risk, ok1 := choice(at.in("risk"), in.Risk, "Unknown Risk", lifecycle.ParseRisk)
	kind, ok2 := choice(at.in("owner_kind"), in.OwnerKind, "Unknown Owner Kind", lifecycle.ParseOwnerKind)
	criticality, ok3 := word(at.in("criticality"), in.Criticality)
	environment, ok4 := word(at.in("environment"), in.Environment)
	class, ok5 := word(at.in("class"), in.Class)
	if in.Risk == nil {
		standard := lifecycle.RiskStandard
		risk = &standard
	}
	out.Risk, out.Criticality, out.Environment, out.Class = risk, criticality, environment, class
	if kind != nil {
		out.OwnerKind = *kind
	}
	ok := ok1 && ok2 && ok3 && ok4 && ok5
	ok = l.duration(at.in("ttl"), in.TTL, &out.TTL) && ok
	ok = l.duration(at.in("renew_before"), in.RenewBefore, &out.RenewBefore) && ok
	ok = l.duration(at.in("overlap"), in.Overlap, &out.Overlap) && ok
	ok = l.duration(at.in("recertify_every"), in.RecertifyEvery, &out.RecertifyEvery) && ok
	ok = l.spread(at.in("spread"), in.Spread, &out.Spread) && ok
	if !ok {
		return out, false
	}
	if in.TTL == nil && in.RenewBefore == nil && in.Overlap == nil && in.RecertifyEvery == nil && in.Spread == nil {
		at.report("Empty Lifetime", "The entry states no duration; at least one of ttl, renew_before, overlap, recertify_every and spread is needed.")
		return out, false
	}
	shorterThanTTL(at.in("renew_before"), "renewed", out.RenewBefore, out.TTL)
	shorterThanTTL(at.in("overlap"), "retired", out.Overlap, out.TTL)
	return out, true
}

// spread reads the period over which renewals are spread. Unlike other durations
// it may be zero, which renews all at once.
func (l layer) spread(at reporter, s *string, dst **time.Duration) bool {
	if s == nil {
		return true
	}
	var d time.Duration
	if total, err := sumDuration(*s); (err != nil || total != 0) && !l.duration(at, s, &d) {
		return false
	}
	*dst = &d
	return true
}

func shorterThanTTL(at reporter, what string, d, ttl time.Duration) {
	if ttl > 0 && d >= ttl {
		at.report("Invalid Duration", fmt.Sprintf("%s is not shorter than the ttl of %s, so that a credential would be %s as soon as it is issued.",
			FormatDuration(d), FormatDuration(ttl), what))
	}
}

// leavesNothing reports whether an earlier entry matches everything that e matches,
// and states all durations that e states.
func leavesNothing(earlier, e lifecycle.Lifetime) bool {
	states := func(a, b time.Duration) bool { return a > 0 || b == 0 }
	return lifetimeCovers(earlier, e) && states(earlier.TTL, e.TTL) && states(earlier.RenewBefore, e.RenewBefore) &&
		states(earlier.Overlap, e.Overlap) && states(earlier.RecertifyEvery, e.RecertifyEvery) && (earlier.Spread != nil || e.Spread == nil)
}

// lifetimeCovers reports whether the entry f matches everything that e matches.
func lifetimeCovers(f, e lifecycle.Lifetime) bool {
	return holds(f.Risk, e.Risk) && (f.OwnerKind == lifecycle.KindUnstated || f.OwnerKind == e.OwnerKind) &&
		covers(f.Criticality, e.Criticality) && covers(f.Environment, e.Environment) && covers(f.Class, e.Class)
}
