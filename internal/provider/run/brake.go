package run

import (
	"maps"
	"slices"
	"sync"
)

// DefaultRevocations is how many credentials one plan may take away where the
// configuration sets no limit.
const DefaultRevocations = 25

// Brake counts the credentials that a plan takes away by block, revoke or
// rotation at once. It counts a set, so that planning a grant twice counts
// nothing twice. It is safe for concurrent use.
type Brake struct {
	limit int
	mu    sync.Mutex
	taken map[string]struct{}
}

// NewBrake returns a brake that lets limit credentials pass.
func NewBrake(limit int) *Brake {
	return &Brake{limit: limit, taken: make(map[string]struct{})}
}

// Limit returns how many credentials may be taken away.
func (b *Brake) Limit() int { return b.limit }

// Take adds credentials of a grant to the set. It returns the whole set, sorted,
// if it is larger than the limit allows, and nil if not.
func (b *Brake) Take(grant string, keys []string) []string {
	if len(keys) == 0 {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, k := range keys {
		b.taken[grant+" "+k] = struct{}{}
	}
	if len(b.taken) <= b.limit {
		return nil
	}
	return slices.Sorted(maps.Keys(b.taken))
}
