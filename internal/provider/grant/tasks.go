package grant

import (
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/operation"
)

// checkTasks refuses a decision for which a policy wants tasks closed that no one can
// see: without a source of tasks every task would count as closed.
func (r *Resource) checkTasks(o operation.Operation, in *lifecycle.Input, diags *diag.Diagnostics) {
	kinds := lifecycle.ToBeClosed(*in)
	if len(kinds) == 0 || r.run.Facts.KnowsTasks(in.Binding.Asset.System) {
		return
	}
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = k.String()
	}
	at := path.Root("binding")
	provider := *in
	provider.Policies = in.Policies[:1]
	if len(lifecycle.ToBeClosed(provider)) == 0 {
		at = path.Root("policy") // only the grant's own policy wants it
	}
	o.Report(diags, at, &fault.Fault{
		Summary: "Tasks of the Asset Are Not Known",
		Happened: fmt.Sprintf("The policy's require_closed wants tasks of kind %s closed before the access to %s is issued or renewed, but the system %q has no tasks, "+
			"so whether one is open is not known.", strings.Join(names, ", "), in.Binding.Asset, in.Binding.Asset.System),
		Advice: fmt.Sprintf("Connect the tasks in the block of %q (for instance tasks of a file or sql system, or queues of a request_tracker system), "+
			"or put an entry with kinds = [] for these assets first in require_closed.", in.Binding.Asset.System),
	})
}
