package table

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// The words that tasks_states maps to, and the words that close a task without
// any mapping. Every other word leaves it open: a task that is taken for open
// asks a person, one that is taken for closed asks nobody.
const (
	taskOpen   = "open"
	taskClosed = "closed"
)

const attributeKinds = "kinds"

var closedWords = []string{"closed", "done", "resolved", "completed", "cancelled", "canceled", "rejected"}

// Index takes in the rows of one table.
type Index interface {
	Begin(label string)      // a list begins; the label and a row's line say where a record stands
	Add(l *Layout, row *Row) // one of its rows, which was checked; what is wrong with it is noted in it
	End(seen Bits)           // it ended; seen are the fields that it has a header for
	Done()                   // all lists have been read
}

// Mapping is the part of a configuration that says how foreign columns and words
// map to ours.
type Mapping struct {
	// Our field -> the header. Fields that are not named are found under their own
	// names.
	Columns       map[string]string
	PeopleColumns map[string]string
	TasksColumns  map[string]string

	// Our field -> the headers that make its value together.
	JoinedColumns       map[string][]string
	PeopleJoinedColumns map[string][]string

	// The foreign word -> our state, status, or "open" and "closed".
	States       map[string]string
	PeopleStates map[string]string
	TasksStates  map[string]string

	// The foreign word -> our kind of owner.
	Kinds map[string]string

	Empty       []string // words that stand for nothing; nil for the usual ones
	Dates       string   // "us" for month/day/year, "eu" for day/month/year
	DateFormats []string // further forms of dates
	TimeZone    string   // of dates that state none; UTC if empty

	// The fewest records that a list of "assets", "people" or "tasks" may hold. By
	// default 1, for tasks 0.
	MinRecords map[string]int

	Preset *Preset // what all of this is where it is not stated; nil for none

	// Adaptable says that the block has attributes for all of this, so that messages
	// may name them.
	Adaptable bool
}

// columnsOf returns the attributes that map the columns of a table.
func (m *Mapping) columnsOf(t *Table) (one map[string]string, joined map[string][]string) {
	switch t {
	case Assets:
		return m.Columns, m.JoinedColumns
	case People:
		return m.PeopleColumns, m.PeopleJoinedColumns
	}
	return m.TasksColumns, nil
}

// Words are a Mapping that was checked.
type Words struct {
	// Numbered says that the place of an asset record is its number among those
	// with its id, for lists whose order means nothing. Set it before anything is
	// read.
	Numbered bool

	columns  map[string]map[string]Column // by table and field
	states   map[string]lifecycle.State
	suffixes map[string]lifecycle.State
	statuses map[string]lifecycle.OwnerStatus
	kinds    map[string]lifecycle.OwnerKind
	closed   map[string]bool
	mapped   map[string]map[int]map[string]bool // words that are mapped, by table and field
	empty    []string                           // words that stand for nothing, folded; nil for the usual ones
	also     []string                           // words that do so in exports of the preset
	oneOf    map[string][]string                // fields of which an export must have one, by table
	deleted  map[string][]string                // headers of what was deleted, by table
	dates    *Dates
	entities bool // texts are written as HTML writes them
	lengths  bool // a length of time is no date
}

// Check returns the words of the mapping, and everything that is wrong with it.
func (m *Mapping) Check() (*Words, []system.Problem) {
	m = m.withPreset()
	w := &Words{
		columns: make(map[string]map[string]Column), oneOf: make(map[string][]string), deleted: make(map[string][]string),
		mapped: make(map[string]map[int]map[string]bool),
	}
	var out []system.Problem
	for _, t := range []*Table{Assets, People, Tasks} {
		columns, problems := m.checkColumns(t)
		w.columns[t.Name], w.oneOf[t.Name], w.deleted[t.Name] = columns, m.Preset.table(t).OneOf, m.Preset.table(t).Deleted
		out = append(out, problems...)
	}
	for _, key := range slices.Sorted(maps.Keys(m.MinRecords)) {
		switch {
		case key != NameAssets && key != NamePeople && key != NameTasks:
			out = append(out, system.Problem{Attribute: "min_records", Key: key, Message: "It is not accepted; use assets, people or tasks."})
		case m.MinRecords[key] < 0:
			out = append(out, system.Problem{Attribute: "min_records", Key: key, Message: "It must not be negative."})
		}
	}
	out = append(out, w.checkWords(m)...)
	var problems []system.Problem
	w.dates, problems = m.checkDates()
	out = append(out, problems...)
	if m.Empty != nil {
		w.empty = foldAll(m.Empty)
	}
	if m.Preset != nil {
		w.also, w.entities, w.lengths = foldAll(m.Preset.Empty), m.Preset.Entities, m.Preset.Durations
	}
	return w, out
}

