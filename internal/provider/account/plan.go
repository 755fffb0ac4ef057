package account

import (
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/custodyhq/terraform-provider-custody/internal/effect"
	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/operation"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/run"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// The summaries of warnings are fixed, so that Terraform folds them.
const (
	goneSummary         = "Account Is Gone"
	renamedSummary      = "Account Name Belongs to Another Account"
	enablesSummary      = "Account Will Be Enabled"
	heldSummary         = "Target Unavailable, Last Known State Kept"
	unconfiguredSummary = "Target Is Not Configured, Last Known State Kept"
	interruptedSummary  = "Interrupted Act Was Found"
	endedSummary        = "Sessions Were Ended"
)

// at returns the attribute that a step comes from.
func at(step string) path.Path {
	switch step {
	case stepEnable, stepDisable:
		return path.Root("enabled")
	case stepSessions:
		return path.Root("end_sessions")
	}
	return path.Root("expires_at")
}

// at returns the attribute of the first step that was not done, as far as is known.
func (w *wanted) at(r *effect.Result[*system.Account]) path.Path {
	if r.Known {
		for _, step := range w.steps(nil) {
			if !shows(r.State, step.Name) {
				return at(step.Name)
			}
		}
	}
	return path.Root("enabled")
}

// supported reports arguments that the target cannot do for any account. end is what
// the configuration says of the end.
func (m *model) supported(target system.Accounts, end types.String, diags *diag.Diagnostics) {
	refuse := func(attribute string, act system.AccountAct) {
		if system.CanAct(target, act) {
			return
		}
		operation.Plan.Report(diags, path.Root(attribute), &fault.Fault{
			Kind: fault.ErrConfig, Summary: "Target Cannot Do It",
			Happened:    fmt.Sprintf("The system %q is of the kind %s, with which custody cannot %s an account.", target.Name(), target.Kind(), act),
			Consequence: "Nothing was changed.", Advice: "Leave " + attribute + " out.",
		})
	}
	if !m.Enabled.IsNull() && !m.Enabled.IsUnknown() {
		if m.Enabled.ValueBool() {
			refuse("enabled", system.EnableAccount)
		} else {
			refuse("enabled", system.DisableAccount)
		}
	}
	if !end.IsNull() {
		refuse("expires_at", system.SetAccountEnd)
	}
	if m.EndSessions.ValueBool() {
		refuse("end_sessions", system.EndSessions)
	}
	switch m.OnDestroy.ValueString() {
	case disable:
		refuse("on_destroy", system.DisableAccount)
	case enable:
		refuse("on_destroy", system.EnableAccount)
	}
}

// wanted returns what the plan wants. end is what the configuration says of the end,
// and prior is the state; nil while there is none.
func (m *model) wanted(end types.String, prior *model) wanted {
	w := wanted{subject: m.Subject.ValueString(), enabled: m.Enabled.ValueBool(), sessions: m.EndSessions.ValueBool()}
	if !end.IsNull() && !end.IsUnknown() {
		if t, err := parseEnd(end.ValueString()); err == nil {
			w.end = &t
		}
	}
	if prior != nil {
		w.id = prior.AccountID.ValueString()
		w.mayEnable = !prior.Enabled.ValueBool() && m.Enabled.ValueBool()
		w.unlistedEnded = prior.unlistedEnded()
	}
	return w
}

// keep takes over from the state what no act changes. What the act does change, and
// what is not known before there is a state, stays open.
func (m *model) keep(prior *model, end types.String) {
	m.ID = m.name()
	if prior == nil {
		return
	}
	m.Present, m.Account, m.AccountID, m.LastUsedAt, m.Issued = prior.Present, prior.Account, prior.AccountID, prior.LastUsedAt, prior.Issued
	if end.IsNull() {
		m.ExpiresAt = prior.ExpiresAt
	}
	ends := m.EndSessions.ValueBool() && !m.Enabled.ValueBool() && (prior.Enabled.ValueBool() || prior.isOpen())
	begins := !prior.Enabled.ValueBool() && (m.Enabled.IsUnknown() || m.Enabled.ValueBool())
	if ends || begins { // an empty list that is kept would say later that nothing was issued since
		m.Issued = types.ListUnknown(types.StringType)
	}
}

// isOpen reports whether something that the account was given still works.
func (m *model) isOpen() bool { return len(m.Issued.Elements()) > 0 }

// unlistedEnded reports whether the state says that what the target does not list was
// ended: as long as it was not, it is among what is issued. Of an account that was gone, it
// is not known what happened to it.
func (m *model) unlistedEnded() bool {
	return m.Present.ValueBool() && !m.Enabled.IsNull() && !m.Enabled.ValueBool() && !m.Issued.IsNull() && !m.Issued.IsUnknown() && !m.isOpen()
}

// leavesOpen reports whether a disabled account has sessions that are to be ended.
func (m *model) leavesOpen() bool {
	return m.EndSessions.ValueBool() && !m.Enabled.IsUnknown() && !m.Enabled.ValueBool() && m.isOpen()
}

// check reports what prevents a plan, or is worth a warning, by what the
// target shows of the account. adopt says that the account is taken over.
func (w *wanted) check(target system.Accounts, a *system.Account, adopt bool, diags *diag.Diagnostics) {
	seen := w.named(a)
	if seen == nil {
		warnGone(target.Name(), w, a, diags)
		return
	}
	if adopt && w.enabled && !seen.Enabled {
		operation.Plan.Report(diags, path.Root("enabled"), &fault.Fault{
			Summary:     "Account Is Disabled",
			Happened:    fmt.Sprintf("The account %q in the system %q is disabled, and no account is enabled because it is taken over.", w.subject, target.Name()),
			Consequence: "Nothing was changed.",
			Advice: fmt.Sprintf("Set enabled = false. If it is meant to be enabled, import it (id = \"%s/%s\"): the plan then shows enabled changing from false to true.",
				target.Name(), w.subject),
		})
		return
	}
	refusals := w.refusals(seen)
	for _, step := range w.steps(nil) {
		if err := refusals[step.Name]; err != nil {
			operation.Plan.Report(diags, at(step.Name), unchanged(err))
		}
	}
}

// unchanged says of a fault found while planning that nothing was changed.
func unchanged(err error) error {
	f, ok := err.(*fault.Fault) //nolint:errorlint // a fault that is wrapped says what it means itself
	if !ok || f.Consequence != "" {
		return err
	}
	said := *f
	said.Consequence = "Nothing was changed."
	return &said
}

// warnGone says that there is no account to switch.
func warnGone(target string, w *wanted, a *system.Account, diags *diag.Diagnostics) {
	if a != nil {
		diags.AddAttributeWarning(path.Root("subject"), renamedSummary, fmt.Sprintf(
			"%q in the system %q is another account than the one that custody knows by that name: its identity is %s, not %s. It is left alone.\n\n"+
				"If that account is meant from now on, replace the resource (-replace).", w.subject, target, a.ID, w.id))
		return
	}
	diags.AddAttributeWarning(path.Root("subject"), goneSummary, fmt.Sprintf(
		"The system %q holds no account %q. Nothing is switched, and nothing is created.\n\n"+
			"If it was deleted, remove the resource. If its name is written otherwise, correct subject: until then the account that is meant stays as it is.", target, w.subject))
}

// warnEnded says which sessions were ended: the plan could list only what was open
// when it was made.
func warnEnded(target string, w *wanted, ended []string, diags *diag.Diagnostics) {
	if len(ended) == 0 {
		return
	}
	diags.AddAttributeWarning(path.Root("end_sessions"), endedSummary, fmt.Sprintf(
		"Of the account %q in the system %q these were ended:\n  %s", w.subject, target, strings.Join(run.FirstOf(ended), "\n  ")))
}
