package rest

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types/traits"

	"github.com/custodyhq/terraform-provider-custody/internal/memo"
)

// ownerText says how to look up an owner to whom an asset only refers, by an
// object with a number and a name: the key of the owner in a directory is in the
// entry with that number.
type ownerText struct {
	When string     `yaml:"when"` // condition over the reference, as item; other references are used as they are
	ID   string     `yaml:"id"`   // expression over the reference, and over an entry
	Key  string     `yaml:"key"`  // expression over an entry: the key of the owner; if it is empty, the reference names the owner
	Get  []getText  `yaml:"get"`  // the requests for an entry, each with an item; sent one after the other
	List []listText `yaml:"list"` // all entries, read if many are needed
}

// minBeforeList is how many owners are looked up singly before all are listed.
const minBeforeList = 10

// ownerRules are a compiled ownerText.
type ownerRules struct {
	ways          []*get
	when, id, key *expression
	lists         []*listing

	asked atomic.Int64
	known memo.Memo[string]            // id -> key
	all   memo.Memo[map[string]string] // id -> key, of all entries
}

// owner compiles the look-up of owners.
func (c *checker) owner(t *ownerText) *ownerRules {
	if t == nil {
		return nil
	}
	const at = "assets.owner"
	o := &ownerRules{
		when: c.compile(at+".when", t.When, inItem, cel.BoolType), id: c.compile(at+".id", t.ID, inItem, scalars...),
		key: c.compile(at+".key", t.Key, inItem, scalars...), lists: c.listings(at+".list", t.List),
	}
	if len(t.Get) == 0 {
		c.problem(at+".get", "At least one look-up of an owner is required.")
	}
	for i := range t.Get {
		at := fmt.Sprintf("%s.get[%d]", at, i)
		if t.Get[i].Items != "" || t.Get[i].Possible != "" || t.Get[i].Askable != "" {
			c.problem(at, "An owner look-up uses item; possible and askable are not accepted.")
		}
		if g := c.get(at, &t.Get[i], idPlace); g != nil {
			o.ways = append(o.ways, g)
		}
	}
	return o
}

// ownerNameOf returns the name of an owner who is an object.
func (s *System) somebody(ctx context.Context) func(traits.Mapper) (string, bool, error) {
	if s.owner == nil {
		return ownerNameOf
	}
	return func(m traits.Mapper) (string, bool, error) {
		variables := s.itemVariables(m, "")
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

// orElse returns the key of an owner, or the name in the reference.
func orElse(m traits.Mapper, key string, err error) (string, bool, error) {
	if err != nil || key != "" {
		return key, true, err
	}
	return ownerNameOf(m)
}

// lookUpOwner returns the key of the owner with an id: nothing if the system does
// not show it. Each owner is requested once a run; if many are needed, all are
// listed. A list may leave out what the account may not see, so a missing owner
// is still requested.
func (s *System) lookUpOwner(ctx context.Context, id string) (string, error) {
	o := s.owner
	return o.known.Get(ctx, id, func(ctx context.Context) (string, error) {
		if o.asked.Add(1) > minBeforeList && len(o.lists) > 0 {
			all, err := o.all.Get(ctx, "", s.listOwners)
			if key, listed := all[id]; err != nil || listed {
				return key, err
			}
		}
		for _, way := range o.ways {
			key, found, err := s.askOwner(ctx, way, id)
			if err != nil || found {
				return key, err
			}
		}
		return "", nil
	})
}

// askOwner uses one look-up for an owner. It reports whether the owner was
// found.
func (s *System) askOwner(ctx context.Context, way *get, id string) (key string, found bool, err error) {
	a, item, err := s.ask(ctx, s.client, way, id)
	if err != nil || item == nil {
		return "", false, err
	}
	have, key, err := s.readOwner(item)
	switch {
	case err != nil:
		return "", false, s.client.Malformed(a.response, err.Error())
	case have != id:
		return "", false, s.client.Malformed(a.response, fmt.Sprintf("it was asked for the owner %q and answered with %q", id, have))
	}
	return key, true, nil
}

// readOwner returns the id of an entry and the key of the owner.
func (s *System) readOwner(item any) (id, key string, err error) {
	if _, ok := item.(map[string]any); !ok {
		return "", "", errors.New("an owner is not an object")
	}
	variables := s.itemVariables(item, "")
	if id, err = s.owner.id.text(variables); err == nil {
		key, err = s.owner.key.text(variables)
	}
	return id, key, err
}

func (s *System) listOwners(ctx context.Context) (map[string]string, error) {
	var all map[string]string
	err := untilConsistent(s.client, func() error {
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
