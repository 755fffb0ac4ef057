package lifecycle_test

import (
	"errors"
	"fmt"
	"time"

	. "github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
)

// reply lets somebody answer in the review queue, or keeps the queue from being read.
func (w *world) reply(d numberSource) {
	at := pick(d, []int{0, 0, 3, 30})
	when := w.now.AddDate(0, 0, -at)
	switch d.IntN(6) {
	case 0, 1:
		w.confirmation = &Attestation{By: "corp/cyd", At: when, Note: "case " + when.Format(time.RFC3339)}
		w.note("confirmed %v", *w.confirmation)
	case 2, 3:
		w.rejection = &Rejection{By: "corp/cyd", At: when, Note: "no longer"}
		w.note("rejected %v", *w.rejection)
	case 4:
		w.confirmation, w.rejection = nil, nil
		w.departed = pick(d, [][]string{nil, {"cyd"}, {"corp/bob"}})
		w.note("nothing answered, departed %v", w.departed)
	default:
		w.unheard = !w.unheard
		w.note("unheard %t", w.unheard)
	}
}

// checkAsk holds that somebody is asked where the findings ask for it, that nobody is
// asked otherwise, and that what is said to follow lies ahead.
func (s *step) checkAsk() error {
	a := s.got.Ask
	if stands := s.binding.Held || s.untimely; stands != s.got.AskStands {
		return fmt.Errorf("an open question stands: %t", s.got.AskStands)
	}
	if a == nil {
		return s.checkNothingAsked()
	}
	switch {
	case s.grant.Observed, s.binding.Held, s.grant.Status == StatusRevoked:
		return errors.New("somebody is asked about access that no answer changes")
	case a.Codes == 0, a.Mend&^a.Codes != 0, a.Action != Review && a.Action != Recertify:
		return fmt.Errorf("asked: %+v", *a)
	case !a.DueAt.IsZero() && (!a.DueAt.After(s.now) || a.Then <= Recertify):
		return fmt.Errorf("%s follows at %s", a.Then, a.DueAt)
	case a.Since.After(s.now):
		return errors.New("it is asked since a later instant")
	}
	return nil
}

// checkNothingAsked holds that a review has somebody who is asked, unless it is one
// that an attestation does not answer and that was looked at.
func (s *step) checkNothingAsked() error {
	action, err := ActionOf(s.in)
	if err != nil || s.got.AskStands || s.grant.Observed {
		return err
	}
	if (action == Review || action == Recertify) && s.grant.Memory.Answer == nil && s.grant.Memory.Rejection == nil {
		return fmt.Errorf("the action is %s, and nobody is asked", action)
	}
	return nil
}

// checkRejection holds that a rejection takes the access away under the baseline, and
// that nothing but a later attestation ends it.
func (s *step) checkRejection() error {
	was, is := s.prior.Memory.Rejection, s.grant.Memory.Rejection
	if was != nil && is == nil {
		if a := s.grant.Memory.Answer; a == nil || !a.At.After(was.At) {
			return errors.New("a rejection is forgotten")
		}
	}
	if is == nil || !s.plain || s.binding.Held || s.grant.Observed {
		return nil
	}
	if s.grant.Status != StatusRevoked || len(s.grant.Generations) > 0 {
		return fmt.Errorf("rejected access is %s", s.grant.Status)
	}
	return nil
}

// checkUnheard holds that nobody loses access by silence while the answers cannot be
// read, and that an answer that is read does not take more away than silence.
func (s *step) checkUnheard() error {
	if s.in.Unheard || s.binding.Held {
		return nil
	}
	heard, err := ActionOf(s.in)
	if err != nil {
		return err
	}
	in := s.in
	in.Unheard = true
	unheard, err := ActionOf(in)
	if err == nil && unheard > heard {
		err = fmt.Errorf("the action is %s if the answers cannot be read, and %s if they can", unheard, heard)
	}
	return err
}
