package systemtest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// ReviewStage is a queue under test, and what people do in it.
type ReviewStage struct {
	// Queue connects with exactly the rights that the documentation names.
	Queue system.Reviews
	// Reader may read cases and change none; nil if the queue has no such account. Right is
	// what an error must name then, by method: "OpenReview", "AssignReview", "CommentReview",
	// "WithdrawReview".
	Reader system.Reviews
	Right  map[string]string
	// Another returns a client of the same queue that has seen nothing yet.
	Another func(t *testing.T) system.Reviews
	// Ann and Ben are known to the queue and may answer; Unknown is not known.
	Ann, Ben, Unknown system.Reviewer
	// Anybody reports that the queue takes every name for a reviewer.
	Anybody bool
	// Answer confirms or rejects a case as somebody, with a note; nil if nothing is answered
	// in the queue.
	Answer func(t *testing.T, id string, by *system.Reviewer, status system.ReviewStatus, note string)
	// AnswerItself tries to confirm a case with the account of Queue.
	AnswerItself func(t *testing.T, id string)
	// Reassign gives a case to somebody, as a person does.
	Reassign func(t *testing.T, id string, to *system.Reviewer)
	// Close closes a case without an answer, as a person does.
	Close func(t *testing.T, id string)
	// Reads returns the title of a case, and everything else that its reviewer can read
	// there.
	Reads func(t *testing.T, id string) (title, text string)
	// Stray opens a case by hand, which is none of custody's, and returns its id; nil if
	// the queue holds no others.
	Stray func(t *testing.T) string
	// Ways are words that the queue offers to who answers: those of its buttons or labels.
	Ways []string
}

// ReviewsHarness is how a kind of queue enters the suite of reviews.
type ReviewsHarness struct {
	Open func(t *testing.T) *ReviewStage
	// Broken makes queues that cannot answer, by what is wrong with them.
	Broken map[string]func(t *testing.T) system.Reviews
}

// Reviews holds a kind of queue to what the capability Reviews promises.
func Reviews(t *testing.T, h ReviewsHarness) {
	r := reviewSuite{h}
	t.Run("opened and found by its key", r.opened)
	t.Run("absent", r.absent)
	t.Run("opened by several at once", r.atOnce)
	t.Run("given to another reviewer", r.assigned)
	t.Run("an unknown reviewer", r.unknown)
	t.Run("due", r.due)
	t.Run("commented", r.commented)
	t.Run("withdrawn", r.withdrawn)
	t.Run("answered", r.answered)
	t.Run("answered by custody itself", r.answeredByItself)
	t.Run("closed without an answer", r.closed)
	t.Run("listed", r.listed)
	t.Run("how to answer", r.howToAnswer)
	t.Run("hostile texts", r.hostile)
	t.Run("without the right", r.denied)
	t.Run("cancelled", r.cancelled)
	UnavailableReviews(t, h.Broken)
}

// UnavailableReviews checks that queues that cannot answer show no case as absent, and
// accept no change.
func UnavailableReviews(t *testing.T, broken map[string]func(t *testing.T) system.Reviews) {
	for name, queue := range broken {
		t.Run("unavailable: "+name, func(t *testing.T) { unavailableReviews(t, queue(t)) })
	}
}

type reviewSuite struct{ h ReviewsHarness }

// newCase returns a case for Ann. Keys of one test share no prefix with those of
// others, so that tests can share a queue.
func newCase(t *testing.T, s *ReviewStage, suffix string) system.Case {
	t.Helper()
	return system.Case{
		Key: fmt.Sprintf("c%x-%s", hash(t.Name()), suffix), Grant: "cmdb/APP-0042#aws/iam-access-key/billing-export", Title: "Is billing-export still needed?",
		Text: "The owner has left.\n\nWithout an answer, access ends on 2098-06-30.\n", Reviewer: s.Ann, DueAt: future,
	}
}

// hash is a number for a text, so that keys are short.
func hash(text string) uint32 {
	h := uint32(2166136261)
	for _, b := range []byte(text) {
		h = (h ^ uint32(b)) * 16777619
	}
	return h
}

// find returns the case with a key as a client sees it.
func find(t *testing.T, q system.Reviews, key string) *system.Review {
	t.Helper()
	got, err := q.Review(t.Context(), key)
	if err != nil || got == nil {
		t.Fatalf("Review(%q) = %+v, %v; want a case", key, got, err)
	}
	return got
}

