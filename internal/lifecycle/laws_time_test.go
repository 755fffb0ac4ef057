package lifecycle_test

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"

	. "github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
)

// checkFloating holds that a run whose instant is not the apply's plans sentences that
// the apply, which decides again later, writes too. Where something falls due between the
// two, which the sentences with days tell, the apply is another decision: Terraform stops
// it, and another plan follows.
func (s *step) checkFloating() error {
	var fixed, floating [2][]Reason
	var goesOn [2]bool // the review clock of earlier runs
	var ends [2]int    // generations that keep the end that they had
	for i := range fixed {
		in := s.in
		in.Now = s.now.Add(time.Duration(i) * time.Second)
		for _, c := range []struct {
			floats  bool
			reasons *[]Reason
		}{{false, &fixed[i]}, {true, &floating[i]}} {
			in.Floating = c.floats
			d, err := Decide(in)
			if err != nil {
				return err
			}
			*c.reasons, ends[i] = d.Grant.Reasons, s.keptEnds(&d.Grant)
			goesOn[i] = d.Grant.Memory.Review.Since.Equal(s.prior.Memory.Review.Since)
		}
	}
	same := func(a, b Reason) bool {
		return a.Code == b.Code && dayWritten.ReplaceAllString(a.Message, "") == dayWritten.ReplaceAllString(b.Message, "")
	}
	due := s.grant.NextChangeAt.Equal(s.now.Add(time.Second)) || s.prior.NextChangeAt.Equal(s.now)
	if x := s.spec.Exception; x != nil && x.ExpiresAt.Equal(s.now) {
		due = true
	}
	if !due && goesOn[0] == goesOn[1] && ends[0] == ends[1] && slices.EqualFunc(fixed[0], fixed[1], same) && !slices.Equal(floating[0], floating[1]) {
		return fmt.Errorf("without plan_time a second later the sentences %v are %v", floating[0], floating[1])
	}
	return nil
}

// keptEnds counts the generations whose end is not counted from the run: they keep the one
// that they had, or take that of the asset or its owner. One that an overlap cuts short
// does not, until such an end comes first.
func (s *step) keptEnds(g *Grant) int {
	n := 0
	for _, x := range g.Generations {
		old := numbered(s.prior.Generations, x.Number)
		dated := x.ExpiresAt.Equal(s.binding.RetirementDate) || x.ExpiresAt.Equal(s.binding.OwnerEndDate)
		if dated || (old != nil && old.ExpiresAt.Equal(x.ExpiresAt)) {
			n++
		}
	}
	return n
}

// dayWritten is a day in a sentence.
var dayWritten = regexp.MustCompile(`\d{4}-\d{2}-\d{2}`)

// checkHeld holds that held facts take nothing away that the grant's own schedule does
// not take: at the instant of the run before, they take nothing.
func (s *step) checkHeld() error {
	raised := s.grant.Memory.Risk > s.prior.Memory.Risk // by the configuration
	if !s.binding.Held || s.in.Prior == nil || s.replaced() || raised || s.grant.Observed != s.prior.Observed {
		return nil
	}
	if !s.prior.RevokedAt.Equal(s.grant.RevokedAt) {
		return errors.New("held facts revoke, or release a latch")
	}
	in := s.in
	in.Now, in.Unheard = s.lastRun, in.Unheard || s.lastUnheard // silence counts once it can be told
	before, err := Decide(in)
	if err == nil && len(before.Withdrawn) > 0 {
		err = fmt.Errorf("held facts take %v away", Numbers(before.Withdrawn))
	}
	return err
}

// checkClock holds that a run at an instant that cannot be right leaves nothing behind
// that spoils a later one: at the instant of the run before, everything goes on.
func (s *step) checkClock() error {
	if !s.jumped {
		return nil
	}
	if latest := s.grant.Latest(); latest.After(s.prior.Latest()) && !latest.Equal(s.grant.RevokedAt) && !latest.Equal(s.grant.CertifiedAt) {
		return fmt.Errorf("a clock that may be wrong leaves %s behind", latest)
	}
	if s.grant.Horizon().Before(s.prior.NextChangeAt) {
		return errors.New("a clock that may be wrong takes away what was announced")
	}
	in := s.in
	in.Now = s.lastRun
	if JumpedAt(in) {
		return nil
	}
	if in.Prior = s.grant; JumpedAt(in) {
		return errors.New("once the clock is right again, it is not believed")
	}
	return nil
}

// deadline is how long a review may go unanswered under all policies.
func (w *world) deadline() time.Duration {
	d := w.policies[0].ReviewDeadline
	for _, rules := range w.policies[1:] {
		d = min(d, rules.ReviewDeadline)
	}
	return d
}

