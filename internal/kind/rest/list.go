package rest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"reflect"
	"slices"

	"cel.dev/cel-go/cel"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system/envelope"
	"github.com/custodyhq/terraform-provider-custody/internal/system/httpclient"
)

const (
	maxPasses   = 3 // over a list that changes while it is read
	defaultSize = 100
)

// listing reads the rows of a list, page by page.
type listing struct {
	question
	items, total *expression
	trash        bool        // it shows who was deleted
	count        *count      // where the list does not tell the total
	notFound     *expression // of a search: the answer says that there is nothing
	paging       *paging
	mark         string // what its rows are given as their member markMember
}

// markMember is no name that a system gives a field of its own.
const markMember = "@mark"

// paging says how further pages are asked for: by counting rows or pages, by a
// link, or by a cursor.
type paging struct {
	size, first  int
	query        query
	next, cursor *expression
}

var countingPlaces = []string{"offset", "limit", "page", "last"}

// listings compiles lists, and leaves out those that are not to be read.
func (c *checker) listings(at string, texts []listText) []*listing {
	var out []*listing
	for i := range texts {
		if l := c.listing(fmt.Sprintf("%s[%d]", at, i), &texts[i]); l != nil {
			out = append(out, l)
		}
	}
	return out
}

// listing compiles a list; nil if it is not to be read.
func (c *checker) listing(at string, t *listText, places ...string) *listing {
	use := c.applies(at, t.When)
	l := &listing{mark: t.Mark, question: c.question(at, t.Path, t.Query, t.Body, places...)}
	if t.Items == "" {
		c.problem(at+".items", "An expression is required that finds the rows in an answer.")
	} else {
		l.items = c.compile(at+".items", t.Items, inAnswer, cel.ListType(cel.DynType))
	}
	if t.Total != "" {
		l.total = c.compile(at+".total", t.Total, inAnswer, cel.IntType, cel.DoubleType, cel.StringType)
	}
	if t.Count != nil {
		l.count = c.count(at+".count", t.Count, places)
		if l.total != nil {
			c.problem(at+".count", "total and count exclude each other.")
		}
	}
	if t.notFound != "" {
		l.notFound = c.compile(at+".not_found", t.notFound, inAnswer, cel.BoolType)
	}
	if t.Paging != nil {
		l.paging = c.paging(at+".paging", t.Paging, l)
	}
	if !use {
		return nil
	}
	return l
}

func (c *checker) paging(at string, t *pagingText, l *listing) *paging {
	p := &paging{size: t.Size, first: t.First}
	if c.config.PageSize > 0 {
		p.size = c.config.PageSize
	}
	if p.size <= 0 {
		p.size = defaultSize
	}
	places := countingPlaces
	if t.Next != "" {
		p.next = c.compile(at+".next", t.Next, inAnswer, cel.StringType, cel.NullType)
		places = []string{"limit"}
	}
	if t.Cursor != "" {
		p.cursor = c.compile(at+".cursor", t.Cursor, inAnswer, cel.StringType, cel.IntType, cel.NullType)
		places = []string{"limit", "cursor"}
	}
	p.query = c.query(at+".query", t.Query, places...)
	turns := slices.ContainsFunc(p.query.names(), func(n string) bool { return n != "limit" && n != "last" })
	switch {
	case t.Next != "" && l.body != nil:
		c.problem(at+".next", "A link is followed by GET, so it does not go with a body.")
	case t.Next != "" && t.Cursor != "":
		c.problem(at, "next and cursor exclude each other.")
	case t.Next == "" && !turns && !l.turns():
		c.problem(at+".query", "It does not ask for the next page: {offset}, {page} or {cursor} is required, or next.")
	case t.Next == "" && t.Cursor == "" && l.total == nil && l.count == nil:
		c.problem(at, "total or count is required with counted pages: without it, the end of the list looks the same as rows that are held back.")
	}
	return p
}

// inconsistentList is the error of a list that contradicts itself. It may do so because
// it is being changed, so it is read again.
type inconsistentList struct{ reason, advice string }

func (u *inconsistentList) Error() string { return u.reason }

// untilConsistent reads until a list agrees with itself.
func untilConsistent(c *httpclient.Client, read func() error) error {
	var err error
	var u *inconsistentList
	for range maxPasses {
		if err = read(); !errors.As(err, &u) {
			return err
		}
	}
	return c.Unusable(fmt.Sprintf("%s, %d times in a row", u.reason, maxPasses), u.advice)
}

// page is how far a list has been read.
type page struct {
	number, offset int
	cursor         string
	link           string
	from           *httpclient.Response
	visited        map[string]bool
}