// stand opens a case and does what the queue leaves to do until it stands as asked.
func stand(t *testing.T, s *ReviewStage, c system.Case) *system.Review {
	t.Helper()
	ok(t, s.Queue.OpenReview(t.Context(), c))
	return assign(t, s, c)
}

// assign lets a case stand as asked, and checks that it does.
func assign(t *testing.T, s *ReviewStage, c system.Case) *system.Review {
	t.Helper()
	got := find(t, s.Queue, c.Key)
	if !got.Stands(&c) {
		ok(t, s.Queue.AssignReview(t.Context(), got, c))
		got = find(t, s.Queue, c.Key)
	}
	s.wants(t, c.Key, system.ReviewOpen, &c.Reviewer)
	if !got.Stands(&c) {
		t.Fatalf("the case does not stand as asked: %+v, want %+v", got, c)
	}
	return got
}

// wants compares how a case stands for a client, and for one that has seen nothing.
func (s *ReviewStage) wants(t *testing.T, key string, status system.ReviewStatus, assignee *system.Reviewer) {
	t.Helper()
	for name, q := range map[string]system.Reviews{"the queue": s.Queue, "another": s.Another(t)} {
		got := find(t, q, key)
		if got.Status != status || assignee != nil && !assignee.Is(got.Assignee) || got.Key != key || got.ID == "" {
			t.Errorf("%s sees %+v, want it %s, with %+v", name, got, status, assignee)
		}
		if open := status == system.ReviewOpen || status == system.ReviewWithdrawn; open && (got.AnsweredBy != "" || !got.AnsweredAt.IsZero()) {
			t.Errorf("%s sees an answer: %+v", name, got)
		}
		for _, text := range []string{got.ID, got.URL, got.Assignee, got.AnsweredBy} {
			if !Presentable(text) {
				t.Errorf("%q could change how a plan reads", text)
			}
		}
	}
}

func (r reviewSuite) opened(t *testing.T) {
	s := r.h.Open(t)
	c := newCase(t, s, "a")
	first := stand(t, s, c)
	title, text := s.Reads(t, first.ID)
	if title != c.Title {
		t.Errorf("the title is %q, want %q", title, c.Title)
	}
	for line := range strings.Lines(c.Text) {
		if !strings.Contains(text, strings.TrimSpace(line)) {
			t.Errorf("the reviewer cannot read %q in %q", line, text)
		}
	}
	if len(first.Others) > 0 {
		t.Errorf("other cases: %q", first.Others)
	}
	other := stand(t, s, newCase(t, s, "b"))
	if other.ID == first.ID {
		t.Error("two cases have one id")
	}
	if again := find(t, s.Another(t), c.Key); again.ID != first.ID {
		t.Errorf("the case is %q, and then %q", first.ID, again.ID)
	}
}

func (r reviewSuite) absent(t *testing.T) {
	s := r.h.Open(t)
	c := newCase(t, s, "abc")
	stand(t, s, c)
	for _, key := range append([]string{"", c.Key[:len(c.Key)-1], c.Key + "d", strings.ToUpper(c.Key), "x" + c.Key}, hostile...) {
		if got, err := s.Queue.Review(t.Context(), key); got != nil || err != nil {
			t.Errorf("Review(%q) = %+v, %v; want none", key, got, err)
		}
	}
}

