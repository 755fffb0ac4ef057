package lifecycle_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	. "github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
)

// someClosures returns entries that want tasks closed, most often none.
func someClosures(d numberSource, name string) []Closure {
	if chance(d, 60) {
		return nil
	}
	var out []Closure
	for i := range 1 + d.IntN(2) {
		c := Closure{Label: fmt.Sprintf("%s require_closed[%d]", name, i)}
		for _, k := range []TaskKind{TaskOffboarding, TaskReassignment, TaskDecommission} {
			if chance(d, 60) {
				c.Kinds = append(c.Kinds, k)
			}
		}
		if chance(d, 30) {
			c.Risk = pointer(Risk(d.IntN(2)))
		}
		if chance(d, 30) {
			c.BoundTo = pointer(pick(d, []BoundTo{BoundToWorkload, BoundToPerson}))
		}
		c.Environment = pick(d, []string{"", "", "production"})
		out = append(out, c)
	}
	return out
}

// requireClosed lets the policy want tasks of a kind closed.
func (w *world) requireClosed(kinds ...TaskKind) {
	rules := *w.policies[0]
	rules.RequireClosed = []Closure{{Kinds: kinds, Label: "provider policy require_closed[0]"}}
	w.policies[0] = &rules
}

// unclosed reports whether a task is open that must be closed first, and no exception
// waives that.
func (s *step) unclosed() bool {
	if w := s.grant.Memory.Waiver; w != nil && s.spec.Exception != nil && w.Codes.Has(TaskUnclosed) && s.now.Before(w.ExpiresAt) {
		return false
	}
	required := ToBeClosed(s.in)
	return slices.ContainsFunc(s.binding.TaskKinds, func(k TaskKind) bool { return slices.Contains(required, k) })
}

// replaces reports whether a workload's credential that a person who left knows may be
// replaced while the access is not renewed.
func (s *step) replaces() bool {
	return s.unclosed() && s.grant.Action == Lapse && s.got.Rotated && s.binding.BoundTo == BoundToWorkload
}

// checkTasks holds that while a task must be closed first, nothing is issued that makes
// the access last longer.
func (s *step) checkTasks() error {
	if !s.unclosed() || s.grant.Observed {
		return nil
	}
	if s.got.Issues {
		old := numbered(s.prior.Generations, s.prior.Serial)
		if !s.replaces() || old == nil || s.grant.Current().ExpiresAt.After(old.ExpiresAt) {
			return errors.New("something is issued while a task must be closed first")
		}
	}
	return s.checkRequirement()
}

// checkRequirement holds that a requirement to close tasks makes no action milder, and
// with the triggers of the baseline takes away no standard access.
func (s *step) checkRequirement() error {
	in := s.in
	in.Policies = nil
	own := false
	for _, rules := range s.in.Policies {
		without := *rules
		without.RequireClosed = nil
		in.Policies = append(in.Policies, &without)
		own = own || slices.ContainsFunc(rules.Triggers, func(t Trigger) bool {
			return t.Codes.Has(TaskUnclosed) && !strings.HasPrefix(t.Label, "baseline")
		})
	}
	before, err := ActionOf(in)
	if err != nil {
		return err
	}
	after, err := ActionOf(s.in)
	if err != nil {
		return err
	}
	if after < before {
		return fmt.Errorf("because tasks must be closed, the action falls from %s to %s", before, after)
	}
	if own || s.grant.Memory.Risk != RiskStandard {
		return nil
	}
	got, err := Decide(in)
	for _, n := range s.got.Withdrawn {
		if err == nil && !slices.Contains(got.Withdrawn, n) {
			err = fmt.Errorf("because tasks must be closed, %s is taken away", Key(n))
		}
	}
	return err
}
