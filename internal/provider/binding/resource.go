// Package binding holds the resource custody_binding: an asset tied to its
// holder, with what is wrong and how sure we are.
package binding

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/inventory"
	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/operation"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/run"
)

// assessor reads facts and assesses them.
type assessor func(context.Context, lifecycle.Question) (lifecycle.Binding, error)

// heldSummary is the one text under which Terraform folds the warnings about
// systems that did not answer.
const heldSummary = "System Unavailable, Last Known Facts Kept"

// Resource is custody_binding. Read and plan take the same facts from the same
// snapshot, so that drift shows in every way of planning.
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
	resp.TypeName = req.ProviderTypeName + "_binding"
}

// Schema returns the resource's schema.
func (r *Resource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = bindingSchema
}

// Configure takes the run over from the provider.
func (r *Resource) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	r.run = run.From(req.ProviderData, &resp.Diagnostics)
}

// ModifyPlan fills the plan with live facts. Unknown arguments give unknown
// facts, never wrong ones.
func (r *Resource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() || r.run == nil {
		return
	}
	plan := load(ctx, req.Plan, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	if !plan.known() {
		plan.unknown()
		plan.store(ctx, &resp.Plan, &resp.Diagnostics)
		return
	}
	var prior model
	if !req.State.Raw.IsNull() {
		prior = load(ctx, req.State, &resp.Diagnostics)
		if resp.Diagnostics.HasError() {
			return
		}
		if !prior["asset"].Equal(plan["asset"]) {
			prior = nil // the binding will be replaced: nothing is known of the other asset
		}
	}
	if !r.refresh(ctx, operation.Plan, plan, prior, &resp.Diagnostics) {
		return
	}
	if req.State.Raw.IsNull() {
		plan.leaveShownUnknown()
	}
	plan.store(ctx, &resp.Plan, &resp.Diagnostics)
}

// refresh brings m to live facts, or to the last known ones where the
// configuration says to hold. It reports whether m can be used.
func (r *Resource) refresh(ctx context.Context, o operation.Operation, m, prior model, diags *diag.Diagnostics) bool {
	q, err := m.question()
	if err != nil {
		o.Report(diags, path.Root("asset"), &fault.Fault{Summary: "Invalid Asset", Happened: err.Error() + "."})
		return false
	}
	assess := r.run.Assess
	if o == operation.Plan {
		assess = r.run.AssessPlanned
	}
	live, err := assess(ctx, q)
	switch {
	case err == nil:
		m.set(&live, &q, prior)
		return true
	case errors.Is(err, inventory.ErrNotKnownYet):
		m.unknown()
		return true
	}
	if !r.run.HoldsOn(err) {
		r.run.Report(o, diags, run.Object{Type: "custody_binding", Name: q.Asset.String()}, path.Root("asset"), err)
		return false
	}
	if prior == nil {
		r.run.Report(o, diags, run.Object{Type: "custody_binding", Name: q.Asset.String()}, path.Root("asset"), err)
		o.Report(diags, path.Root("asset"), &fault.Fault{
			Summary:  "Unable to Create Binding on Held Facts",
			Happened: "The system did not answer, and there are no last known facts to hold for this asset.",
			Advice:   "Plan again once the system answers.",
		})
		return false
	}
	if err := m.hold(&q, prior); err != nil {
		o.Report(diags, path.Root("asset"), &fault.Fault{Summary: "Unable to Hold Last Known Facts", Happened: err.Error() + "."})
		return false
	}
	o.Warn(diags, path.Root("asset"), heldSummary, err)
	return true
}

// Create stores what was planned, and what the plan left open.
func (r *Resource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	plan := load(ctx, req.Plan, &resp.Diagnostics)
	if resp.Diagnostics.HasError() || !r.refresh(ctx, operation.Apply, plan, nil, &resp.Diagnostics) {
		return
	}
	plan.store(ctx, &resp.State, &resp.Diagnostics)
}

// Read brings the state to live facts. An asset that is gone stays in the state,
// as a finding: absence is for people to judge.
func (r *Resource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	state := load(ctx, req.State, &resp.Diagnostics)
	if resp.Diagnostics.HasError() || r.run == nil {
		return
	}
	var prior model
	if !state["digest"].IsNull() { // otherwise just imported
		prior = maps.Clone(state)
	}
	r.run.Tell.Retry(ctx, &resp.Diagnostics)
	if r.refresh(ctx, operation.Read, state, prior, &resp.Diagnostics) {
		state.store(ctx, &resp.State, &resp.Diagnostics)
	}
}

// Update stores what was planned.
func (r *Resource) Update(_ context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	resp.State.Raw = req.Plan.Raw
}

// Delete forgets the binding. No asset record is touched.
func (r *Resource) Delete(context.Context, resource.DeleteRequest, *resource.DeleteResponse) {}

// ImportState takes "<system>/<id>"; Read fills in the facts.
func (r *Resource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	if _, ok := lifecycle.ParseRef(req.ID); !ok {
		resp.Diagnostics.AddError("Invalid Import ID",
			fmt.Sprintf("%q is not an asset. Nothing was imported.\n\nAccepted: \"<system>/<id>\", for instance cmdb/APP-0042.", req.ID))
		return
	}
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("asset"), req.ID)...)
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("id"), req.ID)...)
}
