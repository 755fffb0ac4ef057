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
}

// Generation is one concrete credential of a grant.
type Generation struct {
	Number    int
	Enabled   bool
	State     GenerationState
	Holder    string
	IssuedAt  time.Time
	ExpiresAt time.Time
}

// Key returns the generation's key in the map: g1, g2, …
func (g Generation) Key() string { return Key(g.Number) }

// Basis is what the newest generation was issued on.
type Basis struct {
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
	Code     Code
	Message  string
	Controls []string
}

// Grant is everything that a grant remembers between runs, and what a decision
// returns.
type Grant struct {
	Asset             Ref
	Access            string
	RotateWhenChanged map[string]string

	Status       Status
	Action       Action
	Rotation     Rotation
	Reasons      []Reason
	Holder       string
	Generations  []Generation // oldest first, at most two
	Serial       int          // the highest number ever issued
	Basis        Basis
	RevokedAt    time.Time
	CertifiedAt  time.Time
	Conditions   []Condition // in the order of their codes
	NextChangeAt time.Time   // zero if the schedule changes nothing any more
}

// ID returns the grant's identity: "<asset>#<access>".
func (g *Grant) ID() string { return g.Asset.String() + "#" + g.Access }

// Active reports whether some generation is enabled.
func (g *Grant) Active() bool {
	for i := range g.Generations {
		if g.Generations[i].Enabled {
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

// Latest returns the latest instant that the grant remembers. A decision at an
// earlier one would rewrite history.
func (g *Grant) Latest() time.Time {
	latest := g.RevokedAt
	for _, c := range g.Conditions {
		latest = later(latest, c.FirstSeen)
	}
	for i := range g.Generations {
		latest = later(latest, g.Generations[i].IssuedAt)
	}
	return later(latest, g.CertifiedAt)
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

// disjoint reports whether two canonical lists of holders have none in common.
// Where one of them is not known, that cannot be told.
func disjoint(a, b string) bool {
	if a == b || a == "" || b == "" {
		return false
	}
	for _, x := range holders(a) {
		for _, y := range holders(b) {
			if x == y {
				return false
			}
		}
	}
	return true
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
