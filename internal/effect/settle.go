package effect

import (
	"context"
	"fmt"
	"strings"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
)

// Settle records what became of the acts on an object that earlier runs have begun
// and not concluded, and says so, each in a full sentence. It does nothing to the
// object. A run that plans no act on the object calls it, so that nothing stays open.
func Settle[S any](ctx context.Context, rec Recorder, a Act[S]) ([]string, error) {
	s, err := a.Read(ctx)
	if err != nil {
		return nil, err
	}
	return settle(ctx, rec, &a, s)
}

func settle[S any](ctx context.Context, rec Recorder, a *Act[S], s S) ([]string, error) {
	open, err := rec.Open(ctx, a.System, a.Object)
	if err != nil {
		return nil, unrecorded("Unable to Read Record", "What earlier runs have begun could not be read from the record", a.System, a.Object, err)
	}
	var found []string
	for _, i := range open {
		o := Outcome{Steps: make(map[string]StepOutcome, len(i.Steps)), Interrupted: true}
		for _, step := range i.Steps {
			o.Steps[step] = stepOutcome(a.Shows(s, step))
		}
		if err := rec.Conclude(ctx, i.ID, o); err != nil {
			return found, unrecorded("Unable to Record Outcome", "What became of an interrupted act could not be recorded", a.System, a.Object, err)
		}
		found = append(found, sentence(&i, &o))
	}
	return found, nil
}

func stepOutcome(done bool) StepOutcome {
	if done {
		return Done
	}
	return NotDone
}

// sentence says what became of an act that was interrupted.
func sentence(i *Intent, o *Outcome) string {
	parts := make([]string, len(i.Steps))
	for n, step := range i.Steps {
		parts[n] = fmt.Sprintf("%s (%s)", step, o.Steps[step])
	}
	return fmt.Sprintf("An earlier run was interrupted while it changed %q in the system %q: %s.", i.Object, i.System, strings.Join(parts, ", "))
}

// intend records what is about to be done. Nothing is done where that fails.
func intend[S any](ctx context.Context, rec Recorder, a *Act[S], steps []Step[S]) (string, error) {
	if rec == nil {
		return "", nil
	}
	i := Intent{System: a.System, Object: a.Object, Because: a.Because}
	for _, step := range steps {
		i.Steps = append(i.Steps, step.Name)
	}
	id, err := rec.Intend(ctx, i)
	if err != nil {
		return "", unrecorded("Unable to Record Intent", "What was about to be done could not be recorded", a.System, a.Object, err)
	}
	return id, nil
}

// conclude records what was done. What could not be read back has no outcome yet:
// the intent stays open, and the next run finds it.
func conclude[S any](ctx context.Context, rec Recorder, id string, a *Act[S], steps []Step[S], r *Result[S], cause error) error {
	if rec == nil || !r.Known {
		return nil
	}
	o := Outcome{Steps: make(map[string]StepOutcome, len(steps))}
	for _, step := range steps {
		o.Steps[step.Name] = stepOutcome(a.Shows(r.State, step.Name))
	}
	if cause != nil {
		o.Error = cause.Error()
	}
	if err := rec.Conclude(ctx, id, o); err != nil {
		return &fault.Fault{
			Kind: fault.ErrUnavailable, Summary: "Unable to Record Outcome",
			Happened: fmt.Sprintf("What was done to %q in the system %q could not be recorded. That it was begun is in the record.", a.Object, a.System),
			Advice:   "Apply again once the record can be written: the next run records what it finds.", Err: err,
		}
	}
	return nil
}

func unrecorded(summary, happened, system, object string, err error) error {
	return &fault.Fault{
		Kind: fault.ErrUnavailable, Summary: summary, Happened: fmt.Sprintf("%s (%q in the system %q).", happened, object, system),
		Consequence: "Nothing was changed: an act that cannot be recorded does not happen.",
		Advice:      "Apply again once the record can be read and written.", Err: err,
	}
}
