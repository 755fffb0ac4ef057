package register

import (
	"crypto/ed25519"
	"fmt"
	"iter"
)

// Cause says what is wrong with a chain of events.
type Cause string

// What can be wrong with a chain.
const (
	Altered   Cause = "altered"   // the hash of the event is not that of its content
	Missing   Cause = "missing"   // events before this one are not there
	Reordered Cause = "reordered" // the event does not follow the one before it
	Truncated Cause = "truncated" // a checkpoint knows later events
	Rewritten Cause = "rewritten" // a checkpoint knows another event at this place
	Unproven  Cause = "unproven"  // the signature of a checkpoint does not verify
)

// Break is the first place at which a chain does not hold.
type Break struct {
	Sequence int64 // of the event, or of the checkpoint
	Cause    Cause
	Message  string // a full sentence
}

// Report is what a check of a chain found.
type Report struct {
	Head Head // the last event up to which the chain holds
	// Proven is the sequence of the latest event that a checkpoint proves. What
	// comes after it may have been cut off without a trace.
	Proven int64
	Break  *Break // nil if the chain holds
}

// Verify checks the events of a workspace in the order in which they come, which
// must be that of their sequence and from the first on. The checkpoints must come
// from outside of the register; those of other workspaces are left out. The error
// is that of the events, if they cannot be read.
func Verify(workspace string, events iter.Seq2[Event, error], checkpoints []Checkpoint, keys ...ed25519.PublicKey) (Report, error) {
	report := Report{Head: Head{Workspace: workspace}}
	marks := make(map[int64][]Checkpoint)
	for _, c := range checkpoints {
		if c.Workspace != workspace {
			continue
		}
		if err := c.Check(keys...); err != nil {
			report.Break = &Break{c.Sequence, Unproven, fmt.Sprintf("The checkpoint at event %d proves nothing: %v.", c.Sequence, err)}
			return report, nil
		}
		marks[c.Sequence] = append(marks[c.Sequence], c)
	}
	for e, err := range events {
		if err != nil {
			return report, err
		}
		if report.Break = report.Head.follows(e); report.Break != nil {
			return report, nil
		}
		for _, c := range marks[e.Sequence] {
			if c.Hash != e.Hash {
				report.Break = &Break{e.Sequence, Rewritten, fmt.Sprintf(
					"Event %d is not the one that the checkpoint of %s signed: the ledger was written anew from here or earlier.", e.Sequence, instant(c.At))}
				return report, nil
			}
			report.Proven = e.Sequence
		}
		delete(marks, e.Sequence)
		report.Head = e.head()
	}
	for sequence, c := range marks {
		if report.Break == nil || sequence > report.Break.Sequence {
			report.Break = &Break{sequence, Truncated, fmt.Sprintf(
				"The ledger ends with event %d, but the checkpoint of %s signed event %d: the end was cut off, or an older copy was restored.",
				report.Head.Sequence, instant(c[0].At), sequence)}
		}
	}
	return report, nil
}

// follows returns what is wrong with an event behind the head.
func (h Head) follows(e Event) *Break {
	want := h.Sequence + 1
	switch {
	case e.Workspace != h.Workspace:
		return &Break{e.Sequence, Altered, fmt.Sprintf("Event %d belongs to the workspace %q.", e.Sequence, e.Workspace)}
	case e.Sequence > want:
		return &Break{e.Sequence, Missing, fmt.Sprintf("Event %d follows event %d: those between them are missing.", e.Sequence, h.Sequence)}
	case e.Sequence < want:
		return &Break{e.Sequence, Reordered, fmt.Sprintf("Event %d comes behind event %d.", e.Sequence, h.Sequence)}
	case !e.sound():
		return &Break{e.Sequence, Altered, fmt.Sprintf("Event %d does not have the content that its hash was made from.", e.Sequence)}
	case e.Previous != h.Hash:
		return &Break{e.Sequence, Reordered, fmt.Sprintf("Event %d was not written behind the event %d that is there now.", e.Sequence, h.Sequence)}
	}
	return nil
}

// sound reports whether the event is one that could have been appended, with the
// hash of its content. Without the first, a body could pretend to be other fields.
func (e Event) sound() bool {
	body, err := Canonical(e.Body)
	return err == nil && body == e.Body && checkInstant(e.At) == nil && e.Hash == e.sum()
}
