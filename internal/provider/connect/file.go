package connect

import (
	"maps"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/custodyhq/terraform-provider-custody/internal/kind/file"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/value"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/table"
)

func columns(of string) schema.MapAttribute {
	return mapping("Headers or columns of other people's exports of " + of + ": our field = theirs. A field that is not listed is looked for under its own name; case does not count. A listed one that is not there makes the system unavailable.")
}

func words(of, ours, others string) schema.MapAttribute {
	return mapping("Words of other people's exports for " + of + ": their value = our value, one of " + ours + ". Case does not count. Our own words need no mapping. " + others)
}

var fileSchema = schema.SingleNestedAttribute{
	Optional: true,
	MarkdownDescription: "Inventories exported to files or kept in the repository: CSV (`,`, `;` or tab), JSON, JSON Lines or YAML, by the file's ending. " +
		"Each is read once per run, as a stream: up to 64 MiB of the files of one table together, up to 4 MiB of a YAML file. A malformed, missing or shortened file is unavailable, never an empty inventory.",
	Attributes: withMapping(map[string]schema.Attribute{
		"assets": schema.StringAttribute{Optional: true, Validators: []validator.String{value.Stated()},
			MarkdownDescription: "A path or glob of asset records. Fields: `id` `class` `name` `state` `owner` `purpose` `environment` `criticality` `third_party` `shared` `retirement_date` `verified_at` `assigned_at`; several owners are separated by `;`. Only `id` is required. Dates are `2006-01-02` or RFC 3339. A relative path starts in the folder where Terraform runs."},
		"people": schema.StringAttribute{Optional: true, Validators: []validator.String{value.Stated()},
			MarkdownDescription: "A path or glob of people, teams and service identities. Fields: `id` `email` `username` `name` `kind` `status` `end_date` `manager` `teams`. Only `id` is required. " +
				"A file without a column `status` lists people who are active, one without `kind` lists employees."},
		"follow_links": followLinks,
		"tasks": schema.StringAttribute{Optional: true, Validators: []validator.String{value.Stated()},
			MarkdownDescription: "A path or glob of tasks. Fields: `id` `kind` `asset` `status` `due` `url`. `id`, `kind` and `asset` are required. Kinds other than offboarding, reassignment and decommission are not read."},
	}),
}

var followLinks = flag("Read also what links lead to outside of the folder that is named: for a path inside the folder where Terraform runs, that folder; " +
	"for any other, the folder in the path. Default `false`: anybody who can put a link there could otherwise have any file of the machine read.")

// minRecords is the same guard wherever whole lists are read.
var minRecords = schema.MapAttribute{Optional: true, ElementType: types.Int64Type,
	Validators:          []validator.Map{mapvalidator.ValueInt64sAre(int64validator.AtLeast(0))},
	MarkdownDescription: "The fewest records of each list, by `assets`, `people` and `tasks`. Default: 1 for assets and people, 0 for tasks. A list with fewer is unavailable: a file that is cut at the end of a row shows no other way."}

// withMapping adds the attributes that map the columns and words of other
// people's exports.
func withMapping(own map[string]schema.Attribute) map[string]schema.Attribute {
	maps.Copy(own, map[string]schema.Attribute{
		"columns":        columns("assets"),
		"people_columns": columns("people"),
		"tasks_columns":  columns("tasks"),
		"states":         words("asset states", "`planned`, `in_service`, `maintenance`, `lost`, `retired`, `unknown`", "Any other value is `unknown`, which the finding `record.incomplete` names."),
		"people_states":  words("people's statuses", "`active`, `leaving`, `suspended`, `left`, `unknown`", "Any other value is `unknown`, which the finding `owner.unknown` names."),
		"tasks_states":   words("task statuses", "`open`, `closed`", "`done`, `resolved`, `completed`, `cancelled` and `rejected` are closed too; any other value is open."),
		"min_records":    minRecords,
	})
	return own
}

// mappingModel is a table.Mapping with the names of its attributes.
type mappingModel struct {
	Columns       map[string]string `tfsdk:"columns"`
	PeopleColumns map[string]string `tfsdk:"people_columns"`
	TasksColumns  map[string]string `tfsdk:"tasks_columns"`
	States        map[string]string `tfsdk:"states"`
	PeopleStates  map[string]string `tfsdk:"people_states"`
	TasksStates   map[string]string `tfsdk:"tasks_states"`
	MinRecords    map[string]int    `tfsdk:"min_records"`
}

type fileModel struct {
	Assets types.String `tfsdk:"assets"`
	People types.String `tfsdk:"people"`
	Tasks  types.String `tfsdk:"tasks"`

	FollowLinks types.Bool `tfsdk:"follow_links"`
	mappingModel
}

func (m *fileModel) open(name string) (system.System, error) {
	return file.New(file.Config{
		Name: name, Assets: m.Assets.ValueString(), People: m.People.ValueString(), Tasks: m.Tasks.ValueString(),
		FollowLinks: m.FollowLinks.ValueBool(), Mapping: table.Mapping(m.mappingModel),
	})
}
