package lifecycle

import "slices"

// ActionOf returns the action that the findings ask for at this instant, before
// the schedule and before the last transition's action is carried over.
func ActionOf(in Input) (Action, error) {
	var e evaluation
	e.begin(in)
	err := e.decide()
	return e.action, err
}

// RotationOf returns the rotation that the findings ask for at this instant, whether
// or not it can be done.
func RotationOf(in Input) (Rotation, error) {
	var e evaluation
	e.begin(in)
	err := e.decide()
	return e.wanted, err
}

// UntimelyAt reports whether the run's instant cannot be right.
func UntimelyAt(in Input) bool {
	var e evaluation
	e.begin(in)
	return e.decide() == nil && e.untimely
}

// JumpedAt reports whether the run's instant lies too long after everything that the
// grant knows of.
func JumpedAt(in Input) bool {
	var e evaluation
	e.begin(in)
	return e.decide() == nil && e.jumped
}

// ChangedHolders reports whether somebody of a list of holders no longer holds the
// asset, going by the keys that the grant remembers.
func ChangedHolders(list string, prior *Grant, b *Binding) bool {
	e := evaluation{prior: prior, binding: b}
	return slices.ContainsFunc(holders(list), func(h string) bool { return e.presenceOf(h) != named })
}
