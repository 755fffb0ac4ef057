package grant

import (
	"context"
	"reflect"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/operation"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/run"
)

// Unchanged reports whether a plan that proposes the state as it is leaves it so,
// without a word to say. It does what ModifyPlan does of such a grant, from the same
// functions, and spares the plugin framework's own work on each attribute. Whatever
// is in doubt is not unchanged: then the framework plans it, and says what there is to
// say.
func Unchanged(ctx context.Context, current *run.Run, config, state tftypes.Value) bool {
	if !defaultsStand(config, state) {
		return false
	}
	m, err := read(ctx, state)
	if err != nil || !m.known() {
		return false
	}
	r := &Resource{run: current}
	var diags diag.Diagnostics
	t := r.input(operation.Plan, m, m, &diags)
	if t == nil || len(lifecycle.AuthorityKeys(t.input.Spec, t.input.Prior)) > 0 || !r.checked(ctx, operation.Plan, t.input, &diags) || len(diags) > 0 {
		return false
	}
	if err := r.decideOn(t); err != nil || len(t.decision.Clamped) > 0 || !t.settled(m) || t.decision.Issues || !r.recorded(ctx, t) {
		return false
	}
	live, err := current.AssessPlanned(ctx, t.question)
	if err != nil || live.Digest() != t.binding.Digest() && !t.binding.Held {
		return false
	}
	// From here on the run takes note of the grant, as it does of any other.
	return !r.run.Brake.Twice(t.decision.Grant.ID(), run.Planned{Prior: true, Config: m.fingerprint()}) && r.run.Brake.Count(t.effect()) == nil
}

// defaultsStand reports whether what the configuration leaves out is, in the state,
// what it would be filled in with.
func defaultsStand(config, state tftypes.Value) bool {
	var stated, known map[string]tftypes.Value
	if config.As(&stated) != nil || state.As(&known) != nil {
		return false
	}
	for name, want := range defaults {
		var have string
		if v, ok := stated[name]; !ok || v.IsNull() && (known[name].As(&have) != nil || have != want) {
			return false
		}
	}
	return true
}

// field is a field of the model, with the type of its attribute.
type field struct {
	name string
	kind attr.Type
}

// fields are those of the model, in order.
var fields = func() []field {
	of := reflect.TypeFor[model]()
	out := make([]field, of.NumField())
	for i := range out {
		name := of.Field(i).Tag.Get("tfsdk")
		out[i] = field{name, grantSchema.Attributes[name].GetType()}
	}
	return out
}()

// read fills a model from a state. It is what the framework's Get does, without its
// way through the schema for each attribute.
func read(ctx context.Context, state tftypes.Value) (*model, error) {
	var values map[string]tftypes.Value
	if err := state.As(&values); err != nil {
		return nil, err
	}
	m := &model{}
	into := reflect.ValueOf(m).Elem()
	for i, f := range fields {
		v, err := f.kind.ValueFromTerraform(ctx, values[f.name])
		if err != nil {
			return nil, err
		}
		into.Field(i).Set(reflect.ValueOf(v))
	}
	return m, nil
}
