package rest

import (
	"maps"
	"regexp"
	"slices"

	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// Setting is something that a description lets the user set.
type Setting struct {
	Name     string
	About    string
	Default  string
	Required bool // it has no default, and an empty text is not accepted
}

// About returns what a description says of itself for people: the system's
// title, a sentence or two, and what can be set, sorted by name.
func About(description string) (title, about string, settings []Setting, err error) {
	c := &checker{config: &Config{}}
	d := c.read(description)
	if d == nil {
		return "", "", nil, &system.ConfigError{Problems: c.problems}
	}
	for _, name := range slices.Sorted(maps.Keys(d.Settings)) {
		s := d.Settings[name]
		settings = append(settings, Setting{Name: name, About: s.About, Default: s.Default, Required: s.required()})
	}
	return d.Title, d.About, settings, nil
}

// required reports whether the setting must be set.
func (s settingText) required() bool {
	if s.Default != "" || s.Pattern == "" {
		return false
	}
	pattern, err := regexp.Compile("^(?:" + s.Pattern + ")$")
	return err != nil || !pattern.MatchString("")
}
