package systemtest

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// LeaseStage is a giver of leases under test, and what the suite does in its system.
type LeaseStage struct {
	// Giver logs in with exactly the rights that the documentation names. Another does
	// so too and has seen nothing yet.
	Giver   system.Leases
	Another func(t *testing.T) system.Leases
	// Denied has no right to give leases. Right is what its errors must name.
	Denied system.Leases
	Right  string
	// Role is a role that may be given, and Ungiven one that may not.
	Role, Ungiven string
	// Login opens a session with a name and a password, and returns whether the session
	// still works; nil if the system does not let it in.
	Login func(t *testing.T, name, password string) func() bool
	// Uses reports whether the name and the password open what the role opens.
	Uses func(t *testing.T, name, password string) bool
	// Expire lets the end of a lease pass.
	Expire func(t *testing.T, name string)
	// Foreign makes an account that is named like a lease and is none. Its end has
	// passed.
	Foreign func(t *testing.T, name string)
	// Exists reports whether the system holds an account of the name.
	Exists func(t *testing.T, name string) bool
}

// LeasesHarness is how a kind of system enters the suite of leases.
type LeasesHarness struct {
	Open   func(t *testing.T) LeaseStage
	Broken map[string]func(t *testing.T) system.Leases
}

// Leases holds a kind of system to what the capability Leases promises.
func Leases(t *testing.T, h LeasesHarness) {
	a := leaseSuite{h}
	t.Run("opened, ended and removed", a.whole)
	t.Run("a name and a password of its own", a.unique)
	t.Run("ends by itself", a.expires)
	t.Run("bounded", a.bounded)
	t.Run("renewed", a.renewed)
	t.Run("swept", a.swept)
	t.Run("absent and foreign", a.foreign)
	t.Run("twice and gone", a.twice)
	t.Run("without the right", a.denied)
	t.Run("roles that cannot be given", a.roles)
	t.Run("cancelled", a.cancelled)
	for name, broken := range h.Broken {
		t.Run("unavailable: "+name, func(t *testing.T) { a.unavailable(t, broken(t)) })
	}
}

type leaseSuite struct{ h LeasesHarness }

func (s *LeaseStage) order(ttl time.Duration) system.LeaseOrder {
	o := system.NewLeaseOrder()
	o.For, o.Roles, o.End = `cmdb/APP-1#it's "reports"`, []string{s.Role}, system.LeaseEnd{TTL: ttl}
	return o
}

func (s *LeaseStage) open(t *testing.T) system.LeaseOrder {
	t.Helper()
	o := s.order(time.Hour)
	ok(t, s.Giver.OpenLease(t.Context(), &o))
	return o
}

// lease returns the lease as a giver sees it that remembers nothing.
func (s *LeaseStage) lease(t *testing.T, name string) *system.Lease {
	t.Helper()
	l, err := s.Another(t).Lease(t.Context(), name)
	if err != nil || l == nil {
		t.Fatalf("Lease(%q) = %v, %v", name, l, err)
	}
	return l
}

func (s *LeaseStage) wantGone(t *testing.T, name string) {
	t.Helper()
	if l, err := s.Another(t).Lease(t.Context(), name); l != nil || err != nil || s.Exists(t, name) {
		t.Errorf("the lease is there: %+v, %v", l, err)
	}
}

func (a leaseSuite) whole(t *testing.T) {
	s := a.h.Open(t)
	o := s.open(t)
	l := s.lease(t, o.Name)
	if !l.Open || l.Expired || l.Sessions != 0 || l.ExpiresAt.IsZero() || l.Name != o.Name {
		t.Errorf("got %+v", l)
	}
	if !s.Uses(t, o.Name, o.Password) {
		t.Error("the lease does not open what its role opens")
	}
	works := s.Login(t, o.Name, o.Password)
	if works == nil || !works() {
		t.Fatal("the system does not let the lease in")
	}
	if s.Login(t, o.Name, o.Password+"x") != nil {
		t.Error("the system lets another password in")
	}
	if got := s.lease(t, o.Name); got.Sessions == 0 {
		t.Errorf("the session is not seen: %+v", got)
	}
	ok(t, s.Giver.EndLease(t.Context(), l))
	if works() || s.Login(t, o.Name, o.Password) != nil {
		t.Error("a lease that was ended goes on")
	}
	if got := s.lease(t, o.Name); got.Open || got.Sessions != 0 {
		t.Errorf("got %+v", got)
	}
	ok(t, s.Giver.RemoveLease(t.Context(), l))
	s.wantGone(t, o.Name)
}

