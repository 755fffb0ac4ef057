package connect

import (
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/custodyhq/terraform-provider-custody/internal/kind/backstage"
	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/attribute"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

var backstageSchema = schema.SingleNestedAttribute{
	Optional: true,
	MarkdownDescription: "A Backstage catalog, from its files or over its API: components, APIs, resources and systems as assets, users and groups as owners. " +
		"An asset is named by its full reference in lower case, `component:default/billing`.",
	Attributes: map[string]schema.Attribute{
		"files":          several("Paths or globs of catalog-info files. This or `url` is required."),
		"follow_links":   followLinks,
		"url":            setting("The backend's address, for the catalog API. This or `files` is required."),
		"token":          secretSetting("A token that may read every entity of the catalog. Default: the environment variable `CUSTODY_<SYSTEM>_TOKEN`."),
		"ca_file":        caFile,
		"allow_http":     allowHTTP,
		"kinds":          several("The kinds of entities that are assets. Default `component`, `api`, `resource`, `system`."),
		"annotations":    mapping("Annotations for what the catalog has no field for: custody's field = the annotation. Fields: " + attribute.Words(backstage.Fields()) + ". Default: `custody.dev/` and the field, with `-` for `_`."),
		"states":         mapping("Lifecycles: the word in the catalog = one of  " + attribute.Words(lifecycle.States()) + ", in addition to the defaults (`experimental`, `production` and `deprecated` are in_service)."),
		"people_states":  mapping("The values of the annotation for a person's status: the value = one of " + attribute.Words(lifecycle.DirectoryStatuses()) + ". Without the annotation a person is active."),
		"min_records":    minRecords,
		"without_people": flag("The catalog holds no users and groups. Default `false`."),

		"page_size":           number("How many entities one request for a list returns, at most 500. Default 500."),
		"requests_per_minute": requestsPerMinute,
		"timeout":             requestTimeout,
	},
}

type backstageModel struct {
	Files             []string          `tfsdk:"files"`
	FollowLinks       types.Bool        `tfsdk:"follow_links"`
	URL               types.String      `tfsdk:"url"`
	Token             types.String      `tfsdk:"token"`
	CAFile            types.String      `tfsdk:"ca_file"`
	AllowHTTP         types.Bool        `tfsdk:"allow_http"`
	Kinds             []string          `tfsdk:"kinds"`
	Annotations       map[string]string `tfsdk:"annotations"`
	States            map[string]string `tfsdk:"states"`
	PeopleStates      map[string]string `tfsdk:"people_states"`
	MinRecords        map[string]int    `tfsdk:"min_records"`
	WithoutPeople     types.Bool        `tfsdk:"without_people"`
	PageSize          types.Int64       `tfsdk:"page_size"`
	RequestsPerMinute types.Int64       `tfsdk:"requests_per_minute"`
	Timeout           types.String      `tfsdk:"timeout"`
}

func (m *backstageModel) open(name string) (system.System, error) {
	c := backstage.Config{
		Name: name, Files: m.Files, FollowLinks: m.FollowLinks.ValueBool(), URL: m.URL.ValueString(), CAFile: m.CAFile.ValueString(), AllowHTTP: m.AllowHTTP.ValueBool(),
		Kinds: m.Kinds, Annotations: m.Annotations, States: m.States, PeopleStates: m.PeopleStates, MinRecords: m.MinRecords,
		WithoutPeople: m.WithoutPeople.ValueBool(),
		PageSize:      int(m.PageSize.ValueInt64()), RequestsPerMinute: int(m.RequestsPerMinute.ValueInt64()), Timeout: span(m.Timeout),
	}
	if c.URL != "" {
		c.Token = secret(m.Token, name, "token")
	}
	return backstage.New(c)
}
