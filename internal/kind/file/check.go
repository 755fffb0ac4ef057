package file

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/table"
)

// pattern returns the path or glob of a table, by its name; the empty text if it
// was given none.
func (c *Config) pattern(name string) string {
	switch name {
	case table.NameAssets:
		return c.Assets
	case table.NamePeople:
		return c.People
	case table.NameTasks:
		return c.Tasks
	}
	return ""
}

// check returns the words of the configuration, and everything that is wrong with
// it.
func (c *Config) check() (*table.Words, []system.Problem) {
	var out []system.Problem
	if c.Assets == "" && c.People == "" && c.Tasks == "" {
		out = append(out, system.Problem{Attribute: table.NameAssets, Message: "No file is named. Set assets, people or tasks to a path or a glob."})
	}
	for _, name := range []string{table.NameAssets, table.NamePeople, table.NameTasks} {
		if message := checkPattern(c.pattern(name)); message != "" {
			out = append(out, system.Problem{Attribute: name, Message: message})
		}
	}
	out = append(out, c.checkPreset()...)
	c.Adaptable = true
	words, problems := c.Check()
	return words, append(out, problems...)
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
