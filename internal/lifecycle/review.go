package lifecycle

import "time"

// readReviewClock finds out until when a review may go unanswered. The clock is the
// grant's: it does not begin anew when one finding takes the place of another, nor
// after a few clear days.
func (e *evaluation) readReviewClock() {
	e.review = e.prior.Memory.Review
	if !e.binding.Held && !e.review.ClearSince.IsZero() && !e.now.Before(e.review.ClearSince.Add(clearDays)) {
		e.review = ReviewClock{}
	}
	switch since := e.review.Since; {
	case !since.IsZero():
		e.reviewEnds = since.Add(e.reviewDeadline())
	case !e.binding.Held: // which starts no time
		e.reviewEnds = e.now.Add(e.reviewDeadline())
	}
}

// runReviewClock starts, stops or goes on with the clock. Held facts leave it alone.
func (e *evaluation) runReviewClock() {
	r := &e.review
	asks := e.action >= Review
	switch {
	case e.binding.Held:
		*r = e.prior.Memory.Review
	case asks && r.Since.IsZero():
		*r = ReviewClock{Since: e.now}
	case asks:
		r.ClearSince = time.Time{}
	case e.prior.Memory.Review.Since.IsZero():
	case e.answer != nil && e.answer.At.After(e.prior.Memory.Review.Since):
		*r = ReviewClock{} // it was answered
	default:
		*r = e.prior.Memory.Review // also once it counts no more, so that a quiet grant stays as it is
		if r.ClearSince.IsZero() {
			r.ClearSince = e.now
		}
	}
}

// unansweredReview is what a review becomes that nobody answers: a block, and for
// the standard access of a workload a lapse.
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
