// Package table turns rows of named columns into asset records, people and tasks,
// whatever the rows stand in: files and the answers to queries mean the same by
// the same words. What a date looks like, and a yes or no, is the same for other
// systems in which people write them.
package table

import (
	"fmt"
	"slices"
	"strings"

	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

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
	Columns  string // the attribute that maps our fields to their headers
	States   string // the attribute that maps their states to ours
	Fields   []string
	required []int
	// Fields that a header must have, and what would follow without. What has no
	// header, such as JSON, may leave them out record by record.
	columns map[int]string
	lists   Bits // fields that hold several texts
	dates   Bits
	Least   int // records that there must be where min_records says nothing
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
// one record is asked for unless min_records says 0. No open tasks is the ordinary
// case.
var (
	Assets = &Table{
		Name: NameAssets, Records: "asset records", Summary: "Unable to Read Asset Records",
		Columns: "columns", States: "states",
		Fields: []string{
			"id", "class", "name", "state", "owner", "purpose", "environment", "criticality", "third_party",
			"shared", "retirement_date", "verified_at", "assigned_at",
		},
		required: []int{assetID}, lists: 1 << assetOwner, Least: 1,
		// Without them every access would be in question, and the reason is far more
		// often a header that was renamed.
		columns: map[int]string{assetState: "nothing would be in service", assetOwner: "nobody would hold anything"},
		dates:   1<<assetRetirementDate | 1<<assetVerifiedAt | 1<<assetAssignedAt,
	}
	People = &Table{
		Name: NamePeople, Records: "people", Summary: "Unable to Read People",
		Columns: "people_columns", States: "people_states",
		Fields:   []string{"id", "email", "username", "name", "kind", "status", "end_date", "manager", "teams"},
		required: []int{personID}, lists: 1 << personTeams, dates: 1 << personEndDate, Least: 1,
	}
	Tasks = &Table{
		Name: NameTasks, Records: "tasks", Summary: "Unable to Read Tasks",
		Columns: "tasks_columns", States: "tasks_states",
		Fields:   []string{"id", "kind", "asset", "status", "due", "url"},
		required: []int{taskID, taskKind, taskAsset}, dates: 1 << taskDue,
	}
)

const maxFields = 13

// Bits is a set of fields.
type Bits uint32

// Has reports whether the field is in the set.
func (b Bits) Has(field int) bool { return b&(1<<field) != 0 }

// Layout says under which header each field of a table is found.
type Layout struct {
	*Table
	headers  [maxFields]string // folded and trimmed
	explicit Bits              // fields that the configuration maps
	fieldsOf map[string][]int  // by folded header
}

// NewLayout returns the layout of a table whose columns the configuration maps:
// our field to the header.
func NewLayout(t *Table, columns map[string]string) *Layout {
	l := &Layout{Table: t, fieldsOf: make(map[string][]int, len(t.Fields))}
	for i, name := range t.Fields {
		header := name
		if theirs, ok := columns[name]; ok {
			header = theirs
			l.explicit |= 1 << i
		}
		header = FoldHeader(header)
		l.headers[i] = header
		l.fieldsOf[header] = append(l.fieldsOf[header], i)
	}
	return l
}

// FoldHeader returns a header, or a word of a cell, as it is compared.
func FoldHeader(s string) string { return system.Fold(system.Clean(s)) }

// Dated reports whether one of the fields holds a date.
func (t *Table) Dated(fields []int) bool {
	return slices.ContainsFunc(fields, t.dates.Has)
}

// Listed reports whether one of the fields holds several texts.
func (t *Table) Listed(fields []int) bool {
	return slices.ContainsFunc(fields, t.lists.Has)
}

// FieldsOf returns the fields that a header feeds.
func (l *Layout) FieldsOf(header string) []int { return l.fieldsOf[FoldHeader(header)] }

// Header returns the fields that each column feeds, and all of them, or a reason
// if the columns cannot be used.
func (l *Layout) Header(columns []string) (fields [][]int, seen Bits, reason string) {
	found := make([]string, 0, len(columns))
	first := make(map[string]bool, len(columns))
	fields = make([][]int, len(columns))
	for i, text := range columns {
		name := FoldHeader(text)
		if name == "" {
			continue
		}
		if first[name] {
			return nil, 0, fmt.Sprintf("the header names the column %s twice", Name(text))
		}
		first[name] = true
		found = append(found, system.Clean(text))
		fields[i] = l.fieldsOf[name]
		for _, f := range fields[i] {
			seen |= 1 << f
		}
	}
	return fields, seen, l.CheckSeen(seen, found)
}

// CheckSeen returns a reason if a field that must have a header has none. found
// lists the headers that there are for the message.
func (l *Layout) CheckSeen(seen Bits, found []string) string {
	for i, name := range l.Fields {
		consequence := l.columns[i]
		needed := l.explicit.Has(i) || slices.Contains(l.required, i) || found != nil && consequence != ""
		if !needed || seen.Has(i) {
			continue
		}
		reason := fmt.Sprintf("it has no column %s for the field %s", Quote(l.headers[i]), Quote(name))
		if l.explicit.Has(i) {
			return reason + ", which " + l.Columns + " names" + foundHeaders(found)
		}
		if consequence != "" {
			reason += ", and then " + consequence
		}
		return reason + foundHeaders(found) + "; accepted are " + strings.Join(l.Fields, ", ") +
			", and whatever " + l.Columns + " maps them to"
	}
	return ""
}

// foundHeaders lists headers for a message, if that is what they are. The first
// line of another file, such as one with passwords, is not repeated.
func foundHeaders(found []string) string {
	const most = 40
	switch {
	case len(found) == 0:
		return ""
	case len(found) == 1 || slices.ContainsFunc(found, func(text string) bool { return !isName(text) }):
		return fmt.Sprintf("; the header has %d columns, which are not repeated because they do not look like names of columns", len(found))
	}
	texts := make([]string, 0, len(found))
	for _, f := range found[:min(len(found), most)] {
		texts = append(texts, Quote(f))
	}
	if len(found) > most {
		texts = append(texts, "…")
	}
	return "; found: " + strings.Join(texts, ", ")
}

// Cell is one value of a row, and where it stands.
type Cell struct {
	Text         string
	List         []string
	IsList       bool
	Line, Column int
}

// Row is one record before it is understood. It is reused for the next one.
type Row struct {
	cells        [maxFields]Cell
	Present      Bits
	Line, Column int
}

// Reset empties the row.
func (r *Row) Reset() { *r = Row{} }

// Set puts a value into every field that the header feeds.
func (r *Row) Set(fields []int, c Cell) {
	for _, f := range fields {
		r.cells[f] = c
		r.Present |= 1 << f
	}
}

// Flaw is what is wrong with what was read, and where. A line of 0 stands for
// the whole. Advice says what to do, where that is not to correct the place.
type Flaw struct {
	Line, Column int
	Reason       string
	Advice       string
}

// Error returns the reason with the place before it.
func (f *Flaw) Error() string {
	if f.Line == 0 {
		return f.Reason
	}
	return fmt.Sprintf("line %d, column %d: %s", f.Line, f.Column, f.Reason)
}

// flawIn returns a flaw of one field of the row.
func (l *Layout) flawIn(r *Row, field int, reason string) *Flaw {
	c := &r.cells[field]
	f := &Flaw{Line: c.Line, Column: c.Column}
	if f.Line == 0 {
		f.Line, f.Column = r.Line, r.Column
	}
	f.Reason = fmt.Sprintf("the field %s holds %s, and %s", Quote(l.Fields[field]), Quote(c.Text), reason)
	switch {
	case c.IsList:
		f.Reason = fmt.Sprintf("the field %s holds a list, and %s", Quote(l.Fields[field]), reason)
	case system.Clean(c.Text) == "":
		f.Reason = fmt.Sprintf("the field %s is empty", Quote(l.Fields[field]))
	}
	return f
}

// MaxBytes is how much of a table is read: records take some four times the bytes
// that they are read from.
const MaxBytes = 64 << 20

// The bounds of one value.
const (
	MaxCell = 64 << 10 // bytes of one value
	MaxList = 1000     // texts in one value
)

// Check holds every value to its shape and size, and cleans the texts.
func (l *Layout) Check(r *Row) error {
	for f := range l.Fields {
		if !r.Present.Has(f) {
			continue
		}
		c := &r.cells[f]
		size, parts := len(c.Text), len(c.List)
		for _, part := range c.List {
			size += len(part)
		}
		if l.lists.Has(f) && !c.IsList {
			parts = strings.Count(c.Text, ";")
		}
		switch {
		case size > MaxCell:
			return l.flawIn(r, f, "it is longer than 64 KiB")
		case strings.IndexByte(c.Text, 0) >= 0 || slices.ContainsFunc(c.List, hasNUL):
			return l.flawIn(r, f, "a NUL character is not accepted")
		case c.IsList && !l.lists.Has(f):
			return l.flawIn(r, f, "only one text is accepted there")
		case parts > MaxList:
			return l.flawIn(r, f, "more than 1000 texts are not accepted")
		}
		c.Text = system.Clean(c.Text)
	}
	return nil
}

func hasNUL(s string) bool { return strings.IndexByte(s, 0) >= 0 }
