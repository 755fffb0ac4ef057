package lifecycle

import (
	"slices"
	"time"
)

// readAnswer takes over the attestation that the grant remembers, or the one that
// the configuration states anew. One by the same person with the same note is the
// same attestation and keeps its first instant, so that at = plantimestamp()
// certifies once.
func (e *evaluation) readAnswer() {
	e.certified, e.answer = e.prior.CertifiedAt, e.prior.Memory.Answer
	if a := e.spec.Attestation; a != nil && !answered(e.prior, a) && (e.answer == nil || !a.At.Before(e.answer.At)) {
		e.answer = &Answer{By: a.By, Note: a.Note, At: a.At, Answers: a.At}
		if e.prior == &nothing {
			// It came in the same change as the grant, and answers what that shows.
			e.answer.Answers = e.now.Add(time.Second)
		}
	}
	e.readConfirmation()
	e.adoptAnswer()
}

// readConfirmation takes over what a review queue says was confirmed, if it is later
// than what is attested otherwise.
func (e *evaluation) readConfirmation() {
	c := e.in.Confirmation
	if c == nil || answered(e.prior, c) || (e.answer != nil && !c.At.After(e.answer.At)) {
		return
	}
	was := e.answer
	e.answer = &Answer{By: c.By, Note: c.Note, At: c.At, Answers: c.At}
	switch stated := e.spec.Attestation; {
	case was == nil:
	case stated != nil && was.By == stated.By && was.Note == stated.Note:
		e.answer.FormerBy, e.answer.FormerNote = was.By, was.Note
	default:
		e.answer.FormerBy, e.answer.FormerNote = was.FormerBy, was.FormerNote
	}
}

func (e *evaluation) adoptAnswer() {
	if e.answer != nil {
		e.certified = later(e.certified, e.answer.At)
	}
}

// repeats reports whether the configuration dates an attestation anew that is
// remembered with an earlier date.
func (e *evaluation) repeats() bool {
	a := e.spec.Attestation
	return a != nil && answered(e.prior, a) && a.At.After(e.answer.At)
}

// answers reports whether the attestation was made in knowledge of what was first
// seen at the finding's instant.
func (e *evaluation) answers(c Code) bool {
	return e.answer != nil && e.seen[c].Before(e.answer.Answers)
}

// answersStill reports whether such an attestation has not lapsed: it answers until
// the next recertification after it.
func (e *evaluation) answersStill(c Code) bool {
	return e.answers(c) && e.now.Before(e.answer.At.Add(e.terms.recertifyEvery))
}

// readWaiver takes over the exception. Its start is the instant at which the first
// run saw it; a change of its text does not move that, but for a new reason by
// another approver after a time without an exception.
func (e *evaluation) readWaiver() {
	x, p := e.spec.Exception, e.prior.Memory.Waiver
	if x == nil {
		e.waiver = p
		if p != nil && (p.EndedAt.IsZero() || p.EndedAt.After(e.now)) {
			ended := *p
			ended.EndedAt = e.now
			e.waiver = &ended
		}
		return
	}
	w := Waiver{Codes: x.Codes, Reason: x.Reason, ApprovedBy: x.ApprovedBy, StartsAt: e.now, ExpiresAt: x.ExpiresAt}
	if p != nil && !(p.lapsed(e) && w.Reason != p.Reason && w.ApprovedBy != p.ApprovedBy) {
		w.StartsAt = earlierDate(p.StartsAt, e.now) // a clock that was wrong prolongs nothing
	}
	if limit := w.StartsAt.Add(e.exceptionMax()); limit.Before(w.ExpiresAt) {
		w.ExpiresAt, e.waiverLimit = limit, true
	}
	e.inForce = e.now.Before(w.ExpiresAt)
	if !e.inForce {
		w.EndedAt = w.ExpiresAt
	}
	if p != nil && p.EndedAt.IsZero() {
		e.unwaived = p.Codes &^ w.Codes
	}
	e.waivable = w.Codes & Exceptable(e.binding.BoundTo)
	e.waiver = &w
	if p != nil && p.same(&w) {
		e.waiver = p
	}
}

