package connect

import (
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/custodyhq/terraform-provider-custody/internal/kind/scim"
	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/attribute"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

var scimSchema = schema.SingleNestedAttribute{
	Optional: true,
	MarkdownDescription: "A directory over SCIM 2.0 (RFC 7643, RFC 7644): users and groups. The token needs the right to read both. " +
		"Nothing is written, except to users that a `custody_account` names.",
	Attributes: map[string]schema.Attribute{
		"url":                 setting("The address of the service; users are at `<url>/Users`. Required."),
		"token":               secretSetting("The bearer token. Default: the environment variable `CUSTODY_<SYSTEM>_TOKEN`."),
		"ca_file":             caFile,
		"allow_http":          allowHTTP,
		"keys":                several("The keys of a user, apart from the id: of " + attribute.Words(scim.Keys()) + ". Default `userName`, `emails.value`."),
		"kind_attribute":      setting("The attribute that says what sort of owner a user is. Default `userType`."),
		"kinds":               mapping("The values of `kind_attribute`: the value = one of " + attribute.Words(lifecycle.OwnerKinds()) + "."),
		"end_date_attribute":  setting("The attribute that holds the last day, as a SCIM attribute path. Default: none, and no user has an end date."),
		"inactive_means":      setting("What `active = false` says: `suspended` (default) or `left`. Many identity providers also deactivate users for a limited time."),
		"groups":              flag("Whether groups are read as teams. Default `true`."),
		"teams_from":          setting("Where a user's teams are read: `user` (default), or `groups`, which lists all groups once."),
		"probe":               probe,
		"paging":              setting("`index` or `cursor` (RFC 9865). Default: what the server supports."),
		"page_size":           number("How many entries are asked for at a time. Default 100."),
		"requests_per_minute": requestsPerMinute,
		"timeout":             requestTimeout,
	},
}

type scimModel struct {
	URL               types.String      `tfsdk:"url"`
	Token             types.String      `tfsdk:"token"`
	CAFile            types.String      `tfsdk:"ca_file"`
	AllowHTTP         types.Bool        `tfsdk:"allow_http"`
	Keys              []string          `tfsdk:"keys"`
	KindAttribute     types.String      `tfsdk:"kind_attribute"`
	Kinds             map[string]string `tfsdk:"kinds"`
	EndDateAttribute  types.String      `tfsdk:"end_date_attribute"`
	InactiveMeans     types.String      `tfsdk:"inactive_means"`
	Groups            types.Bool        `tfsdk:"groups"`
	TeamsFrom         types.String      `tfsdk:"teams_from"`
	Probe             []string          `tfsdk:"probe"`
	Paging            types.String      `tfsdk:"paging"`
	PageSize          types.Int64       `tfsdk:"page_size"`
	RequestsPerMinute types.Int64       `tfsdk:"requests_per_minute"`
	Timeout           types.String      `tfsdk:"timeout"`
}

func (m *scimModel) open(name string) (system.System, error) {
	return scim.New(scim.Config{
		Name: name, URL: m.URL.ValueString(), Token: secret(m.Token, name, "token"),
		CAFile: m.CAFile.ValueString(), AllowHTTP: m.AllowHTTP.ValueBool(),
		Keys: m.Keys, KindAttribute: m.KindAttribute.ValueString(), Kinds: m.Kinds,
		EndDateAttribute: m.EndDateAttribute.ValueString(), InactiveMeans: m.InactiveMeans.ValueString(),
		NoGroups: !m.Groups.IsNull() && !m.Groups.ValueBool(), TeamsFrom: m.TeamsFrom.ValueString(), Probe: m.Probe,
		Paging: m.Paging.ValueString(), PageSize: int(m.PageSize.ValueInt64()),
		RequestsPerMinute: int(m.RequestsPerMinute.ValueInt64()), Timeout: span(m.Timeout),
	})
}
