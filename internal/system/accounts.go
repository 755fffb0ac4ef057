package system

import (
	"context"
	"slices"
	"time"
)

// AccountAct is something that can be done with an account that exists.
type AccountAct string

// The acts. No account is ever created or deleted.
const (
	EnableAccount  AccountAct = "enable"
	DisableAccount AccountAct = "disable"
	SetAccountEnd  AccountAct = "set the end of"
	EndSessions    AccountAct = "end the sessions of"
)

// Account is what a system shows of one account.
type Account struct {
	// ID identifies the account for good. If its name is given to another account,
	// that account has another ID.
	ID string
	// Name is what the system calls the account.
	Name string
	// Enabled reports whether the account is switched on in effect: a lock that the
	// system does not enforce leaves it on. An end that has passed does not switch
	// it off.
	Enabled bool
	// ExpiresAt is from when on the account is refused; zero if it has no end.
	ExpiresAt time.Time
	// EndUnknown reports that ExpiresAt says nothing: the system knows no ends, or
	// the right to read them is missing.
	EndUnknown bool
	// LastUsedAt is the time of the last login; zero if the system does not show it.
	LastUsedAt time.Time
	// Issued is what the account has been given and still works: sessions, tokens,
	// leases. Each is a text for people, without a secret.
	Issued []string
	// Unlisted names what else the account may have been given, which the system does
	// not list; empty if Issued is complete. EndSessions ends it as well, and nothing
	// shows that: the caller remembers that EndSessions was accepted.
	Unlisted string
	// Refusals say of acts why they cannot be done with this account, as far as that
	// is known before they are tried.
	Refusals map[AccountAct]error
	// Seen is what the system needs in order to act on the account as it was read.
	// Callers do not look at it.
	Seen any
}

// Accounts is the capability to switch accounts that exist on and off.
//
// Account remembers nothing: every call asks the system, so that what was done can
// be read back. The other methods act on an account as Account returned it, and
// return nil once the system has accepted the change; whether it took effect is for
// Account to show. An act that the account is already in does no harm.
//
// An error is a *fault.Fault: of kind fault.ErrUnavailable if the system could not
// be asked or may or may not have acted, of kind fault.ErrDenied if a right is
// missing, which it then names, of kind fault.ErrChanged if the account is no longer
// as it was read, and of kind fault.ErrConfig if the subject names several accounts
// or the system cannot do it. The one other error is that of a context that ended.
type Accounts interface {
	System
	// AccountActs lists what the kind of system can do with accounts. It costs
	// nothing and asks the system nothing.
	AccountActs() []AccountAct
	// Account returns the account that the subject names: an id or a user name,
	// without regard to case. It is nil if a healthy system proves it absent.
	Account(ctx context.Context, subject string) (*Account, error)
	// SetEnabled switches the account on or off.
	SetEnabled(ctx context.Context, a *Account, enabled bool) error
	// SetEnd sets from when on the account is refused; the zero time takes the end
	// away.
	SetEnd(ctx context.Context, a *Account, end time.Time) error
	// EndSessions ends what Issued lists, and what Unlisted names.
	EndSessions(ctx context.Context, a *Account) error
}

// CanAct reports whether a kind of system can do something with accounts.
func CanAct(s Accounts, act AccountAct) bool { return slices.Contains(s.AccountActs(), act) }
