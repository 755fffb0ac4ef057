package postgresql_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"regexp"
	"slices"
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

func TestMain(m *testing.M) { os.Exit(servers.Run(m)) }

// The accounts with which custody logs in, and one that may read only. Their names
// have to be quoted.
const (
	direct   = `custody "direct"`
	calling  = `custody calling`
	watching = `the watcher`
)

// recipes returns the statements of the page: before version 16, from it on, for each
// role from it on, the functions, for each role with functions, the functions for leases,
// and for each role that a lease may have.
var recipes = sync.OnceValues(func() ([]string, error) {
	page, err := os.ReadFile("../../../templates/guides/system-postgresql.md")
	if err != nil {
		return nil, err
	}
	var out []string
	for _, m := range regexp.MustCompile("(?s)```sql\n(.*?)```").FindAllSubmatch(page, -1) {
		out = append(out, string(m[1]))
	}
	if len(out) != 7 {
		return nil, fmt.Errorf("the page holds %d recipes", len(out))
	}
	return out, nil
})

func identifier(name string) string { return pgx.Identifier{name}.Sanitize() }

// server is a server on which the accounts have exactly the rights of the page.
type server struct {
	*servers.Database
	newer bool // than version 15
}

var prepared sync.Map

func newServer(t *testing.T, newer bool) *server {
	t.Helper()
	s := &server{newer: newer}
	if s.Database = servers.Postgres(t); newer {
		s.Database = servers.Postgres18(t)
	}
	text, err := recipes()
	if err != nil {
		t.Fatal(err)
	}
	if _, done := prepared.LoadOrStore(newer, true); !done {
		recipe := text[0]
		if newer {
			recipe = text[1]
		}
		s.PostgresExec(t, strings.ReplaceAll(recipe, "custody_accounts", identifier(direct)))
		s.PostgresExec(t, strings.ReplaceAll(text[3], "custody_accounts", identifier(calling)))
		s.PostgresExec(t, "CREATE ROLE "+identifier(watching)+" LOGIN; GRANT USAGE ON SCHEMA custody TO "+identifier(watching)+
			"; GRANT EXECUTE ON FUNCTION custody.refusal TO "+identifier(watching))
		for _, name := range []string{direct, calling, watching} {
			s.PostgresExec(t, "ALTER ROLE "+identifier(name)+" PASSWORD '"+s.Password+"'")
		}
	}
	return s
}

// role makes a role that can log in, with what the page says for each role.
func (s *server) role(t *testing.T, name string, options ...string) {
	t.Helper()
	text, err := recipes()
	if err != nil {
		t.Fatal(err)
	}
	s.drop(t, name)
	s.PostgresExec(t, "CREATE ROLE "+identifier(name)+" LOGIN PASSWORD '"+s.Password+"' "+strings.Join(options, " "))
	t.Cleanup(func() { s.drop(t, name) })
	give := strings.ReplaceAll(text[4], "TO app", "TO "+identifier(name))
	if s.newer {
		give += strings.NewReplacer("GRANT app", "GRANT "+identifier(name), "custody_accounts", identifier(direct)).Replace(text[2])
	}
	s.PostgresExec(t, give)
}

func (s *server) drop(t *testing.T, name string) {
	t.Helper()
	s.PostgresExec(t, "DROP ROLE IF EXISTS "+identifier(name))
}

// as returns the configuration of an account.
func (s *server) as(account string, functions bool) postgresql.Config {
	c := postgresql.Config{Name: "shop", DSN: s.PostgresURL(account), Timeout: 20 * time.Second}
	if functions {
		c.Functions = "custody"
	}
	return c
}

