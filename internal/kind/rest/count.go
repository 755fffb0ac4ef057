package rest

import (
	"context"

	"cel.dev/cel-go/cel"

	"github.com/custodyhq/terraform-provider-custody/internal/system/httpclient"
)

// count asks how many rows a list has.
type count struct {
	question
	total *expression
}

func (c *checker) count(at string, t *countText, places []string) *count {
	n := &count{question: c.question(at, t.Path, t.Query, t.Body, places...)}
	if t.Total == "" {
		c.problem(at+".total", "An expression is required that finds the number of all rows in the answer.")
	} else {
		n.total = c.compile(at+".total", t.Total, inAnswer, cel.IntType, cel.DoubleType, cel.StringType)
	}
	return n
}

// rows returns the number of rows.
func (n *count) rows(ctx context.Context, s *System, c *httpclient.Client, places map[string]string) (int, error) {
	r, err := n.ask(ctx, s, c, places, nil, nil)
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
