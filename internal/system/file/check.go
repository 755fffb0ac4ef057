package file

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/row"
)

// configure checks the configuration and builds the state maps from it.
func (s *System) configure() []system.Problem {
	c := &s.config
	var out []system.Problem
	if c.Assets == "" && c.People == "" && c.Tasks == "" {
		out = append(out, system.Problem{Attribute: row.NameAssets, Message: "No file is named. Set assets, people or tasks to a path or a glob."})
	}
	for _, p := range []struct{ attribute, pattern string }{
		{row.NameAssets, c.Assets}, {row.NamePeople, c.People}, {row.NameTasks, c.Tasks},
	} {
		if message := checkPattern(p.pattern); message != "" {
			out = append(out, system.Problem{Attribute: p.attribute, Message: message})
		}
	}
	var problems []system.Problem
	s.words, problems = s.mapping().Check()
	return append(out, problems...)
}

// mapping returns the part of the configuration that says what rows mean.
func (s *System) mapping() *row.Mapping {
	c := &s.config
	return &row.Mapping{
		Columns: c.Columns, PeopleColumns: c.PeopleColumns, TasksColumns: c.TasksColumns,
		States: c.States, PeopleStates: c.PeopleStates, TasksStates: c.TasksStates, MinRecords: c.MinRecords,
	}
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
