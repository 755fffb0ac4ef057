package rest

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"

	"github.com/custodyhq/terraform-provider-custody/internal/memo"
	"github.com/custodyhq/terraform-provider-custody/internal/system/httpclient"
)

// ownerText says how an owner is looked up that an asset only refers to, by an
// object with a number and a name: what a directory knows somebody by is told by
// the entry that it refers to.
type ownerText struct {
	When     string           `yaml:"when"` // condition over the reference, as item: others are read as they are
	ID       string           `yaml:"id"`   // expression over the reference, and over an entry
	Key      string           `yaml:"key"`  // expression over an entry: what names the owner; if empty, the reference does
	Path     string           `yaml:"path"` // template with {id}
	Query    map[string]texts `yaml:"query"`
	NotFound string           `yaml:"not_found"` // recognises the answer for an entry that does not exist
	Item     string           `yaml:"item"`
	List     []listText       `yaml:"list"` // all entries, read where many are needed
}

// minBeforeList is how many owners are looked up singly before all are listed.
const minBeforeList = 10

// ownerRules are a compiled ownerText.
type ownerRules struct {
	when, id, key  *expression
	path           path
	query          query
	notFound, item *expression
	lists          []*listing

	asked atomic.Int64
	known memo.Memo[string]            // id -> key
	all   memo.Memo[map[string]string] // likewise, of all entries
}

// owner compiles how owners are looked up.
func (c *checker) owner(t *ownerText) *ownerRules {
	if t == nil {
		return nil
	}
	const at = "assets.owner"
	return &ownerRules{
		when: c.compile(at+".when", t.When, inItem, cel.BoolType), id: c.compile(at+".id", t.ID, inItem, scalars...),
		key: c.compile(at+".key", t.Key, inItem, scalars...), path: c.path(at+".path", t.Path, "id"), query: c.query(at+".query", t.Query, "id"),
		notFound: c.compile(at+".not_found", t.NotFound, inAnswer, cel.BoolType), item: c.compile(at+".item", t.Item, inAnswer),
		lists: c.listings(at+".list", t.List),
	}
}

// somebody returns how an owner is named that is told as an object.
func (s *System) somebody(ctx context.Context) func(traits.Mapper) (string, bool, error) {
	if s.owner == nil {
		return somebody
	}
	return func(m traits.Mapper) (string, bool, error) {
		variables := map[string]any{"item": m, "settings": s.settings, "id": ""}
		refers, err := s.owner.when.bool(variables)
		if err != nil || !refers {
			return orElse(m, "", err)
		}
		id, err := s.owner.id.text(variables)
		if err != nil || id == "" {
			return orElse(m, "", err)
		}
		key, err := s.lookUpOwner(ctx, id)
		return orElse(m, key, err)
	}
}

// orElse returns the key of an owner, or what the reference itself tells.
func orElse(m traits.Mapper, key string, err error) (string, bool, error) {
	if err != nil || key != "" {
		return key, true, err
	}
	return somebody(m)
}

// lookUpOwner returns what names the owner with an id: nothing if the system does
// not tell. Each is asked for once in a run; where many are needed, all are
// listed. A list may leave out what the account may not see, so what it lacks is
// asked for all the same.
func (s *System) lookUpOwner(ctx context.Context, id string) (string, error) {
	o := s.owner
	return o.known.Get(ctx, id, func(ctx context.Context) (string, error) {
		if o.asked.Add(1) > minBeforeList && len(o.lists) > 0 {
			all, err := o.all.Get(ctx, "", s.listOwners)
			if key, listed := all[id]; err != nil || listed {
				return key, err
			}
		}
		r, err := s.client.Do(ctx, httpclient.Request{
			Path: o.path.fill(map[string]string{"id": id}), TrailingSlash: o.path.slash, Query: o.query.fill(map[string]string{"id": id}),
		})
		if err != nil {
			return "", err
		}
		a, err := s.answer(s.client, r, id)
		if err != nil {
			return "", err
		}
		if absent, err := o.notFound.bool(a.variables); err == nil && absent {
			return "", nil
		}
		if err := s.failed(s.client, a); err != nil {
			return "", err
		}
		item, err := o.item.eval(a.variables)
		if err != nil {
			return "", s.client.Malformed(r, err.Error())
		}
		have, key, err := s.readOwner(item)
		switch {
		case err != nil:
			return "", s.client.Malformed(r, err.Error())
		case have != id:
			return "", s.client.Malformed(r, fmt.Sprintf("it was asked for the owner %q and answered with %q", id, have))
		}
		return key, nil
	})
}

// readOwner returns the id of an entry and what names the owner.
func (s *System) readOwner(item any) (id, key string, err error) {
	if v, ok := item.(ref.Val); ok {
		item = v.Value()
	}
	if _, ok := item.(map[string]any); !ok {
		return "", "", errors.New("an owner is no object")
	}
	variables := map[string]any{"item": item, "settings": s.settings, "id": ""}
	if id, err = s.owner.id.text(variables); err == nil {
		key, err = s.owner.key.text(variables)
	}
	return id, key, err
}

func (s *System) listOwners(ctx context.Context) (map[string]string, error) {
	var all map[string]string
	err := steadily(s.client, func() error {
		all = make(map[string]string)
		for _, l := range s.owner.lists {
			err := l.read(ctx, s, s.client, nil, func(item any) (string, error) {
				id, key, err := s.readOwner(item)
				all[id] = key
				return id, err
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	return all, err
}
