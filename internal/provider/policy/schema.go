package policy

import (
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	document "github.com/custodyhq/terraform-provider-custody/internal/policy"
)

const durations = " A Go duration, or days (`d`) and weeks (`w`)."

func optional(description string) schema.StringAttribute {
	return schema.StringAttribute{Optional: true, MarkdownDescription: description}
}

func required(description string) schema.StringAttribute {
	return schema.StringAttribute{Required: true, MarkdownDescription: description}
}

func among(values []string) string {
	return " One of `" + strings.Join(values, "`, `") + "`."
}

var policySchema = schema.Schema{
	MarkdownDescription: "Renders a policy document to `json`. It is pure and known in the plan. What the document does not state is taken from the document that it extends, in the end from the built-in baseline. " +
		"For each finding the first trigger that matches decides, and the document's own triggers come before those that it extends.\n\n" +
		"A document that configures the provider needs a provider configuration of its own (an alias): a data source cannot configure the provider that reads it. " +
		"Under a module with `depends_on` data sources are deferred until apply: there, pass `policy` from the root module or with `file()`.\n\n" +
		"Unknown codes, words and fields, conditions that are not well typed, triggers that can never decide and `revoke` on anything but a terminal state are errors at the attribute that holds them.",
	Attributes: map[string]schema.Attribute{
		"extends": optional("Another policy document's JSON that this one starts from. Default: the built-in baseline."),
		"confidence": schema.SingleNestedAttribute{
			Optional: true, MarkdownDescription: "How far a record can be trusted.",
			Attributes: map[string]schema.Attribute{
				"automate_at": schema.Float64Attribute{Optional: true, MarkdownDescription: "The confidence, from 0 to 1 with two decimals, from which on access is revoked and rotated at once without a review. Default 0.90."},
				"stale_after": optional("How long after its last verification a record is stale. Default `180d`." + durations),
				"required_fields": schema.ListAttribute{Optional: true, ElementType: types.StringType,
					MarkdownDescription: "The facts that must be stated, by the record or the declaration: of `" + strings.Join(lifecycle.Fields(), "`, `") + "`. Default all."},
				"points": schema.MapAttribute{Optional: true, ElementType: types.Int64Type,
					MarkdownDescription: "Points, in hundredths, by signal: `" + strings.Join(lifecycle.Signals(), "`, `") + "`. All but `corroborated` must add up to 100; `corroborated` is a bonus from 0 to 4. Default 25, 25, 15, 15, 15, 5 and 4."},
			},
		},
		"lifetimes": schema.ListNestedAttribute{
			Optional:            true,
			MarkdownDescription: "How long credentials live. For each duration the first entry that matches and states it holds. Selectors that are left out match everything.",
			NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
				"risk":            optional("The grant's risk." + among(lifecycle.Risks())),
				"criticality":     optional("The asset's criticality; case does not count."),
				"environment":     optional("The asset's environment; case does not count."),
				"owner_kind":      optional("The owner's kind." + among(lifecycle.OwnerKinds())),
				"class":           optional("The asset's class; case does not count."),
				"ttl":             optional("How long a generation lives. Default `90d`, privileged `30d`." + durations),
				"renew_before":    optional("How long before its expiry a generation is renewed, at most a third of its actual lifetime. Default: a third." + durations),
				"overlap":         optional("How long the old generation stays beside the new one, at most a sixth of its actual lifetime and 7d. Default: that." + durations),
				"recertify_every": optional("How long a certification holds. Default `180d`, privileged `90d`." + durations),
			}},
		},
		"exception_max": optional("How long an exception may last. Default `90d`." + durations),
		"lead_time":     optional("How long before its date an owner is leaving and an asset retiring. Default `30d`." + durations),
		"triggers":      triggers(),
		"classes": schema.MapNestedAttribute{
			Optional: true, MarkdownDescription: "What assets of a class stand for, by class; case does not count. An unmapped class counts as a workload, and its records are `record.incomplete`.",
			NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
				"bound_to":        optional("Whether the class stands for a person or a workload." + among(lifecycle.BoundTos())),
				"lifecycle_owner": optional("Who answers for assets of this class, by any key that a directory knows; proposed last as a successor."),
				"review_queue":    optional("The queue for reviews of this class."),
			}},
		},
		"json": schema.StringAttribute{Computed: true, MarkdownDescription: "The document, for the provider's or a grant's `policy`."},
	},
}

func triggers() schema.ListNestedAttribute {
	return schema.ListNestedAttribute{
		Optional:            true,
		MarkdownDescription: "What follows from a finding. For each finding the first trigger that matches decides. Selectors that are left out match everything.",
		NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
			"on":       required("The finding, or `*` for every one." + among(document.MappableCodes())),
			"class":    optional("The asset's class; case does not count."),
			"bound_to": optional("Whether the class stands for a person or a workload." + among(lifecycle.BoundTos())),
			"risk":     optional("The grant's risk." + among(lifecycle.Risks())),
			"when": optional("A further condition in CEL over `" + strings.Join(document.ConditionFields(), "`, `") + "`. It is type-checked when the document is read, and knows no clock. " +
				"Example: `asset.environment == \"production\" && binding.successor == \"\"`."),
			"action": required("What happens to the access." + among(lifecycle.Actions()) + " `revoke` is accepted for `asset.retired`, `asset.lost` and `owner.left` only: nothing else is an explicit terminal fact."),
			"rotate": optional("What happens to the credential besides, once." + among(lifecycle.Rotations()) + " Default `none`."),
			"grace":  optional("How long after the finding was first seen `action` becomes `then`. A review without it becomes a block after 30d." + durations),
			"then":   optional("The action after `grace`; more severe than `action`." + among(lifecycle.Actions())),
		}},
	}
}
