package requesttracker

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// ReviewConfig says in which queue people are asked for reviews.
type ReviewConfig struct {
	Queue      string
	Lifecycle  string // of the queue; "review" if empty
	KeyField   string // the custom field with the key of a case; "Custody Key" if empty
	GrantField string // the one with the grant; "Custody Grant", if there is one, if empty
	// Statuses are the status in Request Tracker of each of ours, if they differ.
	Statuses map[string]string
	// ReviewerKey is the attribute of a user that names a reviewer: "name", which is
	// the default, or "email".
	ReviewerKey string
	// ByMail says that the queue takes answers by mail, as the guide sets it up.
	ByMail bool
}

const (
	reviewSummary = "Unable to Ask for Review"
	maxTitle      = 180      // characters; Request Tracker holds 200 bytes in some databases
	maxText       = 64 << 10 // bytes of what one request writes
)

var _ system.Reviews = (*System)(nil)

// ReviewStatuses returns the keys that ReviewConfig.Statuses accepts.
func ReviewStatuses() []string {
	return []string{string(system.ReviewOpen), string(system.ReviewConfirmed), string(system.ReviewRejected), string(system.ReviewWithdrawn)}
}

// configureReviews checks the block of reviews and fills in the defaults.
func (s *System) configureReviews() []system.Problem {
	if s.config.Reviews == nil {
		return nil
	}
	c := *s.config.Reviews
	s.config.Reviews = &c
	var out []system.Problem
	problem := func(attribute, key, format string, args ...any) {
		out = append(out, system.Problem{Attribute: "reviews." + attribute, Key: key, Message: fmt.Sprintf(format, args...)})
	}
	if strings.TrimSpace(c.Queue) == "" {
		problem("queue", "", "It is required: the queue in which people are asked.")
	}
	if c.Lifecycle == "" {
		c.Lifecycle = "review"
	}
	if c.KeyField == "" {
		c.KeyField = "Custody Key"
	}
	if c.ReviewerKey == "" {
		c.ReviewerKey = ownerName
	}
	if !slices.Contains(OwnerKeys(), c.ReviewerKey) {
		problem("reviewer_key", "", "%q does not name a reviewer. Accepted: %s.", c.ReviewerKey, strings.Join(OwnerKeys(), ", "))
	}
	s.statuses = make(map[string]system.ReviewStatus)
	statuses := make(map[string]string)
	for _, ours := range ReviewStatuses() {
		theirs, stated := c.Statuses[ours]
		if !stated {
			theirs = ours
		}
		statuses[ours] = theirs
		switch _, twice := s.statuses[system.Fold(theirs)]; {
		case strings.TrimSpace(theirs) == "":
			problem("statuses", ours, "The status must not be empty.")
		case twice:
			problem("statuses", ours, "%q stands for another status already.", theirs)
		}
		s.statuses[system.Fold(theirs)] = system.ReviewStatus(ours)
	}
	for ours := range c.Statuses {
		if !slices.Contains(ReviewStatuses(), ours) {
			problem("statuses", ours, "%q is not a status of a review. Accepted: %s.", ours, strings.Join(ReviewStatuses(), ", "))
		}
	}
	c.Statuses = statuses
	return out
}