// read reads all pages. take is given each row and returns its key, which no
// other row may have.
func (l *listing) read(ctx context.Context, s *System, c *httpclient.Client, places map[string]string, take func(item any) (string, error)) error {
	seen := make(map[string]bool)
	total, err := l.count.rows(ctx, s, c, places)
	if err != nil {
		return err
	}
	at := page{visited: make(map[string]bool)}
	walk := c.Walk("rows")
	for {
		a, err := l.fetch(ctx, s, c, places, &at)
		if err != nil {
			return err
		}
		if a == nil {
			return nil
		}
		rows, n, err := l.rows(c, a)
		if err != nil {
			return err
		}
		if l.total != nil {
			if total >= 0 && n != total {
				return &inconsistentList{fmt.Sprintf("the number of its rows changed from %d to %d while they were read", total, n), adviceAgain}
			}
			total = n
		}
		if err := takeRows(ctx, c, a, rows, seen, take); err != nil {
			return err
		}
		more, err := l.turn(c, a, &at, len(rows), len(seen), total)
		if err != nil {
			return err
		}
		if !more {
			if message := l.partial(a, len(seen)); message != "" {
				return c.Unusable(message, advicePart)
			}
			break
		}
		if err := walk.Next(ctx, len(rows)); err != nil {
			return err
		}
	}
	if total >= 0 && len(seen) != total {
		return &inconsistentList{fmt.Sprintf("it counts %d rows and shows %d", total, len(seen)), adviceRights}
	}
	return nil
}

// takeRows takes the rows of a page, none of which may have been seen.
func takeRows(ctx context.Context, c *httpclient.Client, a *answer, rows []any, seen map[string]bool, take func(item any) (string, error)) error {
	for _, row := range rows {
		key, err := take(row)
		switch {
		case isFinal(err) || err != nil && ctx.Err() != nil:
			return err
		case err != nil:
			return c.Malformed(a.response, err.Error())
		case seen[key]:
			return &inconsistentList{fmt.Sprintf("it gave the row %q twice while its pages were read", key), adviceAgain}
		}
		seen[key] = true
	}
	return nil
}

// partial says what the last page tells of more rows than were read. Where the
// description names the total, that is compared instead.
func (l *listing) partial(a *answer, seen int) string {
	if l.total != nil || l.count != nil {
		return ""
	}
	if body, ok := a.variables["body"].(map[string]any); ok {
		if message := envelope.More(body, seen); message != "" {
			return message
		}
	}
	if follows := l.paging != nil && l.paging.next != nil; !follows && links(a.response.Header)["next"] != "" {
		return "its header Link points to a further page"
	}
	return ""
}

// fetch asks for a page and checks that it is an answer. It returns nothing if
// the answer says that there is nothing.
func (l *listing) fetch(ctx context.Context, s *System, c *httpclient.Client, places map[string]string, at *page) (*answer, error) {
	var r *httpclient.Response
	var err error
	if at.link != "" {
		r, err = c.Follow(ctx, at.from, at.link)
	} else {
		r, err = l.ask(ctx, s, c, places, l.counts(at), l.pages())
	}
	if err != nil {
		return nil, err
	}
	a, err := s.answer(c, r, places[idPlace])
	if err != nil {
		return nil, err
	}
	if l.notFound == nil {
		return a, s.failed(c, a)
	}
	nothing, evalErr := l.notFound.bool(a.variables)
	if evalErr == nil && nothing {
		return nil, nil //nolint:nilnil // nothing is what the answer says
	}
	if err := s.failed(c, a); err != nil {
		return nil, err
	}
	if evalErr != nil {
		return nil, c.Malformed(r, evalErr.Error())
	}
	return a, nil
}

// counts returns by what a page is asked for.
func (l *listing) counts(at *page) map[string]any {
	if l.paging == nil {
		return nil
	}
	return map[string]any{
		"offset": at.offset, "limit": l.paging.size, "page": l.paging.first + at.number, "last": at.offset + l.paging.size - 1, "cursor": at.cursor,
	}
}

// pages returns what turns the page in the query.
func (l *listing) pages() query {
	if l.paging == nil {
		return nil
	}
	return l.paging.query
}

// rows returns the rows of a page and the number of all.
func (l *listing) rows(c *httpclient.Client, a *answer) ([]any, int, error) {
	rows, err := l.items.rows(a.variables)
	if err != nil {
		return nil, 0, c.Malformed(a.response, err.Error())
	}
	if l.mark != "" {
		for _, row := range rows {
			if item, ok := row.(map[string]any); ok {
				item[markMember] = l.mark
			}
		}
	}
	if l.total == nil {
		return rows, -1, nil
	}
	n, err := l.total.count(a.variables)
	if err != nil {
		return nil, 0, c.Malformed(a.response, err.Error())
	}
	return rows, n, nil
}

