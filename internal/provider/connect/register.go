package connect

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/custodyhq/terraform-provider-custody/internal/kind/register"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/record"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

var registerSchema = schema.SingleNestedAttribute{
	Optional: true,
	MarkdownDescription: "The asset records that `custody_asset` keeps in the provider's `register`, of all workspaces; and a review queue, whose cases are answered by an `attestation` in the configuration. " +
		"It takes no arguments: `register = {}`.",
	Attributes: map[string]schema.Attribute{},
}

func openRegister(_ context.Context, name string, _ types.Object, in *record.Run) (system.System, error) {
	if in == nil { // a nil pointer is no nil Store
		return register.New(name, nil)
	}
	return register.New(name, in)
}

// SendsComments reports whether a queue brings a comment to the reviewer of a case. The
// register only records it.
func SendsComments(queue system.Reviews) bool { return queue.Kind() != register.Kind }