// Review returns the case with the key.
func (s *System) Review(ctx context.Context, key string) (*system.Review, error) {
	q, err := s.reviewQueue(ctx)
	if err != nil {
		return nil, err
	}
	if !system.UsableReviewKey(key) {
		return nil, ctx.Err()
	}
	tickets, err := s.cases(ctx, q, fmt.Sprintf(" AND CF.{%d} = '%s'", q.keyField, key))
	if err != nil {
		return nil, err
	}
	var all []system.Review
	for _, t := range tickets {
		if !slices.Contains(t.keys, key) {
			if !slices.ContainsFunc(t.keys, func(have string) bool { return system.Fold(have) == system.Fold(key) }) {
				return nil, s.reviewClient.Unusable("it gives a ticket without the key that was asked for, which it does with a query that it does not understand", adviceServer)
			}
			continue
		}
		r, err := s.review(ctx, q, t, key)
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	if len(all) == 0 {
		return nil, s.provenAbsent(ctx, q)
	}
	return system.FirstReview(all), nil
}

// OpenReview opens a ticket for the case. One that Request Tracker has made without its
// key, which happens if the custom field has UniqueValues and another run was faster,
// is withdrawn: no run would find it again.
func (s *System) OpenReview(ctx context.Context, c system.Case) error {
	q, err := s.reviewQueue(ctx)
	if err != nil {
		return err
	}
	if !system.UsableReviewKey(c.Key) {
		return s.refuse(fault.ErrConfig, fmt.Sprintf("A case cannot have the key %s.", quote(c.Key)), adviceDefect)
	}
	owner, err := s.userID(ctx, &c.Reviewer)
	if err != nil {
		return err
	}
	// By their numbers: of a name, Request Tracker takes the field of another queue.
	custom := map[string]any{strconv.FormatInt(q.keyField, 10): c.Key}
	if q.grantField != 0 {
		custom[strconv.FormatInt(q.grantField, 10)] = system.Clean(c.Grant)
	}
	ticket := map[string]any{
		"Queue": q.id, "Subject": cut(system.Clean(c.Title), maxTitle), "Content": c.Body(maxText), "ContentType": "text/plain",
		"Status": s.config.Reviews.Statuses[string(system.ReviewOpen)], "CustomFields": custom,
	}
	if owner != "" {
		ticket["Owner"] = owner
	}
	if !c.DueAt.IsZero() {
		ticket["Due"] = dueText(c.DueAt)
	}
	r, err := s.reviewClient.PostJSON(ctx, api(typeTicket), nil, ticket)
	switch {
	case err != nil:
		return err
	case r.Status == http.StatusForbidden:
		return s.lacks("open a ticket", "CreateTicket", q)
	case r.Status != http.StatusCreated:
		return s.reviewClient.Refused(r)
	}
	var made struct {
		ID ident `json:"id"`
	}
	if err := r.JSON(&made); err != nil {
		return s.reviewClient.Malformed(r, "it does not say which ticket was opened")
	}
	id, err := made.ID.number()
	if err != nil {
		return s.reviewClient.Malformed(r, "it does not say which ticket was opened")
	}
	return s.keepsKey(ctx, q, id, c.Key)
}

// keepsKey checks that a ticket that was just opened can be seen and has its key.
func (s *System) keepsKey(ctx context.Context, q *reviewQueue, id int64, key string) error {
	t, err := s.caseByID(ctx, q, id)
	if err != nil {
		return err
	}
	if t == nil {
		return s.lacks(fmt.Sprintf("see ticket %d, which it has just opened", id), "ShowTicket", q)
	}
	if slices.Contains(t.keys, key) {
		return nil
	}
	if err := s.closeTicket(ctx, q, id, "It was opened twice, and has lost its key."); err != nil {
		return err
	}
	other, err := s.cases(ctx, q, fmt.Sprintf(" AND CF.{%d} = '%s'", q.keyField, key))
	if err != nil || len(other) > 0 {
		return err
	}
	return s.lacks(fmt.Sprintf("give ticket %d its custom field %s", id, quote(q.keyName)), "SetInitialCustomField", q)
}

// AssignReview gives a ticket to a reviewer, and sets when it is due. Request Tracker
// answers 200 whatever became of it, so the ticket is read back.
func (s *System) AssignReview(ctx context.Context, r *system.Review, c system.Case) error {
	q, t, err := s.openCase(ctx, r.ID)
	if err != nil || t == nil {
		return err
	}
	wanted := make(map[string]any)
	if !c.Reviewer.Is(s.keyOf(&t.owner)) {
		owner, err := s.userID(ctx, &c.Reviewer)
		if err != nil {
			return err
		}
		if owner == "" {
			return s.unknownReviewer(&c.Reviewer, "is no user of Request Tracker")
		}
		wanted["Owner"] = owner
	}
	if shown := (&system.Review{DueAt: t.due}); !shown.IsDue(c.DueAt) {
		wanted["Due"] = dueText(c.DueAt)
	}
	if len(wanted) == 0 {
		return nil
	}
	said, err := s.change(ctx, q, t.id, wanted)
	if err != nil {
		return err
	}
	after, err := s.caseByID(ctx, q, t.id)
	if err != nil || after == nil {
		return err
	}
	if _, asked := wanted["Owner"]; asked && !c.Reviewer.Is(s.keyOf(&after.owner)) {
		return s.notGiven(q, &c.Reviewer, said)
	}
	if shown := (&system.Review{DueAt: after.due}); wanted["Due"] != nil && !shown.IsDue(c.DueAt) {
		return s.lacks(fmt.Sprintf("set when ticket %d is due", t.id), "ModifyTicket", q)
	}
	return nil
}

// CommentReview adds a comment to a ticket.
func (s *System) CommentReview(ctx context.Context, r *system.Review, text string) error {
	q, err := s.reviewQueue(ctx)
	if err != nil {
		return err
	}
	id, err := s.ticketNumber(r.ID)
	if err != nil {
		return err
	}
	return s.comment(ctx, q, id, text, "")
}

// WithdrawReview closes an open ticket and says why, in one request.
func (s *System) WithdrawReview(ctx context.Context, id, why string) error {
	q, t, err := s.openCase(ctx, id)
	if err != nil || t == nil {
		return err
	}
	return s.closeTicket(ctx, q, t.id, why)
}

func (s *System) closeTicket(ctx context.Context, q *reviewQueue, id int64, why string) error {
	if err := s.comment(ctx, q, id, why, s.config.Reviews.Statuses[string(system.ReviewWithdrawn)]); err != nil {
		return err
	}
	after, err := s.caseByID(ctx, q, id)
	if err == nil && after != nil && s.statuses[system.Fold(after.status)] == system.ReviewOpen {
		return s.lacks(fmt.Sprintf("withdraw ticket %d", id), "ModifyTicket", q)
	}
	return err
}

// openCase returns the ticket with an id; nil if it is not open.
func (s *System) openCase(ctx context.Context, id string) (*reviewQueue, *caseTicket, error) {
	q, err := s.reviewQueue(ctx)
	if err != nil {
		return nil, nil, err
	}
	n, err := s.ticketNumber(id)
	if err != nil {
		return nil, nil, err
	}
	t, err := s.caseByID(ctx, q, n)
	if err != nil {
		return nil, nil, err
	}
	if t == nil {
		return q, nil, s.provenAbsent(ctx, q)
	}
	status, err := s.statusOf(ctx, q, t)
	if err != nil || status != system.ReviewOpen {
		return q, nil, err
	}
	return q, t, nil
}

// dueText is an instant as Request Tracker reads it, the zero time included.
func dueText(at time.Time) string {
	if at.IsZero() {
		at = time.Unix(0, 0)
	}
	return at.UTC().Format(time.DateTime)
}

// cut returns the first characters of a text.
func cut(text string, most int) string {
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return text
}