func mustNew(t *testing.T, c postgresql.Config) *postgresql.System {
	t.Helper()
	s, err := postgresql.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// session opens a session of a role; it fails if the server does not let it in.
func (s *server) session(t *testing.T, name string) (*pgx.Conn, error) {
	t.Helper()
	c, err := pgx.Connect(context.Background(), s.PostgresURL(name))
	if err == nil {
		t.Cleanup(func() { _ = c.Close(context.Background()) })
	}
	return c, err
}

func conform(t *testing.T, newer, functions bool) {
	account, right := direct, map[system.AccountAct]string{system.EndSessions: "pg_signal_backend"}
	if functions {
		account, right[system.EndSessions] = calling, "EXECUTE"
	}
	for _, act := range []system.AccountAct{system.EnableAccount, system.DisableAccount, system.SetAccountEnd} {
		right[act] = "CREATEROLE"
		if functions {
			right[act] = "EXECUTE"
		}
	}
	open := func(t *testing.T) func(c postgresql.Config) system.Accounts {
		return func(c postgresql.Config) system.Accounts { return mustNew(t, c) }
	}
	broken := func(spoil func(t *testing.T, s *server, c *postgresql.Config)) func(*testing.T) system.Accounts {
		return func(t *testing.T) system.Accounts {
			s := newServer(t, newer)
			s.role(t, "ann")
			c := s.as(account, functions)
			spoil(t, s, &c)
			return mustNew(t, c)
		}
	}
	h := systemtest.AccountsHarness{
		Open: func(t *testing.T, subjects ...string) systemtest.Stage {
			s := newServer(t, newer)
			for _, subject := range subjects {
				s.role(t, subject)
			}
			return systemtest.Stage{
				Target: open(t)(s.as(account, functions)), Reader: open(t)(s.as(watching, functions)), Right: right,
				Another: func(t *testing.T) system.Accounts { return open(t)(s.as(account, functions)) },
				Lets: func(t *testing.T, subject string) bool {
					c, err := s.session(t, subject)
					if err == nil {
						_ = c.Close(t.Context())
					}
					return err == nil
				},
				Session: func(t *testing.T, subject string) func() bool {
					c, err := s.session(t, subject)
					if err != nil {
						t.Fatal(err)
					}
					return func() bool { return !c.IsClosed() && c.Ping(t.Context()) == nil }
				},
				Delete: s.drop,
			}
		},
		Broken: map[string]func(*testing.T) system.Accounts{
			"no server": broken(func(_ *testing.T, _ *server, c *postgresql.Config) {
				c.DSN = "postgres://x:" + canary + "@127.0.0.1:1/postgres"
			}),
			"wrong password": broken(func(_ *testing.T, s *server, c *postgresql.Config) {
				c.DSN = strings.Replace(c.DSN, s.Password, "another-"+canary, 1)
			}),
			"no such database": broken(func(_ *testing.T, _ *server, c *postgresql.Config) {
				c.DSN = strings.Replace(c.DSN, "/postgres", "/nothing", 1)
			}),
			"a server that hangs up": broken(func(t *testing.T, _ *server, c *postgresql.Config) {
				c.DSN = "postgres://x:" + canary + "@" + systemtest.ServeTCP(t, func(c net.Conn) { _ = c.Close() }) + "/postgres?sslmode=disable"
			}),
			"a catalogue that is hidden": broken(func(t *testing.T, s *server, _ *postgresql.Config) {
				s.PostgresExec(t, "REVOKE SELECT ON pg_catalog.pg_roles FROM PUBLIC")
				t.Cleanup(func() { s.PostgresExec(t, "GRANT SELECT ON pg_catalog.pg_roles TO PUBLIC") })
			}),
		},
	}
	if functions {
		h.Broken["functions that are not there"] = broken(func(_ *testing.T, _ *server, c *postgresql.Config) { c.Functions = "elsewhere" })
		h.Broken["functions that may not be called"] = broken(func(_ *testing.T, s *server, c *postgresql.Config) { c.DSN = s.PostgresURL(direct) })
		// The owner of the functions reads the catalogue, and so does the account.
	}
	systemtest.Accounts(t, h)
}

const canary = "c4nary-in-the-dsn"

func TestAccountsConform(t *testing.T)               { conform(t, false, false) }
func TestAccountsOfNewerServersConform(t *testing.T) { conform(t, true, false) }
func TestFunctionsConform(t *testing.T)              { conform(t, false, true) }
func TestFunctionsOfNewerServersConform(t *testing.T) {
	conform(t, true, true)
}

// refusal reads a role and returns why an act on it is refused beforehand.
func refusal(t *testing.T, s *postgresql.System, subject string, act system.AccountAct) string {
	t.Helper()
	a, err := s.Account(t.Context(), subject)
	if err != nil || a == nil {
		t.Fatalf("Account(%q) = %+v, %v", subject, a, err)
	}
	var f *fault.Fault
	if !errors.As(a.Refusals[act], &f) {
		return ""
	}
	return f.Happened + " " + f.Advice
}

// What is refused is known before it is tried, and the statement that helps does help.
func TestWhatIsRefused(t *testing.T) {
	acts := []system.AccountAct{system.EnableAccount, system.DisableAccount, system.SetAccountEnd, system.EndSessions}
	for _, newer := range []bool{false, true} {
		s := newServer(t, newer)
		s.role(t, "plain")
		s.role(t, "chief", "SUPERUSER")
		s.role(t, "copier", "REPLICATION")
		s.role(t, "builder", "CREATEROLE")
		s.PostgresExec(t, "CREATE ROLE stranger LOGIN")
		t.Cleanup(func() { s.drop(t, "stranger") })
		for _, c := range []struct {
			account   string
			functions bool
			subject   string
			want      [4]string // for each act, a part of the reason
			helps     bool      // the statement of the advice helps
		}{
			{direct, false, "plain", [4]string{}, false},
			{s.Admin, false, "chief", [4]string{}, false},
			{direct, false, "chief", [4]string{"only a superuser", "NOSUPERUSER", "only a superuser", "only a superuser"}, false},
			{direct, false, "copier", before16(newer, [4]string{"REPLICATION", "NOREPLICATION", "REPLICATION", ""}), false},
			{direct, false, direct, own(newer), false},
			{direct, false, "stranger", from16(newer, `GRANT "stranger" TO "custody ""direct""" WITH ADMIN TRUE, INHERIT FALSE, SET FALSE`), true},
			{watching, false, "plain", [4]string{`ALTER ROLE "the watcher" CREATEROLE`, "lacks CREATEROLE", "lacks CREATEROLE", `GRANT pg_signal_backend TO "the watcher"`}, true},
			{calling, true, "plain", [4]string{}, false},
			{calling, true, "chief", all("it is an administrator"), false},
			{calling, true, "copier", all("it is an administrator"), false},
			{calling, true, "builder", all("it is an administrator"), false},
			{calling, true, "stranger", all("it is not a member of custody_managed"), false},
			{watching, true, "plain", all(`GRANT EXECUTE ON FUNCTION "custody"."refusal", "custody"."set_login", "custody"."set_end", "custody"."end_sessions" TO "the watcher"`), false},
		} {
			target := mustNew(t, s.as(c.account, c.functions))
			for i, act := range acts {
				why := refusal(t, target, c.subject, act)
				if !strings.Contains(why, c.want[i]) || (why == "") != (c.want[i] == "") {
					t.Errorf("newer %v, %s, %s: to %s is refused with %q, want %q", newer, c.account, c.subject, act, why, c.want[i])
				}
				if _, statement, ok := strings.Cut(why, "as a superuser: "); ok && c.helps {
					t.Cleanup(func() { takeBack(t, s, c.account, c.subject) })
					s.PostgresExec(t, statement)
					if why := refusal(t, target, c.subject, act); why != "" {
						t.Errorf("%q did not help: %s", statement, why)
					}
					takeBack(t, s, c.account, c.subject)
				}
			}
		}
	}
}

// takeBack takes away what an advice gave.
func takeBack(t *testing.T, s *server, account, subject string) {
	t.Helper()
	if account == watching {
		s.PostgresExec(t, "ALTER ROLE "+identifier(watching)+" NOCREATEROLE; REVOKE pg_signal_backend FROM "+identifier(watching))
	}
	if slices.Contains([]string{direct, watching}, account) {
		s.PostgresExec(t, "REVOKE "+identifier(subject)+" FROM "+identifier(account))
	}
}

func all(text string) [4]string { return [4]string{text, text, text, text} }

// own is what is refused of the role with which custody logs in. To switch it on is
// not refused for that reason; from version 16 on nobody administers itself.
func own(newer bool) [4]string {
	out := all("with which custody itself logs in")
	if out[0] = ""; newer {
		out[0] = "the ADMIN option on the role"
	}
	return out
}

func before16(newer bool, want [4]string) [4]string {
	if newer {
		return [4]string{}
	}
	return want
}

func from16(newer bool, text string) [4]string {
	if newer {
		return [4]string{text, text, text, ""}
	}
	return [4]string{}
}
