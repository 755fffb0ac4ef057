package scenarios_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/examples/scenarios/story"
	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
)

func TestMain(m *testing.M) { os.Exit(servers.Run(m)) }

// The whole story, with the servers in the place of the exports: the same steps,
// held to the same plans.
func TestRequestTrackerAndOpenLDAP(t *testing.T) {
	rt := servers.StartRequestTracker(t)
	directory := newOpenLDAP(t)
	scenario := absolute(t, "joiner-mover-leaver")
	w := acctest.New(t)
	w.CopyDir(scenario + "/servers/openldap")
	setJSON(t, w, "TF_VAR_directory", map[string]string{"url": directory.server.URL, "base_dn": directory.base, "bind_dn": directory.server.Reader})
	t.Setenv("CUSTODY_HR_PASSWORD", directory.server.Password)
	m := connectTracker(t, w, rt, directory, scenario)

	play(t, m, scenario, "")
	openTask(t, m)
	outage(t, m, "a token that was withdrawn", "CUSTODY_ITAM_TOKEN", "1-2-withdrawn")
	outage(t, m, "an account that sees the laptops only", "CUSTODY_CMDB_TOKEN", rt.Narrow)
	outage(t, m, "a password that was changed", "CUSTODY_HR_PASSWORD", "changed")
	outage(t, m, "a tracker that does not answer", "TF_VAR_request_tracker_url", nobodyThere(t, "http"))
	setJSON(t, w, "TF_VAR_directory", map[string]string{"url": nobodyThere(t, "ldap"), "base_dn": directory.base, "bind_dn": directory.server.Reader})
	refused(t, m, "a directory that does not answer")
}

// The same with a directory that speaks SCIM, as far as people come into it.
func TestRequestTrackerAndSCIM(t *testing.T) {
	rt := servers.StartRequestTracker(t)
	rows, err := readTable(read(t, "joiner-mover-leaver/exports/hr.csv"))
	if err != nil {
		t.Fatal(err)
	}
	// The server makes ids of its own for accounts that are added, so whoever
	// joins has one that is not active yet.
	rows["E-1022"] = map[string]string{"Name": "Aiko Mori", "Work Email": "aiko.mori@example.org", "Worker Type": "Employee", "Employment Status": "Terminated"}
	directory := newSCIM(t, rows)
	scenario := absolute(t, "joiner-mover-leaver")
	w := acctest.New(t)
	w.CopyDir(scenario + "/servers/scim")
	w.Setenv("TF_VAR_scim_url", directory.server.URL)
	t.Setenv("CUSTODY_HR_TOKEN", directory.server.Token)
	m := connectTracker(t, w, rt, directory, scenario)

	play(t, m, scenario, "10-low-confidence")
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

// connectTracker puts the scenario and Request Tracker into a workspace that has
// its people already.
func connectTracker(t *testing.T, w *acctest.Workspace, rt *servers.RequestTracker, directory people, scenario string) *mirror {
	m := &mirror{t: t, w: w, tracker: newTracker(t, rt), people: directory, cut: new(atomic.Bool), told: make(map[string]string)}
	w.CopyDir(scenario)
	w.CopyDir(scenario + "/servers/request-tracker")
	for _, c := range catalogs {
		w.Edit("assets_override.tf", fmt.Sprintf("%q", c.catalog), fmt.Sprintf("%q", m.tracker.catalog(c.catalog)))
	}
	w.Setenv("TF_VAR_request_tracker_url", breaking(t, rt.URL, m.cut))
	t.Setenv("CUSTODY_ITAM_TOKEN", rt.Token)
	t.Setenv("CUSTODY_CMDB_TOKEN", rt.Token)
	return m
}

func setJSON(t *testing.T, w *acctest.Workspace, name string, value any) {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	w.Setenv(name, string(text))
}

// breaking returns the address of a proxy whose answers break off in the middle
// while cut is set.
func breaking(t *testing.T, to string, cut *atomic.Bool) string {
	t.Helper()
	target, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !cut.Load() {
			proxy.ServeHTTP(w, r)
			return
		}
		whole := httptest.NewRecorder()
		proxy.ServeHTTP(whole, r)
		w.Header().Set("Content-Type", whole.Header().Get("Content-Type"))
		w.Header().Set("Content-Length", strconv.Itoa(whole.Body.Len()))
		w.WriteHeader(whole.Code)
		_, _ = w.Write(whole.Body.Bytes()[:whole.Body.Len()/2])
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// play plays the steps of the story up to the last, which is the very last one
// unless it is named.
func play(t *testing.T, m *mirror, scenario, last string) {
	t.Helper()
	steps, err := story.Load(scenario)
	if err != nil {
		t.Fatal(err)
	}
	player := &story.Player{Dir: m.w.Dir, Now: m.w.Clock.Now, Run: m.run}
	if i := slices.IndexFunc(steps, func(s story.Step) bool { return s.Name == last }); i >= 0 {
		steps = steps[:i+1]
	} else if last != "" {
		t.Fatalf("there is no step %s", last)
	}
	planTime := "plantimestamp()"
	for i := range steps {
		s := &steps[i]
		m.w.Clock.Advance(pace)
		instant := fmt.Sprintf("%q", m.w.Clock.Now().Format(time.RFC3339))
		m.w.Edit("main.tf", "plan_time = "+planTime, "plan_time = "+instant)
		planTime = instant
		if output, err := player.Plan(s); err != nil {
			t.Fatalf("%s: %v\n%s", s.Name, err, output)
		}
		if !s.Changes() {
			continue
		}
		if output, err := player.Apply(s); err != nil {
			t.Fatalf("%s: %v\n%s", s.Name, err, output)
		}
		m.w.Plan().Exits(0)
	}
}

// openTask opens a ticket against an application and closes it again.
func openTask(t *testing.T, m *mirror) {
	t.Helper()
	const mailer = `custody_grant.access["mailer/smtp"]`
	line := "RQ-3300,Offboarding,SVC-2102,Open,,"
	m.w.Append("exports/tasks.csv", line)
	m.sync()
	m.w.Apply()
	m.w.Holds(mailer, "status", "blocked", "action", "block", "reasons", "task.open")
	m.w.Plan().Exits(0)
	m.w.Edit("exports/tasks.csv", line, "RQ-3300,Offboarding,SVC-2102,Closed,,")
	m.sync()
	m.w.Apply()
	m.w.Holds(mailer, "status", "active", "action", "keep", "reasons", "")
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

// nobodyThere returns an address at which nobody listens.
func nobodyThere(t *testing.T, scheme string) string {
	t.Helper()
	port, err := servers.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	return scheme + "://127.0.0.1:" + strconv.Itoa(port)
}
