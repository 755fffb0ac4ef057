package vault_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/kind/vault"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// shop is a server that gives accounts of a real database, and what may give leases of it
// with exactly the rights of the page.
type shop struct {
	*stage
	database *servers.Database
	rules    string
	giver    *vault.System
}

// eachShop runs a test on a Vault and on an OpenBao.
func eachShop(t *testing.T, test func(t *testing.T, s *shop)) {
	servers.EachVault(t, func(t *testing.T, v *servers.VaultServer) { test(t, newShop(t, v)) })
}

func newShop(t *testing.T, v *servers.VaultServer) *shop {
	t.Helper()
	page, err := os.ReadFile("../../../templates/ephemeral-resources/lease.md.tmpl")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile("(?s)```hcl\n(.*?)```").FindSubmatch(page)
	if found == nil {
		t.Fatal("the page holds no policy")
	}
	s := &shop{stage: newStage(t, v), database: servers.Postgres(t), rules: string(found[1])}
	s.Database(t, s.database, "app_readers", "admins")
	s.giver = s.as(s.Token(t, "leases", s.rules))
	return s
}

func (s *shop) order(ttl time.Duration) *system.LeaseOrder {
	o := system.NewLeaseOrder()
	o.For, o.Roles, o.End.TTL = `cmdb/APP-1#it's "reports"`, []string{"database/creds/app_readers"}, ttl
	return &o
}

// lets reports whether the database lets a lease in.
func (s *shop) lets(o *system.LeaseOrder) bool {
	config, err := pgx.ParseConfig(s.database.PostgresURL(s.database.Admin))
	if err != nil {
		s.t.Fatal(err)
	}
	config.User, config.Password = o.Username, o.Password
	c, err := pgx.ConnectConfig(context.Background(), config)
	if err == nil {
		_ = c.Close(context.Background())
	}
	return err == nil
}

func (s *shop) lease(by *vault.System, name string) *system.Lease {
	s.t.Helper()
	l, err := by.Lease(s.t.Context(), name)
	if err != nil {
		s.t.Fatal(err)
	}
	return l
}

func TestALease(t *testing.T) { eachShop(t, testALease) }

