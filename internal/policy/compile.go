package policy

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
)

// Load parses and compiles a policy document. Its errors are returned as
// Problems.
func Load(data []byte, name string) (*lifecycle.Rules, error) {
	doc, err := Parse(data)
	if err != nil {
		return nil, err
	}
	return Compile(doc, name)
}

// Compile checks the document and those that it extends, and flattens them onto
// the baseline: what the document states itself comes first and so takes
// precedence. The name is the name of the document in reasons and errors, for
// instance "provider policy". The error is Problems.
func Compile(doc *Document, name string) (*lifecycle.Rules, error) {
	return compileOnto(doc, name, Baseline())
}

func compileOnto(doc *Document, name string, base *lifecycle.Rules) (*lifecycle.Rules, error) {
	rules := *base
	rules.Name = name
	rules.Required = slices.Clone(base.Required)
	rules.Lifetimes = slices.Clone(base.Lifetimes)
	rules.Triggers = slices.Clone(base.Triggers)
	rules.Classes = maps.Clone(base.Classes)
	rules.Enforcement = slices.Clone(base.Enforcement)
	rules.RequireClosed = slices.Clone(base.RequireClosed)
	rules.Authority.Attest = slices.Clone(base.Authority.Attest)
	rules.Authority.Except = slices.Clone(base.Authority.Except)
	rules.Frameworks = slices.Clone(base.Frameworks)
	rules.Notices = slices.Clone(base.Notices)
	if rules.Classes == nil {
		rules.Classes = map[string]lifecycle.Class{}
	}

	docs, tooDeep := doc.chain()
	if tooDeep {
		var problems Problems
		reportTooDeep(below(reporter{problems: &problems}, MaxExtends+1))
		return nil, problems
	}
	rules.Digest = digest(base.Digest, doc)
	found := make([]Problems, len(docs))
	for i, d := range slices.Backward(docs) {
		l := layer{
			reporter: below(reporter{problems: &found[i]}, i),
			label:    name + strings.Repeat(" extends", i),
			rules:    &rules,
		}
		l.overlay(d)
	}
	if problems := slices.Concat(found...); len(problems) > 0 {
		return nil, problems
	}
	rules.Index()
	return &rules, nil
}

// layer applies one document to the rules of those that it extends.
type layer struct {
	reporter
	label string
	rules *lifecycle.Rules
}

func (l layer) overlay(doc *Document) {
	if doc.Version != 0 && doc.Version != Version {
		l.in("version").report("Unknown Version", unknownVersion(doc.Version))
	}
	l.rules.Index() // so that a class is known by a pattern below
	if doc.Confidence != nil {
		l.confidence(l.in("confidence"), doc.Confidence)
	}
	l.lifetimes(doc.Lifetimes)
	l.duration(l.in("exception_max"), doc.ExceptionMax, &l.rules.ExceptionMax)
	l.duration(l.in("lead_time"), doc.LeadTime, &l.rules.LeadTime)
	l.duration(l.in("review_deadline"), doc.ReviewDeadline, &l.rules.ReviewDeadline)
	l.duration(l.in("unused_after"), doc.UnusedAfter, &l.rules.UnusedAfter)
	l.enforcement(doc.Enforcement)
	l.authority(l.in("authority"), doc.Authority)
	l.closures(doc.RequireClosed)
	l.frameworks(l.in("frameworks"), doc.Frameworks)
	l.notices(l.in("notices"), doc.Notices)
	l.triggers(doc.Triggers)
	l.classes(doc.Classes)
}

// digest identifies a document together with those that it extends, in 16 digits,
// so that a plan shows that another policy decides. Keys for editors are left out.
func digest(base string, doc *Document) string {
	sum := sha256.Sum256(append([]byte(base), Render(withoutSchema(doc))...))
	return hex.EncodeToString(sum[:8])
}

func withoutSchema(doc *Document) *Document {
	if doc == nil {
		return nil
	}
	out := *doc
	out.Schema, out.Extends = nil, withoutSchema(doc.Extends)
	return &out
}

// duration reads a duration into dst if it is stated. It reports false only if
// the stated duration was refused.
func (layer) duration(at reporter, s *string, dst *time.Duration) bool {
	if s == nil {
		return true
	}
	d, err := ParseDuration(*s)
	if err != nil {
		at.report("Invalid Duration", sentence(err.Error()))
		return false
	}
	*dst = d
	return true
}

// text returns what is stated, or "" and true if nothing is. An empty string is
// refused, because it is unclear whether it states a value.
func text(at reporter, s *string) (string, bool) {
	if s == nil {
		return "", true
	}
	if strings.TrimSpace(*s) == "" {
		at.report("Empty Value", "The value is empty. Leave it out if nothing is to be stated.")
		return "", false
	}
	return *s, true
}

// word returns the stated word in the form in which it is compared: in lower
// case and trimmed.
func word(at reporter, s *string) (string, bool) {
	w, ok := text(at, s)
	return fold(w), ok
}

// choice reads one of a list of accepted words. It returns nil and true if
// nothing is stated.
func choice[T any](at reporter, s *string, summary string, parse func(string) (T, error)) (*T, bool) {
	if s == nil {
		return nil, true
	}
	v, err := parse(*s)
	if err != nil {
		at.report(summary, sentence(err.Error()))
		return nil, false
	}
	return &v, true
}

// sentence makes a sentence of an error's text.
func sentence(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:] + "."
}

// classes maps asset classes. A class that is mapped below keeps what this
// document does not state.
func (l layer) classes(classes map[string]Class) {
	spelled := map[string]string{}
	for _, key := range slices.Sorted(maps.Keys(classes)) {
		at := l.in("classes", key)
		name, ok := word(at, &key)
		if !ok {
			continue
		}
		if other, ok := spelled[name]; ok {
			at.report("Repeated Class", fmt.Sprintf("%s and %s are the same class, since classes are compared in lower case; state it once.",
				strconv.Quote(other), strconv.Quote(key)))
			continue
		}
		spelled[name] = key
		l.class(at, name, classes[key])
	}
}

func (l layer) class(at reporter, name string, c Class) {
	mapped, known := l.rules.Classes[name]
	if !known && !strings.Contains(name, "*") {
		mapped = l.rules.ClassOf(name)
		known = mapped.BoundTo != lifecycle.BoundToUnclassified
	}
	if boundTo, ok := choice(at.in("bound_to"), c.BoundTo, "Unknown Column", lifecycle.ParseColumn); ok {
		switch {
		case boundTo != nil:
			mapped.BoundTo = *boundTo
		case !known:
			at.in("bound_to").report("Missing Value", fmt.Sprintf("The class %s is not mapped by a document that this one extends, "+
				"so bound_to is required; accepted: %s.", strconv.Quote(name), strings.Join(lifecycle.Columns(), ", ")))
		}
	}
	if owner, ok := text(at.in("lifecycle_owner"), c.LifecycleOwner); ok && owner != "" {
		mapped.LifecycleOwner = owner
	}
	if queue, ok := text(at.in("review_queue"), c.ReviewQueue); ok && queue != "" {
		mapped.ReviewQueue = queue
	}
	l.rules.Classes[name] = mapped
}
