package table

import (
	"fmt"
	"strings"

	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// Flaw is an error at a place of the input. Line 0 means the whole input.
// Advice says what to do, if that is not to correct the place.
type Flaw struct {
	Line, Column int
	Reason       string
	Advice       string
}

// Error returns the reason with the place before it.
func (f *Flaw) Error() string {
	if f.Line == 0 {
		return f.Reason
	}
	return fmt.Sprintf("line %d, column %d: %s", f.Line, f.Column, f.Reason)
}

// flaw notes that the value of a field is not accepted; the reason is a clause about
// the value.
func (l *Layout) flaw(r *Row, field int, reason string) {
	if r.bad.Has(field) {
		return
	}
	r.bad |= 1 << field
	c := &r.cells[field]
	f := &Flaw{Line: c.Line, Column: c.Column}
	if f.Line == 0 {
		f.Line, f.Column = r.Line, r.Column
	}
	name := l.called(r, field)
	f.Reason = fmt.Sprintf("the field %s holds %s, and %s", name, Quote(c.Text), reason)
	switch {
	case c.IsList:
		f.Reason = fmt.Sprintf("the field %s holds a list, and %s", name, reason)
	case system.Clean(c.Text) == "":
		f.Reason = fmt.Sprintf("the field %s is empty", name)
	}
	r.flaws = append(r.flaws, f)
}

// called returns the name of a field for a message, with its columns if they have
// other names.
func (l *Layout) called(r *Row, field int) string {
	name, headers := Quote(l.Fields[field]), l.columns[field].Headers
	if len(headers) > 1 {
		all := headers
		headers = nil
		for _, p := range r.parts[field] {
			headers = append(headers, all[p.index])
		}
	}
	switch {
	case len(headers) == 0, len(headers) == 1 && FoldHeader(headers[0]) == l.Fields[field]:
		return name
	case len(headers) == 1:
		return name + " (column " + Quote(headers[0]) + ")"
	}
	for i := range headers {
		headers[i] = Quote(headers[i])
	}
	return name + " (columns " + strings.Join(headers, ", ") + ")"
}

// mostFlaws is how many flaws are listed one by one.
const mostFlaws = 20

// Flaws collects what is wrong with the values of an export, so that all of it can
// be corrected at once. It is an error if it is not empty.
type Flaws struct {
	first *Flaw
	lines []string
	count int
}

// Add adds a flaw, with its line in the list.
func (f *Flaws) Add(line string, flaw *Flaw) {
	if f.count++; f.count == 1 {
		f.first = flaw
	}
	if f.count <= mostFlaws {
		f.lines = append(f.lines, line)
	}
}

// Err returns an error if there is a flaw: the flaw itself if it is the only one.
func (f *Flaws) Err() error {
	switch f.count {
	case 0:
		return nil
	case 1:
		return f.first
	}
	return f
}

// Count returns the number of flaws.
func (f *Flaws) Count() int { return f.count }

// Lines returns a line for each of the first flaws, and one with the number of the
// others.
func (f *Flaws) Lines() []string {
	if more := f.count - len(f.lines); more > 0 {
		return append(f.lines[:len(f.lines):len(f.lines)], fmt.Sprintf("and %d more", more))
	}
	return f.lines
}

// Error returns all lines as one text.
func (f *Flaws) Error() string { return strings.Join(f.Lines(), "; ") }

// MaxBytes is how much of a table is read: records take some four times the bytes
// that they are read from.
const MaxBytes = 64 << 20

// The bounds of one value.
const (
	MaxCell = 64 << 10 // bytes of one value
	MaxList = 1000     // texts in one value
)
