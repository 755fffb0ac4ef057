package value_test

import (
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/custodyhq/terraform-provider-custody/internal/provider/value"
)

func TestWhatIsNotStatedIsNull(t *testing.T) {
	if !value.Text("").IsNull() || !value.Instant(time.Time{}).IsNull() || !value.InstantOf(types.StringNull()).IsZero() {
		t.Error("nothing became something")
	}
	if got := value.Texts(nil); got.IsNull() || len(got.Elements()) != 0 {
		t.Errorf("a list of nothing is %s, not empty", got)
	}
	if got := value.TextsOf([]attr.Value{types.StringNull(), types.StringValue("x"), types.StringUnknown()}); len(got) != 1 || got[0] != "x" {
		t.Errorf("%v was read", got)
	}
}

func TestInstantsAreInUTC(t *testing.T) {
	at, err := value.ParseInstant("2030-01-15T09:00:00+02:00")
	if err != nil || value.Instant(at).ValueString() != "2030-01-15T07:00:00Z" {
		t.Errorf("%s, %v", value.Instant(at), err)
	}
	day, err := value.ParseEndOfDay("2030-01-15")
	if err != nil || value.Instant(day).ValueString() != "2030-01-15T23:59:59Z" {
		t.Errorf("%s, %v", value.Instant(day), err)
	}
}

func TestAValueIsWhollyKnownIfAllOfItIs(t *testing.T) {
	text := map[string]attr.Type{"x": types.StringType}
	for name, c := range map[string]struct {
		known, unknown attr.Value
	}{
		"text": {types.StringNull(), types.StringUnknown()},
		"list": {types.ListValueMust(types.StringType, nil), types.ListValueMust(types.StringType, []attr.Value{types.StringUnknown()})},
		"set":  {types.SetValueMust(types.StringType, nil), types.SetValueMust(types.StringType, []attr.Value{types.StringUnknown()})},
		"map":  {types.MapNull(types.StringType), types.MapValueMust(types.StringType, map[string]attr.Value{"x": types.StringUnknown()})},
		"object": {types.ObjectValueMust(text, map[string]attr.Value{"x": types.StringValue("y")}),
			types.ObjectValueMust(text, map[string]attr.Value{"x": types.StringUnknown()})},
	} {
		t.Run(name, func(t *testing.T) {
			if !value.WhollyKnown(c.known) || value.WhollyKnown(c.unknown) {
				t.Error("known and unknown are confused")
			}
		})
	}
}
