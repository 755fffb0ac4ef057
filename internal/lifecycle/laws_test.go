package lifecycle_test

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	. "github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
)

// run decides in the world as it is, checks every law, and goes on from the
// result. d also chooses the instants and the findings that are tried as well.
func (w *world) run(d numberSource) error {
	in := w.input()
	got, err := Decide(in)
	if err != nil {
		return err
	}
	if again, _ := Decide(in); !reflect.DeepEqual(got, again) {
		return fmt.Errorf("the same input gives another output:\n   %s\n   %s", describe(&got.Grant), describe(&again.Grant))
	}
	w.note("    findings %v confidence %d\n    => %s", names(w.binding.Codes()), w.binding.Confidence, describe(&got.Grant))
	s := &step{world: w, in: in, got: &got, grant: &got.Grant, prior: in.Prior, jumped: JumpedAt(in), untimely: UntimelyAt(in)}
	if s.prior == nil {
		s.prior = &Grant{}
	}
	err = errors.Join(
		s.checkTerminal(),
		s.checkGenerations(),
		s.checkOverlap(),
		s.checkIssue(),
		s.checkTasks(),
		s.checkBrake(),
		s.checkObserved(),
		s.checkHeld(),
		s.checkFloating(),
		s.checkClock(),
		s.checkReviewClock(),
		s.checkMemory(),
		s.checkUsable(),
		s.checkQuiet(d),
		s.checkMonotone(d),
		s.checkGraver(d),
		s.checkRefused(),
		s.checkTexts(),
		s.checkAsk(),
		s.checkRejection(),
		s.checkUnheard(),
	)
	w.prior, w.issues, w.lastRun, w.lastJumped, w.lastUnheard = &got.Grant, got.Issues, w.now, s.jumped, w.unheard
	return err
}

// step is one run with its input and its result, to be checked against the laws.
type step struct {
	*world

	in       Input
	got      *Decision
	grant    *Grant
	prior    *Grant // never nil
	jumped   bool   // the run's instant lies too long after everything that the grant knows of
	untimely bool   // or before something that it remembers
}

// refuse lets the apply of the last run find that the facts have moved, so that
// nothing was issued.
func (w *world) refuse(before *Grant) {
	for n := before.Serial + 1; n <= w.prior.Serial; n++ {
		delete(w.used, n)
	}
	refused := Refused(before, w.prior)
	w.prior = &refused
	w.note("    the apply is refused: %s", describe(w.prior))
}

// replaced reports whether the grant is for another asset or access than before.
func (s *step) replaced() bool {
	return s.prior.Serial > 0 && s.prior.ID() != s.grant.ID()
}

// checkTerminal holds that only an explicit terminal fact revokes, and that
// only an attestation after the revocation brings access back, or another holder of a
// leaver's asset.
func (s *step) checkTerminal() error {
	g := s.grant
	latched := !s.prior.RevokedAt.IsZero()
	if g.Status == StatusRevoked && !latched && s.binding.Codes()&Terminal == 0 && g.Memory.Rejection == nil {
		return errors.New("revoked without a terminal fact")
	}
	passedOn := latched && s.prior.Memory.RevokedFor == SetOf(OwnerLeft) && s.binding.BoundTo == BoundToPerson &&
		s.binding.OwnerStatus == PersonActive && s.binding.Holder != s.prior.Holder
	if latched && g.Status != StatusRevoked && !passedOn {
		if a := g.Memory.Answer; a == nil || a.Spent || !a.At.After(s.prior.RevokedAt) {
			return errors.New("the latch was released without an attestation after the revocation")
		}
	}
	if (g.Status == StatusRevoked) == g.RevokedAt.IsZero() && g.Serial > 0 {
		return fmt.Errorf("status %s with revoked_at %s", g.Status, g.RevokedAt)
	}
	if g.Active() && g.Status != StatusActive && g.Status != StatusReview && g.Status != StatusLapsing {
		return fmt.Errorf("status %s with a generation enabled", g.Status)
	}
	if g.Observed == (g.Would == g.Status) && !g.Observed {
		return errors.New("what is enforced would be otherwise")
	}
	return nil
}

// checkUsable holds that access that is kept can be used, unless something keeps it
// from being issued.
func (s *step) checkUsable() error {
	g := s.grant
	var seen CodeSet
	for _, c := range g.Conditions {
		seen = seen.With(c.Code)
	}
	obstacle := (s.binding.Codes()|seen)&obstacles != 0 || seen&SetOf(AssetReassigned, OwnerChanged) != 0 || g.Memory.LeftBlock ||
		s.untimely || s.unclosed() || g.Observed || slices.ContainsFunc(g.Generations, func(x Generation) bool { return !x.Enabled })
	kept := g.Status == StatusActive || g.Status == StatusReview
	if kept && !g.Active() && s.binding.Holder != "" && !s.binding.Held && !obstacle {
		return errors.New("access is kept, but no generation is enabled")
	}
	if g.Status == StatusActive && !g.Active() {
		return errors.New("the grant is active without an enabled generation")
	}
	return nil
}

