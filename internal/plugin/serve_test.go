package plugin

import (
	"encoding/json"
	"errors"
	"maps"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

func TestLogsAreOffUnlessRequested(t *testing.T) {
	off := map[string]string{"TF_LOG_SDK": "OFF", "TF_LOG_SDK_FRAMEWORK": "OFF", "TF_LOG_PROVIDER": "OFF"}
	for name, c := range map[string]struct {
		environ []string
		want    map[string]string
	}{
		"nobody":               {[]string{"PATH=/bin"}, off},
		"somebody":             {[]string{"TF_LOG=TRACE"}, nil},
		"of the provider":      {[]string{"TF_LOG_PROVIDER=DEBUG"}, nil},
		"of the framework":     {[]string{"TF_LOG_SDK_FRAMEWORK=TRACE"}, nil},
		"of the provider only": {[]string{"TF_LOG_PROVIDER_CUSTODY=DEBUG"}, nil},
		"an empty wish":        {[]string{"TF_LOG="}, off},
		"a path is no wish":    {[]string{"TF_LOG_PATH=terraform.log"}, off},
	} {
		t.Run(name, func(t *testing.T) {
			set := map[string]string{}
			quietLogs(c.environ, func(key, value string) error { set[key] = value; return nil })
			if !maps.Equal(set, c.want) {
				t.Errorf("%v was set, not %v", set, c.want)
			}
		})
	}
	quietLogs(nil, func(string, string) error { return errors.New("no") }) // must not panic
}

func TestARefreshedStateIsSentAsTheStateFileHoldsIt(t *testing.T) {
	typ := tftypes.Object{AttributeTypes: map[string]tftypes.Type{
		"confidence": tftypes.Number, "serial": tftypes.Number, "name": tftypes.String, "active": tftypes.Bool, "none": tftypes.String,
	}}
	state, err := tfprotov6.NewDynamicValue(typ, tftypes.NewValue(typ, map[string]tftypes.Value{
		"confidence": tftypes.NewValue(tftypes.Number, 0.85), "serial": tftypes.NewValue(tftypes.Number, 7),
		"name": tftypes.NewValue(tftypes.String, "<&\u2028"), "active": tftypes.NewValue(tftypes.Bool, true), "none": tftypes.NewValue(tftypes.String, nil),
	}))
	if err != nil {
		t.Fatal(err)
	}
	sent := asJSON(&state)
	var got map[string]any
	if err := json.Unmarshal(sent.JSON, &got); err != nil || len(sent.MsgPack) > 0 {
		t.Fatalf("%v: %s", err, sent.JSON)
	}
	if want := map[string]any{"confidence": 0.85, "serial": 7.0, "name": "<&\u2028", "active": true, "none": nil}; !maps.Equal(got, want) {
		t.Errorf("%v was sent, not %v", got, want)
	}
	for name, other := range map[string]*tfprotov6.DynamicValue{"nothing": nil, "empty": {}, "no MessagePack": {MsgPack: []byte{0xc1}}} {
		if asJSON(other) != other {
			t.Errorf("%s did not stay as it was", name)
		}
	}
}
