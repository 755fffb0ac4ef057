package lifecycle_test

import (
	"errors"
	"fmt"
	"slices"

	. "github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
)

func numbered(generations []Generation, n int) *Generation {
	i := slices.IndexFunc(generations, func(g Generation) bool { return g.Number == n })
	if i < 0 {
		return nil
	}
	return &generations[i]
}

// checkGenerations holds that no key is used twice and that no generation is
// rewritten.
func (s *step) checkGenerations() error {
	g := s.grant
	if g.Serial < s.prior.Serial {
		return errors.New("the serial fell")
	}
	if len(g.Generations) > 2 {
		return errors.New("more than two generations")
	}
	current, issues := 0, false
	for i := range g.Generations {
		x := &g.Generations[i]
		if x.State == Current {
			current++
		}
		if i > 0 && x.Number <= g.Generations[i-1].Number {
			return errors.New("the generations are not in the order of their numbers")
		}
		if s.spec.RevokeGenerations[x.Key()] {
			return errors.New("a generation of revoke_generations is kept")
		}
		if err := s.checkEnd(x); err != nil {
			return err
		}
		old := numbered(s.prior.Generations, x.Number)
		if old == nil {
			issues = true
			if s.used[x.Number] || x.Number <= s.prior.Serial || x.Number > g.Serial {
				return fmt.Errorf("the key %s is used again", x.Key())
			}
			s.used[x.Number] = true
			continue
		}
		if !x.IssuedAt.Equal(old.IssuedAt) || x.Holder != old.Holder {
			return fmt.Errorf("the generation %s was rewritten", x.Key())
		}
		issues = issues || x.Enabled && !old.Enabled
	}
	if current > 1 {
		return errors.New("more than one current generation")
	}
	if issues != s.got.Issues {
		return fmt.Errorf("Issues is %t", s.got.Issues)
	}
	return nil
}

// checkEnd holds that a generation has an end where the policy is enforced, and that
// the end never moves later, but that observing takes it away.
func (s *step) checkEnd(x *Generation) error {
	old := numbered(s.prior.Generations, x.Number)
	switch ends := !x.ExpiresAt.IsZero(); {
	case s.grant.Observed && ends && x.State == Current:
		return errors.New("a generation has an end, although the policy is only observed")
	case !s.grant.Observed && !ends && !s.jumped:
		return errors.New("a generation has no end, although the policy is enforced")
	case ends && !x.ExpiresAt.After(s.now) && !s.untimely:
		return errors.New("a generation that has expired is kept")
	case old != nil && ends && !s.grant.Observed && !old.ExpiresAt.IsZero() && x.ExpiresAt.After(old.ExpiresAt):
		return fmt.Errorf("the end of %s moved later", x.Key())
	default:
		return nil
	}
}

// checkOverlap holds that no promised overlap is cut, and that never three generations
// exist at once, not while a plan is applied either, but where the old ones must go at
// once.
func (s *step) checkOverlap() error {
	g := s.grant
	if s.got.Rotated && len(s.prior.Generations) > 1 {
		return errors.New("a rotation with overlap did not wait for the end of another one")
	}
	if s.got.Rotated != (g.Rotation == RotateOverlap && g.Serial > s.prior.Serial) {
		return fmt.Errorf("Rotated is %t", s.got.Rotated)
	}
	for i := range s.prior.Generations {
		old := &s.prior.Generations[i]
		due := old.ExpiresAt.IsZero() || !old.ExpiresAt.After(s.now) || s.spec.RevokeGenerations[old.Key()]
		if old.State != Retiring || due || g.Action >= Block || g.Rotation == RotateNow || s.replaced() {
			continue
		}
		kept := numbered(g.Generations, old.Number)
		limits := []bool{
			!s.binding.RetirementDate.IsZero() && !s.binding.RetirementDate.After(old.ExpiresAt),
			!s.binding.OwnerEndDate.IsZero() && !s.binding.OwnerEndDate.After(old.ExpiresAt),
		}
		if (kept == nil || !kept.ExpiresAt.Equal(old.ExpiresAt) || old.Enabled && !kept.Enabled) && !slices.Contains(limits, true) {
			return fmt.Errorf("the overlap of %s is cut", old.Key())
		}
	}
	return nil
}

// assetObstacles are the findings on which nothing is issued, and obstacles those
// beside which only a workload's credential is rotated with overlap.
var (
	assetObstacles = SetOf(AssetRetired, AssetLost, AssetMissing, AssetInactive)
	obstacles      = assetObstacles | SetOf(OwnerLeft, OwnerEnded, OwnerGone, OwnerSuspended, OwnerUnknown)
)