// checkReviewClock holds that the clock of reviews begins anew neither with other
// findings nor after a few clear days, and that it ends a review.
func (s *step) checkReviewClock() error {
	was, is := s.prior.Memory.Review, s.grant.Memory.Review
	if s.binding.Held || s.jumped {
		if was != is {
			return errors.New("the clock of reviews moved on held facts or at an instant that cannot be right")
		}
		return nil
	}
	action, err := ActionOf(s.in)
	if err != nil || action < Review {
		return err
	}
	cleared := !was.ClearSince.IsZero() && !s.now.Before(was.ClearSince.Add(7*day))
	switch {
	case is.Since.IsZero(), !is.ClearSince.IsZero():
		return fmt.Errorf("the action is %s, and the clock of reviews does not run", action)
	case !was.Since.IsZero() && !cleared && !is.Since.Equal(was.Since):
		return errors.New("the clock of reviews began anew")
	case !s.now.Before(is.Since.Add(s.deadline())) && action == Review && !s.in.Unheard:
		return errors.New("a review goes on after its deadline")
	default:
		return nil
	}
}

// checkMemory holds that an attestation of one text certifies once, and that an
// exception ends when the policy's time since its start is over.
func (s *step) checkMemory() error {
	was, is := s.prior.Memory.Answer, s.grant.Memory.Answer
	if was != nil && (is == nil || is.At.Before(was.At)) {
		return errors.New("an attestation is forgotten, or dated back")
	}
	if was != nil && was.By == is.By && was.Note == is.Note && (!is.At.Equal(was.At) || was.Spent && !is.Spent) {
		return errors.New("an attestation of the same text counts anew")
	}
	if x := s.grant.Memory.Waiver; x != nil && !x.ExpiresAt.IsZero() {
		longest := s.policies[0].ExceptionMax
		for _, rules := range s.policies[1:] {
			longest = min(longest, rules.ExceptionMax)
		}
		if s.spec.Exception != nil && x.ExpiresAt.After(x.StartsAt.Add(longest)) {
			return errors.New("an exception lasts longer than the policy allows")
		}
	}
	return nil
}

// raisedByComparing are the findings that Decide raises itself.
var raisedByComparing = RaisedByGrant | Engine

// checkMonotone holds that one more finding never gives a milder action, and brings
// no access back.
func (s *step) checkMonotone(d numberSource) error {
	extra := Code(d.IntN(int(NumCodes)))
	if raisedByComparing.Has(extra) || s.binding.Codes().Has(extra) || s.in.Unheard {
		return nil
	}
	worse := s.binding
	worse.Findings = append(slices.Clone(worse.Findings), Finding{Code: extra, Message: "More."})
	return s.compareWith(&worse, "with "+extra.String()+" besides")
}

// compareWith holds that a binding that says worse gives no milder action and no more
// access.
func (s *step) compareWith(worse *Binding, what string) error {
	before, err := ActionOf(s.in)
	if err != nil {
		return err
	}
	in := s.in
	in.Binding = worse
	after, err := ActionOf(in)
	if err != nil {
		return err
	}
	if after < before {
		return fmt.Errorf("%s, the action falls from %s to %s", what, before, after)
	}
	got, err := Decide(in)
	if err == nil && got.Grant.Active() && !s.grant.Active() {
		err = fmt.Errorf("%s, there is access, and without it none", what)
	}
	return err
}

// wasAnswered reports whether an earlier run saw the finding, and somebody attested
// the access after that.
func (s *step) wasAnswered(c Code) bool {
	a := s.grant.Memory.Answer
	return a != nil && slices.ContainsFunc(s.prior.Conditions, func(x Condition) bool { return x.Code == c && x.FirstSeen.Before(a.Answers) })
}

// graver are lines of facts, each of which is graver than the one before it.
var graver = [][]Code{
	{OwnerLeaving, OwnerEnded, OwnerLeft},
	{OwnerLeaving, OwnerSuspended, OwnerLeft},
	{AssetRetiring, AssetRetired},
	{AssetRetiring, AssetLost},
	{TaskOpen, TaskOverdue},
}

// statusOf is the status of an owner of whom the finding says something.
var statusOf = map[Code]OwnerStatus{
	OwnerLeaving: PersonLeaving, OwnerEnded: PersonEnded, OwnerSuspended: PersonSuspended, OwnerLeft: PersonLeft,
}

// checkGraver holds that under the baseline a graver fact in place of another one is
// never milder, and leaves no more access. A state that is written in place of a date
// can be trusted at least as much.
func (s *step) checkGraver(d numberSource) error {
	// What is not known again says nothing new, and while answers cannot be read only
	// what an earlier run has counted follows from silence.
	if !s.plain || s.binding.Held || s.in.Unheard {
		return nil
	}
	if a := s.grant.Memory.Answer; a != nil && a.At.After(s.now) { // by a clock that was set back
		return nil
	}
	line := pick(d, graver)
	for i, mild := range line[:len(line)-1] {
		if !s.binding.Codes().Has(mild) {
			continue
		}
		for _, grave := range line[i+1:] {
			if x := s.spec.Exception; x != nil && x.Codes.Has(grave) {
				continue
			}
			if s.wasAnswered(grave) {
				continue
			}
			worse := s.binding
			worse.Findings = slices.Clone(worse.Findings)
			j := slices.IndexFunc(worse.Findings, func(f Finding) bool { return f.Code == mild })
			worse.Findings[j] = Finding{Code: grave, Message: "Worse."}
			if status, ok := statusOf[grave]; ok {
				worse.OwnerStatus = status
			}
			if err := s.compareWith(&worse, fmt.Sprintf("with %s in place of %s", grave, mild)); err != nil {
				return err
			}
		}
	}
	return nil
}
