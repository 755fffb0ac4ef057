package asset

import (
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/value"
)

// resourceModel is a custody_asset in configuration, plan and state.
type resourceModel struct {
	ID             types.String `tfsdk:"id"`
	Asset          types.String `tfsdk:"asset"`
	Class          types.String `tfsdk:"class"`
	State          types.String `tfsdk:"state"`
	Owners         types.List   `tfsdk:"owners"`
	Name           types.String `tfsdk:"name"`
	Purpose        types.String `tfsdk:"purpose"`
	Environment    types.String `tfsdk:"environment"`
	Criticality    types.String `tfsdk:"criticality"`
	ThirdParty     types.Bool   `tfsdk:"third_party"`
	Shared         types.Bool   `tfsdk:"shared"`
	RetirementDate types.String `tfsdk:"retirement_date"`
	VerifiedAt     types.String `tfsdk:"verified_at"`
	AssignedAt     types.String `tfsdk:"assigned_at"`
}

// ref returns the asset; the schema has checked it.
func (m *resourceModel) ref() lifecycle.Ref {
	ref, _ := lifecycle.ParseRef(m.Asset.ValueString())
	return ref
}

// known reports whether the whole record is known.
func (m *resourceModel) known() bool {
	for _, v := range []attr.Value{m.Class, m.State, m.Owners, m.Name, m.Purpose, m.Environment, m.Criticality, m.ThirdParty, m.Shared, m.RetirementDate, m.VerifiedAt, m.AssignedAt} {
		if !value.WhollyKnown(v) {
			return false
		}
	}
	return true
}

// record returns the record that the arguments state; the schema has checked them.
func (m *resourceModel) record() lifecycle.Record {
	r := lifecycle.Record{
		ID: m.ref().ID, Class: m.Class.ValueString(), Owners: value.TextsOf(m.Owners.Elements()), Name: m.Name.ValueString(), Purpose: m.Purpose.ValueString(),
		Environment: m.Environment.ValueString(), Criticality: m.Criticality.ValueString(), ThirdParty: stated(m.ThirdParty), Shared: stated(m.Shared),
	}
	r.State, _ = lifecycle.ParseState(m.State.ValueString())
	r.RetirementDate, _ = value.ParseEndOfDay(m.RetirementDate.ValueString())
	r.VerifiedAt, _ = value.ParseStartOfDay(m.VerifiedAt.ValueString())
	r.AssignedAt, _ = value.ParseStartOfDay(m.AssignedAt.ValueString())
	return r
}

func stated(b types.Bool) lifecycle.Tristate {
	if b.IsNull() {
		return lifecycle.Unstated
	}
	return lifecycle.TristateOf(b.ValueBool())
}

// refresh brings the model to a record.
func (m *resourceModel) refresh(r *lifecycle.Record) {
	m.Class, m.State, m.Name, m.Purpose = value.Text(r.Class), value.Text(r.State.String()), value.Text(r.Name), value.Text(r.Purpose)
	m.Environment, m.Criticality, m.ThirdParty, m.Shared = value.Text(r.Environment), value.Text(r.Criticality), value.Tristate(r.ThirdParty), value.Tristate(r.Shared)
	m.Owners = types.ListNull(types.StringType)
	if len(r.Owners) > 0 {
		m.Owners = value.Texts(r.Owners)
	}
	m.RetirementDate = dateOr(r.RetirementDate, value.ParseEndOfDay)
	m.VerifiedAt, m.AssignedAt = dateOr(r.VerifiedAt, value.ParseStartOfDay), dateOr(r.AssignedAt, value.ParseStartOfDay)
}

// dateOr writes an instant as the date that stands for it, or in full if there is none.
func dateOr(at time.Time, parse func(string) (time.Time, error)) types.String {
	date := at.UTC().Format(time.DateOnly)
	if from, err := parse(date); err == nil && from.Equal(at) {
		return types.StringValue(date)
	}
	return value.Instant(at)
}
