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

var closedWords = []string{"closed", "done", "resolved", "completed", "cancelled", "canceled", "rejected"}

// Index takes in the rows of one table.
type Index interface {
	Begin(label string)            // a list begins; the label and a row's line say where a record stands
	Add(l *Layout, row *Row) error // one of its rows, which was checked
	End(seen Bits)                 // it ended; seen are the fields that it has a header for
	Done()                         // all lists have been read
}

// Mapping is the part of a configuration that says how foreign columns and words
// map to ours.
type Mapping struct {
	// Our field -> the header. Fields that are not named are found under their own
	// names.
	Columns       map[string]string
	PeopleColumns map[string]string
	TasksColumns  map[string]string

	// The foreign word -> our state, status, or "open" and "closed".
	States       map[string]string
	PeopleStates map[string]string
	TasksStates  map[string]string

	// The fewest records that a list of "assets", "people" or "tasks" may hold. By
	// default 1, for tasks 0.
	MinRecords map[string]int
}

// ColumnsOf returns how the columns of a table map to its fields.
func (m *Mapping) ColumnsOf(t *Table) map[string]string {
	switch t {
	case Assets:
		return m.Columns
	case People:
		return m.PeopleColumns
	}
	return m.TasksColumns
}

// Words are the checked state maps of a Mapping.
type Words struct {
	// Numbered says that the place of an asset record is its number among those
	// with its id, for lists whose order means nothing. Set it before anything is
	// read.
	Numbered bool

	states   map[string]lifecycle.State
	statuses map[string]lifecycle.OwnerStatus
	closed   map[string]bool
}

// Check returns the words of the mapping, and everything that is wrong with it.
func (m *Mapping) Check() (*Words, []system.Problem) {
	out := checkColumns(Assets, m.Columns)
	out = append(out, checkColumns(People, m.PeopleColumns)...)
	out = append(out, checkColumns(Tasks, m.TasksColumns)...)
	for _, key := range slices.Sorted(maps.Keys(m.MinRecords)) {
		switch {
		case key != NameAssets && key != NamePeople && key != NameTasks:
			out = append(out, system.Problem{Attribute: "min_records", Key: key, Message: "It is not accepted; use assets, people or tasks."})
		case m.MinRecords[key] < 0:
			out = append(out, system.Problem{Attribute: "min_records", Key: key, Message: "It must not be negative."})
		}
	}
	w := &Words{}
	var problems []system.Problem
	w.states, problems = words(Assets, m.States, lifecycle.States(), lifecycle.ParseState)
	out = append(out, problems...)
	w.statuses, problems = words(People, m.PeopleStates, lifecycle.DirectoryStatuses(), lifecycle.ParseDirectoryStatus)
	out = append(out, problems...)
	w.closed, problems = words(Tasks, m.TasksStates, []string{taskOpen, taskClosed}, parseClosed)
	out = append(out, problems...)
	for _, word := range closedWords {
		setDefault(w.closed, word, true)
	}
	return w, out
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

func checkColumns(t *Table, columns map[string]string) []system.Problem {
	var out []system.Problem
	for _, field := range slices.Sorted(maps.Keys(columns)) {
		switch {
		case !slices.Contains(t.Fields, field):
			out = append(out, system.Problem{Attribute: t.Columns, Key: field, Message: fmt.Sprintf(
				"%q is not a field of %s. Accepted: %s.", field, t.Records, strings.Join(t.Fields, ", "))})
		case FoldHeader(columns[field]) == "":
			out = append(out, system.Problem{Attribute: t.Columns, Key: field, Message: "The header must not be empty."})
		}
	}
	return out
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
func words[T comparable](t *Table, configured map[string]string, own []string, parse func(string) (T, error)) (map[string]T, []system.Problem) {
	var problems []system.Problem
	out := make(map[string]T, len(configured)+len(own))
	for _, word := range slices.Sorted(maps.Keys(configured)) {
		value, err := parse(configured[word])
		key := FoldHeader(word)
		earlier, twice := out[key]
		switch {
		case err != nil:
			problems = append(problems, system.Problem{Attribute: t.States, Key: word, Message: fmt.Sprintf(
				"%q is not accepted there. Accepted: %s.", configured[word], strings.Join(own, ", "))})
		case key == "":
			problems = append(problems, system.Problem{Attribute: t.States, Key: word, Message: "The word in the file must not be empty."})
		case twice && earlier != value:
			problems = append(problems, system.Problem{Attribute: t.States, Key: word, Message: "The same word, but for its case, is mapped to something else."})
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
