package grant

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Terraform proposes the prior value for an argument that was taken out of the
// configuration and has a default, so that the proposal looks like the state.
func TestAnArgumentThatWasTakenOutIsAChange(t *testing.T) {
	object := func(risk, onBlock any) tftypes.Value {
		of := tftypes.Object{AttributeTypes: map[string]tftypes.Type{"risk": tftypes.String, "on_block": tftypes.String}}
		return tftypes.NewValue(of, map[string]tftypes.Value{"risk": tftypes.NewValue(tftypes.String, risk), "on_block": tftypes.NewValue(tftypes.String, onBlock)})
	}
	for name, c := range map[string]struct {
		config, state tftypes.Value
		want          bool
	}{
		"left out":              {object(nil, nil), object("standard", "remove"), true},
		"written":               {object("privileged", "disable"), object("privileged", "disable"), true},
		"risk taken out":        {object(nil, "remove"), object("privileged", "remove"), false},
		"on_block taken out":    {object("standard", nil), object("standard", "disable"), false},
		"none in the state yet": {object(nil, nil), object(nil, "remove"), false},
	} {
		if got := defaultsStand(c.config, c.state); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
	for name, a := range grantSchema.Attributes {
		_, known := defaults[name]
		if s, ok := a.(schema.StringAttribute); ok && (s.Default != nil) != known || !ok && a.IsOptional() && a.IsComputed() {
			t.Errorf("%s is filled in, and defaults does not say so", name)
		}
	}
}
