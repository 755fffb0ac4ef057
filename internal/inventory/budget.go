package inventory

import (
	"context"
	"sync"

	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

const (
	// minBeforeList is the smallest number of requests before a capability is listed
	// whose list is known to be short. A few single reads run in parallel, while every
	// look-up waits for the end of a list.
	minBeforeList = 8
	// parallel limits the concurrent single reads of one system, and the concurrent
	// look-ups of one question.
	parallel = 8
	// most is the largest list that is kept for look-ups, in entries. A system
	// that holds more is read singly.
	most = 100_000
)

// budget is the number of requests that all capabilities of one system together
// may spend on single reads. The capabilities share it, because a system counts
// requests and not their purpose.
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
	listed bool // guarded by the budget; a list was begun, and answers all later look-ups
}

// spend reports whether the next look-up is a single read, and counts its price
// in requests.
//
// This is the ski rental problem: rent until the rent adds up to the price, then buy. A
// single read is the rent, and the pages of the list are the price, so listing after as
// many requests as there are pages costs at most twice the minimum. The number of pages
// is often unknown; if it is unknown or larger than system.Allowance, that limit is
// used, for the whole run. The price of a read is the largest number of requests that
// it may take, and is counted before the read, so that concurrent reads cannot exceed
// the bound. The first read is made at any price, because it alone does not justify a
// list.
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

// list notes that the list itself was requested. Its entries need not be read
// again.
func (a *account) list() {
	a.budget.mu.Lock()
	defer a.budget.mu.Unlock()
	a.listed = true
}
