package grant_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// reviewed is a workspace whose reviews are opened in a real Request Tracker. Its clock
// stands two hours before that of the server until the test moves it.
type reviewed struct {
	*acctest.Workspace

	t  *testing.T
	rt *servers.RequestTracker
}

func newReviewed(t *testing.T) *reviewed {
	t.Helper()
	w := &reviewed{acctest.LoadAlone(t, "reviewed"), t, servers.StartRequestTracker(t)}
	w.Edit("main.tf", "key/billing", "key/"+t.Name())
	w.Setenv("TF_VAR_rt_url", w.rt.URL)
	w.Setenv("TF_VAR_rt_token", w.rt.Asks)
	w.Edit("provider.tf", "  systems = {", `  directories    = ["cmdb"]
  reviews        = "support"
  max_clock_jump = "9000h"
  systems = {
    support = { request_tracker = { url = var.rt_url, token = var.rt_token, allow_http = true, reviews = { queue = "Access Review" } } }`)
	w.FollowMachine()
	w.Clock.Advance(-3 * time.Hour)
	w.Asset("APP-1", "verified_at", w.Clock.Now().Add(-10*day).Format(time.DateOnly))
	w.Person("p1", "manager", "ann")
	w.Person("p3", "username", "ann", "email", "ann@example.org", "name", "Ann Archer", "manager", "dan")
	w.Person("p2", "username", "dan", "email", "dan@example.org", "name", "Dan Draper", "manager", "")
	w.Apply()
	return w
}

// review returns what the state shows of the case.
func (w *reviewed) review(name string) string {
	w.t.Helper()
	return acctest.Text(acctest.Dig(w.Attributes(key), "review."+name))
}

// leaves lets the owner of the application leave, and asks.
func (w *reviewed) leaves() {
	w.t.Helper()
	w.Clock.Advance(time.Hour)
	w.Person("p1", "status", "left")
	w.Plan().Exits(2).Says("owner.left on", "the review goes to", "+ review")
	w.Apply().Silent("Warning")
	w.Plan().Exits(0)
}

// answers answers a case in Request Tracker, and lets the clock pass that.
func (w *reviewed) answers(by string, status system.ReviewStatus, note string) {
	w.t.Helper()
	id := w.review("id")
	done := w.rt.Ask(w.t, w.rt.People[by], http.MethodPost, "/ticket/"+id+"/comment", map[string]any{"Content": note, "ContentType": "text/plain", "Status": status}, nil)
	if !done {
		w.t.Fatalf("%s cannot answer ticket %s", by, id)
	}
	w.FollowMachine()
}

// mails answers a case by mail.
func (w *reviewed) mails(by, text string) {
	w.t.Helper()
	w.rt.AnswerByMail(w.t)
	w.rt.Mailgate(w.t, fmt.Sprintf("From: %s@example.org\nSubject: Re: [rt.test #%s] Still needed?\nContent-Type: text/plain\n"+
		"Authentication-Results: mx.example.org; dmarc=pass\n\n%s\n", by, w.review("id"), text))
	w.FollowMachine()
}

// tickets lists the tickets about the grant: "<status> <owner>".
func (w *reviewed) tickets(want ...string) {
	w.t.Helper()
	var found struct {
		Items []struct {
			ID string
		}
	}
	query := fmt.Sprintf("/tickets?orderby=id&query=Queue='Access%%20Review'%%20AND%%20CF.%%7BCustody%%20Grant%%7D='cmdb/APP-1%%23key/%s'", w.t.Name())
	w.rt.Call(w.t, http.MethodGet, query, nil, &found)
	var got []string
	for _, item := range found.Items {
		var ticket struct {
			Status string
			Owner  struct{ ID string }
		}
		w.rt.Call(w.t, http.MethodGet, "/ticket/"+item.ID, nil, &ticket)
		got = append(got, ticket.Status+" "+ticket.Owner.ID)
	}
	if strings.Join(got, ", ") != strings.Join(want, ", ") {
		w.t.Errorf("tickets %q, want %q", got, want)
	}
}

