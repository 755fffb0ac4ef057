package systemtest_test

import (
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/clock"
	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

func TestFakeReviewsConform(t *testing.T) {
	for name, unit := range map[string]system.DueUnit{"seconds": system.DueSecond, "days": system.DueDay, "no due dates": system.DueNever} {
		t.Run(name, func(t *testing.T) {
			systemtest.Reviews(t, systemtest.ReviewsHarness{
				Open: func(*testing.T) *systemtest.ReviewStage { return fakeStage(unit) },
				Broken: map[string]func(*testing.T) system.Reviews{"failing": func(*testing.T) system.Reviews {
					f := systemtest.NewFakeReviews("desk", clock.NewFake(time.Time{}))
					for _, method := range []string{"Review", "ListReviews", "OpenReview", "AssignReview", "CommentReview", "WithdrawReview"} {
						f.Fail(method, &fault.Fault{Kind: fault.ErrUnavailable, Summary: "Unable to Ask", Happened: "The queue is down.", Advice: "Wait."})
					}
					return f
				}},
			})
		})
	}
}

func fakeStage(unit system.DueUnit) *systemtest.ReviewStage {
	ann, ben := system.Reviewer{User: "ann", Email: "ann@example.org", Name: "Ann Archer"}, system.Reviewer{User: "ben", Name: "Ben"}
	f := systemtest.NewFakeReviews("desk", clock.NewFake(time.Date(2030, time.January, 15, 9, 0, 0, 0, time.UTC)), ann, ben)
	f.HoldsDue(unit)
	return &systemtest.ReviewStage{
		Queue: f, Reader: f.Reader(), Another: func(*testing.T) system.Reviews { return f },
		Right: map[string]string{"OpenReview": "write", "AssignReview": "write", "CommentReview": "write", "WithdrawReview": "write"},
		Ann:   ann, Ben: ben, Unknown: system.Reviewer{User: "zoe"},
		Answer: func(_ *testing.T, id string, by *system.Reviewer, status system.ReviewStatus, note string) {
			f.Answer(id, by.User, status, system.Clean(note))
		},
		AnswerItself: func(*testing.T, string) {}, // the fake has no such method
		Reassign:     func(_ *testing.T, id string, to *system.Reviewer) { f.Reassign(id, to.User) },
		Close:        func(_ *testing.T, id string) { f.Close(id) },
		Reads: func(_ *testing.T, id string) (title, text string) {
			for _, c := range f.Cases() {
				if c.ID == id {
					title, text = c.Case.Title, c.Case.Text
					for _, comment := range c.Comments {
						text += "\n" + comment
					}
				}
			}
			return title, text
		},
	}
}

// A fake loses the answer of a call that took effect, as a network does.
func TestFakeReviewsLoseAnswers(t *testing.T) {
	s := fakeStage(system.DueSecond)
	f, _ := s.Queue.(*systemtest.FakeReviews)
	f.Lose("OpenReview")
	err := f.OpenReview(t.Context(), system.Case{Key: "k", Reviewer: s.Ann})
	systemtest.WantUnavailable(t, 0, err)
	if got, err := f.Review(t.Context(), "k"); err != nil || got == nil || !s.Ann.Is(got.Assignee) {
		t.Errorf("got %+v, %v", got, err)
	}
	f.Find("OpenReview")
	if err := f.OpenReview(t.Context(), system.Case{Key: "k", Reviewer: s.Ann}); err != nil {
		t.Error(err)
	}
	f.Forget("ann")
	if err := f.AssignReview(t.Context(), &system.Review{ID: "1"}, system.Case{Reviewer: s.Ann}); err == nil {
		t.Error("a case was given to somebody unknown")
	}
	f.Know(s.Ann)
	f.Answer("1", "ann", system.ReviewRejected, "")
	f.Reopen("1")
	if got, err := f.Review(t.Context(), "k"); err != nil || got.Status != system.ReviewOpen || got.AnsweredBy != "" || len(got.Others) != 1 {
		t.Errorf("got %+v, %v", got, err)
	}
}