func testALease(t *testing.T, s *shop) {
	o := s.order(10 * time.Minute)
	if err := s.giver.OpenLease(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if o.Username == o.Name || !s.lets(o) {
		t.Errorf("the database does not let %q in", o.Username)
	}
	l := s.lease(s.giver, o.Name)
	if l == nil || !l.Open || l.Expired || l.Name != o.Name || l.ExpiresAt.IsZero() {
		t.Fatalf("got %+v", l)
	}
	if other := s.lease(s.as(s.Token(t, "leases", s.rules)), o.Name); other == nil || other.ExpiresAt.After(l.ExpiresAt.Add(2*time.Second)) {
		t.Errorf("another process sees %+v", other)
	}

	// It is renewed, and never moved earlier than it has to be.
	if err := s.giver.RenewLease(t.Context(), l, system.LeaseEnd{TTL: 20 * time.Minute}); err != nil {
		t.Fatal(err)
	}
	renewed := s.lease(s.giver, o.Name)
	if !renewed.ExpiresAt.After(l.ExpiresAt.Add(5 * time.Minute)) {
		t.Errorf("it ended at %s and ends at %s", l.ExpiresAt, renewed.ExpiresAt)
	}

	for range 2 {
		if err := s.giver.EndLease(t.Context(), l); err != nil {
			t.Fatal(err)
		}
		if s.lets(o) || s.lease(s.giver, o.Name) != nil {
			t.Error("a lease that was ended goes on")
		}
		if err := s.giver.RemoveLease(t.Context(), l); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.giver.RenewLease(t.Context(), l, system.LeaseEnd{TTL: time.Hour}); !errors.Is(err, fault.ErrChanged) {
		t.Errorf("a lease that has ended was renewed: %v", err)
	}
	for _, name := range []string{"", system.LeasePrefix, o.Name, "custody_lease_\x00", "root"} {
		if l := s.lease(s.giver, name); l != nil {
			t.Errorf("Lease(%q) = %+v", name, l)
		}
	}
}

// If the process is killed, Vault revokes the token at its end, and with it the account in
// the database.
func TestALeaseThatIsLeft(t *testing.T) {
	eachShop(t, func(t *testing.T, s *shop) {
		o := s.order(time.Minute)
		if err := s.giver.OpenLease(t.Context(), o); err != nil || !s.lets(o) {
			t.Fatal(err)
		}
		var made struct{ Data struct{ Keys []string } }
		s.Call(t, http.MethodGet, "auth/token/accessors?list=true", nil, &made)
		for _, accessor := range made.Data.Keys {
			var of struct {
				Data struct{ Meta map[string]string }
			}
			if s.Ask(t, s.Root(), http.MethodPost, "auth/token/lookup-accessor", map[string]string{"accessor": accessor}, &of); of.Data.Meta["custody_lease"] == o.Name {
				if got := of.Data.Meta["custody_lease_for"]; got != o.For {
					t.Errorf("the lease is for %q", got)
				}
				s.Call(t, http.MethodPost, "auth/token/revoke-accessor", map[string]string{"accessor": accessor}, nil)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := servers.Await(ctx, nil, func(context.Context) error {
			if s.lets(o) {
				return errors.New("the database lets the lease in")
			}
			return nil
		}); err != nil {
			t.Error(err)
		}
		if names, err := s.giver.ExpiredLeases(t.Context()); len(names) > 0 || err != nil {
			t.Errorf("got %q, %v", names, err)
		}
	})
}

// A lease that cannot be given leaves nothing behind, and says why.
func TestLeasesThatAreRefused(t *testing.T) {
	eachShop(t, func(t *testing.T, s *shop) {
		s.Call(t, http.MethodPost, "sys/mounts/plain", map[string]string{"type": "kv"}, nil)
		t.Cleanup(func() { s.Call(t, http.MethodDelete, "sys/mounts/plain", nil, nil) })
		s.Call(t, http.MethodPost, "plain/fixed", map[string]string{"username": "ann", "password": "fixed"}, nil)
		without := func(path string) *vault.System {
			var left []string
			for line := range strings.SplitSeq(s.rules, "\n") {
				if !strings.Contains(line, `"`+path+`"`) {
					left = append(left, line)
				}
			}
			return s.as(s.Token(t, "fewer", strings.Join(left, "\n")))
		}
		more := s.as(s.Token(t, "more", s.rules+"\npath \"plain/fixed\" { capabilities = [\"read\"] }\npath \"database/creds/none\" { capabilities = [\"read\"] }"))
		for name, c := range map[string]struct {
			by     *vault.System
			change func(o *system.LeaseOrder)
			kind   error
			says   string
		}{
			"no right to make a token": {without("auth/token/create"), func(*system.LeaseOrder) {}, fault.ErrDenied, `"update" on auth/token/create`},
			"no right to the secret":   {s.giver, func(o *system.LeaseOrder) { o.Roles[0] = "database/creds/admins" }, fault.ErrDenied, `"read" on database/creds/admins`},
			"no such secret":           {more, func(o *system.LeaseOrder) { o.Roles[0] = "database/creds/none" }, fault.ErrConfig, `no dynamic secret "database/creds/none"`},
			"a secret without a lease": {more, func(o *system.LeaseOrder) { o.Roles[0] = "plain/fixed" }, fault.ErrConfig, "not a lease with a user name"},
			"two secrets":              {s.giver, func(o *system.LeaseOrder) { o.Roles = append(o.Roles, "database/creds/admins") }, fault.ErrConfig, "one dynamic secret"},
			"another role":             {s.giver, func(o *system.LeaseOrder) { o.ActAs = "app_readers" }, fault.ErrConfig, "without act_as"},
			"a path that climbs":       {s.giver, func(o *system.LeaseOrder) { o.Roles[0] = "database/../sys/auth" }, fault.ErrConfig, "not the path"},
			"a part of Vault":          {s.giver, func(o *system.LeaseOrder) { o.Roles[0] = "auth/token/lookup-self" }, fault.ErrConfig, "not the path"},
			"an end that has passed":   {s.giver, func(o *system.LeaseOrder) { o.End.Latest = time.Date(2020, time.January, 1, 0, 0, 0, 0, time.UTC) }, fault.ErrChanged, "ends before the lease"},
			"no server":                {s.as(canary, func(c *vault.Config) { c.URL = "http://127.0.0.1:1" }), func(*system.LeaseOrder) {}, fault.ErrUnavailable, "could not be reached"},
		} {
			t.Run(name, func(t *testing.T) {
				o := s.order(time.Hour)
				c.change(o)
				var f *fault.Fault
				if err := c.by.OpenLease(t.Context(), o); !errors.Is(err, c.kind) || !errors.As(err, &f) || !strings.Contains(f.Happened, c.says) || f.Advice == "" || o.Username != o.Name {
					t.Errorf("got %v", err)
				}
				if l := s.lease(s.giver, o.Name); l != nil {
					t.Errorf("a token is left: %+v", l)
				}
			})
		}
	})
}

// The end of a lease is never later than that of what justifies it.
func TestTheEndOfALease(t *testing.T) {
	eachShop(t, func(t *testing.T, s *shop) {
		reference := s.order(10 * time.Minute)
		if err := s.giver.OpenLease(t.Context(), reference); err != nil {
			t.Fatal(err)
		}
		end := s.lease(s.giver, reference.Name).ExpiresAt
		o := s.order(24 * time.Hour)
		o.End.Latest = end
		if err := s.giver.OpenLease(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		l := s.lease(s.giver, o.Name)
		if l.ExpiresAt.After(end) || l.ExpiresAt.Before(end.Add(-time.Minute)) {
			t.Errorf("it ends at %s, and %s is the latest", l.ExpiresAt, end)
		}
		if err := s.giver.RenewLease(t.Context(), l, system.LeaseEnd{TTL: time.Hour, Latest: end}); err != nil {
			t.Fatal(err)
		}
		if again := s.lease(s.giver, o.Name); again.ExpiresAt.After(end) {
			t.Errorf("it ends at %s, and %s is the latest", again.ExpiresAt, end)
		}
		for _, one := range []*system.LeaseOrder{reference, o} {
			if err := s.giver.EndLease(t.Context(), s.lease(s.giver, one.Name)); err != nil || s.lets(one) {
				t.Error(fmt.Errorf("%s: %w", one.Name, err))
			}
		}
	})
}

// A lease whose answer was lost is not open: nobody has its secret. What is left of it is
// found and removed.
func TestLeasesWhoseAnswerIsLost(t *testing.T) {
	s := newShop(t, servers.Vault(t))
	b, address := s.between()
	by := s.as(s.Token(t, "leases", s.rules), func(c *vault.Config) { c.URL = address })
	lost := func(healthy http.Handler) http.Handler {
		return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			healthy.ServeHTTP(httptest.NewRecorder(), r)
			panic(http.ErrAbortHandler)
		})
	}
	for name, path := range map[string]string{"the token": "/v1/auth/token/create", "the secret": "/v1/database/creds/app_readers"} {
		t.Run(name, func(t *testing.T) {
			b.spoil = func(asked string, healthy http.Handler) http.Handler {
				switch asked {
				case path:
					return lost(healthy)
				case "/v1/auth/token/revoke-accessor":
					return http.NotFoundHandler()
				}
				return healthy
			}
			o := s.order(time.Hour)
			if err := by.OpenLease(t.Context(), o); !errors.Is(err, fault.ErrUnavailable) {
				t.Fatalf("got %v", err)
			}
			b.spoil = nil
			l := s.lease(by, o.Name)
			if l == nil || l.Open {
				t.Fatalf("got %+v", l)
			}
			if err := by.RemoveLease(t.Context(), l); err != nil || s.lease(by, o.Name) != nil {
				t.Errorf("a token is left: %v", err)
			}
		})
	}
}