func (r reviewSuite) atOnce(t *testing.T) {
	s := r.h.Open(t)
	c := newCase(t, s, "once")
	var g sync.WaitGroup
	for range 4 {
		q := s.Another(t)
		g.Go(func() {
			if err := q.OpenReview(t.Context(), c); err != nil {
				t.Error(err)
			}
		})
	}
	g.Wait()
	first := find(t, s.Queue, c.Key)
	if again := find(t, s.Another(t), c.Key); again.ID != first.ID || !slices.Equal(again.Others, first.Others) {
		t.Errorf("one client sees %+v, another %+v", first, again)
	}
	if slices.Contains(first.Others, first.ID) {
		t.Errorf("the case is among the others: %+v", first)
	}
	for range 2 {
		for _, id := range first.Others {
			ok(t, s.Queue.WithdrawReview(t.Context(), id, "It was opened twice."))
		}
	}
	if got := assign(t, s, c); got.ID != first.ID || len(got.Others) > 0 {
		t.Errorf("got %+v after the others were withdrawn, want %q alone", got, first.ID)
	}
	// Another case of the same key, that is opened later, is not the case; its answer is.
	ok(t, s.Queue.OpenReview(t.Context(), c))
	got := find(t, s.Queue, c.Key)
	if got.ID != first.ID {
		t.Errorf("the case is %+v, want %q", got, first.ID)
	}
	if len(got.Others) == 1 {
		later := got.Others[0]
		ok(t, s.Queue.AssignReview(t.Context(), &system.Review{ID: later, Key: c.Key, Status: system.ReviewOpen, Seen: got.Seen}, c))
		s.Answer(t, later, &s.Ann, system.ReviewRejected, "")
		if got := find(t, s.Queue, c.Key); got.ID != later || got.Status != system.ReviewRejected || !slices.Equal(got.Others, []string{first.ID}) {
			t.Errorf("an answer was lost: %+v", got)
		}
	}
}

func (r reviewSuite) assigned(t *testing.T) {
	s := r.h.Open(t)
	c := newCase(t, s, "a")
	first := stand(t, s, c)
	c.Reviewer = s.Ben
	if got := assign(t, s, c); got.ID != first.ID {
		t.Errorf("the case was %q and is %q", first.ID, got.ID)
	}
	s.Reassign(t, first.ID, &s.Ann)
	s.wants(t, c.Key, system.ReviewOpen, &s.Ann)
	_ = assign(t, s, c)
}

func (r reviewSuite) unknown(t *testing.T) {
	s := r.h.Open(t)
	c := newCase(t, s, "a")
	c.Reviewer = s.Unknown
	ok(t, s.Queue.OpenReview(t.Context(), c))
	got := find(t, s.Queue, c.Key)
	if got.Status != system.ReviewOpen || got.Assignee != "" || got.Stands(&c) {
		t.Errorf("got %+v for a reviewer whom the queue does not know", got)
	}
	_ = wantKind(t, s.Queue.AssignReview(t.Context(), got, c), fault.ErrConfig)
	known := c
	known.Reviewer = s.Ann
	_ = assign(t, s, known)
	_ = wantKind(t, s.Queue.AssignReview(t.Context(), find(t, s.Queue, c.Key), c), fault.ErrConfig)
	s.wants(t, c.Key, system.ReviewOpen, &s.Ann)
	for i, name := range hostile {
		c.Reviewer = system.Reviewer{User: name, Email: name, Name: name}
		switch err := s.Queue.AssignReview(t.Context(), find(t, s.Queue, c.Key), c); {
		case err == nil && !s.Anybody:
			t.Errorf("the case was given to hostile[%d] %q", i, name)
		case s.Anybody:
			ok(t, err)
			s.wants(t, c.Key, system.ReviewOpen, &c.Reviewer)
		}
	}
	_ = assign(t, s, known)
}

func (r reviewSuite) due(t *testing.T) {
	s := r.h.Open(t)
	c := newCase(t, s, "a")
	c.DueAt = time.Time{}
	if got := stand(t, s, c); !got.DueAt.IsZero() {
		t.Errorf("the case is due at %s", got.DueAt)
	}
	for _, at := range []time.Time{future, future.AddDate(-1, 0, 0), future, {}} {
		c.DueAt = at
		got := assign(t, s, c)
		want := map[system.DueUnit]time.Time{system.DueSecond: at, system.DueDay: system.LastSecond(at), system.DueNever: {}}[got.DueUnit]
		if !got.DueAt.Equal(want) {
			t.Errorf("the case is due at %s, want %s", got.DueAt, want)
		}
	}
}

func (r reviewSuite) commented(t *testing.T) {
	s := r.h.Open(t)
	c := newCase(t, s, "a")
	got := stand(t, s, c)
	const text = "In 7 days access ends.\nThe plan says why."
	ok(t, s.Queue.CommentReview(t.Context(), got, text))
	_, reads := s.Reads(t, got.ID)
	for line := range strings.Lines(text) {
		if !strings.Contains(reads, strings.TrimSpace(line)) {
			t.Errorf("the reviewer cannot read %q in %q", line, reads)
		}
	}
	_ = assign(t, s, c)
}