// lapsed reports whether the exception has ended or was taken out before this run.
func (w *Waiver) lapsed(e *evaluation) bool { return !w.EndedAt.IsZero() || !e.now.Before(w.ExpiresAt) }

// ExceptionStart returns the instant from which the policy's exception_max counts
// for the exception that the configuration states.
func ExceptionStart(in Input) (start, limit time.Time) {
	var e evaluation
	e.begin(in)
	e.readWaiver()
	if e.waiver == nil {
		return time.Time{}, time.Time{}
	}
	return e.waiver.StartsAt, e.waiver.StartsAt.Add(e.exceptionMax())
}

// readRisk finds out at which risk the grant is decided. A risk that was lowered is
// believed once somebody attests it.
func (e *evaluation) readRisk() {
	e.risk = e.spec.Risk
	if e.prior.Serial == 0 || e.prior.Memory.Risk <= e.spec.Risk {
		return
	}
	e.findings = e.findings.With(GrantRiskLowered)
	e.see(GrantRiskLowered)
	if e.answers(GrantRiskLowered) {
		e.findings = e.findings.Without(GrantRiskLowered)
		return
	}
	e.risk = e.prior.Memory.Risk
	e.differs = e.differs.With(GrantRiskLowered)
}

// memorise fills in what the grant remembers besides what it shows. What did not
// change is taken over as it is.
func (e *evaluation) memorise(g *Grant) {
	m := &g.Memory
	m.Risk, m.Review, m.RevokedFor, m.Answer, m.Waiver, m.EnforcedAt = e.risk, e.review, e.revokedFor, e.answer, e.waiver, e.enforcedAt
	m.Rejection = e.rejection
	m.ReassignmentPending = e.findings.Has(AssetReassigned) && (e.reassignmentPending || (e.prior.Memory.ReassignmentPending && !e.differs.Has(AssetReassigned)))
	m.LeftBlock = g.Serial > 0 && !g.Active() && ((e.action >= Block && !e.observing) || (e.prior.Memory.LeftBlock && !e.issued))
	if e.jumped {
		m.Waiver = e.prior.Memory.Waiver // what ends or begins by a wrong clock does not
	}
	if !e.replaced {
		m.Notices = e.prior.Memory.Notices
	}
	if e.answer != nil && e.spent && !e.answer.Spent {
		spent := *e.answer
		spent.Spent = true
		m.Answer = &spent
	}
}

func sameMemory(a, b *Memory) bool {
	same := a.Risk == b.Risk && a.Review.Since.Equal(b.Review.Since) && a.Review.ClearSince.Equal(b.Review.ClearSince) &&
		a.RevokedFor == b.RevokedFor && a.EnforcedAt.Equal(b.EnforcedAt) && a.LeftBlock == b.LeftBlock && a.ReassignmentPending == b.ReassignmentPending &&
		slices.Equal(a.Notices, b.Notices)
	return same && a.Answer.same(b.Answer) && a.Waiver.same(b.Waiver) && a.Rejection.same(b.Rejection)
}

func (a *Answer) same(b *Answer) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.By == b.By && a.Note == b.Note && a.At.Equal(b.At) && a.Answers.Equal(b.Answers) && a.Spent == b.Spent &&
		a.FormerBy == b.FormerBy && a.FormerNote == b.FormerNote
}

func (w *Waiver) same(b *Waiver) bool {
	if w == nil || b == nil {
		return w == b
	}
	return w.Codes == b.Codes && w.Reason == b.Reason && w.ApprovedBy == b.ApprovedBy && w.StartsAt.Equal(b.StartsAt) &&
		w.ExpiresAt.Equal(b.ExpiresAt) && w.EndedAt.Equal(b.EndedAt)
}
