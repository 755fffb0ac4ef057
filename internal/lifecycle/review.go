package lifecycle

import "time"

// readReviewClock reads the clock from the prior state. The clock belongs to the
// grant: it does not restart when one finding replaces another, or after a few
// days without findings.
func (e *evaluation) readReviewClock() {
	e.review = e.prior.Memory.Review
	if !e.binding.Held && !e.jumped && e.review.lapsedAt(e.now) {
		e.review = ReviewClock{}
	}
}

// lapsedAt reports whether the clock has ended at the given instant, because
// nothing asked for review for long enough.
func (r *ReviewClock) lapsedAt(at time.Time) bool {
	return !r.ClearSince.IsZero() && !at.Before(r.ClearSince.Add(clearDays))
}

// reviewEndsFrom returns until when a review that begins at the given instant may
// stay unanswered. It reports false on held facts and at an instant that cannot be
// right, which start no clock.
func (e *evaluation) reviewEndsFrom(at time.Time) (time.Time, bool) {
	at = later(at, e.now)
	if !e.review.Since.IsZero() && !e.review.lapsedAt(at) {
		return e.review.Since.Add(e.reviewDeadline()), true
	}
	return at.Add(e.reviewDeadline()), !e.binding.Held && !e.jumped
}

// runReviewClock starts, stops or continues the clock. Held facts and an instant
// that cannot be right do not change it.
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
		*r = e.prior.Memory.Review // even after it has ended, so that an unchanged grant stays as it is
		if r.ClearSince.IsZero() {
			r.ClearSince = e.now
		}
	}
}

// unansweredReview is the action for an unanswered review: a block, and for the
// standard access of a workload a lapse.
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
