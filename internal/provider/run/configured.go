package run

import (
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
)

// From takes the run out of the data that the framework hands to a resource or
// a data source. It is nil while the provider is not configured, as during
// validate.
func From(data any, diags *diag.Diagnostics) *Run {
	if data == nil {
		return nil
	}
	r, ok := data.(*Run)
	if !ok {
		diags.AddError("Unexpected Provider Data",
			fmt.Sprintf("The provider was configured with %T. Nothing was issued and nothing was revoked. Please report this to the provider's developers.", data))
	}
	return r
}
