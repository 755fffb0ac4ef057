package policy

import (
	"slices"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
)

// term is a duration of a lifetime that a longer or shorter one makes milder or
// stricter. The position of renewals before the expiry does neither.
type term struct {
	name string
	of   func(*lifecycle.Lifetime) time.Duration
}

var termsCompared = []term{
	{"ttl", func(l *lifecycle.Lifetime) time.Duration { return l.TTL }},
	{"recertify_every", func(l *lifecycle.Lifetime) time.Duration { return l.RecertifyEvery }},
	{"overlap", func(l *lifecycle.Lifetime) time.Duration { return l.Overlap }},
}

// lifetimes compares each duration of a lifetime with those that would apply without
// it.
func (c *comparison) lifetimes() {
	list := entriesBefore(c.rules.Lifetimes, c.base.Lifetimes)
	for i := range list {
		l := &list[i]
		for _, t := range termsCompared {
			hidden := slices.ContainsFunc(list[:i], func(e lifecycle.Lifetime) bool { return t.of(&e) > 0 && lifetimeCovers(e, *l) })
			if t.of(l) > 0 && !hidden {
				c.term(l, t)
			}
		}
	}
}

func (c *comparison) term(l *lifecycle.Lifetime, t term) {
	places, _ := instead(c.base.Lifetimes,
		func(b *lifecycle.Lifetime) bool { return t.of(b) > 0 && lifetimesMeet(b, l) },
		func(b *lifecycle.Lifetime) bool { return lifetimeCovers(*b, *l) })
	got, shortest, longest := t.of(l), t.of(l), t.of(l)
	for _, b := range places {
		shortest, longest = min(shortest, t.of(b)), max(longest, t.of(b))
	}
	access := l.Risk.String() + " access"
	if l.OwnerKind != lifecycle.KindUnstated {
		access += " of owners of kind " + l.OwnerKind.String()
	}
	scope := scopeOf(access, l.Class, l.Environment, l.Criticality)
	if shortest < got {
		grave := *l.Risk == lifecycle.RiskPrivileged && t.name != "overlap"
		c.add(true, grave, "%s is %s instead of %s, for %s.", t.name, FormatDuration(got), FormatDuration(shortest), scope)
	}
	if longest > got {
		c.add(false, false, "%s is %s instead of %s, for %s.", t.name, FormatDuration(got), FormatDuration(longest), scope)
	}
	if len(places) == 0 {
		c.add(false, false, "%s is %s at most instead of what follows from the ttl, for %s.", t.name, FormatDuration(got), scope)
	}
}

// lifetimesMeet reports whether two entries match something in common.
func lifetimesMeet(a, b *lifecycle.Lifetime) bool {
	return meet(a.Risk, b.Risk) && (a.OwnerKind == b.OwnerKind || a.OwnerKind == lifecycle.KindUnstated || b.OwnerKind == lifecycle.KindUnstated) &&
		intersects(a.Class, b.Class) && intersects(a.Environment, b.Environment) && intersects(a.Criticality, b.Criticality)
}

// meet reports whether two selectors by a value match something in common.
func meet[T comparable](a, b *T) bool { return a == nil || b == nil || *a == *b }

// enforcement compares for which access the policy is enforced.
func (c *comparison) enforcement() {
	list := entriesBefore(c.rules.Enforcement, c.base.Enforcement)
	for i := range list {
		e := &list[i]
		if slices.ContainsFunc(list[:i], func(f lifecycle.Enforcement) bool { return enforcementCovers(&f, e) }) {
			continue
		}
		places, whole := instead(c.base.Enforcement,
			func(b *lifecycle.Enforcement) bool {
				return meet(b.Risk, e.Risk) && intersects(b.Class, e.Class) && intersects(b.Environment, e.Environment)
			},
			func(b *lifecycle.Enforcement) bool { return enforcementCovers(b, e) })
		if !whole {
			places = append(places, &lifecycle.Enforcement{Mode: lifecycle.Enforce})
		}
		access := "all access"
		if e.Risk != nil {
			access = e.Risk.String() + " access"
		}
		if scope := scopeOf("", e.Class, e.Environment, ""); scope != "" {
			access += " to " + scope
		}
		for _, milder := range []bool{true, false} {
			j := slices.IndexFunc(places, func(b *lifecycle.Enforcement) bool {
				return (milder && observesLonger(e, b)) || (!milder && observesLonger(b, e))
			})
			if j >= 0 {
				c.add(milder, false, "The policy is %s instead of %s, for %s.", mode(e), mode(places[j]), access)
			}
		}
	}
}

// observesLonger reports whether one entry only observes where, or when, another one
// enforces.
func observesLonger(e, b *lifecycle.Enforcement) bool {
	switch {
	case e.Mode == lifecycle.Enforce:
		return false
	case b.Mode == lifecycle.Enforce:
		return true
	default:
		return !b.From.IsZero() && (e.From.IsZero() || e.From.After(b.From))
	}
}

func mode(e *lifecycle.Enforcement) string {
	switch {
	case e.Mode == lifecycle.Enforce:
		return "enforced"
	case e.From.IsZero():
		return "observed"
	default:
		return "observed until " + e.From.Format(time.RFC3339)
	}
}

// authority compares who may attest and approve.
func (c *comparison) authority() {
	if got, want := c.rules.Authority.Trust, c.base.Authority.Trust; got != want {
		how := map[bool]string{true: "believed unseen", false: "looked up and judged"}
		c.add(got, false, "Those who attest and approve exceptions are %s instead of %s.", how[got], how[want])
	}
	if c.rules.Authority.Trust {
		return
	}
	c.may("attest", c.rules.Authority.Attest, c.base.Authority.Attest)
	c.may("approve exceptions", c.rules.Authority.Except, c.base.Authority.Except)
}

func (c *comparison) may(what string, rules, base []lifecycle.Authorization) {
	list := entriesBefore(rules, base)
	for i := range list {
		e := &list[i]
		if slices.ContainsFunc(list[:i], func(f lifecycle.Authorization) bool { return authorizationCovers(&f, e) }) {
			continue
		}
		places, whole := instead(base,
			func(b *lifecycle.Authorization) bool {
				return meet(b.Risk, e.Risk) && meet(b.BoundTo, e.BoundTo) && intersects(b.Class, e.Class)
			},
			func(b *lifecycle.Authorization) bool { return authorizationCovers(b, e) })
		if !whole {
			places = append(places, &lifecycle.Authorization{})
		}
		var more, fewer []string
		for _, b := range places {
			more, fewer = union(more, without(e.Who, b.Who)), union(fewer, without(b.Who, e.Who))
		}
		scope := authorizationScope(e)
		if len(more) > 0 {
			c.add(true, false, "%s may %s as well, for %s.", enumerate(more), what, scope)
		}
		if len(fewer) > 0 {
			c.add(false, false, "%s may not %s any more, for %s.", enumerate(fewer), what, scope)
		}
	}
}

func authorizationScope(e *lifecycle.Authorization) string {
	in := cellsOf(e.BoundTo, e.Risk)
	if scope := scopeOf(in.String(), e.Class, "", ""); scope != "" {
		return scope
	}
	return "all access"
}

// without returns the words of a that are not in b.
func without(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(s string) bool { return slices.Contains(b, s) })
}

// union returns the words of both, each once.
func union(a, b []string) []string {
	return append(a, without(b, a)...)
}
