package scenarios_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/examples/scenarios/story"
	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

func TestMain(m *testing.M) { os.Exit(servers.Run(m)) }

// The whole story, with the servers in the place of the exports: the same steps,
// held to the same plans.
func TestRequestTrackerAndOpenLDAP(t *testing.T) {
	rt := servers.StartRequestTracker(t)
	directory := newDirectory(t, servers.Slapd(t), openLDAP)
	m := newMirror(t, "request-tracker", "openldap")
	m.connectTracker(rt)
	m.connectDirectory(directory)

	play(t, m, "")
	openTask(t, m)
	teamInsideTeam(t, m)
	outage(t, m, "a token that was withdrawn", "CUSTODY_ITAM_TOKEN", "1-2-withdrawn")
	outage(t, m, "an account that sees the laptops only", "CUSTODY_CMDB_TOKEN", rt.Narrow)
	outage(t, m, "a password that was changed", "CUSTODY_HR_PASSWORD", "changed")
	outage(t, m, "a tracker that does not answer", "TF_VAR_request_tracker_url", closedPort(t, "http"))
	directory.server.URL = closedPort(t, "ldap")
	m.connectDirectory(directory)
	refused(t, m, "a directory that does not answer")
}

// The whole story out of a database, people included.
func TestPostgreSQL(t *testing.T) {
	servers.Thorough(t)
	assets, people := newDatabase(t, "assets/postgresql"), newDatabase(t, "people/postgresql")
	m := newMirror(t, "postgresql", "postgresql")
	m.connectDatabase(assets)
	m.people = people
	t.Setenv("CUSTODY_HR_DSN", people.dsn())

	play(t, m, "")
	openTask(t, m)
	teamInsideTeam(t, m)
	outage(t, m, "a password that was changed", "CUSTODY_ITAM_DSN", strings.Replace(assets.dsn(), assets.server.Password, "changed", 1))
	outage(t, m, "a database that does not answer", "CUSTODY_HR_DSN", closedPort(t, "postgres"))
	people.exec(t, "REVOKE SELECT ON staff FROM "+people.server.Reader)
	refused(t, m, "a right that was taken away")
	people.exec(t, "GRANT SELECT ON staff TO "+people.server.Reader)
	m.w.Plan().Exits(0)
	assets.exec(t, "DELETE FROM workloads WHERE ci_number > 'INT'")
	refused(t, m, "a table that was filled half way")
}

// The story with assets out of a database and the accounts of a domain controller, as
// far as something happens to people.
func TestPostgreSQLAndActiveDirectory(t *testing.T) {
	servers.Thorough(t)
	directory := newDirectory(t, servers.Samba(t), activeDirectory)
	assets := newDatabase(t, "assets/postgresql")
	m := newMirror(t, "postgresql", "active-directory")
	m.connectDatabase(assets)
	m.connectDirectory(directory)

	play(t, m, "15-past-the-last-day")
	teamInsideTeam(t, m)
	outage(t, m, "a password that was changed", "CUSTODY_HR_PASSWORD", "changed")
	directory.server.URL = closedPort(t, "ldap")
	m.connectDirectory(directory)
	refused(t, m, "a directory that does not answer")
}

// The same with a directory that speaks SCIM, as far as people come into it.
func TestRequestTrackerAndSCIM(t *testing.T) {
	servers.Thorough(t)
	rt := servers.StartRequestTracker(t)
	rows, err := readTable(read(t, "joiner-mover-leaver/exports/hr.csv"))
	if err != nil {
		t.Fatal(err)
	}
	// The server makes ids of its own for accounts that are added, so whoever
	// comes later is there already, and not active yet.
	later, err := readTable("Employee ID;Name;Work Email;Worker Type;Employment Status;Last Day;Manager ID;Org Units\n" +
		"E-1022;Aiko Mori;aiko.mori@example.org;Employee;Terminated;;;\n" + strings.Join(nestedTeam, "\n"))
	if err != nil {
		t.Fatal(err)
	}
	maps.Copy(rows, later)
	directory := newSCIM(t, rows)
	m := newMirror(t, "request-tracker", "scim")
	m.connectTracker(rt)
	m.people = directory
	m.w.Setenv("TF_VAR_scim_url", directory.server.URL)
	t.Setenv("CUSTODY_HR_TOKEN", directory.server.Token)

	play(t, m, "11-low-confidence")
	teamInsideTeam(t, m)
	outage(t, m, "a token that was withdrawn", "CUSTODY_HR_TOKEN", "withdrawn")
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.FromSlash(path))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// newMirror puts the scenario into a workspace, with the variant's servers in the
// place of the exports. What it reads is connected next.
func newMirror(t *testing.T, assets, people string) *mirror {
	t.Helper()
	m := &mirror{t: t, scenario: absolute(t, "joiner-mover-leaver"), cut: new(atomic.Bool), told: make(map[string]string)}
	m.w = acctest.NewAlone(t)
	m.w.CopyDir(m.scenario)
	m.w.CopyDir(m.scenario + "/servers/assets/" + assets)
	m.w.CopyDir(m.scenario + "/servers/people/" + people)
	m.w.Run("fmt", "-check", "-diff").Ok()
	return m
}

