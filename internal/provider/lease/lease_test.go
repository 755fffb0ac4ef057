package lease_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
	"github.com/custodyhq/terraform-provider-custody/internal/register"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

func TestMain(m *testing.M) {
	if text := os.Getenv(childVariable); text != "" {
		beKilled(text)
	}
	os.Exit(servers.Run(m))
}

const account = "custody_leases"

var prepare sync.Once

// shop is a workspace with a real server that gives leases, with exactly the rights that
// the page of custody_lease names. The leases of a server belong to one test at a time.
type shop struct {
	*acctest.Workspace
	t      *testing.T
	server *servers.Database
	here   string // the folder of this package
}

func newShop(t *testing.T) *shop {
	t.Helper()
	acctest.SkipWithoutEphemeral(t)
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	s := &shop{t: t, server: servers.Postgres(t), here: here}
	if _, err := exec.LookPath("psql"); err != nil {
		t.Fatal("the client psql comes with the server: ", err)
	}
	prepare.Do(func() {
		page, err := os.ReadFile("../../../templates/ephemeral-resources/lease.md.tmpl")
		if err != nil {
			t.Fatal(err)
		}
		recipe := regexp.MustCompile("(?s)```sql\n(.*?)```").FindSubmatch(page)[1]
		s.server.PostgresExec(t, string(recipe))
		s.server.PostgresExec(t, "ALTER ROLE "+account+" PASSWORD '"+s.server.Password+"'; CREATE ROLE report_readers NOLOGIN; CREATE TABLE public.done (name text); "+
			"GRANT INSERT, SELECT ON public.done TO report_readers; GRANT CREATE ON SCHEMA public TO report_readers")
	})
	s.server.PostgresExec(t, "DELETE FROM public.done")
	s.Workspace = acctest.LoadAlone(t, "app")
	s.Edit("provider.tf", "  systems = {\n", fmt.Sprintf(`  directories = ["cmdb"]
  systems = {
    shop = { postgresql = { dsn = %q } }
`, s.server.PostgresURL(account)))
	lease := s.Read("lease.tf")
	s.Remove("lease.tf")
	s.Apply()
	s.Write("lease.tf", lease)
	t.Cleanup(func() {
		for _, name := range s.roles() {
			s.server.PostgresExec(t, "DROP OWNED BY "+name+"; DROP ROLE "+name)
		}
	})
	return s
}

