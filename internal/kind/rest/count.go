package rest

import (
	"context"

	"cel.dev/cel-go/cel"

	"github.com/custodyhq/terraform-provider-custody/internal/system/httpclient"
)

// count asks how many rows a list has.
type count struct {
	path  path
	query query
	total *expression
}

func (c *checker) count(at string, t *countText, places []string) *count {
	n := &count{path: c.path(at+".path", t.Path, places...), query: c.query(at+".query", t.Query, places...)}
	if t.Total == "" {
		c.problem(at+".total", "An expression is required that finds the number of all rows in the answer.")
	} else {
		n.total = c.compile(at+".total", t.Total, inAnswer, cel.IntType, cel.DoubleType, cel.StringType)
	}
	return n
}

// ask returns the number of rows.
func (n *count) ask(ctx context.Context, s *System, c *httpclient.Client, places map[string]string) (int, error) {
	r, err := c.Do(ctx, httpclient.Request{Path: n.path.fill(places), TrailingSlash: n.path.slash, Query: n.query.fill(places)})
	if err != nil {
		return 0, err
	}
	a, err := s.answer(c, r, places[idPlace])
	if err != nil {
		return 0, err
	}
	if err := s.failed(c, a); err != nil {
		return 0, err
	}
	total, err := n.total.count(a.variables)
	if err != nil {
		return 0, c.Malformed(r, err.Error())
	}
	return total, nil
}