// checkQuiet holds that nothing changes before next_change_at, and something then.
// On held facts not every step shows. A clock that may be wrong announces nothing.
func (s *step) checkQuiet(d numberSource) error {
	g := s.grant
	end := g.NextChangeAt
	if end.IsZero() {
		end = s.now.Add(2000 * day)
	}
	span := int(end.Sub(s.now) / time.Second)
	tries := []int{0}
	setBack := s.untimely || s.now.Before(s.lastRun)
	if !s.jumped && !(setBack && s.binding.Held) {
		if span < 1 {
			return fmt.Errorf("next_change_at %s is not in the future", end)
		}
		tries = append(tries, min(1, span-1), d.IntN(span), d.IntN(span), span-1)
	}
	for _, after := range tries {
		in := s.in
		in.Prior, in.Now = g, s.now.Add(time.Duration(after)*time.Second)
		again, err := Decide(in)
		if err != nil {
			return err
		}
		if !reflect.DeepEqual(&again.Grant, g) || again.Issues || len(again.Withdrawn) > 0 {
			return fmt.Errorf("deciding again after %d of %d seconds changes the grant (issues %t, withdraws %v) to\n    => %s\n    which differs in%s",
				after, span, again.Issues, again.Withdrawn, describe(&again.Grant), differences(g, &again.Grant))
		}
	}
	if g.NextChangeAt.IsZero() || s.binding.Held || s.untimely || s.in.Unheard {
		return nil
	}
	in := s.in
	in.Prior, in.Now = g, g.NextChangeAt
	then, err := Decide(in)
	then.Grant.NextChangeAt = g.NextChangeAt
	if err == nil && reflect.DeepEqual(&then.Grant, g) {
		err = errors.New("nothing changes at next_change_at")
	}
	return err
}

// differences lists the fields in which two grants differ.
func differences(a, b *Grant) string {
	var text strings.Builder
	x, y := reflect.ValueOf(*a), reflect.ValueOf(*b)
	for i := range x.NumField() {
		if was, is := x.Field(i).Interface(), y.Field(i).Interface(); !reflect.DeepEqual(was, is) {
			fmt.Fprintf(&text, " %s (%+v, %+v)", x.Type().Field(i).Name, was, is)
		}
	}
	return text.String()
}

// checkRefused holds that a refused apply neither brings back nor invents a key.
func (s *step) checkRefused() error {
	for _, x := range Refused(s.prior, s.grant).Generations {
		i := slices.IndexFunc(s.grant.Generations, func(o Generation) bool { return o.Number == x.Number })
		if i < 0 || x.Number > s.prior.Serial || x.Enabled && !s.grant.Generations[i].Enabled {
			return fmt.Errorf("a refused apply keeps %s", x.Key())
		}
	}
	return nil
}

// instant matches what must not stand in a message: an instant or an age. How
// long a policy waits is neither.
var instant = regexp.MustCompile(`\d{4}-\d{2}|\d+ (seconds?|hours?|days?|weeks?)\b|\bago\b|(days?|weeks?|months?|years?) old\b`)

// graceSpan matches how long a policy lets an action last: it does not change by itself.
var graceSpan = regexp.MustCompile(`if this still stands after [\dhms]+d?`)

// recordDate matches the date that a record states of its own verification: it does
// not change by itself either.
var recordDate = regexp.MustCompile(`that it was verified on \d{4}-\d{2}-\d{2}`)

// tellsTime reports whether a message names an instant or an age.
func tellsTime(message string) bool {
	return instant.MatchString(recordDate.ReplaceAllString(graceSpan.ReplaceAllString(message, ""), ""))
}

// checkTexts holds that every status but active has a sentence that says why.
func (s *step) checkTexts() error {
	g := s.grant
	for _, f := range s.binding.Findings {
		if tellsTime(f.Message) || f.Message == "" {
			return fmt.Errorf("message of %s: %q", f.Code, f.Message)
		}
	}
	for _, r := range g.Reasons {
		if r.Message == "" {
			return fmt.Errorf("reason %s says nothing", r.Code)
		}
	}
	if (g.Status != StatusActive || g.Would != StatusActive) && len(g.Reasons) == 0 {
		return fmt.Errorf("status %s, would be %s, without a reason", g.Status, g.Would)
	}
	return nil
}
