package system_test

import (
	"slices"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

func TestFirstReviewLosesNoAnswer(t *testing.T) {
	const open, confirmed, rejected, withdrawn = system.ReviewOpen, system.ReviewConfirmed, system.ReviewRejected, system.ReviewWithdrawn
	for name, c := range map[string]struct {
		all    []system.ReviewStatus
		want   string
		others []string
	}{
		"the first that is open":       {[]system.ReviewStatus{open, open, open}, "1", []string{"2", "3"}},
		"an open one":                  {[]system.ReviewStatus{withdrawn, open, open}, "2", []string{"3"}},
		"an answer before an open one": {[]system.ReviewStatus{open, confirmed, withdrawn}, "2", []string{"1"}},
		"a rejection before all":       {[]system.ReviewStatus{confirmed, open, rejected, rejected}, "3", []string{"2"}},
		"the first that was withdrawn": {[]system.ReviewStatus{withdrawn, withdrawn}, "1", nil},
	} {
		t.Run(name, func(t *testing.T) {
			var all []system.Review
			for i, status := range c.all {
				all = append(all, system.Review{ID: string(rune('1' + i)), Status: status})
			}
			got := system.FirstReview(all)
			if got == nil || got.ID != c.want || !slices.Equal(got.Others, c.others) {
				t.Errorf("got %+v, want %q with %q", got, c.want, c.others)
			}
		})
	}
	if got := system.FirstReview(nil); got != nil {
		t.Errorf("got %+v of no case", got)
	}
}

func TestReviewStands(t *testing.T) {
	at := time.Date(2030, time.June, 30, 22, 0, 0, 0, time.UTC)
	ann := system.Reviewer{Email: "Ann@Example.org", Name: "Ben"}
	for name, c := range map[string]struct {
		review system.Review
		due    time.Time
		want   bool
	}{
		"as asked":                {system.Review{Assignee: "ann@example.org", DueAt: at}, at, true},
		"a part of a second":      {system.Review{Assignee: "ann@example.org", DueAt: at}, at.Add(time.Millisecond), true},
		"with somebody else":      {system.Review{Assignee: "ben", DueAt: at}, at, false},
		"with nobody":             {system.Review{DueAt: at}, at, false},
		"due later":               {system.Review{Assignee: "ann@example.org", DueAt: at}, at.Add(time.Second), false},
		"due and should not be":   {system.Review{Assignee: "ann@example.org", DueAt: at}, time.Time{}, false},
		"not due and should be":   {system.Review{Assignee: "ann@example.org"}, at, false},
		"due on the day":          {system.Review{Assignee: "ann@example.org", DueAt: system.LastSecond(at), DueUnit: system.DueDay}, at, true},
		"due on another day":      {system.Review{Assignee: "ann@example.org", DueAt: system.LastSecond(at), DueUnit: system.DueDay}, at.AddDate(0, 0, 1), false},
		"a queue without due":     {system.Review{Assignee: "ann@example.org", DueUnit: system.DueNever}, at, true},
		"the other zone, one day": {system.Review{Assignee: "ann@example.org", DueAt: system.LastSecond(at), DueUnit: system.DueDay}, at.In(time.FixedZone("", 5*3600)), true},
	} {
		t.Run(name, func(t *testing.T) {
			if got := c.review.Stands(&system.Case{Reviewer: ann, DueAt: c.due}); got != c.want {
				t.Errorf("got %v", got)
			}
		})
	}
}
