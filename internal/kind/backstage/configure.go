package backstage

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/table"
)

const (
	kindUser  = "user"
	kindGroup = "group"
	kindAPI   = "api"
)

// DefaultKinds returns the kinds of entities that are assets by default.
func DefaultKinds() []string { return []string{"component", kindAPI, "resource", "system"} }

// DefaultStates returns the states of the lifecycles that Backstage suggests.
// All of them are in service: an experimental or deprecated component still
// runs, and still needs its credentials.
func DefaultStates() map[string]string {
	return map[string]string{"experimental": "in_service", "production": "in_service", "deprecated": "in_service"}
}

// Fields returns the names that Config.Annotations accepts.
func Fields() []string {
	return []string{
		"class", "state", "owner", "purpose", "environment", "criticality", "third_party", "shared", "retirement_date", "verified_at", "assigned_at",
		"username", "kind", "status", "end_date", "manager",
	}
}

// DefaultAnnotations returns the default annotations of the fields:
// "custody.dev/retirement-date" and so on.
func DefaultAnnotations() map[string]string {
	out := make(map[string]string)
	for _, field := range Fields() {
		out[field] = "custody.dev/" + strings.ReplaceAll(field, "_", "-")
	}
	return out
}

// configure checks the configuration and completes it.
func (s *System) configure() []system.Problem {
	c := &s.config
	var out []system.Problem
	problem := func(attribute, format string, args ...any) {
		out = append(out, system.Problem{Attribute: attribute, Message: fmt.Sprintf(format, args...)})
	}
	c.URL = strings.TrimRight(strings.TrimSuffix(strings.TrimRight(c.URL, "/"), "/api/catalog"), "/")
	switch {
	case len(c.Files) == 0 && c.URL == "":
		problem("files", "No catalog is configured. Set files to catalog-info files, or url to the address of a Backstage backend.")
	case len(c.Files) > 0 && c.URL != "":
		problem("files", "Set either files or url: two catalogs are two systems.")
	}
	for _, pattern := range c.Files {
		if _, err := filepath.Match(pattern, ""); err != nil || pattern == "" || strings.Contains(pattern, "**") {
			problem("files", "%q is not a path or a glob; * matches inside one folder only.", pattern)
		}
	}
	if c.PageSize == 0 {
		c.PageSize = MaxPageSize
	}
	if c.PageSize < 0 || c.PageSize > MaxPageSize {
		problem("page_size", "It is not between 1 and %d.", MaxPageSize)
	}
	if c.RequestsPerMinute < 0 {
		problem("requests_per_minute", "It must not be negative.")
	}
	if len(c.Kinds) == 0 {
		c.Kinds = DefaultKinds()
	}
	s.kinds = make(map[string]bool)
	c.Kinds = slices.Clone(c.Kinds)
	for i, kind := range c.Kinds {
		kind = system.Fold(strings.TrimSpace(kind))
		if !plain(kind) || kind == kindUser || kind == kindGroup {
			problem("kinds", "An entity of kind %q cannot be an asset.", kind)
		}
		c.Kinds[i] = kind
		s.kinds[kind] = true
	}
	slices.Sort(c.Kinds)
	c.Kinds = slices.Compact(c.Kinds)
	out = append(out, s.configureAnnotations()...)
	mapping := table.Mapping{States: s.states(), PeopleStates: c.PeopleStates, MinRecords: c.MinRecords}
	var problems []system.Problem
	s.words, problems = mapping.Check()
	return append(out, problems...)
}

func (s *System) configureAnnotations() []system.Problem {
	var out []system.Problem
	own := s.config.Annotations
	s.config.Annotations = DefaultAnnotations()
	for _, field := range slices.Sorted(maps.Keys(own)) {
		message := ""
		switch {
		case !slices.Contains(Fields(), field):
			message = fmt.Sprintf("%q is not a field that an annotation may state. Accepted: %s.", field, strings.Join(Fields(), ", "))
		case strings.TrimSpace(own[field]) == "":
			message = "The name of the annotation must not be empty."
		}
		if message != "" {
			out = append(out, system.Problem{Attribute: "annotations", Key: field, Message: message})
		}
		s.config.Annotations[field] = own[field]
	}
	return out
}

// states returns the configured states, and the default states of words that
// are not configured in any case.
func (s *System) states() map[string]string {
	out := DefaultStates()
	for word := range s.config.States {
		delete(out, table.FoldHeader(word))
	}
	maps.Copy(out, s.config.States)
	return out
}
