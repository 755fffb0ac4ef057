package system

import (
	"context"

	"golang.org/x/sync/errgroup"
)

// Gather requests every item, at most parallel of them at a time, and returns the
// answers in the order of the items. Of several errors it returns that of the first
// item, so that the same failure always has the same message.
func Gather[I, O any](ctx context.Context, parallel int, items []I, ask func(context.Context, I) (O, error)) ([]O, error) {
	out := make([]O, len(items))
	errs := make([]error, len(items))
	if len(items) == 1 {
		out[0], errs[0] = ask(ctx, items[0])
		return out, errs[0]
	}
	var g errgroup.Group
	g.SetLimit(parallel)
	for i, item := range items {
		g.Go(func() error {
			out[i], errs[i] = ask(ctx, item)
			return nil
		})
	}
	_ = g.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}
