// Package asset holds the data sources custody_asset and custody_assets: what
// asset systems say, without any decision.
package asset

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/binding"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/run"
)

// DataSource is custody_asset: one record.
type DataSource struct{ run.DataSource }

var _ datasource.DataSourceWithConfigure = (*DataSource)(nil)

// NewDataSource returns the data source custody_asset.
func NewDataSource() datasource.DataSource {
	return &DataSource{run.DataSource{Name: "asset"}}
}

// Schema returns the data source's schema.
func (d *DataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	attributes := map[string]schema.Attribute{
		"asset": schema.StringAttribute{
			Required: true, Validators: []validator.String{binding.Asset()},
			MarkdownDescription: "The asset, as `\"<system>/<id>\"`.",
		},
		"exists": schema.BoolAttribute{Computed: true,
			MarkdownDescription: "Whether the system holds a record of the asset. `false` only if the system answered that it does not: a system that does not answer fails the plan."},
		"records": schema.Int64Attribute{Computed: true,
			MarkdownDescription: "How many records the system holds of this id; more than one is a duplicate, and then fields in which the records disagree are null."},
	}
	for name, a := range recordSchema() {
		attributes[name] = a
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "What an asset system says of one asset. For a decision about access use `custody_binding`.",
		Attributes:          attributes,
	}
}

type assetModel struct {
	Asset   types.String `tfsdk:"asset"`
	Exists  types.Bool   `tfsdk:"exists"`
	Records types.Int64  `tfsdk:"records"`
	recordModel
}

// Read takes the record from the run's snapshot.
func (d *DataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m assetModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	ref, ok := lifecycle.ParseRef(m.Asset.ValueString())
	if resp.Diagnostics.HasError() || !ok {
		return
	}
	records, err := d.Run.Facts.Asset(ctx, ref)
	if err != nil {
		d.Run.Report(&resp.Diagnostics, path.Root("asset"), err)
		return
	}
	m.Exists = types.BoolValue(len(records) > 0)
	m.Records = types.Int64Value(int64(len(records)))
	m.recordModel = modelOf(lifecycle.Merge(records))
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}