// A leaver's application asks for a review: the plan shows it, the apply opens a ticket,
// the answer in Request Tracker is an attestation.
func TestAReviewIsConfirmedInRequestTracker(t *testing.T) {
	w := newReviewed(t)
	w.leaves()
	w.Holds(key, "status", "review", "review.status", "open", "review.assignee", "ann")
	if !strings.HasPrefix(w.review("url"), w.rt.URL) || w.review("due_at") == "" {
		t.Errorf("%v", w.Attributes(key)["review"])
	}
	w.tickets("open ann")
	w.answers("ann", system.ReviewConfirmed, "billing needs it until June")
	w.Plan().Exits(2).Says(`~ status         = "review" -> "active"`, "- review")
	w.Apply()
	w.Holds(key, "status", "active", "generations", "g1 g2")
	if memory := acctest.Text(acctest.Dig(w.Attributes(key)["binding"], "memory")); !strings.Contains(memory, `"by":"cmdb/p3"`) || !strings.Contains(memory, "billing needs it until June") {
		t.Error(memory)
	}
	w.Plan().Exits(0)
	w.tickets("confirmed ann")
}

func TestAReviewIsRejectedInRequestTracker(t *testing.T) {
	w := newReviewed(t)
	w.leaves()
	w.mails("ann", "Reject\n\nthe export has ended\n\n> Confirm")
	w.Plan().Exits(2).Says("grant.rejected on", "Ann Archer (cmdb/p3) was asked", "the export has ended", `-> "revoked"`)
	w.Apply()
	w.Holds(key, "status", "revoked", "generations", "")
	w.Plan().Exits(0)
	w.tickets("rejected ann")
}

// A case is handed over in Request Tracker; whoever answers must have authority; whoever
// has left is replaced; and silence ends in what the policy says.
func TestAReviewInRequestTrackerLivesOn(t *testing.T) {
	w := newReviewed(t)
	w.leaves()
	w.rt.Set(t, "ticket", w.review("id"), map[string]any{"Owner": "dan"}, "Owner changed from")
	w.Plan().Exits(0)
	w.tickets("open dan")
	w.mails("dan", "Confirm\n\nfine with me")
	w.Plan().Exits(2).Says("Answer Does Not Count", `"dan", who has no authority over this access`)
	w.Apply()
	w.tickets("confirmed dan", "open ann")
	w.Plan().Exits(0)
	// Ann leaves, and the manager's manager is asked.
	w.Edit("provider.tf", `spread = "0s" }] })`, `spread = "0s" }], classes = { application = { bound_to = "workload", lifecycle_owner = "dan" } } })`)
	w.Person("p3", "status", "left")
	w.Clock.Advance(time.Hour)
	w.Apply()
	w.Clock.Advance(time.Hour)
	w.Apply()
	w.tickets("confirmed dan", "open dan")
	w.Plan().Exits(0)
	w.Clock.Advance(31 * day)
	w.Asset("APP-1", "verified_at", w.Clock.Now().Format(time.DateOnly))
	w.Plan().Exits(2).Says("as nobody answered in time", `~ status         = "review" -> "lapsing"`)
	w.Apply()
	w.tickets("confirmed dan", "open dan")
	// The owner is back, and nothing asks any more.
	w.Person("p1", "status", "active")
	w.Clock.Advance(time.Hour)
	w.Plan().Exits(2).Says("- review")
	w.Apply()
	w.tickets("confirmed dan", "withdrawn dan")
}

// An apply that was killed before it saved the state, and one at the same time, end in
// one ticket.
func TestAReviewIsOpenedOnceInRequestTracker(t *testing.T) {
	w := newReviewed(t)
	before := w.Read("terraform.tfstate")
	w.leaves()
	w.Write("terraform.tfstate", before)
	w.Clock.Advance(time.Minute)
	w.Plan().Exits(2)
	w.Apply()
	w.tickets("open ann")
	w.Plan().Exits(0)
	w.Destroy()
	w.tickets("withdrawn ann")
}
