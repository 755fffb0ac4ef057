package lifecycle

import "time"

// readReviewClock takes over the clock. It is the grant's: it does not begin anew
// when one finding takes the place of another, nor after a few clear days.
func (e *evaluation) readReviewClock() {
	e.review = e.prior.Memory.Review
	if !e.binding.Held && !e.jumped && e.review.lapsedAt(e.now) {
		e.review = ReviewClock{}
	}
}

// lapsedAt reports whether the clock counts no more at the given instant, because
// nothing had asked for long enough.
func (r *ReviewClock) lapsedAt(at time.Time) bool {
	return !r.ClearSince.IsZero() && !at.Before(r.ClearSince.Add(clearDays))
}

// reviewEndsFrom returns until when a review that begins at the given instant may go
// unanswered. It reports false on held facts and at an instant that cannot be right,
// which start no clock.
func (e *evaluation) reviewEndsFrom(at time.Time) (time.Time, bool) {
	at = later(at, e.now)
	if !e.review.Since.IsZero() && !e.review.lapsedAt(at) {
		return e.review.Since.Add(e.reviewDeadline()), true
	}
	return at.Add(e.reviewDeadline()), !e.binding.Held && !e.jumped
}

// runReviewClock starts, stops or goes on with the clock. Held facts and an instant
// that cannot be right leave it alone.
func (e *evaluation) runReviewClock() {
	r := &e.review
	asks := e.action >= Review
	switch {
	case e.binding.Held, e.jumped:
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
