package run

import (
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/operation"
)

// From returns the run from the data that the framework passes to a resource or
// a data source. It is nil while the provider is not configured, as during
// validate.
func From(data any, diags *diag.Diagnostics) *Run {
	if data == nil {
		return nil
	}
	r, ok := data.(*Run)
	if !ok {
		operation.Configure.Report(diags, path.Empty(), &fault.Fault{
			Summary:  "Unexpected Provider Data",
			Happened: fmt.Sprintf("The provider was configured with %T.", data),
			Advice:   "Please report this to the provider's developers.",
		})
	}
	return r
}
