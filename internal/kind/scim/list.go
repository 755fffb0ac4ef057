package scim

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

const (
	passes      = 3       // how often a list is started again before it is an error
	mostEntries = 200_000 // of a list that is kept in memory
)

// entryIndex is a whole list.
type entryIndex struct {
	entries []*entry
	byID    map[string]*entry
	byKey   map[string][]*entry
}

func newEntryIndex() *entryIndex {
	return &entryIndex{byID: make(map[string]*entry), byKey: make(map[string][]*entry)}
}

// add adds entries and returns the first that it already holds.
func (s *entryIndex) add(entries []*entry) (again *entry) {
	for _, e := range entries {
		if s.byID[e.id] != nil {
			if again == nil {
				again = e
			}
			continue
		}
		s.byID[e.id] = e
		s.entries = append(s.entries, e)
		for _, key := range e.keys {
			s.byKey[key] = append(s.byKey[key], e)
		}
	}
	return again
}

// find returns the entries that a key names, in the order of their ids.
func (s *entryIndex) find(key string) []*entry {
	found := slices.Clone(s.byKey[system.Fold(key)])
	for _, id := range spellings(key) {
		if e := s.byID[id]; e != nil {
			found = append(found, e)
		}
	}
	return distinct(found)
}

// same reports whether another list holds the same entries.
func (s *entryIndex) same(other *entryIndex) bool {
	for id := range s.byID {
		if other.byID[id] == nil {
			return false
		}
	}
	return len(s.byID) == len(other.byID)
}

func distinct(found []*entry) []*entry {
	slices.SortFunc(found, func(a, b *entry) int { return strings.Compare(a.id, b.id) })
	return slices.CompactFunc(found, func(a, b *entry) bool { return a.id == b.id })
}

// list returns the whole list. It is read once, and used only if it holds as
// many entries as the server says and did not change meanwhile.
func (c *catalog) list(ctx context.Context) (*entryIndex, error) {
	return c.all.Get(ctx, "", func(ctx context.Context) (*entryIndex, error) {
		var earlier *entryIndex
		var doubt string
		begin := c.head
		for range passes {
			head, err := begin(ctx)
			if err != nil {
				return nil, err
			}
			begin = c.begin
			r := &reading{c: c, index: newEntryIndex(), head: head}
			if err := r.read(ctx); err != nil {
				return nil, err
			}
			if doubt = r.doubt; doubt != "" {
				earlier = nil
				continue
			}
			// Pages that cannot overlap hide an entry that moves between them,
			// so such a list is read until it is the same twice.
			if !r.aligned || earlier != nil && r.index.same(earlier) {
				c.listed.Store(true)
				return r.index, nil
			}
			earlier, doubt = r.index, "its "+c.what+" changed while they were read"
		}
		return nil, &listError{c.s.client.Unusable(doubt, adviceList)}
	})
}

const adviceList = "Plan again. If it happens again, check that the token may see everybody, and set page_size or paging in the block of the system to what the server understands, or keys to what it can filter by."

// reading is one pass over a list.
type reading struct {
	c       *catalog
	index   *entryIndex
	head    *page
	aligned bool   // the server chooses where pages begin, so they do not overlap
	doubt   string // why the pass proves nothing: a clause
}

func (r *reading) read(ctx context.Context) error {
	if r.again(r.head.entries) {
		return nil
	}
	if r.head.total > mostEntries {
		return &listError{r.c.s.client.Unusable(fmt.Sprintf("it holds %d %s and no more than %d are read", r.head.total, r.c.what, mostEntries),
			"Set keys in the block of the system to what the server can filter by, so that no look-up needs the list.")}
	}
	if r.head.cursor != "" {
		return r.byCursor(ctx)
	}
	if r.head.total < 0 {
		// Only a list by cursor ends without a count.
		f, err := r.c.s.announced(ctx)
		if err == nil && !f.cursor {
			r.doubt = "it does not say how many " + r.c.what + " there are"
		}
		return err
	}
	return r.byIndex(ctx)
}

// byIndex reads further pages by number. Each page begins with the last entry
// of the page before: otherwise the list has changed, and entries between the
// pages may have been missed.
func (r *reading) byIndex(ctx context.Context) error {
	count, last := len(r.index.entries), r.head
	walk := r.c.s.client.Walk(r.c.what)
	for count < r.head.total {
		if err := walk.Next(ctx, len(last.entries)); err != nil {
			return err
		}
		if len(last.entries) == 0 {
			r.doubt = r.missing()
			return nil
		}
		next, err := r.follow(ctx, count)
		if err != nil || r.doubt != "" {
			return err
		}
		if r.again(next.entries) {
			return nil
		}
		count, last = len(r.index.entries), next
	}
	switch {
	case count > r.head.total:
		r.doubt = fmt.Sprintf("it says that it holds %d %s and shows %d", r.head.total, r.c.what, count)
	case count > 0 && count == len(r.head.entries):
		return r.prove(ctx, count)
	}
	return nil
}

