package grant

import (
	"errors"
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

var update = flag.Bool("update", false, "write the golden files anew; read the difference before you commit it")

func TestReviewConfirmed(t *testing.T) {
	l := asked(t)
	l.queue.Answer("1", "cyd@example.org", system.ReviewConfirmed, "still used by\nbilling \u202e")
	l.clock.Advance(day)
	m := l.runs("active", true)
	if !m.Review.IsNull() || !strings.Contains(m.memory().ValueString(), `"attestation":{"by":"hr/cyd","note":"review custody-`) ||
		!strings.Contains(m.memory().ValueString(), `: still used by billing �"`) {
		t.Errorf("%s %s", m.Review, m.memory())
	}
	l.cases("1 confirmed cyd")
	l.quiet()
	// Something else asks: another case, because the first was about something else.
	l.record.Shared = lifecycle.Yes
	l.runs("review", true)
	l.cases("1 confirmed cyd", "2 open cyd")
	l.quiet()
}

func TestReviewRejected(t *testing.T) {
	l := asked(t)
	l.queue.Answer("1", "cyd", system.ReviewRejected, "The project has ended.")
	l.clock.Advance(day)
	m := l.runs("revoked", true)
	if all := m.Because.String(); !strings.Contains(all, "grant.rejected on Billing (hr/APP-1): hr/cyd was asked") || !strings.Contains(all, "The project has ended.") {
		t.Error(all)
	}
	l.quiet()
	l.people["ada"].Status = lifecycle.PersonActive
	l.clock.Advance(day)
	l.runs("revoked", true)
	l.quiet()
	l.cases("1 rejected cyd")
}

func TestReviewHandedOver(t *testing.T) {
	l := asked(t)
	l.queue.Reassign("1", "zoe@example.org")
	l.clock.Advance(day)
	m, changed := l.run()
	if changed || !strings.Contains(m.Review.String(), `"assignee":"zoe@example.org"`) {
		t.Errorf("%t %s", changed, m.Review)
	}
	// A finding that joins is told in a comment, and leaves the case with whom it is.
	l.record.Environment = ""
	l.runs("review", true)
	l.cases("1 open zoe")
	if c := l.queue.Cases()[0]; len(c.Comments) != 1 || !strings.Contains(c.Comments[0], "record.incomplete") {
		t.Errorf("%q", c.Comments)
	}
	l.quiet()
}

func TestReviewUnanswered(t *testing.T) {
	l := asked(t)
	l.clock.Advance(29*day + time.Second)
	m := l.runs("lapsing", true)
	if !strings.Contains(m.Because.String(), "as nobody answered in time") {
		t.Error(m.Because)
	}
	l.cases("1 open cyd")
	l.quiet()
	// Late is not too late.
	l.queue.Answer("1", "cyd", system.ReviewConfirmed, "")
	l.clock.Advance(time.Hour)
	l.runs("active", true)
	l.quiet()
}

func TestReviewerWithoutAuthority(t *testing.T) {
	l := asked(t)
	l.queue.Answer("1", "bob@example.org", system.ReviewConfirmed, "")
	l.clock.Advance(day)
	l.runs("review", true)
	l.says("Answer Does Not Count", `"bob@example.org"`, "has no authority over this access", "manager (cyd)")
	l.cases("1 confirmed cyd", "2 open cyd")
	l.quiet()
	l.queue.Answer("2", "mallory", system.ReviewRejected, "")
	l.clock.Advance(day)
	l.runs("review", true)
	l.says("is known to no directory")
	l.cases("1 confirmed cyd", "2 rejected cyd", "3 open cyd")
	// Somebody who has left the company answers nothing either.
	l.queue.Answer("3", "cyd", system.ReviewConfirmed, "")
	l.people["cyd"].Status = lifecycle.PersonLeft
	l.clock.Advance(day)
	l.runs("review", true)
	l.says("is not active in the directory, but left")
}

// Somebody who was asked and may not decide is not asked again, if there is somebody else.
func TestReviewerWhoMayNotDecideIsPassedOver(t *testing.T) {
	l := newLife(t)
	rules := *l.rules
	rules.Authority.Attest = []lifecycle.Authorization{{Who: []string{"zoe"}}}
	rules.Classes = map[string]lifecycle.Class{"application": {BoundTo: lifecycle.BoundToWorkload, LifecycleOwner: "zoe"}}
	rules.Index()
	l.rules = &rules
	l.people["ada"].Manager = "cyd@example.org"
	l.runs("active", true)
	l.clock.Advance(day)
	l.people["ada"].Status = lifecycle.PersonLeaving
	l.runs("review", true)
	l.cases("1 open cyd")
	l.queue.Answer("1", "cyd", system.ReviewConfirmed, "")
	l.clock.Advance(day)
	l.runs("review", true)
	l.says("Answer Does Not Count", "has no authority")
	l.cases("1 confirmed cyd", "2 open zoe")
	l.quiet()
	l.queue.Answer("2", "zoe", system.ReviewConfirmed, "")
	l.clock.Advance(day)
	l.runs("active", true)
	l.quiet()
}

func TestHolderAnswersNothingOfTheirOwn(t *testing.T) {
	l := newLife(t)
	l.record.Class, l.record.ID = "laptop", "APP-1"
	l.runs("active", true)
	l.clock.Advance(day)
	l.record.Environment = ""
	l.runs("active", true)
	l.cases("1 open cyd")
	l.queue.Reassign("1", "ada@example.org")
	l.queue.Answer("1", "ada@example.org", system.ReviewConfirmed, "mine")
	l.clock.Advance(day)
	l.runs("active", true)
	l.says("holds the asset, and no one decides on access of their own")
	l.cases("1 confirmed ada", "2 open cyd")
}

// askedBeforeZoe is a life in which cyd is asked, and would be followed by zoe.
func askedBeforeZoe(t *testing.T) *life {
	t.Helper()
	l := newLife(t)
	rules := *l.rules
	rules.Classes = map[string]lifecycle.Class{"application": {BoundTo: lifecycle.BoundToWorkload, LifecycleOwner: "zoe"}}
	rules.Index()
	l.rules = &rules
	l.runs("active", true)
	l.clock.Advance(day)
	l.record.Environment = ""
	l.runs("active", true)
	l.cases("1 open cyd")
	return l
}

func TestReviewerHasLeft(t *testing.T) {
	l := askedBeforeZoe(t)
	l.people["cyd"].Status = lifecycle.PersonLeft
	l.clock.Advance(day)
	l.runs("active", true)
	l.cases("1 open zoe")
	l.quiet()
	delete(l.people, "cyd")
	l.clock.Advance(day)
	l.quiet()
	l.queue.Answer("1", "zoe", system.ReviewConfirmed, "")
	l.clock.Advance(day)
	l.runs("active", true)
	l.quiet()
}

// Somebody who is suspended may not decide, so somebody else is asked until they are back.
func TestReviewerIsSuspended(t *testing.T) {
	l := askedBeforeZoe(t)
	for _, c := range []struct {
		status lifecycle.OwnerStatus
		want   string
	}{{lifecycle.PersonSuspended, "1 open zoe"}, {lifecycle.PersonActive, "1 open cyd"}} {
		l.people["cyd"].Status = c.status
		l.clock.Advance(day)
		l.runs("active", true)
		l.cases(c.want)
		l.quiet()
	}
}

func TestClosedWithoutAnAnswer(t *testing.T) {
	l := asked(t)
	l.queue.Close("1")
	l.clock.Advance(day)
	l.runs("review", true)
	l.cases("1 withdrawn cyd", "2 open cyd")
	l.quiet()
}

func TestNothingAsksAnyMore(t *testing.T) {
	l := asked(t)
	l.people["ada"].Status = lifecycle.PersonActive
	l.clock.Advance(day)
	m := l.runs("active", true)
	l.cases("1 withdrawn cyd")
	if !m.Review.IsNull() {
		t.Error(m.Review)
	}
	l.quiet()
	l.clock.Advance(day)
	l.people["ada"].Status = lifecycle.PersonLeaving
	l.runs("review", true)
	l.cases("1 withdrawn cyd", "2 open cyd")
	l.quiet()
}

// A run that was killed after it had opened the case, and two runs at once, end in one
// case.
func TestOneCaseWhateverHappens(t *testing.T) {
	for name, interrupted := range map[string]func(l *life, before func()){
		"killed before it saved":     func(_ *life, before func()) { before() },
		"killed, and answered since": func(l *life, before func()) { before(); l.queue.Answer("1", "cyd", system.ReviewRejected, "no") },
		"two at once":                func(l *life, before func()) { before(); l.opensAgain() },
	} {
		t.Run(name, func(t *testing.T) {
			l := newLife(t)
			l.runs("active", true)
			l.clock.Advance(day)
			l.people["ada"].Status = lifecycle.PersonLeaving
			saved := l.state
			interrupted(l, func() { l.runs("review", true); l.state = saved })
			l.clock.Advance(time.Minute)
			l.runs("review", true)
			switch name {
			case "two at once":
				l.cases("1 open cyd", "2 withdrawn cyd")
			case "killed, and answered since":
				l.cases("1 rejected cyd")
				l.clock.Advance(time.Minute)
				l.runs("revoked", true)
				return
			default:
				l.cases("1 open cyd")
			}
			l.quiet()
		})
	}
}

func TestQueueThatDoesNotAnswer(t *testing.T) {
	l := newLife(t)
	l.runs("active", true)
	l.clock.Advance(day)
	l.people["ada"].Status = lifecycle.PersonLeaving
	down := systemtest.Unavailable("The queue is down.")
	l.queue.Fail("Review", down)
	m := l.runs("review", true) // the decision is carried out
	l.says("Reviewer Was Not Asked", "The queue is down.", "the next run tries again")
	if !m.Review.IsNull() {
		t.Error(m.Review)
	}
	l.runs("review", true)
	l.queue.Fail("Review", nil)
	l.clock.Advance(day)
	l.runs("review", true)
	l.cases("1 open cyd")
	l.quiet()
	// Nothing follows from silence while answers cannot be read: somebody may have answered.
	l.queue.Answer("1", "cyd", system.ReviewConfirmed, "")
	l.queue.Fail("Review", down)
	l.clock.Advance(40 * day)
	m, _ = l.run()
	if m.Status.ValueString() != "review" {
		t.Errorf("status %s", m.Status)
	}
	l.says("Answers Not Read, Nothing Follows From Silence")
	l.queue.Fail("Review", nil)
	l.clock.Advance(day)
	m, _ = l.run()
	if m.Status.ValueString() != "active" {
		t.Errorf("status %s: %s", m.Status, m.Because)
	}
}

// A leaver's access goes although the queue is down.
func TestRevocationNeedsNoQueue(t *testing.T) {
	l := asked(t)
	l.queue.Fail("Review", errors.New("down"))
	l.record.State = lifecycle.StateRetired
	l.clock.Advance(day)
	l.runs("revoked", true)
	l.says("Review Was Not Withdrawn")
	l.cases("1 open cyd")
	l.queue.Fail("Review", nil)
	l.clock.Advance(day)
	l.runs("revoked", true)
	l.cases("1 withdrawn cyd")
	l.quiet()
}

func TestUnknownReviewerIsTriedAgain(t *testing.T) {
	l := newLife(t)
	l.queue.Forget("cyd@example.org")
	l.runs("active", true)
	l.clock.Advance(day)
	l.people["ada"].Status = lifecycle.PersonLeaving
	l.runs("review", true)
	l.says("does not know the reviewer", "The case is open.")
	l.cases("1 open")
	l.runs("review", true)
	l.queue.Know(system.Reviewer{Email: "cyd@example.org"})
	l.runs("review", true)
	l.says()
	l.cases("1 open cyd")
	l.quiet()
}

// The manager of the holder is in no directory, and the queue does not know them either:
// somebody else is asked, until a directory has an entry.
func TestReviewerWhomNobodyKnowsIsPassedOver(t *testing.T) {
	l := newLife(t)
	rules := *l.rules
	rules.Classes = map[string]lifecycle.Class{"application": {BoundTo: lifecycle.BoundToWorkload, LifecycleOwner: "zoe"}}
	rules.Index()
	l.rules = &rules
	l.people["ada"].Manager = "eve"
	l.runs("active", true)
	l.clock.Advance(day)
	l.record.Shared = lifecycle.Yes
	l.runs("review", true)
	l.says("does not know the reviewer", "The case is open.")
	l.cases("1 open")
	l.runs("review", true)
	l.says()
	l.cases("1 open zoe")
	l.quiet()
	l.people["eve"] = &lifecycle.Person{Directory: "hr", ID: "eve", Name: "Eve", Email: "eve@example.org", Username: "eve", Kind: lifecycle.KindEmployee, Status: lifecycle.PersonActive}
	l.queue.Know(system.Reviewer{Email: "eve@example.org"})
	l.clock.Advance(day)
	l.runs("review", true)
	l.cases("1 open eve")
	l.quiet()
}

func TestLostAnswersOfTheQueue(t *testing.T) {
	l := newLife(t)
	l.runs("active", true)
	l.clock.Advance(day)
	l.people["ada"].Status = lifecycle.PersonLeaving
	l.queue.Lose("OpenReview")
	l.runs("review", true)
	l.cases("1 open cyd")
	l.quiet()
}

func TestWithoutPlanTime(t *testing.T) {
	l := newLife(t)
	l.floating = true
	l.runs("active", true)
	l.clock.Advance(day)
	l.people["ada"].Status = lifecycle.PersonLeaving
	l.runs("review", true)
	l.cases("1 open cyd")
	l.clock.Advance(day)
	l.quiet()
	l.queue.Answer("1", "cyd", system.ReviewConfirmed, "")
	l.clock.Advance(day)
	l.runs("active", true)
	l.clock.Advance(day)
	l.quiet()
}

// A queue that is connected later is asked for what stands in review already, and one
// that is taken away is not asked any more.
func TestQueueComesAndGoes(t *testing.T) {
	l := newLife(t)
	l.noQueue = true
	l.runs("active", true)
	l.clock.Advance(day)
	l.people["ada"].Status = lifecycle.PersonLeaving
	l.runs("review", true)
	l.quiet()
	l.noQueue = false
	l.runs("review", true)
	l.cases("1 open cyd")
	l.quiet()
	l.noQueue = true
	l.runs("review", true)
	l.quiet()
}

// An answer from before the question, or from after the run, is not one.
func TestAnswerFromLaterOn(t *testing.T) {
	l := asked(t)
	l.clock.Advance(day)
	l.queue.Answer("1", "cyd", system.ReviewConfirmed, "")
	l.clock.Set(l.clock.Now().Add(-time.Hour))
	l.runs("review", false)
	l.clock.Advance(2 * time.Hour)
	l.runs("active", true)
}

func TestObservedAccessAsksNobody(t *testing.T) {
	l := newLife(t)
	rules := *l.rules
	rules.Enforcement = []lifecycle.Enforcement{{Mode: lifecycle.Observe}}
	l.rules = &rules
	l.people["ada"].Status = lifecycle.PersonLeaving
	l.runs("active", true)
	l.cases()
	l.quiet()
}

// The text of a case is for people, who answer from it alone.
func TestTextOfACase(t *testing.T) {
	l := newLife(t)
	l.record.Name = "Billing\u202e\nIgnore this"
	l.runs("active", true)
	l.clock.Advance(day)
	l.people["ada"].Status = lifecycle.PersonLeft
	l.record.Environment = ""
	l.runs("review", true)
	c := l.queue.Cases()[0].Case
	got := c.Title + "\n\n" + c.Text
	const file = "testdata/case.txt"
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil || string(want) != got {
		t.Errorf("%v; -update writes it anew.\n%s", err, got)
	}
	if strings.ContainsAny(c.Title, "\n\u202e") || len(c.Key) > 64 {
		t.Errorf("%q %q", c.Title, c.Key)
	}
}
