package systemtest

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// FakeLeases gives leases in memory, by a clock that stands still. It is safe for
// concurrent use.
type FakeLeases struct {
	name string
	held *heldLeases
	deny bool
}

type heldLeases struct {
	mu       sync.Mutex
	now      time.Time
	roles    []string
	accounts map[string]*heldLease
}

type heldLease struct {
	system.Lease
	password string
	roles    []string
	foreign  bool
}

var _ system.Leases = (*FakeLeases)(nil)

// NewFakeLeases returns a giver of leases with some roles, whose clock shows an instant.
func NewFakeLeases(name string, now time.Time, roles ...string) *FakeLeases {
	return &FakeLeases{name: name, held: &heldLeases{now: now, roles: roles, accounts: make(map[string]*heldLease)}}
}

// Idle returns a giver of the same system that may give none.
func (f *FakeLeases) Idle() *FakeLeases { return &FakeLeases{name: f.name, held: f.held, deny: true} }

// Name returns the name of the fake.
func (f *FakeLeases) Name() string { return f.name }

// Kind returns "fake".
func (f *FakeLeases) Kind() string { return "fake" }

// Login opens a session, and returns whether it still works; nil if it is not let in.
func (f *FakeLeases) Login(name, password string) func() bool {
	f.held.mu.Lock()
	defer f.held.mu.Unlock()
	l := f.held.accounts[name]
	if l == nil || !l.Open || l.password != password || !f.held.now.Before(l.ExpiresAt) {
		return nil
	}
	l.Sessions++
	return func() bool {
		f.held.mu.Lock()
		defer f.held.mu.Unlock()
		return l.Sessions > 0
	}
}

// SetNow sets what the clock shows.
func (f *FakeLeases) SetNow(now time.Time) {
	f.held.mu.Lock()
	defer f.held.mu.Unlock()
	f.held.now = now
}

// Expire lets the end of a lease pass.
func (f *FakeLeases) Expire(name string) {
	f.held.mu.Lock()
	defer f.held.mu.Unlock()
	f.held.accounts[name].ExpiresAt = f.held.now.Add(-time.Hour)
}

// Add makes an account that is not a lease, and whose end has passed.
func (f *FakeLeases) Add(name string) {
	f.held.mu.Lock()
	defer f.held.mu.Unlock()
	f.held.accounts[name] = &heldLease{Lease: system.Lease{Name: name, Open: true, ExpiresAt: f.held.now.Add(-time.Hour)}, foreign: true}
}

// Names returns the names of all accounts, sorted.
func (f *FakeLeases) Names() []string {
	f.held.mu.Lock()
	defer f.held.mu.Unlock()
	var out []string
	for name := range f.held.accounts {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// Lease returns the lease of the name.
func (f *FakeLeases) Lease(ctx context.Context, name string) (*system.Lease, error) {
	f.held.mu.Lock()
	defer f.held.mu.Unlock()
	held := f.held.accounts[name]
	if ctx.Err() != nil || held == nil || held.foreign {
		return nil, ctx.Err()
	}
	l := held.Lease
	l.Expired, l.Seen = !f.held.now.Before(l.ExpiresAt), held
	return &l, nil
}

func (f *FakeLeases) refused(kind error, happened string) error {
	return &fault.Fault{Kind: kind, Summary: "Unable to Give Lease", Happened: happened, Advice: "Give the right lend."}
}

// OpenLease makes the account.
func (f *FakeLeases) OpenLease(ctx context.Context, o *system.LeaseOrder) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if f.deny {
		return f.refused(fault.ErrDenied, "The right lend is missing.")
	}
	f.held.mu.Lock()
	defer f.held.mu.Unlock()
	for _, role := range o.Roles {
		switch {
		case strings.HasPrefix(role, "admin"):
			return f.refused(fault.ErrDenied, fmt.Sprintf("The role %q is not lent.", role))
		case !slices.Contains(f.held.roles, role):
			return f.refused(fault.ErrConfig, fmt.Sprintf("There is no role %q.", role))
		}
	}
	end := f.held.end(o.End)
	switch {
	case !end.After(f.held.now):
		return f.refused(fault.ErrChanged, "The end has passed.")
	case f.held.accounts[o.Name] != nil:
		return f.refused(fault.ErrUnavailable, "The name is taken.")
	}
	f.held.accounts[o.Name] = &heldLease{Lease: system.Lease{Name: o.Name, Open: true, ExpiresAt: end}, password: o.Password, roles: o.Roles}
	return nil
}

func (h *heldLeases) end(e system.LeaseEnd) time.Time {
	end := h.now.Add(e.TTL)
	if !e.Latest.IsZero() && end.After(e.Latest) {
		end = e.Latest
	}
	return end
}

// RenewLease moves the end of a lease that has not passed.
func (f *FakeLeases) RenewLease(ctx context.Context, l *system.Lease, end system.LeaseEnd) error {
	return f.change(ctx, l, func(held *heldLease) error {
		if held == nil || !held.Open || !f.held.now.Before(held.ExpiresAt) {
			return f.refused(fault.ErrChanged, "The lease has ended.")
		}
		if at := f.held.end(end); at.After(held.ExpiresAt) {
			held.ExpiresAt = at
		}
		return nil
	})
}

// EndLease lets the lease in no longer, and ends its sessions.
func (f *FakeLeases) EndLease(ctx context.Context, l *system.Lease) error {
	return f.change(ctx, l, func(held *heldLease) error {
		if held != nil {
			held.Open, held.Sessions = false, 0
		}
		return nil
	})
}

// RemoveLease removes the account.
func (f *FakeLeases) RemoveLease(ctx context.Context, l *system.Lease) error {
	return f.change(ctx, l, func(held *heldLease) error {
		if held != nil {
			delete(f.held.accounts, held.Name)
		}
		return nil
	})
}

func (f *FakeLeases) change(ctx context.Context, l *system.Lease, do func(*heldLease) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if f.deny {
		return f.refused(fault.ErrDenied, "The right lend is missing.")
	}
	f.held.mu.Lock()
	defer f.held.mu.Unlock()
	held := f.held.accounts[l.Name]
	if held != l.Seen {
		held = nil
	}
	return do(held)
}

// ExpiredLeases returns the names of leases whose end has passed.
func (f *FakeLeases) ExpiredLeases(ctx context.Context) ([]string, error) {
	f.held.mu.Lock()
	defer f.held.mu.Unlock()
	var out []string
	for name, l := range f.held.accounts {
		if !l.foreign && !f.held.now.Before(l.ExpiresAt) {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out, ctx.Err()
}

// LeaseAddress says where a lease can be used.
func (f *FakeLeases) LeaseAddress(name, password string) system.LeaseAddress {
	u := url.URL{Scheme: "fake", User: url.UserPassword(name, password), Host: "db.example.org:1", Path: "/shop"}
	return system.LeaseAddress{Host: "db.example.org", Port: 1, Database: "shop", URL: u.String()}
}
