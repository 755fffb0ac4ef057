package policy

import (
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	document "github.com/custodyhq/terraform-provider-custody/internal/policy"
)

// model is the data source custody_policy.
type model struct {
	Extends      types.String     `tfsdk:"extends"`
	Confidence   *confidence      `tfsdk:"confidence"`
	Lifetimes    []lifetime       `tfsdk:"lifetimes"`
	ExceptionMax types.String     `tfsdk:"exception_max"`
	LeadTime     types.String     `tfsdk:"lead_time"`
	Triggers     []trigger        `tfsdk:"triggers"`
	Classes      map[string]class `tfsdk:"classes"`
	JSON         types.String     `tfsdk:"json"`
}

type confidence struct {
	AutomateAt     types.Float64  `tfsdk:"automate_at"`
	StaleAfter     types.String   `tfsdk:"stale_after"`
	RequiredFields []string       `tfsdk:"required_fields"`
	Points         map[string]int `tfsdk:"points"`
}

type lifetime struct {
	Risk           types.String `tfsdk:"risk"`
	Criticality    types.String `tfsdk:"criticality"`
	Environment    types.String `tfsdk:"environment"`
	OwnerKind      types.String `tfsdk:"owner_kind"`
	Class          types.String `tfsdk:"class"`
	TTL            types.String `tfsdk:"ttl"`
	RenewBefore    types.String `tfsdk:"renew_before"`
	Overlap        types.String `tfsdk:"overlap"`
	RecertifyEvery types.String `tfsdk:"recertify_every"`
}

type trigger struct {
	On      types.String `tfsdk:"on"`
	Class   types.String `tfsdk:"class"`
	BoundTo types.String `tfsdk:"bound_to"`
	Risk    types.String `tfsdk:"risk"`
	When    types.String `tfsdk:"when"`
	Action  types.String `tfsdk:"action"`
	Rotate  types.String `tfsdk:"rotate"`
	Grace   types.String `tfsdk:"grace"`
	Then    types.String `tfsdk:"then"`
}

type class struct {
	BoundTo        types.String `tfsdk:"bound_to"`
	LifecycleOwner types.String `tfsdk:"lifecycle_owner"`
	ReviewQueue    types.String `tfsdk:"review_queue"`
}

// fieldError is an error of one attribute that the document's own checks do not
// see.
type fieldError struct {
	at  path.Path
	err error
}

func (e *fieldError) Error() string { return e.err.Error() }
func (e *fieldError) Unwrap() error { return e.err }

func stated(s types.String) *string {
	if s.IsNull() {
		return nil
	}
	v := s.ValueString()
	return &v
}

// document returns the document that the attributes describe.
func (m *model) document() (*document.Document, error) {
	doc := &document.Document{ExceptionMax: stated(m.ExceptionMax), LeadTime: stated(m.LeadTime)}
	if !m.Extends.IsNull() {
		base, err := document.Parse([]byte(m.Extends.ValueString()))
		if err != nil {
			return nil, &fieldError{path.Root("extends"), err}
		}
		doc.Extends = base
	}
	if c := m.Confidence; c != nil {
		doc.Confidence = &document.Confidence{StaleAfter: stated(c.StaleAfter), RequiredFields: c.RequiredFields, Points: c.Points}
		if !c.AutomateAt.IsNull() {
			at, err := document.HundredthsOf(c.AutomateAt.ValueFloat64())
			if err != nil {
				return nil, &fieldError{path.Root("confidence").AtName("automate_at"), err}
			}
			doc.Confidence.AutomateAt = &at
		}
	}
	for _, l := range m.Lifetimes {
		doc.Lifetimes = append(doc.Lifetimes, document.Lifetime{
			Risk: stated(l.Risk), Criticality: stated(l.Criticality), Environment: stated(l.Environment),
			OwnerKind: stated(l.OwnerKind), Class: stated(l.Class), TTL: stated(l.TTL),
			RenewBefore: stated(l.RenewBefore), Overlap: stated(l.Overlap), RecertifyEvery: stated(l.RecertifyEvery),
		})
	}
	for _, t := range m.Triggers {
		doc.Triggers = append(doc.Triggers, document.Trigger{
			On: t.On.ValueString(), Class: stated(t.Class), BoundTo: stated(t.BoundTo), Risk: stated(t.Risk), When: stated(t.When),
			Action: t.Action.ValueString(), Rotate: stated(t.Rotate), Grace: stated(t.Grace), Then: stated(t.Then),
		})
	}
	for name, c := range m.Classes {
		if doc.Classes == nil {
			doc.Classes = make(map[string]document.Class)
		}
		doc.Classes[name] = document.Class{BoundTo: stated(c.BoundTo), LifecycleOwner: stated(c.LifecycleOwner), ReviewQueue: stated(c.ReviewQueue)}
	}
	return doc, nil
}
