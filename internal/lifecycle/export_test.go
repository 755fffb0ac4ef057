package lifecycle

// ActionOf returns the action that the findings ask for at this instant, before
// the schedule and before the last transition's action is carried over.
func ActionOf(in Input) (Action, error) {
	e, err := decide(in)
	return e.action, err
}

// RotationOf returns the rotation that the findings ask for at this instant, whether
// or not it can be done.
func RotationOf(in Input) (Rotation, error) {
	e, err := decide(in)
	return e.wanted, err
}
