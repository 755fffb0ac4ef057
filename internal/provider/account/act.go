package account

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/effect"
	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/value"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// wanted is what is wanted of an account.
type wanted struct {
	subject  string
	id       string // the identity of the account that is meant; empty for whichever has the name
	enabled  bool
	end      *time.Time // nil leaves it as it is
	sessions bool       // end them, where the account is to be disabled
	// mayEnable reports whether the plan says that a disabled account becomes enabled.
	mayEnable bool
	// unlistedEnded reports whether what the target does not list was ended and the account
	// has been disabled since.
	unlistedEnded bool

	open []string // what was open when sessions were ended
}

// The names of steps, in the record. The step that sets an end has the end behind
// its name.
const (
	stepEnable   = "enable"
	stepDisable  = "disable"
	stepSessions = "end sessions"
	stepEnd      = "set the end to "
)

// actOf returns what a step does in the words of the target.
func actOf(step string) system.AccountAct {
	switch step {
	case stepEnable:
		return system.EnableAccount
	case stepDisable:
		return system.DisableAccount
	case stepSessions:
		return system.EndSessions
	}
	return system.SetAccountEnd
}

// errGone says that there is no account to enable.
var errGone = errors.New("the account is gone")

// shows reports whether the account shows a step done. Of one that is gone, all is
// done that takes access away.
func shows(a *system.Account, step string) bool {
	if a == nil {
		return step != stepEnable
	}
	switch step {
	case stepEnable:
		return a.Enabled
	case stepDisable:
		return !a.Enabled
	case stepSessions:
		return len(a.Issued) == 0
	}
	end, err := parseEnd(strings.TrimPrefix(step, stepEnd))
	return err == nil && !a.EndUnknown && a.ExpiresAt.Equal(end)
}

// named returns the account if it has the id that is expected; nil otherwise.
func (w *wanted) named(a *system.Account) *system.Account {
	if a != nil && w.id != "" && a.ID != w.id {
		return nil
	}
	return a
}

// listed returns the account with what the target does not list among what is issued,
// unless that was ended: nothing but the memory of it shows that.
func (w *wanted) listed(a *system.Account) *system.Account {
	if a == nil || a.Unlisted == "" {
		return a
	}
	if w.unlistedEnded = w.unlistedEnded && !a.Enabled; w.unlistedEnded {
		return a
	}
	out := *a
	out.Issued = append(slices.Clip(a.Issued), a.Unlisted)
	return &out
}

// act returns what is wanted as an act on a target. last is set to the account that has
// the name, even if its id is another.
func (w *wanted) act(target system.Accounts, last **system.Account) effect.Act[*system.Account] {
	return effect.Act[*system.Account]{
		System: target.Name(), Object: w.subject, Because: fmt.Sprintf("the configuration says enabled = %v", w.enabled),
		Read: func(ctx context.Context) (*system.Account, error) {
			a, err := target.Account(ctx, w.subject)
			*last = a
			return w.listed(w.named(a)), err
		},
		Shows: shows, Allow: w.allow, Steps: w.steps(target),
	}
}

// steps returns the steps in the order in which a failure half way does least harm:
// access is taken away first, and an end is set before access is given.
func (w *wanted) steps(target system.Accounts) []effect.Step[*system.Account] {
	var out []effect.Step[*system.Account]
	if !w.enabled {
		out = append(out, step(stepDisable, "The account is disabled.", "The account is not disabled.",
			func(ctx context.Context, a *system.Account) error { return target.SetEnabled(ctx, a, false) }))
		if w.sessions {
			out = append(out, step(stepSessions, "Its sessions are ended.", "Its sessions are not ended.",
				func(ctx context.Context, a *system.Account) error {
					w.open = a.Issued
					err := target.EndSessions(ctx, a)
					w.unlistedEnded = err == nil
					return err
				}))
		}
	}
	if w.end != nil {
		end := *w.end
		text, yes, no := never, "It has no end.", "Its end is not taken away."
		if !end.IsZero() {
			text = value.Instant(end).ValueString()
			yes, no = "Its end is "+text+".", "Its end is not set to "+text+"."
		}
		out = append(out, step(stepEnd+text, yes, no, func(ctx context.Context, a *system.Account) error { return target.SetEnd(ctx, a, end) }))
	}
	if w.enabled {
		out = append(out, step(stepEnable, "The account is enabled.", "The account is not enabled.",
			func(ctx context.Context, a *system.Account) error { return target.SetEnabled(ctx, a, true) }))
	}
	return out
}

// ended returns what was open and no longer is.
func (w *wanted) ended(a *system.Account) []string {
	return slices.DeleteFunc(slices.Clone(w.open), func(one string) bool { return a != nil && slices.Contains(a.Issued, one) })
}

func step(name, yes, no string, do func(context.Context, *system.Account) error) effect.Step[*system.Account] {
	return effect.Step[*system.Account]{Name: name, Yes: yes, No: no, Do: do}
}

// endOf returns the end that an account has afterwards.
func (w *wanted) endOf(a *system.Account) time.Time {
	if w.end != nil {
		return *w.end
	}
	return a.ExpiresAt
}

// allow refuses an act that the plan does not cover or that the target is known to
// refuse. No account is enabled unless the plan says so.
func (w *wanted) allow(a *system.Account) error {
	if a == nil {
		return errGone
	}
	if w.enabled && !a.Enabled && !w.mayEnable {
		return &fault.Fault{
			Kind: fault.ErrChanged, Summary: "Account Was Disabled Since Plan",
			Happened: fmt.Sprintf("The account %q is disabled now, and the plan does not say that it becomes enabled.", w.subject),
			Advice:   "Plan again: the plan then shows enabled changing from false to true.",
		}
	}
	refusals := w.refusals(a)
	for _, step := range w.steps(nil) {
		if err := refusals[step.Name]; err != nil {
			return err
		}
	}
	return nil
}

// refusals returns why steps that are still to be done cannot be done, by the names
// of the steps.
func (w *wanted) refusals(a *system.Account) map[string]error {
	out := make(map[string]error)
	if a == nil {
		return out
	}
	for _, step := range w.steps(nil) {
		if err := a.Refusals[actOf(step.Name)]; err != nil && !shows(a, step.Name) {
			out[step.Name] = err
		}
	}
	return out
}
