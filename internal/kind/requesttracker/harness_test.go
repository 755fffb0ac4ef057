package requesttracker

import (
	"context"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/httpclient"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

func TestMain(m *testing.M) { os.Exit(servers.Run(m)) }

// impatient is a transport that does not wait between attempts.
func impatient() httpclient.Config {
	return httpclient.Config{Wait: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }}
}

func mustOpen(t testing.TB, c Config) *System {
	t.Helper()
	s, err := open(c, impatient())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// every maps every field to the custom field of the server under test.
func every() map[string]string {
	return map[string]string{
		fieldClass: "Class", fieldPurpose: "Purpose", fieldEnvironment: "Environment", fieldCriticality: "Criticality",
		fieldThirdParty: "Third Party", fieldShared: "Shared", fieldRetirementDate: "Retirement Date", fieldVerifiedAt: "Verified",
		fieldAssignedAt: "Assigned",
	}
}

func custodyQueues() map[string]string {
	return map[string]string{"Offboarding": "offboarding", "Handovers": "reassignment", "Decommissioning": "decommission"}
}

var catalogs atomic.Int64

// newCatalog makes a catalog that no other test uses.
func newCatalog(t testing.TB, rt *servers.RequestTracker) string {
	t.Helper()
	name := fmt.Sprintf("Catalog %d of %s", catalogs.Add(1), "O'Brien & \"Söhne\"")
	rt.Create(t, "catalog", map[string]any{"Name": name, "Lifecycle": "custody"})
	return name
}

// inCatalog returns a configuration that reads one catalog.
func inCatalog(rt *servers.RequestTracker, catalog string) Config {
	return Config{
		Name: "hq", URL: rt.URL, Token: rt.Token, Catalogs: map[string]string{catalog: "device"}, Fields: every(),
		Queues: custodyQueues(), States: map[string]string{"unstated": "unknown"}, OwnerRole: roleHeldBy,
	}
}

// seeded is a system under the ids of a seed: the server gives ids of its own.
type seeded struct {
	*System
	t       testing.TB
	assets  map[string]string // id of the seed -> id of the server
	tickets map[string]lifecycle.Task
}

// digits stands before names that consist of digits, which the server refuses.
const digits = "digits "

// missingID is the id of no asset.
const missingID = "999999999"

func (s *seeded) id(id string) string {
	plain := strings.TrimSpace(id)
	if given, ok := s.assets[plain]; ok {
		return strings.Replace(id, plain, given, 1)
	}
	return missingID
}

func (s *seeded) translate(r *lifecycle.Record) {
	if want := s.url + "/Asset/Display.html?id=" + r.ID; r.Source != want {
		s.t.Errorf("the source is %q, want %q", r.Source, want)
	}
	for id, given := range s.assets {
		if r.ID == given {
			r.ID, r.Name = id, strings.TrimPrefix(r.Name, digits)
			return
		}
	}
}

func (s *seeded) Asset(ctx context.Context, id string) ([]lifecycle.Record, error) {
	found, err := s.System.Asset(ctx, s.id(id))
	for i := range found {
		s.translate(&found[i])
	}
	return found, err
}

func (s *seeded) Assets(ctx context.Context) iter.Seq2[lifecycle.Record, error] {
	return func(yield func(lifecycle.Record, error) bool) {
		for r, err := range s.System.Assets(ctx) {
			if err == nil {
				s.translate(&r)
			}
			if !yield(r, err) {
				return
			}
		}
	}
}

func (s *seeded) Tasks(ctx context.Context, asset string) ([]lifecycle.Task, error) {
	found, err := s.System.Tasks(ctx, s.id(asset))
	for i, task := range found {
		if want := s.url + "/Ticket/Display.html?id=" + task.ID; task.URL != want {
			s.t.Errorf("the address of the ticket is %q, want %q", task.URL, want)
		}
		found[i].ID, found[i].URL = s.tickets[task.ID].ID, s.tickets[task.ID].URL
	}
	return found, err
}

func (s *seeded) OpenTasks(ctx context.Context) iter.Seq2[system.AssetTask, error] {
	return func(yield func(system.AssetTask, error) bool) {
		for open, err := range s.System.OpenTasks(ctx) {
			for id, given := range s.assets {
				if open.Asset == given {
					open.Asset = id
					break
				}
			}
			task := s.tickets[open.Task.ID]
			open.Task.ID, open.Task.URL = task.ID, task.URL
			if !yield(open, err) {
				return
			}
		}
	}
}

func dateText(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.Format(time.DateOnly)
}

// seedServer puts a seed into a catalog of the server.
func seedServer(t testing.TB, rt *servers.RequestTracker, catalog string, seed systemtest.Seed) *seeded {
	t.Helper()
	out := &seeded{t: t, assets: make(map[string]string), tickets: make(map[string]lifecycle.Task)}
	var mu sync.Mutex
	var g errgroup.Group
	g.SetLimit(4)
	users := make(map[string]string)
	for _, r := range seed.Records {
		for _, owner := range r.Owners {
			// The server refuses names with control characters.
			if systemtest.Presentable(owner) && users[owner] == "" {
				users[owner] = rt.User(t, owner)
			}
		}
	}
	for _, r := range seed.Records {
		g.Go(func() error {
			id := rt.Create(t, "asset", fieldsOf(r, catalog, users))
			mu.Lock()
			defer mu.Unlock()
			out.assets[r.ID] = id
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	for asset, tasks := range seed.Tasks {
		if out.assets[asset] == "" {
			out.assets[asset] = rt.Create(t, "asset", map[string]any{"Name": asset, "Catalog": catalog})
		}
		for _, task := range tasks {
			out.tickets[openTicket(t, rt, out.assets[asset], task)] = task
		}
	}
	return out
}

func fieldsOf(r lifecycle.Record, catalog string, users map[string]string) map[string]any {
	status := r.State.String()
	if r.State == lifecycle.StateUnknown {
		status = "unstated"
	}
	var owners []string
	for _, owner := range r.Owners {
		if users[owner] != "" {
			owners = append(owners, users[owner])
		}
	}
	custom := map[string]any{}
	for name, value := range map[string]any{
		"Class": r.Class, "Purpose": r.Purpose, "Environment": r.Environment, "Criticality": r.Criticality,
		"Third Party": yesNo(r.ThirdParty), "Shared": yesNo(r.Shared),
		"Retirement Date": dateText(r.RetirementDate), "Verified": dateText(r.VerifiedAt), "Assigned": dateText(r.AssignedAt),
	} {
		if value != nil && value != "" {
			custom[name] = value
		}
	}
	name := r.Name
	if _, err := strconv.Atoi(name); err == nil {
		name = digits + name
	}
	return map[string]any{"Name": name, "Catalog": catalog, "Status": status, "HeldBy": owners, "CustomFields": custom}
}

func yesNo(v lifecycle.Tristate) string { return [...]string{"", "no", "yes"}[v] }

func openTicket(t testing.TB, rt *servers.RequestTracker, asset string, task lifecycle.Task) string {
	t.Helper()
	queue := ""
	for name, kind := range custodyQueues() {
		if kind == task.Kind.String() {
			queue = name
		}
	}
	fields := map[string]any{"Queue": queue, "Subject": "For asset " + asset, "RefersTo": []string{"asset:" + asset}}
	if !task.Due.IsZero() {
		fields["Due"] = task.Due.Format(time.DateTime)
	}
	return rt.Create(t, "ticket", fields)
}

// proxy stands before the server and records what is asked.
type proxy struct {
	*httptest.Server
	mu    sync.Mutex
	asked []string
}

// newProxy returns a proxy that lets answer see every request first; what that
// does not answer goes to the server.
func newProxy(t testing.TB, to string, answer func(w http.ResponseWriter, r *http.Request) bool) *proxy {
	t.Helper()
	target, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	reverse := httputil.NewSingleHostReverseProxy(target)
	p := &proxy{}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		p.asked = append(p.asked, strings.TrimPrefix(r.URL.Path, "/REST/2.0"))
		p.mu.Unlock()
		if answer == nil || !answer(w, r) {
			reverse.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(p.Close)
	return p
}

// requests returns what was asked since the last call.
func (p *proxy) requests() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := p.asked
	p.asked = nil
	return out
}

// alterAnswer gets the real answer and lets change alter it and say how long it is.
func alterAnswer(w http.ResponseWriter, r *http.Request, to string, change func(string) (text string, length int)) bool {
	next, err := http.NewRequestWithContext(r.Context(), r.Method, to+r.URL.RequestURI(), nil)
	if err != nil {
		return false
	}
	next.Header = r.Header.Clone()
	next.Header.Del("Accept-Encoding")
	answer, err := http.DefaultClient.Do(next)
	if err != nil {
		return false
	}
	defer answer.Body.Close() //nolint:errcheck // it is read to its end
	whole, err := io.ReadAll(answer.Body)
	if err != nil {
		return false
	}
	text, length := change(string(whole))
	w.Header().Set("Content-Type", answer.Header.Get("Content-Type"))
	w.Header().Set("Content-Length", strconv.Itoa(length))
	w.WriteHeader(answer.StatusCode)
	fmt.Fprint(w, text)
	return true
}
