package connect

import (
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/custodyhq/terraform-provider-custody/internal/kind/sql"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/attribute"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

func sqlSchema() schema.Attribute {
	return schema.SingleNestedAttribute{
		Optional: true,
		MarkdownDescription: "A database, read with your own queries in one read-only transaction: assets, people and tasks, in columns that have the names of the fields of `file`. " +
			"The account needs the right to read what the queries name, and no other right.",
		Attributes: withMapping(map[string]schema.Attribute{
			"driver":             setting("The database: one of " + attribute.Words(sql.Drivers()) + ". Required."),
			"dsn":                secretSetting("The data source name or connection string, in the form of the driver. Default: the environment variable `CUSTODY_<SYSTEM>_DSN`."),
			"ca_file":            caFile,
			"insecure_plaintext": flag("Accept a connection without TLS to another machine. Default `false`."),
			"assets":             setting("The query for all assets. Columns as the fields of `file.assets`."),
			"asset":              setting("The query for one asset, with its id as the only bind parameter. It requires `assets`, and is used when few of many records are looked up."),
			"people":             setting("The query for all people. Columns as the fields of `file.people`."),
			"tasks":              setting("The query for all tasks. Columns as the fields of `file.tasks`."),
			"max_rows":           number("The largest number of rows of an answer; a larger answer makes the system unavailable. Default 1000000."),
			"timeout":            waiting("How long one query may take. Default `1m`."),
		}),
	}
}

type sqlModel struct {
	Driver            types.String `tfsdk:"driver"`
	DSN               types.String `tfsdk:"dsn"`
	CAFile            types.String `tfsdk:"ca_file"`
	InsecurePlaintext types.Bool   `tfsdk:"insecure_plaintext"`
	Assets            types.String `tfsdk:"assets"`
	Asset             types.String `tfsdk:"asset"`
	People            types.String `tfsdk:"people"`
	Tasks             types.String `tfsdk:"tasks"`
	MaxRows           types.Int64  `tfsdk:"max_rows"`
	Timeout           types.String `tfsdk:"timeout"`
	mappingModel
}

func (m *sqlModel) open(name string) (system.System, error) {
	return sql.New(sql.Config{
		Name: name, Driver: m.Driver.ValueString(), DSN: secret(m.DSN, name, "dsn"),
		CAFile: m.CAFile.ValueString(), InsecurePlaintext: m.InsecurePlaintext.ValueBool(),
		Assets: m.Assets.ValueString(), Asset: m.Asset.ValueString(), People: m.People.ValueString(), Tasks: m.Tasks.ValueString(),
		Mapping: m.mapping(),
		Timeout: span(m.Timeout), MaxRows: int(m.MaxRows.ValueInt64()),
	})
}
