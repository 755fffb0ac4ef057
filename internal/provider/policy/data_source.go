// Package policy holds the data source custody_policy: it renders a policy
// document, and checks it at the attributes that hold it.
package policy

import (
	"context"
	"errors"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	document "github.com/custodyhq/terraform-provider-custody/internal/policy"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/operation"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/value"
)

// DataSource is custody_policy. It depends on its arguments only, and asks no
// system.
type DataSource struct{}

var (
	_ datasource.DataSource                   = (*DataSource)(nil)
	_ datasource.DataSourceWithValidateConfig = (*DataSource)(nil)
)

// NewDataSource returns the data source custody_policy.
func NewDataSource() datasource.DataSource { return &DataSource{} }

// Metadata names the data source.
func (d *DataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_policy"
}

// Schema returns the data source's schema.
func (d *DataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = policySchema
}

// ValidateConfig checks the document as soon as it is wholly known, which for
// most is during validate.
func (d *DataSource) ValidateConfig(ctx context.Context, req datasource.ValidateConfigRequest, resp *datasource.ValidateConfigResponse) {
	if !req.Config.Raw.IsFullyKnown() {
		return
	}
	var m model
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if !resp.Diagnostics.HasError() {
		m.compile(&resp.Diagnostics)
	}
}

// Read renders the document.
func (d *DataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m model
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	doc, rules := m.compile(&resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	m.JSON = value.Text(string(document.Render(doc)))
	m.compare(doc, rules, &resp.Diagnostics)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}

// name is the name of the document in messages.
const name = "policy"

// compile checks the document that the attributes describe.
func (m *model) compile(diags *diag.Diagnostics) (*document.Document, *lifecycle.Rules) {
	doc, err := m.document()
	if err != nil {
		var f *fieldError
		if errors.As(err, &f) {
			operation.Read.ReportPolicy(diags, f.at, f.err)
			return nil, nil
		}
		operation.Read.ReportPolicy(diags, path.Empty(), err)
		return nil, nil
	}
	rules, err := document.Compile(doc, name)
	if err != nil {
		report(diags, err)
		return nil, nil
	}
	return doc, rules
}

// compare says how the document differs from the one that it extends, and which of
// its selectors match nothing. The environments of the records are unknown, because
// the data source asks no system.
func (m *model) compare(doc *document.Document, rules *lifecycle.Rules, diags *diag.Diagnostics) {
	milder, stricter, err := document.CompareDocument(doc, name)
	if err != nil {
		report(diags, err)
		return
	}
	m.Milder, m.Stricter = value.Texts(milder), value.Texts(stricter)
	m.Unmatched = value.Texts(document.Unmatched(doc, rules, nil))
}

// report reports every problem at its attribute. The document's keys and the
// data source's attributes have the same names.
func report(diags *diag.Diagnostics, err error) {
	var problems document.Problems
	if !errors.As(err, &problems) {
		diags.AddError("Invalid Policy", err.Error())
		return
	}
	for _, p := range problems {
		detail := p.Detail
		if len(p.Path) > 1 {
			detail = "At " + p.Location() + ": " + detail // Terraform shows the line of the block only
		}
		diags.AddAttributeError(attributePath(p.Path), p.Summary, detail)
	}
}

func attributePath(steps []any) path.Path {
	at := path.Empty()
	for i, step := range steps {
		switch step := step.(type) {
		case string:
			switch {
			case i == 0:
				at = path.Root(step)
			case isMap(steps[:i]):
				at = at.AtMapKey(step)
			default:
				at = at.AtName(step)
			}
			if i == 0 && step == "extends" {
				return at // the rest is in another document
			}
		case int:
			at = at.AtListIndex(step)
		}
	}
	return at
}

// isMap reports whether the value at the path is a map and not an object.
func isMap(steps []any) bool {
	switch len(steps) {
	case 1:
		return steps[0] == "classes"
	case 2:
		return steps[0] == "confidence" && steps[1] == "points"
	default:
		return false
	}
}
