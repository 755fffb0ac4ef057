package scim

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

const (
	defaultPageSize = 100
	largestPageSize = 1000
	longestTimeout  = 10 * time.Minute

	teamsFromUser   = "user"
	teamsFromGroups = "groups"
	byIndex         = "index"
	byCursor        = "cursor"
)

// Keys returns the attributes that may be keys of a user, in addition to the
// id.
func Keys() []string {
	out := make([]string, len(userKeys))
	for i, k := range userKeys {
		out[i] = k.name
	}
	return out
}

// checker collects what is wrong with a configuration.
type checker struct {
	problems []system.Problem
}

func (c *checker) add(attribute, key, message string) {
	c.problems = append(c.problems, system.Problem{Attribute: attribute, Key: key, Message: message})
}

func (c *checker) oneOf(attribute, value string, accepted ...string) {
	if !slices.Contains(accepted, value) {
		c.add(attribute, "", fmt.Sprintf("%q is not accepted; use %s.", value, strings.Join(accepted, ", ")))
	}
}

// configure checks the configuration and sets the defaults.
func (s *System) configure() []system.Problem {
	c, check := &s.config, &checker{}
	c.KindAttribute = pick(c.KindAttribute, "userType")
	c.InactiveMeans = pick(c.InactiveMeans, lifecycle.PersonSuspended.String())
	c.TeamsFrom = pick(c.TeamsFrom, teamsFromUser)
	check.oneOf("teams_from", c.TeamsFrom, teamsFromUser, teamsFromGroups)
	if c.NoGroups && c.TeamsFrom == teamsFromGroups {
		check.add("teams_from", "", "It requires groups, which groups = false turns off.")
	}
	if c.Paging != "" {
		check.oneOf("paging", c.Paging, byIndex, byCursor)
	}
	check.path("kind_attribute", c.KindAttribute)
	if c.EndDateAttribute != "" {
		check.path("end_date_attribute", c.EndDateAttribute)
	}
	check.limits(c)
	s.checkKeys(check)
	s.checkWords(check)
	for i, key := range c.Probe {
		if _, ok := system.UsableKey(key); !ok {
			check.add("probe", "", fmt.Sprintf("Entry %d is empty or cannot be a key of a user or group.", i+1))
		}
	}
	return check.problems
}

func pick(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}

// attributePath is an attribute, a part of it, or either behind the URN of an
// extension.
var attributePath = regexp.MustCompile(`^([Uu][Rr][Nn]:[A-Za-z0-9:._-]+:)?[A-Za-z$][A-Za-z0-9_-]*(\.[A-Za-z$][A-Za-z0-9_-]*)?$`)

func (c *checker) path(attribute, path string) {
	if !attributePath.MatchString(path) {
		c.add(attribute, "", fmt.Sprintf("%q is not the path of an attribute. Write it like endDate or urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:endDate.", path))
	}
}

func (c *checker) limits(config *Config) {
	if config.PageSize == 0 {
		config.PageSize = defaultPageSize
	}
	// Pages overlap by one entry, so a page of one entry would contain nothing new.
	if config.PageSize < 2 || config.PageSize > largestPageSize {
		c.add("page_size", "", fmt.Sprintf("It must be between 2 and %d.", largestPageSize))
	}
	if config.RequestsPerMinute < 0 {
		c.add("requests_per_minute", "", "It must not be negative.")
	}
	if config.Timeout < 0 || config.Timeout > longestTimeout {
		c.add("timeout", "", fmt.Sprintf("It must be positive and at most %s.", longestTimeout))
	}
}

func (s *System) checkKeys(check *checker) {
	if s.config.Keys == nil {
		s.keys = userKeys[:2]
	}
	for _, name := range s.config.Keys {
		at := slices.IndexFunc(userKeys, func(a attribute) bool { return strings.EqualFold(a.name, name) })
		switch {
		case at < 0:
			check.add("keys", "", fmt.Sprintf("%q is not accepted; use %s. The id always names a user.", name, strings.Join(Keys(), ", ")))
		case slices.Contains(s.keys, userKeys[at]):
			check.add("keys", "", fmt.Sprintf("%q is listed twice.", name))
		default:
			s.keys = append(s.keys, userKeys[at])
		}
	}
}

// checkWords builds the maps from the directory's words to custody's. custody's
// own words need no mapping.
func (s *System) checkWords(check *checker) {
	check.oneOf("inactive_means", s.config.InactiveMeans, lifecycle.PersonSuspended.String(), lifecycle.PersonLeft.String())
	s.dormant, _ = lifecycle.ParseDirectoryStatus(s.config.InactiveMeans)
	accepted := slices.DeleteFunc(lifecycle.OwnerKinds(), func(k string) bool { return k == "" || k == lifecycle.KindTeam.String() })
	s.kinds = make(map[string]lifecycle.OwnerKind)
	for _, word := range accepted {
		s.kinds[word], _ = lifecycle.ParseOwnerKind(word)
	}
	seen := make(map[string]string)
	for _, theirs := range slices.Sorted(maps.Keys(s.config.Kinds)) {
		ours, folded := s.config.Kinds[theirs], system.Fold(system.Clean(theirs))
		kind, err := lifecycle.ParseOwnerKind(ours)
		switch {
		case err != nil || !slices.Contains(accepted, ours):
			check.add("kinds", theirs, fmt.Sprintf("%q is not accepted; use %s.", ours, strings.Join(accepted, ", ")))
		case folded == "":
			check.add("kinds", theirs, "The word of the directory must not be empty.")
		case seen[folded] != "":
			check.add("kinds", theirs, fmt.Sprintf("It is the same word as %q: case is ignored.", seen[folded]))
		}
		seen[folded], s.kinds[folded] = theirs, kind
	}
}

// problemsOf returns what another constructor found wrong.
func problemsOf(err error) []system.Problem {
	var config *system.ConfigError
	if errors.As(err, &config) {
		return config.Problems
	}
	return nil
}
