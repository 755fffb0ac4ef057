package grant_test

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
)

// twin returns a second workspace with the same configuration, facts, state and clock.
func (w *reviewed) twin() *reviewed {
	w.t.Helper()
	other := &reviewed{acctest.LoadAlone(w.t, "reviewed"), w.t, w.rt}
	if err := os.RemoveAll(other.Dir); err != nil {
		w.t.Fatal(err)
	}
	if err := os.CopyFS(other.Dir, os.DirFS(w.Dir)); err != nil {
		w.t.Fatal(err)
	}
	other.Setenv("TF_VAR_rt_url", w.rt.URL)
	other.Setenv("TF_VAR_rt_token", w.rt.Asks)
	other.Clock.Set(w.Clock.Now())
	return other
}

// meeting stands before Request Tracker. Nobody opens a ticket before as many as are
// expected want to.
type meeting struct {
	mu       sync.Mutex
	expected int
	complete chan struct{}
}

func (m *meeting) wait(r *http.Request) {
	m.mu.Lock()
	if m.expected--; m.expected == 0 {
		close(m.complete)
	}
	m.mu.Unlock()
	select {
	case <-m.complete:
	case <-r.Context().Done():
	}
}

// meetAt makes workspaces open their tickets at the same time.
func meetAt(t *testing.T, all ...*reviewed) {
	t.Helper()
	target, err := url.Parse(all[0].rt.URL)
	if err != nil {
		t.Fatal(err)
	}
	m := &meeting{expected: len(all), complete: make(chan struct{})}
	on := httputil.NewSingleHostReverseProxy(target)
	p := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/REST/2.0/ticket") {
			m.wait(r)
		}
		on.ServeHTTP(w, r)
	}))
	t.Cleanup(p.Close)
	for _, w := range all {
		w.Setenv("TF_VAR_rt_url", p.URL)
	}
}

// Two applies that open the case of a grant at the same moment end in one ticket that is
// open. So does one that was killed after it had opened another one: whoever refreshes next
// finds it.
func TestTwoAppliesAskOnceInRequestTracker(t *testing.T) {
	w := newReviewed(t)
	both := []*reviewed{w, w.twin()}
	meetAt(t, both...)
	results := make([]acctest.Result, len(both))
	var g sync.WaitGroup
	for i, one := range both {
		one.Clock.Advance(time.Hour)
		one.Person("p1", "status", "left")
		g.Go(func() { results[i] = one.TryApply() })
	}
	g.Wait()
	for i, one := range both {
		results[i].Ok()
		one.Apply() // what the other one did in between may have looked like a failure
		one.Plan().Exits(0)
		one.Holds(key, "status", "review", "review.status", "open", "review.assignee", "ann")
	}
	w.tickets("open ann", "withdrawn ann")
	if a, b := both[0].review("id"), both[1].review("id"); a != b {
		t.Errorf("one workspace waits for ticket %s, the other one for %s", a, b)
	}
	w.opensAgain()
	w.Plan().Exits(2).Says("Review Was Opened Twice")
	w.Apply()
	w.tickets("open ann", "withdrawn ann", "withdrawn Nobody")
	w.Plan().Exits(0)
}

// opensAgain opens the ticket again, as a run does that is killed right after it.
func (w *reviewed) opensAgain() {
	w.t.Helper()
	var queue struct {
		TicketCustomFields []struct{ ID, Name string }
	}
	w.rt.Call(w.t, http.MethodGet, "/queue/Access%20Review", nil, &queue)
	var have struct {
		CustomFields []struct {
			Name   string
			Values []string
		}
	}
	w.rt.Call(w.t, http.MethodGet, "/ticket/"+w.review("id"), nil, &have)
	fields := map[string]any{}
	for _, field := range queue.TicketCustomFields {
		for _, held := range have.CustomFields {
			if held.Name == field.Name {
				fields[field.ID] = held.Values[0]
			}
		}
	}
	ticket := map[string]any{"Queue": "Access Review", "Subject": "again", "Status": "open", "CustomFields": fields}
	if len(fields) != 2 || !w.rt.Ask(w.t, w.rt.Asks, http.MethodPost, "/ticket", ticket, nil) {
		w.t.Fatalf("the ticket cannot be opened again with %v", fields)
	}
}
