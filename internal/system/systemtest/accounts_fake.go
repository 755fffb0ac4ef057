package systemtest

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// FakeAccounts is a target of accounts in memory. It is safe for concurrent use.
type FakeAccounts struct {
	name string
	held *heldAccounts
	deny bool
}

type heldAccounts struct {
	mu       sync.Mutex
	accounts map[string]*heldAccount // by the subject, folded
}

type heldAccount struct {
	system.Account
	revision int
}

var _ system.Accounts = (*FakeAccounts)(nil)

// NewFakeAccounts returns a target whose accounts are enabled and have a session
// each.
func NewFakeAccounts(name string, subjects ...string) *FakeAccounts {
	f := &FakeAccounts{name: name, held: &heldAccounts{accounts: make(map[string]*heldAccount)}}
	for i, subject := range subjects {
		f.held.accounts[system.Fold(subject)] = &heldAccount{Account: system.Account{
			ID: fmt.Sprint(i + 1), Name: subject, Enabled: true, Issued: []string{"session 1"},
		}}
	}
	return f
}

// Reader returns a target of the same accounts that may change none.
func (f *FakeAccounts) Reader() *FakeAccounts {
	return &FakeAccounts{name: f.name, held: f.held, deny: true}
}

// Remove deletes an account.
func (f *FakeAccounts) Remove(subject string) {
	f.held.mu.Lock()
	defer f.held.mu.Unlock()
	delete(f.held.accounts, system.Fold(subject))
}

// Name returns the name of the fake.
func (f *FakeAccounts) Name() string { return f.name }

// Kind returns "fake".
func (f *FakeAccounts) Kind() string { return "fake" }

// AccountActs lists every act.
func (f *FakeAccounts) AccountActs() []system.AccountAct {
	return []system.AccountAct{system.EnableAccount, system.DisableAccount, system.SetAccountEnd, system.EndSessions}
}

// Account returns the account that the subject names.
func (f *FakeAccounts) Account(ctx context.Context, subject string) (*system.Account, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	key, ok := system.UsableKey(subject)
	f.held.mu.Lock()
	defer f.held.mu.Unlock()
	held := f.held.accounts[system.Fold(key)]
	if held == nil || !ok {
		return nil, nil
	}
	a := held.Account
	a.Seen = held.revision
	return &a, nil
}

// SetEnabled switches the account on or off.
func (f *FakeAccounts) SetEnabled(ctx context.Context, a *system.Account, enabled bool) error {
	return f.change(ctx, a, enabled, func(held *heldAccount) { held.Enabled = enabled })
}

// SetEnd sets from when on the account is refused.
func (f *FakeAccounts) SetEnd(ctx context.Context, a *system.Account, end time.Time) error {
	return f.change(ctx, a, true, func(held *heldAccount) { held.ExpiresAt = end })
}

// EndSessions ends the session.
func (f *FakeAccounts) EndSessions(ctx context.Context, a *system.Account) error {
	return f.change(ctx, a, false, func(held *heldAccount) { held.Issued = nil })
}

// change changes the account that was read; if it says so, only as it was read.
func (f *FakeAccounts) change(ctx context.Context, a *system.Account, asRead bool, do func(*heldAccount)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	refused := func(kind error, happened string) error {
		return &fault.Fault{Kind: kind, Summary: "Unable to Switch Account", Happened: happened, Advice: "Give the right write."}
	}
	if f.deny {
		return refused(fault.ErrDenied, "The right write is missing.")
	}
	f.held.mu.Lock()
	defer f.held.mu.Unlock()
	held := f.held.accounts[system.Fold(a.Name)]
	switch {
	case held == nil:
		return refused(fault.ErrChanged, "The account is gone.")
	case asRead && held.revision != a.Seen:
		return refused(fault.ErrChanged, "The account has changed.")
	}
	held.revision++
	do(held)
	return nil
}
