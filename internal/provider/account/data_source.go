package account

import (
	"context"
	"errors"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/operation"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/run"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/value"
)

// DataSource is the data source custody_account: what a target shows of an account,
// for what decides before the account is switched.
type DataSource struct{ run.DataSource }

var _ datasource.DataSourceWithConfigure = (*DataSource)(nil)

// NewDataSource returns the data source custody_account.
func NewDataSource() datasource.DataSource {
	return &DataSource{run.DataSource{Name: "account"}}
}

// shown is a data.custody_account in configuration and state.
type shown struct {
	Target     types.String `tfsdk:"target"`
	Subject    types.String `tfsdk:"subject"`
	ID         types.String `tfsdk:"id"`
	Present    types.Bool   `tfsdk:"present"`
	Account    types.String `tfsdk:"account"`
	AccountID  types.String `tfsdk:"account_id"`
	Enabled    types.Bool   `tfsdk:"enabled"`
	ExpiresAt  types.String `tfsdk:"expires_at"`
	LastUsedAt types.String `tfsdk:"last_used_at"`
	Issued     types.List   `tfsdk:"issued"`
}

// Schema returns the data source's schema.
func (d *DataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	text := func(description string) schema.StringAttribute {
		return schema.StringAttribute{Computed: true, MarkdownDescription: description}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "What a target shows of an account that exists already. Nothing is changed, and nothing needs to be in the state: with it, a grant can see when an account was last used, " +
			"before the grant decides whether the account stays enabled. An account that is not there does not fail the plan.",
		Attributes: map[string]schema.Attribute{
			"target": schema.StringAttribute{
				Required: true, Validators: []validator.String{value.Stated()},
				MarkdownDescription: "The system that holds the account: a name from the provider's `systems`, of a kind that switches accounts (see the resource `custody_account`).",
			},
			"subject":      schema.StringAttribute{Required: true, Validators: []validator.String{subject()}, MarkdownDescription: "The account: its id or user name in the target."},
			"id":           text("`\"<target>/<subject>\"`."),
			"present":      schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether the account is there. `false` only if the target answered that it is not."},
			"account":      text("What the target calls the account. Null if it is not there."),
			"account_id":   text("The account's own identity, which outlives a rename."),
			"enabled":      schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether the account is switched on in effect. Null if it is not there."},
			"expires_at":   text("From when on the target refuses the account, RFC 3339 in UTC, or `never`. Null if the target does not show it."),
			"last_used_at": text("The time of the last login, RFC 3339 in UTC. Null if the target does not show it."),
			"issued":       schema.ListAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: "What the account has been given and still works, as far as the target knows."},
		},
	}
}

// Read reads the account.
func (d *DataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var s shown
	resp.Diagnostics.Append(req.Config.Get(ctx, &s)...)
	if resp.Diagnostics.HasError() {
		return
	}
	target, err := d.Run.Targets.Find(s.Target.ValueString())
	if err != nil {
		operation.Read.Report(&resp.Diagnostics, path.Root("target"), err)
		return
	}
	m := model{Target: s.Target, Subject: s.Subject}
	a, err := d.Run.Targets.Seen(ctx, target, s.Subject.ValueString())
	switch {
	case errors.Is(err, fault.ErrConfig):
		operation.Read.Report(&resp.Diagnostics, path.Root("subject"), err)
		return
	case err != nil:
		d.Run.Report(operation.Read, &resp.Diagnostics, m.object(), path.Root("target"), err)
		return
	}
	m.describe((&wanted{}).listed(a))
	s.ID, s.Present, s.Account, s.AccountID, s.LastUsedAt, s.Issued = m.ID, m.Present, m.Account, m.AccountID, m.LastUsedAt, m.Issued
	if a != nil {
		s.Enabled, s.ExpiresAt = types.BoolValue(a.Enabled), endOf(a)
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &s)...)
}
