package requesttracker

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

var due = time.Date(2098, time.June, 30, 22, 0, 0, 0, time.UTC)

func caseOf(key string) system.Case {
	return system.Case{Key: key, Grant: "cmdb/APP-1#x", Title: "Still needed?", Text: "Facts.", Reviewer: ann, DueAt: due}
}

// opened opens a case and returns it.
func opened(t *testing.T, q system.Reviews, c system.Case) *system.Review {
	t.Helper()
	if err := q.OpenReview(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	return shown(t, q, c.Key)
}

func shown(t *testing.T, q system.Reviews, key string) *system.Review {
	t.Helper()
	r, err := q.Review(t.Context(), key)
	if err != nil || r == nil {
		t.Fatalf("Review(%q) = %+v, %v", key, r, err)
	}
	return r
}

// wantFault fails the test unless err is of a kind and says some words.
func wantFault(t *testing.T, err, kind error, words ...string) {
	t.Helper()
	var f *fault.Fault
	if !errors.Is(err, kind) || !errors.As(err, &f) {
		t.Errorf("got %v, want an error of kind %v with %q", err, kind, words)
		return
	}
	for _, word := range words {
		if !strings.Contains(f.Happened+f.Advice, word) {
			t.Errorf("%v does not say %q", f.Detail(), word)
		}
	}
}

// The recipe of the guide gives each right for a reason: without any one of them, an
// error names it and how to give it, and with all of them everything works.
func TestReviewsNeedEachRight(t *testing.T) {
	rt := servers.StartRequestTracker(t)
	tokens := rt.ReviewRights(t, "AnswerReview")
	with := func(right string) system.Reviews {
		c := asking(rt)
		c.Token = tokens[right]
		return mustOpen(t, c)
	}
	all := mustOpen(t, asking(rt))
	given := opened(t, all, caseOf("rights-1"))
	answered := opened(t, all, caseOf("rights-2"))
	answerTicket(t, rt, answered.ID, rt.People["ann"], system.ReviewConfirmed, "As the team said.")
	moved, later := caseOf("rights-1"), caseOf("rights-1")
	moved.Reviewer, later.DueAt = dan, due.AddDate(0, 0, 1)
	tried := map[string]func(t *testing.T, q system.Reviews){
		"SeeQueue": func(t *testing.T, q system.Reviews) {
			_, err := q.Review(t.Context(), "rights-1")
			wantFault(t, err, fault.ErrConfig, "SeeQueue")
		},
		"SeeCustomField": func(t *testing.T, q system.Reviews) {
			_, err := q.Review(t.Context(), "rights-1")
			wantFault(t, err, fault.ErrConfig, "SeeCustomField", "Custody Key")
		},
		"ShowTicket": func(t *testing.T, q system.Reviews) {
			got, err := q.Review(t.Context(), "rights-1")
			if got != nil {
				t.Errorf("got %+v", got)
			}
			wantFault(t, err, fault.ErrUnavailable, "ShowTicket")
			wantFault(t, q.OpenReview(t.Context(), caseOf("rights-3")), fault.ErrDenied, "ShowTicket")
		},
		"CreateTicket": func(t *testing.T, q system.Reviews) {
			wantFault(t, q.OpenReview(t.Context(), caseOf("rights-4")), fault.ErrDenied, "CreateTicket")
		},
		"SetInitialCustomField": func(t *testing.T, q system.Reviews) {
			wantFault(t, q.OpenReview(t.Context(), caseOf("rights-5")), fault.ErrDenied, "SetInitialCustomField", "Custody Key")
		},
		"ReassignTicket": func(t *testing.T, q system.Reviews) {
			wantFault(t, q.AssignReview(t.Context(), given, moved), fault.ErrDenied, "ReassignTicket")
		},
		"ModifyTicket": func(t *testing.T, q system.Reviews) {
			wantFault(t, q.AssignReview(t.Context(), given, later), fault.ErrDenied, "ModifyTicket")
			wantFault(t, q.WithdrawReview(t.Context(), given.ID, "No more."), fault.ErrDenied, "ModifyTicket")
			wantFault(t, q.CommentReview(t.Context(), given, "Soon."), fault.ErrDenied, "ModifyTicket")
		},
		"ShowTicketComments": func(t *testing.T, q system.Reviews) {
			if got := shown(t, q, "rights-2"); got.Status != system.ReviewConfirmed || got.Note != "" {
				t.Errorf("got %+v", got)
			}
		},
		// With a right too many, custody can answer itself; that is no answer.
		"AnswerReview": func(t *testing.T, q system.Reviews) {
			own := opened(t, q, caseOf("rights-6"))
			if !rt.Ask(t, tokens["AnswerReview"], http.MethodPut, "/ticket/"+own.ID, map[string]any{"Status": "confirmed"}, nil) {
				t.Error("the account could not answer")
			}
			if got := shown(t, q, "rights-6"); got.Status != system.ReviewWithdrawn || got.AnsweredBy != "" {
				t.Errorf("custody has answered itself: %+v", got)
			}
		},
	}
	for right := range tokens {
		t.Run(right, func(t *testing.T) {
			if tried[right] == nil {
				t.Fatal("no test shows what this right is for")
			}
			tried[right](t, with(right))
		})
	}
	if got := shown(t, all, "rights-2"); got.Note != "As the team said." || got.AnsweredBy != "ann" {
		t.Errorf("got %+v", got)
	}
	if got := shown(t, all, "rights-1"); got.Assignee != "ann" || !got.DueAt.Equal(due) || got.Status != system.ReviewOpen {
		t.Errorf("a refused act took effect: %+v", got)
	}
}

func TestReviewQueueThatIsNotSetUp(t *testing.T) {
	rt := servers.StartRequestTracker(t)
	bare, _ := rt.ReviewQueues(t)
	for name, c := range map[string]struct {
		reviews ReviewConfig
		words   []string
	}{
		"no queue":          {ReviewConfig{Queue: "Access Reviews"}, []string{"no queue \"Access Reviews\"", "guide"}},
		"another lifecycle": {ReviewConfig{Queue: "Access Review", Lifecycle: "renew"}, []string{"lifecycle \"review\" and not \"renew\"", "guide"}},
		"no custom field":   {ReviewConfig{Queue: bare}, []string{"no custom field \"Custody Key\"", "guide"}},
		"no grant field":    {ReviewConfig{Queue: "Access Review", GrantField: "Grant"}, []string{"no custom field \"Grant\"", "guide"}},
	} {
		t.Run(name, func(t *testing.T) {
			config := asking(rt)
			config.Reviews = &c.reviews
			s := mustOpen(t, config)
			_, err := s.Review(t.Context(), "k")
			wantFault(t, err, fault.ErrConfig, c.words...)
			wantFault(t, s.OpenReview(t.Context(), caseOf("k")), fault.ErrConfig, c.words...)
		})
	}
	none := asking(rt)
	none.Reviews = nil
	if _, ok := system.AsReviews(mustOpen(t, none)); ok {
		t.Error("a system without the block holds reviews")
	}
}

// With UniqueValues, a second ticket loses its key without an error. It is withdrawn,
// because no run would find it again.
func TestReviewKeysThatMustBeUnique(t *testing.T) {
	rt := servers.StartRequestTracker(t)
	_, unique := rt.ReviewQueues(t)
	c := asking(rt)
	c.Reviews = &ReviewConfig{Queue: unique, KeyField: "unique key"}
	s := mustOpen(t, c)
	// The queue has no first ticket yet, so that an absent case is not proven.
	_, err := s.Review(t.Context(), "once")
	wantFault(t, err, fault.ErrUnavailable, "no ticket at all", "ShowTicket")
	if err := s.OpenReview(t.Context(), caseOf("alone")); err != nil {
		t.Fatal(err)
	}
	var g errgroup.Group
	for range 3 {
		g.Go(func() error { return mustOpen(t, c).OpenReview(t.Context(), caseOf("once")) })
	}
	if err := g.Wait(); err != nil {
		t.Error(err)
	}
	first := shown(t, s, "once")
	if first.Status != system.ReviewOpen {
		t.Errorf("got %+v", first)
	}
	var all struct{ Items []struct{ ID, Status string } }
	rt.Call(t, http.MethodGet, "/tickets?"+url.Values{"query": {"Queue = '" + unique + "'"}, "fields": {"Status"}}.Encode(), nil, &all)
	open := 0
	for _, ticket := range all.Items {
		if ticket.Status == "open" {
			open++
		}
	}
	if len(all.Items) != 4 || open != 2+len(first.Others) {
		t.Errorf("%+v, and the case is %+v", all.Items, first)
	}
}

func TestReviewerWhoMayNotOwn(t *testing.T) {
	rt := servers.StartRequestTracker(t)
	s := mustOpen(t, asking(rt))
	for key, name := range map[string]string{"own-1": "bob", "own-2": "Nobody", "own-3": "1", "own-4": ""} {
		c := caseOf(key)
		c.Reviewer = system.Reviewer{User: name, Email: name, Name: "Bob Baker"}
		r := opened(t, s, c)
		if r.Assignee != "" || r.Status != system.ReviewOpen || !r.DueAt.Equal(due) {
			t.Errorf("%q: got %+v", name, r)
		}
		wantFault(t, s.AssignReview(t.Context(), r, c), fault.ErrConfig, "OwnTicket", "Bob Baker")
		if r = shown(t, s, key); r.Assignee != "" {
			t.Errorf("%q: got %+v", name, r)
		}
	}
	// An address names a reviewer if the configuration says so, and then it names who has
	// answered as well.
	c := asking(rt)
	c.Reviews.ReviewerKey = ownerEmail
	s = mustOpen(t, c)
	one := caseOf("own-5")
	one.Reviewer = system.Reviewer{Email: "ANN@example.org"}
	r := opened(t, s, one)
	if !r.Stands(&one) || r.Assignee != "ann@example.org" {
		t.Errorf("got %+v", r)
	}
	answerTicket(t, rt, r.ID, rt.People["ann"], system.ReviewRejected, "")
	if r = shown(t, s, "own-5"); r.AnsweredBy != "ann@example.org" || r.Status != system.ReviewRejected {
		t.Errorf("got %+v", r)
	}
}

// Answers, and what is done after them, as the web pages do it.
func TestReviewAnswers(t *testing.T) {
	rt := servers.StartRequestTracker(t)
	s := mustOpen(t, asking(rt))
	r := opened(t, s, caseOf("web-1"))
	if rt.Ask(t, rt.People["dan"], http.MethodPut, "/ticket/"+r.ID, map[string]any{"Status": "confirmed"}, nil) && shown(t, s, "web-1").Status != system.ReviewOpen {
		t.Error("somebody who does not have the case has answered it")
	}
	// The editor of the web pages writes HTML.
	note := map[string]any{"Content": "<p>Still <b>needed</b>, says R&amp;D.</p><style>p{}</style>", "ContentType": "text/html", "Status": "confirmed"}
	if !rt.Ask(t, rt.People["ann"], http.MethodPost, "/ticket/"+r.ID+"/comment", note, nil) {
		t.Fatal("the case could not be answered")
	}
	if r = shown(t, s, "web-1"); r.Note != "Still needed , says R&D." || r.AnsweredBy != "ann" {
		t.Errorf("got %+v", r)
	}
	// Opened again, by somebody who may.
	rt.Set(t, "ticket", r.ID, map[string]any{"Status": "open"}, "changed from")
	if r = shown(t, s, "web-1"); r.Status != system.ReviewOpen || r.AnsweredBy != "" {
		t.Errorf("got %+v", r)
	}
	answerTicket(t, rt, r.ID, rt.People["ann"], system.ReviewRejected, "> quoted\nNo more.")
	if r = shown(t, s, "web-1"); r.Status != system.ReviewRejected || r.Note != "No more." {
		t.Errorf("got %+v", r)
	}
	// Later changes are no answers.
	rt.Set(t, "ticket", r.ID, map[string]any{"Subject": "Another subject"}, "changed")
	if again := shown(t, s, "web-1"); !again.AnsweredAt.Equal(r.AnsweredAt) || again.AnsweredBy != "ann" {
		t.Errorf("got %+v, want %+v", again, r)
	}
	// A deleted ticket is gone.
	gone := opened(t, s, caseOf("web-2"))
	rt.Set(t, "ticket", gone.ID, map[string]any{"Status": "deleted"}, "deleted")
	if got, err := s.Review(t.Context(), "web-2"); got != nil || err != nil {
		t.Errorf("got %+v, %v", got, err)
	}
	if err := s.WithdrawReview(t.Context(), gone.ID, "No more."); err != nil {
		t.Error(err)
	}
}

// A status that the lifecycle has and the configuration does not name is open while it
// is active, and withdrawn otherwise.
func TestReviewStatusesOfTheQueue(t *testing.T) {
	rt := servers.StartRequestTracker(t)
	s := mustOpen(t, asking(rt))
	opened(t, s, caseOf("status-1"))
	closed := opened(t, s, caseOf("status-2"))
	if err := s.WithdrawReview(t.Context(), closed.ID, "No more."); err != nil {
		t.Fatal(err)
	}
	c := asking(rt)
	c.Reviews.Statuses = map[string]string{"open": "waiting", "withdrawn": "given up"}
	other := mustOpen(t, c)
	for key, want := range map[string]system.ReviewStatus{"status-1": system.ReviewOpen, "status-2": system.ReviewWithdrawn} {
		if got := shown(t, other, key); got.Status != want {
			t.Errorf("%s: got %+v, want it %s", key, got, want)
		}
	}
}

// A query that was not understood gives everything.
func TestReviewQueryThatFailsOpen(t *testing.T) {
	rt := servers.StartRequestTracker(t)
	opened(t, mustOpen(t, asking(rt)), caseOf("cut-1"))
	c := asking(rt)
	c.URL = newProxy(t, rt.URL, func(_ http.ResponseWriter, r *http.Request) bool {
		if query := r.URL.Query(); strings.HasSuffix(r.URL.Path, "/tickets") {
			query.Set("query", "id > 0 AND Queue = 'Access Review'")
			r.URL.RawQuery = query.Encode()
		}
		return false
	}).URL
	got, err := mustOpen(t, c).Review(t.Context(), "cut-2")
	systemtest.WantUnavailable(t, 0, err)
	if got != nil {
		t.Errorf("got %+v", got)
	}
}

// Servers that are no Request Tracker, or answer wrongly, also after the setup was read.
func TestReviewsUnavailable(t *testing.T) {
	at := func(address string) system.Reviews {
		how := impatient()
		how.Timeout = 50 * time.Millisecond
		s, err := open(Config{Name: "hq", URL: address, Token: "1-2-3", Reviews: &ReviewConfig{Queue: "Access Review"}}, how)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	broken := make(map[string]func(*testing.T) system.Reviews)
	for name, faulty := range systemtest.HTTPFaults() {
		healthy := answering(map[string]string{
			"/queues":  `{"count":1,"total":1,"items":[{"id":"3","type":"queue","Name":"Access Review"}]}`,
			"/queue/3": `{"id":3,"Name":"Access Review","Lifecycle":"review","TicketCustomFields":[{"id":"4","name":"Custody Key"}]}`,
			"/users":   `{"count":0,"total":0,"items":[]}`,
		})
		h := faulty(healthy)
		broken[name] = func(t *testing.T) system.Reviews { return at(systemtest.ServeHTTP(t, h)) }
		broken[name+" after the setup"] = func(t *testing.T) system.Reviews {
			return at(systemtest.ServeHTTP(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if slices.ContainsFunc([]string{"/queues", "/queue/3", "/users"}, func(path string) bool { return strings.HasSuffix(r.URL.Path, path) }) {
					healthy.ServeHTTP(w, r)
					return
				}
				h.ServeHTTP(w, r)
			})))
		}
	}
	systemtest.UnavailableReviews(t, broken)
}

func TestReviewConfiguration(t *testing.T) {
	for name, c := range map[string]ReviewConfig{
		"queue": {}, "reviewer_key": {Queue: "q", ReviewerKey: "id"}, "statuses": {Queue: "q", Statuses: map[string]string{"confirmed": "open"}},
	} {
		_, err := New(Config{Name: "hq", URL: "https://rt.example.org", Token: "1-2-3", Reviews: &c})
		var problems *system.ConfigError
		if !errors.As(err, &problems) || len(problems.Problems) != 1 || problems.Problems[0].Attribute != "reviews."+name {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
