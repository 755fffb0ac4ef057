package plugin

import (
	"context"
	"maps"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// validations counts the configurations that reach the framework.
type validations struct {
	ProtocolServer
	asked int
}

func (v *validations) ValidateResourceConfig(ctx context.Context, req *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	v.asked++
	return v.ProtocolServer.ValidateResourceConfig(ctx, req)
}

// Whatever a configuration states, both ways say the same about it; and what users
// usually state is answered without the framework.
func TestConfigurationsAreValidatedAsTheFrameworkDoes(t *testing.T) {
	c := newCore(t)
	asked := &validations{ProtocolServer: c.counted.ProtocolServer}
	c.counted.ProtocolServer = asked
	grant := c.schemas[resourceNames[1]].ValueType().(tftypes.Object)
	binding := tftypes.NewValue(grant.AttributeTypes["binding"], map[string]tftypes.Value{
		"facts": tftypes.NewValue(tftypes.String, "{}"), "memory": tftypes.NewValue(tftypes.String, nil),
	})
	usual := map[string]tftypes.Value{
		resourceNames[0]: valueOf(c.schemas[resourceNames[0]].ValueType(), map[string]any{"asset": "cmdb/A-1", "declared": map[string]any{"owner": "alice"}}),
		resourceNames[1]: stating(valueOf(grant, map[string]any{"access": "vpn", "risk": "privileged", "ttl": "30d"}), c, "binding", binding),
	}
	for name, block := range usual {
		before := asked.asked
		if c.validate(name, block); asked.asked != before {
			t.Errorf("%s: the framework was asked about a configuration as users write it", name)
		}
		for attribute, of := range c.schemas[name].ValueType().(tftypes.Object).AttributeTypes {
			for _, odd := range oddValues(of) {
				c.validate(name, stating(block, c, attribute, odd))
			}
		}
	}
	if asked.asked == 0 {
		t.Error("no odd value reached the framework")
	}
}

// stating returns a configuration in which one attribute is another.
func stating(config tftypes.Value, c *core, attribute string, v tftypes.Value) tftypes.Value {
	fields := maps.Clone(c.fields(config))
	fields[attribute] = v
	return tftypes.NewValue(config.Type(), fields)
}

// oddValues are values of a type: none, unknown, and what validators refuse or take.
func oddValues(of tftypes.Type) []tftypes.Value {
	out := []tftypes.Value{tftypes.NewValue(of, nil), tftypes.NewValue(of, tftypes.UnknownValue)}
	switch of := of.(type) {
	case tftypes.Object:
		for attribute, inner := range of.AttributeTypes {
			for _, odd := range oddValues(inner) {
				fields := make(map[string]tftypes.Value)
				for name, other := range of.AttributeTypes {
					fields[name] = tftypes.NewValue(other, nil)
				}
				fields[attribute] = odd
				out = append(out, tftypes.NewValue(of, fields))
			}
		}
	case tftypes.List:
		out = append(out, oddLists(of, of.ElementType)...)
	case tftypes.Set:
		out = append(out, oddLists(of, of.ElementType)...)
	case tftypes.Map:
		out = append(out, tftypes.NewValue(of, map[string]tftypes.Value{}))
	default:
		if of.Is(tftypes.String) {
			for _, text := range []string{"", " ", "x", "privileged", "30d", "2030-01-31", "2030-01-31T12:00:00Z", "cmdb/A-1", "\x00", "disable"} {
				out = append(out, tftypes.NewValue(of, text))
			}
		}
	}
	return out
}

func oddLists(of, element tftypes.Type) []tftypes.Value {
	out := []tftypes.Value{tftypes.NewValue(of, []tftypes.Value{})}
	for _, odd := range oddValues(element) {
		if odd.IsKnown() {
			out = append(out, tftypes.NewValue(of, []tftypes.Value{odd}))
		}
	}
	return out
}