// connectTracker has the assets and tasks of the scenario in Request Tracker.
func (m *mirror) connectTracker(rt *servers.RequestTracker) {
	m.t.Helper()
	tracker := newTracker(m.t, m.w, rt)
	m.assets = tracker
	for _, c := range catalogs {
		m.w.Edit("assets_override.tf", fmt.Sprintf("%q", c.catalog), fmt.Sprintf("%q", tracker.catalog(c.catalog)))
	}
	m.w.Setenv("TF_VAR_request_tracker_url", breaking(m.t, rt.URL, m.cut))
	m.t.Setenv("CUSTODY_ITAM_TOKEN", rt.Token)
	m.t.Setenv("CUSTODY_CMDB_TOKEN", rt.Token)
}

// connectDatabase has the assets and tasks of the scenario in a database.
func (m *mirror) connectDatabase(d *database) {
	m.t.Helper()
	m.assets = d
	direct := "127.0.0.1:" + strconv.Itoa(d.server.Port)
	m.t.Setenv("CUSTODY_ITAM_DSN", strings.Replace(d.dsn(), direct, systemtest.Sever(m.t, direct, "LT-1011", m.cut), 1))
	m.t.Setenv("CUSTODY_CMDB_DSN", d.dsn())
}

// connectDirectory has the people of the scenario in a directory.
func (m *mirror) connectDirectory(d *ldapDirectory) {
	m.t.Helper()
	m.people = d
	setJSON(m.t, m.w, "TF_VAR_directory", map[string]string{"url": d.server.URL, "base_dn": d.base, "bind_dn": d.server.Reader})
	m.t.Setenv("CUSTODY_HR_PASSWORD", d.server.Password)
}

func setJSON(t *testing.T, w *acctest.Workspace, name string, value any) {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	w.Setenv(name, string(text))
}

// play plays the steps of the story up to the last, which is the very last one
// unless it is named.
func play(t *testing.T, m *mirror, last string) {
	t.Helper()
	all := steps(t, m.scenario)
	if i := slices.IndexFunc(all, func(s story.Step) bool { return s.Name == last }); i >= 0 {
		all = all[:i+1]
	} else if last != "" {
		t.Fatalf("there is no step %s", last)
	}
	playSteps(t, m.w, all, &story.Player{Dir: m.w.Dir, Now: m.w.Clock.Now, Run: m.run}, nil)
}

// openTask opens a ticket against an application and closes it again.
func openTask(t *testing.T, m *mirror) {
	t.Helper()
	const mailer = `custody_grant.access["mailer/smtp"]`
	line := "RQ-3300,Offboarding,SVC-2102,Open,,"
	m.w.Append("exports/tasks.csv", line)
	m.sync()
	m.w.Apply()
	m.w.Holds(mailer, "status", "blocked", "binding.memory.action", "block", "because", "task.open")
	m.w.Plan().Exits(0)
	m.w.Edit("exports/tasks.csv", line, "RQ-3300,Offboarding,SVC-2102,Closed,,")
	m.sync()
	m.w.Apply()
	m.w.Holds(mailer, "status", "active", "because", "grant.restored")
	m.w.Plan().Exits(0)
}

// outage plans while a variable is wrong, and again when it is right.
func outage(t *testing.T, m *mirror, what, variable, wrong string) {
	t.Helper()
	right, ours := os.LookupEnv(variable)
	if !ours {
		w := *m
		w.w = m.w.In(t)
		w.w.Setenv(variable, wrong)
		refused(t, &w, what)
		return
	}
	t.Setenv(variable, wrong)
	refused(t, m, what)
	t.Setenv(variable, right)
	m.w.Plan().Exits(0)
}

// refused fails the test unless a plan stops and leaves everything as it is.
func refused(t *testing.T, m *mirror, what string) {
	t.Helper()
	before := m.w.Read(acctest.StateFile)
	r := m.w.Plan().Exits(1).Says("Nothing was issued and nothing was revoked")
	m.w.TryApply().Exits(1)
	if m.w.Read(acctest.StateFile) != before {
		t.Fatalf("%s: the plan was refused, and yet the state has changed:\n%s", what, r.Output)
	}
}