func (r reviewSuite) withdrawn(t *testing.T) {
	s := r.h.Open(t)
	c := newCase(t, s, "a")
	got := stand(t, s, c)
	for range 2 {
		ok(t, s.Queue.WithdrawReview(t.Context(), got.ID, "The record was corrected."))
		s.wants(t, c.Key, system.ReviewWithdrawn, nil)
	}
	if _, reads := s.Reads(t, got.ID); !strings.Contains(reads, "The record was corrected.") {
		t.Errorf("the reviewer cannot read why in %q", reads)
	}
	if s.Answer == nil {
		return
	}
	answered := newCase(t, s, "b")
	got = stand(t, s, answered)
	s.Answer(t, got.ID, &s.Ann, system.ReviewRejected, "")
	ok(t, s.Queue.WithdrawReview(t.Context(), got.ID, "Too late."))
	s.wants(t, answered.Key, system.ReviewRejected, nil)
}

func (r reviewSuite) answered(t *testing.T) {
	s := r.h.Open(t)
	if s.Answer == nil {
		t.Skip("nothing is answered in this queue")
	}
	for i, status := range []system.ReviewStatus{system.ReviewConfirmed, system.ReviewRejected} {
		c := newCase(t, s, string(status))
		got := stand(t, s, c)
		by, note := s.Ann, "Billing still uses it."
		if i == 1 {
			by, note = s.Ben, ""
			c.Reviewer = s.Ben
			got = assign(t, s, c)
		}
		s.Answer(t, got.ID, &by, status, note)
		s.wants(t, c.Key, status, nil)
		got = find(t, s.Queue, c.Key)
		if !by.Is(got.AnsweredBy) || got.AnsweredAt.IsZero() || got.AnsweredAt.Location() != time.UTC || got.Note != note {
			t.Errorf("got %+v, want it %s by %+v with %q", got, status, by, note)
		}
		if again := find(t, s.Another(t), c.Key); !again.AnsweredAt.Equal(got.AnsweredAt) {
			t.Errorf("it was answered at %s, and then at %s", got.AnsweredAt, again.AnsweredAt)
		}
		// A remark after the answer is no answer.
		ok(t, s.Queue.CommentReview(t.Context(), got, "Thank you."))
		if again := find(t, s.Queue, c.Key); again.Status != status || !by.Is(again.AnsweredBy) || !again.AnsweredAt.Equal(got.AnsweredAt) {
			t.Errorf("after a comment the answer is %+v, want %+v", again, got)
		}
	}
}

func (r reviewSuite) answeredByItself(t *testing.T) {
	s := r.h.Open(t)
	c := newCase(t, s, "a")
	got := stand(t, s, c)
	s.AnswerItself(t, got.ID)
	for _, q := range []system.Reviews{s.Queue, s.Another(t)} {
		got := find(t, q, c.Key)
		if got.Status != system.ReviewOpen && got.Status != system.ReviewWithdrawn || got.AnsweredBy != "" {
			t.Errorf("custody has answered itself: %+v", got)
		}
	}
}

func (r reviewSuite) closed(t *testing.T) {
	s := r.h.Open(t)
	c := newCase(t, s, "a")
	s.Close(t, stand(t, s, c).ID)
	s.wants(t, c.Key, system.ReviewWithdrawn, nil)
}

func (r reviewSuite) hostile(t *testing.T) {
	s := r.h.Open(t)
	texts := append([]string{
		"Überwachung 请求 🔑", "<script>alert(1)</script>", "@channel @ann [x](https://evil.example.org) ![x](https://evil.example.org/x.png)",
		"confirmed", "/close", "/approve", "Fixes #1", "Status: confirmed", "~custody-confirmed",
	}, hostile...)
	c := newCase(t, s, "a")
	c.Title, c.Grant = strings.Join(texts[:3], " "), strings.Join(texts, " ")[:200]
	c.Text = strings.Join(texts, "\n\n")
	got := stand(t, s, c)
	if got.Note != "" || len(got.Others) > 0 {
		t.Errorf("got %+v", got)
	}
	for _, text := range texts {
		ok(t, s.Queue.CommentReview(t.Context(), got, text))
	}
	_ = assign(t, s, c)
	if s.Answer == nil {
		return
	}
	spoof := "safe\u202eevil\u0007\x1b[31m No changes."
	s.Answer(t, got.ID, &s.Ann, system.ReviewConfirmed, strings.Join(texts[:2], " ")+spoof)
	got = find(t, s.Queue, c.Key)
	if got.Status != system.ReviewConfirmed || !s.Ann.Is(got.AnsweredBy) || !Presentable(got.Note) || len(got.Note) > 4096 {
		t.Errorf("got %+v", got)
	}
}

