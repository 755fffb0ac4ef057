package memo

import "context"

type runKey struct{}

// WithRun returns a context whose reads belong to a run. They may continue after
// their caller has given up, but not after the run: once its context has ended,
// no read continues or begins.
func WithRun(ctx, run context.Context) context.Context {
	return context.WithValue(ctx, runKey{}, run)
}

// runOf returns the run of a context; one that never ends if it has none.
func runOf(ctx context.Context) context.Context {
	if run, ok := ctx.Value(runKey{}).(context.Context); ok {
		return run
	}
	return context.Background()
}

// startRead returns the context of a read: it ends with the run, and has the
// values of the caller that begins it.
func startRead(caller context.Context) (context.Context, context.CancelFunc) {
	run := runOf(caller)
	ctx, cancel := context.WithCancel(&runContext{Context: run, values: context.WithoutCancel(caller)})
	return &reading{Context: ctx, run: run}, cancel
}

// runContext ends with the run and has the values of a caller.
type runContext struct {
	context.Context
	values context.Context
}

// Value asks the run first, because the context package finds the parent to
// cancel with by a value.
func (i *runContext) Value(key any) any {
	if v := i.Context.Value(key); v != nil {
		return v
	}
	return i.values.Value(key)
}

// reading is the context of a read.
type reading struct {
	context.Context
	run context.Context
}

// Err asks the run itself. The context package cancels one context after the
// other; a read must not begin another request if the run has already ended.
func (r *reading) Err() error {
	if err := r.run.Err(); err != nil {
		return err
	}
	return r.Context.Err()
}