// follow returns the page after the first count entries, without the entry that
// overlaps.
func (r *reading) follow(ctx context.Context, count int) (*page, error) {
	if !r.aligned {
		next, err := r.c.from(ctx, count)
		if err != nil {
			return nil, err
		}
		switch r.check(next); {
		case r.doubt != "":
			return next, nil
		case len(next.entries) == 0:
			r.doubt = r.missing()
			return next, nil
		case next.entries[0].id == r.index.entries[count-1].id:
			if next.entries = next.entries[1:]; len(next.entries) == 0 {
				r.doubt = r.missing()
			}
			return next, nil
		case next.entries[0].id != r.head.entries[0].id:
			r.doubt = "its " + r.c.what + " changed while they were read"
			return next, nil
		}
		r.aligned = true
	}
	next, err := r.c.from(ctx, count+1)
	if err == nil {
		r.check(next)
	}
	return next, err
}

func (r *reading) check(next *page) {
	if next.total != r.head.total {
		r.doubt = "its " + r.c.what + " changed while they were read"
	}
}

func (r *reading) missing() string {
	return fmt.Sprintf("it says that it holds %d %s and shows only %d", r.head.total, r.c.what, len(r.index.entries))
}

// again adds entries and reports whether one of them came twice.
func (r *reading) again(entries []*entry) bool {
	if twice := r.index.add(entries); twice != nil {
		r.doubt = fmt.Sprintf("its pages start over or overlap: %s came twice", quote(twice.id))
	}
	return r.doubt != ""
}

// prove checks whether a list that came as one page is complete. Some servers
// count the entries of one answer instead of all, return fewer than were
// requested, and offer no next page. So fewer entries are requested: a count
// that stays the same is the count of all. If the server does not return fewer,
// the next page is requested, which must be empty.
func (r *reading) prove(ctx context.Context, count int) error {
	if count == 1 {
		return nil // of one entry there is no smaller part
	}
	fewer, ok, err := r.ask(ctx, url.Values{"count": {"1"}})
	switch {
	case err != nil:
		return err
	case ok && fewer.total == r.head.total && len(fewer.entries) < count:
		return nil
	case ok && fewer.total == len(fewer.entries) && len(fewer.entries) < count:
		r.doubt = fmt.Sprintf("it says how many %s are in an answer instead of how many there are", r.c.what)
		return nil
	case ok && fewer.total != r.head.total:
		r.check(fewer)
		return nil
	}
	next, ok, err := r.ask(ctx, url.Values{"startIndex": {strconv.Itoa(count + 1)}, "count": {strconv.Itoa(r.c.s.config.PageSize)}})
	if err != nil || !ok || len(next.entries) == 0 {
		return err
	}
	for _, e := range next.entries {
		if r.index.byID[e.id] == nil {
			r.doubt = fmt.Sprintf("it says that it holds %d %s and shows more", r.head.total, r.c.what)
			return nil
		}
	}
	r.doubt = fmt.Sprintf("it shows the same %d %s whatever part of them is asked for, so they may not be all", count, r.c.what)
	return nil
}

// ask requests a page with a query. It reports false if the server does not
// understand the request.
func (r *reading) ask(ctx context.Context, query url.Values) (*page, bool, error) {
	answer, err := r.c.ask(ctx, query)
	if err != nil || refusal(answer.Status) {
		return nil, false, err
	}
	p, err := r.c.accept(answer)
	return p, err == nil, err
}

// byCursor reads further pages by the cursors of the server (RFC 9865).
func (r *reading) byCursor(ctx context.Context) error {
	seen := make(map[string]bool)
	last, fresh := r.head, len(r.index.entries)
	walk := r.c.s.client.Walk(r.c.what)
	for last.cursor != "" {
		if seen[last.cursor] {
			r.doubt = "its pages start over: it returned the same cursor twice"
			return nil
		}
		seen[last.cursor] = true
		if len(r.index.entries) > mostEntries {
			return r.c.s.client.Unusable(fmt.Sprintf("its list of %s does not end", r.c.what), adviceList)
		}
		if err := walk.Next(ctx, fresh); err != nil {
			return err
		}
		answer, err := r.c.turn(ctx, url.Values{"cursor": {last.cursor}})
		if err != nil {
			return err
		}
		if answer.Status == http.StatusBadRequest {
			r.doubt = "it no longer knows a cursor that it gave"
			return nil
		}
		next, err := r.c.accept(answer)
		if err != nil {
			return err
		}
		// An entry that changes its position while the list is read may come twice.
		before := len(r.index.entries)
		r.index.add(next.entries)
		last, fresh = next, len(r.index.entries)-before
	}
	if total := max(r.head.total, last.total); len(r.index.entries) < total {
		r.doubt = fmt.Sprintf("it says that it holds %d %s and shows only %d", total, r.c.what, len(r.index.entries))
	}
	return nil
}

// sorted orders people by their ids.
func sorted(people []lifecycle.Person) []lifecycle.Person {
	slices.SortFunc(people, func(a, b lifecycle.Person) int { return strings.Compare(a.ID, b.ID) })
	return people
}
