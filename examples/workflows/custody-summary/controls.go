package main

import (
	"slices"
	"strings"

	"github.com/custodyhq/terraform-provider-custody/internal/controls"
	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
)

// controlsOf returns the controls that the handling of a reason serves: of the given
// frameworks, or of those that the policy chooses.
func (e entry) controlsOf(r reason, frameworks []string) []string {
	code, err := lifecycle.ParseCode(r.Code)
	if err != nil {
		return nil
	}
	g := e.side()
	if frameworks == nil {
		frameworks = g.memory.Frameworks
	}
	if frameworks == nil {
		frameworks = controls.Default()
	}
	q := controls.Query{Code: code}
	if bound, err := lifecycle.ParseBoundTo(g.facts.BoundTo); err == nil {
		q.BoundTo = bound
	}
	if rotation, err := lifecycle.ParseRotation(g.memory.Rotation); err == nil && (code == lifecycle.GrantRotationDue || strings.Contains(r.Message, ", rotate ")) {
		q.Rotation = rotation
	}
	switch code {
	case lifecycle.TaskOpen, lifecycle.TaskOverdue:
		for _, text := range g.facts.TaskKinds {
			if kind, err := lifecycle.ParseTaskKind(text); err == nil {
				q.Tasks = append(q.Tasks, kind)
			}
		}
	case lifecycle.AssetChanged, lifecycle.OwnerMoved:
		q.Changed = e.changedFacts()
	}
	return controls.For(q, frameworks)
}

// changedFacts names the facts that differ from those of the last issue.
func (e entry) changedFacts() []string {
	was, is := e.side().memory, e.side().facts
	if e.before != nil {
		was = e.before.memory
	}
	var out []string
	for _, f := range []struct {
		name    string
		differs bool
	}{
		{"class", was.Class != is.Class},
		{"environment", was.Environment != is.Environment},
		{"criticality", was.Criticality != is.Criticality},
		{"manager", was.Manager != is.Manager},
		{"teams", !slices.Equal(was.Teams, is.Teams)},
	} {
		if f.differs {
			out = append(out, f.name)
		}
	}
	return out
}
