package policy

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
)

// difference is one way in which a document decides differently from the one
// that it extends.
type difference struct {
	milder bool // otherwise stricter
	// serious differences concern a terminal finding, or how long privileged access
	// lasts.
	serious bool
	text    string
}

// Compare returns sentences about where the rules are milder and where they are
// stricter than the base, which the document of the rules extends. Every finding is
// compared in both columns and for both risks, and every entry with all entries
// that could apply instead: with a condition or a narrower selector, an entry may
// be milder than one and stricter than another, and is then in both lists.
func Compare(base, rules *lifecycle.Rules) (milder, stricter []string) {
	for _, d := range compare(base, rules) {
		if d.milder {
			milder = append(milder, d.text)
		} else {
			stricter = append(stricter, d.text)
		}
	}
	return milder, stricter
}

// CompareDocument says where a document is milder and where it is stricter than the
// one that it extends. If the document states nothing, the one that it extends is
// compared instead, so that a file can be compared by extending it. The error is
// Problems.
func CompareDocument(doc *Document, name string) (milder, stricter []string, err error) {
	for i := 0; i <= MaxExtends && doc != nil && doc.Extends != nil && doc.statesNothing(); i++ {
		doc = doc.Extends
	}
	rules, err := Compile(doc, name)
	if err != nil {
		return nil, nil, err
	}
	base := Baseline()
	if doc != nil && doc.Extends != nil {
		if base, err = Compile(doc.Extends, name+" extends"); err != nil {
			return nil, nil, err
		}
	}
	milder, stricter = Compare(base, rules)
	return milder, stricter, nil
}

// SeriouslyMilder returns sentences about where the rules are milder than the
// built-in baseline on a terminal finding, or let privileged access last longer.
func SeriouslyMilder(rules *lifecycle.Rules) []string {
	var out []string
	for _, d := range compare(Baseline(), rules) {
		if d.milder && d.serious {
			out = append(out, d.text)
		}
	}
	return out
}

func compare(base, rules *lifecycle.Rules) []difference {
	c := comparison{base: base, rules: rules, counted: map[kind]int{}}
	c.triggers()
	c.lifetimes()
	c.classes()
	c.confidence()
	c.settings()
	c.enforcement()
	c.authority()
	c.closures()
	for kind, n := range c.counted {
		if more := n - maxDifferences; more > 0 {
			c.found = append(c.found, difference{kind.milder, kind.serious, fmt.Sprintf("%d more are not listed.", more)})
		}
	}
	slices.SortStableFunc(c.found, func(a, b difference) int {
		switch {
		case a.serious == b.serious:
			return 0
		case a.serious:
			return -1
		default:
			return 1
		}
	})
	return c.found
}

// maxDifferences is how many differences of one kind are listed, because a large
// document may have a million.
const maxDifferences = 500

// comparison collects the differences of two documents.
type comparison struct {
	base, rules *lifecycle.Rules
	found       []difference
	counted     map[kind]int
}

// kind separates differences that are counted separately, so that serious ones are
// not lost among others.
type kind struct{ milder, serious bool }

func (c *comparison) add(milder, grave bool, format string, args ...any) {
	k := kind{milder, grave}
	if c.counted[k]++; c.counted[k] <= maxDifferences {
		c.found = append(c.found, difference{milder, grave, fmt.Sprintf(format, args...)})
	}
}

// entriesBefore returns the entries that come before those of the base: those of the
// document, and of the documents between it and the base.
func entriesBefore[T any](rules, base []T) []T { return rules[:max(0, len(rules)-len(base))] }

// instead returns the entries that could apply instead of an entry: those that
// match something that it matches, up to the first that matches all of it. It
// reports whether there is such an entry.
func instead[T any](list []T, meets, covers func(*T) bool) (out []*T, whole bool) {
	for i := range list {
		if !meets(&list[i]) {
			continue
		}
		out = append(out, &list[i])
		if covers(&list[i]) {
			return out, true
		}
	}
	return out, false
}

// kept is what happens on a finding for which there is no trigger.
var kept = &lifecycle.Trigger{Label: "no trigger"}

// triggers compares each trigger with those that would decide without it.
func (c *comparison) triggers() {
	list := entriesBefore(c.rules.Triggers, c.base.Triggers)
	for i := range list {
		t := &list[i]
		var said []verdict
		reached := c.reached(list[:i], t)
		for code := range t.Codes.All {
			said = append(said, c.trigger(t, code, reached)...)
		}
		for len(said) > 0 {
			first, codes := said[0], []string{}
			grave := false
			said = slices.DeleteFunc(said, func(v verdict) bool {
				same := v.milder == first.milder && v.instead == first.instead && v.cells == first.cells
				if same {
					codes = append(codes, v.code.String())
					grave = grave || lifecycle.Terminal.Has(v.code)
				}
				return same
			})
			c.add(first.milder, grave, "%s: %s.", t.Label, first.say(t, codes))
		}
	}
}

