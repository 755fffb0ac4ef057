package asset

import (
	"errors"

	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/attribute"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/value"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

var resourceSchema = schema.Schema{
	MarkdownDescription: "An asset record that is born in code, for what no asset system knows: a service account, a workspace of a service, an account at a cloud provider. " +
		"It is kept in the provider's `register`, and read by a system of the kind [`register`](../guides/system-register.md), in every workspace.\n\n" +
		"A `custody_binding` of the same configuration takes `asset = custody_asset.<name>.asset`. Its plan rests on the record that this plan writes, so that it shows what follows before anything is written.\n\n" +
		"A record that is destroyed stays in the register, and the asset counts as retired from then on: what other workspaces have granted for it ends as for any retired asset.",
	Attributes: map[string]schema.Attribute{
		"id": schema.StringAttribute{
			Computed: true, MarkdownDescription: "The same as `asset`.",
		},
		"asset": schema.StringAttribute{
			Required: true, Validators: []validator.String{key()}, PlanModifiers: []planmodifier.String{stringplanmodifier.RequiresReplace()},
			MarkdownDescription: "The asset, as `\"<system>/<id>\"`: the name of a system of the kind `register`, and an id of your choice. One register holds an id once, whatever the system is named in each workspace. A change replaces the record.",
		},
		"class": schema.StringAttribute{
			Required: true, Validators: []validator.String{plain()},
			MarkdownDescription: "The asset's class, which the policy maps: for instance `service_account` or `saas`.",
		},
		"state": schema.StringAttribute{
			Optional: true, Computed: true, Default: stringdefault.StaticString(lifecycle.StateInService.String()),
			Validators:          []validator.String{value.OneOf("State", lifecycle.States(), lifecycle.ParseState)},
			MarkdownDescription: "The lifecycle state, one of " + attribute.Words(lifecycle.States()) + ". Default `" + lifecycle.StateInService.String() + "`.",
		},
		"owners": schema.ListAttribute{
			Optional: true, ElementType: types.StringType,
			Validators:          []validator.List{listvalidator.UniqueValues(), listvalidator.SizeAtLeast(1), listvalidator.NoNullValues(), listvalidator.ValueStringsAre(plain())},
			MarkdownDescription: "The owners, each by any key that a directory knows: a person or a team.",
		},
		"name":        told("The asset's name."),
		"purpose":     told("What the asset is for."),
		"environment": told("The environment, for instance `production`."),
		"criticality": told("How much depends on the asset, for instance `high`."),
		"third_party": schema.BoolAttribute{Optional: true, MarkdownDescription: "Whether a third party operates the asset."},
		"shared":      schema.BoolAttribute{Optional: true, MarkdownDescription: "Whether the asset is shared."},
		"retirement_date": schema.StringAttribute{Optional: true, Validators: []validator.String{value.EndOfDay()},
			MarkdownDescription: "When the asset retires: a date, which means the end of that day in UTC, or an RFC 3339 timestamp."},
		"verified_at": schema.StringAttribute{Optional: true, Validators: []validator.String{value.StartOfDay()},
			MarkdownDescription: "When somebody last verified that the record is true: a date, which means the start of that day in UTC, or an RFC 3339 timestamp. Without one the record is `record.incomplete`, and with an old one `record.stale`: " +
				"whoever looks at the record again writes the new date, in a change that is reviewed."},
		"assigned_at": schema.StringAttribute{Optional: true, Validators: []validator.String{value.StartOfDay()},
			MarkdownDescription: "When the owners took the asset over: a date, which means the start of that day in UTC, or an RFC 3339 timestamp."},
	},
}

func told(description string) schema.Attribute {
	return schema.StringAttribute{Optional: true, Validators: []validator.String{plain()}, MarkdownDescription: description}
}

// plain accepts a text that the register gives back as it is.
func plain() validator.String {
	return value.Checked("Invalid Text", "a text that is not empty, without blanks around it, control characters and direction marks; leave the attribute out to state nothing",
		func(s string) error {
			if s == "" || system.Clean(s) != s || system.HasReplacement(s) {
				return errors.New("the text would not be shown as it is written")
			}
			return nil
		})
}

// key accepts "<system>/<id>" with an id that can be looked up.
func key() validator.String {
	return value.Checked("Invalid Asset", "\"<system>/<id>\", for instance \"code/ci-deployer\", without blanks around the id, control characters and direction marks",
		func(s string) error {
			ref, ok := lifecycle.ParseRef(s)
			if usable, fits := system.UsableKey(ref.ID); !ok || !fits || usable != ref.ID {
				return errors.New("the text names no system and id")
			}
			return nil
		})
}