// checkIssue holds that nothing is issued, renewed or enabled again for somebody who
// is not here, on an asset that is not, or on facts or an instant that are not known.
func (s *step) checkIssue() error {
	if !s.got.Issues {
		return nil
	}
	g := s.grant
	for i := range s.prior.Generations {
		if s.now.Before(s.prior.Generations[i].IssuedAt) {
			return errors.New("something is issued before the last issue")
		}
	}
	codes := s.binding.Codes()
	for _, c := range g.Conditions {
		codes = codes.With(c.Code)
	}
	never := obstacles
	if s.binding.BoundTo == BoundToWorkload {
		never = never.Without(OwnerUnknown)
	}
	switch {
	case s.binding.Held, s.untimely:
		return errors.New("something is issued on held facts or at an instant that cannot be right")
	case g.Observed && !s.prior.RevokedAt.IsZero(), g.Observed && s.prior.Memory.LeftBlock:
		return errors.New("observing brings access back")
	case g.Observed:
		return nil
	case g.Memory.LeftBlock, g.Action > Recertify && s.prior.Memory.LeftBlock:
		return errors.New("access that was taken away comes back while somebody has to look at it")
	case g.Action > Review && !s.replaces():
		return fmt.Errorf("something is issued, although the action is %s", g.Action)
	case s.got.Rotated && s.binding.BoundTo == BoundToWorkload && codes&assetObstacles == 0 && (s.binding.Holder != "" || codes.Has(OwnerGone)):
		return nil // a workload goes on while its owner is replaced
	case codes&never != 0 || s.binding.Holder == "":
		return fmt.Errorf("something is issued beside %s", names(codes&never))
	}
	current := g.Current()
	if current.Holder != s.binding.Holder && !s.sameHolders(current.Holder) {
		return fmt.Errorf("something is issued for %q, but %q holds the asset", current.Holder, s.binding.Holder)
	}
	return nil
}

// sameHolders reports whether everybody of a list still holds the asset, under
// whatever name.
func (s *step) sameHolders(list string) bool {
	return !ChangedHolders(list, s.prior, &s.binding)
}

// checkBrake holds that every enabled generation that no longer is enabled is counted,
// whatever the cause, but for an end that was announced and for revoke_generations.
func (s *step) checkBrake() error {
	for i := range s.prior.Generations {
		old := &s.prior.Generations[i]
		now := numbered(s.grant.Generations, old.Number)
		gone := old.Enabled && (now == nil || !now.Enabled)
		announced := !old.ExpiresAt.IsZero() && !old.ExpiresAt.After(s.now) && !s.jumped
		want := gone && !announced && !s.spec.RevokeGenerations[old.Key()]
		if slices.Contains(s.got.Withdrawn, old.Number) != want {
			return fmt.Errorf("that %s is counted as withdrawn is %t", old.Key(), !want)
		}
	}
	for _, n := range s.got.Withdrawn {
		if numbered(s.prior.Generations, n) == nil {
			return fmt.Errorf("%s is counted as withdrawn, and was not there", Key(n))
		}
	}
	return nil
}

// checkObserved holds that a policy that is only observed changes nothing but what an
// argument asks for.
func (s *step) checkObserved() error {
	g := s.grant
	if !g.Observed {
		return nil
	}
	if !g.RevokedAt.Equal(s.prior.RevokedAt) {
		return errors.New("observing revokes, or takes a revocation back")
	}
	asked := s.replaced() || s.rotates()
	for i := range s.prior.Generations {
		old := &s.prior.Generations[i]
		now := numbered(g.Generations, old.Number)
		ended := old.State == Retiring && !old.ExpiresAt.After(s.now)
		if s.spec.RevokeGenerations[old.Key()] || ended || asked {
			continue
		}
		if now == nil || now.Enabled != old.Enabled || now.State != old.State {
			return fmt.Errorf("observing changes %s", old.Key())
		}
	}
	return nil
}

// rotates reports whether a change of rotate_when_changed asks for a rotation, in this
// run or in one before whose rotation had to wait.
func (s *step) rotates() bool {
	owed := slices.ContainsFunc(s.prior.Conditions, func(c Condition) bool { return c.Code == GrantRotationDue })
	before, after := s.prior.RotateWhenChanged, s.spec.RotateWhenChanged
	return owed || (before != nil && after != nil && fmt.Sprint(before) != fmt.Sprint(after))
}
