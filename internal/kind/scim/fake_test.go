package scim

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// fake is a server in memory that keeps to SCIM except where it is told not to.
type fake struct {
	*httptest.Server
	mu     sync.Mutex
	asked  []string
	users  []resource
	groups []resource

	most       int                         // entries a page, whatever is asked for
	cursors    bool                        // pages by cursor
	totals     bool                        // does so with totalResults
	announce   resource                    // of ServiceProviderConfig; nil answers 404
	pageTotal  bool                        // totalResults is the number on the page
	aligned    bool                        // pages begin at multiples of count
	deaf       bool                        // startIndex is ignored
	whole      bool                        // count is ignored
	restart    bool                        // behind the last page comes the first one
	stuck      bool                        // every page is the first one
	hidden     int                         // entries that are counted and not shown
	refuse     func(path string) bool      // filters by it are answered 400
	noOr       bool                        // filters with or are answered 400
	exact      bool                        // eq regards case
	ignored    bool                        // filters are ignored
	blind      string                      // filters by this attribute find nobody
	flat       bool                        // lists leave out the groups inside a group
	noAddress  bool                        // entries have no address of their own
	notFound   http.HandlerFunc            // what is said of an id that nobody has
	before     func(f *fake, request int)  // called before each request, numbered from 1
	afterwards func(query url.Values) bool // if true, the next page fails with an expired cursor
}

func newFake(t *testing.T) *fake {
	f := &fake{announce: resource{"filter": resource{"supported": true}}}
	f.Server = httptest.NewServer(http.HandlerFunc(f.serve))
	t.Cleanup(f.Close)
	return f
}

func (f *fake) config() Config {
	c := config(f.URL+"/scim/v2", "t0ken")
	c.PageSize = 10
	return c
}

func (f *fake) take() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := f.asked
	f.asked = nil
	return out
}

func (f *fake) serve(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	path, _ := strings.CutPrefix(r.URL.Path, "/scim/v2/")
	query, _ := url.QueryUnescape(r.URL.RawQuery)
	f.asked = append(f.asked, path+"?"+query)
	if f.before != nil {
		f.before(f, len(f.asked))
	}
	w.Header().Set("Content-Type", "application/scim+json")
	switch {
	case path == "ServiceProviderConfig" && f.announce != nil:
		_ = json.NewEncoder(w).Encode(f.announce)
	case path == "Users":
		f.list(w, r.URL.Query(), f.users)
	case path == "Groups":
		f.list(w, r.URL.Query(), f.groups)
	case strings.HasPrefix(path, "Users/"):
		f.one(w, r, f.users, strings.TrimPrefix(path, "Users/"))
	case strings.HasPrefix(path, "Groups/"):
		f.one(w, r, f.groups, strings.TrimPrefix(path, "Groups/"))
	default:
		fail(w, http.StatusNotFound)
	}
}

func fail(w http.ResponseWriter, code int) {
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(resource{"schemas": []string{"urn:ietf:params:scim:api:messages:2.0:Error"}, "status": strconv.Itoa(code)})
}

func (f *fake) one(w http.ResponseWriter, r *http.Request, all []resource, id string) {
	for _, o := range all {
		if o["id"] == id && !f.noAddress {
			_ = json.NewEncoder(w).Encode(o)
			return
		}
	}
	if f.notFound != nil {
		f.notFound(w, r)
		return
	}
	fail(w, http.StatusNotFound)
}

func (f *fake) list(w http.ResponseWriter, query url.Values, all []resource) {
	if text := query.Get("filter"); text != "" && !f.ignored {
		found, ok := f.filter(text, all)
		if !ok {
			fail(w, http.StatusBadRequest)
			return
		}
		all = found
	}
	count := len(all)
	if n, err := strconv.Atoi(query.Get("count")); err == nil && !f.whole {
		count = n
	}
	if f.most > 0 {
		count = min(count, f.most)
	}
	from := 0
	if n, err := strconv.Atoi(query.Get("startIndex")); err == nil && !f.deaf {
		from = n - 1
	}
	if f.cursors {
		if query.Get("cursor") != "" && f.afterwards != nil && f.afterwards(query) {
			fail(w, http.StatusBadRequest)
			return
		}
		from, _ = strconv.Atoi(query.Get("cursor"))
	}
	if f.aligned {
		from = from / max(1, count) * count
	}
	shown := all[:max(0, len(all)-f.hidden)]
	if f.stuck || f.restart && from >= len(shown) {
		from = 0
	}
	from = min(from, len(shown))
	to := min(from+count, len(shown))
	out := resource{"totalResults": len(all), "startIndex": from + 1, "itemsPerPage": to - from, "Resources": f.withoutMembers(query, shown[from:to])}
	if f.pageTotal {
		out["totalResults"] = to - from
	}
	if f.cursors {
		if !f.totals {
			delete(out, "totalResults")
		}
		delete(out, "startIndex")
		if to < len(shown) {
			out["nextCursor"] = strconv.Itoa(to)
		}
	}
	_ = json.NewEncoder(w).Encode(out)
}

func (f *fake) withoutMembers(query url.Values, all []resource) []resource {
	out := make([]resource, len(all))
	for i, o := range all {
		out[i] = maps.Clone(o)
		if all, ok := o["members"].([]any); ok && f.flat {
			out[i]["members"] = slices.DeleteFunc(slices.Clone(all), func(m any) bool {
				return slices.ContainsFunc(f.groups, func(g resource) bool { return g["id"] == m.(resource)["value"] }) //nolint:forcetypeassert // the test wrote it
			})
		}
		if query.Get("excludedAttributes") == "members" {
			delete(out[i], "members")
		}
	}
	return out
}

// filter understands comparisons with eq that are joined by or.
func (f *fake) filter(text string, all []resource) ([]resource, bool) {
	var clauses []clause
	for rest := text; rest != ""; {
		path, after, ok := strings.Cut(rest, " eq ")
		if !ok {
			return nil, false
		}
		d := json.NewDecoder(strings.NewReader(after))
		var value string
		if d.Decode(&value) != nil {
			return nil, false
		}
		rest = after[d.InputOffset():]
		if rest, ok = strings.CutPrefix(rest, " or "); !ok && rest != "" {
			return nil, false
		}
		clauses = append(clauses, clause{path, value})
	}
	if len(clauses) > 1 && f.noOr || f.refuse != nil && slices.ContainsFunc(clauses, func(c clause) bool { return f.refuse(c.path) }) {
		return nil, false
	}
	var found []resource
	for _, o := range all {
		if slices.ContainsFunc(clauses, func(c clause) bool { return f.holds(o, c) }) {
			found = append(found, o)
		}
	}
	return found, true
}

func (f *fake) holds(o resource, c clause) bool {
	if c.path == f.blind {
		return false
	}
	text, _ := json.Marshal(o)
	var decoded object
	_ = json.Unmarshal(text, &decoded)
	return slices.ContainsFunc(decoded.at(c.path), func(v any) bool {
		return raw(v) == c.value || !f.exact && c.path != idPath && strings.EqualFold(raw(v), c.value)
	})
}
