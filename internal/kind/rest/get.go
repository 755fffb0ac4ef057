package rest

import (
	"cmp"
	"context"
	"fmt"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/httpclient"
)

// get reads the records of one id.
type get struct {
	question
	possible *expression // whether an asset can have such an id
	askable  *expression // whether the id can be sent safely
	notFound *expression
	item     *expression // of an answer that is one record
	search   *listing    // of one that is a list
}

// The names by which a template refers to the requested id or key.
const (
	idPlace  = "id"  // of an asset, a team, a person
	keyPlace = "key" // of an owner
)

// places returns the values of the places of a template.
func places(asked string) map[string]string {
	return map[string]string{idPlace: asked, keyPlace: asked}
}

// variables are what every expression can read.
func (s *System) variables(asked string) map[string]any {
	return map[string]any{"settings": s.settings, idPlace: asked, keyPlace: asked}
}

// itemVariables are what the expressions over one item can read.
func (s *System) itemVariables(item any, asked string) map[string]any {
	variables := s.variables(asked)
	variables["item"] = item
	return variables
}

// get compiles a look-up of one asset or one owner; nil if its condition is
// false.
func (c *checker) get(at string, t *getText, place string) *get {
	g := &get{}
	use := c.applies(at, t.When)
	if t.Possible != "" {
		g.possible = c.compile(at+".possible", t.Possible, inID, cel.BoolType)
	}
	if t.Askable != "" {
		g.askable = c.compile(at+".askable", t.Askable, inID, cel.BoolType)
	}
	switch {
	case (t.Item == "") == (t.Items == ""):
		c.problem(at, "One of item and items is required: the record in the answer, or the list of them.")
	case t.Items != "":
		g.search = c.listing(at, &listText{Path: t.Path, Query: t.Query, Body: t.Body, Items: t.Items, Total: t.Total, Paging: t.Paging, notFound: t.NotFound}, place)
	default:
		if t.Total != "" || t.Paging != nil {
			c.problem(at, "total and paging belong to items.")
		}
		if t.NotFound == "" {
			c.problem(at+".not_found", "An expression is required that recognises the answer for an item that does not exist. "+
				"A wrong url is answered with status 404 as well.")
		}
		g.notFound = c.compile(at+".not_found", t.NotFound, inAnswer, cel.BoolType)
		g.question = c.question(at, t.Path, t.Query, t.Body, place)
		g.item = c.compile(at+".item", t.Item, inAnswer)
	}
	if !use {
		return nil
	}
	return g
}

// applies evaluates a condition over the settings, which are known.
func (c *checker) applies(at, when string) bool {
	if when == "" {
		return true
	}
	e := c.compile(at+".when", when, inSettings, cel.BoolType)
	if e == nil {
		return true
	}
	yes, err := e.bool(map[string]any{"settings": c.values})
	if err != nil {
		c.problem(at+".when", err.Error())
	}
	return yes
}

// single decides how an id is looked up: with a single request, or in the list.
// An id that no asset can have is not looked up.
func (s *System) single(id string) (single, possible bool, err error) {
	if s.get == nil {
		return false, true, nil
	}
	variables := s.variables(id)
	if s.get.possible != nil {
		if possible, err = s.get.possible.bool(variables); err != nil || !possible {
			return false, false, err
		}
	}
	// A path cannot name these, and systems differ in how they read a control character.
	if id == "." || id == ".." || system.Clean(id) != id {
		return false, true, nil
	}
	if s.get.askable == nil {
		return true, true, nil
	}
	single, err = s.get.askable.bool(variables)
	return single, true, err
}

// one requests one id.
func (s *System) one(ctx context.Context, id string) ([]lifecycle.Record, error) {
	if s.get.search != nil {
		return s.searched(ctx, id)
	}
	a, item, err := s.ask(ctx, s.client, s.get, id)
	if err != nil {
		return nil, err
	}
	if item == nil {
		return nil, s.provenAbsent(ctx)
	}
	record, _, err := s.record(ctx, item, id)
	if err != nil {
		return nil, s.malformed(ctx, a, err)
	}
	matches, err := s.verify(record.ID, id)
	if err != nil || !matches {
		return nil, err
	}
	return []lifecycle.Record{record}, nil
}

// ask requests one item by a path: nil if the answer says that it does not exist.
func (s *System) ask(ctx context.Context, c *httpclient.Client, g *get, asked string) (*answer, any, error) {
	r, err := g.question.ask(ctx, s, c, places(asked), nil, nil)
	if err != nil {
		return nil, nil, err
	}
	a, err := s.answer(c, r, asked)
	if err != nil {
		return nil, nil, err
	}
	absent, err := g.notFound.bool(a.variables)
	if err == nil && absent {
		return a, nil, nil
	}
	if failed := s.failed(c, a); failed != nil {
		return nil, nil, failed
	}
	if err != nil {
		return nil, nil, c.Malformed(r, err.Error())
	}
	item, err := g.item.eval(a.variables)
	if err != nil {
		return nil, nil, c.Malformed(r, err.Error())
	}
	if item == types.NullValue {
		return nil, nil, c.Malformed(r, "it shows nothing where "+g.item.at+" expects an item")
	}
	return a, item.Value(), nil
}

// malformed returns the error of an item that cannot be read. A further request
// that was needed to read it may have failed.
func (s *System) malformed(ctx context.Context, a *answer, err error) error {
	if isFinal(err) || ctx.Err() != nil {
		return cmp.Or(err, ctx.Err())
	}
	return s.client.Malformed(a.response, err.Error())
}

// searched requests the records that a query finds.
func (s *System) searched(ctx context.Context, id string) ([]lifecycle.Record, error) {
	var out []lifecycle.Record
	err := untilConsistent(s.client, func() error {
		out = nil
		return s.get.search.read(ctx, s, s.client, places(id), func(item any) (string, error) {
			record, key, err := s.record(ctx, item, id)
			if err != nil {
				return "", err
			}
			matches, err := s.verify(record.ID, id)
			if err == nil && matches {
				out = append(out, record)
			}
			return key, err
		})
	})
	if err != nil {
		return nil, err
	}
	if len(out) == 0 {
		return nil, s.provenAbsent(ctx)
	}
	return out, nil
}

// verify compares the id of an answer with the requested one. Systems ignore
// case or accents; such a record is another one. Any other record shows that
// the request was not understood, and then a missing record proves nothing.
func (s *System) verify(have, asked string) (bool, error) {
	if have == asked {
		return true, nil
	}
	if system.Fold(have) == system.Fold(asked) {
		return false, nil
	}
	return false, s.client.Unusable(fmt.Sprintf("it was asked for the asset %q and answered with the asset %q", asked, have), adviceFilter)
}

// provenAbsent checks, once a run, that the system answers and shows any asset
// at all. With a wrong address or without rights, none would seem to exist.
func (s *System) provenAbsent(ctx context.Context) error {
	_, err := s.shows.Get(ctx, "", func(ctx context.Context) (struct{}, error) {
		for _, l := range s.lists {
			rows, err := l.first(ctx, s, s.client, 1)
			if err != nil || len(rows) > 0 {
				return struct{}{}, err
			}
		}
		if s.config.MinRecords < 0 {
			return struct{}{}, nil
		}
		return struct{}{}, s.client.Unusable("it shows no asset at all, so a missing asset proves nothing", adviceRights)
	})
	return err
}
