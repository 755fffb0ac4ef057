package policy

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"cel.dev/cel-go/common"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
)

// Unmatched returns sentences about selectors of a document, and of those that it
// extends, that match nothing known: a class that the policy does not map, a class
// that is bound to the other column, or an environment without a record. The rules
// are those that the document compiles to. If environments is nil, they are unknown,
// and not compared.
func Unmatched(doc *Document, rules *lifecycle.Rules, environments []string) []string {
	var problems Problems
	u := unmatched{rules: rules, known: environments != nil}
	for _, e := range environments {
		u.environments = append(u.environments, fold(e))
	}
	docs, _ := doc.chain()
	for i, d := range docs {
		u.document(below(reporter{problems: &problems}, i), d)
	}
	out := make([]string, len(problems))
	for i, p := range problems {
		out[i] = p.Location() + ": " + p.Detail
	}
	return out
}

// unmatched finds selectors that match nothing.
type unmatched struct {
	rules        *lifecycle.Rules
	known        bool // the environments are
	environments []string
}

func (u unmatched) document(at reporter, doc *Document) {
	for i, l := range doc.Lifetimes {
		u.class(at.in("lifetimes", i, "class"), l.Class)
		u.environment(at.in("lifetimes", i, "environment"), l.Environment)
	}
	for i, e := range doc.Enforcement {
		u.class(at.in("enforcement", i, "class"), e.Class)
		u.environment(at.in("enforcement", i, "environment"), e.Environment)
	}
	for i, c := range doc.RequireClosed {
		u.boundClass(at.in("require_closed", i, "class"), c.Class, c.BoundTo)
		u.environment(at.in("require_closed", i, "environment"), c.Environment)
	}
	if a := doc.Authority; a != nil {
		for i, e := range a.Attest {
			u.boundClass(at.in("authority", "attest", i, "class"), e.Class, e.BoundTo)
		}
		for i, e := range a.Except {
			u.boundClass(at.in("authority", "except", i, "class"), e.Class, e.BoundTo)
		}
	}
	for i, t := range doc.Triggers {
		u.boundClass(at.in("triggers", i, "class"), t.Class, t.BoundTo)
		u.condition(at.in("triggers", i, "when"), t.When)
	}
}

// class reports a selector that selects no class which the policy maps.
func (u unmatched) class(at reporter, selector *string) bool {
	if selector == nil {
		return true
	}
	class := fold(*selector)
	if u.rules.ClassOf(strings.ReplaceAll(class, "*", "")).BoundTo != lifecycle.BoundToUnclassified {
		return true
	}
	for key := range u.rules.Classes {
		if lifecycle.Matches(class, strings.ReplaceAll(key, "*", "")) {
			return true
		}
	}
	at.report("", fmt.Sprintf("the policy maps no class named %s.", strconv.Quote(class)))
	return false
}

// boundClass also reports a class that is bound to the other column than the
// entry.
func (u unmatched) boundClass(at reporter, selector, column *string) {
	if !u.class(at, selector) || selector == nil || column == nil || strings.Contains(*selector, "*") {
		return
	}
	if c := u.rules.ClassOf(*selector); c.BoundTo.String() != *column {
		at.report("", fmt.Sprintf("assets of class %s are bound to a %s, and the entry is for a %s.", strconv.Quote(fold(*selector)), c.BoundTo, *column))
	}
}

// environment reports a selector that selects no known environment.
func (u unmatched) environment(at reporter, selector *string) {
	if selector == nil || !u.known {
		return
	}
	word := fold(*selector)
	if slices.ContainsFunc(u.environments, func(e string) bool { return lifecycle.Matches(word, e) }) {
		return
	}
	at.report("", fmt.Sprintf("no record is in environment %s; known: %s.", strconv.Quote(word), strings.Join(u.environments, ", ")))
}

// condition reports the texts that a condition compares the class and the
// environment with.
func (u unmatched) condition(at reporter, expression *string) {
	if expression == nil {
		return
	}
	e, err := environment()
	if err != nil {
		return
	}
	checked, issues := e.CompileSource(common.NewStringSource(*expression, "when"))
	if issues.Err() != nil {
		return
	}
	mentions(checked, func(m mention) {
		switch {
		case !m.whole || m.text == "":
		case m.fact == factAt([]string{"asset", "class"}):
			if u.rules.ClassOf(m.text).BoundTo == lifecycle.BoundToUnclassified {
				at.report("", fmt.Sprintf("the policy maps no class named %s.", strconv.Quote(m.text)))
			}
		case m.fact == factAt([]string{"asset", "environment"}):
			u.environment(at, &m.text)
		}
	})
}
