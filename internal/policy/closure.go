package policy

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
)

// Closure says for some grants which kinds of task must be closed before access is
// issued, renewed or kept privileged. Selectors that are not stated match everything. An
// empty, non-nil list of kinds requires nothing.
type Closure struct {
	Kinds       []string `json:"kinds"`
	Class       *string  `json:"class,omitempty"`
	BoundTo     *string  `json:"bound_to,omitempty"`
	Risk        *string  `json:"risk,omitempty"`
	Environment *string  `json:"environment,omitempty"`
	Criticality *string  `json:"criticality,omitempty"`
}

// closures reads which kinds of task must be closed.
func (l layer) closures(own []Closure) {
	var read entries[lifecycle.Closure]
	for i := range own {
		at := l.in("require_closed", i)
		c, ok := closure(at, &own[i])
		if !ok {
			continue
		}
		c.Label = fmt.Sprintf("%s require_closed[%d]", l.label, i)
		read.add(at, i, c, func(f lifecycle.Closure) bool { return closureCovers(&f, &c) })
	}
	l.rules.RequireClosed = append(read.list, l.rules.RequireClosed...)
}

// closure reads one entry. It reports false if the entry cannot be compared with others.
func closure(at reporter, in *Closure) (lifecycle.Closure, bool) {
	class, ok1 := word(at.in("class"), in.Class)
	boundTo, ok2 := choice(at.in("bound_to"), in.BoundTo, "Unknown Column", lifecycle.ParseColumn)
	risk, ok3 := choice(at.in("risk"), in.Risk, "Unknown Risk", lifecycle.ParseRisk)
	environment, ok4 := word(at.in("environment"), in.Environment)
	criticality, ok5 := word(at.in("criticality"), in.Criticality)
	out := lifecycle.Closure{Class: class, BoundTo: boundTo, Risk: risk, Environment: environment, Criticality: criticality}
	if in.Kinds == nil {
		at.in("kinds").report("Missing Value", "The entry does not say which kinds of task must be closed; accepted: a list of "+
			strings.Join(lifecycle.TaskKinds(), ", ")+", or an empty list, which requires nothing.")
	}
	for j, name := range in.Kinds {
		kind, err := lifecycle.ParseTaskKind(name)
		switch {
		case err != nil:
			at.in("kinds", j).report("Unknown Kind of Task", sentence(err.Error()))
		case slices.Contains(out.Kinds, kind):
			at.in("kinds", j).report("Repeated Kind of Task", fmt.Sprintf("The kind %s is named twice; state it once.", strconv.Quote(name)))
		default:
			out.Kinds = append(out.Kinds, kind)
		}
	}
	return out, ok1 && ok2 && ok3 && ok4 && ok5
}

// closureCovers reports whether the entry f matches everything that e matches.
func closureCovers(f, e *lifecycle.Closure) bool {
	return holds(f.Risk, e.Risk) && holds(f.BoundTo, e.BoundTo) &&
		covers(f.Class, e.Class) && covers(f.Environment, e.Environment) && covers(f.Criticality, e.Criticality)
}

// closuresMeet reports whether two entries match something in common.
func closuresMeet(a, b *lifecycle.Closure) bool {
	return meet(a.Risk, b.Risk) && meet(a.BoundTo, b.BoundTo) &&
		intersects(a.Class, b.Class) && intersects(a.Environment, b.Environment) && intersects(a.Criticality, b.Criticality)
}

// closures compares which kinds of task must be closed.
func (c *comparison) closures() {
	list := entriesBefore(c.rules.RequireClosed, c.base.RequireClosed)
	for i := range list {
		e := &list[i]
		if slices.ContainsFunc(list[:i], func(f lifecycle.Closure) bool { return closureCovers(&f, e) }) {
			continue
		}
		places, whole := instead(c.base.RequireClosed,
			func(b *lifecycle.Closure) bool { return closuresMeet(b, e) },
			func(b *lifecycle.Closure) bool { return closureCovers(b, e) })
		if !whole {
			places = append(places, &lifecycle.Closure{})
		}
		var more, fewer []string
		got := kindNames(e.Kinds)
		for _, b := range places {
			want := kindNames(b.Kinds)
			more, fewer = union(more, without(got, want)), union(fewer, without(want, got))
		}
		scope := closureScope(e)
		if len(fewer) > 0 {
			c.add(true, false, "Tasks of kind %s need not be closed any more, for %s.", enumerate(fewer), scope)
		}
		if len(more) > 0 {
			c.add(false, false, "Tasks of kind %s must be closed first, for %s.", enumerate(more), scope)
		}
	}
}

func kindNames(kinds []lifecycle.TaskKind) []string {
	out := make([]string, len(kinds))
	for i, k := range kinds {
		out[i] = k.String()
	}
	return out
}

func closureScope(e *lifecycle.Closure) string {
	in := cellsOf(e.BoundTo, e.Risk)
	if scope := scopeOf(in.String(), e.Class, e.Environment, e.Criticality); scope != "" {
		return scope
	}
	return "all access"
}
