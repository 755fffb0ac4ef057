package postgresql_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/kind/postgresql"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

// The account that gives leases, its role, and one that it may not give.
const (
	leasing       = `custody "leases"`
	leasesThrough = `custody leases through functions`
	idle          = `custody idle`
	leaseRole     = `lease 'readers'`
)

var leasePrepared sync.Map

// leaseRecipes returns the statements of the page: before version 16, and from it on.
func leaseRecipes(t *testing.T) [][]byte {
	t.Helper()
	page, err := os.ReadFile("../../../templates/ephemeral-resources/lease.md.tmpl")
	if err != nil {
		t.Fatal(err)
	}
	var out [][]byte
	for _, m := range regexp.MustCompile("(?s)```sql\n(.*?)```").FindAllSubmatch(page, -1) {
		out = append(out, m[1])
	}
	if len(out) != 2 {
		t.Fatalf("the page holds %d recipes", len(out))
	}
	return out
}

// giving is how a server gives leases: by an account that may make roles, or through the
// functions of the page.
type giving struct{ newer, functions bool }

// everyGiving is each of them, with what a test calls it.
var everyGiving = map[string]giving{
	"15": {}, "18": {newer: true}, "15 through functions": {functions: true}, "18 through functions": {newer: true, functions: true},
}

// newServer returns a server on which the accounts that give leases have exactly the
// rights of the pages.
func (g giving) newServer(t *testing.T) *servers.Database {
	t.Helper()
	s := servers.Postgres(t)
	if g.newer {
		s = servers.Postgres18(t)
	}
	if _, done := leasePrepared.LoadOrStore(g.newer, true); done {
		return s
	}
	recipe := leaseRecipes(t)[0]
	if g.newer {
		recipe = leaseRecipes(t)[1]
	}
	s.PostgresExec(t, fmt.Sprintf("CREATE ROLE %s NOLOGIN; CREATE TABLE public.leased (i int); GRANT SELECT ON public.leased TO %[1]s; CREATE ROLE lease_admins SUPERUSER NOLOGIN", identifier(leaseRole)))
	s.PostgresExec(t, "GRANT CREATE ON SCHEMA public TO "+identifier(leaseRole))
	s.PostgresExec(t, strings.NewReplacer("custody_leases", identifier(leasing), "app_readers", identifier(leaseRole)).Replace(string(recipe)))
	prepareFunctions(t, s)
	s.PostgresExec(t, "CREATE ROLE "+identifier(idle)+" LOGIN")
	for _, name := range []string{leasing, leasesThrough, idle} {
		s.PostgresExec(t, "ALTER ROLE "+identifier(name)+" PASSWORD '"+s.Password+"'")
	}
	return s
}

// as returns a system that gives leases with an account; with that of the page if none is
// named.
func (g giving) as(t *testing.T, s *servers.Database, account string) *postgresql.System {
	t.Helper()
	switch {
	case account != "":
	case g.functions:
		account = leasesThrough
	default:
		account = leasing
	}
	return mustNew(t, postgresql.Config{Name: "shop", DSN: s.PostgresURL(account), Functions: g.schema(), Timeout: 20 * time.Second})
}

// schema is that of the functions; empty without them.
func (g giving) schema() string {
	if g.functions {
		return longLeases
	}
	return ""
}

// login opens a session with the connection string of a lease.
func login(t *testing.T, by system.Leases, name, password string) *pgx.Conn {
	t.Helper()
	c, err := pgx.Connect(context.Background(), by.LeaseAddress(name, password).URL)
	if err != nil {
		return nil
	}
	t.Cleanup(func() { _ = c.Close(context.Background()) })
	return c
}

