package plugin

import (
	"context"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/custodyhq/terraform-provider-custody/internal/clock"
	"github.com/custodyhq/terraform-provider-custody/internal/provider"
)

var thing = tftypes.Object{AttributeTypes: map[string]tftypes.Type{
	"id": tftypes.String, "serial": tftypes.Number, "words": tftypes.List{ElementType: tftypes.String},
	"keys":  tftypes.Map{ElementType: tftypes.Object{AttributeTypes: map[string]tftypes.Type{"on": tftypes.Bool}}},
	"basis": tftypes.Object{AttributeTypes: map[string]tftypes.Type{"class": tftypes.String}},
}}

const fitting = `{"id": "a", "serial": 1, "words": ["x", null], "keys": {"g1": {"on": true}, "id": {"on": null}}, "basis": {"class": null}}`

// Terraform decodes a state that is passed on by the schema, and fails for an
// attribute too many or too few.
func TestStatesThatFit(t *testing.T) {
	for text, want := range map[string]bool{
		fitting: true,
		`{"id": null, "serial": null, "words": null, "keys": null, "basis": null}`:                     true,
		`{"id": "a", "serial": 1, "words": [], "keys": {}, "basis": null, "more": 1}`:                  false,
		`{"id": "a", "serial": 1, "words": [], "keys": {}}`:                                            false,
		`{"id": "a", "id": "b", "serial": 1, "words": [], "keys": {}, "basis": null}`:                  false,
		`{"id": "a", "serial": 1, "words": [], "keys": {"g1": {}}, "basis": null}`:                     false,
		`{"id": "a", "serial": 1, "words": [], "keys": {"g1": {"on": true, "off": 1}}, "basis": null}`: false,
		`{"id": "a", "serial": 1, "words": {}, "keys": {}, "basis": null}`:                             false,
		`{"id": ["a"], "serial": 1, "words": [], "keys": {}, "basis": null}`:                           false,
		`{"id": "a", "serial": 1, "words": [], "keys": {}, "basis": {"class": {"x": 1}}}`:              false,
		`{"id": "a", "serial": 1, "words": [], "keys": {}, "basis": null} {}`:                          false,
		`{"id": "a", "serial": 1, "words": [], "keys": {}, "basis": null`:                              false,
		`[]`: false, `null`: true, ``: false, `"x"`: false,
	} {
		if got := fits([]byte(text), thing); got != want {
			t.Errorf("%s fits: %t", text, got)
		}
	}
}

