package effect

import "context"

// Intent is what was about to be done to an object.
type Intent struct {
	ID      string   // names the intent in the record; the recorder chooses it
	System  string   // the name of the system
	Object  string   // what the system calls the object
	Steps   []string // what is to be done, in this order
	Because string   // why, for people
}

// StepOutcome is what became of a step.
type StepOutcome string

// The outcomes of a step.
const (
	Done    StepOutcome = "done"
	NotDone StepOutcome = "not done"
)

// Outcome is what became of an intent.
type Outcome struct {
	Steps map[string]StepOutcome // by the names of the steps
	// Interrupted reports that a later run has found the intent without an outcome,
	// and says what the object looked like then.
	Interrupted bool
	Error       string // the error that ended the act, if any
}

// Recorder keeps intents and outcomes where they outlast the process. Each method
// returns nil only once what was passed to it is stored.
type Recorder interface {
	// Open returns the intents on an object that have no outcome, in the order in
	// which they were recorded.
	Open(ctx context.Context, system, object string) ([]Intent, error)
	// Intend keeps an intent and returns its ID.
	Intend(ctx context.Context, i Intent) (id string, err error)
	// Conclude keeps the outcome of the intent with the ID. A second outcome of one
	// intent is kept beside the first: two runs may have seen it end.
	Conclude(ctx context.Context, id string, o Outcome) error
}
