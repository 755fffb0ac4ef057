package file

import (
	"fmt"
	"slices"
	"strings"

	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// The tables that a file system can read. Their names are attributes of its
// block and keys of min_records.
const (
	tableAssets = "assets"
	tablePeople = "people"
	tableTasks  = "tasks"
)

// table describes one kind of file: which fields a row may have, and how
// messages name it.
type table struct {
	name     string
	records  string // "asset records"
	summary  string // of a fault
	columns  string // the attribute that maps our fields to their headers
	states   string // the attribute that maps their states to ours
	fields   []string
	required []int
	lists    bits // fields that hold several texts
	least    int  // records that a file must hold where min_records says nothing
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

// A file of assets or people in which nobody and nothing stands is far more
// often a failed export than an empty company, so at least one record is asked
// for unless min_records says 0. No open tasks is the ordinary case.
var (
	assetTable = &table{
		name: tableAssets, records: "asset records", summary: "Unable to Read Asset Records",
		columns: "columns", states: "states",
		fields: []string{
			"id", "class", "name", "state", "owner", "purpose", "environment", "criticality", "third_party",
			"shared", "retirement_date", "verified_at", "assigned_at",
		},
		required: []int{assetID}, lists: 1 << assetOwner, least: 1,
	}
	peopleTable = &table{
		name: tablePeople, records: "people", summary: "Unable to Read People",
		columns: "people_columns", states: "people_states",
		fields:   []string{"id", "email", "username", "name", "kind", "status", "end_date", "manager", "teams"},
		required: []int{personID}, lists: 1 << personTeams, least: 1,
	}
	taskTable = &table{
		name: tableTasks, records: "tasks", summary: "Unable to Read Tasks",
		columns: "tasks_columns", states: "tasks_states",
		fields:   []string{"id", "kind", "asset", "status", "due", "url"},
		required: []int{taskID, taskKind, taskAsset},
	}
)

const maxFields = 13

// bits is a set of fields.
type bits uint32

func (b bits) has(field int) bool { return b&(1<<field) != 0 }

// layout says under which header each field of a table is found.
type layout struct {
	*table
	headers  [maxFields]string // folded and trimmed
	explicit bits              // fields that the configuration maps
	fieldsOf map[string][]int  // by folded header
}

func newLayout(t *table, columns map[string]string) *layout {
	l := &layout{table: t, fieldsOf: make(map[string][]int, len(t.fields))}
	for i, name := range t.fields {
		header := name
		if theirs, ok := columns[name]; ok {
			header = theirs
			l.explicit |= 1 << i
		}
		header = foldHeader(header)
		l.headers[i] = header
		l.fieldsOf[header] = append(l.fieldsOf[header], i)
	}
	return l
}

func foldHeader(s string) string { return system.Fold(system.Clean(s)) }

// checkSeen returns a reason if a field that must have a header has none. found
// lists the headers of the file for the message.
func (l *layout) checkSeen(seen bits, found []string) string {
	for i, name := range l.fields {
		needed := l.explicit.has(i) || slices.Contains(l.required, i)
		if !needed || seen.has(i) {
			continue
		}
		reason := fmt.Sprintf("it has no column %s for the field %s", quote(l.headers[i]), quote(name))
		if l.explicit.has(i) {
			return reason + ", which " + l.columns + " names" + foundHeaders(found)
		}
		return reason + foundHeaders(found) + "; accepted are " + strings.Join(l.fields, ", ") +
			", and whatever " + l.columns + " maps them to"
	}
	return ""
}

func foundHeaders(found []string) string {
	if len(found) == 0 {
		return ""
	}
	const most = 40
	texts := make([]string, 0, len(found))
	for _, f := range found[:min(len(found), most)] {
		texts = append(texts, quote(f))
	}
	if len(found) > most {
		texts = append(texts, "…")
	}
	return "; found: " + strings.Join(texts, ", ")
}

// cell is one value of a row, and where it stands.
type cell struct {
	text         string
	list         []string
	isList       bool
	line, column int
}

// row is one record of a file, before it is understood. It is reused for the
// next one.
type row struct {
	cells        [maxFields]cell
	present      bits
	line, column int
}

func (r *row) reset() { *r = row{} }

// set puts a value into every field that the header feeds.
func (r *row) set(fields []int, c cell) {
	for _, f := range fields {
		r.cells[f] = c
		r.present |= 1 << f
	}
}

// flaw is what is wrong with the contents of a file, and where. A line of 0
// stands for the file as a whole.
type flaw struct {
	line, column int
	reason       string
}

func (f *flaw) Error() string {
	if f.line == 0 {
		return f.reason
	}
	return fmt.Sprintf("line %d, column %d: %s", f.line, f.column, f.reason)
}

// flawIn returns a flaw of one field of the row.
func (l *layout) flawIn(r *row, field int, reason string) *flaw {
	c := &r.cells[field]
	f := &flaw{line: c.line, column: c.column}
	if f.line == 0 {
		f.line, f.column = r.line, r.column
	}
	f.reason = fmt.Sprintf("the field %s holds %s, and %s", quote(l.fields[field]), quote(c.text), reason)
	switch {
	case c.isList:
		f.reason = fmt.Sprintf("the field %s holds a list, and %s", quote(l.fields[field]), reason)
	case system.Clean(c.text) == "":
		f.reason = fmt.Sprintf("the field %s is empty", quote(l.fields[field]))
	}
	return f
}

const (
	maxCell = 64 << 10 // bytes of one value
	maxList = 1000     // texts in one value
)

// check holds every value to its shape and size, and cleans the texts.
func (l *layout) check(r *row) error {
	for f := range l.fields {
		if !r.present.has(f) {
			continue
		}
		c := &r.cells[f]
		size, parts := len(c.text), len(c.list)
		for _, part := range c.list {
			size += len(part)
		}
		if l.lists.has(f) && !c.isList {
			parts = strings.Count(c.text, ";")
		}
		switch {
		case size > maxCell:
			return l.flawIn(r, f, "it is longer than 64 KiB")
		case strings.IndexByte(c.text, 0) >= 0 || slices.ContainsFunc(c.list, hasNUL):
			return l.flawIn(r, f, "a NUL character is not accepted")
		case c.isList && !l.lists.has(f):
			return l.flawIn(r, f, "only one text is accepted there")
		case parts > maxList:
			return l.flawIn(r, f, "more than 1000 texts are not accepted")
		}
		c.text = system.Clean(c.text)
	}
	return nil
}

func hasNUL(s string) bool { return strings.IndexByte(s, 0) >= 0 }