// verdict is the comparison of a trigger on one finding.
type verdict struct {
	code    lifecycle.Code
	milder  bool
	instead string // what would apply instead
	cells   cells
}

// say writes the verdict for all findings on which it is the same.
func (v verdict) say(t *lifecycle.Trigger, codes []string) string {
	give := "gives"
	if len(codes) > 1 {
		give = "give"
	}
	text := fmt.Sprintf("%s %s %s instead of %s", enumerate(codes), give, outcome(t), v.instead)
	if scope := scopeOf(v.cells.String(), t.Class, "", ""); scope != "" {
		text += ", for " + scope
	}
	if t.When != nil {
		text += ", where its condition holds"
	}
	return text
}

// trigger compares on one finding, in every column and for every risk.
func (c *comparison) trigger(t *lifecycle.Trigger, code lifecycle.Code, reached [scopes]lifecycle.CodeSet) []verdict {
	var out []verdict
	for cell := range cell(scopes) {
		if !reached[cell].Has(code) {
			continue
		}
		places, whole := instead(c.base.Triggers,
			func(b *lifecycle.Trigger) bool { return cell.matches(b, code) && intersects(b.Class, t.Class) },
			func(b *lifecycle.Trigger) bool { return b.When == nil && covers(b.Class, t.Class) })
		if !whole {
			places = append(places, kept)
		}
		for _, b := range places {
			less, more := order(t, b, cell, c.base.ReviewDeadline)
			if less {
				out = mark(out, verdict{code: code, milder: true, instead: named(b), cells: 1 << cell})
			}
			if more {
				out = mark(out, verdict{code: code, instead: named(b), cells: 1 << cell})
			}
		}
	}
	return out
}

// mark adds a verdict, or adds its cell to an equal verdict.
func mark(list []verdict, v verdict) []verdict {
	for i := range list {
		if list[i].milder == v.milder && list[i].instead == v.instead {
			list[i].cells |= v.cells
			return list
		}
	}
	return append(list, v)
}

// reached returns the findings on which the trigger can decide, in each cell: those that
// earlier triggers do not match completely.
func (c *comparison) reached(earlier []lifecycle.Trigger, t *lifecycle.Trigger) (codes [scopes]lifecycle.CodeSet) {
	column := lifecycle.BoundToUnclassified // any
	if t.Class != "" && !strings.Contains(t.Class, "*") {
		column = max(c.rules.ClassOf(t.Class).BoundTo, lifecycle.BoundToWorkload)
	}
	for at := range cell(scopes) {
		if at.selects(t) && (column == lifecycle.BoundToUnclassified || column == at.boundTo()) {
			codes[at] = t.Codes
		}
	}
	for i := range earlier {
		e := &earlier[i]
		if e.When != nil || !covers(e.Class, t.Class) {
			continue
		}
		for at := range cell(scopes) {
			if at.selects(e) {
				codes[at] &^= e.Codes
			}
		}
	}
	return codes
}

// order reports whether one trigger is milder than another at some time after the
// finding was first seen, and whether it is stricter at some time.
func order(t, b *lifecycle.Trigger, at cell, deadline time.Duration) (less, more bool) {
	for _, after := range []time.Duration{0, t.Grace, b.Grace, deadline, t.Grace + deadline, b.Grace + deadline} {
		x, y := actionAfter(t, after, at, deadline), actionAfter(b, after, at, deadline)
		less, more = less || x < y, more || x > y
	}
	// If only one of them takes the credential away, the rotation of the other has no
	// effect.
	if (t.Action < lifecycle.Block) == (b.Action < lifecycle.Block) && t.Action != lifecycle.Revoke && b.Action != lifecycle.Revoke {
		less, more = less || t.Rotation < b.Rotation, more || t.Rotation > b.Rotation
	}
	return less, more
}

// actionAfter returns a trigger's action some time after the finding was first seen,
// if there is no answer.
func actionAfter(t *lifecycle.Trigger, after time.Duration, at cell, deadline time.Duration) lifecycle.Action {
	action, since := t.Action, time.Duration(0)
	if t.Grace > 0 && after >= t.Grace {
		action = t.Then
		if t.Action < lifecycle.Review {
			since = t.Grace
		}
	}
	if action == lifecycle.Review && after >= since+deadline {
		return at.unanswered()
	}
	return action
}

// outcome writes what a trigger does.
func outcome(t *lifecycle.Trigger) string {
	text := t.Action.String()
	if t.Rotation != lifecycle.RotateNone {
		text += " with rotation " + t.Rotation.String()
	}
	if t.Grace > 0 {
		text += fmt.Sprintf(" and %s after %s", t.Then, FormatDuration(t.Grace))
	}
	return text
}

// named writes what a trigger with a condition does.
func named(t *lifecycle.Trigger) string {
	if t.When == nil {
		return outcome(t)
	}
	return outcome(t) + " (under the condition of " + t.Label + ")"
}
