// Package table turns rows of named columns into asset records, people and tasks.
// The rows may come from files or from the answers to queries, and the same words
// have the same meaning in both. Other systems in which people write dates, yes
// and no use its readers as well.
package table

import "github.com/custodyhq/terraform-provider-custody/internal/system"

// The names of the tables. They are attributes of the block of a system and keys
// of min_records.
const (
	NameAssets = "assets"
	NamePeople = "people"
	NameTasks  = "tasks"
)

// Table describes one kind of row: which fields it may have, and how messages
// name it.
type Table struct {
	Name     string
	Records  string // "asset records"
	Summary  string // of a fault
	Columns  string // the attribute that maps fields to headers
	Joined   string // the attribute that maps fields to several headers
	States   string // the attribute that maps words to states
	Fields   []string
	required []int
	// Fields that a header must have, and the consequence without them. Formats
	// without a header, such as JSON, may leave them out of single records.
	consequences map[int]string
	lists        Bits // fields that hold several texts
	prose        Bits // fields for readers: several texts are joined to one
	texts        Bits // fields with names and keys, which may be any word
	free         Bits // fields with the user's own words
	dates        Bits
	own          Bits // fields that are not interpreted: an id of "-" is an id
	ends         Bits // dates at which something ends: the last second of a day counts
	Least        int  // the default of min_records
}

// The fields of each table, as indices into its field names.
const (
	assetID = iota
	assetClass
	assetName
	assetState
	assetOwner
	assetPurpose
	assetEnvironment
	assetCriticality
	assetThirdParty
	assetShared
	assetRetirementDate
	assetVerifiedAt
	assetAssignedAt
)

const (
	personID = iota
	personEmail
	personUsername
	personName
	personKind
	personStatus
	personEndDate
	personManager
	personTeams
)

const (
	taskID = iota
	taskKind
	taskAsset
	taskStatus
	taskDue
	taskURL
)

// The tables. An empty list of assets or people is usually a failed export, so at least
// one record is required unless min_records is 0. A list without tasks is normal.
var (
	Assets = &Table{
		Name: NameAssets, Records: "asset records", Summary: "Unable to Read Asset Records",
		Columns: "columns", Joined: "joined_columns", States: "states",
		Fields: []string{
			"id", "class", "name", "state", "owner", "purpose", "environment", "criticality", "third_party",
			"shared", "retirement_date", "verified_at", "assigned_at",
		},
		required: []int{assetID}, lists: 1 << assetOwner, Least: 1,
		// Without them every access would have a finding, and a renamed header is the
		// more likely reason.
		consequences: map[int]string{assetState: "nothing would be in service", assetOwner: "nobody would hold anything"},
		dates:        1<<assetRetirementDate | 1<<assetVerifiedAt | 1<<assetAssignedAt,
		ends:         1 << assetRetirementDate,
		prose:        1<<assetName | 1<<assetPurpose,
		texts:        1<<assetOwner | 1<<assetPurpose,
		free:         1<<assetClass | 1<<assetEnvironment | 1<<assetCriticality,
		own:          1<<assetID | 1<<assetName,
	}
	People = &Table{
		Name: NamePeople, Records: "people", Summary: "Unable to Read People",
		Columns: "people_columns", Joined: "people_joined_columns", States: "people_states",
		Fields:   []string{"id", "email", "username", "name", "kind", "status", "end_date", "manager", "teams"},
		required: []int{personID}, lists: 1 << personTeams, dates: 1 << personEndDate, ends: 1 << personEndDate, Least: 1,
		prose: 1 << personName,
		texts: 1<<personUsername | 1<<personManager | 1<<personTeams,
		own:   1<<personID | 1<<personName,
	}
	Tasks = &Table{
		Name: NameTasks, Records: "tasks", Summary: "Unable to Read Tasks",
		Columns: "tasks_columns", States: "tasks_states",
		Fields:   []string{"id", "kind", "asset", "status", "due", "url"},
		required: []int{taskID, taskKind, taskAsset}, dates: 1 << taskDue, ends: 1 << taskDue,
		own: 1<<taskID | 1<<taskAsset,
	}
)

// Attributes lists the attributes by which a configuration says how the table is read.
func (t *Table) Attributes() []string {
	out := []string{t.Columns, t.States}
	if t == People {
		out = append(out, attributeKinds)
	}
	return append(out, attributeDates, attributeDateFormats, attributeEmpty)
}

const maxFields = 13

// Bits is a set of fields.
type Bits uint32

// Has reports whether the field is in the set.
func (b Bits) Has(field int) bool { return b&(1<<field) != 0 }

// FoldHeader returns a header, or a word of a cell, in the form in which it is
// compared.
func FoldHeader(s string) string { return system.Fold(system.Clean(s)) }
