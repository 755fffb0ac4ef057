// Package assertion holds the ephemeral resource custody_assertion: whether an access
// may be used at this moment.
package assertion

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/attribute"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/grant"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/operation"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/run"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/value"
)

// unknownStatus is the status of an access whose facts are not known.
const unknownStatus = "unknown"

const summary = "Access Is Not Confirmed"

// Resource is custody_assertion. It changes nothing, and leaves nothing behind.
type Resource struct {
	run *run.Run
}

var _ ephemeral.EphemeralResourceWithConfigure = (*Resource)(nil)

// New returns the ephemeral resource.
func New() ephemeral.EphemeralResource { return &Resource{} }

// Metadata names the ephemeral resource.
func (r *Resource) Metadata(_ context.Context, req ephemeral.MetadataRequest, resp *ephemeral.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_assertion"
}

// Schema returns the schema.
func (r *Resource) Schema(_ context.Context, _ ephemeral.SchemaRequest, resp *ephemeral.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Whether an access may be used at this moment: the grant, decided again on live facts, by its own arguments, policy and memory. " +
			"It is asked while a plan is made and once more while it is applied, and nothing of it is in the state or in the plan. " +
			"In a `precondition` it stops the apply of a credential that hangs on an unchanged grant, which an apply does not look at again.\n\n" +
			"Requires Terraform 1.10 or OpenTofu 1.11.",
		Attributes: map[string]schema.Attribute{
			"grant": schema.ObjectAttribute{
				Required: true, AttributeTypes: grant.AttributeTypes(),
				MarkdownDescription: "The grant: pass the whole resource, `grant = custody_grant.<name>`.",
			},
			"strict": schema.BoolAttribute{
				Optional: true,
				MarkdownDescription: "Fail where the access is not active, with the reasons. Default `false`. A failing ephemeral resource stops plans too, also those that take the access away or destroy it: " +
					"write `strict = terraform.applying`.",
			},
			"active": schema.BoolAttribute{
				Computed:            true,
				MarkdownDescription: "Whether a credential that the grant has given stays enabled on the facts of this moment. `false` on facts that are not known.",
			},
			"generations": schema.ListAttribute{
				Computed: true, ElementType: types.StringType,
				MarkdownDescription: "The keys of the generations that stay enabled, to confirm a single credential: `contains(ephemeral.custody_assertion.<name>.generations, each.key)`.",
			},
			"status": schema.StringAttribute{
				Computed: true,
				MarkdownDescription: "The status that the grant would have: " + attribute.Words(lifecycle.Statuses()) + ". `" + unknownStatus +
					"` if a system did not answer and `on_unavailable` is `hold`.",
			},
			"because": schema.ListAttribute{
				Computed: true, ElementType: types.StringType,
				MarkdownDescription: "Why, in sentences, as `because` of the grant.",
			},
		},
	}
}

// Configure takes the run over from the provider.
func (r *Resource) Configure(_ context.Context, req ephemeral.ConfigureRequest, resp *ephemeral.ConfigureResponse) {
	r.run = run.From(req.ProviderData, &resp.Diagnostics)
}

// model is a custody_assertion.
type model struct {
	Grant       types.Object `tfsdk:"grant"`
	Strict      types.Bool   `tfsdk:"strict"`
	Active      types.Bool   `tfsdk:"active"`
	Generations types.List   `tfsdk:"generations"`
	Status      types.String `tfsdk:"status"`
	Because     types.List   `tfsdk:"because"`
}

// Open decides the grant again.
func (r *Resource) Open(ctx context.Context, req ephemeral.OpenRequest, resp *ephemeral.OpenResponse) {
	var m model
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() || r.run == nil {
		return
	}
	at := path.Root("grant")
	s := grant.Stand(ctx, r.run, m.Grant, at, &resp.Diagnostics)
	if s == nil {
		return
	}
	if !s.Active {
		m.report(s, at, &resp.Diagnostics)
	}
	m.Active, m.Status = types.BoolValue(s.Active), types.StringValue(unknownStatus)
	if s.Status != "" {
		m.Status = types.StringValue(s.Status)
	}
	m.Generations, m.Because = value.Texts(s.Enabled), value.Texts(s.Because)
	resp.Diagnostics.Append(resp.Result.Set(ctx, &m)...)
}

// report says that the access is not active, where the grant itself does not say so.
func (m *model) report(s *grant.Standing, at path.Path, diags *diag.Diagnostics) {
	const advice = "Make a new plan: it shows what follows from these facts. If a fact is wrong, correct it in its own system first."
	granted, _ := m.Grant.Attributes()["active"].(types.Bool)
	switch {
	case m.Strict.ValueBool():
		operation.Open.Report(diags, at, s.Refusal(summary, advice))
	case granted.ValueBool() && s.Status != "": // of facts that are not known there is a warning already
		operation.Open.Warn(diags, at, summary, s.Refusal(summary, advice))
	}
}
