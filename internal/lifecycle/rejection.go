package lifecycle

import "time"

// Rejection is a reviewer's answer that the access is to end.
type Rejection struct {
	By   string // "<directory>/<id>"
	At   time.Time
	Note string
}

// readRejection takes over the rejection that the grant remembers, or a later one from
// a review queue. It counts until an attestation that is dated after it.
func (e *evaluation) readRejection() {
	e.rejection = e.prior.Memory.Rejection
	if r := e.in.Rejection; r != nil && (e.rejection == nil || r.At.After(e.rejection.At)) {
		e.rejection = r
	}
	if e.rejection == nil {
		return
	}
	if e.answer != nil && e.answer.At.After(e.rejection.At) {
		e.rejection = nil
		return
	}
	e.findings = e.findings.With(GrantRejected)
}

func (r *Rejection) same(b *Rejection) bool {
	if r == nil || b == nil {
		return r == b
	}
	return r.By == b.By && r.Note == b.Note && r.At.Equal(b.At)
}

// rejectedFact says who rejected the access, when and in which words.
func (e *evaluation) rejectedFact() string {
	r := e.rejection
	text := e.who(r.By) + " was asked whether the access is still needed, and rejected it on " + on(r.At)
	if note := printable(r.Note); note != "" {
		text += ": " + quote(note)
	}
	return text + "."
}
