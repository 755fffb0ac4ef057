package policy

import (
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	document "github.com/custodyhq/terraform-provider-custody/internal/policy"
)

// model is the data source custody_policy.
type model struct {
	Extends        types.String `tfsdk:"extends"`
	Confidence     *confidence  `tfsdk:"confidence"`
	Lifetimes      types.List   `tfsdk:"lifetimes"`
	ExceptionMax   types.String `tfsdk:"exception_max"`
	LeadTime       types.String `tfsdk:"lead_time"`
	ReviewDeadline types.String `tfsdk:"review_deadline"`
	UnusedAfter    types.String `tfsdk:"unused_after"`
	Enforcement    types.List   `tfsdk:"enforcement"`
	Authority      *authority   `tfsdk:"authority"`
	RequireClosed  types.List   `tfsdk:"require_closed"`
	Frameworks     []string     `tfsdk:"frameworks"`
	Notices        []string     `tfsdk:"notices"`
	Triggers       types.List   `tfsdk:"triggers"`
	Classes        types.Map    `tfsdk:"classes"`
	JSON           types.String `tfsdk:"json"`
	Milder         types.List   `tfsdk:"milder"`
	Stricter       types.List   `tfsdk:"stricter"`
	Unmatched      types.List   `tfsdk:"unmatched"`
}

type authority struct {
	Trust  types.Bool `tfsdk:"trust"`
	Attest types.List `tfsdk:"attest"`
	Except types.List `tfsdk:"except"`
}

type confidence struct {
	AutomateAt     types.Float64  `tfsdk:"automate_at"`
	StaleAfter     types.String   `tfsdk:"stale_after"`
	RequiredFields []string       `tfsdk:"required_fields"`
	Points         map[string]int `tfsdk:"points"`
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
	doc := &document.Document{
		ExceptionMax: stated(m.ExceptionMax), LeadTime: stated(m.LeadTime), ReviewDeadline: stated(m.ReviewDeadline), UnusedAfter: stated(m.UnusedAfter),
		Frameworks: m.Frameworks, Notices: m.Notices,
	}
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
	var err error
	if doc.Lifetimes, err = lifetimes.list(path.Root("lifetimes"), m.Lifetimes); err != nil {
		return nil, err
	}
	if doc.Enforcement, err = enforcements.list(path.Root("enforcement"), m.Enforcement); err != nil {
		return nil, err
	}
	if doc.Authority, err = m.Authority.document(path.Root("authority")); err != nil {
		return nil, err
	}
	if doc.RequireClosed, err = closures.list(path.Root("require_closed"), m.RequireClosed); err != nil {
		return nil, err
	}
	if doc.Triggers, err = triggers.list(path.Root("triggers"), m.Triggers); err != nil {
		return nil, err
	}
	doc.Classes, err = classes.mapping(path.Root("classes"), m.Classes)
	return doc, err
}

func (a *authority) document(at path.Path) (*document.Authority, error) {
	if a == nil {
		return nil, nil //nolint:nilnil // not stated
	}
	doc := &document.Authority{}
	if !a.Trust.IsNull() {
		trust := a.Trust.ValueBool()
		doc.Trust = &trust
	}
	var err error
	if doc.Attest, err = authorizations.list(at.AtName("attest"), a.Attest); err != nil {
		return nil, err
	}
	doc.Except, err = authorizations.list(at.AtName("except"), a.Except)
	return doc, err
}
