// Package effect changes things outside, every time in one order: settle what an
// earlier run has left open, read, record the intent, act, read back, record the
// outcome. An act that cannot be recorded does not happen. What is said to have
// happened is what reading back has shown, never what was asked for.
package effect

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
)

// Act is what is to be done to one object of a system. S is what can be read of the
// object.
type Act[S any] struct {
	System, Object string
	Because        string // why, for the record
	// Read asks the system for the object. It must remember nothing.
	Read func(context.Context) (S, error)
	// Shows reports whether the object, as it was read, shows that a step is done. It
	// must know every step that any act on such an object has, whatever this one has.
	Shows func(s S, step string) bool
	// Allow refuses an act on an object that is not as the plan took it to be; nil
	// allows every act.
	Allow func(S) error
	Steps []Step[S]
}

// Step is one change. Steps are done in their order, and the first that fails is
// the last that is tried.
type Step[S any] struct {
	Name string
	// Do makes the change to the object as it was read last.
	Do func(context.Context, S) error
	// Yes and No say that the step is done or is not, in a full sentence: "The account
	// is disabled."
	Yes, No string
}

// Result is what became of an act.
type Result[S any] struct {
	State S
	Known bool // State is what was read last, after everything that was done
	// Begun reports whether the intent is recorded, and with it the outcome.
	Begun bool
	// Done are the names of the steps that this act has done.
	Done []string
	// Found says what became of acts that earlier runs had begun, each in a full
	// sentence.
	Found []string
	// Err is a *fault.Fault that says what happened and what did not, or the error
	// of a context that ended before anything was done.
	Err error
}

// Do does what of the act is not done yet. Without a recorder nothing is recorded.
func Do[S any](ctx context.Context, rec Recorder, a Act[S]) Result[S] {
	var r Result[S]
	if r.State, r.Err = a.Read(ctx); r.Err != nil {
		r.Err = untouched(r.Err)
		return r
	}
	r.Known = true
	if rec != nil {
		if r.Found, r.Err = settle(ctx, rec, &a, r.State); r.Err != nil {
			return r
		}
	}
	missing := a.missing(r.State)
	if len(missing) == 0 {
		return r
	}
	if a.Allow != nil {
		if r.Err = a.Allow(r.State); r.Err != nil {
			r.Err = untouched(r.Err)
			return r
		}
	}
	if err := ctx.Err(); err != nil {
		r.Err = err
		return r
	}
	id, err := intend(ctx, rec, &a, missing)
	if err != nil {
		r.Err = err
		return r
	}
	r.Begun = rec != nil
	// From here on the outcome must be found out and recorded, even if the run is
	// interrupted: only the steps themselves end with it.
	last := context.WithoutCancel(ctx)
	cause := a.run(ctx, last, missing, &r)
	if err := conclude(last, rec, id, &a, missing, &r, cause); err != nil && cause == nil {
		cause = err
	}
	if cause != nil {
		r.Err = a.explain(cause, missing, &r)
	}
	return r
}

// missing returns the steps that the object does not show done.
func (a *Act[S]) missing(s S) []Step[S] {
	return slices.DeleteFunc(slices.Clone(a.Steps), func(step Step[S]) bool { return a.Shows(s, step.Name) })
}

// run does the steps, and reads back after each. It returns why it stopped.
func (a *Act[S]) run(ctx, last context.Context, steps []Step[S], r *Result[S]) error {
	for _, step := range steps {
		if a.Shows(r.State, step.Name) {
			continue // the step before has done it as well
		}
		failed := ctx.Err()
		if failed == nil {
			failed = step.Do(ctx, r.State)
		}
		seen, err := a.Read(last)
		if err != nil {
			r.Known = false
			return errors.Join(failed, &unread{err})
		}
		r.State = seen
		switch {
		case a.Shows(seen, step.Name):
			// A refusal that comes after the change, such as an answer that was lost on
			// the way, does not undo it.
			r.Done = append(r.Done, step.Name)
		case failed != nil:
			return failed
		default:
			return a.withoutEffect("reading it back does not show it")
		}
	}
	if len(a.missing(r.State)) > 0 {
		return a.withoutEffect("a part of it was undone before all of it was done")
	}
	return nil
}

func (a *Act[S]) withoutEffect(why string) error {
	return &fault.Fault{
		Summary:  "Change Had No Effect",
		Happened: fmt.Sprintf("The system %q accepted the change of %q, but %s.", a.System, a.Object, why),
		Advice:   "Look at the object in the system itself. If the system takes changes over with a delay, apply again.",
	}
}

// unread marks the error of a reading back.
type unread struct{ error }

func (u *unread) Unwrap() error { return u.error }

// untouched returns an error that came before anything was done.
func untouched(err error) error { return fault.Meaning(err, "Nothing was changed.") }

// explain makes the error of an act say what was done and what was not.
func (a *Act[S]) explain(cause error, steps []Step[S], r *Result[S]) error {
	said := fault.Fault{Summary: "Unable to Change Object", Happened: fmt.Sprintf("The change of %q in the system %q was not finished: %v.", a.Object, a.System, cause)}
	var f *fault.Fault
	if errors.As(cause, &f) {
		said = *f
	} else {
		said.Kind = cause
	}
	said.Consequence = a.consequence(steps, r)
	return &said
}

func (a *Act[S]) consequence(steps []Step[S], r *Result[S]) string {
	if !r.Known {
		text := "It is not known what was changed: what was done could not be read back. The next run finds out, and goes on from there."
		for _, step := range steps {
			if slices.Contains(r.Done, step.Name) {
				text = step.Yes + " " + text
			}
		}
		return text
	}
	var said []string
	if len(r.Done) == 0 {
		said = append(said, "Nothing was changed.")
	}
	for _, step := range steps {
		if a.Shows(r.State, step.Name) {
			said = append(said, step.Yes)
		} else {
			said = append(said, step.No)
		}
	}
	return strings.Join(said, " ")
}
