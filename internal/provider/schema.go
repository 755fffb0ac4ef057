package provider

import (
	"fmt"
	"regexp"

	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/custodyhq/terraform-provider-custody/internal/provider/connect"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/tell"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/value"
)

// The values of on_unavailable.
const (
	onUnavailableFail = "fail"
	onUnavailableHold = "hold"
)

var systemNames = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]*$`)

// schemaOf returns the schema of the provider block, with the blocks of these
// kinds.
func schemaOf(kinds *connect.Kinds) schema.Schema {
	return schema.Schema{
		MarkdownDescription: "Makes access last exactly as long as the custody of the asset that justifies it: asset records say who holds an asset and whether it is in service, " +
			"directories say whether that owner is still here, a policy decides what follows. The provider joins the three at plan time.",
		Attributes: map[string]schema.Attribute{
			"systems": schema.MapNestedAttribute{
				Optional: true,
				Validators: []validator.Map{mapvalidator.KeysAre(value.Checked("Invalid System Name", "a letter, then letters, digits, - and _",
					func(s string) error {
						if !systemNames.MatchString(s) {
							return fmt.Errorf("%q cannot be the part of an asset before the slash", s)
						}
						return nil
					}))},
				MarkdownDescription: "The connected systems, by names of your choice. A reference to an asset or an owner begins with such a name: `\"<system>/<id>\"`. Each is of exactly one kind. " +
					"A system may be an asset system, a directory and a task system at once.",
				NestedObject: schema.NestedAttributeObject{Attributes: kinds.Schemas()},
			},
			"directories": schema.ListAttribute{
				Optional: true, ElementType: types.StringType,
				Validators:          []validator.List{listvalidator.UniqueValues(), listvalidator.SizeAtLeast(1), listvalidator.ValueStringsAre(value.Stated())},
				MarkdownDescription: "The systems that resolve owners, in this order; the first that finds an owner is used. Default: every system that has people, in the order of their names. A system that is not connected, or that has no people, is an error.",
			},
			"reviews": schema.StringAttribute{
				Optional: true, Validators: []validator.String{value.Stated()},
				MarkdownDescription: "The system whose review queue takes cases. A grant whose decision asks for a review or a recertification opens a case there when it is applied, and reads the answer in the next run. Default: none; then the plan shows `review`, and no case is opened.",
			},
			"register":          registerAttribute,
			"workspace":         workspaceAttribute,
			"former_workspaces": formerAttribute,
			"notices":           tell.NoticesAttribute,
			"signals":           tell.SignalsAttribute,
			"policy": schema.StringAttribute{
				Optional: true, Validators: []validator.String{value.Stated()},
				MarkdownDescription: "The organisation's policy document (JSON, see `custody_policy`). Default: the built-in baseline. Pass it with `file()`, or from a `custody_policy` of the root module " +
					"that has a provider configuration of its own (an alias): a data source cannot configure the provider that reads it, and Terraform reports a cycle. " +
					"Under a module with `depends_on` data sources are deferred, and a policy that is not known yet is an error. Every mistake in the document is an error that names its place in the document.",
			},
			"on_unavailable": schema.StringAttribute{
				Optional: true,
				Validators: []validator.String{value.Checked("Invalid Choice", "one of fail, hold", func(s string) error {
					if s != onUnavailableFail && s != onUnavailableHold {
						return fmt.Errorf("%q is not among them", s)
					}
					return nil
				})},
				MarkdownDescription: "What to do when a system does not answer: `fail` (default) stops the plan; `hold` keeps the last known facts with a warning, and issues and renews nothing on them.",
			},
			"plan_time": schema.StringAttribute{
				Optional: true, Validators: []validator.String{value.Timestamp()},
				MarkdownDescription: "The instant of the run: set it to `plantimestamp()`, which is the same at plan and apply, so that the plan shows when credentials expire. Without it the expiries are known after apply only. " +
					"It is RFC 3339 with whole seconds. An instant in the future, or one older than `max_plan_age`, is an error. Where it precedes an instant in a grant's state, nothing is issued on that grant.",
			},
			"max_plan_age": schema.StringAttribute{
				Optional: true, Validators: []validator.String{value.Duration()},
				MarkdownDescription: "How old a saved plan may be when it is applied, as a Go duration or days (`d`) and weeks (`w`). Default `24h`, at most `168h`. " +
					"An older plan fails when the provider is configured; what other providers planned to destroy may be gone by then.",
			},
			"max_clock_jump": schema.StringAttribute{
				Optional: true, Validators: []validator.String{value.Duration()},
				MarkdownDescription: "How long after the last instant in a grant's state, recorded or announced, a run may take place before the clock counts as wrong. Then nothing is issued on that grant, " +
					"and the reasons say so; what must be revoked is revoked. Default `48h`. Raise it for one run after a longer pause, or attest the access.",
			},
			"limits": limitsAttribute,
		},
	}
}
