package connect

import (
	"maps"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/custodyhq/terraform-provider-custody/internal/kind/file"
	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/attribute"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/value"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/table"
)

func columns(of string) schema.MapAttribute {
	return mapping("The columns of an export of " + of + ": custody's field = the header in the file. A field that is not listed is looked for under its own name; case is ignored. A listed header that is missing makes the system unavailable.")
}

func joined(of, columns string) schema.MapAttribute {
	return schema.MapAttribute{Optional: true, ElementType: types.ListType{ElemType: types.StringType},
		MarkdownDescription: "Fields of " + of + " that are made of several columns: custody's field = the headers in the file, such as `name = [\"First Name\", \"Last Name\"]`. " +
			"The texts are joined by a space; those of a field that holds several texts become one list. Each header must exist. A field is listed either here or in `" + columns + "`."}
}

func words(of, ours, others string) schema.MapAttribute {
	return mapping("The words of an export for " + of + ": the value in the file = custody's value, one of " + ours + ". Case is ignored. custody's own words need no mapping. " + others)
}

var fileSchema = schema.SingleNestedAttribute{
	Optional: true,
	MarkdownDescription: "Inventories exported to files or kept in the repository: CSV (`,`, `;` or tab), JSON, JSON Lines or YAML, by the file's ending. " +
		"Each is read once per run, as a stream: up to 64 MiB of the files of one table together, up to 4 MiB of a YAML file. A malformed, missing or shortened file is unavailable, never an empty inventory.",
	Attributes: withMapping(map[string]schema.Attribute{
		"assets": schema.StringAttribute{Optional: true, Validators: []validator.String{value.Stated()},
			MarkdownDescription: "A path or glob of asset records. Fields: `id` `class` `name` `state` `owner` `purpose` `environment` `criticality` `third_party` `shared` `retirement_date` `verified_at` `assigned_at`; several owners are separated by `;`. Only `id` is required. `dates` says which forms of dates are read. A relative path starts in the folder where Terraform runs."},
		"people": schema.StringAttribute{Optional: true, Validators: []validator.String{value.Stated()},
			MarkdownDescription: "A path or glob of people, teams and service identities. Fields: `id` `email` `username` `name` `kind` `status` `end_date` `manager` `teams`. Only `id` is required. " +
				"In a file without a column `status` everybody is active; in one without `kind` everybody is an employee."},
		"follow_links": followLinks,
		"preset": setting("The tool whose export the files are: " + attribute.Words(file.Presets()) + ". The preset sets the columns, words and date forms that the guide \"From an export to the first plan\" lists; " +
			"other attributes override it, field by field and word by word."),
		"tasks": schema.StringAttribute{Optional: true, Validators: []validator.String{value.Stated()},
			MarkdownDescription: "A path or glob of tasks. Fields: `id` `kind` `asset` `status` `due` `url`. `id`, `kind` and `asset` are required. Kinds other than offboarding, reassignment and decommission are not read."},
	}),
}

var followLinks = flag("Follow symbolic links that lead out of the folder: for a path inside the folder where Terraform runs, out of that folder; " +
	"for any other path, out of the folder in the path. Default `false`: otherwise anyone who can create a link there could make the provider read any file of the machine.")

// minRecords is the attribute of every kind that reads whole lists.
var minRecords = schema.MapAttribute{Optional: true, ElementType: types.Int64Type,
	Validators:          []validator.Map{mapvalidator.ValueInt64sAre(int64validator.AtLeast(0))},
	MarkdownDescription: "The fewest records of each list, by `assets`, `people` and `tasks`. Default: 1 for assets and people, 0 for tasks. A list with fewer is unavailable: nothing else shows that a file was cut off at the end of a row."}

// withMapping adds the attributes that map the columns and words of exports.
func withMapping(own map[string]schema.Attribute) map[string]schema.Attribute {
	maps.Copy(own, map[string]schema.Attribute{
		"columns":        columns("assets"),
		"people_columns": columns("people"),
		"tasks_columns":  columns("tasks"),

		"joined_columns":        joined("assets", "columns"),
		"people_joined_columns": joined("people", "people_columns"),

		"kinds": mapping("The words of an export for the kinds of people: the value in the file = custody's value, one of " + attribute.Words(lifecycle.OwnerKinds()) +
			", such as `Guest = \"vendor\"`. Case is ignored. custody's own words need no mapping. Any other word is an error: it could turn a guest into an employee."),
		"empty": several("Words that mean \"no value\" in every column but `id` and `name`; case is ignored. Default: `N/A` everywhere; `-`, `null` and `none` where they cannot be a key or a word of your own; `never` in dates. The guide of the system has the table."),
		"dates": setting("Which part comes first in dates such as 10/03/2026: `us` for the month, `eu` for the day. Default: such dates are errors. Unambiguous dates are read without this setting: `2026-10-03`, RFC 3339 and similar forms, " +
			"`03.10.2026`, `3 Oct 2026`, seconds and milliseconds since 1970."),
		"date_formats": several("Further forms of dates: " + attribute.Words(table.DateForms()) + ", or layouts of Go such as `02|01|2006`. Two forms that read the same text as different dates are an error."),
		"time_zone":    setting("The time zone of dates and times without one, such as `Europe/Berlin`. Default `UTC`."),

		"states":        words("asset states", "`planned`, `in_service`, `maintenance`, `lost`, `retired`, `unknown`", "Any other value is `unknown`, which the finding `record.incomplete` names."),
		"people_states": words("people's statuses", "`active`, `leaving`, `suspended`, `left`, `unknown`", "Any other value is `unknown`, which the finding `owner.unknown` names."),
		"tasks_states":  words("task statuses", "`open`, `closed`", "`done`, `resolved`, `completed`, `cancelled` and `rejected` are closed too; any other value is open."),
		"min_records":   minRecords,
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

	JoinedColumns       map[string][]string `tfsdk:"joined_columns"`
	PeopleJoinedColumns map[string][]string `tfsdk:"people_joined_columns"`

	Kinds       map[string]string `tfsdk:"kinds"`
	Empty       []string          `tfsdk:"empty"`
	Dates       types.String      `tfsdk:"dates"`
	DateFormats []string          `tfsdk:"date_formats"`
	TimeZone    types.String      `tfsdk:"time_zone"`
}

// mapping returns the mapping in the attributes.
func (m *mappingModel) mapping() table.Mapping {
	return table.Mapping{
		Columns: m.Columns, PeopleColumns: m.PeopleColumns, TasksColumns: m.TasksColumns,
		JoinedColumns: m.JoinedColumns, PeopleJoinedColumns: m.PeopleJoinedColumns,
		States: m.States, PeopleStates: m.PeopleStates, TasksStates: m.TasksStates, Kinds: m.Kinds,
		Empty: m.Empty, Dates: m.Dates.ValueString(), DateFormats: m.DateFormats, TimeZone: m.TimeZone.ValueString(),
		MinRecords: m.MinRecords,
	}
}

type fileModel struct {
	Assets types.String `tfsdk:"assets"`
	People types.String `tfsdk:"people"`
	Tasks  types.String `tfsdk:"tasks"`

	Preset      types.String `tfsdk:"preset"`
	FollowLinks types.Bool   `tfsdk:"follow_links"`
	mappingModel
}

func (m *fileModel) open(name string) (system.System, error) {
	return file.New(file.Config{
		Name: name, Assets: m.Assets.ValueString(), People: m.People.ValueString(), Tasks: m.Tasks.ValueString(),
		Preset: m.Preset.ValueString(), FollowLinks: m.FollowLinks.ValueBool(), Mapping: m.mapping(),
	})
}
