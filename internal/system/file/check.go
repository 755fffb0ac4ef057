package file

import (
	"fmt"
	"maps"
	"path/filepath"
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

// configure checks the configuration and builds the state maps from it.
func (s *System) configure() []system.Problem {
	c := &s.config
	var out []system.Problem
	if c.Assets == "" && c.People == "" && c.Tasks == "" {
		out = append(out, system.Problem{Attribute: tableAssets, Message: "No file is named. Set assets, people or tasks to a path or a glob."})
	}
	for _, p := range []struct{ attribute, pattern string }{
		{tableAssets, c.Assets}, {tablePeople, c.People}, {tableTasks, c.Tasks},
	} {
		if message := checkPattern(p.pattern); message != "" {
			out = append(out, system.Problem{Attribute: p.attribute, Message: message})
		}
	}
	out = append(out, checkColumns(assetTable, c.Columns)...)
	out = append(out, checkColumns(peopleTable, c.PeopleColumns)...)
	out = append(out, checkColumns(taskTable, c.TasksColumns)...)
	for _, key := range slices.Sorted(maps.Keys(c.MinRecords)) {
		switch {
		case key != tableAssets && key != tablePeople && key != tableTasks:
			out = append(out, system.Problem{Attribute: "min_records", Key: key, Message: "It is none of assets, people and tasks."})
		case c.MinRecords[key] < 0:
			out = append(out, system.Problem{Attribute: "min_records", Key: key, Message: "It must not be negative."})
		}
	}
	var problems []system.Problem
	s.states, problems = words(assetTable, c.States, lifecycle.States(), lifecycle.ParseState)
	out = append(out, problems...)
	s.statuses, problems = words(peopleTable, c.PeopleStates, lifecycle.OwnerStatuses(), lifecycle.ParseOwnerStatus)
	out = append(out, problems...)
	s.closed, problems = words(taskTable, c.TasksStates, []string{taskOpen, taskClosed}, parseClosed)
	out = append(out, problems...)
	for _, word := range closedWords {
		setDefault(s.closed, word, true)
	}
	return out
}

func checkPattern(pattern string) string {
	if pattern == "" {
		return ""
	}
	if _, err := filepath.Match(pattern, ""); err != nil {
		return fmt.Sprintf("The glob %q is malformed.", pattern)
	}
	if strings.Contains(pattern, "**") {
		return `"**" is not supported: * matches inside one folder only.`
	}
	ext := strings.ToLower(filepath.Ext(pattern))
	if _, ok := formats[ext]; !ok && !strings.ContainsAny(ext, `*?[]`) {
		return fmt.Sprintf("The file name %q does not end in a known format. Accepted: %s.", filepath.Base(pattern), acceptedFormats)
	}
	return ""
}

func checkColumns(t *table, columns map[string]string) []system.Problem {
	var out []system.Problem
	for _, field := range slices.Sorted(maps.Keys(columns)) {
		switch {
		case !slices.Contains(t.fields, field):
			out = append(out, system.Problem{Attribute: t.columns, Key: field, Message: fmt.Sprintf(
				"%q is not a field of %s. Accepted: %s.", field, t.records, strings.Join(t.fields, ", "))})
		case foldHeader(columns[field]) == "":
			out = append(out, system.Problem{Attribute: t.columns, Key: field, Message: "The header must not be empty."})
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
func words[T comparable](t *table, configured map[string]string, own []string, parse func(string) (T, error)) (map[string]T, []system.Problem) {
	var problems []system.Problem
	out := make(map[string]T, len(configured)+len(own))
	for _, word := range slices.Sorted(maps.Keys(configured)) {
		value, err := parse(configured[word])
		key := foldHeader(word)
		earlier, twice := out[key]
		switch {
		case err != nil:
			problems = append(problems, system.Problem{Attribute: t.states, Key: word, Message: fmt.Sprintf(
				"%q is not accepted there. Accepted: %s.", configured[word], strings.Join(own, ", "))})
		case key == "":
			problems = append(problems, system.Problem{Attribute: t.states, Key: word, Message: "The word in the file must not be empty."})
		case twice && earlier != value:
			problems = append(problems, system.Problem{Attribute: t.states, Key: word, Message: "The same word, but for its case, is mapped to something else."})
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