func (r reviewSuite) denied(t *testing.T) {
	s := r.h.Open(t)
	if s.Reader == nil {
		t.Skip("this queue has no account that may only read")
	}
	c := newCase(t, s, "a")
	got := stand(t, s, c)
	changed := c
	changed.Reviewer, changed.DueAt = s.Ben, future.AddDate(-1, 0, 0)
	other := newCase(t, s, "b")
	for method, err := range map[string]error{
		"OpenReview":     s.Reader.OpenReview(t.Context(), other),
		"AssignReview":   s.Reader.AssignReview(t.Context(), find(t, s.Reader, c.Key), changed),
		"CommentReview":  s.Reader.CommentReview(t.Context(), find(t, s.Reader, c.Key), "A comment."),
		"WithdrawReview": s.Reader.WithdrawReview(t.Context(), got.ID, "No more."),
	} {
		f := wantKind(t, err, fault.ErrDenied)
		if right := s.Right[method]; right == "" || !strings.Contains(f.Happened, right) || !strings.Contains(f.Advice, right) {
			t.Errorf("%s: the error does not name %q: %+v", method, right, f)
		}
	}
	_ = assign(t, s, c)
	if got, err := s.Queue.Review(t.Context(), other.Key); got != nil || err != nil {
		t.Errorf("got %+v, %v of a case that was refused", got, err)
	}
}

func (r reviewSuite) cancelled(t *testing.T) {
	s := r.h.Open(t)
	c := newCase(t, s, "a")
	seen := stand(t, s, c)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	changed, other := c, newCase(t, s, "b")
	changed.Reviewer = s.Ben
	got, err := s.Another(t).Review(ctx, c.Key)
	wantCancelled(t, reviewCount(got), err)
	_, err = s.Another(t).ListReviews(ctx, system.ReviewQuery{Most: 5})
	wantCancelled(t, 0, err)
	for _, err := range []error{
		s.Queue.OpenReview(ctx, other), s.Queue.AssignReview(ctx, seen, changed),
		s.Queue.CommentReview(ctx, seen, "A comment."), s.Queue.WithdrawReview(ctx, seen.ID, "No more."),
	} {
		wantCancelled(t, 0, err)
	}
	_ = assign(t, s, c)
	if got, err := s.Queue.Review(t.Context(), other.Key); got != nil || err != nil {
		t.Errorf("got %+v, %v of a case that was cancelled", got, err)
	}
}

func unavailableReviews(t *testing.T, q system.Reviews) {
	got, err := q.Review(t.Context(), "c1-a")
	WantUnavailable(t, reviewCount(got), err)
	for _, query := range []system.ReviewQuery{{Most: 5}, {Most: 5, Statuses: []system.ReviewStatus{system.ReviewOpen}}} {
		list, err := q.ListReviews(t.Context(), query)
		if list != nil {
			t.Errorf("got %+v of a queue that cannot answer", list)
		}
		WantUnavailable(t, 0, err)
	}
	ann := system.Reviewer{User: "ann", Email: "ann@example.org"}
	c := system.Case{Key: "c1-a", Grant: "cmdb/APP-1#x", Title: "Still needed?", Text: "Facts.", Reviewer: ann, DueAt: future}
	seen := &system.Review{ID: "7", Key: "c1-a", Status: system.ReviewOpen}
	for _, err := range []error{
		q.OpenReview(t.Context(), c), q.AssignReview(t.Context(), seen, c), q.CommentReview(t.Context(), seen, "A comment."), q.WithdrawReview(t.Context(), "7", "No more."),
	} {
		if err == nil {
			t.Error("a queue that cannot answer has accepted a change")
		}
	}
}

func reviewCount(r *system.Review) int {
	if r == nil {
		return 0
	}
	return 1
}
