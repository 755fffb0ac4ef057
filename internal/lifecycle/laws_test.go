package lifecycle_test

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"time"

	. "github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
)

// run decides in the world as it is, checks every law, and goes on from the
// result. More dice choose the instants and the findings that are tried besides.
func (w *world) run(d dice) error {
	in := w.input()
	got, err := Decide(in)
	if err != nil {
		return err
	}
	if again, _ := Decide(in); !reflect.DeepEqual(got, again) {
		return fmt.Errorf("the same input gives another output:\n   %s\n   %s", describe(&got.Grant), describe(&again.Grant))
	}
	w.note("    findings %v confidence %d\n    => %s", w.binding.Codes(), w.binding.Confidence, describe(&got.Grant))
	err = errors.Join(
		w.checkTerminal(&got.Grant),
		w.checkGenerations(&got),
		w.checkUsable(&got.Grant),
		w.checkQuiet(&got.Grant, d),
		w.checkMonotone(in, d),
		w.checkRefused(&got.Grant),
		w.checkTexts(&got.Grant),
	)
	w.prior, w.issues = &got.Grant, got.Issues
	return err
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

// checkTerminal holds that only an explicit terminal fact revokes, and that
// only an attestation after the revocation brings access back.
func (w *world) checkTerminal(g *Grant) error {
	latched := w.prior != nil && !w.prior.RevokedAt.IsZero()
	if g.Status == StatusRevoked && !latched && w.binding.Codes()&Terminal == 0 {
		return errors.New("revoked without a terminal fact")
	}
	passedOn := latched && w.prior.Memory.RevokedFor == SetOf(OwnerLeft) && w.binding.BoundTo == BoundToPerson &&
		w.binding.OwnerStatus == PersonActive && w.binding.Holder != w.prior.Holder
	if latched && g.Status != StatusRevoked && !passedOn {
		if a := g.Memory.Answer; a == nil || a.Spent || !a.At.After(w.prior.RevokedAt) {
			return errors.New("the latch was released without an attestation after the revocation")
		}
	}
	if (g.Status == StatusRevoked) == g.RevokedAt.IsZero() && g.Serial > 0 {
		return fmt.Errorf("status %s with revoked_at %s", g.Status, g.RevokedAt)
	}
	if g.Active() && g.Status != StatusActive && g.Status != StatusReview && g.Status != StatusLapsing {
		return fmt.Errorf("status %s with a generation enabled", g.Status)
	}
	return nil
}

func (w *world) checkGenerations(got *Decision) error {
	g, prior := &got.Grant, w.prior
	if prior == nil {
		prior = &Grant{}
	}
	if g.Serial < prior.Serial {
		return errors.New("the serial fell")
	}
	if len(g.Generations) > 2 {
		return errors.New("more than two generations")
	}
	current, issues := 0, false
	for i, x := range g.Generations {
		if x.State == Current {
			current++
		}
		if i > 0 && x.Number <= g.Generations[i-1].Number {
			return errors.New("the generations are not in the order of their numbers")
		}
		if !x.ExpiresAt.After(w.now) {
			return errors.New("a generation that has expired is kept")
		}
		if w.spec.RevokeGenerations[x.Key()] {
			return errors.New("a generation of revoke_generations is kept")
		}
		j := slices.IndexFunc(prior.Generations, func(o Generation) bool { return o.Number == x.Number })
		if j < 0 {
			issues = true
			if w.used[x.Number] || x.Number <= prior.Serial || x.Number > g.Serial {
				return fmt.Errorf("the key %s is used again", x.Key())
			}
			w.used[x.Number] = true
			continue
		}
		old := prior.Generations[j]
		if x.ExpiresAt.After(old.ExpiresAt) || !x.IssuedAt.Equal(old.IssuedAt) || x.Holder != old.Holder {
			return fmt.Errorf("the generation %s was rewritten", x.Key())
		}
		issues = issues || x.Enabled && !old.Enabled
	}
	if current > 1 {
		return errors.New("more than one current generation")
	}
	if issues != got.Issues {
		return fmt.Errorf("Issues is %t", got.Issues)
	}
	for _, n := range got.Withdrawn {
		was := slices.ContainsFunc(prior.Generations, func(o Generation) bool { return o.Number == n && o.Enabled })
		is := slices.ContainsFunc(g.Generations, func(o Generation) bool { return o.Number == n && o.Enabled })
		if !was || is {
			return fmt.Errorf("%s is counted as withdrawn", Key(n))
		}
	}
	return nil
}

// obstacles are the findings on which nothing is issued.
var obstacles = SetOf(AssetRetired, AssetLost, AssetMissing, AssetInactive, OwnerLeft, OwnerEnded, OwnerGone, OwnerSuspended, OwnerUnknown)

// checkUsable holds that access that is kept can be used, unless something keeps it
// from being issued.
func (w *world) checkUsable(g *Grant) error {
	var seen CodeSet
	for _, c := range g.Conditions {
		seen = seen.With(c.Code)
	}
	obstacle := (w.binding.Codes()|seen)&obstacles != 0 || seen.Has(AssetReassigned) || g.Memory.LeftBlock ||
		slices.ContainsFunc(g.Generations, func(x Generation) bool { return !x.Enabled })
	kept := g.Status == StatusActive || g.Status == StatusReview
	if kept && !g.Active() && w.binding.Holder != "" && !w.binding.Held && !obstacle {
		return errors.New("access is kept, but no generation is enabled")
	}
	if g.Status == StatusActive && !g.Active() {
		return errors.New("the grant is active without an enabled generation")
	}
	return nil
}

// checkQuiet holds that nothing changes before next_change_at, and something then.
// On held facts not every step shows.
func (w *world) checkQuiet(g *Grant, d dice) error {
	end := g.NextChangeAt
	if end.IsZero() {
		end = w.now.Add(2000 * day)
	}
	span := int(end.Sub(w.now) / time.Second)
	if span < 1 {
		return fmt.Errorf("next_change_at %s is not in the future", end)
	}
	for _, after := range []int{0, min(1, span-1), d.IntN(span), d.IntN(span), span - 1} {
		in := w.input()
		in.Prior, in.Now = g, w.now.Add(time.Duration(after)*time.Second)
		again, err := Decide(in)
		if err != nil {
			return err
		}
		if !reflect.DeepEqual(&again.Grant, g) || again.Issues || len(again.Withdrawn) > 0 {
			return fmt.Errorf("deciding again after %d of %d seconds changes the grant (issues %t, withdraws %v) to\n    => %s",
				after, span, again.Issues, again.Withdrawn, describe(&again.Grant))
		}
	}
	if g.NextChangeAt.IsZero() || w.binding.Held {
		return nil
	}
	in := w.input()
	in.Prior, in.Now = g, g.NextChangeAt
	then, err := Decide(in)
	then.Grant.NextChangeAt = g.NextChangeAt
	if err == nil && reflect.DeepEqual(&then.Grant, g) {
		err = errors.New("nothing changes at next_change_at")
	}
	return err
}

// checkMonotone holds that one more finding never gives a milder action.
func (w *world) checkMonotone(in Input, d dice) error {
	before, err := ActionOf(in)
	if err != nil {
		return err
	}
	extra := Code(d.IntN(int(NumCodes)))
	if SetOf(AssetReassigned, AssetChanged, OwnerMoved, GrantRecertificationDue, ExceptionExpired).Has(extra) || Engine.Has(extra) ||
		in.Binding.Codes().Has(extra) {
		return nil
	}
	worse := *in.Binding
	worse.Findings = append(slices.Clone(worse.Findings), Finding{Code: extra, Message: "More."})
	in.Binding = &worse
	after, err := ActionOf(in)
	if err == nil && after < before {
		err = fmt.Errorf("with %s besides, the action falls from %s to %s", extra, before, after)
	}
	return err
}

// checkRefused holds that a refused apply neither brings back nor invents a key.
func (w *world) checkRefused(planned *Grant) error {
	if w.prior == nil {
		return nil
	}
	for _, x := range Refused(w.prior, planned).Generations {
		i := slices.IndexFunc(planned.Generations, func(o Generation) bool { return o.Number == x.Number })
		if i < 0 || x.Number > w.prior.Serial || x.Enabled && !planned.Generations[i].Enabled {
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

func (w *world) checkTexts(g *Grant) error {
	for _, f := range w.binding.Findings {
		if tellsTime(f.Message) || f.Message == "" {
			return fmt.Errorf("message of %s: %q", f.Code, f.Message)
		}
	}
	for _, r := range g.Reasons {
		if tellsTime(r.Message) || r.Message == "" {
			return fmt.Errorf("reason %s: %q", r.Code, r.Message)
		}
	}
	if (g.Status != StatusActive) && len(g.Reasons) == 0 && g.Serial > 0 {
		return fmt.Errorf("status %s without a reason", g.Status)
	}
	return nil
}
