// Package owner holds the data source custody_owner: what the directories say
// about an owner.
package owner

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/operation"
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

// Schema returns the data source's schema.
func (d *DataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	attributes := rows.DataSource()
	attributes["owner"] = schema.StringAttribute{
		Required: true, Validators: []validator.String{value.Stated()},
		MarkdownDescription: "The owner by any key: an id, an email address or a user name, in any case; or `<directory>/<id>`, which asks only that directory.",
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "What the directories say about an owner: a person, a team or a service identity. An unknown owner, or an ambiguous key, does not fail the plan.",
		Attributes:          attributes,
	}
}

// Read resolves the owner in the run's snapshot.
func (d *DataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var owner types.String
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("owner"), &owner)...)
	if resp.Diagnostics.HasError() {
		return
	}
	f, err := d.find(ctx, owner.ValueString())
	if err != nil {
		d.Run.Report(operation.Read, &resp.Diagnostics, run.Object{Type: "custody_owner", Name: owner.ValueString()}, path.Root("owner"), err)
		return
	}
	values := map[string]attr.Value{"owner": owner}
	rows.Write(values, f)
	resp.Diagnostics.Append(resp.State.Set(ctx, value.Object(values))...)
}

func (d *DataSource) find(ctx context.Context, key string) (*found, error) {
	people, err := d.Run.Facts.Resolve(ctx, key)
	if err != nil {
		return nil, err
	}
	f := &found{}
	switch len(people) {
	case 0:
	case 1:
		p := people[0]
		f.Exists, f.Person, f.Holder = true, p, p.Holder()
		f.Status = lifecycle.StatusAt(p, d.Run.Now, d.Run.Rules.LeadTime).String()
		if p.Kind == lifecycle.KindTeam {
			members, err := d.Run.Facts.Members(ctx, p)
			if err != nil {
				return nil, err
			}
			f.Members = lifecycle.HoldersOf(members)
		}
	default:
		f.Candidates = lifecycle.HoldersOf(people)
	}
	return f, nil
}
