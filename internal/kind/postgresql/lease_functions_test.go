package postgresql_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/kind/postgresql"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// The schemas of functions for leases: as the page shows them, and with a limit under
// which the suite fits.
const (
	shortLeases = "custody"
	longLeases  = `long "leases"`
)

// prepareFunctions makes the functions for leases twice, and gives an account the right to
// call both.
func prepareFunctions(t *testing.T, s *servers.Database) {
	t.Helper()
	text, err := recipes()
	if err != nil {
		t.Fatal(err)
	}
	account := strings.NewReplacer("custody_leases", identifier(leasesThrough))
	s.PostgresExec(t, account.Replace(text[5]))
	long := strings.NewReplacer("custody.", identifier(longLeases)+".", "SCHEMA custody", "SCHEMA "+identifier(longLeases),
		"SCHEMA IF NOT EXISTS custody", "SCHEMA "+identifier(longLeases), "interval '1 hour'", "interval '2 days'",
		"CREATE ROLE custody_leasable NOLOGIN;", "", "CREATE ROLE custody_leases LOGIN;", "", "custody_leases", identifier(leasesThrough))
	s.PostgresExec(t, long.Replace(text[5]))
	for _, role := range []string{leaseRole, "lease_admins"} {
		s.PostgresExec(t, strings.ReplaceAll(text[6], "app_readers", identifier(role)))
	}
}

// call calls a function with the account that gives leases through functions.
func call(t *testing.T, s *servers.Database, text string, args ...any) error {
	t.Helper()
	c, err := pgx.Connect(t.Context(), s.PostgresURL(leasesThrough))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(context.Background()) //nolint:errcheck // nothing is left to be written
	_, err = c.Exec(t.Context(), "SELECT custody."+text, args...)
	return err
}

