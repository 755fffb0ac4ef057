package table

import (
	"cmp"
	"fmt"
	"html"
	"slices"
	"strings"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// Cell is one value of a row, with its position.
type Cell struct {
	Text         string
	List         []string
	IsList       bool
	Line, Column int
	gathered     bool // the list was collected from the objects of a list
}

// blank reports whether a cell is empty.
func (c *Cell) blank() bool {
	return system.Clean(c.Text) == "" && !slices.ContainsFunc(c.List, func(s string) bool { return system.Clean(s) != "" })
}

// texts returns the texts of a cell that are not empty.
func (c *Cell) texts() []string {
	var out []string
	for _, s := range append(slices.Clone(c.List), c.Text) {
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// deletion reads a cell under a header that says when a record was deleted, or whether
// it was. A word without a digit, other than yes and no, is an error.
func (c *Cell) deletion() (deleted, known bool) {
	for _, s := range c.texts() {
		word := FoldHeader(s)
		yes, err := ParseBool(word)
		switch {
		case err == nil:
			deleted = deleted || yes == lifecycle.Yes
		case strings.HasPrefix(word, "0000-00-00"), strings.HasPrefix(word, "0001-01-01"), slices.Contains(emptyEverywhere, word),
			slices.Contains(emptyButTexts, word), slices.Contains(emptyButFree, word), slices.Contains(emptyDates, word):
		case strings.ContainsAny(word, "123456789"):
			deleted = true
		default:
			return deleted, false
		}
	}
	return deleted, true
}

// delete notes what a cell says about the deletion of the record.
func (r *Row) delete(c *Cell) {
	deleted, known := c.deletion()
	r.deleted = r.deleted || deleted
	if !known {
		r.bad |= 1 // the id: the record is refused
		r.flaws = append(r.flaws, &Flaw{Line: c.Line, Column: c.Column, Reason: fmt.Sprintf(
			"%s does not tell whether the record was deleted; accepted: a date, yes, no, or nothing", Quote(strings.Join(c.texts(), "; ")))})
	}
}

// Row is one record before it is understood. It is reused for the next one.
type Row struct {
	cells        [maxFields]Cell
	parts        [maxFields][]part // of fields that have several headers
	present      Bits
	bad          Bits // fields that hold what is not accepted
	flaws        []*Flaw
	broken       bool // the row as a whole cannot be read
	deleted      bool // it says so
	Values       int  // how many values were read for fields
	Line, Column int
	Seen         Seen // the headers that the rows so far had
}

// part is the value under one of several headers of a field.
type part struct {
	index int
	cell  Cell
}

// Reset empties the row, but keeps the headers that the rows so far had.
func (r *Row) Reset() {
	for f := range r.parts {
		r.parts[f] = r.parts[f][:0]
	}
	*r = Row{parts: r.parts, Seen: r.Seen}
}

// Set puts a value into every field of the header.
func (r *Row) Set(feeds []Feed, c Cell) {
	r.Values += len(feeds)
	for _, f := range feeds {
		if f.deleted {
			r.delete(&c)
			continue
		}
		r.present |= 1 << f.field
		if f.parts == 1 {
			r.cells[f.field] = c
			continue
		}
		r.parts[f.field] = append(r.parts[f.field], part{f.part, c})
	}
	r.Seen.add(feeds)
}

// Break notes that the row as a whole cannot be read.
func (r *Row) Break(flaw *Flaw) {
	r.broken, r.flaws = true, append(r.flaws, flaw)
}

// Refuse notes that the value under a header cannot be the value of its fields.
func (r *Row) Refuse(feeds []Feed, flaw *Flaw) {
	r.Values += len(feeds)
	for _, f := range feeds {
		r.bad |= 1 << f.field // of the id, if the header is about deletion: the record is refused
	}
	if len(feeds) > 0 {
		r.flaws = append(r.flaws, flaw)
	}
	r.Seen.add(feeds)
}

// Add adds the text of a cell to the list in every field of the header.
func (r *Row) Add(feeds []Feed, text Cell) {
	r.Values += len(feeds)
	for _, f := range feeds {
		if f.deleted {
			r.delete(&text)
			continue
		}
		c := &r.cells[f.field]
		if f.parts > 1 {
			at := slices.IndexFunc(r.parts[f.field], func(p part) bool { return p.index == f.part })
			if at < 0 {
				at = len(r.parts[f.field])
				r.parts[f.field] = append(r.parts[f.field], part{index: f.part})
			}
			c = &r.parts[f.field][at].cell
		}
		if c.Line == 0 {
			c.Line, c.Column = text.Line, text.Column
		}
		if c.IsList, c.gathered = true, true; len(c.List) <= MaxList {
			c.List = append(c.List, text.Text)
		}
		r.present |= 1 << f.field
	}
	r.Seen.add(feeds)
}

// Take adds a row to an index, or returns what is wrong with its values. All
// values are checked, even if one is wrong.
func (l *Layout) Take(r *Row, to Index) []*Flaw {
	if r.broken {
		return r.flaws
	}
	for f := range l.Fields {
		switch c := &l.columns[f]; {
		case len(r.parts[f]) > 0:
			r.cells[f] = l.merge(f, r.parts[f])
		case c.Fixed != "" && !r.present.Has(f):
			r.cells[f] = Cell{Text: c.Fixed}
			r.present |= 1 << f
		}
		if r.present.Has(f) {
			l.check(r, f)
		}
	}
	to.Add(l, r)
	slices.SortStableFunc(r.flaws, func(a, b *Flaw) int { return cmp.Or(a.Line-b.Line, a.Column-b.Column) })
	return r.flaws
}

// merge combines the values under the headers of a field.
func (l *Layout) merge(field int, parts []part) Cell {
	slices.SortStableFunc(parts, func(a, b part) int { return a.index - b.index })
	out := parts[0].cell
	if !l.columns[field].Joined {
		for i := range parts {
			if c := &parts[i].cell; !c.blank() && !l.words.empties(l.Table, field, system.Clean(c.Text)) {
				return *c
			}
		}
		return out
	}
	var texts []string
	for i := range parts {
		texts = append(texts, slices.DeleteFunc(parts[i].cell.texts(), func(s string) bool {
			return l.words.empties(l.Table, field, system.Clean(s))
		})...)
	}
	if l.lists.Has(field) {
		var list []string
		for _, text := range texts {
			list = append(list, strings.Split(text, ";")...)
		}
		out.Text, out.List, out.IsList = "", list, true
		return out
	}
	out.Text, out.List, out.IsList = strings.Join(texts, " "), nil, false
	return out
}

// check checks the shape and size of a value, cleans its texts and removes words
// that mean "no value".
func (l *Layout) check(r *Row, f int) {
	c := &r.cells[f]
	if l.words.entities {
		c.Text = html.UnescapeString(c.Text)
		for i, text := range c.List {
			c.List[i] = html.UnescapeString(text)
		}
	}
	size, parts := len(c.Text), len(c.List)
	for _, text := range c.List {
		size += len(text)
	}
	if l.lists.Has(f) && !c.IsList {
		parts = strings.Count(c.Text, ";")
	}
	switch {
	case size > MaxCell:
		l.flaw(r, f, "it is longer than 64 KiB")
	case strings.IndexByte(c.Text, 0) >= 0 || slices.ContainsFunc(c.List, hasNUL):
		l.flaw(r, f, "a NUL character is not accepted")
	case parts > MaxList:
		l.flaw(r, f, "more than 1000 texts are not accepted")
	case c.IsList && !l.lists.Has(f):
		l.single(r, f)
	}
	if r.bad.Has(f) {
		*c = Cell{Line: c.Line, Column: c.Column}
		return
	}
	if c.Text = system.Clean(c.Text); l.words.empties(l.Table, f, c.Text) {
		c.Text = ""
	}
	empties := func(s string) bool { return l.words.empties(l.Table, f, system.Clean(s)) }
	switch {
	case c.IsList:
		c.List = slices.DeleteFunc(slices.Clone(c.List), empties)
	case parts > 0:
		if list := strings.Split(c.Text, ";"); slices.ContainsFunc(list, empties) {
			c.Text, c.List, c.IsList = "", slices.DeleteFunc(list, empties), true
		}
	}
}

// single returns the one text of a list for a field with one value. Several texts
// are joined in fields for readers; several keys, words or dates are an error.
func (l *Layout) single(r *Row, f int) {
	c := &r.cells[f]
	texts := c.texts()
	switch {
	case !l.prose.Has(f) && (!c.gathered || len(texts) > 1):
		l.flaw(r, f, "only one text is accepted there")
	default:
		c.Text, c.List, c.IsList = strings.Join(texts, ", "), nil, false
	}
}

func hasNUL(s string) bool { return strings.IndexByte(s, 0) >= 0 }