func (g giving) harness() systemtest.LeasesHarness {
	broken := func(dsn func(t *testing.T, s *servers.Database) string) func(*testing.T) system.Leases {
		return func(t *testing.T) system.Leases {
			return mustNew(t, postgresql.Config{Name: "shop", DSN: dsn(t, g.newServer(t)), Functions: g.schema(), Timeout: 5 * time.Second})
		}
	}
	right := "CREATEROLE"
	if g.functions {
		right = "EXECUTE"
	}
	return systemtest.LeasesHarness{
		Open: func(t *testing.T) systemtest.LeaseStage {
			s := g.newServer(t)
			by := g.as(t, s, "")
			return systemtest.LeaseStage{
				Giver: by, Another: func(t *testing.T) system.Leases { return g.as(t, s, "") },
				Denied: g.as(t, s, idle), Right: right, Role: leaseRole, Ungiven: "lease_admins",
				Login: func(t *testing.T, name, password string) func() bool {
					c := login(t, by, name, password)
					if c == nil {
						return nil
					}
					return func() bool { return c.Ping(context.Background()) == nil }
				},
				Uses: func(t *testing.T, name, password string) bool {
					c := login(t, by, name, password)
					if c == nil {
						return false
					}
					defer c.Close(context.Background()) //nolint:errcheck // nothing is left to be written
					_, err := c.Exec(context.Background(), "SELECT * FROM public.leased")
					return err == nil
				},
				Expire: func(t *testing.T, name string) {
					s.PostgresExec(t, "ALTER ROLE "+identifier(name)+" VALID UNTIL '2020-01-01'")
				},
				Foreign: func(t *testing.T, name string) {
					s.PostgresExec(t, "CREATE ROLE "+identifier(name)+" LOGIN VALID UNTIL '2020-01-01'")
				},
				Exists: func(t *testing.T, name string) bool {
					return one(t, s, "SELECT count(*)::text FROM pg_roles WHERE rolname = $1", name) == "1"
				},
			}
		},
		Broken: map[string]func(*testing.T) system.Leases{
			"no server": broken(func(*testing.T, *servers.Database) string { return "postgres://x:" + canary + "@127.0.0.1:1/postgres" }),
			"wrong password": broken(func(_ *testing.T, s *servers.Database) string {
				return strings.Replace(s.PostgresURL(leasing), s.Password, "another-"+canary, 1)
			}),
			"a server that hangs up": broken(func(t *testing.T, _ *servers.Database) string {
				return "postgres://x:" + canary + "@" + systemtest.ServeTCP(t, func(c net.Conn) { _ = c.Close() }) + "/postgres?sslmode=disable"
			}),
		},
	}
}

// one reads one text as the administrator.
func one(t *testing.T, s *servers.Database, query string, args ...any) string {
	t.Helper()
	c, err := pgx.Connect(t.Context(), s.PostgresURL(s.Admin))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(context.Background()) //nolint:errcheck // nothing is left to be written
	var text string
	if err := c.QueryRow(t.Context(), query, args...).Scan(&text); err != nil {
		t.Fatal(err)
	}
	return text
}

func TestLeasesConform(t *testing.T) {
	for name, g := range everyGiving {
		t.Run(name, func(t *testing.T) { systemtest.Leases(t, g.harness()) })
	}
}

func TestWhatALeaseLeavesBehind(t *testing.T) {
	for name, g := range everyGiving {
		t.Run(name, func(t *testing.T) {
			s := g.newServer(t)
			by := g.as(t, s, "")
			open := func(actAs string) (system.LeaseOrder, *pgx.Conn) {
				o := system.NewLeaseOrder()
				o.For, o.Roles, o.ActAs, o.End.TTL = "cmdb/APP-1#reports", []string{leaseRole}, actAs, time.Hour
				if err := by.OpenLease(t.Context(), &o); err != nil {
					t.Fatal(err)
				}
				if got := one(t, s, "SELECT shobj_description(oid, 'pg_authid') FROM pg_roles WHERE rolname = $1", o.Name); got != "custody lease for cmdb/APP-1#reports" {
					t.Errorf("the comment is %q", got)
				}
				if got := one(t, s, "SELECT rolpassword FROM pg_authid WHERE rolname = $1", o.Name); !strings.HasPrefix(got, "SCRAM-SHA-256$") {
					t.Errorf("the password is kept as %.14s", got)
				}
				c := login(t, by, o.Name, o.Password)
				if c == nil {
					t.Fatal("the lease is not let in")
				}
				return o, c
			}
			end := func(o system.LeaseOrder) error {
				l, err := by.Lease(t.Context(), o.Name)
				if err != nil || l == nil {
					t.Fatalf("got %v, %v", l, err)
				}
				if err := by.EndLease(t.Context(), l); err != nil {
					t.Fatal(err)
				}
				return by.RemoveLease(t.Context(), l)
			}

			// What a lease makes is not removed with it, and then its role stays.
			o, c := open("")
			if _, err := c.Exec(t.Context(), "CREATE TABLE public.made_by_lease (i int)"); err != nil {
				t.Fatal(err)
			}
			var f *fault.Fault
			if err := end(o); !errors.As(err, &f) || !strings.Contains(f.Happened, "owns objects") || !strings.Contains(f.Advice, "REASSIGN OWNED BY "+identifier(o.Name)) {
				t.Errorf("got %+v", f)
			}
			s.PostgresExec(t, "SELECT * FROM public.made_by_lease; DROP TABLE public.made_by_lease")
			if err := end(o); err != nil {
				t.Error(err)
			}

			// With act_as it belongs to a role that stays; functions cannot set it.
			if g.functions {
				return
			}
			o, c = open(leaseRole)
			if _, err := c.Exec(t.Context(), "CREATE TABLE public.made_by_role (i int)"); err != nil {
				t.Fatal(err)
			}
			if err := end(o); err != nil {
				t.Error(err)
			}
			if got := one(t, s, "SELECT tableowner::text FROM pg_tables WHERE tablename = 'made_by_role'"); got != leaseRole {
				t.Errorf("it belongs to %q", got)
			}
			s.PostgresExec(t, "DROP TABLE public.made_by_role")
		})
	}
}