// texts reads one column as the administrator.
func (s *shop) texts(query string) []string {
	s.t.Helper()
	c, err := pgx.Connect(context.Background(), s.server.PostgresURL(s.server.Admin))
	if err != nil {
		s.t.Fatal(err)
	}
	defer c.Close(context.Background()) //nolint:errcheck // nothing is left to be written
	rows, err := c.Query(context.Background(), query)
	if err != nil {
		s.t.Fatal(err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		s.t.Fatal(err)
	}
	return out
}

// roles are the leases that the server holds.
func (s *shop) roles() []string {
	s.t.Helper()
	return s.texts("SELECT rolname::text FROM pg_roles WHERE starts_with(rolname::text, '" + system.LeasePrefix + "') ORDER BY 1")
}

func (s *shop) wantRoles(n int) []string {
	s.t.Helper()
	got := s.roles()
	if len(got) != n {
		s.t.Errorf("the server holds the leases %q, want %d", got, n)
	}
	return got
}

// wantDone fails the test unless as many leases have done their work.
func (s *shop) wantDone(n int) []string {
	s.t.Helper()
	done := s.texts("SELECT name FROM public.done")
	if len(done) != n {
		s.t.Errorf("the work was done by %q, want %d", done, n)
	}
	return done
}

// The example is planned and applied as it stands.
func TestTheExample(t *testing.T) {
	s := newShop(t)
	s.server.PostgresExec(t, "CREATE ROLE app_readers NOLOGIN; CREATE TABLE public.invoices (id int); INSERT INTO public.invoices VALUES (42); GRANT SELECT ON public.invoices TO app_readers")
	w := acctest.NewAlone(t)
	w.CopyDir(filepath.Join(s.here, "../../../examples/ephemeral-resources/custody_lease"))
	w.Run("fmt", "-check", "-diff", "-recursive").Ok()
	w.FollowMachine()
	t.Setenv("CUSTODY_SHOP_DSN", s.server.PostgresURL(account))
	w.Plan().Exits(2)
	s.wantRoles(0)
	w.Apply()
	s.wantRoles(0)
	if got := w.Read("invoices.csv"); got != "id\n42\n" {
		t.Errorf("the report is %q", got)
	}
	w.Destroy()
}

// A lease is there while the apply needs it, and in no file.
func TestALeaseForOneApply(t *testing.T) {
	s := newShop(t)
	s.Save().Silent(system.LeasePrefix)
	s.wantDone(0)
	s.ApplySaved().Ok().Silent(system.LeasePrefix)
	name := s.wantDone(1)[0]
	if !strings.HasPrefix(name, system.LeasePrefix) {
		t.Errorf("the work was done by %q", name)
	}
	s.wantRoles(0)
	for _, text := range []string{s.Read(acctest.StateFile), s.Run("show", "-json", "saved.tfplan").Ok().Output} {
		if strings.Contains(text, name) || strings.Contains(text, "postgres://"+system.LeasePrefix) {
			t.Error("the lease is in a file")
		}
	}
	s.Plan().Exits(0)
	s.Destroy()
	s.wantRoles(0)
}

// Without enabled, a plan opens a lease and closes it.
func TestALeaseInAPlan(t *testing.T) {
	s := newShop(t)
	s.Edit("lease.tf", "  enabled     = terraform.applying\n", "")
	s.Save().Says("ephemeral.custody_lease.reports: Closing...")
	s.wantRoles(0)
	s.Asset("APP-1", "state", "retired")
	if !acctest.IsOpenTofu(t) { // which opens it in the apply only, if the plan changes the grant
		s.Plan().Exits(1).Says("Error: Lease Is Refused", "status would be revoked", "asset.retired")
	}
	s.Edit("lease.tf", `grant_roles = ["report_readers"]`, "grant_roles = [\"report_readers\"]\n  strict      = terraform.applying")
	s.Plan().Exits(2).Silent("Error", "Lease Is Refused")
	s.wantRoles(0)
}

// What was planned on other facts gets no lease.
func TestALeaseIsRefusedOnTheFactsOfTheMoment(t *testing.T) {
	s := newShop(t)
	tables := s.Tables()
	for name, c := range map[string]struct {
		change func()
		says   []string
	}{
		"retired": {func() { s.Asset("APP-1", "state", "retired") }, []string{"Error: Lease Is Refused", "1: ephemeral", `The state was "in_service" and is now "retired".`, "The access is not confirmed. What depends on it stops here."}},
		"review":  {func() { s.Person("p1", "status", "left") }, []string{"Error: Lease Is Refused", "its status would be review", "owner.left"}},
		"unknown": {func() { s.Remove("assets.csv") }, []string{"absence cannot be told from failure"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := s.In(t)
			s.Save()
			c.change()
			w.ApplySaved().Exits(1).Says(c.says[0], c.says[len(c.says)-1])
			s.wantRoles(0)
			s.wantDone(0)
			w.Restore(tables)
		})
	}
}

// A user of the lease that fails keeps Terraform from closing it, as a process that is
// killed does. The lease ends by itself, and the next run removes it.
func TestALeaseThatWasLeftIsSwept(t *testing.T) {
	s := newShop(t)
	s.Edit("lease.tf", `WORK = "INSERT INTO done SELECT session_user"`, `WORK = "SELECT * FROM pg_authid"`)
	s.TryApply().Exits(1).Says("permission denied")
	left := s.wantRoles(1)[0]
	if got := s.texts("SELECT shobj_description(oid, 'pg_authid') FROM pg_roles WHERE rolname = '" + left + "'")[0]; got != "custody lease for cmdb/APP-1#shop/reports" {
		t.Errorf("the comment is %q", got)
	}
	if soon := s.texts("SELECT (rolvaliduntil <= now() + interval '15 minutes')::text FROM pg_roles WHERE rolname = '" + left + "'")[0]; soon != "true" {
		t.Error("it does not end by itself")
	}
	s.Edit("lease.tf", "SELECT * FROM pg_authid", "INSERT INTO done SELECT session_user")
	s.Apply()
	s.wantDone(1)
	s.wantRoles(1) // its end has not passed: another run may use it
	s.server.PostgresExec(t, "ALTER ROLE "+left+" VALID UNTIL '2020-01-01'; CREATE ROLE custody_lease_of_somebody LOGIN VALID UNTIL '2020-01-01'")
	s.Apply("-replace=terraform_data.work")
	if got := s.wantRoles(1)[0]; got != "custody_lease_of_somebody" {
		t.Errorf("%s is left", got)
	}
}

// With functions that an administrator has made, an account without any right over roles
// gives leases, and what was left is swept.
func TestALeaseThroughFunctions(t *testing.T) {
	s := newShop(t)
	const calling = "custody_calls"
	page, err := os.ReadFile("../../../templates/guides/system-postgresql.md")
	if err != nil {
		t.Fatal(err)
	}
	recipes := regexp.MustCompile("(?s)```sql\n(.*?)```").FindAllSubmatch(page, -1)
	for _, recipe := range recipes[len(recipes)-2:] {
		s.server.PostgresExec(t, strings.NewReplacer("custody_leases", calling, "app_readers", "report_readers").Replace(string(recipe[1])))
	}
	s.server.PostgresExec(t, "ALTER ROLE "+calling+" PASSWORD '"+s.server.Password+"'")
	s.Edit("provider.tf", s.server.PostgresURL(account)+`"`, s.server.PostgresURL(calling)+`", functions = "custody"`)
	s.Save().Silent(system.LeasePrefix)
	s.ApplySaved().Ok().Silent(system.LeasePrefix)
	if name := s.wantDone(1)[0]; !strings.HasPrefix(name, system.LeasePrefix) {
		t.Errorf("the work was done by %q", name)
	}
	s.wantRoles(0)

	s.Edit("lease.tf", `WORK = "INSERT INTO done SELECT session_user"`, `WORK = "SELECT * FROM pg_authid"`)
	s.TryApply("-replace=terraform_data.work").Exits(1).Says("permission denied")
	left := s.wantRoles(1)[0]
	s.server.PostgresExec(t, "ALTER ROLE "+left+" VALID UNTIL '2020-01-01'; CREATE ROLE custody_lease_of_somebody LOGIN VALID UNTIL '2020-01-01'; "+
		"COMMENT ON ROLE custody_lease_of_somebody IS 'custody lease for x'")
	s.Edit("lease.tf", "SELECT * FROM pg_authid", "INSERT INTO done SELECT session_user")
	s.Apply("-replace=terraform_data.work").Silent("Warning") // the functions do not remove the other
	if got := s.wantRoles(1)[0]; got != "custody_lease_of_somebody" {
		t.Errorf("%s is left", got)
	}
	s.wantDone(2)

	s.Edit("lease.tf", "  enabled ", "  ttl         = \"2h\"\n  enabled ")
	s.TryApply("-replace=terraform_data.work").Exits(1).Says("Unable to Give Lease", "give leases of at most 1h0m0s, and this one was to last 2h0m0s", "No lease is open.")
	s.wantDone(2)
}

// With a register, what is done is recorded, with the grant that it is for and without
// the password.
func TestLeasesAreRecorded(t *testing.T) {
	s := newShop(t)
	location := "sqlite:" + filepath.Join(s.Dir, "custody.db")
	s.Provider(fmt.Sprintf("register = %q", location), `workspace = "shop"`)
	s.Apply()
	name := s.wantDone(1)[0]
	r, err := register.Open(t.Context(), register.Config{Location: location})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close() //nolint:errcheck // nothing is left to be written
	var got []string
	for e, err := range r.Events(t.Context(), "shop", 0) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Subject != name {
			continue
		}
		got = append(got, e.Kind+" "+e.Body)
	}
	want := []string{`"steps":["open"]`, `"open":"done"`, `"steps":["end","remove"]`, `"end":"done","remove":"done"`}
	if len(got) != len(want) {
		t.Fatalf("the ledger has %d events:\n%s", len(got), strings.Join(got, "\n"))
	}
	for i, text := range want {
		if !strings.Contains(got[i], text) || i%2 == 0 && !strings.Contains(got[i], `"because":"cmdb/APP-1#shop/reports"`) {
			t.Errorf("event %d is %s, want %q", i+1, got[i], text)
		}
	}

	// What cannot be recorded is not done.
	s.Edit("provider.tf", location, "sqlite:"+filepath.Join(s.Dir, "missing", "custody.db"))
	s.TryApply("-replace=terraform_data.work").Exits(1).Says("Nothing was changed: an act that cannot be recorded does not happen.")
	s.wantRoles(0)
}

