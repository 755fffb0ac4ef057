package account

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/custodyhq/terraform-provider-custody/internal/effect"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/operation"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/run"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// unsettledSummary is the heading of the warning about acts of earlier runs that could
// not be looked up.
const unsettledSummary = "Interrupted Acts Are Not Known"

// recordable reports whether what the plan does could be recorded. If it could not, the
// apply would do nothing, so the plan says it.
func (r *Resource) recordable(ctx context.Context, m *model, diags *diag.Diagnostics) bool {
	err := r.run.Register.Ready(ctx)
	if err == nil {
		return true
	}
	r.run.Report(operation.Plan, diags, m.object(), path.Root("target"), err)
	return false
}

// object names the account in messages.
func (m *model) object() run.Object {
	return run.Object{Type: "custody_account", Name: m.Target.ValueString() + "/" + m.Subject.ValueString()}
}

// settle finds out what became of an act on the account that an earlier run had begun,
// records it and says so. A register that does not answer keeps nobody from planning:
// whatever is planned then asks for it again.
func (r *Resource) settle(ctx context.Context, target system.Accounts, w *wanted, diags *diag.Diagnostics) {
	open, err := r.run.Register.Interrupted(ctx, target.Name(), w.subject)
	if err != nil {
		operation.Read.Warn(diags, path.Root("target"), unsettledSummary, err)
		return
	}
	if !open {
		return
	}
	ctx, end := r.run.Targets.Within(ctx)
	defer end()
	var last *system.Account
	found, err := effect.Settle(ctx, r.run.Register.Recorder(), w.act(target, &last))
	warnInterrupted(found, diags)
	if err != nil {
		operation.Read.Warn(diags, path.Root("target"), unsettledSummary, unchanged(err))
	}
}

// warnInterrupted says what became of acts that earlier runs had begun.
func warnInterrupted(found []string, diags *diag.Diagnostics) {
	for _, sentence := range found {
		diags.AddAttributeWarning(path.Root("subject"), interruptedSummary, sentence)
	}
}
