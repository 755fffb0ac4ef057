// Package account holds the resource custody_account: whether an account that exists
// can be used, and until when.
package account

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/custodyhq/terraform-provider-custody/internal/effect"
	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/operation"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/run"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// Resource is custody_account.
type Resource struct {
	run *run.Run
}

var (
	_ resource.ResourceWithConfigure   = (*Resource)(nil)
	_ resource.ResourceWithModifyPlan  = (*Resource)(nil)
	_ resource.ResourceWithImportState = (*Resource)(nil)
)

// New returns the resource.
func New() resource.Resource { return &Resource{} }

// Metadata names the resource.
func (r *Resource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_account"
}

// Schema returns the resource's schema.
func (r *Resource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = accountSchema
}

// Configure takes the run over from the provider.
func (r *Resource) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	r.run = run.From(req.ProviderData, &resp.Diagnostics)
}

// ModifyPlan checks what is planned against the account, and leaves open only what
// the apply will find out.
func (r *Resource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if r.run == nil {
		return
	}
	var prior *model
	if !req.State.Raw.IsNull() {
		resp.Diagnostics.Append(req.State.Get(ctx, &prior)...)
	}
	if req.Plan.Raw.IsNull() {
		r.destroyed(ctx, prior, &resp.Diagnostics)
		return
	}
	var plan model
	var end types.String
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("expires_at"), &end)...)
	if resp.Diagnostics.HasError() || plan.Target.IsUnknown() {
		return
	}
	target, err := r.run.Targets.Find(plan.Target.ValueString())
	if err != nil {
		operation.Plan.Report(&resp.Diagnostics, path.Root("target"), err)
		return
	}
	plan.supported(target, end, &resp.Diagnostics)
	if resp.Diagnostics.HasError() || plan.Subject.IsUnknown() {
		return
	}
	// By the resource and not by the account: a resource that is replaced is planned twice.
	if r.twice(&plan, end, prior != nil, &resp.Diagnostics) {
		return
	}
	if prior != nil && (!prior.Target.Equal(plan.Target) || !prior.Subject.Equal(plan.Subject)) {
		prior = nil // another account takes the place of the first
	}
	if prior != nil && !prior.leavesOpen() && req.Plan.Raw.Equal(req.State.Raw) {
		r.brake(ctx, prior, prior.Present.ValueBool() && prior.Enabled.ValueBool(), false, &resp.Diagnostics)
		return
	}
	plan.keep(prior, end)
	resp.Diagnostics.Append(resp.Plan.Set(ctx, &plan)...)
	if !r.recordable(ctx, &plan, &resp.Diagnostics) {
		return
	}
	if !plan.Enabled.IsUnknown() && !end.IsUnknown() {
		r.check(ctx, target, &plan, prior, end, &resp.Diagnostics)
	}
}

// check compares what is planned with what the target shows of the account.
func (r *Resource) check(ctx context.Context, target system.Accounts, plan, prior *model, end types.String, diags *diag.Diagnostics) {
	a, err := r.run.Targets.Seen(ctx, target, plan.Subject.ValueString())
	if err != nil {
		r.unread(operation.Plan, plan, err, prior != nil, diags)
		return
	}
	w := plan.wanted(end, prior)
	w.check(target, a, prior == nil, diags)
	if diags.HasError() {
		for _, refusal := range w.refusals(w.named(a)) {
			r.run.Refused(ctx, operation.Plan, w.subject, refusal)
		}
	}
	if seen := w.named(a); seen != nil {
		r.brake(ctx, plan, r.works(seen.Enabled, seen.ExpiresAt), !r.works(w.enabled, w.endOf(seen)), diags)
	}
}

// works reports whether an account can be used at the instant of the run.
func (r *Resource) works(enabled bool, end time.Time) bool {
	return enabled && (end.IsZero() || end.After(r.run.Now))
}

