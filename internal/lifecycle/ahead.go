package lifecycle

import "time"

// Ahead is an end of the access that comes by itself on a known day, unless a fact
// changes or somebody answers before it.
type Ahead struct {
	At time.Time
	// Becomes is the action that the decision turns into: Lapse, Block or Revoke. It is
	// Keep where the last credential ends on a date of its own.
	Becomes Action
	// Code is the finding that it follows from; of no meaning where Becomes is Keep.
	Code Code
	// Asks reports whether an answer is waited for until then.
	Asks bool
	// Key is the generation that ends, where Becomes is Keep.
	Key string
}

// maxOutlook bounds how many changes of a schedule Outlook lives through.
const maxOutlook = 32

// Outlook lives through the schedule of a grant after a decision, as if no fact changed
// and nobody answered, and returns the ends of the access that it comes to, up to and
// including the given instant. Each comes true if nothing else happens.
func Outlook(in Input, decided *Grant, until time.Time) ([]Ahead, error) {
	var out []Ahead
	in.MaxClockJump = 0
	for range maxOutlook {
		at := decided.NextChangeAt
		if !at.After(in.Now) || at.After(until) {
			break
		}
		in.Prior, in.Now = decided, at
		d, err := Decide(in)
		if err != nil {
			return nil, err
		}
		if a, ok := endBetween(decided, &d.Grant); ok {
			a.At = at
			out = append(out, a)
		}
		decided = &d.Grant
	}
	return out, nil
}

// endBetween returns what of an access ends between a state and the next.
func endBetween(before, after *Grant) (Ahead, bool) {
	switch {
	case after.Observed, !before.Active():
		return Ahead{}, false // nothing that could be used ends
	case after.Action >= Lapse && after.Action > before.Action && len(after.Reasons) > 0:
		return Ahead{Becomes: after.Action, Code: after.Reasons[0].Code, Asks: before.Action == Review || before.Action == Recertify}, true
	case !after.Active():
		return Ahead{Key: before.Generations[len(before.Generations)-1].Key()}, true
	}
	return Ahead{}, false
}
