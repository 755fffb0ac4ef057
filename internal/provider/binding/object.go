package binding

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/value"
)

// declaredTypes are the attributes of the object that declares facts.
var declaredTypes = map[string]attr.Type{
	"owner": types.StringType, "purpose": types.StringType, "environment": types.StringType,
	"criticality": types.StringType, "third_party": types.BoolType, "retirement_date": types.StringType,
}

// findingType is the object type of one finding.
var findingType = types.ObjectType{AttrTypes: map[string]attr.Type{"code": types.StringType, "message": types.StringType}}

// ObjectTypes are the attributes that a grant keeps of its binding: what a
// decision depends on, and what apply needs to assess the asset again.
var ObjectTypes = map[string]attr.Type{
	"asset":           types.StringType,
	"declared":        types.ObjectType{AttrTypes: declaredTypes},
	"evidence":        types.MapType{ElemType: types.StringType},
	"successors":      types.ListType{ElemType: types.StringType},
	"class":           types.StringType,
	"bound_to":        types.StringType,
	"state":           types.StringType,
	"holder":          types.StringType,
	"owner_kind":      types.StringType,
	"owner_status":    types.StringType,
	"owner_end_date":  types.StringType,
	"manager":         types.StringType,
	"teams":           types.ListType{ElemType: types.StringType},
	"successor":       types.StringType,
	"lifecycle_owner": types.StringType,
	"purpose":         types.StringType,
	"environment":     types.StringType,
	"criticality":     types.StringType,
	"third_party":     types.BoolType,
	"shared":          types.BoolType,
	"retirement_date": types.StringType,
	"findings":        types.ListType{ElemType: findingType},
	"confidence":      types.Float64Type,
	"held":            types.BoolType,
	"digest":          types.StringType,
}

// questionOf joins what a binding was asked with. The values must be known and
// valid.
func questionOf(asset string, declared types.Object, evidence types.Map, successors types.List) (lifecycle.Question, error) {
	ref, ok := lifecycle.ParseRef(asset)
	if !ok {
		return lifecycle.Question{}, fmt.Errorf("%q is not of the form \"<system>/<id>\"", asset)
	}
	q := lifecycle.Question{Asset: ref, Successors: value.TextsOf(successors.Elements())}
	for name, owner := range evidence.Elements() {
		if s, ok := owner.(types.String); ok && !s.IsNull() {
			q.Evidence = append(q.Evidence, lifecycle.Claim{Name: name, Owner: s.ValueString()})
		}
	}
	slices.SortFunc(q.Evidence, func(a, b lifecycle.Claim) int { return strings.Compare(a.Name, b.Name) })
	if declared.IsNull() {
		return q, nil
	}
	d := reader{values: declared.Attributes()}
	q.Declared = lifecycle.Declared{
		Owner: d.text("owner"), Purpose: d.text("purpose"), Environment: d.text("environment"), Criticality: d.text("criticality"),
		ThirdParty: d.tristate("third_party"),
	}
	if date := d.text("retirement_date"); date != "" {
		var err error
		if q.Declared.RetirementDate, err = value.ParseEndOfDay(date); err != nil {
			return q, err
		}
	}
	return q, nil
}

// FromObject reads the object that a grant keeps of its binding. The object must
// be wholly known. An error means that it was not written by a custody_binding.
func FromObject(object types.Object) (lifecycle.Binding, lifecycle.Question, error) {
	r := reader{values: object.Attributes()}
	q, err := questionOf(r.text("asset"), r.object("declared"), r.mapping("evidence"), r.list("successors"))
	if err != nil {
		return lifecycle.Binding{}, q, err
	}
	b := lifecycle.Binding{
		Asset: q.Asset, Class: r.text("class"), Holder: r.text("holder"),
		Manager: r.text("manager"), Teams: value.TextsOf(r.list("teams").Elements()),
		Successor: r.text("successor"), LifecycleOwner: r.text("lifecycle_owner"),
		Purpose: r.text("purpose"), Environment: r.text("environment"), Criticality: r.text("criticality"),
		ThirdParty: r.yes("third_party"), Shared: r.yes("shared"), Held: r.yes("held"),
		OwnerEndDate: r.instant("owner_end_date"), RetirementDate: r.instant("retirement_date"),
		Confidence: r.hundredths("confidence"),
	}
	b.BoundTo = parsed(&r, "bound_to", lifecycle.ParseBoundTo)
	b.State = parsed(&r, "state", lifecycle.ParseState)
	b.OwnerKind = parsed(&r, "owner_kind", lifecycle.ParseOwnerKind)
	b.OwnerStatus = parsed(&r, "owner_status", lifecycle.ParseOwnerStatus)
	for _, v := range r.list("findings").Elements() {
		o, _ := v.(types.Object)
		f := reader{values: o.Attributes()}
		code := parsed(&f, "code", lifecycle.ParseCode)
		b.Findings = append(b.Findings, lifecycle.Finding{Code: code, Message: f.text("message")})
		if r.err == nil {
			r.err = f.err
		}
	}
	if r.err != nil {
		return b, q, r.err
	}
	if b.Digest() != r.text("digest") {
		return b, q, fmt.Errorf("its digest does not match its other attributes")
	}
	return b, q, nil
}

// reader takes values out of an object whose type is known.
type reader struct {
	values map[string]attr.Value
	err    error
}

func (r *reader) text(name string) string {
	s, _ := r.values[name].(types.String)
	return s.ValueString()
}

func (r *reader) yes(name string) bool {
	b, _ := r.values[name].(types.Bool)
	return b.ValueBool()
}

func (r *reader) tristate(name string) lifecycle.Tristate {
	b, _ := r.values[name].(types.Bool)
	if b.IsNull() {
		return lifecycle.Unstated
	}
	return lifecycle.TristateOf(b.ValueBool())
}

func (r *reader) list(name string) types.List {
	l, _ := r.values[name].(types.List)
	return l
}

func (r *reader) mapping(name string) types.Map {
	m, _ := r.values[name].(types.Map)
	return m
}

func (r *reader) object(name string) types.Object {
	o, _ := r.values[name].(types.Object)
	return o
}

func (r *reader) hundredths(name string) int {
	f, _ := r.values[name].(types.Float64)
	return int(math.Round(f.ValueFloat64() * 100))
}

func (r *reader) instant(name string) time.Time {
	s, _ := r.values[name].(types.String)
	return value.InstantOf(s)
}

// parsed reads an enumeration; null is its zero value.
func parsed[T any](r *reader, name string, parse func(string) (T, error)) T {
	var zero T
	s := r.text(name)
	if s == "" {
		return zero
	}
	v, err := parse(s)
	if err != nil && r.err == nil {
		r.err = fmt.Errorf("%s: %w", name, err)
	}
	return v
}

// findingsList returns the list value of findings.
func findingsList(findings []lifecycle.Finding) types.List {
	out := make([]attr.Value, len(findings))
	for i, f := range findings {
		out[i] = types.ObjectValueMust(findingType.AttrTypes, map[string]attr.Value{
			"code": types.StringValue(f.Code.String()), "message": types.StringValue(f.Message),
		})
	}
	return types.ListValueMust(findingType, out)
}

// confidenceOf returns hundredths as a number from 0 to 1.
func confidenceOf(hundredths int) types.Float64 {
	return types.Float64Value(float64(hundredths) / 100)
}