// checkWords reads the maps of words.
func (w *Words) checkWords(m *Mapping) []system.Problem {
	var out, problems []system.Problem
	w.states, problems = words(Assets.States, m.States, lifecycle.States(), lifecycle.ParseState)
	out = append(out, problems...)
	w.suffixes = make(map[string]lifecycle.State)
	for end, state := range m.Preset.table(Assets).Suffixes {
		w.suffixes[FoldHeader(end)], _ = lifecycle.ParseState(state) // presets are checked when they are read
	}
	w.statuses, problems = words(People.States, m.PeopleStates, lifecycle.DirectoryStatuses(), lifecycle.ParseDirectoryStatus)
	out = append(out, problems...)
	w.kinds, problems = words(attributeKinds, m.Kinds, lifecycle.OwnerKinds(), lifecycle.ParseOwnerKind)
	out = append(out, problems...)
	w.closed, problems = words(Tasks.States, m.TasksStates, []string{taskOpen, taskClosed}, parseClosed)
	out = append(out, problems...)
	for _, word := range closedWords {
		setDefault(w.closed, word, true)
	}
	w.mapped[NameAssets] = map[int]map[string]bool{assetState: folded(m.States)}
	w.mapped[NamePeople] = map[int]map[string]bool{personStatus: folded(m.PeopleStates), personKind: folded(m.Kinds)}
	w.mapped[NameTasks] = map[int]map[string]bool{taskStatus: folded(m.TasksStates)}
	return out
}

// foldAll returns words as they are compared. It is never nil.
func foldAll(words []string) []string {
	out := make([]string, 0, len(words))
	for _, word := range words {
		out = append(out, FoldHeader(word))
	}
	return out
}

// folded returns the words of a map as they are compared.
func folded(m map[string]string) map[string]bool {
	out := make(map[string]bool, len(m))
	for word := range m {
		out[FoldHeader(word)] = true
	}
	return out
}

// state returns the state that a word stands for, and whether it is known.
func (w *Words) state(word string) (lifecycle.State, bool) {
	word = system.Fold(word)
	if state, known := w.states[word]; known {
		return state, true
	}
	for end, state := range w.suffixes {
		if strings.HasSuffix(word, end) {
			return state, true
		}
	}
	return lifecycle.StateUnknown, false
}

// Short returns a reason if a list holds fewer records than it must, and the
// empty text otherwise.
func (m *Mapping) Short(t *Table, count int) string {
	least, ok := m.MinRecords[t.Name]
	if !ok {
		least = t.Least
	}
	if count >= least {
		return ""
	}
	return fmt.Sprintf("it holds %d %s and min_records asks for at least %d; it may be cut off", count, t.Records, least)
}

// checkColumns returns the columns of a table that do not bear the names of our
// fields, and what is wrong with them.
func (m *Mapping) checkColumns(t *Table) (map[string]Column, []system.Problem) {
	var out []system.Problem
	one, joined := m.columnsOf(t)
	columns := make(map[string]Column)
	maps.Copy(columns, m.Preset.table(t).Columns)
	problem := func(attribute, field, format string, args ...any) {
		out = append(out, system.Problem{Attribute: attribute, Key: field, Message: fmt.Sprintf(format, args...)})
	}
	known := func(attribute, field string) bool {
		if !slices.Contains(t.Fields, field) {
			problem(attribute, field, "%q is not a field of %s. Accepted: %s.", field, t.Records, strings.Join(t.Fields, ", "))
			return false
		}
		return true
	}
	for _, field := range slices.Sorted(maps.Keys(one)) {
		if !known(t.Columns, field) {
			continue
		}
		if FoldHeader(one[field]) == "" {
			problem(t.Columns, field, "The header must not be empty.")
		}
		columns[field] = Column{Headers: []string{one[field]}, Required: true, From: t.Columns}
	}
	for _, field := range slices.Sorted(maps.Keys(joined)) {
		headers := joined[field]
		_, both := one[field]
		switch {
		case !known(t.Joined, field):
			continue
		case both:
			problem(t.Joined, field, "%s names the field too. Accepted: one of them.", t.Columns)
		case len(headers) < 2 || len(headers) > maxHeaders:
			problem(t.Joined, field, "It has %d headers. Accepted: 2 to %d; a single one stands in %s.", len(headers), maxHeaders, t.Columns)
			continue
		case slices.ContainsFunc(headers, func(h string) bool { return FoldHeader(h) == "" }):
			problem(t.Joined, field, "A header must not be empty.")
		}
		columns[field] = Column{Headers: headers, Joined: true, Required: true, From: t.Joined}
	}
	return columns, out
}

func parseClosed(word string) (bool, error) {
	switch word {
	case taskOpen:
		return false, nil
	case taskClosed:
		return true, nil
	}
	return false, fmt.Errorf("%q is neither open nor closed", word)
}

// words builds the map from the words in a file, folded, to ours. Our own words
// stand for themselves unless the configuration says otherwise.
func words[T comparable](attribute string, configured map[string]string, own []string, parse func(string) (T, error)) (map[string]T, []system.Problem) {
	var problems []system.Problem
	out := make(map[string]T, len(configured)+len(own))
	for _, word := range slices.Sorted(maps.Keys(configured)) {
		value, err := parse(configured[word])
		key := FoldHeader(word)
		earlier, twice := out[key]
		switch {
		case err != nil:
			problems = append(problems, system.Problem{Attribute: attribute, Key: word, Message: fmt.Sprintf(
				"%q is not accepted there. Accepted: %s.", configured[word], strings.Join(own, ", "))})
		case key == "":
			problems = append(problems, system.Problem{Attribute: attribute, Key: word, Message: "The word in the file must not be empty."})
		case twice && earlier != value:
			problems = append(problems, system.Problem{Attribute: attribute, Key: word, Message: "The same word in another case is mapped to another value."})
		default:
			out[key] = value
		}
	}
	for _, word := range own {
		if value, err := parse(word); err == nil {
			setDefault(out, word, value)
		}
	}
	return out, problems
}

func setDefault[T any](m map[string]T, key string, value T) {
	if _, ok := m[key]; !ok {
		m[key] = value
	}
}
