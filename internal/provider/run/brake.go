package run

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
)

// What one plan may do where the configuration sets no limit
// (design/009-the-brake-counts-effects.md).
const (
	DefaultRevocations = 25
	DefaultRotations   = 200

	// leastRevocations is how many credentials a plan may always take away, even if
	// there are few.
	leastRevocations = 3
	// share is the part of the credentials that a plan may take away: a fifth.
	share = 5
)

// NoLimit turns a limit off.
const NoLimit = -1

// Limits are the limits that the configuration sets; nil where it sets none.
type Limits struct {
	Revocations *int
	Rotations   *int
}

// Effect is what one plan does to one grant.
type Effect struct {
	// Grant is the grant's id.
	Grant string
	// Enabled are the keys of the generations that were enabled before.
	Enabled []string
	// Withdrawn are the keys of those that no longer are enabled, whatever the
	// cause.
	Withdrawn []string
	// Rotated is the key of the generation that a rotation with overlap issues; empty
	// if there is none.
	Rotated string
}

// Brake counts the effects of one plan, not their causes: every enabled credential
// that is taken away, whatever the cause. It counts sets, so that planning a grant
// twice counts nothing twice. It is safe for concurrent use.
type Brake struct {
	limits Limits
	// listed returns how many records the connected systems list, if that is known
	// without a request.
	listed func() (int, bool)

	mu      sync.Mutex
	assets  map[lifecycle.Ref]struct{} // assessed in this run
	enabled map[string]struct{}
	taken   map[string]struct{}
	rotated map[string]struct{}
	planned map[string][]Planned

	accounts map[string]struct{} // that were enabled
	disabled map[string]struct{}
}

// NewBrake returns a brake with the given limits. Listed may be nil.
func NewBrake(limits Limits, listed func() (int, bool)) *Brake {
	return &Brake{
		limits: limits, listed: listed,
		assets: make(map[lifecycle.Ref]struct{}), enabled: make(map[string]struct{}), taken: make(map[string]struct{}),
		rotated: make(map[string]struct{}), planned: make(map[string][]Planned),
		accounts: make(map[string]struct{}), disabled: make(map[string]struct{}),
	}
}

// Assessed notes an asset that this run assesses: the more of them, the more may
// change in one plan.
func (b *Brake) Assessed(asset lifecycle.Ref) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.assets[asset] = struct{}{}
}

// Stop says which limit a plan exceeds.
type Stop struct {
	Argument string   // "revocations" or "rotations"
	Limit    int      // what is allowed
	Why      string   // how the limit was calculated, as a sentence
	Affected []string // the credentials or accounts, sorted
	Accounts bool     // Affected are accounts
}

// Fault says what the plan does too much of, and how it can be allowed.
func (s *Stop) Fault() *fault.Fault {
	summary, what := "Too Many Revocations in One Plan", "takes away %d enabled credentials, by whatever cause: a decision, a date, the clock, a list that shrank, or a grant that is destroyed."
	switch {
	case s.Accounts:
		what = "takes away %d enabled accounts, by whatever cause: a decision, a date, a changed configuration, or an account that is destroyed with on_destroy = \"disable\"."
	case s.Argument == "rotations":
		summary, what = "Too Many Rotations in One Plan", "rotates %d credentials."
	}
	return &fault.Fault{
		Summary: summary,
		Happened: fmt.Sprintf("This plan so far "+what+" It may do so with %d. %s\n\n%s",
			len(s.Affected), s.Limit, s.Why, s.List()),
		Advice: fmt.Sprintf("If a system delivered wrong facts, correct them and plan again. If all of this is meant, let this one run through: "+
			"set limits = { %s = %d } in the provider block (-1 lifts the limit, as for terraform destroy), and take it out again afterwards.", s.Argument, len(s.Affected)),
	}
}

