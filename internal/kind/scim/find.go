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

// keyLookUp is how single entries can be looked up, as far as this was tested.
type keyLookUp struct {
	works    bool // a key can be looked up singly; else only in the list
	together bool // one filter can contain all attributes of a key
	idFilter bool // the id can be looked up by a filter; else by its address

	took int64 // how many requests the test took
}

// share returns the part of the allowance for one type of entries. The inventory
// counts one request for each owner and cannot know how many filters that takes,
// so this kind follows the same rule itself (design/003).
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

// literal writes a text as a JSON string (RFC 7644 section 3.4.2.2). Only
// necessary escapes are written, because some servers do not know all of them.
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
// single entries are looked up until this has cost as much as the list, or the
// allowance is used up.
func (c *catalog) find(ctx context.Context, key string) ([]*entry, error) {
	var found []*entry
	price := func(w *keyLookUp) int { return len(c.questions(w, key)) }
	single, err := c.single(ctx, key, price, func(w *keyLookUp) (ok bool, err error) {
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
	price := func(*keyLookUp) int { return 1 }
	single, err := c.single(ctx, id, price, func(w *keyLookUp) (ok bool, err error) {
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

// single looks up one key singly if that is possible and cheaper than the list.
// The price is the number of requests; it is counted before, so that concurrent
// look-ups stay within the bound. The first is made at any price. It reports
// false if the list is to be used.
func (c *catalog) single(ctx context.Context, key string, price func(*keyLookUp) int, look func(*keyLookUp) (bool, error)) (bool, error) {
	if c.whole || c.listed.Load() || !plain(key) {
		return false, nil
	}
	head, err := c.head(ctx)
	if err != nil {
		return false, err
	}
	if head.complete() {
		// If the page is not proven to be the whole list, filters are used.
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
		// An incomplete list is an error only if it is needed.
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
// which is requested by its address.
type question struct{ filter, id string }

// questions returns the requests that find the entries that a key names.
func (c *catalog) questions(w *keyLookUp, key string) []question {
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

// lookUp requests the entries that a key names. It reports false if the answers
// prove nothing.
func (c *catalog) lookUp(ctx context.Context, w *keyLookUp, key string) ([]*entry, bool, error) {
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

// lookUpID requests the entry with exactly the given id.
func (c *catalog) lookUpID(ctx context.Context, w *keyLookUp, id string) (*entry, bool, error) {
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

// way tests with examples how single entries can be looked up. An entry of the
// first page is looked up by its key in the other case: if it is found, the
// filter works in any case, and an empty result of the same filter proves an
// absence.
func (c *catalog) way(ctx context.Context, head *page) (*keyLookUp, error) {
	return c.ways.Get(ctx, "", func(ctx context.Context) (*keyLookUp, error) {
		f, err := c.s.announced(ctx)
		if err != nil || f.unfiltered || len(head.entries) == 0 {
			return &keyLookUp{}, err
		}
		examples, ok := c.examples(head)
		if !ok {
			return &keyLookUp{}, nil
		}
		// A server that ignores filters and returns as few entries as there are
		// examples would also return only the examples.
		if len(head.entries) > len(examples) {
			if ok, err := c.try(ctx, examples...); err != nil || ok {
				return &keyLookUp{works: ok, together: ok, idFilter: ok, took: 1}, err
			}
		}
		for _, e := range examples[1:] {
			if ok, err := c.try(ctx, e); err != nil || !ok {
				return &keyLookUp{}, err
			}
		}
		tried := int64(1 + len(examples))
		if ok, err := c.try(ctx, examples[0]); err != nil || ok {
			return &keyLookUp{works: ok, idFilter: ok, took: tried}, err
		}
		ok, err = c.addressable(ctx, examples[0].clause.value)
		return &keyLookUp{works: ok, took: tried + 2}, err
	})
}

// example is a clause and the id of an entry that it must find.
type example struct {
	clause clause
	id     string
}

// examples returns one example for the id and one for each attribute, of
// different entries as far as possible. It reports false if no entry of the
// page has one of them.
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

// try reports whether a filter finds its examples and no other entry.
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

// addressable reports whether the address of an entry returns it, and whether
// the address of a missing entry gives an answer that differs from a failure.
func (c *catalog) addressable(ctx context.Context, id string) (bool, error) {
	e, ok, err := c.one(ctx, id)
	if err != nil || !ok || e == nil {
		return false, err
	}
	e, ok, err = c.one(ctx, "nobody@custody.invalid")
	return ok && e == nil, err
}

// plain reports whether a few examples prove how a server reads a text. They do
// not prove how it compares letters beyond ASCII in another case, or how it
// reads characters with a meaning in JSON, in a URL or in its own query
// language: some servers do not find a text with an escaped backslash, and
// report no error.
func plain(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune(" @.-_", r)
	})
}

// parallel limits the concurrent requests for entries.
const parallel = 8
