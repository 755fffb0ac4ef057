package sql

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/custodyhq/terraform-provider-custody/internal/system/redact"
	"github.com/custodyhq/terraform-provider-custody/internal/system/table"
)

// server is one kind of database.
type server interface {
	// read runs a query in a read-only transaction, and passes its columns and then
	// its rows to the sink. An error of the sink ends it and is returned. The
	// context ends a little later than the time limit of the query.
	read(ctx context.Context, text string, args []any, to sink) error
	// hide adds the texts that no message may show.
	hide(in *redact.Secrets)
	// serverError returns the server's part of an error, and false if there is none.
	serverError(err error) (serverError, bool)
	// explain returns the meaning of an error of read.
	explain(err error) problem
}

// sink receives an answer.
type sink interface {
	columns(names []string) error
	row(values []value) error
}

// value is one value of a row. The zero value is NULL.
type value struct {
	text   string
	list   []string
	isList bool
	json   bool // the text is JSON
	unfit  string
}

// blank reports whether a value is empty.
func (v *value) blank() bool {
	return v.unfit == "" && strings.TrimSpace(v.text) == "" && len(v.list) == 0
}

// query is one query and the meaning of its answer.
type query struct {
	table     *table.Table
	attribute string // that holds it
	text      string
	most      int     // rows
	id        *string // the bind parameter, if there is one
}

// load runs a query and puts its answer into an index.
func (s *System) load(ctx context.Context, q query, to table.Index) error {
	in := &reader{query: q, layout: s.words.Layout(q.table), index: to}
	var args []any
	if q.id != nil {
		args = []any{*q.id}
	}
	limited, cancel := context.WithTimeout(ctx, s.config.Timeout+grace)
	defer cancel()
	to.Begin("database row")
	err := s.server.read(limited, q.text, args, in)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return s.unavailable(q, err)
	}
	if q.id == nil && in.flaws.Count() == 0 {
		if reason := s.config.Short(q.table, in.taken); reason != "" {
			return s.unavailable(q, &table.Flaw{Reason: reason})
		}
	}
	if err := in.flaws.Err(); err != nil {
		return s.unavailable(q, err)
	}
	to.End(in.seen.Fields())
	to.Done()
	return nil
}

// grace is added to the server's time limit of a query, so that the server
// reports why the query ended.
const grace = 5 * time.Second

// reader turns the rows of an answer into rows of a table.
type reader struct {
	query
	layout *table.Layout
	index  table.Index
	names  []string
	feeds  [][]table.Feed
	seen   table.Seen
	buffer table.Row
	flaws  table.Flaws
	count  int // rows so far
	taken  int // rows that are not empty
	size   int
}

func (r *reader) columns(names []string) error {
	var reason string
	r.names = names
	r.feeds, r.seen, reason = r.layout.Header(names)
	if reason != "" {
		return &table.Flaw{Reason: reason}
	}
	return nil
}

func (r *reader) row(values []value) error {
	r.count++
	if r.count > r.most {
		return &table.Flaw{Reason: fmt.Sprintf("it has more than %d rows", r.most)}
	}
	out := &r.buffer
	out.Reset()
	out.Line, out.Column = r.count, 1
	blank := true
	for i, v := range values {
		blank = blank && v.blank()
		feeds := r.feeds[i]
		if len(feeds) == 0 {
			continue
		}
		cell, reason := r.cell(v)
		if reason != "" {
			out.Refuse(feeds, &table.Flaw{Line: r.count, Column: 1, Reason: fmt.Sprintf("the column %s holds %s", table.Quote(r.names[i]), reason)})
			continue
		}
		if r.size += len(cell.Text); r.size > table.MaxBytes {
			return &table.Flaw{Reason: "it is larger than 64 MiB; leave out columns and records that are not needed"}
		}
		out.Set(feeds, cell)
	}
	if blank {
		return nil
	}
	r.taken++
	for _, flaw := range r.layout.Take(out, r.index) {
		r.flaws.Add(fmt.Sprintf("row %d: %s", r.count, flaw.Reason), flaw)
	}
	return nil
}

// cell returns a value in the form of its fields, or why it cannot be used.
func (r *reader) cell(v value) (table.Cell, string) {
	c := table.Cell{Text: v.text, List: v.list, IsList: v.isList}
	switch {
	case v.unfit != "":
		return c, v.unfit
	case !utf8.ValidString(v.text):
		return c, "bytes that are not text; convert them in the query"
	case v.json:
		cell, ok := jsonCell(v.text)
		if !ok {
			return c, "JSON that is neither a text nor an array of texts"
		}
		r.size += len(v.text) - len(cell.Text)
		return cell, ""
	}
	for _, text := range v.list {
		if r.size += len(text); !utf8.ValidString(text) {
			return c, "bytes that are not text; convert them in the query"
		}
	}
	return c, ""
}

// unavailable turns the error of an answer into a fault.
func (s *System) unavailable(q query, err error) error {
	advice := fmt.Sprintf("Correct the query %s or what it reads, or adapt %s or min_records in the block of the system; then plan again.",
		q.attribute, strings.Join(q.table.Attributes(), ", "))
	var several *table.Flaws
	if errors.As(err, &several) {
		f := s.fault(q.table, fmt.Sprintf("The system %q cannot use the answer to its query %s: %d values are not accepted.",
			s.config.Name, q.attribute, several.Count()), advice, nil)
		for _, line := range several.Lines() {
			f.Items = append(f.Items, s.shown(line))
		}
		return f
	}
	var flawed *table.Flaw
	if errors.As(err, &flawed) {
		reason := flawed.Reason
		if flawed.Line > 0 {
			reason = fmt.Sprintf("row %d: %s", flawed.Line, reason)
		}
		return s.fault(q.table, fmt.Sprintf("The system %q cannot use the answer to its query %s: %s.", s.config.Name, q.attribute, s.shown(reason)), advice, nil)
	}
	t := s.server.explain(err)
	if t == problemOther && errors.Is(err, context.DeadlineExceeded) {
		t = problemTimeout
	}
	happened := fmt.Sprintf("The system %q could not run its query %s: %s.", s.config.Name, q.attribute, t.what)
	return s.fault(q.table, happened, strings.ReplaceAll(t.advice, "DSN", "dsn ("+s.variable()+")"), s.plainError(q, err))
}
