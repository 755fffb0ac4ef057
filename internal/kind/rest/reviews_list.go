package rest

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// HowToAnswer returns the sentences of the description.
func (s *System) HowToAnswer() []string { return slices.Clone(s.reviews.answer) }

// ListReviews returns the cases that custody has opened: those with a mark, or with the
// key that their text names.
func (s *System) ListReviews(ctx context.Context, q system.ReviewQuery) (*system.ReviewList, error) {
	rules, err := s.reviewQueue(ctx)
	if err != nil {
		return nil, err
	}
	lists := []*listing{rules.open}
	if !q.OpenOnly() {
		lists = append(lists, rules.changed)
	}
	since := q.Since.UTC()
	asked := map[string]string{sincePlace: since.Format(time.RFC3339), sinceDayPlace: since.AddDate(0, 0, -1).Format(time.DateOnly)}
	found, rows := make(map[string]system.Review), 0
	for _, l := range lists {
		err := untilConsistent(s.reviewClient, func() error {
			return l.read(ctx, s, s.reviewClient, asked, func(item any) (string, error) {
				rows++
				r, keys, err := s.reviewOf(rules, item, "")
				if err == nil && (r.Key != "" || slices.ContainsFunc(keys, isMark)) {
					found[r.ID] = r // the later list has the newer one
				}
				return r.ID, err
			})
		})
		if err != nil {
			return nil, err
		}
	}
	if rows == 0 {
		return &system.ReviewList{}, s.showsCases(ctx, rules)
	}
	all := make([]system.Review, 0, len(found))
	for _, r := range found {
		all = append(all, r)
	}
	slices.SortFunc(all, inOrder)
	return q.List(all, func(r *system.Review) error { return s.readAnswer(ctx, rules, r) })
}

// isMark reports whether a word has the form of a mark.
func isMark(word string) bool {
	rest, ok := strings.CutPrefix(word, markStart)
	return ok && len(rest) == markLength && strings.Trim(rest, "0123456789abcdef") == ""
}
