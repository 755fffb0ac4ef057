package run

import (
	"context"

	"github.com/custodyhq/terraform-provider-custody/internal/memo"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// Reviews is the queue of a run in which people are asked.
type Reviews struct {
	system.Reviews

	// Run is the context of the run; nil for one that never ends. It is set before the
	// first question.
	Run context.Context

	seen memo.Memo[*system.Review]
}

// FindReviews returns the queue of a name among the systems. Its error is a fault of
// kind fault.ErrConfig.
func FindReviews(systems []system.System, name string) (*Reviews, error) {
	queue, err := find(systems, name, search[system.Reviews]{
		as: system.AsReviews, summary: "System Has No Review Queue", lacks: "The system %q, of the kind %s, has no review queue as it is configured.",
		none: "Leave reviews out; the plan then says review, and the reasons say what to do.",
	})
	if err != nil {
		return nil, err
	}
	return &Reviews{Reviews: queue}, nil
}

// Seen returns the case with a key as it was when it was first asked for in this run, so
// that all that is planned in one run rests on one answer. What is done rests on answers
// of its own.
func (q *Reviews) Seen(ctx context.Context, key string) (*system.Review, error) {
	ctx, end := q.Within(ctx)
	defer end()
	r, err := q.seen.Get(ctx, key, func(ctx context.Context) (*system.Review, error) { return q.Review(ctx, key) })
	return r, q.Interrupted(err)
}

// Within returns a context that ends with the run as well.
func (q *Reviews) Within(ctx context.Context) (_ context.Context, end func()) {
	return within(ctx, q.Run)
}

// Interrupted says so of an error that comes from a run which has ended.
func (q *Reviews) Interrupted(err error) error { return interrupted(q.Run, err) }
