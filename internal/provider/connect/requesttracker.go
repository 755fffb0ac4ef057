package connect

import (
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/custodyhq/terraform-provider-custody/internal/kind/requesttracker"
	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/attribute"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

var requestTrackerSchema = schema.SingleNestedAttribute{
	Optional: true,
	MarkdownDescription: "Request Tracker 5 over REST 2: assets of its catalogs, and tickets that refer to an asset as tasks. " +
		"The account needs global `ShowAsset` and `ShowCatalog`, `SeeCustomField` for `fields`, `SeeGroup` if groups hold assets, and `SeeQueue` and `ShowTicket` for `queues`; no right to write.",
	Attributes: map[string]schema.Attribute{
		"url":        setting("The server's address, without `/REST/2.0`. Required."),
		"token":      secretSetting("An authentication token of the account. Default: the environment variable `CUSTODY_<SYSTEM>_TOKEN`."),
		"ca_file":    caFile,
		"allow_http": allowHTTP,
		"catalogs":   mapping("The catalogs to read: catalog = asset class. Default: all catalogs, and the class is the name of the catalog. Assets in other catalogs are not assets of this system."),
		"queues":     mapping("The queues whose tickets are tasks: queue = one of " + attribute.Words(lifecycle.TaskKinds()) + ". Default: none, and the system has no tasks."),
		"fields":     mapping("Custom fields: custody's field = the name of the custom field; case is ignored. Fields: " + attribute.Words(requesttracker.Fields()) + ". Nothing counts as verified unless `verified_at` is mapped."),
		"states":     mapping("Statuses: the status in Request Tracker = custody's state, one of " + attribute.Words(lifecycle.States()) + ", in addition to the defaults (`new` planned, `allocated` and `in-use` in_service, `stolen` lost, `recycled` and `deleted` retired)."),
		"owner_role": setting("The role that owns an asset: one of " + attribute.Words(requesttracker.OwnerRoles()) + ". Default `Owner`."),
		"owner_key":  setting("The attribute of a user that names the owner: one of " + attribute.Words(requesttracker.OwnerKeys()) + ". Default `name`."),

		"page_size":           number("How many records one request for a list returns, 1 to 100. Default 100."),
		"requests_per_minute": requestsPerMinute,
		"timeout":             requestTimeout,
	},
}

type requestTrackerModel struct {
	URL               types.String      `tfsdk:"url"`
	Token             types.String      `tfsdk:"token"`
	CAFile            types.String      `tfsdk:"ca_file"`
	AllowHTTP         types.Bool        `tfsdk:"allow_http"`
	Catalogs          map[string]string `tfsdk:"catalogs"`
	Queues            map[string]string `tfsdk:"queues"`
	Fields            map[string]string `tfsdk:"fields"`
	States            map[string]string `tfsdk:"states"`
	OwnerRole         types.String      `tfsdk:"owner_role"`
	OwnerKey          types.String      `tfsdk:"owner_key"`
	PageSize          types.Int64       `tfsdk:"page_size"`
	RequestsPerMinute types.Int64       `tfsdk:"requests_per_minute"`
	Timeout           types.String      `tfsdk:"timeout"`
}

func (m *requestTrackerModel) open(name string) (system.System, error) {
	return requesttracker.New(requesttracker.Config{
		Name: name, URL: m.URL.ValueString(), Token: secret(m.Token, name, "token"),
		CAFile: m.CAFile.ValueString(), AllowHTTP: m.AllowHTTP.ValueBool(),
		Catalogs: m.Catalogs, Queues: m.Queues, Fields: m.Fields, States: m.States,
		OwnerRole: m.OwnerRole.ValueString(), OwnerKey: m.OwnerKey.ValueString(),
		PageSize: int(m.PageSize.ValueInt64()), RequestsPerMinute: int(m.RequestsPerMinute.ValueInt64()), Timeout: span(m.Timeout),
	})
}
