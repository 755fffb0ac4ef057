package scim

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"sync/atomic"

	"github.com/custodyhq/terraform-provider-custody/internal/memo"
	"github.com/custodyhq/terraform-provider-custody/internal/system/httpclient"
)

// catalog is one type of resource of the directory, and what this run has read
// about it.
type catalog struct {
	s     *System
	name  string // of the endpoint
	what  string // in messages
	keys  []attribute
	read  func(object) (*entry, error)
	whole bool // always read the list, with everything in it

	first memo.Memo[*page]
	ways  memo.Memo[*keyLookUp]
	all   memo.Memo[*entryIndex]
	spent atomic.Int64 // requests for single entries

	listed atomic.Bool // the list was read, and answers all later look-ups
}

// page is a part of a list.
type page struct {
	total   int // of the whole list; -1 if the server does not say
	entries []*entry
	cursor  string // of the next page, if the server uses cursors and there is one
}

// features are what a server declares.
type features struct {
	unfiltered bool // says that it has no filters
	cursor     bool // pages by cursor (RFC 9865)
}

// announced reads the configuration that the server declares. Few servers
// comply with it, and some declare nothing; it saves requests and proves
// nothing.
func (s *System) announced(ctx context.Context) (features, error) {
	return s.features.Get(ctx, "", func(ctx context.Context) (features, error) {
		var f features
		r, err := s.client.Get(ctx, []string{"ServiceProviderConfig"}, nil)
		if err != nil {
			return f, err
		}
		var o object
		if r.Status == http.StatusOK && r.JSON(&o) == nil {
			f.unfiltered = o.text("filter.supported") == "false"
			f.cursor = o.text("pagination.cursor") == "true"
		}
		switch s.config.Paging {
		case byIndex:
			f.cursor = false
		case byCursor:
			f.cursor = true
		}
		return f, nil
	})
}

// head returns the first page.
func (c *catalog) head(ctx context.Context) (*page, error) {
	return c.first.Get(ctx, "", func(ctx context.Context) (*page, error) { return c.begin(ctx) })
}

func (c *catalog) begin(ctx context.Context) (*page, error) {
	f, err := c.s.announced(ctx)
	if err != nil {
		return nil, err
	}
	if f.cursor {
		return c.page(ctx, url.Values{"cursor": {""}})
	}
	return c.from(ctx, 1)
}

func (c *catalog) from(ctx context.Context, index int) (*page, error) {
	return c.page(ctx, url.Values{"startIndex": {strconv.Itoa(index)}})
}

// page requests a page of the list.
func (c *catalog) page(ctx context.Context, query url.Values) (*page, error) {
	r, err := c.turn(ctx, query)
	if err != nil {
		return nil, err
	}
	return c.accept(r)
}

// turn requests a page and returns the answer without checking it.
func (c *catalog) turn(ctx context.Context, query url.Values) (*httpclient.Response, error) {
	query.Set("count", strconv.Itoa(c.s.config.PageSize))
	return c.ask(ctx, query)
}

// ask sends a query. The members of groups are not requested here.
func (c *catalog) ask(ctx context.Context, query url.Values) (*httpclient.Response, error) {
	if c.s.groups == c && !c.whole {
		query.Set("excludedAttributes", "members")
	}
	return c.s.client.Get(ctx, []string{c.name}, query)
}

// accept reads the answer to a query.
func (c *catalog) accept(r *httpclient.Response) (*page, error) {
	if r.Status != http.StatusOK {
		return nil, c.s.client.Refused(r)
	}
	return c.parse(r)
}

// parse reads a list response (RFC 7644 section 3.4.2).
func (c *catalog) parse(r *httpclient.Response) (*page, error) {
	var o object
	if err := r.JSON(&o); err != nil {
		return nil, c.s.client.Malformed(r, "it is not a JSON object: "+err.Error())
	}
	resources, listed := o.get("Resources").([]any)
	p := &page{total: -1, cursor: raw(o.get("nextCursor"))}
	if total, ok := natural(o.get("totalResults")); ok {
		p.total = total
	} else if !listed {
		return nil, c.s.client.Malformed(r, "it is not a SCIM list: it has neither totalResults nor Resources")
	}
	for _, v := range resources {
		e, err := c.read(asObject(v))
		if err != nil {
			return nil, c.s.client.Malformed(r, err.Error())
		}
		p.entries = append(p.entries, e)
	}
	return p, nil
}

// complete reports whether the page is the whole list, as far as it says.
func (p *page) complete() bool {
	return p.cursor == "" && p.total <= len(p.entries)
}

// one reads a single resource by its id: nil if the server knows none. It
// reports false if the answer says neither.
func (c *catalog) one(ctx context.Context, id string) (*entry, bool, error) {
	if id == "." || id == ".." {
		return nil, false, nil
	}
	r, err := c.s.client.Get(ctx, []string{c.name, id}, nil)
	if err != nil {
		return nil, false, err
	}
	switch {
	case r.Status == http.StatusOK:
		var o object
		if err := r.JSON(&o); err != nil {
			return nil, false, c.s.client.Malformed(r, "it is not a JSON object: "+err.Error())
		}
		e, err := c.read(o)
		if err != nil {
			return nil, false, c.s.client.Malformed(r, err.Error())
		}
		if e.id != id {
			return nil, false, c.s.client.Malformed(r, "it was asked for the id "+quote(id)+" and shows "+quote(e.id))
		}
		return e, true, nil
	case absent(r):
		return nil, true, nil
	case refusal(r.Status):
		return nil, false, nil
	}
	return nil, false, c.s.client.Refused(r)
}

// absent reports whether an answer says that there is no such resource. A proxy
// that has lost its server says 404 too, but not in JSON.
func absent(r *httpclient.Response) bool {
	var o map[string]any
	return r.Status == http.StatusNotFound && r.JSON(&o) == nil && o != nil
}

// refusal reports whether a status says that the server does not understand a
// question, rather than that it cannot answer now or to this token.
func refusal(status int) bool {
	return slices.Contains([]int{
		http.StatusBadRequest, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusRequestURITooLong,
		http.StatusUnprocessableEntity, http.StatusNotImplemented,
	}, status)
}
