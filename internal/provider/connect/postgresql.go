package connect

import (
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/custodyhq/terraform-provider-custody/internal/kind/postgresql"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

var postgresqlSchema = schema.SingleNestedAttribute{
	Optional: true,
	MarkdownDescription: "A PostgreSQL server whose roles are accounts. Nothing is written, except to roles that a `custody_account` names and those of a `custody_lease`; to read assets or people from tables, use `sql`. " +
		"The account needs `CREATEROLE` and `pg_signal_backend`, from PostgreSQL 16 on also to administer each role; or only the right to call `functions`.",
	Attributes: map[string]schema.Attribute{
		"dsn":                secretSetting("The connection string. Default: the environment variable `CUSTODY_<SYSTEM>_DSN`."),
		"ca_file":            caFile,
		"insecure_plaintext": flag("Accept a connection without TLS to another machine. Default `false`."),
		"functions":          setting("The schema of functions that change roles, and make those of leases, with the rights of their owner. Default: none, and the account does it itself."),
		"timeout":            waiting("How long one statement may take. Default `30s`."),
	},
}

type postgresqlModel struct {
	DSN               types.String `tfsdk:"dsn"`
	CAFile            types.String `tfsdk:"ca_file"`
	InsecurePlaintext types.Bool   `tfsdk:"insecure_plaintext"`
	Functions         types.String `tfsdk:"functions"`
	Timeout           types.String `tfsdk:"timeout"`
}

func (m *postgresqlModel) open(name string) (system.System, error) {
	return postgresql.New(postgresql.Config{
		Name: name, DSN: secret(m.DSN, name, "dsn"), CAFile: m.CAFile.ValueString(), InsecurePlaintext: m.InsecurePlaintext.ValueBool(),
		Functions: m.Functions.ValueString(), Timeout: span(m.Timeout),
	})
}
