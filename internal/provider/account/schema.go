package account

import (
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/custodyhq/terraform-provider-custody/internal/provider/attribute"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/value"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// never is the end of an account that has none.
const never = "never"

// What becomes of an account when its resource is destroyed.
const (
	leave   = "leave"
	disable = "disable"
	enable  = "enable"
)

var accountSchema = schema.Schema{
	MarkdownDescription: "Whether an account that exists already can be used, and until when. custody never creates an account and never deletes one.\n\n" +
		"Refresh reads the account itself, so an account that was enabled again outside of Terraform is drift, and the next apply disables it. " +
		"An account is enabled only where the plan shows `enabled` changing from `false` to `true`. " +
		"An account that is gone is a warning and `present = false`, never an error: it must not keep others from being disabled.",
	Attributes: map[string]schema.Attribute{
		"target": schema.StringAttribute{
			Required: true, Validators: []validator.String{value.Stated()}, PlanModifiers: []planmodifier.String{stringplanmodifier.RequiresReplace()},
			MarkdownDescription: "The system that holds the account: a name from the provider's `systems`, of a kind that switches accounts (see Targets). A change replaces the resource.",
		},
		"subject": schema.StringAttribute{
			Required: true, Validators: []validator.String{subject()}, PlanModifiers: []planmodifier.String{stringplanmodifier.RequiresReplace()},
			MarkdownDescription: "The account: its id or user name in the target. A change replaces the resource.",
		},
		"enabled": schema.BoolAttribute{
			Required:            true,
			MarkdownDescription: "Whether the account can be used. Typically `custody_grant.<name>.active`.",
		},
		"expires_at": schema.StringAttribute{
			Optional: true, Computed: true, Validators: []validator.String{end()},
			MarkdownDescription: "From when on the target refuses the account: an RFC 3339 timestamp with whole seconds, or `never`. " +
				"Left out, the end stays as it is and is shown; null then if the target does not show it.",
		},
		"end_sessions": schema.BoolAttribute{
			Optional: true,
			MarkdownDescription: "Also end what `issued` lists whenever the account is disabled, and what is found open while it is. " +
				"Refused for targets that cannot do it, such as `ldap`: a directory does not know what it has let in. " +
				"What a target does not list is ended too, once.",
		},
		"on_destroy": schema.StringAttribute{
			Optional: true, Computed: true, Default: stringdefault.StaticString(leave),
			Validators: []validator.String{value.OneOf("Choice", []string{leave, disable, enable}, parseOnDestroy)},
			MarkdownDescription: "What becomes of the account when the resource is destroyed: `leave` (default) touches nothing, `disable` and `enable` do what they say. " +
				"The value that counts is that of the last apply.",
		},
		"id":         computed("`\"<target>/<subject>\"`."),
		"account":    computed("What the target calls the account: in a directory its distinguished name, in a database the name of the role. Null if it was not there."),
		"account_id": computed("The account's own identity, which outlives a rename: `entryUUID` or `objectGUID` in a directory, the object identifier of a role in PostgreSQL, the id of a user elsewhere. If the name is given to another account, that one counts as gone and is left alone."),
		"present": schema.BoolAttribute{
			Computed: true, MarkdownDescription: "Whether the account is there. `false` only if the target answered that it is not.",
		},
		"last_used_at": computed("The time of the last login, RFC 3339 in UTC. Null if the target does not show it."),
		"issued": schema.ListAttribute{
			Computed: true, ElementType: types.StringType,
			MarkdownDescription: "What the account has been given and still works, as far as the target knows: sessions, tokens, leases. What the target does not list is one entry. With `end_sessions`, it ends when the account is disabled.",
		},
	},
}

func computed(description string) schema.Attribute {
	return schema.StringAttribute{Computed: true, MarkdownDescription: description}
}

func subject() validator.String {
	return value.Checked("Invalid Subject", fmt.Sprintf("an id or a user name of at most %d bytes, without control characters", system.LongestKey), func(s string) error {
		if _, ok := system.UsableKey(s); !ok {
			return fmt.Errorf("%q cannot name an account", system.Clean(s))
		}
		return nil
	})
}

func end() validator.String {
	return value.Checked("Invalid End", "an RFC 3339 timestamp with whole seconds, such as 2030-01-31T12:00:00Z, or "+attribute.Words([]string{never}), func(s string) error {
		_, err := parseEnd(s)
		return err
	})
}

func parseOnDestroy(s string) (string, error) {
	switch s {
	case leave, disable, enable:
		return s, nil
	}
	return "", fmt.Errorf("%q is not accepted", s)
}
