package grant

import (
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

// A run that was killed after it had opened a case which another run had opened, too, does
// not come back to it: the next run that reads the case withdraws it.
func TestCasesThatAnotherRunHasLeft(t *testing.T) {
	left := func(t *testing.T) *life {
		t.Helper()
		l := asked(t)
		l.opensAgain()
		l.clock.Advance(time.Hour)
		return l
	}
	t.Run("the case is open", func(t *testing.T) {
		l := left(t)
		l.queue.Fail("WithdrawReview", systemtest.Unavailable("The queue is down."))
		l.runs("review", true)
		l.says("Review Was Opened Twice", "Review Was Not Withdrawn", "The queue is down.")
		l.cases("1 open cyd", "2 open cyd")
		l.queue.Fail("WithdrawReview", nil)
		l.runs("review", true)
		l.cases("1 open cyd", "2 withdrawn cyd")
		l.quiet()
		l.says()
	})
	t.Run("the other one is answered", func(t *testing.T) {
		l := left(t)
		l.queue.Answer("2", "cyd", system.ReviewConfirmed, "")
		l.runs("active", true)
		l.cases("1 withdrawn cyd", "2 confirmed cyd")
		l.quiet()
	})
	t.Run("it is answered, and cannot be withdrawn", func(t *testing.T) {
		l := left(t)
		l.queue.Answer("1", "cyd", system.ReviewRejected, "")
		l.queue.Fail("WithdrawReview", systemtest.Unavailable("The queue is down."))
		l.runs("revoked", true)
		l.cases("1 rejected cyd", "2 open cyd")
		l.queue.Fail("WithdrawReview", nil)
		l.clock.Advance(time.Hour)
		l.runs("revoked", true)
		l.cases("1 rejected cyd", "2 withdrawn cyd")
		l.quiet()
	})
	t.Run("the answer does not count", func(t *testing.T) {
		l := left(t)
		l.queue.Answer("1", "bob", system.ReviewConfirmed, "")
		l.runs("review", true)
		l.cases("1 confirmed cyd", "2 withdrawn cyd", "3 open cyd")
		l.quiet()
	})
	t.Run("nothing asks any more", func(t *testing.T) {
		l := left(t)
		l.people["ada"].Status = lifecycle.PersonActive
		l.runs("active", true)
		l.cases("1 withdrawn cyd", "2 withdrawn cyd")
		l.quiet()
	})
	t.Run("the grant is removed after an answer", func(t *testing.T) {
		l := left(t)
		l.queue.Answer("1", "cyd", system.ReviewRejected, "")
		l.queue.Fail("WithdrawReview", systemtest.Unavailable("The queue is down."))
		l.runs("revoked", true)
		l.queue.Fail("WithdrawReview", nil)
		l.removes()
		l.cases("1 rejected cyd", "2 withdrawn cyd")
	})
	t.Run("the queue is taken away", func(t *testing.T) {
		l := left(t)
		l.queue.Fail("WithdrawReview", systemtest.Unavailable("The queue is down."))
		l.runs("review", true)
		l.noQueue = true
		l.runs("review", true)
		l.quiet()
	})
}

// A case that could not be withdrawn, and was closed in the queue since then, does not keep
// the next question from being asked.
func TestAskedAgainAfterAFailedWithdrawal(t *testing.T) {
	for name, closes := range map[string]func(l *life){
		"answered":  func(l *life) { l.queue.Answer("1", "cyd", system.ReviewRejected, "") },
		"withdrawn": func(l *life) { l.queue.Close("1") },
	} {
		t.Run(name, func(t *testing.T) {
			l := asked(t)
			l.queue.Fail("WithdrawReview", systemtest.Unavailable("The queue is down."))
			l.people["ada"].Status = lifecycle.PersonActive
			l.runs("active", true)
			l.queue.Fail("WithdrawReview", nil)
			closes(l)
			l.clock.Advance(day)
			l.people["ada"].Status = lifecycle.PersonLeaving
			l.runs("review", true)
			if cases := l.queue.Cases(); len(cases) != 2 || cases[1].Status != system.ReviewOpen {
				t.Errorf("%+v", cases)
			}
			l.quiet()
		})
	}
}
