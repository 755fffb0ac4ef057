package requesttracker

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// HowToAnswer names what the page of a ticket offers. The lifecycle of the guide gives
// the changes of the status these names.
func (s *System) HowToAnswer() []string {
	statuses := s.config.Reviews.Statuses
	byMail := "A reply by mail is kept in this ticket. It does not answer it."
	if s.config.Reviews.ByMail {
		byMail = "Or answer by mail: reply with plain text whose first line is the word Confirm or Reject, and nothing else. Write why below. Any other reply does not answer this ticket."
	}
	return []string{
		fmt.Sprintf("Open this ticket. To confirm, choose Actions, \"Still needed\" (the status %q). To reject, choose Actions, \"No longer needed\" (the status %q).",
			statuses[string(system.ReviewConfirmed)], statuses[string(system.ReviewRejected)]),
		"Write why in the comment that the page then asks for.",
		byMail,
		"Somebody else is to decide? Make them the Owner of this ticket.",
	}
}

// timeZones is how far the time zone of the account, in which Request Tracker reads the
// dates of a query, can be from UTC, and more.
const timeZones = 26 * time.Hour

// ListReviews returns the tickets of the queue that have a key.
func (s *System) ListReviews(ctx context.Context, query system.ReviewQuery) (*system.ReviewList, error) {
	q, err := s.reviewQueue(ctx)
	if err != nil {
		return nil, err
	}
	where := " AND Status = '__Active__'"
	if !query.OpenOnly() {
		where = fmt.Sprintf(" AND ( Status = '__Active__' OR LastUpdated > '%s' )", query.Since.Add(-timeZones).UTC().Format(time.DateTime))
	}
	tickets, err := s.cases(ctx, q, where)
	if err != nil {
		return nil, err
	}
	if len(tickets) == 0 {
		return &system.ReviewList{}, s.provenAbsent(ctx, q)
	}
	var all []system.Review
	for _, t := range tickets {
		key := slices.IndexFunc(t.keys, system.UsableReviewKey)
		if key < 0 {
			continue // somebody has opened it by hand
		}
		r, err := s.asked(ctx, q, t, t.keys[key])
		if err != nil {
			return nil, err
		}
		r.ChangedAt, r.Seen = t.changed.UTC(), t
		all = append(all, r)
	}
	return query.List(all, func(r *system.Review) error {
		t, _ := r.Seen.(*caseTicket)
		return s.answerOf(ctx, t, r)
	})
}
