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

// WithProgress returns a context under which a long list is reported while it is
// read, to see from outside that a run goes on.
func WithProgress(ctx context.Context, report func(context.Context, Progress)) context.Context {
	return context.WithValue(ctx, progressKey{}, report)
}

// Report says how far a list has been read, if anybody wants to know.
func Report(ctx context.Context, p Progress) {
	if report, ok := ctx.Value(progressKey{}).(func(context.Context, Progress)); ok && report != nil {
		report(ctx, p)
	}
}
