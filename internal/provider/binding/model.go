package binding

import (
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/value"
)

// model is a custody_binding in configuration, plan and state.
type model struct {
	Asset           types.String  `tfsdk:"asset"`
	Declared        types.Object  `tfsdk:"declared"`
	Evidence        types.Map     `tfsdk:"evidence"`
	Successors      types.List    `tfsdk:"successors"`
	ID              types.String  `tfsdk:"id"`
	Class           types.String  `tfsdk:"class"`
	BoundTo         types.String  `tfsdk:"bound_to"`
	Name            types.String  `tfsdk:"name"`
	State           types.String  `tfsdk:"state"`
	Holder          types.String  `tfsdk:"holder"`
	OwnerKind       types.String  `tfsdk:"owner_kind"`
	OwnerStatus     types.String  `tfsdk:"owner_status"`
	OwnerEndDate    types.String  `tfsdk:"owner_end_date"`
	Manager         types.String  `tfsdk:"manager"`
	Teams           types.List    `tfsdk:"teams"`
	Successor       types.String  `tfsdk:"successor"`
	LifecycleOwner  types.String  `tfsdk:"lifecycle_owner"`
	Purpose         types.String  `tfsdk:"purpose"`
	Environment     types.String  `tfsdk:"environment"`
	Criticality     types.String  `tfsdk:"criticality"`
	ThirdParty      types.Bool    `tfsdk:"third_party"`
	Shared          types.Bool    `tfsdk:"shared"`
	RetirementDate  types.String  `tfsdk:"retirement_date"`
	OpenTasks       types.List    `tfsdk:"open_tasks"`
	Findings        types.List    `tfsdk:"findings"`
	Confidence      types.Float64 `tfsdk:"confidence"`
	ConfidenceParts types.Map     `tfsdk:"confidence_parts"`
	Held            types.Bool    `tfsdk:"held"`
	Digest          types.String  `tfsdk:"digest"`
}

var taskType = types.ObjectType{AttrTypes: map[string]attr.Type{
	"id": types.StringType, "kind": types.StringType, "due": types.StringType, "url": types.StringType,
}}

// question joins the arguments; they must be known.
func (m *model) question() (lifecycle.Question, error) {
	return questionOf(m.Asset.ValueString(), m.Declared, m.Evidence, m.Successors)
}

// known reports whether every argument is wholly known.
func (m *model) known() bool {
	for _, v := range []attr.Value{m.Asset, m.Declared, m.Evidence, m.Successors} {
		if !value.WhollyKnown(v) {
			return false
		}
	}
	return true
}

// set fills in what was found out.
func (m *model) set(b *lifecycle.Binding) {
	m.ID = types.StringValue(b.Asset.String())
	m.Class = value.Text(b.Class)
	m.BoundTo = types.StringValue(b.BoundTo.String())
	m.Name = value.Text(b.Name)
	m.State = types.StringValue(b.State.String())
	m.Holder = value.Text(b.Holder)
	m.OwnerKind = value.Text(b.OwnerKind.String())
	m.OwnerStatus = types.StringValue(b.OwnerStatus.String())
	m.OwnerEndDate = value.Instant(b.OwnerEndDate)
	m.Manager = value.Text(b.Manager)
	m.Teams = value.Texts(b.Teams)
	m.Successor = value.Text(b.Successor)
	m.LifecycleOwner = value.Text(b.LifecycleOwner)
	m.Purpose = value.Text(b.Purpose)
	m.Environment = value.Text(b.Environment)
	m.Criticality = value.Text(b.Criticality)
	m.ThirdParty = types.BoolValue(b.ThirdParty)
	m.Shared = types.BoolValue(b.Shared)
	m.RetirementDate = value.Instant(b.RetirementDate)
	m.OpenTasks = tasks(b.Tasks)
	m.Findings = findingsList(b.Findings)
	m.Confidence = confidenceOf(b.Confidence)
	m.ConfidenceParts = parts(b)
	m.Held = types.BoolValue(b.Held)
	m.Digest = types.StringValue(b.Digest())
}

func tasks(open []lifecycle.Task) types.List {
	out := make([]attr.Value, len(open))
	for i, t := range open {
		out[i] = types.ObjectValueMust(taskType.AttrTypes, map[string]attr.Value{
			"id": types.StringValue(t.ID), "kind": types.StringValue(t.Kind.String()),
			"due": value.Instant(t.Due), "url": value.Text(t.URL),
		})
	}
	return types.ListValueMust(taskType, out)
}

func parts(b *lifecycle.Binding) types.Map {
	out := make(map[string]attr.Value, lifecycle.NumSignals)
	for s, points := range b.Parts {
		out[lifecycle.Signal(s).String()] = types.Int64Value(int64(points))
	}
	return types.MapValueMust(types.Int64Type, out)
}

// unknown marks everything that depends on facts as unknown.
func (m *model) unknown() {
	for _, s := range []*types.String{
		&m.ID, &m.Class, &m.BoundTo, &m.Name, &m.State, &m.Holder, &m.OwnerKind, &m.OwnerStatus, &m.OwnerEndDate, &m.Manager,
		&m.Successor, &m.LifecycleOwner, &m.Purpose, &m.Environment, &m.Criticality, &m.RetirementDate, &m.Digest,
	} {
		*s = types.StringUnknown()
	}
	m.Teams = types.ListUnknown(types.StringType)
	m.ThirdParty, m.Shared, m.Held = types.BoolUnknown(), types.BoolUnknown(), types.BoolUnknown()
	m.OpenTasks = types.ListUnknown(taskType)
	m.Findings = types.ListUnknown(findingType)
	m.Confidence = types.Float64Unknown()
	m.ConfidenceParts = types.MapUnknown(types.Int64Type)
}

// hold takes the last known facts over from the prior state.
func (m *model) hold(prior *model) error {
	asset, declared, evidence, successors := m.Asset, m.Declared, m.Evidence, m.Successors
	*m = *prior
	m.Asset, m.Declared, m.Evidence, m.Successors = asset, declared, evidence, successors
	b, err := prior.remembered()
	if err != nil {
		return err
	}
	b.Held = true
	m.Held = types.BoolValue(true)
	m.Digest = types.StringValue(b.Digest())
	return nil
}

// remembered reads the last known facts back from the state, as far as the
// digest covers them.
func (m *model) remembered() (lifecycle.Binding, error) {
	b, _, err := FromObject(m.object())
	return b, err
}

// object returns the attributes that a grant would keep.
func (m *model) object() types.Object {
	return types.ObjectValueMust(ObjectTypes, map[string]attr.Value{
		"asset": m.Asset, "declared": m.Declared, "evidence": m.Evidence, "successors": m.Successors,
		"class": m.Class, "bound_to": m.BoundTo, "state": m.State, "holder": m.Holder,
		"owner_kind": m.OwnerKind, "owner_status": m.OwnerStatus, "owner_end_date": m.OwnerEndDate,
		"manager": m.Manager, "teams": m.Teams, "successor": m.Successor, "lifecycle_owner": m.LifecycleOwner,
		"purpose": m.Purpose, "environment": m.Environment, "criticality": m.Criticality,
		"third_party": m.ThirdParty, "shared": m.Shared, "retirement_date": m.RetirementDate,
		"findings": m.Findings, "confidence": m.Confidence, "held": m.Held, "digest": m.Digest,
	})
}
