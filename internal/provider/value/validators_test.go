package value_test

import (
	"context"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/value"
)

// validate returns what a validator says of a value, empty if it accepts it.
func validate(v validator.String, value types.String, at path.Path) string {
	var resp validator.StringResponse
	v.ValidateString(context.Background(), validator.StringRequest{Path: at, ConfigValue: value}, &resp)
	var out []string
	for _, d := range resp.Diagnostics {
		out = append(out, d.Summary()+": "+d.Detail())
	}
	return strings.Join(out, "\n")
}

func TestValidators(t *testing.T) {
	for name, c := range map[string]struct {
		validator          validator.String
		accepted, rejected []string
	}{
		"stated":    {value.Stated(), []string{"x", " x "}, []string{"", " ", "\t\n"}},
		"timestamp": {value.Timestamp(), []string{"2030-01-15T09:00:00Z", "2030-01-15T09:00:00+02:00"}, []string{"", "2030-01-15", "2030-01-15T09:00:00", "2030-01-15T09:00:00.25Z", "2030-02-30T00:00:00Z", "now"}},
		"date":      {value.EndOfDay(), []string{"2030-01-15", "2030-01-15T09:00:00Z"}, []string{"", "2030-1-5", "15.01.2030", "2030-02-30", "2030-01-15T09:00:00.25Z"}},
		"duration":  {value.Duration(), []string{"36h", "14d", "2w", "1w2d3h"}, []string{"", "0s", "-1h", "14", "14 days", "1.5.5h"}},
		"choice":    {value.OneOf("Risk", lifecycle.Risks(), lifecycle.ParseRisk), []string{"standard", "privileged"}, []string{"", "Standard", "high"}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, value := range []types.String{types.StringNull(), types.StringUnknown()} {
				if got := validate(c.validator, value, path.Root("x")); got != "" {
					t.Errorf("%s: %s", value, got)
				}
			}
			for _, s := range c.accepted {
				if got := validate(c.validator, types.StringValue(s), path.Root("x")); got != "" {
					t.Errorf("%q: %s", s, got)
				}
			}
			for _, s := range c.rejected {
				got := validate(c.validator, types.StringValue(s), path.Root("x"))
				if !strings.Contains(got, "Accepted: "+c.validator.Description(context.Background())+".") {
					t.Errorf("%q is refused with %q, which does not say what is accepted", s, got)
				}
			}
		})
	}
}

func TestAValueInsideAnAttributeIsNamedByItsPlace(t *testing.T) {
	for want, at := range map[string]path.Path{
		"Empty Text: An empty":                         path.Root("access"),
		"Empty Text: At attestation.by: An empty":      path.Root("attestation").AtName("by"),
		`Empty Text: At evidence["tag"]: An empty`:     path.Root("evidence").AtMapKey("tag"),
		"Empty Text: At successors[1]: An empty":       path.Root("successors").AtListIndex(1),
		"Empty Text: At exception.codes: An empty":     path.Root("exception").AtName("codes").AtSetValue(types.StringValue("")),
		`Empty Text: At systems["a"].file.assets: An `: path.Root("systems").AtMapKey("a").AtName("file").AtName("assets"),
	} {
		if got := validate(value.Stated(), types.StringValue(""), at); !strings.HasPrefix(got, want) {
			t.Errorf("%q does not begin with %q", got, want)
		}
	}
}
