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

// Add takes note of a grant, and returns the others that were noted under the heading
// before, sorted: the first of them and how many more there are.
func (s *Starts) Add(heading, grant string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all == nil {
		s.all = make(map[string][]string)
	}
	all := s.all[heading]
	at, found := slices.BinarySearch(all, grant)
	if found {
		return FirstOf(slices.Delete(slices.Clone(all), at, at+1))
	}
	before := FirstOf(all)
	s.all[heading] = slices.Insert(all, at, grant)
	return before
}