func (a leaseSuite) unique(t *testing.T) {
	s := a.h.Open(t)
	one, two := s.order(time.Hour), s.order(time.Hour)
	if one.Name == two.Name || one.Password == two.Password || len(one.Password) < 32 || !strings.HasPrefix(one.Name, system.LeasePrefix) {
		t.Errorf("%q and %q", one.Name, two.Name)
	}
	address := s.Giver.LeaseAddress(one.Name, one.Password)
	if address.URL == "" || !strings.Contains(address.URL, one.Password) || address.Host == "" {
		t.Errorf("got %+v", address)
	}
}

func (a leaseSuite) expires(t *testing.T) {
	s := a.h.Open(t)
	o := s.open(t)
	s.Expire(t, o.Name)
	if s.Login(t, o.Name, o.Password) != nil {
		t.Error("the system lets in a lease whose end has passed")
	}
	if l := s.lease(t, o.Name); !l.Expired {
		t.Errorf("got %+v", l)
	}
}

func (a leaseSuite) bounded(t *testing.T) {
	s := a.h.Open(t)
	reference := s.open(t)
	end := s.lease(t, reference.Name).ExpiresAt
	o := s.order(24 * time.Hour)
	o.End.Latest = end
	ok(t, s.Giver.OpenLease(t.Context(), &o))
	if l := s.lease(t, o.Name); !l.ExpiresAt.Equal(end) {
		t.Errorf("it ends at %s, not at %s", l.ExpiresAt, end)
	}
	late := s.order(time.Hour)
	late.End.Latest = past
	_ = wantKind(t, s.Giver.OpenLease(t.Context(), &late), fault.ErrChanged)
	s.wantGone(t, late.Name)
}

func (a leaseSuite) renewed(t *testing.T) {
	s := a.h.Open(t)
	o := s.open(t)
	before := s.lease(t, o.Name)
	ok(t, s.Giver.RenewLease(t.Context(), before, system.LeaseEnd{TTL: 2 * time.Hour}))
	after := s.lease(t, o.Name)
	if !after.ExpiresAt.After(before.ExpiresAt) || !after.Open {
		t.Errorf("it ended at %s and ends at %s", before.ExpiresAt, after.ExpiresAt)
	}
	ok(t, s.Giver.RenewLease(t.Context(), after, system.LeaseEnd{TTL: 24 * time.Hour, Latest: after.ExpiresAt.Add(time.Minute)}))
	if l := s.lease(t, o.Name); !l.ExpiresAt.Equal(after.ExpiresAt.Add(time.Minute)) {
		t.Errorf("it ends at %s", l.ExpiresAt)
	}
	ok(t, s.Giver.RenewLease(t.Context(), s.lease(t, o.Name), system.LeaseEnd{TTL: time.Minute}))
	if l := s.lease(t, o.Name); !l.ExpiresAt.Equal(after.ExpiresAt.Add(time.Minute)) {
		t.Errorf("it was moved earlier, to %s", l.ExpiresAt)
	}
	s.Expire(t, o.Name)
	_ = wantKind(t, s.Giver.RenewLease(t.Context(), s.lease(t, o.Name), system.LeaseEnd{TTL: time.Hour}), fault.ErrChanged)
	ok(t, s.Giver.EndLease(t.Context(), s.lease(t, o.Name)))
	_ = wantKind(t, s.Giver.RenewLease(t.Context(), s.lease(t, o.Name), system.LeaseEnd{TTL: time.Hour}), fault.ErrChanged)
	if s.Login(t, o.Name, o.Password) != nil {
		t.Error("a lease that was ended came back")
	}
}