// Count adds an effect. It returns nil while the limits allow the plan.
func (b *Brake) Count(e Effect) *Stop {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, k := range e.Enabled {
		b.enabled[e.Grant+" "+k] = struct{}{}
	}
	for _, k := range e.Withdrawn {
		b.taken[e.Grant+" "+k] = struct{}{}
	}
	if e.Rotated != "" {
		b.rotated[e.Grant+" "+e.Rotated] = struct{}{}
	}
	if len(e.Withdrawn) > 0 {
		if limit, why := b.revocations(); limit >= 0 && len(b.taken) > limit {
			return &Stop{Argument: "revocations", Limit: limit, Why: why, Affected: slices.Sorted(maps.Keys(b.taken))}
		}
	}
	if e.Rotated == "" {
		return nil
	}
	limit, why := DefaultRotations, fmt.Sprintf("limits.rotations is not set, so it is %d.", DefaultRotations)
	if b.limits.Rotations != nil {
		limit, why = *b.limits.Rotations, fmt.Sprintf("limits.rotations is %d.", *b.limits.Rotations)
	}
	if limit < 0 || len(b.rotated) <= limit {
		return nil
	}
	return &Stop{Argument: "rotations", Limit: limit, Why: why, Affected: slices.Sorted(maps.Keys(b.rotated))}
}

// CountAccount adds an account that was enabled, and whether the plan takes it away.
// Accounts have a count of their own with the same limit: most are switched by a grant
// whose credentials are counted already, and a leaver must not count twice.
func (b *Brake) CountAccount(account string, taken bool) *Stop {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.accounts[account] = struct{}{}
	if !taken {
		return nil
	}
	b.disabled[account] = struct{}{}
	limit, why := b.revocations()
	if limit < 0 || len(b.disabled) <= limit {
		return nil
	}
	return &Stop{Argument: "revocations", Limit: limit, Why: why, Affected: slices.Sorted(maps.Keys(b.disabled)), Accounts: true}
}

// revocations returns the limit in force and how it was calculated. A small
// organisation has a brake as well: without a configured limit a plan may take
// away a fifth of the total, at least three. The total is the number of records
// that the systems list; if it is large or unknown, it is what this run has seen.
func (b *Brake) revocations() (int, string) {
	if b.limits.Revocations != nil {
		return *b.limits.Revocations, fmt.Sprintf("limits.revocations is %d.", *b.limits.Revocations)
	}
	seen, what := max(len(b.enabled), len(b.assets)), "credentials and assets"
	if accounts := len(b.accounts); accounts > seen {
		seen, what = accounts, "accounts"
	}
	base, of := seen, fmt.Sprintf("the %d %s that this run has seen so far", seen, what)
	if b.listed != nil {
		if n, known := b.listed(); known && n <= DefaultRevocations*share {
			base, of = n, fmt.Sprintf("the %d records that the systems list", n)
		}
	}
	limit := min(DefaultRevocations, max(leastRevocations, base/share))
	return limit, fmt.Sprintf("limits.revocations is not set, so it is the smaller of %d and a fifth of %s, at least %d: %d.",
		DefaultRevocations, of, leastRevocations, limit)
}

// Planned is one plan of an object, with what identifies its resource.
type Planned struct {
	Prior  bool   // the object is in the state
	Config string // its configuration
}

// Twice notes that an object is planned, and reports whether two resources of this
// run have its id. Terraform plans one resource twice where it replaces it: once
// with its state, and once without, from the same configuration.
func (b *Brake) Twice(id string, p Planned) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	earlier := b.planned[id]
	b.planned[id] = append(earlier, p)
	return slices.ContainsFunc(earlier, func(o Planned) bool { return o.Prior == p.Prior || o.Config != p.Config })
}

// List writes what is affected for a message, a line each.
func (s *Stop) List() string { return "  " + strings.Join(FirstOf(s.Affected), "\n  ") }

// FirstOf returns a copy of a list for a message: the first twenty, and how many more
// there are.
func FirstOf(list []string) []string {
	const most = 20
	if len(list) <= most {
		return slices.Clone(list)
	}
	return append(slices.Clone(list[:most]), fmt.Sprintf("and %d more", len(list)-most))
}
