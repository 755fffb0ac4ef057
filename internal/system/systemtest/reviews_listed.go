package systemtest

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

const wholeQueue = 10_000 // more cases than the tests of one queue open

// listed opens a case for Ann and one for Ben, one that is confirmed if that is possible, one
// that is withdrawn, and one that is none of custody's, and lists them in every way.
func (r reviewSuite) listed(t *testing.T) {
	s := r.h.Open(t)
	ids := map[string]string{}
	names, confirmed := []string{"open", "bens", "withdrawn"}, []string(nil)
	if s.Answer != nil {
		names, confirmed = append(names, "confirmed"), []string{"confirmed"}
	}
	for _, name := range names {
		c := newCase(t, s, name)
		if name == "bens" {
			c.Reviewer, c.DueAt = s.Ben, future.AddDate(-1, 0, 0)
		}
		ok(t, s.Queue.OpenReview(t.Context(), c))
		r := find(t, s.Queue, c.Key)
		if ids[name] = r.ID; !r.Stands(&c) {
			ok(t, s.Queue.AssignReview(t.Context(), r, c))
		}
	}
	if s.Answer != nil {
		s.Answer(t, ids["confirmed"], &s.Ann, system.ReviewConfirmed, "Still needed.")
	}
	ok(t, s.Queue.WithdrawReview(t.Context(), ids["withdrawn"], "The record was corrected."))
	single := map[string]*system.Review{}
	for name, id := range ids {
		single[id] = find(t, s.Queue, newCase(t, s, name).Key)
	}
	stray := ""
	if s.Stray != nil {
		stray = s.Stray(t)
	}
	statuses := func(list ...system.ReviewStatus) []system.ReviewStatus { return list }
	for name, c := range map[string]struct {
		query system.ReviewQuery
		want  []string
	}{
		"everything":       {system.ReviewQuery{}, names},
		"open ones":        {system.ReviewQuery{Statuses: statuses(system.ReviewOpen)}, []string{"open", "bens"}},
		"confirmed ones":   {system.ReviewQuery{Statuses: statuses(system.ReviewConfirmed)}, confirmed},
		"closed ones":      {system.ReviewQuery{Statuses: statuses(system.ReviewWithdrawn, system.ReviewRejected)}, []string{"withdrawn"}},
		"those of Ben":     {system.ReviewQuery{Statuses: statuses(system.ReviewOpen), Assignees: []string{"nobody", s.Ben.User, s.Ben.Email}}, []string{"bens"}},
		"recent ones only": {system.ReviewQuery{Since: future}, []string{"open", "bens"}},
	} {
		c.query.Most = wholeQueue
		list, err := s.Another(t).ListReviews(t.Context(), c.query)
		if err != nil || list == nil || list.LeftOut != 0 {
			t.Fatalf("%s: got %+v, %v", name, list, err)
		}
		if got := namesOf(list, ids); !slices.Equal(got, sorted(c.want)) {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
		wantListed(t, list, single, stray)
	}
	if s.Reader != nil {
		list, err := s.Reader.ListReviews(t.Context(), system.ReviewQuery{Statuses: statuses(system.ReviewOpen), Most: wholeQueue})
		ok(t, err)
		if got := namesOf(list, ids); !slices.Equal(got, []string{"bens", "open"}) {
			t.Errorf("who may read lists %q", got)
		}
	}
	whole, err := s.Queue.ListReviews(t.Context(), system.ReviewQuery{Most: wholeQueue})
	ok(t, err)
	one, err := s.Queue.ListReviews(t.Context(), system.ReviewQuery{Most: 1})
	ok(t, err)
	if len(one.Reviews) != 1 || one.LeftOut != len(whole.Reviews)-1 || one.Reviews[0].ID != whole.Reviews[0].ID {
		t.Errorf("got %+v, want the first of %d", one, len(whole.Reviews))
	}
}

func sorted(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return list
}

// namesOf returns which of the cases of a test are in a list, sorted.
func namesOf(list *system.ReviewList, ids map[string]string) []string {
	var out []string
	for name, id := range ids {
		for i := range list.Reviews {
			if list.Reviews[i].ID == id {
				out = append(out, name)
			}
		}
	}
	slices.Sort(out)
	return out
}

// wantListed checks the order of a list, and that the cases of a test are in it as they
// are read one by one, which is single, by their ids.
func wantListed(t *testing.T, list *system.ReviewList, single map[string]*system.Review, stray string) {
	t.Helper()
	open, seen := true, make(map[string]bool)
	var due time.Time
	for i := range list.Reviews {
		r := &list.Reviews[i]
		if seen[r.ID] || r.ID == stray && stray != "" {
			t.Errorf("the list must not have %+v", r)
		}
		seen[r.ID] = true
		switch {
		case r.Status != system.ReviewOpen:
			open = false
		case !open:
			t.Errorf("the open case %+v comes after one that is closed", r)
		case !r.DueAt.IsZero() && r.DueAt.Before(due):
			t.Errorf("%+v comes after a case that is due later", r)
		default:
			due = r.DueAt
		}
		one := single[r.ID]
		if one != nil && (r.Key != one.Key || r.Grant != newCase(t, &ReviewStage{}, "").Grant || r.URL != one.URL || r.Status != one.Status ||
			r.Assignee != one.Assignee || !r.DueAt.Equal(one.DueAt) || r.AnsweredBy != one.AnsweredBy || !r.AnsweredAt.Equal(one.AnsweredAt) || r.Note != one.Note) {
			t.Errorf("listed as %+v, and read as %+v", r, one)
		}
	}
}

func (r reviewSuite) howToAnswer(t *testing.T) {
	s := r.h.Open(t)
	sentences := s.Queue.HowToAnswer()
	if len(sentences) == 0 {
		t.Error("nothing tells how to answer")
	}
	for _, sentence := range sentences {
		if !Presentable(sentence) || strings.ContainsAny(sentence, "\n{}") || !strings.HasSuffix(sentence, ".") && !strings.HasSuffix(sentence, "?") {
			t.Errorf("%q is not a sentence", sentence)
		}
	}
	whole := strings.Join(sentences, " ")
	for _, word := range s.Ways {
		if !strings.Contains(whole, word) {
			t.Errorf("%q does not say %q, with which one answers", whole, word)
		}
	}
}
