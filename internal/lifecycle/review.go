package lifecycle

import "time"

// runReviewClock counts for how long the grant has asked for review or more. The
// clock is the grant's: it does not begin anew when one finding takes the place of
// another, nor after a few clear days. What nobody answered in time becomes a block,
// or a lapse for a workload's standard access.
func (e *evaluation) runReviewClock() {
	e.review = e.prior.Memory.Review
	asks := e.action >= Review
	if !e.binding.Held {
		e.setReviewClock(asks)
	}
	if !asks || e.review.Since.IsZero() {
		return
	}
	deadline := e.review.Since.Add(e.reviewDeadline())
	then := e.unansweredReview()
	for c := range e.findings.All {
		v := &e.verdicts[c]
		if v.action != Review {
			continue
		}
		if e.now.Before(deadline) {
			if v.next.IsZero() || deadline.Before(v.next) {
				v.next, v.then = deadline, then
			}
			v.review = true
			continue
		}
		v.action, v.overdue, v.unanswered, v.next = then, true, true, time.Time{}
		e.action = max(e.action, then)
	}
}

// setReviewClock starts, stops or goes on with the clock.
func (e *evaluation) setReviewClock(asks bool) {
	r := &e.review
	switch {
	case asks && (r.Since.IsZero() || (!r.ClearSince.IsZero() && !e.now.Before(r.ClearSince.Add(clearDays)))):
		r.Since, r.ClearSince = e.now, time.Time{}
	case asks:
		r.ClearSince = time.Time{}
	case r.Since.IsZero():
	case e.answer != nil && e.answer.At.After(r.Since):
		*r = ReviewClock{} // it was answered
	case r.ClearSince.IsZero():
		r.ClearSince = e.now
	}
}

// unansweredReview is what a review becomes that nobody answers.
func (e *evaluation) unansweredReview() Action {
	if e.risk == RiskPrivileged || e.binding.BoundTo == BoundToPerson {
		return Block
	}
	return Lapse
}

func (e *evaluation) reviewDeadline() time.Duration {
	var d time.Duration
	for _, rules := range e.in.Policies {
		shorter(&d, rules.ReviewDeadline)
	}
	return d
}

func (e *evaluation) exceptionMax() time.Duration {
	var d time.Duration
	for _, rules := range e.in.Policies {
		shorter(&d, rules.ExceptionMax)
	}
	return d
}
