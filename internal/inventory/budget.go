package inventory

import (
	"context"
	"sync"

	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

const (
	// minBeforeList is the fewest requests before a capability is listed that is known
	// to fit on a page or two. A handful of reads is spread over the parallel
	// requests; a list keeps everybody waiting for its end.
	minBeforeList = 8
	// parallel bounds the single reads that one system has to answer at a time,
	// and the look-ups that one question has under way.
	parallel = 8
	// most is the largest list that is kept for look-ups, in entries. A system
	// that holds more is read singly.
	most = 100_000
)

// budget is what all capabilities of one system may spend on single reads
// together, in requests. It is one, because a system counts its requests and not
// what they are for.
type budget struct {
	slots chan struct{}

	mu    sync.Mutex
	spent int
}

func newBudget() *budget { return &budget{slots: make(chan struct{}, parallel)} }

// enter waits until the system has fewer than parallel single reads to answer.
func (p *budget) enter(ctx context.Context) error {
	select {
	case p.slots <- struct{}{}:
		if err := ctx.Err(); err != nil { // both may have come at once
			p.exit()
			return err
		}
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *budget) exit() { <-p.slots }

// account is the part of one capability in a budget.
type account struct {
	budget *budget
	spent  int  // guarded by the budget
	listed bool // likewise; a list was begun, and answers everything from there
}

// spend reports whether the next look-up is to be a single read, and pays its
// price, which is in requests.
//
// The rule is that of renting skis: rent until the rent adds up to the price,
// then buy. The rent is the price of a single read, the price of a list is its
// pages, so whoever lists after as many requests as there are pages never spends
// more than twice of what would have been enough. The number of pages is seldom
// known before; where it is not, or is larger, system.Allowance stands in for it, which
// bounds the whole run instead. A price is the most that a read may take, and is
// paid before it, so that reads that are under way together cannot exceed the
// bound. The first read is made at any price: it alone is no reason for a list.
func (a *account) spend(l system.Listing, price int) bool {
	a.budget.mu.Lock()
	defer a.budget.mu.Unlock()
	if a.listed {
		return false
	}
	if l.Count > most {
		return true
	}
	limit := system.Allowance
	if l.Count > 0 {
		pages := (l.Count-1)/l.PageSize + 1
		limit = min(max(pages, minBeforeList), system.Allowance)
	}
	if a.budget.spent == 0 || a.spent+price <= limit && a.budget.spent+price <= system.Allowance {
		a.spent += price
		a.budget.spent += price
		return true
	}
	a.listed = true
	return false
}

// list notes that a list was asked for by itself. What it holds need not be read
// again.
func (a *account) list() {
	a.budget.mu.Lock()
	defer a.budget.mu.Unlock()
	a.listed = true
}
