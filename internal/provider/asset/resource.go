package asset

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/operation"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/record"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/run"
	"github.com/custodyhq/terraform-provider-custody/internal/register"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// Resource is custody_asset: a record that is born in code.
type Resource struct {
	run *run.Run
}

var (
	_ resource.ResourceWithConfigure   = (*Resource)(nil)
	_ resource.ResourceWithModifyPlan  = (*Resource)(nil)
	_ resource.ResourceWithImportState = (*Resource)(nil)
)

// heldSummary is the one text under which Terraform folds the warnings about records
// that could not be read.
const heldSummary = "Register Unavailable, Last Known Record Kept"

// NewResource returns the resource.
func NewResource() resource.Resource { return &Resource{} }

// Metadata names the resource.
func (r *Resource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_asset"
}

// Schema returns the resource's schema.
func (r *Resource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = resourceSchema
}

// Configure takes the run over from the provider.
func (r *Resource) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	r.run = run.From(req.ProviderData, &resp.Diagnostics)
}

// ModifyPlan checks that the record can be kept, and announces it to the bindings of the
// same plan.
func (r *Resource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if r.run == nil {
		return
	}
	var prior *resourceModel
	if !req.State.Raw.IsNull() {
		resp.Diagnostics.Append(req.State.Get(ctx, &prior)...)
	}
	if req.Plan.Raw.IsNull() {
		if err := r.run.Register.Ready(ctx); err != nil && prior != nil {
			r.report(operation.Plan, prior, err, &resp.Diagnostics)
		}
		return
	}
	var plan resourceModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() || plan.Asset.IsUnknown() {
		return
	}
	k := r.keeper(operation.Plan, &plan, &resp.Diagnostics)
	// By the resource and not by the asset: a resource that is replaced is planned twice.
	if k == nil || r.twice(&plan, prior != nil, &resp.Diagnostics) {
		return
	}
	if prior != nil && !prior.Asset.Equal(plan.Asset) {
		prior = nil // another asset takes the place of the first
	}
	if prior != nil && req.Plan.Raw.Equal(req.State.Raw) {
		return
	}
	_, _, err := k.Kept(ctx, plan.ref().ID)
	if err != nil {
		r.report(operation.Plan, &plan, record.Unrecorded(err), &resp.Diagnostics)
		return
	}
	plan.ID = plan.Asset
	resp.Diagnostics.Append(resp.Plan.Set(ctx, &plan)...)
	if !plan.known() {
		r.run.Facts.Announce(plan.ref(), nil)
		return
	}
	announced := plan.record()
	r.run.Facts.Announce(plan.ref(), &announced)
}

// keeper returns the system that keeps the record; nil if it has reported an error.
func (r *Resource) keeper(o operation.Operation, m *resourceModel, diags *diag.Diagnostics) system.Keeper {
	k, err := r.run.Targets.Keeper(m.ref().System)
	if err != nil {
		o.Report(diags, path.Root("asset"), err)
		return nil
	}
	return k
}

// twice refuses a second resource of one asset: each would undo what the other does.
func (r *Resource) twice(plan *resourceModel, prior bool, diags *diag.Diagnostics) bool {
	config := fmt.Sprint(plan.record(), plan.known())
	if !r.run.Brake.Twice("custody_asset "+plan.ref().ID, run.Planned{Prior: prior, Config: config}) {
		return false
	}
	operation.Plan.Report(diags, path.Root("asset"), &fault.Fault{
		Summary:     "Asset Is Declared Twice",
		Happened:    fmt.Sprintf("Another custody_asset of this configuration is %q too.", plan.Asset.ValueString()),
		Consequence: "Nothing was changed.", Advice: "Use one resource for each asset: two would undo what the other does.",
	})
	return true
}

func (r *Resource) report(o operation.Operation, m *resourceModel, err error, diags *diag.Diagnostics) {
	r.run.Report(o, diags, run.Object{Type: "custody_asset", Name: m.Asset.ValueString()}, path.Root("asset"), err)
}