func (a leaseSuite) swept(t *testing.T) {
	s := a.h.Open(t)
	fresh, old := s.open(t), s.open(t)
	foreign := system.NewLeaseOrder().Name
	s.Foreign(t, foreign)
	s.Expire(t, old.Name)
	names, err := s.Another(t).ExpiredLeases(t.Context())
	if err != nil || !slices.Contains(names, old.Name) || slices.Contains(names, fresh.Name) || slices.Contains(names, foreign) {
		t.Errorf("got %q, %v", names, err)
	}
	l := s.lease(t, old.Name)
	ok(t, s.Giver.EndLease(t.Context(), l))
	ok(t, s.Giver.RemoveLease(t.Context(), l))
	s.wantGone(t, old.Name)
	if names, err := s.Another(t).ExpiredLeases(t.Context()); err != nil || slices.Contains(names, old.Name) {
		t.Errorf("got %q, %v", names, err)
	}
}

func (a leaseSuite) foreign(t *testing.T) {
	s := a.h.Open(t)
	foreign := system.NewLeaseOrder().Name
	s.Foreign(t, foreign)
	for _, name := range append([]string{"", system.LeasePrefix, foreign, system.NewLeaseOrder().Name, system.LeasePrefix + "\x00"}, hostile...) {
		if l, err := s.Giver.Lease(t.Context(), name); l != nil || err != nil {
			t.Errorf("Lease(%q) = %+v, %v", name, l, err)
		}
	}
}

func (a leaseSuite) twice(t *testing.T) {
	s := a.h.Open(t)
	o := s.open(t)
	l := s.lease(t, o.Name)
	if err := s.Giver.OpenLease(t.Context(), &o); err == nil {
		t.Error("a second lease of the name was opened")
	}
	for range 2 {
		ok(t, s.Giver.EndLease(t.Context(), l))
	}
	for range 2 {
		ok(t, s.Giver.RemoveLease(t.Context(), l))
	}
	ok(t, s.Giver.EndLease(t.Context(), l))
	if err := s.Giver.RenewLease(t.Context(), l, system.LeaseEnd{TTL: time.Hour}); err == nil {
		t.Error("a lease that is gone was renewed")
	}
	s.wantGone(t, o.Name)
}

func (a leaseSuite) denied(t *testing.T) {
	s := a.h.Open(t)
	o := s.order(time.Hour)
	f := wantKind(t, s.Denied.OpenLease(t.Context(), &o), fault.ErrDenied)
	if !strings.Contains(f.Happened, s.Right) || !strings.Contains(f.Advice, s.Right) {
		t.Errorf("the error does not name %q: %+v", s.Right, f)
	}
	s.wantGone(t, o.Name)
	mine := s.open(t)
	if err := s.Denied.EndLease(t.Context(), s.lease(t, mine.Name)); err == nil {
		t.Error("a lease was ended without the right")
	}
}

func (a leaseSuite) roles(t *testing.T) {
	s := a.h.Open(t)
	for role, kind := range map[string]error{`no "such" role'; --`: fault.ErrConfig, s.Ungiven: fault.ErrDenied} {
		o := s.order(time.Hour)
		o.Roles = append(o.Roles, role)
		f := wantKind(t, s.Giver.OpenLease(t.Context(), &o), kind)
		if !strings.Contains(f.Happened, strconv.Quote(role)) {
			t.Errorf("the error does not name %q: %+v", role, f)
		}
		s.wantGone(t, o.Name)
	}
}

func (a leaseSuite) cancelled(t *testing.T) {
	s := a.h.Open(t)
	o := s.open(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	l, err := s.Another(t).Lease(ctx, o.Name)
	n := 0
	if l != nil {
		n = 1
	}
	wantCancelled(t, n, err)
	another := s.order(time.Hour)
	wantCancelled(t, 0, s.Another(t).OpenLease(ctx, &another))
	s.wantGone(t, another.Name)
}

func (a leaseSuite) unavailable(t *testing.T, giver system.Leases) {
	l, err := giver.Lease(t.Context(), system.NewLeaseOrder().Name)
	if l != nil {
		t.Errorf("got %+v", l)
	}
	WantUnavailable(t, 0, err)
	names, err := giver.ExpiredLeases(t.Context())
	WantUnavailable(t, len(names), err)
	o := system.NewLeaseOrder()
	o.Roles, o.End.TTL = []string{"any"}, time.Hour
	WantUnavailable(t, 0, giver.OpenLease(t.Context(), &o))
}
