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

		"reviews": requestTrackerReviews,

		"page_size":           number("How many records one request for a list returns, 1 to 100. Default 100."),
		"requests_per_minute": requestsPerMinute,
		"timeout":             requestTimeout,
	},
}

var requestTrackerReviews = schema.SingleNestedAttribute{
	Optional:            true,
	MarkdownDescription: "The queue in which people are asked whether an access is still justified. Its lifecycle, custom fields and rights are set up by two files, which the page of this kind has. Default: none, and the system is no review queue.",
	Attributes: map[string]schema.Attribute{
		"queue":        setting("The name of the queue. Required."),
		"lifecycle":    setting("The lifecycle that the queue must have. Default `review`."),
		"key_field":    setting("The custom field by which a case is found again. Default `Custody Key`."),
		"grant_field":  setting("The custom field that names the grant. Default `Custody Grant`, if the queue has it."),
		"statuses":     mapping("The statuses of the lifecycle, if they differ: one of " + attribute.Words(requesttracker.ReviewStatuses()) + " = the status in Request Tracker. Another status that is active there is open."),
		"reviewer_key": setting("The attribute of a user by which a reviewer is found, and which names who has answered: one of " + attribute.Words(requesttracker.OwnerKeys()) + ". Default `name`."),
		"by_mail":      flag("Whether the queue takes answers by mail, as the page of this kind sets it up. It only changes what a case says about how to answer. Default `false`."),
	},
}

type requestTrackerReviewsModel struct {
	Queue       types.String      `tfsdk:"queue"`
	Lifecycle   types.String      `tfsdk:"lifecycle"`
	KeyField    types.String      `tfsdk:"key_field"`
	GrantField  types.String      `tfsdk:"grant_field"`
	Statuses    map[string]string `tfsdk:"statuses"`
	ReviewerKey types.String      `tfsdk:"reviewer_key"`
	ByMail      types.Bool        `tfsdk:"by_mail"`
}

func (m *requestTrackerReviewsModel) config() *requesttracker.ReviewConfig {
	if m == nil {
		return nil
	}
	return &requesttracker.ReviewConfig{
		Queue: m.Queue.ValueString(), Lifecycle: m.Lifecycle.ValueString(), KeyField: m.KeyField.ValueString(),
		GrantField: m.GrantField.ValueString(), Statuses: m.Statuses, ReviewerKey: m.ReviewerKey.ValueString(), ByMail: m.ByMail.ValueBool(),
	}
}

type requestTrackerModel struct {
	URL               types.String                `tfsdk:"url"`
	Token             types.String                `tfsdk:"token"`
	CAFile            types.String                `tfsdk:"ca_file"`
	AllowHTTP         types.Bool                  `tfsdk:"allow_http"`
	Catalogs          map[string]string           `tfsdk:"catalogs"`
	Queues            map[string]string           `tfsdk:"queues"`
	Fields            map[string]string           `tfsdk:"fields"`
	States            map[string]string           `tfsdk:"states"`
	OwnerRole         types.String                `tfsdk:"owner_role"`
	OwnerKey          types.String                `tfsdk:"owner_key"`
	Reviews           *requestTrackerReviewsModel `tfsdk:"reviews"`
	PageSize          types.Int64                 `tfsdk:"page_size"`
	RequestsPerMinute types.Int64                 `tfsdk:"requests_per_minute"`
	Timeout           types.String                `tfsdk:"timeout"`
}

func (m *requestTrackerModel) open(name string) (system.System, error) {
	return requesttracker.New(requesttracker.Config{
		Name: name, URL: m.URL.ValueString(), Token: secret(m.Token, name, "token"),
		CAFile: m.CAFile.ValueString(), AllowHTTP: m.AllowHTTP.ValueBool(),
		Catalogs: m.Catalogs, Queues: m.Queues, Fields: m.Fields, States: m.States,
		OwnerRole: m.OwnerRole.ValueString(), OwnerKey: m.OwnerKey.ValueString(), Reviews: m.Reviews.config(),
		PageSize: int(m.PageSize.ValueInt64()), RequestsPerMinute: int(m.RequestsPerMinute.ValueInt64()), Timeout: span(m.Timeout),
	})
}
