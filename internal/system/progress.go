package system

import "context"

// Progress is how far a list has been read.
type Progress struct {
	System  string // the name of the system
	What    string // what is listed: "assets"
	Pages   int
	Entries int
}

type progressKey struct{}

// WithProgress returns a context under which the progress of a long list is
// reported, to show that a run continues.
func WithProgress(ctx context.Context, report func(context.Context, Progress)) context.Context {
	return context.WithValue(ctx, progressKey{}, report)
}

// Report reports how far a list has been read, if the context has a function
// for it.
func Report(ctx context.Context, p Progress) {
	if report, ok := ctx.Value(progressKey{}).(func(context.Context, Progress)); ok && report != nil {
		report(ctx, p)
	}
}