// The name of a lease is random, so no later run asks for it. What was begun before a run
// ended between the intent and its outcome is settled by the next lease from that target.
func TestLeasesThatWereBegunAreSettled(t *testing.T) {
	s := newShop(t)
	location := "sqlite:" + filepath.Join(s.Dir, "custody.db")
	s.Provider(fmt.Sprintf("register = %q", location), `workspace = "shop"`)
	s.Apply() // makes the register
	s.wantDone(1)

	// For each of two leases a run was killed after the intent: before the role was there,
	// and after it.
	const absent, present = system.LeasePrefix + "never_was", system.LeasePrefix + "is_there"
	s.server.PostgresExec(t, "CREATE ROLE "+present+" LOGIN VALID UNTIL '2999-01-01' IN ROLE report_readers; COMMENT ON ROLE "+present+" IS 'custody lease for x'; GRANT "+present+" TO "+account+" WITH ADMIN OPTION")
	r, err := register.Open(t.Context(), register.Config{Location: location})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close() //nolint:errcheck // nothing is left to be written
	for _, name := range []string{absent, present, "an_account"} {
		run := register.Run{Workspace: "shop", ID: "killed", Actor: "test", At: s.Clock.Now()}
		err := r.Record(t.Context(), run, func(tx *register.Tx) error {
			_, _, err := tx.BeginAct(register.Act{Name: "shop/" + name, Target: "shop", Subject: name, Action: "open", Detail: `{"steps": ["open"]}`})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	s.Apply("-replace=terraform_data.work").Silent("Interrupted") // that run may be at work still
	s.Clock.Advance(time.Hour)
	s.Apply("-replace=terraform_data.work").Says(`An earlier run was interrupted while it changed "`+absent+`" in`, `The lease "`+present+`" in the system "shop", which that run has left, is closed now.`)
	s.wantRoles(0)
	s.Apply("-replace=terraform_data.work").Silent("Interrupted")
	acts, err := r.UnfinishedActs(t.Context(), "shop")
	if err != nil || len(acts) != 1 || acts[0].Subject != "an_account" {
		t.Errorf("unfinished are %+v, %v", acts, err)
	}
	for e, err := range r.Events(t.Context(), "shop", 0) {
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]string{absent: `"open":"not done"`, present: `"open":"done"`}[e.Subject]
		if e.Kind == register.KindOutcome && !strings.Contains(e.Body, want) && !strings.Contains(e.Body, `"end":"done","remove":"done"`) {
			t.Errorf("the outcome of %s is %s", e.Subject, e.Body)
		}
	}
}

// What a lease makes is kept.
func TestWhatALeaseMakesIsKept(t *testing.T) {
	s := newShop(t)
	s.Edit("lease.tf", `"INSERT INTO done SELECT session_user"`, `"CREATE TABLE IF NOT EXISTS public.made (i int)"`)
	s.Apply().Says("Warning: Role of an Ended Lease Is Left", "owns objects", "The lease can log in no longer, and its sessions are ended. Its role is not removed.", "REASSIGN OWNED BY")
	s.server.PostgresExec(t, "DROP TABLE public.made")
	s.wantRoles(1)
	s.Edit("lease.tf", "  enabled ", "  act_as      = \"report_readers\"\n  enabled ")
	s.Apply("-replace=terraform_data.work").Silent("Warning")
	if got := s.texts("SELECT tableowner::text FROM pg_tables WHERE tablename = 'made'"); len(got) != 1 || got[0] != "report_readers" {
		t.Errorf("it belongs to %q", got)
	}
	s.server.PostgresExec(t, "DROP TABLE public.made")
}

// An observed policy withholds nothing, and says what it would do.
func TestALeaseUnderAnObservedPolicy(t *testing.T) {
	s := newShop(t)
	s.Edit("provider.tf", "jsonencode({ lifetimes", "jsonencode({ enforcement = [{ mode = \"observe\" }], lifetimes")
	s.Asset("APP-1", "state", "retired")
	s.Apply().Says("Warning: Lease Is Only Given Because the Policy Is Observed", "Enforced, its status would be revoked")
	s.wantDone(1)
	s.wantRoles(0)
}

func TestArgumentsThatAreRefused(t *testing.T) {
	s := newShop(t)
	lease := s.Read("lease.tf")
	for name, c := range map[string][]string{ // the line that is added, and what is said
		"unknown target": {`target = "shop"`, `target = "shoop"`, "Unable to Find Target", `No system named "shoop"`, `Accepted: "shop"`},
		"no leases":      {`target = "shop"`, `target = "cmdb"`, "of the kind file, in which custody gives no leases"},
		"no role":        {`grant_roles = ["report_readers"]`, `grant_roles = ["report_raeders"]`, `holds no role "report_raeders"`, "No lease is open."},
		"none":           {`grant_roles = ["report_readers"]`, `grant_roles = []`, "grant_roles"},
		"superuser":      {`grant_roles = ["report_readers"]`, `grant_roles = ["` + s.server.Admin + `"]`, "may do everything, so no lease of it is given"},
		"too short":      {`enabled = terraform.applying`, `ttl = "10s"`, "Invalid Duration", "would end before it could be used"},
		"too long":       {`enabled = terraform.applying`, `ttl = "2d"`, "Invalid Duration", "2d is longer than a lease may last"},
		"crossed":        {`enabled = terraform.applying`, "ttl = \"2h\"\n  max_ttl = \"1h\"", "longer than max_ttl"},
		"another act_as": {`enabled = terraform.applying`, `act_as = "postgres"`, `"postgres" is not one of grant_roles`},
	} {
		t.Run(name, func(t *testing.T) {
			w := s.In(t)
			text := strings.ReplaceAll(strings.ReplaceAll(lease, "target      =", "target ="), "enabled     =", "enabled =")
			if !strings.Contains(text, c[0]) {
				t.Fatal(c[0])
			}
			w.Write("lease.tf", strings.Replace(text, c[0], c[1], 1))
			w.TryApply().Exits(1).Says(c[2:]...)
			s.wantRoles(0)
		})
	}
}

// The right that is missing is named.
func TestARightThatIsMissing(t *testing.T) {
	s := newShop(t)
	s.Edit("provider.tf", account+":", s.server.Reader+":")
	s.TryApply().Exits(1).Says("Unable to Give Lease", "grant_roles = ", `the role "`+s.server.Reader+`" lacks the right CREATEROLE`, "No lease is open.",
		`Give exactly this right, as a superuser: ALTER ROLE "`+s.server.Reader+`" CREATEROLE`)
	s.wantDone(0)
}
