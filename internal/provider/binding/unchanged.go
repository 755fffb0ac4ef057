package binding

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/custodyhq/terraform-provider-custody/internal/provider/run"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/value"
)

// ReadsUnchanged reports whether the facts of this run are those of the state, so that
// reading it leaves it as it is, without a word to say. Whatever is in doubt is not
// unchanged.
func ReadsUnchanged(ctx context.Context, current *run.Run, state tftypes.Value) bool {
	return unchanged(ctx, current.Assess, state)
}

// PlansUnchanged reports the same of planning it.
func PlansUnchanged(ctx context.Context, current *run.Run, state tftypes.Value) bool {
	return unchanged(ctx, current.AssessPlanned, state)
}

func unchanged(ctx context.Context, assess assessor, state tftypes.Value) bool {
	v, err := objectType.ValueFromTerraform(ctx, state)
	if err != nil {
		return false
	}
	object, ok := v.(types.Object)
	if !ok || object.IsNull() || object.IsUnknown() {
		return false
	}
	m := model(object.Attributes())
	if !m.known() || m["digest"].IsNull() { // just imported
		return false
	}
	q, err := m.question()
	if err != nil {
		return false
	}
	live, err := assess(ctx, q)
	if err != nil {
		return false
	}
	for i := range facts {
		if !facts[i].Write(&live).Equal(m[facts[i].Name]) {
			return false
		}
	}
	return saysButNames(value.TextOf(m[factsName]), &live, &q)
}

var objectType = types.ObjectType{AttrTypes: modelTypes}
