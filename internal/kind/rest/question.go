package rest

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"

	"github.com/custodyhq/terraform-provider-custody/internal/system/httpclient"
)

// question is a request as a description writes it: a GET, or a POST that changes
// nothing, for systems that take a search in a body.
type question struct {
	path  path
	query query
	body  *expression // nil for a GET
}

// pagingParameters are the names by which a page is asked for.
var pagingParameters = []string{"offset", "page", "cursor"}

// question compiles a request. places are the names of what is asked for.
func (c *checker) question(at, pathText string, parameters map[string]texts, body string, places ...string) question {
	q := question{path: c.path(at+".path", pathText, places...), query: c.query(at+".query", parameters, places...)}
	if body == "" {
		return q
	}
	q.body = c.compile(at+".body", body, inBody, cel.MapType(cel.StringType, cel.DynType))
	for _, name := range []string{idPlace, keyPlace} {
		if q.body != nil && q.body.reads[name] && !slices.Contains(places, name) {
			c.problem(at+".body", fmt.Sprintf("%s is not known there.", name))
		}
	}
	return q
}

// turns reports whether the body says which page is meant.
func (q *question) turns() bool {
	return q.body != nil && slices.ContainsFunc(pagingParameters, func(name string) bool { return q.body.reads[name] })
}

// ask sends the request.
func (q *question) ask(ctx context.Context, s *System, c *httpclient.Client, places map[string]string, counts map[string]any, more query) (*httpclient.Response, error) {
	r, err := q.request(s, places, counts, more)
	if err != nil {
		return nil, c.Unusable(err.Error(), adviceDescription)
	}
	return c.Do(ctx, r)
}

// request fills in what is asked for. counts say which page is meant, and more is
// added to the query.
func (q *question) request(s *System, places map[string]string, counts map[string]any, more query) (httpclient.Request, error) {
	r := httpclient.Request{Path: q.path.fill(places), TrailingSlash: q.path.slash, Query: q.query.fill(places)}
	texts := make(map[string]string, len(counts))
	for name, value := range counts {
		texts[name] = fmt.Sprint(value)
	}
	for name, value := range more.fill(texts) {
		r.Query[name] = value
	}
	if q.body != nil {
		body, err := q.content(s, places, counts)
		if err != nil {
			return r, err
		}
		r.Method, r.Body, r.Reads = http.MethodPost, body, true
	}
	return r, nil
}

// content evaluates the body.
func (q *question) content(s *System, places map[string]string, counts map[string]any) (any, error) {
	variables := map[string]any{
		"settings": s.settings, idPlace: places[idPlace], keyPlace: places[keyPlace],
		"limit": 0, "offset": 0, "last": 0, "page": 0, "cursor": "",
	}
	for name, value := range counts {
		variables[name] = value
	}
	v, err := q.body.eval(variables)
	if err != nil {
		return nil, err
	}
	body, err := toJSON(v)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", q.body.at, err)
	}
	return body, nil
}

// toJSON returns a value as encoding/json writes it.
func toJSON(v ref.Val) (any, error) {
	switch v := v.(type) {
	case traits.Mapper:
		out := make(map[string]any)
		for it := v.Iterator(); it.HasNext() == types.True; {
			key, ok := it.Next().(types.String)
			if !ok {
				return nil, fmt.Errorf("the names of members must be texts")
			}
			member, err := toJSON(v.Get(key))
			if err != nil {
				return nil, err
			}
			out[string(key)] = member
		}
		return out, nil
	case traits.Lister:
		out := []any{}
		for it := v.Iterator(); it.HasNext() == types.True; {
			member, err := toJSON(it.Next())
			if err != nil {
				return nil, err
			}
			out = append(out, member)
		}
		return out, nil
	case types.Null:
		return nil, nil //nolint:nilnil // null is a value
	case types.String, types.Bool, types.Int, types.Uint, types.Double:
		return v.Value(), nil
	}
	return nil, fmt.Errorf("a value of type %s cannot be sent", v.Type().TypeName())
}
