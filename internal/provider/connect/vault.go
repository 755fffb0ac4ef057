package connect

import (
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/custodyhq/terraform-provider-custody/internal/kind/vault"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

var vaultSchema = schema.SingleNestedAttribute{
	Optional: true,
	MarkdownDescription: "A HashiCorp Vault or an OpenBao whose entities and AppRole roles are accounts. Nothing is written, except to those that a `custody_account` names. " +
		"custody logs in with a token, or with AppRole.",
	Attributes: map[string]schema.Attribute{
		"url":          setting("The address of the server, such as `https://vault.example.org:8200`. Required."),
		"namespace":    setting("The namespace, such as `team/shop`. Default: the root namespace."),
		"token":        secretSetting("The token with which custody asks. Default: the environment variable `CUSTODY_<SYSTEM>_TOKEN`. It has to live as long as a run."),
		"role_id":      setting("The role ID of AppRole, with which custody logs in instead of a token."),
		"secret_id":    secretSetting("The secret ID of AppRole. Default: the environment variable `CUSTODY_<SYSTEM>_SECRET_ID`."),
		"approle_path": setting("Where the AppRole is mounted with which custody logs in. Default `approle`."),
		"leases": schema.MapAttribute{Optional: true, ElementType: types.ListType{ElemType: types.StringType},
			MarkdownDescription: "The leases that belong to an account, which `end_sessions` revokes while it waits for each: the subject = a list of prefixes, such as `[\"database/creds/app\"]`. " +
				"Vault does not say whose a lease is. Default: none; Vault then revokes the leases of a token itself, some time after the token.",
		},
		"ca_file":             caFile,
		"allow_http":          allowHTTP,
		"requests_per_minute": requestsPerMinute,
		"timeout":             requestTimeout,
	},
}

type vaultModel struct {
	URL               types.String        `tfsdk:"url"`
	Namespace         types.String        `tfsdk:"namespace"`
	Token             types.String        `tfsdk:"token"`
	RoleID            types.String        `tfsdk:"role_id"`
	SecretID          types.String        `tfsdk:"secret_id"`
	AppRolePath       types.String        `tfsdk:"approle_path"`
	Leases            map[string][]string `tfsdk:"leases"`
	CAFile            types.String        `tfsdk:"ca_file"`
	AllowHTTP         types.Bool          `tfsdk:"allow_http"`
	RequestsPerMinute types.Int64         `tfsdk:"requests_per_minute"`
	Timeout           types.String        `tfsdk:"timeout"`
}

func (m *vaultModel) open(name string) (system.System, error) {
	c := vault.Config{
		Name: name, URL: m.URL.ValueString(), Namespace: m.Namespace.ValueString(), CAFile: m.CAFile.ValueString(), AllowHTTP: m.AllowHTTP.ValueBool(),
		RoleID: m.RoleID.ValueString(), AppRole: m.AppRolePath.ValueString(), Leases: m.Leases,
		RequestsPerMinute: int(m.RequestsPerMinute.ValueInt64()), Timeout: span(m.Timeout),
	}
	// What is configured counts: a variable for the other way to log in is no second way.
	if m.RoleID.IsNull() && m.SecretID.IsNull() {
		c.Token = secret(m.Token, name, "token")
	} else {
		c.Token, c.SecretID = m.Token.ValueString(), secret(m.SecretID, name, "secret_id")
	}
	return vault.New(c)
}
