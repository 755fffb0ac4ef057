package policy

import (
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/custodyhq/terraform-provider-custody/internal/controls"
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
	MarkdownDescription: "Renders a policy document to `json`. The result depends on the arguments only and is known in the plan. What the document does not state is taken from the document that it extends, and finally from the built-in baseline. " +
		"For each finding the first trigger that matches decides, and the document's own triggers come before those that it extends.\n\n" +
		"A document that configures the provider needs a provider configuration of its own (an alias): a data source cannot configure the provider that reads it. " +
		"Under a module with `depends_on` data sources are deferred until apply: there, pass `policy` from the root module or with `file()`.\n\n" +
		"Unknown codes, words and fields, conditions that are not well typed, entries that can never apply and `revoke` on anything but a terminal state are errors at the attribute that holds them.",
	Attributes: map[string]schema.Attribute{
		"extends": optional("The JSON of the policy document that this one extends. Default: the built-in baseline."),
		"confidence": schema.SingleNestedAttribute{
			Optional: true, MarkdownDescription: "How far a record can be trusted.",
			Attributes: map[string]schema.Attribute{
				"automate_at": schema.Float64Attribute{Optional: true, MarkdownDescription: "The lowest confidence, from 0 to 1 with two decimals, at which access is revoked or rotated at once without a review. Default 0.90."},
				"stale_after": optional("How long after its last verification a record is stale. Default `180d`." + durations),
				"required_fields": schema.ListAttribute{Optional: true, ElementType: types.StringType,
					MarkdownDescription: "The facts that must be stated, by the record or the declaration: of " + attribute.Words(lifecycle.Fields()) + ". Default all."},
				"points": schema.MapAttribute{Optional: true, ElementType: types.Int64Type,
					MarkdownDescription: "Points, in hundredths, by signal: " + attribute.Words(lifecycle.Signals()) + ". All but `corroborated` must add up to 100; `corroborated` is a bonus from 0 to 4. Default 25, 25, 15, 15, 15, 5 and 4."},
			},
		},
		"lifetimes": schema.ListNestedAttribute{
			Optional:            true,
			MarkdownDescription: "How long credentials live. For each duration the first entry that matches and states it applies. A selector that is left out matches everything, except `risk`.",
			NestedObject:        lifetimes.schema(),
		},
		"exception_max":   optional("How long an exception may last. Default `90d`." + durations),
		"lead_time":       optional("How long before the end date an owner counts as leaving, and before the retirement date an asset as retiring. Default `30d`." + durations),
		"review_deadline": optional("How long a grant may ask for review, whatever the findings, before it blocks, or lapses for a workload's standard access. Default `30d`." + durations),
		"unused_after":    optional("How long access may be unused before it raises a finding; only for grants that state their `usage`. Default `90d`." + durations),
		"enforcement": schema.ListNestedAttribute{
			Optional: true,
			MarkdownDescription: "Whether the policy is acted on. The first entry that matches applies; where none matches, the policy is enforced. A selector that is left out matches everything. " +
				"It is accepted in the provider's policy only.",
			NestedObject: enforcements.schema(),
		},
		"authority": authoritySchema,
		"require_closed": schema.ListNestedAttribute{
			Optional: true,
			MarkdownDescription: "Which kinds of task must be closed before access is issued, renewed or kept privileged (finding `task.unclosed`). The first entry that matches applies; where none matches, no task has to be closed. " +
				"A selector that is left out matches everything. The asset's own system must have tasks. A grant's policy adds to what the provider's requires.",
			NestedObject: closures.schema(),
		},
		"frameworks": schema.ListAttribute{Optional: true, ElementType: types.StringType,
			MarkdownDescription: "The catalogues whose controls are named: of " + attribute.Words(controls.Frameworks()) + ". Default " + attribute.Words(controls.Default()) + ". A grant's policy adds to those of the provider's."},
		"notices": schema.ListAttribute{Optional: true, ElementType: types.StringType,
			MarkdownDescription: "How long before access lapses, expires or is blocked the responsible person gets a notice, each once. An empty list: never. Default `30d`, `7d` and `1d`. " +
				"It is accepted in the provider's policy only."},
		"triggers": schema.ListNestedAttribute{
			Optional:            true,
			MarkdownDescription: "What follows from a finding. For each finding the first trigger that matches decides. A selector that is left out matches everything.",
			NestedObject:        triggers.schema(),
		},
		"classes": schema.MapNestedAttribute{
			Optional: true, MarkdownDescription: "What assets of a class are bound to, by class; case is ignored, and `*` matches any text. The exact class is preferred to patterns, and a longer pattern to a shorter one. A class that is not mapped is `asset.unclassified`.",
			NestedObject: classes.schema(),
		},
		"json": schema.StringAttribute{Computed: true, MarkdownDescription: "The document, for the provider's or a grant's `policy`."},
		"milder": listed("Where the document is milder than the one that it extends, in sentences: each entry is compared with every entry that could apply instead, on every finding, for persons and workloads, standard and privileged. " +
			"An entry with a condition may be in both lists. A document that only extends another one shows how that one differs."),
		"stricter":  listed("Where the document is stricter than the one that it extends, in sentences."),
		"unmatched": listed("Selectors that match nothing known: classes that the document does not map, and classes that stand for the other of person and workload."),
	},
}

func listed(description string) schema.ListAttribute {
	return schema.ListAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: description}
}

var authoritySchema = schema.SingleNestedAttribute{
	Optional: true,
	MarkdownDescription: "Who may attest that access is still justified, and who may approve exceptions. In each list the first entry that matches decides; the document's own come before those that it extends. " +
		"By default the manager and the lifecycle owner may, and the owner of a workload may attest. The holder of an asset that stands for a person never decides. It is accepted in the provider's policy only.",
	Attributes: map[string]schema.Attribute{
		"trust": schema.BoolAttribute{Optional: true, MarkdownDescription: "Whether those who are named are believed unseen; with one warning a run. Default `false`."},
		"attest": schema.ListNestedAttribute{
			Optional: true, MarkdownDescription: "Who may attest. A selector that is left out matches everything.", NestedObject: authorizations.schema(),
		},
		"except": schema.ListNestedAttribute{
			Optional: true, MarkdownDescription: "Who may approve an exception. A selector that is left out matches everything.", NestedObject: authorizations.schema(),
		},
	},
}
