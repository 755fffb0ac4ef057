package system

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"strings"
	"time"
)

// LeasePrefix is the beginning of the names of all leases. Nothing that is named
// otherwise is ever ended or removed as a lease.
const LeasePrefix = "custody_lease_"

// LeaseOrder is what is asked of a system that gives leases.
type LeaseOrder struct {
	Name     string // from NewLeaseOrder
	Password string // from NewLeaseOrder
	// Username is what logs in: Name, unless the system chooses a user name and a password
	// itself. It then writes both into the order when it opens the lease.
	Username string
	// For says what the lease is for: the id of a grant. It is kept beside the lease.
	For string
	// Roles are those of the system that the lease has, at least one.
	Roles []string
	// ActAs is one of the roles, which owns what the lease makes; empty for the lease
	// itself.
	ActAs string
	End   LeaseEnd
}

// LeaseEnd says when a lease ends by itself. The system's own clock counts.
type LeaseEnd struct {
	TTL time.Duration // from now on
	// Latest is the instant that the end never exceeds; zero for none.
	Latest time.Time
}

// NewLeaseOrder returns an order with a name and a password that nobody can guess.
func NewLeaseOrder() LeaseOrder {
	secret := make([]byte, 32)
	_, _ = rand.Read(secret) // it never fails
	name := LeasePrefix + strings.ToLower(rand.Text())
	return LeaseOrder{Name: name, Username: name, Password: base64.RawURLEncoding.EncodeToString(secret)}
}

// Lease is a credential that a system accepts for a short time.
type Lease struct {
	// Name is what the system calls the account of the lease.
	Name string
	// Open reports whether the system lets the lease in, but for its end.
	Open bool
	// Expired reports whether the end has passed, by the system's own clock.
	Expired bool
	// ExpiresAt is from when on the system refuses the password.
	ExpiresAt time.Time
	// Sessions is how many sessions of the lease are open. An end does not end them.
	Sessions int
	// Seen is what the system needs in order to act on the lease as it was read.
	// Callers do not look at it.
	Seen any
}

// LeaseAddress is where a lease can be used.
type LeaseAddress struct {
	Host     string
	Port     int
	Database string
	// URL is a whole connection string, with the name and the password.
	URL string
}

// Leases is the capability to give credentials for a short time.
//
// Lease remembers nothing: every call asks the system, so that what was done can be
// read back. The other methods return nil once the system has accepted the change. Errors
// are those of Accounts; what is wrong with the roles of an order is of kind
// fault.ErrConfig.
type Leases interface {
	System
	// Lease returns the lease of the name; nil if a healthy system proves it absent.
	// An account that is not a lease is absent.
	Lease(ctx context.Context, name string) (*Lease, error)
	// OpenLease makes the account. It ends by itself, whatever becomes of the run.
	OpenLease(ctx context.Context, o *LeaseOrder) error
	// RenewLease moves the end of a lease that has not passed. It never moves it
	// earlier.
	RenewLease(ctx context.Context, l *Lease, end LeaseEnd) error
	// EndLease lets the lease in no longer, and then ends its sessions.
	EndLease(ctx context.Context, l *Lease) error
	// RemoveLease removes the account of a lease that was ended. It removes nothing
	// that the lease has made.
	RemoveLease(ctx context.Context, l *Lease) error
	// ExpiredLeases returns the names of leases whose end has passed and that this
	// system may remove, at most 100.
	ExpiredLeases(ctx context.Context) ([]string, error)
	// LeaseAddress says where a lease can be used; nothing if the system does not know. It
	// asks the system nothing.
	LeaseAddress(name, password string) LeaseAddress
}
