package run

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
)

// DataSource holds what every data source that reads facts needs: its name and
// the run. It is embedded.
type DataSource struct {
	// Name is the data source's name without that of the provider.
	Name string
	// Run is nil while the provider is not configured.
	Run *Run
}

// Metadata names the data source.
func (d *DataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_" + d.Name
}

// Configure gets the run from the provider.
func (d *DataSource) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	d.Run = From(req.ProviderData, &resp.Diagnostics)
}
