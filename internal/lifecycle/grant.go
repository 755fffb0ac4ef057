package lifecycle

import (
	"strings"
	"time"
)

// Attestation is a dated statement by an approver that the access is still
// justified.
type Attestation struct {
	By   string
	At   time.Time
	Note string
}

// Exception is a dated, approved waiver of named findings.
type Exception struct {
	Codes      CodeSet
	Reason     string
	ApprovedBy string
	ExpiresAt  time.Time
}

// Usage is what some other source knows of the use of the access. Zero instants
// are not known.
type Usage struct {
	LastUsedAt time.Time
	ObservedAt time.Time
}

// Spec is what the configuration asks of a grant. Zero durations leave the
// choice to the policy.
type Spec struct {
	Access            string
	Risk              Risk
	TTL               time.Duration
	RenewBefore       time.Duration
	Overlap           time.Duration
	OnBlock           OnBlock
	RotateWhenChanged map[string]string
	RevokeGenerations map[string]bool
	Attestation       *Attestation
	Exception         *Exception
	Usage             *Usage
}

// Generation is one concrete credential of a grant.
type Generation struct {
	Number    int
	Enabled   bool
	State     GenerationState
	Holder    string
	IssuedAt  time.Time
	ExpiresAt time.Time // zero while the policy is only observed
}

// Ended reports whether the generation's own end, which its state announces, has
// come.
func (g *Generation) Ended(now time.Time) bool {
	return !g.ExpiresAt.IsZero() && !now.Before(g.ExpiresAt)
}

// Key returns the generation's key in the map: g1, g2, …
func (g Generation) Key() string { return Key(g.Number) }

// Basis is what the newest generation was issued on.
type Basis struct {
	State       State
	Keys        []OwnerKey // the keys that tell the holder again
	Class       string
	Environment string
	Criticality string
	Manager     string
	Teams       []string
}

// Condition remembers when a finding was first seen.
type Condition struct {
	Code      Code
	FirstSeen time.Time
}

// Reason says why a grant is as it is.
type Reason struct {
	Code    Code
	Message string
}

// Answer is the attestation that a grant remembers, so that taking it out of the
// configuration ends nothing.
type Answer struct {
	By   string
	Note string
	At   time.Time
	// Answers is the instant before which a finding must have been first seen to
	// be answered. It is At, but for an attestation that came with a new grant.
	Answers time.Time
	// Spent reports whether some run saw the attestation while a fact still said
	// revoke. Such an attestation releases no latch.
	Spent bool
	// FormerBy and FormerNote name the attestation in the configuration in whose place
	// an answer from a review queue came. A later date of it is no new attestation.
	FormerBy   string
	FormerNote string
}

// Waiver is the exception that a grant remembers, so that no change of its text
// makes it last longer.
type Waiver struct {
	Codes      CodeSet
	Reason     string
	ApprovedBy string
	StartsAt   time.Time
	ExpiresAt  time.Time
	EndedAt    time.Time // when it ended, or was taken out; zero while it lasts
}

// ReviewClock counts for how long a grant has asked for review or more, whatever
// the findings were.
type ReviewClock struct {
	Since      time.Time // zero if it does not run
	ClearSince time.Time // since when nothing has asked; zero while something asks
}

// Memory is what a grant remembers besides what it shows.
type Memory struct {
	Risk                Risk // as it was last certified
	Review              ReviewClock
	RevokedFor          CodeSet // what set the latch
	Answer              *Answer
	Waiver              *Waiver
	Rejection           *Rejection // until an attestation that is dated after it
	EnforcedAt          time.Time  // when generations without an expiry got one
	ReassignmentPending bool       // a reassignment was acted on, and some policy still asks somebody to look at it
	LeftBlock           bool       // a block or a revocation took the last credential away, and none was given since
	Notices             []string   // what the responsible person was told of ends that lie ahead; no decision depends on it
}

// Grant is everything that a grant remembers between runs, and what a decision
// returns.
type Grant struct {
	Asset             Ref
	Access            string
	RotateWhenChanged map[string]string

	Status       Status
	Would        Status // what the policy would give; the same as Status where it is enforced
	Observed     bool   // the policy is only observed
	EnforceFrom  time.Time
	Policy       string // digests of the policies that decided
	Action       Action
	Rotation     Rotation
	Reasons      []Reason
	Holder       string
	Names        []Named      // of the holder, sorted by id; no decision depends on them
	Generations  []Generation // oldest first, at most two
	Serial       int          // the highest number ever issued
	Basis        Basis
	RevokedAt    time.Time
	CertifiedAt  time.Time
	Conditions   []Condition // in the order of their codes
	NextChangeAt time.Time   // zero if the schedule changes nothing any more
	Memory       Memory
}

// ID returns the grant's identity: "<asset>#<access>".
func (g *Grant) ID() string { return g.Asset.String() + "#" + g.Access }

// Active reports whether some generation is enabled.
func (g *Grant) Active() bool {
	return active(g.Generations)
}

func active(generations []Generation) bool {
	for i := range generations {
		if generations[i].Enabled {
			return true
		}
	}
	return false
}

// Current returns the newest generation, or nil if there is none.
func (g *Grant) Current() *Generation {
	for i := range g.Generations {
		if g.Generations[i].State == Current {
			return &g.Generations[i]
		}
	}
	return nil
}

// Latest returns the latest instant at which something happened that the grant
// remembers. A run at an earlier one issues nothing: it would rewrite history.
func (g *Grant) Latest() time.Time { return later(g.happened(), g.RevokedAt) }

// happened is the latest instant at which something was seen, issued or certified.
// What only explains the schedule is no history.
func (g *Grant) happened() time.Time {
	latest := g.CertifiedAt
	for _, c := range g.Conditions {
		if !Engine.Has(c.Code) {
			latest = later(latest, c.FirstSeen)
		}
	}
	for i := range g.Generations {
		latest = later(latest, g.Generations[i].IssuedAt)
	}
	return latest
}

// Horizon returns the latest instant that the grant knows of, what it announces
// included. A run long after it more likely has a wrong clock than waited. A
// revocation is left out, because it goes on at an instant that cannot be right too.
func (g *Grant) Horizon() time.Time {
	latest := later(g.happened(), g.NextChangeAt)
	for i := range g.Generations {
		latest = later(latest, g.Generations[i].ExpiresAt)
	}
	if a := g.Memory.Answer; a != nil {
		latest = later(latest, a.At)
	}
	return latest
}

// firstSeen returns when the finding was first seen, and whether it was.
func (g *Grant) firstSeen(c Code) (time.Time, bool) {
	if g == nil {
		return time.Time{}, false
	}
	for i := range g.Conditions {
		if g.Conditions[i].Code == c {
			return g.Conditions[i].FirstSeen, true
		}
	}
	return time.Time{}, false
}

// holders splits a canonical list of holders.
func holders(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, HolderSeparator)
}

// HolderSeparator joins several holders in one attribute.
const HolderSeparator = ", "

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
