package grant

import (
	"strings"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

// reminded returns the first lines of the comments in the first case.
func (l *life) reminded() []string {
	var out []string
	for _, text := range l.queue.Cases()[0].Comments {
		first, _, _ := strings.Cut(text, "\n")
		out = append(out, first)
	}
	return out
}

// remindedLife is a life whose case is open and says itself that it is due in 30 days.
func remindedLife(t *testing.T) *life {
	t.Helper()
	l := newLife(t)
	l.reminds = true
	l.runs("active", true)
	l.clock.Advance(day)
	l.people["ada"].Status = lifecycle.PersonLeaving
	l.runs("review", true)
	l.says()
	l.cases("1 open cyd")
	if got := l.reminded(); len(got) != 0 {
		t.Fatalf("the apply that opens the case adds %q", got)
	}
	l.quiet()
	return l
}

// A case that waits is reminded of at 7 days and at 1 day, each time once.
func TestCaseThatWaitsIsRemindedOf(t *testing.T) {
	l := remindedLife(t)
	for want, after := range []time.Duration{10 * day, 13*day + time.Hour, 6 * day} {
		l.clock.Advance(after)
		l.runs("review", want > 0)
		l.says()
		got := l.reminded()
		if len(got) != want {
			t.Fatalf("%d days later the case has the comments %q, want %d", after/day, got, want)
		}
		if want > 0 && !strings.Contains(got[want-1], `The access "key/billing" to Billing (hr/APP-1) lapses from 2030-02-15 on`) {
			t.Errorf("the comment is %q", got[want-1])
		}
		l.quiet()
	}
}

// Nothing is added to a case that was answered meanwhile.
func TestAnsweredCaseIsNotRemindedOf(t *testing.T) {
	l := remindedLife(t)
	l.clock.Advance(23*day + time.Hour)
	l.queue.Answer("1", "cyd", system.ReviewConfirmed, "still used")
	l.runs("active", true)
	if got := l.reminded(); len(got) != 0 {
		t.Errorf("the comments are %q", got)
	}
}

// A queue that refuses the comment keeps nothing from happening, and the notice is not
// repeated.
func TestCommentThatIsRefused(t *testing.T) {
	l := remindedLife(t)
	l.clock.Advance(23*day + time.Hour)
	l.queue.Fail("CommentReview", systemtest.Unavailable("The queue is down."))
	l.runs("review", true)
	l.says("Messages Were Not Delivered: A message to the review queue support was not delivered. The queue is down.", "This notice is not repeated.")
	l.queue.Fail("CommentReview", nil)
	l.quiet()
	if got := l.reminded(); len(got) != 0 {
		t.Errorf("the comments are %q", got)
	}
}