// turn goes on to the next page and reports whether there is one.
func (l *listing) turn(c *httpclient.Client, a *answer, at *page, rows, seen, total int) (bool, error) {
	if l.paging == nil {
		return false, nil
	}
	at.number++
	at.offset += rows
	at.from = a.response
	if total >= 0 && seen > total {
		return false, nil // which read reports
	}
	next := l.paging.next
	if next == nil {
		next = l.paging.cursor
	}
	if next == nil {
		// A page beyond the last is never asked for: some systems answer it with
		// the first, others with an error.
		return rows > 0 && seen < total, nil
	}
	text, err := next.text(a.variables)
	if err != nil {
		return false, c.Malformed(a.response, err.Error())
	}
	if text == "" {
		return false, nil
	}
	if at.visited[text] {
		return false, &inconsistentList{"its pages lead back to one that was read already", adviceAgain}
	}
	at.visited[text] = true
	if l.paging.next != nil {
		at.link = text
	} else {
		at.cursor = text
	}
	return true, nil
}

// pageSize returns how many rows one request brings.
func (l *listing) pageSize() int {
	if l.paging == nil {
		return math.MaxInt32
	}
	return l.paging.size
}

// first returns the first rows of the list, about as many as are asked for.
func (l *listing) first(ctx context.Context, s *System, c *httpclient.Client, most int) ([]any, error) {
	short := *l
	if l.paging != nil {
		small := *l.paging
		small.size = min(small.size, most)
		short.paging = &small
	}
	a, err := short.fetch(ctx, s, c, nil, &page{})
	if err != nil || a == nil {
		return nil, err
	}
	rows, _, err := l.rows(c, a)
	return rows, err
}

// rowIndex holds what lists show, by the id of the asset that it is about.
type rowIndex[T any] struct {
	entries []T
	byID    map[string][]int
	byKey   map[string]int // unnamed for a row that is about no asset
}

// unnamed is the place of a row without an id: nobody can ask for it.
const unnamed = -1

func (f *rowIndex[T]) find(id string) []T {
	var out []T
	for _, i := range f.byID[id] {
		out = append(out, f.entries[i])
	}
	return out
}

// add takes a row in. One that two lists show alike is one entry; one that
// differs has moved between them while they were read.
func (f *rowIndex[T]) add(id, key string, entry T) error {
	if at, again := f.byKey[key]; again {
		if at == unnamed && id == "" || at != unnamed && reflect.DeepEqual(f.entries[at], entry) {
			return nil
		}
		return &inconsistentList{fmt.Sprintf("the row %q changed while it was read", key), adviceAgain}
	}
	if id == "" {
		f.byKey[key] = unnamed
		return nil
	}
	f.byKey[key] = len(f.entries)
	f.byID[id] = append(f.byID[id], len(f.entries))
	f.entries = append(f.entries, entry)
	return nil
}

// each yields the entries of an index, or the error with which it was read.
func each[T any](read func() (*rowIndex[T], error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		f, err := read()
		if err != nil {
			var none T
			yield(none, err)
			return
		}
		for _, entry := range f.entries {
			if !yield(entry, nil) {
				return
			}
		}
	}
}

// gather reads all lists until they agree with themselves and each other. row
// reads one row of a list; it returns the id of the asset that the row is about and the
// key of the row.
func gather[T any](ctx context.Context, s *System, c *httpclient.Client, lists []*listing, row func(l *listing, item any) (entry T, id, key string, err error)) (*rowIndex[T], error) {
	var f *rowIndex[T]
	err := untilConsistent(c, func() error {
		f = &rowIndex[T]{byID: make(map[string][]int), byKey: make(map[string]int)}
		for _, l := range lists {
			take := func(item any) (string, error) {
				entry, id, key, err := row(l, item)
				if err != nil {
					return "", err
				}
				return key, f.add(id, key, entry)
			}
			if err := l.read(ctx, s, c, nil, take); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return f, nil
}

// all reads all lists of assets, once a run.
func (s *System) all(ctx context.Context) (*rowIndex[lifecycle.Record], error) {
	return s.listed.Get(ctx, "", func(ctx context.Context) (*rowIndex[lifecycle.Record], error) {
		f, err := gather(ctx, s, s.client, s.lists, func(_ *listing, item any) (lifecycle.Record, string, string, error) {
			r, key, err := s.record(ctx, item, "")
			return r, r.ID, key, err
		})
		if err != nil {
			return nil, err
		}
		if least := max(s.config.MinRecords, 1); s.config.MinRecords >= 0 && len(f.entries) < least {
			return nil, s.client.Unusable(fmt.Sprintf("it shows %d assets and min_records asks for at least %d", len(f.entries), least), adviceRights)
		}
		return f, nil
	})
}
