package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/custodyhq/terraform-provider-custody/internal/provider/binding"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/grant"
)

// Shape is what is known of a resource's state without the plugin framework.
type Shape struct {
	Version int64
	Type    tftypes.Object
	// Read and Plan report whether a read, or a plan that proposes the state as it is,
	// leaves the state as it is and says nothing.
	Read func(ctx context.Context, state tftypes.Value) bool
	Plan func(ctx context.Context, config, state tftypes.Value) bool
	// Valid reports whether the validators of a configuration have nothing to say.
	Valid func(ctx context.Context, config tftypes.Value) bool
}

// Shapes returns the shapes of the resources, by their names. Before the provider is
// configured nothing is unchanged.
func (p *Provider) Shapes(ctx context.Context) map[string]Shape {
	out := make(map[string]Shape)
	for _, n := range p.Resources(ctx) {
		r := n()
		var named resource.MetadataResponse
		r.Metadata(ctx, resource.MetadataRequest{ProviderTypeName: "custody"}, &named)
		var described resource.SchemaResponse
		r.Schema(ctx, resource.SchemaRequest{}, &described)
		s := Shape{Version: described.Schema.Version}
		s.Type, _ = described.Schema.Type().TerraformType(ctx).(tftypes.Object)
		s.Valid = func(ctx context.Context, config tftypes.Value) bool {
			return accepts(ctx, described.Schema.Attributes, config)
		}
		switch r.(type) {
		case *grant.Resource:
			// A grant is decided in the plan alone; what is read is whether a question was
			// answered.
			s.Read = func(_ context.Context, state tftypes.Value) bool { return grant.ReadsNothing(state) }
			s.Plan = func(ctx context.Context, config, state tftypes.Value) bool {
				r := p.run.Load()
				return r != nil && grant.Unchanged(ctx, r, config, state)
			}
		case *binding.Resource:
			s.Read = func(ctx context.Context, state tftypes.Value) bool {
				r := p.run.Load()
				return r != nil && !r.Tell.Retries() && binding.ReadsUnchanged(ctx, r, state)
			}
			s.Plan = func(ctx context.Context, _, state tftypes.Value) bool {
				r := p.run.Load()
				return r != nil && binding.PlansUnchanged(ctx, r, state)
			}
		default:
			continue
		}
		if validates(r) {
			s.Valid = func(context.Context, tftypes.Value) bool { return false }
		}
		out[named.TypeName] = s
	}
	return out
}

// validates reports whether a resource has more to say about a configuration than the
// validators of its attributes.
func validates(r resource.Resource) bool {
	_, whole := r.(resource.ResourceWithValidateConfig)
	_, several := r.(resource.ResourceWithConfigValidators)
	return whole || several
}
