package provider

import (
	"fmt"
	"regexp"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/custodyhq/terraform-provider-custody/internal/provider/run"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/wire"
)

// The values of on_unavailable.
const (
	onUnavailableFail = "fail"
	onUnavailableHold = "hold"
)

var systemNames = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]*$`)

var providerSchema = schema.Schema{
	MarkdownDescription: "Makes access last exactly as long as the custody of the asset that justifies it: asset records say who holds an asset and whether it is in service, " +
		"directories say whether that owner is still here, a policy says what follows. The provider joins them at plan time.",
	Attributes: map[string]schema.Attribute{
		"systems": schema.MapNestedAttribute{
			Optional: true,
			Validators: []validator.Map{mapvalidator.KeysAre(wire.Checked("Invalid System Name", "a letter, then letters, digits, - and _",
				func(s string) error {
					if !systemNames.MatchString(s) {
						return fmt.Errorf("%q cannot stand before the slash of an asset", s)
					}
					return nil
				}))},
			MarkdownDescription: "The connected systems, by a name of your choice that assets and owners carry in front: `\"<system>/<id>\"`. Each is of exactly one kind. " +
				"A system may be an asset system, a directory and a task system at once.",
			NestedObject: schema.NestedAttributeObject{Attributes: kindSchemas()},
		},
		"directories": schema.ListAttribute{
			Optional: true, ElementType: types.StringType,
			Validators:          []validator.List{listvalidator.UniqueValues(), listvalidator.SizeAtLeast(1), listvalidator.ValueStringsAre(wire.Stated())},
			MarkdownDescription: "The systems in which owners are resolved, in this order; the first that knows an owner answers. Default: every system that can, by name. A system that is not connected, or that knows no people, is an error.",
		},
		"reviews": schema.StringAttribute{
			Optional: true, Validators: []validator.String{wire.Stated()},
			MarkdownDescription: "The system whose review queue takes cases. Default: none; then the plan says `review`, and nobody is asked. No kind of system has a review queue yet.",
		},
		"policy": schema.StringAttribute{
			Optional: true, Validators: []validator.String{wire.Stated()},
			MarkdownDescription: "The organisation's policy document (JSON, see `custody_policy`). Default: the built-in baseline. Pass it with `file()`, or from a `custody_policy` of the root module " +
				"that has a provider configuration of its own (an alias): a data source cannot configure the provider that reads it, and Terraform reports a cycle. " +
				"Under a module with `depends_on` data sources are deferred, and a policy that is not known yet is an error. So is every mistake in the document, each with its place in it.",
		},
		"on_unavailable": schema.StringAttribute{
			Optional: true,
			Validators: []validator.String{wire.Checked("Invalid Choice", "one of fail, hold", func(s string) error {
				if s != onUnavailableFail && s != onUnavailableHold {
					return fmt.Errorf("%q is not among them", s)
				}
				return nil
			})},
			MarkdownDescription: "What to do when a system does not answer: `fail` (default) stops the plan; `hold` keeps the last known facts with a warning, and issues and renews nothing on them.",
		},
		"plan_time": schema.StringAttribute{
			Optional: true, Validators: []validator.String{wire.Timestamp()},
			MarkdownDescription: "The instant of the run: set it to `plantimestamp()`, which is the same at plan and apply, so that expiries stand in the plan. Without it they are known after apply only. " +
				"It is RFC 3339 with whole seconds. It may not lie in the future, be older than `max_plan_age`, or precede an instant that a grant's state already holds: each is an error.",
		},
		"max_plan_age": schema.StringAttribute{
			Optional: true, Validators: []validator.String{wire.Duration()},
			MarkdownDescription: "How old a saved plan may be when it is applied, as a Go duration or days (`d`) and weeks (`w`). Default `24h`, at most `168h`. " +
				"An older plan fails when the provider is configured; what other providers planned to destroy may be gone by then.",
		},
		"limits": schema.SingleNestedAttribute{
			Optional:            true,
			MarkdownDescription: "How much one plan may take away.",
			Attributes: map[string]schema.Attribute{
				"revocations": schema.Int64Attribute{
					Optional: true, Validators: []validator.Int64{int64validator.AtLeast(0)},
					MarkdownDescription: fmt.Sprintf("How many enabled credentials one plan may remove or disable by block, revoke or rotation at once. More, and the plan fails and lists them. "+
						"0 means that none may. Default %d.", run.DefaultRevocations),
				},
			},
		},
	},
}

func columns(of string) schema.MapAttribute {
	return schema.MapAttribute{Optional: true, ElementType: types.StringType,
		MarkdownDescription: "Headers of other people's exports of " + of + ": our field = their header. A field that is not listed is looked for under its own name; case does not count. A listed header that the file lacks makes it unavailable."}
}

func words(of, ours, others string) schema.MapAttribute {
	return schema.MapAttribute{Optional: true, ElementType: types.StringType,
		MarkdownDescription: "Words of other people's exports for " + of + ": their value = our value, one of " + ours + ". Case does not count. Our own words need no mapping. " + others}
}

var fileSchema = schema.SingleNestedAttribute{
	Optional: true,
	MarkdownDescription: "Inventories exported to files or kept in the repository: CSV (`,`, `;` or tab), JSON, JSON Lines or YAML, by the file's ending. " +
		"Each is read once per run, as a stream, and may have 256 MiB. A malformed, missing or shortened file is unavailable, never an empty inventory.",
	Attributes: map[string]schema.Attribute{
		"assets": schema.StringAttribute{Optional: true, Validators: []validator.String{wire.Stated()},
			MarkdownDescription: "A path or glob of asset records. Fields: `id` `class` `name` `state` `owner` `purpose` `environment` `criticality` `third_party` `shared` `retirement_date` `verified_at` `assigned_at`; several owners are separated by `;`. Only `id` is required. Dates are `2006-01-02` or RFC 3339. A relative path starts in the folder where Terraform runs."},
		"people": schema.StringAttribute{Optional: true, Validators: []validator.String{wire.Stated()},
			MarkdownDescription: "A path or glob of people, teams and service identities. Fields: `id` `email` `username` `name` `kind` `status` `end_date` `manager` `teams`. Only `id` is required. " +
				"A file without a column `status` lists people who are active, one without `kind` lists employees."},
		"tasks": schema.StringAttribute{Optional: true, Validators: []validator.String{wire.Stated()},
			MarkdownDescription: "A path or glob of tasks. Fields: `id` `kind` `asset` `status` `due` `url`. `id`, `kind` and `asset` are required. Kinds other than offboarding, reassignment and decommission are not read."},
		"columns":        columns("assets"),
		"people_columns": columns("people"),
		"tasks_columns":  columns("tasks"),
		"states":         words("asset states", "`planned`, `in_service`, `maintenance`, `lost`, `retired`, `unknown`", "Any other value is `unknown`, which the finding `record.incomplete` names."),
		"people_states":  words("people's statuses", "`active`, `leaving`, `suspended`, `left`, `unknown`", "Any other value is `unknown`, which the finding `owner.unknown` names."),
		"tasks_states":   words("task statuses", "`open`, `closed`", "`done`, `resolved`, `completed`, `cancelled` and `rejected` are closed too; any other value is open."),
		"min_records": schema.MapAttribute{Optional: true, ElementType: types.Int64Type,
			Validators:          []validator.Map{mapvalidator.ValueInt64sAre(int64validator.AtLeast(0))},
			MarkdownDescription: "How many records each file must have, by `assets`, `people` and `tasks`. Default: 1 for assets and people, 0 for tasks. A file with fewer is unavailable: a cut at the end of a row shows no other way."},
	},
}