// Create writes the record.
func (r *Resource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan resourceModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if !resp.Diagnostics.HasError() && r.keep(ctx, &plan, resp.Private, &resp.Diagnostics) {
		resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
	}
}

// Update writes the record anew.
func (r *Resource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan resourceModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if !resp.Diagnostics.HasError() && r.keep(ctx, &plan, resp.Private, &resp.Diagnostics) {
		resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
	}
}

// private is what Terraform keeps of a resource without showing it.
type private interface {
	SetKey(ctx context.Context, key string, value []byte) diag.Diagnostics
}

// instanceKey is where the instance is kept, which tells this resource apart from the
// one that replaces it.
const instanceKey = "instance"

// keep writes the record, and reports whether it did.
func (r *Resource) keep(ctx context.Context, m *resourceModel, p private, diags *diag.Diagnostics) bool {
	k := r.keeper(operation.Apply, m, diags)
	if k == nil {
		return false
	}
	m.ID = m.Asset
	written := m.record()
	instance := record.NewInstance()
	if err := k.Keep(ctx, system.Kept{Record: written, Instance: instance}); err != nil {
		r.report(operation.Apply, m, fault.Meaning(err, "The record was not written, and nothing that rests on it was done."), diags)
		return false
	}
	r.run.Facts.Wrote(m.ref(), &written)
	text, err := json.Marshal(instance)
	if err != nil {
		operation.Apply.Report(diags, path.Root("asset"), err)
		return false
	}
	diags.Append(p.SetKey(ctx, instanceKey, text)...)
	return true
}

// Read brings the state to what the register holds.
func (r *Resource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state resourceModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() || r.run == nil {
		return
	}
	k := r.keeper(operation.Read, &state, &resp.Diagnostics)
	if k == nil {
		return
	}
	imported := state.Class.IsNull()
	kept, found, err := k.Kept(ctx, state.ref().ID)
	switch {
	case err != nil && !imported && (errors.Is(err, register.ErrDuplicate) || r.run.HoldsOn(err)):
		// What the state holds stays, so that the resource can be taken out of it.
		operation.Read.Warn(&resp.Diagnostics, path.Root("asset"), heldSummary, err)
	case err != nil:
		r.report(operation.Read, &state, err, &resp.Diagnostics)
	case !found:
		resp.State.RemoveResource(ctx)
	case !same(state.record(), kept.Record):
		state.refresh(&kept.Record)
		resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
	}
}

// same reports whether two records say the same.
func same(a, b lifecycle.Record) bool {
	if len(a.Owners) == 0 && len(b.Owners) == 0 {
		a.Owners, b.Owners = nil, nil
	}
	return reflect.DeepEqual(a, b)
}

// Delete marks the record as removed: the asset is retired.
func (r *Resource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state resourceModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	k := r.keeper(operation.Apply, &state, &resp.Diagnostics)
	if k == nil {
		return
	}
	var instance string
	text, _ := req.Private.GetKey(ctx, instanceKey)
	if json.Unmarshal(text, &instance) != nil {
		instance = "" // it was imported
	}
	if err := k.Remove(ctx, state.ref().ID, instance); err != nil {
		r.report(operation.Apply, &state, fault.Meaning(err, "The record was not removed."), &resp.Diagnostics)
	}
}

// ImportState takes "<system>/<id>"; Read fills in the record.
func (r *Resource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	if _, ok := lifecycle.ParseRef(req.ID); !ok {
		resp.Diagnostics.AddError("Invalid Import ID",
			fmt.Sprintf("%q is not an asset. Nothing was imported.\n\nAccepted: \"<system>/<id>\", for instance code/ci-deployer.", req.ID))
		return
	}
	for _, name := range []string{"asset", "id"} {
		resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root(name), types.StringValue(req.ID))...)
	}
}