// Somebody who has the connection of custody cannot do more with the functions than give
// leases as the administrator has allowed.
func TestWhatTheFunctionsForLeasesRefuse(t *testing.T) {
	for name, newer := range map[string]bool{"15": false, "18": true} {
		t.Run(name, func(t *testing.T) {
			s := giving{newer: newer}.newServer(t)
			verifier := one(t, s, "SELECT rolpassword FROM pg_authid WHERE rolname = $1", leasing)
			s.PostgresExec(t, "CREATE ROLE bystander LOGIN; CREATE ROLE heirs IN ROLE lease_admins, custody_leasable; CREATE ROLE readers_of_files IN ROLE pg_read_server_files, custody_leasable")
			t.Cleanup(func() { s.PostgresExec(t, "DROP ROLE bystander, heirs, readers_of_files") })
			at := func(from string) string { return one(t, s, "SELECT (now() + $1::text::interval)::text", from) }
			name, soon := system.NewLeaseOrder().Name, at("10 minutes")
			const open = "open_lease($1, $2, $3, $4::text::timestamptz, $5)"
			for what, args := range map[string][]any{
				"another name":            {"postgres", verifier, []string{leaseRole}, soon, "x"},
				"a name of the prefix":    {"custody_lease_1", verifier, []string{leaseRole}, soon, "x"},
				"a name and more":         {name + "\n", verifier, []string{leaseRole}, soon, "x"},
				"a password":              {name, "in clear text", []string{leaseRole}, soon, "x"},
				"no password":             {name, nil, []string{leaseRole}, soon, "x"},
				"no roles":                {name, verifier, []string{}, soon, "x"},
				"null":                    {name, verifier, nil, soon, "x"},
				"a role that is null":     {name, verifier, []*string{nil}, soon, "x"},
				"an administrator":        {name, verifier, []string{"lease_admins"}, soon, "x"},
				"a member of one":         {name, verifier, []string{"heirs"}, soon, "x"},
				"who reads files":         {name, verifier, []string{"readers_of_files"}, soon, "x"},
				"a role that is not told": {name, verifier, []string{leaseRole, "bystander"}, soon, "x"},
				"too long":                {name, verifier, []string{leaseRole}, at("61 minutes"), "x"},
				"for ever":                {name, verifier, []string{leaseRole}, "infinity", "x"},
				"without an end":          {name, verifier, []string{leaseRole}, nil, "x"},
				"an end that has passed":  {name, verifier, []string{leaseRole}, at("-1 minute"), "x"},
			} {
				if err := call(t, s, open, args...); !strings.Contains(said(err), "42501") {
					t.Errorf("%s: got %v", what, err)
				}
			}
			if got := one(t, s, "SELECT count(*)::text FROM pg_roles WHERE rolname LIKE $1 || '%'", name); got != "0" {
				t.Errorf("%s roles were made", got)
			}

			// Only leases are changed, and one that has ended does not begin again.
			if err := call(t, s, open, name, verifier, []string{leaseRole}, soon, nil); err != nil {
				t.Fatal(err)
			}
			s.PostgresExec(t, "CREATE ROLE custody_lease_aaaaaaaaaaaaaaaaaaaaaaaaaa LOGIN; COMMENT ON ROLE custody_lease_aaaaaaaaaaaaaaaaaaaaaaaaaa IS 'not a custody lease for x'")
			t.Cleanup(func() { s.PostgresExec(t, "DROP ROLE custody_lease_aaaaaaaaaaaaaaaaaaaaaaaaaa") })
			for what, text := range map[string]string{
				"remove one that may log in":     "remove_lease('" + name + "')",
				"stop another role":              "stop_lease('bystander')",
				"remove another role":            "remove_lease('lease_admins')",
				"end the sessions of another":    "end_lease_sessions('bystander', 1)",
				"renew another role":             "renew_lease('bystander', now() + interval '1 minute')",
				"stop what has another comment":  "stop_lease('custody_lease_aaaaaaaaaaaaaaaaaaaaaaaaaa')",
				"stop null":                      "stop_lease(NULL)",
				"renew too long":                 "renew_lease('" + name + "', now() + interval '61 minutes')",
				"ask for what only they call":    "demand_lease(true, '')",
				"switch a role like an account":  "set_login('bystander', false)",
				"ask of a role like for account": "refusal('bystander')",
			} {
				if err := call(t, s, text); err == nil {
					t.Error(what + " is done")
				}
			}
			s.PostgresExec(t, "ALTER ROLE "+name+" VALID UNTIL '2020-01-01'")
			if err := call(t, s, "renew_lease($1, $2::text::timestamptz)", name, soon); !strings.Contains(said(err), "42501") {
				t.Errorf("a lease that has ended was renewed: %v", err)
			}
			for _, function := range []string{"stop_lease($1)", "remove_lease($1)"} {
				if err := call(t, s, function, name); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

func said(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// What the functions refuse is explained, with what helps.
func TestRefusalsOfTheFunctionsForLeases(t *testing.T) {
	s := giving{}.newServer(t)
	s.PostgresExec(t, "CREATE ROLE bystander NOLOGIN")
	t.Cleanup(func() { s.PostgresExec(t, "DROP ROLE bystander") })
	for name, c := range map[string]struct {
		account, schema, role, actAs string
		ttl                          time.Duration
		kind                         error
		says                         string
	}{
		"too long":         {leasesThrough, shortLeases, leaseRole, "", 61 * time.Minute, fault.ErrDenied, "of at most 1h0m0s, and this one was to last 1h1m0s"},
		"not told":         {leasesThrough, shortLeases, "bystander", "", time.Minute, fault.ErrDenied, `the role "bystander": it is not a member of custody_leasable`},
		"an administrator": {leasesThrough, shortLeases, "lease_admins", "", time.Minute, fault.ErrDenied, "it is an administrator, or can become one"},
		"no role":          {leasesThrough, shortLeases, "nothing", "", time.Minute, fault.ErrConfig, `holds no role "nothing"`},
		"no functions":     {leasesThrough, "elsewhere", leaseRole, "", time.Minute, fault.ErrDenied, "lacks EXECUTE on the function elsewhere.longest_lease"},
		"act_as":           {leasesThrough, shortLeases, leaseRole, leaseRole, time.Minute, fault.ErrConfig, "PostgreSQL lets no function set act_as"},
		"no right":         {idle, shortLeases, leaseRole, "", time.Minute, fault.ErrDenied, `the role "custody idle" lacks EXECUTE`},
	} {
		t.Run(name, func(t *testing.T) {
			by := mustNew(t, postgresql.Config{Name: "shop", DSN: s.PostgresURL(c.account), Functions: c.schema, Timeout: 20 * time.Second})
			o := system.NewLeaseOrder()
			o.For, o.Roles, o.End.TTL, o.ActAs = "x", []string{c.role}, c.ttl, c.actAs
			var f *fault.Fault
			if err := by.OpenLease(t.Context(), &o); !errors.Is(err, c.kind) || !errors.As(err, &f) || !strings.Contains(f.Happened, c.says) || f.Advice == "" {
				t.Errorf("got %v", err)
			}
		})
	}
}

// The statement that helps gives exactly the right that is missing.
func TestTheAdviceForLeasesHelps(t *testing.T) {
	s := giving{}.newServer(t)
	g := giving{functions: true}
	s.PostgresExec(t, "CREATE ROLE novice LOGIN PASSWORD '"+s.Password+"'")
	t.Cleanup(func() { s.PostgresExec(t, "DROP OWNED BY novice; DROP ROLE novice") })
	by := g.as(t, s, "novice")
	o := system.NewLeaseOrder()
	o.For, o.Roles, o.End.TTL = "x", []string{leaseRole}, time.Minute
	var f *fault.Fault
	if err := by.OpenLease(t.Context(), &o); !errors.As(err, &f) {
		t.Fatalf("got %v", err)
	}
	_, statements, ok := strings.Cut(f.Advice, "exactly this right: ")
	if !ok {
		t.Fatalf("the advice is %q", f.Advice)
	}
	s.PostgresExec(t, statements)
	if err := by.OpenLease(t.Context(), &o); err != nil {
		t.Fatal(err)
	}
	l, err := by.Lease(t.Context(), o.Name)
	if err != nil || l == nil {
		t.Fatalf("got %v, %v", l, err)
	}
	if err := errors.Join(by.EndLease(t.Context(), l), by.RemoveLease(t.Context(), l)); err != nil {
		t.Error(err)
	}
}

// The log of a server that logs every statement does not hold the password.
func TestTheLogOfTheServerHoldsNoPassword(t *testing.T) {
	for name, g := range everyGiving {
		t.Run(name, func(t *testing.T) {
			s := g.newServer(t)
			for _, account := range []string{leasing, leasesThrough} {
				s.PostgresExec(t, "ALTER ROLE "+identifier(account)+" SET log_statement = 'all'")
				t.Cleanup(func() { s.PostgresExec(t, "ALTER ROLE "+identifier(account)+" RESET log_statement") })
			}
			by := g.as(t, s, "")
			o := system.NewLeaseOrder()
			o.For, o.Roles, o.End.TTL = "x", []string{leaseRole}, time.Hour
			if err := by.OpenLease(t.Context(), &o); err != nil {
				t.Fatal(err)
			}
			log := one(t, s, "SELECT pg_read_file(current_setting('data_directory') || '/../postgres.log')")
			if !strings.Contains(log, o.Name) || !strings.Contains(log, "SCRAM-SHA-256$") || strings.Contains(log, o.Password) {
				t.Error("the log holds the password, or not the statement")
			}
			l, err := by.Lease(t.Context(), o.Name)
			if err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(by.EndLease(t.Context(), l), by.RemoveLease(t.Context(), l)); err != nil {
				t.Error(err)
			}
		})
	}
}

// How the account writes instants does not move an end: a name of a time zone in it would
// be read as that of another.
func TestEndsInAnotherForm(t *testing.T) {
	for name, newer := range map[string]bool{"15": false, "18": true} {
		t.Run(name, func(t *testing.T) {
			server := newServer(t, newer)
			server.role(t, "ann")
			s, g := giving{newer: newer}.newServer(t), giving{newer: newer, functions: true}
			for _, account := range []string{calling, leasesThrough} {
				s.PostgresExec(t, "ALTER ROLE "+identifier(account)+" SET datestyle = 'SQL, DMY'; ALTER ROLE "+identifier(account)+" SET timezone = 'Asia/Kolkata'")
				t.Cleanup(func() {
					s.PostgresExec(t, "ALTER ROLE "+identifier(account)+" RESET datestyle; ALTER ROLE "+identifier(account)+" RESET timezone")
				})
			}
			target := mustNew(t, server.as(calling, true))
			a, err := target.Account(t.Context(), "ann")
			if err != nil || a == nil {
				t.Fatalf("got %v, %v", a, err)
			}
			end := time.Date(2031, time.March, 4, 5, 6, 7, 0, time.UTC)
			if err := target.SetEnd(t.Context(), a, end); err != nil {
				t.Error(err)
			}
			if a, err := target.Account(t.Context(), "ann"); err != nil || !a.ExpiresAt.Equal(end) {
				t.Errorf("got %+v, %v", a, err)
			}
			by := g.as(t, s, "")
			o := system.NewLeaseOrder()
			o.For, o.Roles, o.End.TTL = "x", []string{leaseRole}, time.Hour
			if err := by.OpenLease(t.Context(), &o); err != nil {
				t.Fatal(err)
			}
			if got := one(t, s, "SELECT (rolvaliduntil BETWEEN now() + interval '59 minutes' AND now() + interval '1 hour')::text FROM pg_roles WHERE rolname = $1", o.Name); got != "true" {
				t.Error("the lease ends at another time")
			}
			s.PostgresExec(t, "DROP ROLE "+o.Name)
		})
	}
}
