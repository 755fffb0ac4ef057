package table

import (
	"fmt"
	"slices"
	"strings"

	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// Column says from which columns or members of an export a field is read.
type Column struct {
	Headers  []string // at most maxHeaders
	Joined   bool     // all of them make the value; otherwise the first that is not empty
	Required bool     // the export must have it
	Fixed    string   // the value where the export has no such column
	From     string   // the attribute that names the headers, for messages
}

// maxHeaders bounds the headers of one field.
const maxHeaders = 16

// all is the set of all headers of a column.
func (c *Column) all() uint32 { return 1<<len(c.Headers) - 1 }

// Feed says that a header is one of the headers of a field, or that it says whether
// the record was deleted.
type Feed struct {
	field, part, parts int
	deleted            bool
}

// Seen says which headers of each field an export has.
type Seen [maxFields]uint32

// add notes that an export has the headers.
func (s *Seen) add(feeds []Feed) {
	for _, f := range feeds {
		if !f.deleted {
			s[f.field] |= 1 << f.part
		}
	}
}

// Fields returns the fields that have a header.
func (s *Seen) Fields() Bits {
	var out Bits
	for f, parts := range s {
		if parts != 0 {
			out |= 1 << f
		}
	}
	return out
}

// Layout says under which header each field of a table is found, and how its words
// are read.
type Layout struct {
	*Table
	words   *Words
	columns [maxFields]Column
	feeds   map[string][]Feed // by folded header
	within  map[string]bool   // folded paths of members inside which there are headers
}

// Layout returns the layout of a table.
func (w *Words) Layout(t *Table) *Layout {
	l := &Layout{Table: t, words: w, feeds: make(map[string][]Feed, len(t.Fields)), within: make(map[string]bool)}
	for i, name := range t.Fields {
		c, mapped := w.columns[t.Name][name]
		if !mapped {
			c = Column{Headers: []string{name}}
		}
		for part, header := range c.Headers {
			l.feed(header, Feed{field: i, part: part, parts: len(c.Headers)})
		}
		l.columns[i] = c
	}
	for _, header := range w.deleted[t.Name] {
		l.feed(header, Feed{deleted: true})
	}
	return l
}

// feed notes the use of a header.
func (l *Layout) feed(header string, to Feed) {
	header = FoldHeader(header)
	l.feeds[header] = append(l.feeds[header], to)
	for at, r := range header {
		if r == '.' {
			l.within[header[:at]] = true
		}
	}
}

// Feeds returns the uses of a header.
func (l *Layout) Feeds(header string) []Feed { return l.feeds[FoldHeader(header)] }

// Path returns the path of a member inside a member with a path, folded.
func Path(outer, name string) string {
	if outer == "" {
		return FoldHeader(name)
	}
	return outer + "." + FoldHeader(name)
}

// Within reports whether a header names something inside the member with the path.
func (l *Layout) Within(path string) bool { return l.within[path] }

// Header returns the uses of each column, and the existing headers, or a reason if
// the columns cannot be used. A name that occurs twice is an error only if it is
// read.
func (l *Layout) Header(columns []string) (feeds [][]Feed, seen Seen, reason string) {
	found := make([]string, 0, len(columns))
	first := make(map[string]bool, len(columns))
	feeds = make([][]Feed, len(columns))
	for i, text := range columns {
		name := FoldHeader(text)
		if name == "" {
			continue
		}
		found = append(found, system.Clean(text))
		feeds[i] = l.feeds[name]
		if len(feeds[i]) == 0 {
			continue
		}
		if first[name] {
			return nil, seen, fmt.Sprintf("the header names the column %s twice", Name(text))
		}
		first[name] = true
		seen.add(feeds[i])
	}
	return feeds, seen, l.CheckSeen(seen, found)
}

// CheckSeen returns a reason if a field that must have a header has none. found
// lists the existing headers for the message; it is nil if the format has no
// header.
func (l *Layout) CheckSeen(seen Seen, found []string) string {
	for i, name := range l.Fields {
		c, consequence := &l.columns[i], l.consequences[i]
		switch {
		case c.Joined && c.Required && seen[i] == c.all(), !(c.Joined && c.Required) && seen[i] != 0, c.Fixed != "":
			continue
		case !c.Required && !slices.Contains(l.required, i) && (found == nil || consequence == ""):
			continue
		}
		missing := "no column " + l.missing(c, seen[i])
		if !c.Joined && len(c.Headers) > 1 {
			missing = "none of the columns " + l.missing(c, 0)
		}
		reason := fmt.Sprintf("it has %s for the field %s", missing, Quote(name))
		if c.From != "" {
			reason += ", which " + c.From + " names"
		}
		if c.From == l.Columns || c.From == l.Joined {
			return reason + foundHeaders(found)
		}
		if consequence != "" {
			reason += ", and then " + consequence
		}
		return reason + foundHeaders(found) + "; accepted are " + strings.Join(l.Fields, ", ") +
			", and whatever " + l.Columns + " maps them to"
	}
	return l.checkOneOf(seen, found)
}

// checkOneOf returns a reason if an export has none of the fields of which it must have
// one.
func (l *Layout) checkOneOf(seen Seen, found []string) string {
	var missing []string
	for i, name := range l.Fields {
		if !slices.Contains(l.words.oneOf[l.Name], name) {
			continue
		}
		if seen[i] != 0 {
			return ""
		}
		missing = append(missing, l.missing(&l.columns[i], 0)+" for the field "+Quote(name))
	}
	if len(missing) == 0 {
		return ""
	}
	return "it has none of the columns " + strings.Join(missing, ", and none of ") + ", and then nobody would be found by them" + foundHeaders(found) +
		"; map one of the two with " + l.Columns
}

// missing lists the headers of a column that an export does not have.
func (l *Layout) missing(c *Column, seen uint32) string {
	var out []string
	for part, header := range c.Headers {
		if seen&(1<<part) == 0 {
			out = append(out, Quote(FoldHeader(header)))
		}
	}
	return strings.Join(out, ", ")
}

// foundHeaders lists headers for a message, if they look like headers. The
// first line of another file, such as one with passwords, is not repeated.
func foundHeaders(found []string) string {
	const most = 40
	switch {
	case len(found) == 0:
		return ""
	case len(found) == 1:
		return "; the header has one column, which is not repeated because it does not look like the name of one"
	case slices.ContainsFunc(found, func(text string) bool { return !isName(text) }):
		return fmt.Sprintf("; the header has %d columns, which are not repeated because they do not look like names of columns", len(found))
	}
	texts := make([]string, 0, len(found))
	for _, f := range found[:min(len(found), most)] {
		texts = append(texts, Quote(f))
	}
	if len(found) > most {
		texts = append(texts, "…")
	}
	return "; found: " + strings.Join(texts, ", ")
}