// brake counts an account that can be used, and stops a plan that takes too many away.
func (r *Resource) brake(ctx context.Context, m *model, works, taken bool, diags *diag.Diagnostics) {
	if !works {
		return
	}
	if stop := r.run.Brake.CountAccount(m.name().ValueString(), taken); stop != nil {
		r.run.Stopped(ctx, stop)
		operation.Plan.Report(diags, path.Empty(), stop.Fault())
	}
}

// twice refuses a second resource of one account: each would undo what the other does.
func (r *Resource) twice(plan *model, end types.String, prior bool, diags *diag.Diagnostics) bool {
	id := "custody_account " + system.Fold(plan.name().ValueString())
	config := fmt.Sprint(plan.Enabled, end, plan.EndSessions, plan.OnDestroy)
	if !r.run.Brake.Twice(id, run.Planned{Prior: prior, Config: config}) {
		return false
	}
	operation.Plan.Report(diags, path.Root("subject"), &fault.Fault{
		Summary:     "Account Is Declared Twice",
		Happened:    fmt.Sprintf("Another custody_account of this configuration is %q too.", plan.name().ValueString()),
		Consequence: "Nothing was changed.", Advice: "Use one resource for each account: two would undo what the other does.",
	})
	return true
}

// unread reports that an account could not be read. Where the configuration says to
// hold, the last known state is kept, if there is one.
func (r *Resource) unread(o operation.Operation, m *model, err error, kept bool, diags *diag.Diagnostics) {
	switch {
	case kept && r.run.HoldsOn(err):
		o.Warn(diags, path.Root("target"), heldSummary, unchanged(err))
	case errors.Is(err, fault.ErrConfig):
		o.Report(diags, path.Root("subject"), unchanged(err))
	default:
		r.run.Report(o, diags, m.object(), path.Root("target"), err)
	}
}

// destroyed says what the plan itself does not show of a destroy.
func (r *Resource) destroyed(ctx context.Context, prior *model, diags *diag.Diagnostics) {
	if prior == nil || prior.OnDestroy.ValueString() == leave {
		return
	}
	r.recordable(ctx, prior, diags)
	end, _ := parseEnd(prior.ExpiresAt.ValueString()) // none is no end
	r.brake(ctx, prior, prior.Present.ValueBool() && r.works(prior.Enabled.ValueBool(), end), prior.OnDestroy.ValueString() == disable, diags)
	if prior.OnDestroy.ValueString() == enable && !prior.Enabled.ValueBool() {
		diags.AddWarning(enablesSummary, fmt.Sprintf("%s is disabled, and on_destroy = %q enables it.\n\nTo leave it disabled, set on_destroy to %q and apply that first.",
			prior.ID.ValueString(), enable, leave))
	}
}

// Create takes the account over and brings it to what is planned.
func (r *Resource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan model
	var end types.String
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("expires_at"), &end)...)
	if resp.Diagnostics.HasError() {
		return
	}
	a, ok := r.do(ctx, &plan, plan.wanted(end, nil), &resp.Diagnostics)
	if !ok.done {
		// Without a state the next run takes the account over as it finds it. With one
		// the resource would count as damaged, and be destroyed.
		return
	}
	plan.complete(a)
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
}

// Update brings the account to what is planned.
func (r *Resource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, prior model
	var end types.String
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &prior)...)
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("expires_at"), &end)...)
	if resp.Diagnostics.HasError() {
		return
	}
	a, ok := r.do(ctx, &plan, plan.wanted(end, &prior), &resp.Diagnostics)
	switch {
	case ok.done:
		plan.complete(a)
		resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
	case ok.read:
		// A half that was done stands in the state, so that the next plan shows the rest.
		prior.refresh(a)
		resp.Diagnostics.Append(resp.State.Set(ctx, &prior)...)
	}
}

// ending is how an act ended.
type ending struct {
	done bool // the account is as planned, or there is nothing to switch
	read bool // what was read in the end is known
}

