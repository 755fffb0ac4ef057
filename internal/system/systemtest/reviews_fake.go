package systemtest

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/clock"
	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// FakeReviews is a review queue in memory. It counts every call, and fails or waits for
// the calls that Fail and Hold name: "Review <key>", "ListReviews", "OpenReview <key>", "AssignReview
// <id>", "CommentReview <id>" and "WithdrawReview <id>", or the method alone. It is safe
// for concurrent use.
type FakeReviews struct {
	script
	name  string
	deny  bool
	unit  system.DueUnit
	held  *heldReviews
	clock clock.Clock
}

// heldReviews is what fakes of one queue share.
type heldReviews struct {
	mu    sync.Mutex
	known []system.Reviewer
	cases []*FakeCase // the id is the place, from 1
	lost  map[string]bool
}

// FakeCase is a case as FakeReviews holds it.
type FakeCase struct {
	system.Review
	Case     system.Case // as it was opened
	Comments []string    // the reason why it was withdrawn is the last one
	changed  time.Time
}

var _ system.Reviews = (*FakeReviews)(nil)

// NewFakeReviews returns a queue that knows some reviewers, each by an address or a user
// name. The clock says when an answer is given.
func NewFakeReviews(name string, c clock.Clock, known ...system.Reviewer) *FakeReviews {
	return &FakeReviews{name: name, clock: c, held: &heldReviews{known: known, lost: make(map[string]bool)}}
}

// Reader returns a client of the same queue that lacks the right write.
func (f *FakeReviews) Reader() *FakeReviews {
	return &FakeReviews{name: f.name, clock: f.clock, unit: f.unit, held: f.held, deny: true}
}

// HoldsDue sets how exactly the queue holds when a case is due.
func (f *FakeReviews) HoldsDue(unit system.DueUnit) { f.unit = unit }

// Lose makes every call of a method take effect and then fail as if its answer was lost,
// until Find is called with it.
func (f *FakeReviews) Lose(method string) { f.lose(method, true) }

// Find ends what Lose began.
func (f *FakeReviews) Find(method string) { f.lose(method, false) }

func (f *FakeReviews) lose(method string, lost bool) {
	f.held.mu.Lock()
	defer f.held.mu.Unlock()
	f.held.lost[method] = lost
}

// Know makes a reviewer known.
func (f *FakeReviews) Know(r system.Reviewer) {
	f.held.mu.Lock()
	defer f.held.mu.Unlock()
	f.held.known = append(f.held.known, r)
}

// Forget makes a reviewer unknown. Cases stay with them.
func (f *FakeReviews) Forget(key string) {
	f.held.mu.Lock()
	defer f.held.mu.Unlock()
	f.held.known = slices.DeleteFunc(f.held.known, func(r system.Reviewer) bool { return r.Is(key) })
}

// Cases returns a copy of all cases, in the order in which they were opened.
func (f *FakeReviews) Cases() []FakeCase {
	f.held.mu.Lock()
	defer f.held.mu.Unlock()
	var out []FakeCase
	for _, c := range f.held.cases {
		one := *c
		one.Comments = slices.Clone(c.Comments)
		out = append(out, one)
	}
	return out
}

// Answer confirms or rejects a case as somebody, whoever has it.
func (f *FakeReviews) Answer(id, by string, status system.ReviewStatus, note string) {
	f.change(id, func(c *FakeCase) {
		c.Status, c.AnsweredBy, c.AnsweredAt, c.Note = status, by, f.clock.Now(), note
	})
}

// Reassign gives a case to somebody, as a person does in the queue.
func (f *FakeReviews) Reassign(id, to string) {
	f.change(id, func(c *FakeCase) { c.Assignee = to })
}

// Close closes a case without an answer, as a person does in the queue.
func (f *FakeReviews) Close(id string) {
	f.change(id, func(c *FakeCase) { c.Status = system.ReviewWithdrawn })
}

// Reopen opens a case again, as a person does in the queue.
func (f *FakeReviews) Reopen(id string) {
	f.change(id, func(c *FakeCase) {
		c.Status, c.AnsweredBy, c.AnsweredAt, c.Note = system.ReviewOpen, "", time.Time{}, ""
	})
}

// change changes the case with an id, if there is one.
func (f *FakeReviews) change(id string, do func(*FakeCase)) {
	f.held.mu.Lock()
	defer f.held.mu.Unlock()
	n, err := strconv.Atoi(id)
	if err == nil && n >= 1 && n <= len(f.held.cases) {
		do(f.held.cases[n-1])
		f.held.cases[n-1].changed = f.clock.Now()
	}
}

// Name returns the name of the fake.
func (f *FakeReviews) Name() string { return f.name }

// Kind returns "fake".
func (f *FakeReviews) Kind() string { return "fake" }

