// Package provider is the Terraform provider custody: it joins asset records,
// directories and a policy at plan time.
package provider

import (
	"context"
	"sync/atomic"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/custodyhq/terraform-provider-custody/internal/clock"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/account"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/assertion"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/asset"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/binding"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/connect"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/events"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/grant"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/lease"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/owner"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/policy"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/record"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/reviews"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/run"
)

// Provider is the provider custody.
type Provider struct {
	version    string
	clock      clock.Clock
	kinds      *connect.Kinds
	configured configuredRuns
	registers  record.Registers
	run        atomic.Pointer[run.Run] // nil while the provider is not configured
}

var _ provider.ProviderWithEphemeralResources = (*Provider)(nil)

// New returns a provider of the given version that reads the given clock.
func New(version string, c clock.Clock) *Provider {
	return &Provider{version: version, clock: c, kinds: connect.Shipped()}
}

// Metadata names the provider.
func (p *Provider) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = "custody"
	resp.Version = p.version
}

// Schema returns the schema of the provider block.
func (p *Provider) Schema(_ context.Context, _ provider.SchemaRequest, resp *provider.SchemaResponse) {
	resp.Schema = schemaOf(p.kinds)
}

// Configure connects the systems and fixes the instant of the run. Nothing is
// read from a system yet.
func (p *Provider) Configure(ctx context.Context, req provider.ConfigureRequest, resp *provider.ConfigureResponse) {
	r := p.start(ctx, req.Config, &resp.Diagnostics)
	p.run.Store(r)
	if r == nil {
		return
	}
	resp.ResourceData = r
	resp.DataSourceData = r
	resp.EphemeralResourceData = r
}

// Resources lists the resources.
func (p *Provider) Resources(context.Context) []func() resource.Resource {
	return []func() resource.Resource{
		account.New,
		asset.NewResource,
		binding.New,
		grant.New,
	}
}

// DataSources lists the data sources.
func (p *Provider) DataSources(context.Context) []func() datasource.DataSource {
	return []func() datasource.DataSource{
		account.NewDataSource,
		asset.NewDataSource,
		asset.NewListDataSource,
		events.NewDataSource,
		owner.NewDataSource,
		policy.NewDataSource,
		reviews.NewDataSource,
	}
}

// EphemeralResources lists the ephemeral resources.
func (p *Provider) EphemeralResources(context.Context) []func() ephemeral.EphemeralResource {
	return []func() ephemeral.EphemeralResource{
		assertion.New,
		lease.New,
	}
}
