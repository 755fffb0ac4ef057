package binding_test

import (
	"context"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/custodyhq/terraform-provider-custody/internal/inventory"
	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/policy"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/binding"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/run"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

// planned is a binding as Terraform asks for it again and again.
type planned struct {
	resource resource.ResourceWithModifyPlan
	empty    tfsdk.State
	plan     tfsdk.Plan  // as it comes from Core: nothing is known but the arguments
	state    tfsdk.State // as it is after an apply
}

// plan plans a binding of an ordinary application.
func plan(tb testing.TB) *planned {
	tb.Helper()
	ctx := context.Background()
	now := time.Date(2030, 1, 15, 9, 0, 0, 0, time.UTC)
	cmdb := systemtest.NewFake("cmdb", systemtest.Seed{
		Records: []lifecycle.Record{{
			ID: "APP-1", Class: "application", Name: "billing", State: lifecycle.StateInService, Owners: []string{"ada"},
			Environment: "production", Criticality: "high", VerifiedAt: now.AddDate(-1, 0, 0),
		}},
		People: []lifecycle.Person{{
			ID: "u-1", Username: "ada", Kind: lifecycle.KindEmployee, Status: lifecycle.PersonActive, Manager: "mia", Teams: []string{"ops"},
		}},
		Tasks: map[string][]lifecycle.Task{"APP-1": {{ID: "T-1", Kind: lifecycle.TaskReassignment}}},
	})
	facts, err := inventory.New([]system.System{cmdb}, nil)
	if err != nil {
		tb.Fatal(err)
	}
	r, ok := binding.New().(*binding.Resource)
	if !ok {
		tb.Fatal("the resource has another type")
	}
	r.Configure(ctx, resource.ConfigureRequest{ProviderData: &run.Run{Now: now, Rules: policy.Baseline(), Facts: facts}}, &resource.ConfigureResponse{})
	var described resource.SchemaResponse
	r.Schema(ctx, resource.SchemaRequest{}, &described)
	of, ok := described.Schema.Type().TerraformType(ctx).(tftypes.Object)
	if !ok {
		tb.Fatal("the schema is not that of an object")
	}
	values := make(map[string]tftypes.Value, len(of.AttributeTypes))
	for name, t := range of.AttributeTypes {
		values[name] = tftypes.NewValue(t, tftypes.UnknownValue)
	}
	values["asset"] = tftypes.NewValue(tftypes.String, "cmdb/APP-1")
	values["successors"] = tftypes.NewValue(of.AttributeTypes["successors"], nil)
	values["declared"] = declared(of.AttributeTypes["declared"])
	values["evidence"] = tftypes.NewValue(of.AttributeTypes["evidence"], map[string]tftypes.Value{"tag": tftypes.NewValue(tftypes.String, "ops")})
	p := &planned{
		resource: r,
		empty:    tfsdk.State{Schema: described.Schema, Raw: tftypes.NewValue(of, nil)},
		plan:     tfsdk.Plan{Schema: described.Schema, Raw: tftypes.NewValue(of, values)},
	}
	resp := resource.ModifyPlanResponse{Plan: p.plan}
	r.ModifyPlan(ctx, resource.ModifyPlanRequest{Plan: p.plan, State: p.empty}, &resp)
	if resp.Diagnostics.HasError() {
		tb.Fatal(resp.Diagnostics)
	}
	p.state = tfsdk.State{Schema: described.Schema, Raw: resp.Plan.Raw}
	return p
}

func declared(t tftypes.Type) tftypes.Value {
	of := t.(tftypes.Object)
	values := make(map[string]tftypes.Value, len(of.AttributeTypes))
	for name, t := range of.AttributeTypes {
		values[name] = tftypes.NewValue(t, nil)
	}
	values["purpose"] = tftypes.NewValue(tftypes.String, "invoices")
	values["retirement_date"] = tftypes.NewValue(tftypes.String, "2031-01-01")
	return tftypes.NewValue(t, values)
}

// facts returns what a grant takes of the binding.
func (p *planned) facts(tb testing.TB) string {
	tb.Helper()
	var text types.String
	if diags := p.state.GetAttribute(context.Background(), path.Root("facts"), &text); diags.HasError() {
		tb.Fatal(diags)
	}
	return text.ValueString()
}

// BenchmarkPlan plans a new binding.
func BenchmarkPlan(b *testing.B) {
	p := plan(b)
	b.ReportAllocs()
	for b.Loop() {
		resp := resource.ModifyPlanResponse{Plan: p.plan}
		p.resource.ModifyPlan(b.Context(), resource.ModifyPlanRequest{Plan: p.plan, State: p.empty}, &resp)
		if resp.Diagnostics.HasError() {
			b.Fatal(resp.Diagnostics)
		}
	}
}

// BenchmarkReplan plans a binding on which nothing has changed.
func BenchmarkReplan(b *testing.B) {
	p := plan(b)
	same := tfsdk.Plan(p.state)
	b.ReportAllocs()
	for b.Loop() {
		resp := resource.ModifyPlanResponse{Plan: same}
		p.resource.ModifyPlan(b.Context(), resource.ModifyPlanRequest{Plan: same, State: p.state}, &resp)
		if resp.Diagnostics.HasError() {
			b.Fatal(resp.Diagnostics)
		}
	}
}

// BenchmarkRead refreshes a binding.
func BenchmarkRead(b *testing.B) {
	p := plan(b)
	b.ReportAllocs()
	for b.Loop() {
		resp := resource.ReadResponse{State: p.state}
		p.resource.Read(b.Context(), resource.ReadRequest{State: p.state}, &resp)
		if resp.Diagnostics.HasError() {
			b.Fatal(resp.Diagnostics)
		}
	}
}

// BenchmarkFromObject reads the object that a grant keeps of its binding.
func BenchmarkFromObject(b *testing.B) {
	facts := plan(b).facts(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := binding.FromFacts(facts); err != nil {
			b.Fatal(err)
		}
	}
}
