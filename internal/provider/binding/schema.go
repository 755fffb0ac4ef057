package binding

import (
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/value"
)

// Asset accepts "<system>/<id>".
func Asset() validator.String {
	return value.Checked("Invalid Asset", "\"<system>/<id>\", for instance \"cmdb/APP-0042\"", func(s string) error {
		if _, ok := lifecycle.ParseRef(s); !ok {
			return fmt.Errorf("%q names no system and id", s)
		}
		return nil
	})
}

var bindingSchema = schema.Schema{
	Version: 0,
	MarkdownDescription: "Ties an asset to its holder: who holds it, what is wrong with the record or the owner, and how far the record can be trusted.\n\n" +
		"Every computed attribute is known in the plan whenever the arguments are. Facts are read during refresh and again while planning, from one snapshot, " +
		"so that drift shows in a plain plan, with `-refresh=false` and with `-refresh-only` alike. An asset or a person that is gone never fails the plan: it is a finding. " +
		"A system that does not answer is never taken for an asset that is gone: the plan stops, or holds the last known facts (`on_unavailable`).",
	Attributes: attributes(),
}

func attributes() map[string]schema.Attribute {
	all := arguments()
	for name, a := range facts() {
		all[name] = a
	}
	return all
}

func arguments() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"asset": schema.StringAttribute{
			Required:            true,
			MarkdownDescription: "The asset, as `\"<system>/<id>\"`: a name from the provider's `systems`, and the asset's id there. Split at the first slash. A change replaces the binding.",
			Validators:          []validator.String{Asset()},
			PlanModifiers:       []planmodifier.String{stringplanmodifier.RequiresReplace()},
		},
		"declared": schema.SingleNestedAttribute{
			Optional: true,
			MarkdownDescription: "What the configuration knows of the asset. It fills what the record leaves empty. Where both speak, the record wins and the difference is a finding; " +
				"a declared owner never becomes the holder, a different one is `owner.conflict`. The earlier of two retirement dates wins.",
			Attributes: map[string]schema.Attribute{
				"owner":       declaredText("The owner, by any key that a directory knows (id, email or user name)."),
				"purpose":     declaredText("What the asset is for."),
				"environment": declaredText("The environment, for instance `production`."),
				"criticality": declaredText("How much depends on the asset, for instance `high`."),
				"third_party": schema.BoolAttribute{Optional: true, MarkdownDescription: "Whether a third party operates the asset."},
				"retirement_date": schema.StringAttribute{Optional: true, Validators: []validator.String{value.EndOfDay()},
					MarkdownDescription: "When the asset retires: a date, which means the end of that day in UTC, or an RFC 3339 timestamp."},
			},
		},
		"evidence": schema.MapAttribute{
			Optional: true, ElementType: types.StringType,
			Validators: []validator.Map{mapvalidator.ValueStringsAre(value.Stated()), mapvalidator.KeysAre(value.Stated())},
			MarkdownDescription: "Other claims of who owns the asset, by a name of the claim (`cloud_tag`, `codeowners`): owner keys as in `declared.owner`, or a team of the owner. " +
				"A claim that agrees raises the confidence, one that contradicts is the finding `owner.conflict`.",
		},
		"successors": schema.ListAttribute{
			Optional: true, ElementType: types.StringType,
			Validators: []validator.List{listvalidator.ValueStringsAre(value.Stated()), listvalidator.UniqueValues()},
			MarkdownDescription: "Owners to propose when the holder leaves, in order. After them come the holder's manager, the holder's teams and the class's `lifecycle_owner`. " +
				"The first that is active is `successor`.",
		},
	}
}

func declaredText(description string) schema.StringAttribute {
	return schema.StringAttribute{Optional: true, MarkdownDescription: description, Validators: []validator.String{value.Stated()}}
}

func text(description string) schema.StringAttribute {
	return schema.StringAttribute{Computed: true, MarkdownDescription: description}
}

func oneOf(description string, values []string) schema.StringAttribute {
	return text(description + " One of `" + strings.Join(values, "`, `") + "`.")
}

func facts() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"id":             text("The asset, `<system>/<id>`."),
		"class":          text("The asset's class, in lower case. Null if the record names none."),
		"bound_to":       oneOf("Whether the class stands for a person or a workload, from the policy's `classes`; an unmapped class counts as `workload`.", lifecycle.BoundTos()),
		"name":           text("The asset's name in its system. Null if it has none."),
		"state":          oneOf("The lifecycle state.", lifecycle.States()),
		"holder":         text("The owner that the record names, as `<directory>/<id>`; several are sorted and joined by `, `. Null if no owner can be resolved."),
		"owner_kind":     oneOf("What the owner is; of several owners the least bound to the organisation. Null if unresolved.", lifecycle.OwnerKinds()),
		"owner_status":   oneOf("Whether the owner is still here; of several owners the one who is here best.", lifecycle.OwnerStatuses()),
		"owner_end_date": text("The end of the owner's last day, RFC 3339 in UTC. Null if none is set."),
		"manager":        text("The owner's manager, by the key that the directory gives. Null if there is none, or if several owners have different ones."),
		"teams": schema.ListAttribute{Computed: true, ElementType: types.StringType,
			MarkdownDescription: "The owner's teams, sorted."},
		"successor":       text("The first active owner to propose, as `<directory>/<id>`, if the holder is leaving, gone or unknown. Null otherwise, or if there is none."),
		"lifecycle_owner": text("Who answers for assets of this class, from the policy's `classes`. Null if the policy names nobody."),
		"purpose":         text("The effective purpose: the record's, else the declared one."),
		"environment":     text("The effective environment: the record's, else the declared one."),
		"criticality":     text("The effective criticality: the record's, else the declared one."),
		"third_party":     schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether a third party operates the asset, by the record, else by the declaration; `false` if neither says."},
		"shared":          schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether the record says that the asset is shared; `false` if it does not say."},
		"retirement_date": text("When the asset retires, RFC 3339 in UTC: the earlier of the record's and the declared date. Null if none is set."),
		"open_tasks": schema.ListNestedAttribute{
			Computed: true, MarkdownDescription: "The offboarding, reassignment and decommission tasks that are open against the asset.",
			NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
				"id":   text("The task's id in its system."),
				"kind": oneOf("What the task asks for.", lifecycle.TaskKinds()),
				"due":  text("The end of the due day, RFC 3339 in UTC. Null if none is set."),
				"url":  text("Where the task can be read. Null if the system gives none."),
			}},
		},
		"findings": schema.ListNestedAttribute{
			Computed: true, MarkdownDescription: "What is wrong, in a fixed order. An empty list if nothing is.",
			NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
				"code":    text("The stable code, for instance `owner.left`."),
				"message": text("One sentence about it. It names no date and no age, so that it does not change by itself."),
			}},
		},
		"confidence": schema.Float64Attribute{Computed: true, MarkdownDescription: "How far the record can be trusted, from 0 to 1 with two decimals. It says nothing about how healthy the asset is."},
		"confidence_parts": schema.MapAttribute{Computed: true, ElementType: types.Int64Type,
			MarkdownDescription: "The points, in hundredths, that each signal gave: `" + strings.Join(lifecycle.Signals(), "`, `") + "`."},
		"held":   schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether a system was unavailable and these are the last known facts (`on_unavailable = \"hold\"`). Grants on held facts issue nothing, renew nothing and start no grace."},
		"digest": text("SHA-256 over the facts and finding codes that a decision can depend on. It changes exactly when a decision could."),
	}
}
