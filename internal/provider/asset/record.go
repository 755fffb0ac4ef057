package asset

import (
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/value"
)

// recordModel is a record as both data sources show it.
type recordModel struct {
	Class          types.String `tfsdk:"class"`
	Name           types.String `tfsdk:"name"`
	State          types.String `tfsdk:"state"`
	Owners         types.List   `tfsdk:"owners"`
	Purpose        types.String `tfsdk:"purpose"`
	Environment    types.String `tfsdk:"environment"`
	Criticality    types.String `tfsdk:"criticality"`
	ThirdParty     types.Bool   `tfsdk:"third_party"`
	Shared         types.Bool   `tfsdk:"shared"`
	RetirementDate types.String `tfsdk:"retirement_date"`
	VerifiedAt     types.String `tfsdk:"verified_at"`
	AssignedAt     types.String `tfsdk:"assigned_at"`
}

var recordTypes = map[string]attr.Type{
	"class": types.StringType, "name": types.StringType, "state": types.StringType,
	"owners": types.ListType{ElemType: types.StringType}, "purpose": types.StringType,
	"environment": types.StringType, "criticality": types.StringType,
	"third_party": types.BoolType, "shared": types.BoolType,
	"retirement_date": types.StringType, "verified_at": types.StringType, "assigned_at": types.StringType,
}

func modelOf(r lifecycle.Record) recordModel {
	return recordModel{
		Class: value.Text(r.Class), Name: value.Text(r.Name), State: types.StringValue(r.State.String()), Owners: value.Texts(r.Owners),
		Purpose: value.Text(r.Purpose), Environment: value.Text(r.Environment), Criticality: value.Text(r.Criticality),
		ThirdParty: tristate(r.ThirdParty), Shared: tristate(r.Shared),
		RetirementDate: value.Instant(r.RetirementDate), VerifiedAt: value.Instant(r.VerifiedAt), AssignedAt: value.Instant(r.AssignedAt),
	}
}

func (m recordModel) object(extra map[string]attr.Value) map[string]attr.Value {
	values := map[string]attr.Value{
		"class": m.Class, "name": m.Name, "state": m.State, "owners": m.Owners, "purpose": m.Purpose,
		"environment": m.Environment, "criticality": m.Criticality, "third_party": m.ThirdParty, "shared": m.Shared,
		"retirement_date": m.RetirementDate, "verified_at": m.VerifiedAt, "assigned_at": m.AssignedAt,
	}
	for name, v := range extra {
		values[name] = v
	}
	return values
}

func tristate(t lifecycle.Tristate) types.Bool {
	if t == lifecycle.Unstated {
		return types.BoolNull()
	}
	return types.BoolValue(t == lifecycle.Yes)
}

func text(description string) schema.StringAttribute {
	return schema.StringAttribute{Computed: true, MarkdownDescription: description}
}

func recordSchema() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"class":           text("The asset's class as the record names it. Null if it names none."),
		"name":            text("The asset's name. Null if it has none."),
		"state":           text("The lifecycle state: `planned`, `in_service`, `maintenance`, `lost`, `retired`, or `unknown` if the record's own word maps to none."),
		"owners":          schema.ListAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: "The owners as the record names them, not resolved."},
		"purpose":         text("What the asset is for. Null if the record does not say."),
		"environment":     text("The environment. Null if the record does not say."),
		"criticality":     text("How much depends on the asset. Null if the record does not say."),
		"third_party":     schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether a third party operates the asset. Null if the record does not say."},
		"shared":          schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether the asset is shared. Null if the record does not say."},
		"retirement_date": text("When the asset retires, RFC 3339 in UTC; a date stands for the end of its day. Null if none is set."),
		"verified_at":     text("When the record was last verified, RFC 3339 in UTC; a date stands for the start of its day. Null if the record does not say."),
		"assigned_at":     text("When the asset was assigned, RFC 3339 in UTC. Null if the record does not say."),
	}
}
