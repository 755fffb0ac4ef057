package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// accepts reports whether validators of single attributes have nothing to say about a
// configuration. It asks the validators of texts themselves, in objects too; whatever
// else is stated is in doubt.
func accepts(ctx context.Context, attributes map[string]schema.Attribute, config tftypes.Value) bool {
	var stated map[string]tftypes.Value
	if !config.IsKnown() || config.IsNull() || config.As(&stated) != nil {
		return false
	}
	for name, a := range attributes {
		v, there := stated[name]
		if !there || v.IsNull() && a.IsRequired() || !v.IsNull() && !mayState(a) {
			return false
		}
		switch a := a.(type) {
		case schema.StringAttribute:
			if !acceptsText(ctx, a, path.Root(name), v) {
				return false
			}
		case schema.SingleNestedAttribute:
			if !v.IsNull() && (len(a.Validators) > 0 || !accepts(ctx, a.Attributes, v)) {
				return false
			}
		default:
			if !v.IsNull() {
				return false
			}
		}
	}
	return true
}

// mayState reports whether a configuration may state the attribute, without a word
// about it.
func mayState(a schema.Attribute) bool {
	return (a.IsRequired() || a.IsOptional()) && a.GetDeprecationMessage() == "" && !a.IsWriteOnly()
}

func acceptsText(ctx context.Context, a schema.StringAttribute, at path.Path, v tftypes.Value) bool {
	var text string
	req := validator.StringRequest{Path: at, ConfigValue: types.StringNull()}
	switch {
	case a.CustomType != nil || !v.IsKnown():
		return false
	case !v.IsNull():
		if v.As(&text) != nil {
			return false
		}
		req.ConfigValue = types.StringValue(text)
	}
	for _, check := range a.Validators {
		var resp validator.StringResponse
		if check.ValidateString(ctx, req, &resp); len(resp.Diagnostics) > 0 {
			return false
		}
	}
	return true
}
