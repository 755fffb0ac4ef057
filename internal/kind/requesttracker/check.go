package requesttracker

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// The fields of a record that a custom field may hold.
const (
	fieldClass          = "class"
	fieldPurpose        = "purpose"
	fieldEnvironment    = "environment"
	fieldCriticality    = "criticality"
	fieldThirdParty     = "third_party"
	fieldShared         = "shared"
	fieldRetirementDate = "retirement_date"
	fieldVerifiedAt     = "verified_at"
	fieldAssignedAt     = "assigned_at"
)

// The attributes of a user that may name an owner.
const (
	ownerName  = "name"
	ownerEmail = "email"
)

// Fields returns the names that Config.Fields accepts.
func Fields() []string {
	return []string{
		fieldClass, fieldPurpose, fieldEnvironment, fieldCriticality, fieldThirdParty, fieldShared,
		fieldRetirementDate, fieldVerifiedAt, fieldAssignedAt,
	}
}

// OwnerRoles returns what Config.OwnerRole accepts.
func OwnerRoles() []string { return []string{roleOwner, roleHeldBy, roleContact} }

// OwnerKeys returns what Config.OwnerKey accepts.
func OwnerKeys() []string { return []string{ownerName, ownerEmail} }

// DefaultStates returns the states of the statuses in the default lifecycle of
// Request Tracker, and of custody's own words.
func DefaultStates() map[string]lifecycle.State {
	out := map[string]lifecycle.State{
		"new":         lifecycle.StatePlanned,
		"allocated":   lifecycle.StateInService,
		"in-use":      lifecycle.StateInService,
		"recycled":    lifecycle.StateRetired,
		"stolen":      lifecycle.StateLost,
		statusDeleted: lifecycle.StateRetired,
	}
	for _, word := range lifecycle.States() {
		if state, err := lifecycle.ParseState(word); err == nil {
			out[word] = state
		}
	}
	return out
}

// configure checks the configuration and builds the mapping of answers.
func (s *System) configure() []system.Problem {
	c := &s.config
	var out []system.Problem
	problem := func(attribute, key, format string, args ...any) {
		out = append(out, system.Problem{Attribute: attribute, Key: key, Message: fmt.Sprintf(format, args...)})
	}
	s.url = strings.TrimRight(strings.TrimSuffix(strings.TrimRight(c.URL, "/"), "/REST/2.0"), "/")
	if c.OwnerRole == "" {
		c.OwnerRole = roleOwner
	}
	if !slices.Contains(OwnerRoles(), c.OwnerRole) {
		problem("owner_role", "", "%q is not a role that can own assets. Accepted: %s.", c.OwnerRole, strings.Join(OwnerRoles(), ", "))
	}
	if c.OwnerKey == "" {
		c.OwnerKey = ownerName
	}
	if !slices.Contains(OwnerKeys(), c.OwnerKey) {
		problem("owner_key", "", "%q does not name an owner. Accepted: %s.", c.OwnerKey, strings.Join(OwnerKeys(), ", "))
	}
	if c.PageSize == 0 {
		c.PageSize = MaxPageSize
	}
	if c.PageSize < 0 || c.PageSize > MaxPageSize {
		problem("page_size", "", "It is not between 1 and %d, the most that Request Tracker puts on a page.", MaxPageSize)
	}
	if c.RequestsPerMinute < 0 {
		problem("requests_per_minute", "", "It must not be negative.")
	}
	for _, field := range slices.Sorted(maps.Keys(c.Fields)) {
		switch {
		case !slices.Contains(Fields(), field):
			problem("fields", field, "%q is not a field that a custom field may hold. Accepted: %s.", field, strings.Join(Fields(), ", "))
		case strings.TrimSpace(c.Fields[field]) == "":
			problem("fields", field, "The name of the custom field must not be empty.")
		}
	}
	for _, catalog := range slices.Sorted(maps.Keys(c.Catalogs)) {
		if strings.TrimSpace(catalog) == "" || strings.TrimSpace(c.Catalogs[catalog]) == "" {
			problem("catalogs", catalog, "Neither the name of the catalog nor the class of its assets may be empty.")
		}
	}
	return slices.Concat(out, s.configureQueues(), s.configureStates(), s.configureReviews())
}

func (s *System) configureQueues() []system.Problem {
	var out []system.Problem
	s.kinds = make(map[string]lifecycle.TaskKind, len(s.config.Queues))
	for _, queue := range slices.Sorted(maps.Keys(s.config.Queues)) {
		kind, err := lifecycle.ParseTaskKind(s.config.Queues[queue])
		if err != nil || strings.TrimSpace(queue) == "" {
			out = append(out, system.Problem{Attribute: "queues", Key: queue, Message: fmt.Sprintf(
				"A queue has a name and maps to a kind of task; %q is not accepted; use %s.",
				s.config.Queues[queue], strings.Join(lifecycle.TaskKinds(), ", "))})
			continue
		}
		s.kinds[queue] = kind
	}
	return out
}

func (s *System) configureStates() []system.Problem {
	var out []system.Problem
	own := make(map[string]string, len(s.config.States))
	s.states = DefaultStates()
	for _, status := range slices.Sorted(maps.Keys(s.config.States)) {
		word, key := s.config.States[status], system.Fold(strings.TrimSpace(status))
		state, err := lifecycle.ParseState(word)
		earlier, twice := own[key]
		switch {
		case err != nil:
			out = append(out, system.Problem{Attribute: "states", Key: status, Message: fmt.Sprintf(
				"%q is not a state. Accepted: %s.", word, strings.Join(lifecycle.States(), ", "))})
		case key == "":
			out = append(out, system.Problem{Attribute: "states", Key: status, Message: "The status must not be empty."})
		case twice && earlier != word:
			out = append(out, system.Problem{Attribute: "states", Key: status, Message: "The same status in another case is mapped to another state."})
		default:
			own[key], s.states[key] = word, state
		}
	}
	return out
}

// problemsOf returns what the HTTP client finds wrong.
func problemsOf(err error) []system.Problem {
	var c *system.ConfigError
	if errors.As(err, &c) {
		return c.Problems
	}
	return nil
}