func FuzzStatesThatFit(f *testing.F) {
	f.Add([]byte(fitting))
	f.Add([]byte(`{"id": "a", "serial": 1e400, "words": [{}], "keys": {"g1": [] }, "basis": 7}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if !fits(text, thing) {
			return
		}
		var names map[string]tftypes.Value
		raw := tfprotov6.RawState{JSON: text}
		if v, err := raw.Unmarshal(thing); err == nil && !v.IsNull() && (v.As(&names) != nil || len(names) != len(thing.AttributeTypes)) {
			t.Errorf("%s fits, and is %v", text, v)
		}
	})
}

// What the short way cannot be sure of reaches the framework, and nothing before the
// provider is configured.
func TestTheFrameworkIsAskedWhereAnythingIsInDoubt(t *testing.T) {
	state, err := tfprotov6.NewDynamicValue(thing, tftypes.NewValue(thing, map[string]tftypes.Value{
		"id": tftypes.NewValue(tftypes.String, "a"), "serial": tftypes.NewValue(tftypes.Number, 1),
		"words": tftypes.NewValue(thing.AttributeTypes["words"], nil), "keys": tftypes.NewValue(thing.AttributeTypes["keys"], nil),
		"basis": tftypes.NewValue(thing.AttributeTypes["basis"], nil),
	}))
	if err != nil {
		t.Fatal(err)
	}
	other := state
	other.MsgPack = append([]byte(nil), state.MsgPack...)
	other.MsgPack[len(other.MsgPack)-1]++
	null := tfprotov6.DynamicValue{MsgPack: []byte{0xc0}}
	sure := true
	shapes := map[string]provider.Shape{"thing": {
		Version: 1, Type: thing,
		Read: func(context.Context, tftypes.Value) bool { return sure },
		Plan: func(context.Context, tftypes.Value, tftypes.Value) bool { return sure },
	}}
	plan := func(name string, prior, proposed *tfprotov6.DynamicValue) bool {
		inner := &kept{}
		_, _ = (&untouched{inner, shapes}).PlanResourceChange(t.Context(), &tfprotov6.PlanResourceChangeRequest{
			TypeName: name, Config: &state, PriorState: prior, ProposedNewState: proposed,
		})
		return inner.ctx == nil
	}
	read := func(current *tfprotov6.DynamicValue) bool {
		inner := &kept{}
		_, _ = (&untouched{inner, shapes}).ReadResource(t.Context(), &tfprotov6.ReadResourceRequest{TypeName: "thing", CurrentState: current})
		return inner.ctx == nil
	}
	upgrade := func(version int64, text string) bool {
		inner := &kept{}
		_, _ = (&untouched{inner, shapes}).UpgradeResourceState(t.Context(), &tfprotov6.UpgradeResourceStateRequest{
			TypeName: "thing", Version: version, RawState: &tfprotov6.RawState{JSON: []byte(text)},
		})
		return inner.ctx == nil
	}
	for name, c := range map[string]struct{ got, want bool }{
		"unchanged":                   {plan("thing", &state, &state), true},
		"another resource":            {plan("other", &state, &state), false},
		"a change is proposed":        {plan("thing", &state, &other), false},
		"created":                     {plan("thing", &null, &state), false},
		"destroyed":                   {plan("thing", &state, &null), false},
		"a state that cannot be read": {plan("thing", &tfprotov6.DynamicValue{MsgPack: []byte{0xc1}}, &tfprotov6.DynamicValue{MsgPack: []byte{0xc1}}), false},
		"read":                        {read(&state), true},
		"read nothing":                {read(&null), false},
		"read JSON":                   {read(&tfprotov6.DynamicValue{JSON: []byte(fitting)}), false},
		"the present version":         {upgrade(1, fitting), true},
		"an earlier version":          {upgrade(0, fitting), false},
		"an attribute too many":       {upgrade(1, `{"id": "a", "serial": 1, "words": [], "keys": {}, "basis": null, "more": 1}`), false},
	} {
		if c.got != c.want {
			t.Errorf("%s: answered without the framework: %t", name, c.got)
		}
	}
	sure = false
	if plan("thing", &state, &state) || read(&state) {
		t.Error("an instance of which the provider is not sure was answered")
	}
	for name, s := range provider.New("test", clock.System{}).Shapes(t.Context()) {
		v := tftypes.NewValue(s.Type, nil)
		if s.Plan(t.Context(), v, v) {
			t.Errorf("%s is unchanged before the provider is configured", name)
		}
	}
}

// What Terraform sends is read in another language: whatever it is, the short way does
// not fall over it, and a state that it passes on says the same in both.
func FuzzValuesInMessagePack(f *testing.F) {
	of := thing.AttributeTypes
	whole, err := tfprotov6.NewDynamicValue(thing, tftypes.NewValue(thing, map[string]tftypes.Value{
		"id": tftypes.NewValue(tftypes.String, "a"), "serial": tftypes.NewValue(tftypes.Number, 0.95),
		"words": tftypes.NewValue(of["words"], []tftypes.Value{tftypes.NewValue(tftypes.String, nil)}),
		"keys":  tftypes.NewValue(of["keys"], tftypes.UnknownValue), "basis": tftypes.NewValue(of["basis"], nil),
	}))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole.MsgPack)
	f.Add([]byte{0xc0})
	f.Add([]byte{0xdf, 0xff, 0xff, 0xff, 0xff})
	shapes := map[string]provider.Shape{"thing": {
		Version: 1, Type: thing,
		Read: func(context.Context, tftypes.Value) bool { return true },
		Plan: func(context.Context, tftypes.Value, tftypes.Value) bool { return true },
	}}
	f.Fuzz(func(t *testing.T, sent []byte) {
		value := &tfprotov6.DynamicValue{MsgPack: sent}
		u := &untouched{&kept{}, shapes}
		read, err := u.ReadResource(t.Context(), &tfprotov6.ReadResourceRequest{TypeName: "thing", CurrentState: value})
		if err != nil || read == nil {
			t.Fatalf("%v, %v", read, err)
		}
		if _, err := u.PlanResourceChange(t.Context(), &tfprotov6.PlanResourceChangeRequest{TypeName: "thing", Config: value, PriorState: value, ProposedNewState: value}); err != nil {
			t.Fatal(err)
		}
		v, err := value.Unmarshal(thing)
		if err != nil || !v.IsFullyKnown() {
			return
		}
		written, err := tfprotov6.NewDynamicValue(thing, v)
		if err != nil {
			return
		}
		back, err := asJSON(&written).Unmarshal(thing)
		if err != nil || !back.Equal(v) {
			t.Errorf("%s was passed on as %s, %v", v, back, err)
		}
	})
}
