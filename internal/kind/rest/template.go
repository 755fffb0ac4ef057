package rest

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// template is a text with places to fill in: "{id}", "{settings.table}",
// "{settings.column,}". A brace that is meant is doubled.
type template struct {
	parts []string // texts and, at odd indices, names
}

// template checks a text. It reports places that are not among those known.
func (c *checker) template(at, text string, known ...string) template {
	var t template
	var literal strings.Builder
	for rest := text; rest != ""; {
		i := strings.IndexAny(rest, "{}")
		if i < 0 {
			literal.WriteString(rest)
			break
		}
		literal.WriteString(rest[:i])
		if len(rest) > i+1 && rest[i] == rest[i+1] {
			literal.WriteByte(rest[i])
			rest = rest[i+2:]
			continue
		}
		name, tail, closed := strings.Cut(rest[i+1:], "}")
		if rest[i] == '}' || !closed {
			c.problem(at, "A brace is not closed, or closes nothing. Double a literal brace.")
			return t
		}
		// With a comma in the braces, one follows a value that is not empty: lists
		// of columns are written so.
		setting, ok := strings.CutPrefix(name, "settings.")
		setting, comma := strings.CutSuffix(setting, ",")
		if ok && c.declared(setting) {
			literal.WriteString(c.setting(setting))
			if comma && c.setting(setting) != "" {
				literal.WriteByte(',')
			}
		} else {
			if !slices.Contains(known, name) {
				c.problem(at, fmt.Sprintf("{%s} is not known there. Known: %s.", name, listed(append(known, c.settingPlaces()...))))
				return t
			}
			t.parts = append(t.parts, literal.String(), name)
			literal.Reset()
		}
		rest = tail
	}
	t.parts = append(t.parts, literal.String())
	return t
}

// fill returns the text with the places filled in.
func (t template) fill(places map[string]string) string {
	var b strings.Builder
	for i, part := range t.parts {
		if i%2 == 1 {
			part = places[part]
		}
		b.WriteString(part)
	}
	return b.String()
}

// names returns the places of the template.
func (t template) names() []string {
	var out []string
	for i := 1; i < len(t.parts); i += 2 {
		out = append(out, t.parts[i])
	}
	return out
}

// path is a path of templates, segment by segment: what is filled in can never
// become another segment.
type path struct {
	segments []template
	slash    bool // whether it ends in one
}

func (c *checker) path(at, text string, known ...string) path {
	var p path
	if text == "" {
		c.problem(at, "A path is required.")
		return p
	}
	if strings.ContainsAny(text, "?#") {
		c.problem(at, "A path must not hold a query or a fragment; use query.")
		return p
	}
	text = strings.TrimPrefix(text, "/")
	if text, p.slash = strings.CutSuffix(text, "/"); text == "" {
		return p
	}
	for segment := range strings.SplitSeq(text, "/") {
		if segment == "" || segment == "." || segment == ".." {
			c.problem(at, `A segment of a path must not be empty, "." or "..".`)
			return p
		}
		p.segments = append(p.segments, c.template(at, segment, known...))
	}
	return p
}

func (p path) fill(places map[string]string) []string {
	out := make([]string, len(p.segments))
	for i, s := range p.segments {
		out[i] = s.fill(places)
	}
	return out
}

// query is a query of templates.
type query map[string][]template

func (c *checker) query(at string, parameters map[string]texts, known ...string) query {
	out := make(query, len(parameters))
	for _, name := range slices.Sorted(maps.Keys(parameters)) {
		for _, text := range parameters[name] {
			out[name] = append(out[name], c.template(at+"."+name, text, known...))
		}
	}
	return out
}

// fill returns the query; a parameter that comes out empty is left out.
func (q query) fill(places map[string]string) url.Values {
	out := make(url.Values, len(q))
	for name, list := range q {
		for _, t := range list {
			if text := t.fill(places); text != "" {
				out.Add(name, text)
			}
		}
	}
	return out
}

// names returns the places of all templates.
func (q query) names() []string {
	var out []string
	for _, list := range q {
		for _, t := range list {
			out = append(out, t.names()...)
		}
	}
	return out
}