// do does what the account needs. It reports what happened.
func (r *Resource) do(ctx context.Context, m *model, w wanted, diags *diag.Diagnostics) (*system.Account, ending) {
	target, err := r.run.Targets.Find(m.Target.ValueString())
	if err != nil {
		operation.Apply.Report(diags, path.Root("target"), err)
		return nil, ending{}
	}
	ctx, end := r.run.Targets.Within(ctx)
	defer end()
	defer r.run.Tell.Deliver(ctx, diags)
	var last *system.Account
	result := effect.Do(ctx, r.run.Register.Recorder(), w.act(target, &last))
	warnInterrupted(result.Found, diags)
	if result.Known {
		warnEnded(target.Name(), &w, w.ended(result.State), diags)
	}
	gone := result.Known && result.State == nil
	switch {
	case gone && (result.Err == nil || errors.Is(result.Err, errGone)):
		warnGone(target.Name(), &w, last, diags)
		return nil, ending{done: true, read: true}
	case result.Err != nil:
		if !result.Begun { // otherwise its outcome says so
			r.run.Refused(ctx, operation.Apply, w.subject, result.Err)
		}
		operation.Apply.Report(diags, w.at(&result), r.run.Targets.Interrupted(result.Err))
		return result.State, ending{read: result.Known && result.State != nil}
	}
	return result.State, ending{done: true, read: true}
}

// Read brings the state to what the target shows.
func (r *Resource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state model
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() || r.run == nil {
		return
	}
	r.run.Tell.Retry(ctx, &resp.Diagnostics)
	imported := state.Enabled.IsNull()
	target, err := r.run.Targets.Find(state.Target.ValueString())
	switch {
	case err != nil && imported:
		operation.Read.Report(&resp.Diagnostics, path.Root("target"), err)
		return
	case err != nil:
		// The resource may be removed together with its system. If it is kept, the plan
		// reports the error.
		operation.Read.Warn(&resp.Diagnostics, path.Root("target"), unconfiguredSummary, unchanged(err))
		return
	}
	a, err := r.run.Targets.Seen(ctx, target, state.Subject.ValueString())
	if err != nil {
		r.unread(operation.Read, &state, err, !imported, &resp.Diagnostics)
		return
	}
	if imported && a == nil {
		resp.State.RemoveResource(ctx)
		return
	}
	w := wanted{subject: state.Subject.ValueString(), id: state.AccountID.ValueString(), unlistedEnded: state.unlistedEnded()}
	r.settle(ctx, target, &w, &resp.Diagnostics)
	seen := w.listed(w.named(a))
	if seen == nil {
		warnGone(target.Name(), &w, a, &resp.Diagnostics)
	}
	state.refresh(seen)
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
}

// Delete forgets the account, and before that does what on_destroy says.
func (r *Resource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state model
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() || state.OnDestroy.ValueString() == leave {
		return
	}
	enabled := state.OnDestroy.ValueString() == enable
	r.do(ctx, &state, wanted{
		subject: state.Subject.ValueString(), id: state.AccountID.ValueString(), enabled: enabled, sessions: state.EndSessions.ValueBool(), mayEnable: enabled,
		unlistedEnded: state.unlistedEnded(),
	}, &resp.Diagnostics)
}

// ImportState takes "<target>/<subject>"; Read fills in what the account is.
func (r *Resource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	ref, ok := lifecycle.ParseRef(req.ID)
	if !ok {
		resp.Diagnostics.AddError("Invalid Import ID",
			fmt.Sprintf("%q is not an account. Nothing was imported.\n\nAccepted: \"<target>/<subject>\", for instance corp/ada.", req.ID))
		return
	}
	for name, text := range map[string]string{"id": req.ID, "target": ref.System, "subject": ref.ID, "on_destroy": leave} {
		resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root(name), text)...)
	}
}
