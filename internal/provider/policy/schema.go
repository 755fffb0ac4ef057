package policy

import (
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/attribute"
)

const durations = " A Go duration, or days (`d`) and weeks (`w`)."

func optional(description string) schema.StringAttribute {
	return schema.StringAttribute{Optional: true, MarkdownDescription: description}
}

func required(description string) schema.StringAttribute {
	return schema.StringAttribute{Required: true, MarkdownDescription: description}
}

func among(values []string) string {
	return " One of " + attribute.Words(values) + "."
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
					MarkdownDescription: "The facts that must be stated, by the record or the declaration: of " + attribute.Words(lifecycle.Fields()) + ". Default all."},
				"points": schema.MapAttribute{Optional: true, ElementType: types.Int64Type,
					MarkdownDescription: "Points, in hundredths, by signal: " + attribute.Words(lifecycle.Signals()) + ". All but `corroborated` must add up to 100; `corroborated` is a bonus from 0 to 4. Default 25, 25, 15, 15, 15, 5 and 4."},
			},
		},
		"lifetimes": schema.ListNestedAttribute{
			Optional:            true,
			MarkdownDescription: "How long credentials live. For each duration the first entry that matches and states it holds. Selectors that are left out match everything.",
			NestedObject:        lifetimes.schema(),
		},
		"exception_max": optional("How long an exception may last. Default `90d`." + durations),
		"lead_time":     optional("How long before its date an owner is leaving and an asset retiring. Default `30d`." + durations),
		"triggers": schema.ListNestedAttribute{
			Optional:            true,
			MarkdownDescription: "What follows from a finding. For each finding the first trigger that matches decides. Selectors that are left out match everything.",
			NestedObject:        triggers.schema(),
		},
		"classes": schema.MapNestedAttribute{
			Optional: true, MarkdownDescription: "What assets of a class stand for, by class; case does not count. An unmapped class counts as a workload, and its records are `record.incomplete`.",
			NestedObject: classes.schema(),
		},
		"json": schema.StringAttribute{Computed: true, MarkdownDescription: "The document, for the provider's or a grant's `policy`."},
	},
}
