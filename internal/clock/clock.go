// Package clock is the only place that reads the time of day.
package clock

import (
	"sync"
	"time"
)

// Clock tells the time.
type Clock interface {
	// Now returns the present instant in UTC, in whole seconds.
	Now() time.Time
}

// System is the machine's clock.
type System struct{}

// Now returns the present instant in UTC, in whole seconds.
func (System) Now() time.Time { return time.Now().UTC().Truncate(time.Second) }

// Fake is a clock that stands still until it is told to move. It is safe for
// concurrent use.
type Fake struct {
	mu  sync.Mutex
	now time.Time
}

// NewFake returns a clock that stands at the given instant.
func NewFake(at time.Time) *Fake { return &Fake{now: at.UTC().Truncate(time.Second)} }

// Now returns the instant at which the clock stands.
func (f *Fake) Now() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now
}

// Set moves the clock to the given instant.
func (f *Fake) Set(at time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now = at.UTC().Truncate(time.Second)
}

// Advance moves the clock on by d.
func (f *Fake) Advance(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now = f.now.Add(d)
}
