// Package owner holds the data source custody_owner: what the directories say
// of an owner.
package owner

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/run"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/value"
)

// DataSource is custody_owner.
type DataSource struct{ run.DataSource }

var _ datasource.DataSourceWithConfigure = (*DataSource)(nil)

// NewDataSource returns the data source custody_owner.
func NewDataSource() datasource.DataSource {
	return &DataSource{run.DataSource{Name: "owner"}}
}

type model struct {
	Owner      types.String `tfsdk:"owner"`
	Exists     types.Bool   `tfsdk:"exists"`
	Candidates types.List   `tfsdk:"candidates"`
	Holder     types.String `tfsdk:"holder"`
	Email      types.String `tfsdk:"email"`
	Username   types.String `tfsdk:"username"`
	Name       types.String `tfsdk:"name"`
	Kind       types.String `tfsdk:"kind"`
	Status     types.String `tfsdk:"status"`
	EndDate    types.String `tfsdk:"end_date"`
	Manager    types.String `tfsdk:"manager"`
	Teams      types.List   `tfsdk:"teams"`
	Members    types.List   `tfsdk:"members"`
}

func text(description string) schema.StringAttribute {
	return schema.StringAttribute{Computed: true, MarkdownDescription: description}
}

func texts(description string) schema.ListAttribute {
	return schema.ListAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: description}
}

// Schema returns the data source's schema.
func (d *DataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "What the directories say of an owner: a person, a team or a service identity. An owner that nobody knows, or whose key is ambiguous, does not fail the plan.",
		Attributes: map[string]schema.Attribute{
			"owner": schema.StringAttribute{
				Required: true, Validators: []validator.String{value.Stated()},
				MarkdownDescription: "The owner by any key: an id, an email address or a user name, without regard to case; or `<directory>/<id>`, which asks that directory only.",
			},
			"exists":     schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether exactly one entry matches. `false` only if every directory answered: one that does not answer fails the plan."},
			"candidates": texts("The entries that match, as `<directory>/<id>`, if there are several. Empty otherwise."),
			"holder":     text("The canonical name, `<directory>/<id>`. Null unless exactly one entry matches."),
			"email":      text("The email address. Null if there is none."),
			"username":   text("The user name. Null if there is none."),
			"name":       text("The name for people. Null if there is none."),
			"kind":       text("One of `" + strings.Join(lifecycle.OwnerKinds(), "`, `") + "`."),
			"status":     text("Whether the owner is still here: one of `" + strings.Join(lifecycle.OwnerStatuses(), "`, `") + "`. `leaving` also from the policy's `lead_time` before the end date on."),
			"end_date":   text("The end of the last day, RFC 3339 in UTC. Null if none is set."),
			"manager":    text("The manager, by the key that the directory gives. Null if there is none."),
			"teams":      texts("The teams."),
			"members":    texts("For a team its members, as `<directory>/<id>`, sorted. Empty otherwise."),
		},
	}
}

// Read resolves the owner in the run's snapshot.
func (d *DataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m model
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	people, err := d.Run.Facts.Resolve(ctx, m.Owner.ValueString())
	if err != nil {
		d.Run.Report(&resp.Diagnostics, path.Root("owner"), err)
		return
	}
	var p lifecycle.Person
	var members []string
	m.Exists = types.BoolValue(len(people) == 1)
	m.Candidates = value.Texts(nil)
	switch len(people) {
	case 0:
	case 1:
		p = people[0]
		if members, err = d.members(ctx, p); err != nil {
			d.Run.Report(&resp.Diagnostics, path.Root("owner"), err)
			return
		}
	default:
		m.Candidates = value.Texts(lifecycle.HoldersOf(people))
	}
	m.set(p, members, d.Run)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}

func (d *DataSource) members(ctx context.Context, p lifecycle.Person) ([]string, error) {
	if p.Kind != lifecycle.KindTeam {
		return nil, nil
	}
	people, err := d.Run.Facts.Members(ctx, p)
	return lifecycle.HoldersOf(people), err
}

func (m *model) set(p lifecycle.Person, members []string, r *run.Run) {
	m.Holder = types.StringNull()
	m.Status = types.StringNull()
	if p.ID != "" {
		m.Holder = types.StringValue(p.Holder())
		m.Status = types.StringValue(lifecycle.StatusAt(p, r.Now, r.Rules.LeadTime).String())
	}
	m.Email, m.Username, m.Name = value.Text(p.Email), value.Text(p.Username), value.Text(p.Name)
	m.Kind = value.Text(p.Kind.String())
	m.EndDate, m.Manager = value.Instant(p.EndDate), value.Text(p.Manager)
	m.Teams, m.Members = value.Texts(p.Teams), value.Texts(members)
}
