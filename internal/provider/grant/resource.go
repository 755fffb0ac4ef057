// Package grant holds the resource custody_grant: one access that an asset
// justifies, and the generations of its credential that should exist now.
package grant

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/binding"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/operation"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/run"
)

// Resource is custody_grant. Its plan is a pure function of configuration, prior
// state and the run's instant; live facts are asked for at apply only, before
// something is issued.
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
	resp.TypeName = req.ProviderTypeName + "_grant"
}

// Schema returns the resource's schema.
func (r *Resource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = grantSchema
}

// Configure takes the run over from the provider.
func (r *Resource) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	r.run = run.From(req.ProviderData, &resp.Diagnostics)
}

// ModifyPlan decides and fills the plan.
func (r *Resource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if r.run == nil {
		return
	}
	var prior *model
	if !req.State.Raw.IsNull() {
		prior = &model{}
		resp.Diagnostics.Append(req.State.Get(ctx, prior)...)
		if resp.Diagnostics.HasError() {
			return
		}
	}
	if req.Plan.Raw.IsNull() {
		r.destroyed(ctx, prior, &resp.Diagnostics)
		return
	}
	var plan model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if !plan.known() {
		plan.unknown()
		resp.Diagnostics.Append(resp.Plan.Set(ctx, &plan)...)
		return
	}
	if prior != nil && binding.SameButNames(prior.facts().ValueString(), plan.facts().ValueString()) {
		plan.Binding = prior.Binding // an edited name is no reason for a plan
	}
	t := r.decide(ctx, operation.Plan, &plan, prior, &resp.Diagnostics)
	if t == nil || r.twice(t, plan.fingerprint(), &resp.Diagnostics) || r.braked(ctx, t.effect(), &resp.Diagnostics) {
		return
	}
	t.warn(&resp.Diagnostics)
	r.started(t, &resp.Diagnostics)
	settled := t.settled(&plan)
	if settled && r.recorded(ctx, t) {
		r.rests(ctx, t, &resp.Diagnostics)
		return
	}
	if !r.recordable(ctx, operation.Plan, t, &resp.Diagnostics) || settled && !r.rests(ctx, t, &resp.Diagnostics) {
		return
	}
	t.warnRegister(settled, &resp.Diagnostics)
	plan.remember(&t.decision.Grant, t)
	if !r.run.Fixed {
		plan.leaveInstantsUnknown(prior)
	}
	plan.planReview(&t.asking, prior)
	resp.Diagnostics.Append(resp.Plan.Set(ctx, &plan)...)
}

// destroyed counts the credentials of a grant that the plan destroys.
func (r *Resource) destroyed(ctx context.Context, prior *model, diags *diag.Diagnostics) {
	if prior == nil {
		return
	}
	g, _, err := prior.prior(prior.facts(), nil)
	if err != nil {
		return // what cannot be read must still be possible to destroy
	}
	e := run.Effect{Grant: g.ID()}
	for i := range g.Generations {
		if x := &g.Generations[i]; x.Enabled && !x.Ended(r.run.Now) {
			e.Enabled = append(e.Enabled, x.Key())
		}
	}
	e.Withdrawn = e.Enabled
	r.braked(ctx, e, diags)
	r.recordable(ctx, operation.Plan, &transition{decision: lifecycle.Decision{Grant: *g}}, diags)
}

// twice refuses a second grant of one id: each would forget what the other issued,
// and the brake would count both as one.
func (r *Resource) twice(t *transition, config string, diags *diag.Diagnostics) bool {
	if !r.run.Brake.Twice(t.decision.Grant.ID(), run.Planned{Prior: t.before != nil, Config: config}) {
		return false
	}
	operation.Plan.Report(diags, path.Root("access"), &fault.Fault{
		Summary:  "Grant Is Declared Twice",
		Happened: fmt.Sprintf("Another custody_grant of this configuration is %q too: the same asset with the same access.", t.decision.Grant.ID()),
		Advice:   "Give every grant of an asset an access text of its own, or use one grant for both.",
	})
	return true
}

// Create issues the first generation, after a last look at the facts.
func (r *Resource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	t := r.decide(ctx, operation.Apply, &plan, nil, &resp.Diagnostics)
	if t == nil || !r.factsStand(ctx, t, &resp.Diagnostics) || !r.enter(ctx, t, &plan, resp.Private, &resp.Diagnostics) {
		return
	}
	r.askQueue(ctx, t, &plan, &resp.Diagnostics)
	plan.remember(&t.decision.Grant, t)
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
	r.notify(ctx, t, &resp.Diagnostics)
}

// Update carries the decision out. If the facts have moved it issues nothing and
// keeps in state only what the plan had not removed.
func (r *Resource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, prior model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &prior)...)
	if resp.Diagnostics.HasError() {
		return
	}
	t := r.decide(ctx, operation.Apply, &plan, &prior, &resp.Diagnostics)
	if t == nil {
		return
	}
	if !r.factsStand(ctx, t, &resp.Diagnostics) || !r.follow(ctx, t, &plan, resp.Private, &resp.Diagnostics) {
		t.register = "" // what was removed is not recorded yet
		refused := lifecycle.Refused(t.prior, &t.decision.Grant)
		t.asking.is = t.asking.was
		prior.remember(&refused, t)
		resp.Diagnostics.Append(resp.State.Set(ctx, &prior)...)
		return
	}
	r.askQueue(ctx, t, &plan, &resp.Diagnostics)
	plan.remember(&t.decision.Grant, t)
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
	r.notify(ctx, t, &resp.Diagnostics)
	if t.told {
		r.run.Tell.Deliver(ctx, &resp.Diagnostics)
	}
}

// Delete forgets the grant, but for what the register keeps of it, and withdraws what
// was asked about it. The credentials hang on generations and have been destroyed before.
func (r *Resource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var prior model
	resp.Diagnostics.Append(req.State.Get(ctx, &prior)...)
	if resp.Diagnostics.HasError() {
		return
	}
	r.withdrawRemoved(ctx, &prior, &resp.Diagnostics)
	if r.run == nil || r.run.Register == nil || resp.Diagnostics.HasError() {
		return
	}
	told, err := r.forget(ctx, &prior, instanceIn(ctx, req.Private))
	if err != nil {
		r.run.Report(operation.Apply, &resp.Diagnostics, prior.object(), path.Root("access"), removalUnrecorded(err))
		return
	}
	if told {
		r.run.Tell.Deliver(ctx, &resp.Diagnostics)
	}
}

// ImportState refuses: a grant without its history would forget what it issued.
func (r *Resource) ImportState(_ context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	operation.Import.Report(&resp.Diagnostics, path.Empty(), &fault.Fault{
		Summary: "Unable to Import Grant",
		Happened: "A grant remembers which generations it issued and when findings were first seen. " +
			"That history stands in its state only, so " + req.ID + " cannot be imported.",
		Advice: "Leave the import out: a new grant starts at g1. Import the binding, and import existing credentials at their own key of generations.",
	})
}
