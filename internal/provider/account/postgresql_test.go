package account_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
)

// testDatabase is a real database server, and a workspace whose provider switches its
// roles with the least rights.
type testDatabase struct {
	*acctest.Workspace
	server *servers.Database
	suffix string
}

func newTestDatabase(t *testing.T) *testDatabase {
	t.Helper()
	o := &testDatabase{Workspace: acctest.LoadAlone(t), server: servers.Postgres(t), suffix: fmt.Sprintf("_%d", units.Add(1))}
	o.addRole(t, "switcher", "CREATEROLE")
	o.server.PostgresExec(t, "GRANT pg_signal_backend TO "+o.name("switcher"))
	o.Edit("provider.tf", "  systems = {\n", fmt.Sprintf("  systems = {\n    shop = { postgresql = { dsn = %q } }\n", o.server.PostgresURL(o.name("switcher"))))
	return o
}

// name returns the name of a role of this test: roles belong to the whole server.
func (o *testDatabase) name(role string) string { return role + o.suffix }

func (o *testDatabase) addRole(t *testing.T, role string, options ...string) {
	t.Helper()
	o.server.PostgresExec(t, fmt.Sprintf("CREATE ROLE %s LOGIN PASSWORD '%s' %s", o.name(role), o.server.Password, strings.Join(options, " ")))
}

// session opens a session of a role.
func (o *testDatabase) session(t *testing.T, role string) (*pgx.Conn, error) {
	t.Helper()
	c, err := pgx.Connect(context.Background(), o.server.PostgresURL(o.name(role)))
	if err == nil {
		t.Cleanup(func() { _ = c.Close(context.Background()) })
	}
	return c, err
}

