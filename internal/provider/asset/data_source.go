// Package asset holds the data sources custody_asset and custody_assets: what
// asset systems say, without any decision.
package asset

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/binding"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/operation"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/run"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/value"
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
	attributes := single.DataSource()
	attributes["asset"] = schema.StringAttribute{
		Required: true, Validators: []validator.String{binding.Asset()},
		MarkdownDescription: "The asset, as `\"<system>/<id>\"`.",
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "What an asset system says about one asset. For a decision about access use `custody_binding`.",
		Attributes:          attributes,
	}
}

// Read reads the record from the run's snapshot.
func (d *DataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var asset types.String
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("asset"), &asset)...)
	ref, ok := lifecycle.ParseRef(asset.ValueString())
	if resp.Diagnostics.HasError() || !ok {
		return
	}
	records, err := d.Run.Facts.Asset(ctx, ref)
	if err != nil {
		d.Run.Report(operation.Read, &resp.Diagnostics, run.Object{Type: "custody_asset", Name: ref.String()}, path.Root("asset"), err)
		return
	}
	values := map[string]attr.Value{"asset": asset}
	single.Write(values, find(ref, records))
	resp.Diagnostics.Append(resp.State.Set(ctx, value.Object(values))...)
}