// Review returns the case with the key.
func (f *FakeReviews) Review(ctx context.Context, key string) (*system.Review, error) {
	if err := f.called(ctx, "Review", key); err != nil {
		return nil, err
	}
	f.held.mu.Lock()
	defer f.held.mu.Unlock()
	var all []system.Review
	for _, c := range f.held.cases {
		if c.Key == key {
			all = append(all, c.Review)
		}
	}
	return system.FirstReview(all), nil
}

// ListReviews returns the cases that a query finds.
func (f *FakeReviews) ListReviews(ctx context.Context, q system.ReviewQuery) (*system.ReviewList, error) {
	if err := f.called(ctx, "ListReviews", ""); err != nil {
		return nil, err
	}
	f.held.mu.Lock()
	defer f.held.mu.Unlock()
	var all []system.Review
	for _, c := range f.held.cases {
		r := c.Review
		r.ChangedAt = c.changed
		all = append(all, r)
	}
	return q.List(all, func(*system.Review) error { return nil })
}

// HowToAnswer names the two buttons of the fake.
func (f *FakeReviews) HowToAnswer() []string {
	return []string{"To confirm, press \"Needed\". To reject, press \"Not needed\"."}
}

// OpenReview opens a case; for nobody, if the reviewer is unknown.
func (f *FakeReviews) OpenReview(ctx context.Context, c system.Case) error {
	if err := f.acts(ctx, "OpenReview", c.Key); err != nil {
		return err
	}
	f.held.mu.Lock()
	defer f.held.mu.Unlock()
	id := strconv.Itoa(len(f.held.cases) + 1)
	f.held.cases = append(f.held.cases, &FakeCase{Case: c, changed: f.clock.Now(), Review: system.Review{
		ID: id, Key: c.Key, Grant: system.Clean(c.Grant), URL: "https://queue.example.org/" + id, Status: system.ReviewOpen,
		Assignee: f.held.find(&c.Reviewer), DueAt: f.due(c.DueAt), DueUnit: f.unit,
	}})
	return f.answer("OpenReview")
}

// AssignReview gives a case to a reviewer, and sets when it is due.
func (f *FakeReviews) AssignReview(ctx context.Context, r *system.Review, c system.Case) error {
	if err := f.acts(ctx, "AssignReview", r.ID); err != nil {
		return err
	}
	f.held.mu.Lock()
	assignee := f.held.find(&c.Reviewer)
	f.held.mu.Unlock()
	if assignee == "" {
		return f.refused(fault.ErrConfig, fmt.Sprintf("The queue does not know the reviewer %q.", c.Reviewer.Name))
	}
	f.change(r.ID, func(held *FakeCase) { held.Assignee, held.DueAt = assignee, f.due(c.DueAt) })
	return f.answered("AssignReview")
}

// CommentReview adds a text to a case.
func (f *FakeReviews) CommentReview(ctx context.Context, r *system.Review, text string) error {
	if err := f.acts(ctx, "CommentReview", r.ID); err != nil {
		return err
	}
	f.change(r.ID, func(held *FakeCase) { held.Comments = append(held.Comments, text) })
	return f.answered("CommentReview")
}

// WithdrawReview closes an open case.
func (f *FakeReviews) WithdrawReview(ctx context.Context, id, why string) error {
	if err := f.acts(ctx, "WithdrawReview", id); err != nil {
		return err
	}
	f.change(id, func(held *FakeCase) {
		if held.Status == system.ReviewOpen {
			held.Status, held.Comments = system.ReviewWithdrawn, append(held.Comments, why)
		}
	})
	return f.answered("WithdrawReview")
}

// acts records a call that changes something, and reports whether it may.
func (f *FakeReviews) acts(ctx context.Context, method, argument string) error {
	if err := f.called(ctx, method, argument); err != nil {
		return err
	}
	if f.deny {
		return f.refused(fault.ErrDenied, "The right write is missing.")
	}
	return nil
}

func (f *FakeReviews) answered(method string) error {
	f.held.mu.Lock()
	defer f.held.mu.Unlock()
	return f.answer(method)
}

// answer is what a method returns that has had its effect.
func (f *FakeReviews) answer(method string) error {
	if f.held.lost[method] {
		return f.refused(fault.ErrUnavailable, "The answer was lost.")
	}
	return nil
}

func (f *FakeReviews) refused(kind error, happened string) error {
	return &fault.Fault{Kind: kind, Summary: "Unable to Ask for Review", Happened: happened, Advice: "Give the right write."}
}

// due is when a case is due, as exactly as the queue holds it.
func (f *FakeReviews) due(at time.Time) time.Time {
	switch f.unit {
	case system.DueNever:
		return time.Time{}
	case system.DueDay:
		return system.LastSecond(at)
	}
	return at
}

// find returns the address or the user name of a known reviewer.
func (h *heldReviews) find(r *system.Reviewer) string {
	for _, known := range h.known {
		if (known.Email != "" && r.Is(known.Email)) || (known.User != "" && r.Is(known.User)) {
			if known.Email != "" {
				return known.Email
			}
			return known.User
		}
	}
	return ""
}