func (o *testDatabase) mustSession(t *testing.T, role string) *pgx.Conn {
	t.Helper()
	c, err := o.session(t, role)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (o *testDatabase) wantLogin(t *testing.T, role string, want bool) {
	t.Helper()
	if _, err := o.session(t, role); (err == nil) != want {
		t.Errorf("the database lets %s in: %v (%v), want %v", role, err == nil, err, want)
	}
}

func (o *testDatabase) block(role string, arguments ...string) string {
	return strings.Replace(block(role, o.name(role), arguments...), `"corp"`, `"shop"`, 1)
}

// A leaver's role can no longer log in, and the session that is open is ended.
func TestTheDatabaseRoleOfALeaver(t *testing.T) {
	o := newTestDatabase(t)
	o.addRole(t, "alice")
	o.Write("main.tf", `resource "custody_binding" "laptop" {
  asset = "cmdb/LAP-1"
}

resource "custody_grant" "login" {
  binding = custody_binding.laptop
  access  = "shop/alice"
}

`+o.block("alice", "enabled = custody_grant.login.active", "end_sessions = true"))
	session := o.mustSession(t, "alice")
	o.Apply()
	o.Plan().Exits(0)
	o.Run("state", "show", "-no-color", "custody_account.alice").Says(`in the database "postgres"`)

	o.Person("p1", "status", "left")
	o.Plan().Exits(2).Says("custody_account.alice will be updated in-place", "~ enabled = true -> false", "issued", "(known after apply)")
	if err := session.Ping(t.Context()); err != nil {
		t.Fatal("a plan ended the session")
	}
	pid := fmt.Sprint(session.PgConn().PID())
	o.Apply().Says("Sessions Were Ended", "session "+pid+` in the database "postgres"`)
	if session.Ping(t.Context()) == nil {
		t.Error("the session goes on")
	}
	o.wantLogin(t, "alice", false)
	o.Plan().Exits(0)

	// The role is switched on outside of Terraform.
	o.server.PostgresExec(t, "ALTER ROLE "+o.name("alice")+" LOGIN")
	session = o.mustSession(t, "alice")
	o.Plan().Exits(2).Says("~ enabled = true -> false")
	o.Apply()
	if session.Ping(t.Context()) == nil {
		t.Error("the session goes on")
	}
	o.wantLogin(t, "alice", false)

	// A session that outlived the switching off is ended as well.
	o.server.PostgresExec(t, "ALTER ROLE "+o.name("alice")+" LOGIN")
	session = o.mustSession(t, "alice")
	o.server.PostgresExec(t, "ALTER ROLE "+o.name("alice")+" NOLOGIN")
	o.Plan().Exits(2).Says("issued", "(known after apply)").Silent("~ enabled")
	o.Apply().Says("Sessions Were Ended")
	if session.Ping(t.Context()) == nil {
		t.Error("the session goes on")
	}
	o.Plan().Exits(0)
}

// Of two steps the first is done and the second is not: the next plan shows the rest.
func TestSessionsThatMayNotBeEnded(t *testing.T) {
	o := newTestDatabase(t)
	o.addRole(t, "ann")
	o.server.PostgresExec(t, "REVOKE pg_signal_backend FROM "+o.name("switcher"))
	session := o.mustSession(t, "ann")
	o.Write("main.tf", o.block("ann", "enabled = false", "end_sessions = true"))
	right := fmt.Sprintf(`GRANT pg_signal_backend TO "%s"`, o.name("switcher"))
	o.Plan().Exits(1).Says("end_sessions = true", "lacks pg_signal_backend", right, "Nothing was changed.")
	o.Write("main.tf", o.block("ann", "enabled = false"))
	o.Apply().Silent("Sessions Were Ended")
	o.wantLogin(t, "ann", false)
	o.Write("main.tf", o.block("ann", "enabled = false", "end_sessions = true"))
	o.Plan().Exits(1).Says("lacks pg_signal_backend")
	if err := session.Ping(t.Context()); err != nil {
		t.Error("the session was ended")
	}
	o.server.PostgresExec(t, right)
	o.Apply()
	if session.Ping(t.Context()) == nil {
		t.Error("the session goes on")
	}
	o.Plan().Exits(0)
}

func TestTheEndOfADatabaseRole(t *testing.T) {
	o := newTestDatabase(t)
	o.addRole(t, "ann", "VALID UNTIL 'infinity'")
	o.Write("main.tf", o.block("ann", "enabled = true", `expires_at = "2020-01-01T00:00:00Z"`))
	o.Plan().Exits(2)
	o.Apply()
	o.wantLogin(t, "ann", false)
	o.Plan().Exits(0)
	o.Write("main.tf", o.block("ann", "enabled = true", `expires_at = "never"`, `on_destroy = "disable"`))
	o.Apply()
	o.wantLogin(t, "ann", true)
	o.Plan().Exits(0)
	o.Destroy()
	o.wantLogin(t, "ann", false)
}

// custody does not lock itself out, and does not touch a superuser.
func TestRolesThatAreRefused(t *testing.T) {
	o := newTestDatabase(t)
	o.addRole(t, "chief", "SUPERUSER")
	o.Write("main.tf", o.block("switcher", "enabled = false"))
	o.Plan().Exits(1).Says("with which custody itself logs in", "enabled = false", "Nothing was changed.")
	o.Write("main.tf", o.block("chief", "enabled = false"))
	o.Plan().Exits(1).Says("only a superuser may switch a superuser", "NOSUPERUSER")
	o.wantLogin(t, "chief", true)

	// A right that is missing leaves an event.
	location := "sqlite:" + filepath.Join(t.TempDir(), "custody.db")
	o.Provider(fmt.Sprintf("register = %q", location), `workspace = "people"`)
	o.Plan().Exits(1).Says("only a superuser may switch a superuser")
	wantEvents(t, location, "run.refused "+o.name("chief")+` … "during":"plan" … "reason":" … only a superuser may switch a superuser`)
}

// The example of the page is planned and applied as it stands, but for the server.
func TestTheExampleOfPostgreSQL(t *testing.T) {
	page, err := os.ReadFile("../../../templates/guides/system-postgresql.md")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile("(?s)```terraform\n(.*?)```").FindAllSubmatch(page, -1)
	if len(found) != 2 {
		t.Fatalf("the page holds %d examples", len(found))
	}
	o := newTestDatabase(t)
	o.addRole(t, "app")
	o.Write("provider.tf", "terraform {\n  required_providers {\n    custody = { source = \"custodyhq/custody\" }\n  }\n}\n"+string(found[0][1]))
	o.Edit("provider.tf", `"db-ca.pem"`, fmt.Sprintf("%q", o.server.Cert.CAFile))
	o.Write("main.tf", strings.Replace(string(found[1][1]), `"app"
  enabled`, `"`+o.name("app")+`"
  enabled`, 1))
	o.Write("inventory/people.csv", "id,status\np1,active\n")
	o.Write("inventory/assets.csv", "id,class,state,owner,verified_at\nAPP-1,application,in_service,p1,2030-01-01T00:00:00Z\n")
	t.Chdir(o.Dir) // where the paths of the example begin
	t.Setenv("CUSTODY_SHOP_DSN", o.server.PostgresURL(o.name("switcher")))
	o.FollowMachine()
	session := o.mustSession(t, "app")
	o.Apply()
	o.Plan().Exits(0)
	o.Write("inventory/assets.csv", "id,class,state,owner,verified_at\nAPP-1,application,retired,,2030-01-01T00:00:00Z\n")
	o.Apply().Says("Sessions Were Ended")
	o.wantLogin(t, "app", false)
	if session.Ping(t.Context()) == nil {
		t.Error("the session goes on")
	}
}
