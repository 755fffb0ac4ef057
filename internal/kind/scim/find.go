package scim

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// way is how single entries can be asked for, as far as that was shown.
type way struct {
	works    bool // a key can be looked up by itself; else only in the list
	together bool // all that a key may be can be asked for in one filter
	idFilter bool // the id can be asked for in a filter; else by its address

	took int64 // how many requests it took to find out
}

// share returns what of the allowance is for one type of entries. The inventory
// counts one request for each owner and cannot know how many filters that is, so
// the rule that it follows is followed here as well (DESIGN.md, SCIM).
func (s *System) share() int64 {
	if s.groups == nil || s.groups.whole {
		return system.Allowance
	}
	return system.Allowance / 2
}

const idPath = "id"

// clause is one comparison of a filter.
type clause struct{ path, value string }

// filter writes a filter that holds if any of the clauses does.
func filter(clauses ...clause) string {
	parts := make([]string, len(clauses))
	for i, c := range clauses {
		parts[i] = c.path + " eq " + literal(c.value)
	}
	return strings.Join(parts, " or ")
}

// literal writes a text as a JSON string (RFC 7644 section 3.4.2.2). Only what
// must be escaped is: not every server knows all escapes.
func literal(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		if r == '"' || r == '\\' {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	b.WriteByte('"')
	return b.String()
}

// find returns the entries that a key names, in the order of their ids.
//
// A single page that is proven to be the whole list needs no filter. Of a longer list
// single entries are asked for until that has cost as much as the list would, or
// the allowance is used up.
func (c *catalog) find(ctx context.Context, key string) ([]*entry, error) {
	var found []*entry
	price := func(w *way) int { return len(c.questions(w, key)) }
	single, err := c.single(ctx, key, price, func(w *way) (ok bool, err error) {
		found, ok, err = c.lookUp(ctx, w, key)
		return ok, err
	})
	if err != nil || single {
		return found, err
	}
	all, err := c.list(ctx)
	if err != nil {
		return nil, err
	}
	return all.find(key), nil
}

// byID returns the entry with exactly the given id: nil if there is none.
func (c *catalog) byID(ctx context.Context, id string) (*entry, error) {
	var found *entry
	price := func(*way) int { return 1 }
	single, err := c.single(ctx, id, price, func(w *way) (ok bool, err error) {
		found, ok, err = c.lookUpID(ctx, w, id)
		return ok, err
	})
	if err != nil || single {
		return found, err
	}
	all, err := c.list(ctx)
	if err != nil {
		return nil, err
	}
	return all.byID[id], nil
}

// single looks up one key by itself if that can be done and is cheaper than the
// list. The price is how many requests that takes; it is paid before, so that
// look-ups under way together stay within the bound. The first is made at any
// price. It reports false if the list is to be used.
func (c *catalog) single(ctx context.Context, key string, price func(*way) int, look func(*way) (bool, error)) (bool, error) {
	if c.whole || c.listed.Load() || !plain(key) {
		return false, nil
	}
	head, err := c.head(ctx)
	if err != nil {
		return false, err
	}
	if head.complete() {
		// A page that is not proven to be the whole list leaves the filters.
		var unproven *listError
		if _, err := c.list(ctx); head.total < 0 || !errors.As(err, &unproven) {
			return false, ctx.Err()
		}
	}
	w, err := c.way(ctx, head)
	if err != nil || !w.works {
		return false, err
	}
	paid := int64(price(w))
	if spent := c.spent.Add(paid); spent > paid && spent > min(pagesOf(head), c.s.share()-w.took) {
		if _, err := c.list(ctx); err == nil || ctx.Err() != nil {
			return false, ctx.Err()
		}
		// A list that the server does not show whole was not needed so far.
	}
	return look(w)
}

// pagesOf estimates how many requests the list takes.
func pagesOf(head *page) int64 {
	const unknown = 100
	if head.total < 0 || len(head.entries) == 0 {
		return unknown
	}
	return int64(head.total/len(head.entries) + 1)
}

// question is one request for single entries: a filter, or without one an id,
// which is asked for by its address.
type question struct{ filter, id string }

// questions returns what is asked to find the entries that a key names.
func (c *catalog) questions(w *way, key string) []question {
	clauses := make([]clause, 0, len(c.keys)+3)
	for _, k := range c.keys {
		clauses = append(clauses, clause{k.path, key})
	}
	ids := spellings(key)
	if w.idFilter {
		for _, id := range ids {
			clauses = append(clauses, clause{idPath, id})
		}
		ids = nil
	}
	var out []question
	if w.together {
		out = append(out, question{filter: filter(clauses...)})
		clauses = nil
	}
	for _, cl := range clauses {
		out = append(out, question{filter: filter(cl)})
	}
	for _, id := range ids {
		out = append(out, question{id: id})
	}
	return out
}

// lookUp asks for the entries that a key names. It reports false if the answers
// prove nothing.
func (c *catalog) lookUp(ctx context.Context, w *way, key string) ([]*entry, bool, error) {
	var found []*entry
	for _, q := range c.questions(w, key) {
		if q.filter != "" {
			got, ok, err := c.filtered(ctx, q.filter)
			if err != nil || !ok {
				return nil, false, err
			}
			found = append(found, got...)
			continue
		}
		e, ok, err := c.one(ctx, q.id)
		if err != nil || !ok {
			return nil, false, err
		}
		if e != nil {
			found = append(found, e)
		}
	}
	found = slices.DeleteFunc(found, func(e *entry) bool { return !e.named(key) })
	return distinct(found), true, nil
}

// lookUpID asks for the entry with exactly the given id.
func (c *catalog) lookUpID(ctx context.Context, w *way, id string) (*entry, bool, error) {
	if !w.idFilter {
		return c.one(ctx, id)
	}
	found, ok, err := c.filtered(ctx, filter(clause{idPath, id}))
	if err != nil || !ok {
		return nil, false, err
	}
	if at := slices.IndexFunc(found, func(e *entry) bool { return e.id == id }); at >= 0 {
		return found[at], true, nil
	}
	return nil, true, nil
}

// filtered returns what a filter finds. It reports false if the server does not
// take the filter or does not show everything that it finds.
func (c *catalog) filtered(ctx context.Context, f string) ([]*entry, bool, error) {
	r, err := c.ask(ctx, url.Values{"filter": {f}})
	if err != nil || refusal(r.Status) {
		return nil, false, err
	}
	p, err := c.accept(r)
	if err != nil {
		return nil, false, err
	}
	return p.entries, p.complete(), nil
}

// way finds out by examples how single entries can be asked for. Somebody who is
// on the first page is asked for in letters of the other case: who is found so
// would have been found in any case, and who is not found, by the same filter,
// is not there.
func (c *catalog) way(ctx context.Context, head *page) (*way, error) {
	return c.ways.Get(ctx, "", func(ctx context.Context) (*way, error) {
		f, err := c.s.announced(ctx)
		if err != nil || f.unfiltered || len(head.entries) == 0 {
			return &way{}, err
		}
		examples, ok := c.examples(head)
		if !ok {
			return &way{}, nil
		}
		// A page of the examples alone is what a server shows, too, that ignores
		// filters and gives so few at a time.
		if len(head.entries) > len(examples) {
			if ok, err := c.try(ctx, examples...); err != nil || ok {
				return &way{works: ok, together: ok, idFilter: ok, took: 1}, err
			}
		}
		for _, e := range examples[1:] {
			if ok, err := c.try(ctx, e); err != nil || !ok {
				return &way{}, err
			}
		}
		tried := int64(1 + len(examples))
		if ok, err := c.try(ctx, examples[0]); err != nil || ok {
			return &way{works: ok, idFilter: ok, took: tried}, err
		}
		ok, err = c.addressable(ctx, examples[0].clause.value)
		return &way{works: ok, took: tried + 2}, err
	})
}

// example is a clause and the id of an entry that it must find.
type example struct {
	clause clause
	id     string
}

// examples returns one example for the id and one for each attribute, of
// different entries as far as possible. It reports false if nobody on the page
// has one of them.
func (c *catalog) examples(head *page) ([]example, bool) {
	first := slices.IndexFunc(head.entries, func(e *entry) bool { return plain(e.id) })
	if first < 0 {
		return nil, false
	}
	id := head.entries[first].id
	out := []example{{clause{idPath, id}, id}}
	for i, k := range c.keys {
		best := -1
		for at, e := range head.entries {
			if value := e.samples[i]; !plain(value) || system.SwapCase(value) == value {
				continue
			}
			if best = at; !slices.ContainsFunc(out, func(x example) bool { return x.id == e.id }) {
				break
			}
		}
		if best < 0 {
			return nil, false
		}
		e := head.entries[best]
		out = append(out, example{clause{k.path, system.SwapCase(e.samples[i])}, e.id})
	}
	return out, true
}

// try reports whether a filter finds its examples and nobody else.
func (c *catalog) try(ctx context.Context, examples ...example) (bool, error) {
	clauses := make([]clause, len(examples))
	for i, e := range examples {
		clauses[i] = e.clause
	}
	r, err := c.ask(ctx, url.Values{"filter": {filter(clauses...)}})
	if err != nil {
		return false, err
	}
	if r.Status == http.StatusUnauthorized || r.Status == http.StatusTooManyRequests || r.Status == http.StatusServiceUnavailable {
		return false, c.s.client.Refused(r)
	}
	if r.Status != http.StatusOK {
		return false, nil
	}
	p, err := c.parse(r)
	if err != nil || !p.complete() {
		return false, err
	}
	for _, e := range p.entries {
		if !slices.ContainsFunc(clauses, func(cl clause) bool { return e.id == cl.value || slices.Contains(e.keys, system.Fold(cl.value)) }) {
			return false, nil
		}
	}
	for _, x := range examples {
		if !slices.ContainsFunc(p.entries, func(e *entry) bool { return e.id == x.id }) {
			return false, nil
		}
	}
	return true, nil
}

// addressable reports whether the address of an entry leads to it, and that of
// nobody to an answer that can be told from a failure.
func (c *catalog) addressable(ctx context.Context, id string) (bool, error) {
	e, ok, err := c.one(ctx, id)
	if err != nil || !ok || e == nil {
		return false, err
	}
	e, ok, err = c.one(ctx, "nobody@custody.invalid")
	return ok && e == nil, err
}

// plain reports whether a few examples tell what a server makes of a text. They
// do not tell how it compares letters beyond ASCII without regard to case, and
// not whether it reads what has a meaning in JSON, in a URL or in its own query
// language: some miss a text with an escaped backslash, and say nothing.
func plain(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune(" @.-_", r)
	})
}

// parallel bounds the entries that are asked for at a time.
const parallel = 8
