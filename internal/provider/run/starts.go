package run

import (
	"slices"
	"sync"
)

// Starts remembers which new grants start with findings, by the heading under which
// the plan warns of them. Terraform shows one warning of a heading and folds the others
// away, so each lists those before it. The zero value is ready to use.
type Starts struct {
	mu  sync.Mutex
	all map[string][]string
}

// Add takes note of a grant, and returns the grants that were noted under the heading
// before, sorted.
func (s *Starts) Add(heading, grant string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all == nil {
		s.all = make(map[string][]string)
	}
	before := slices.DeleteFunc(slices.Clone(s.all[heading]), func(g string) bool { return g == grant })
	if at, found := slices.BinarySearch(s.all[heading], grant); !found {
		s.all[heading] = slices.Insert(s.all[heading], at, grant)
	}
	return before
}
