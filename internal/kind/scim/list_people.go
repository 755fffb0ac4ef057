package scim

import (
	"context"
	"iter"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// listError marks the fault of a list that proves nothing, although single
// entries may still be looked up.
type listError struct{ error }

func (u *listError) Unwrap() []error { return []error{u.error, system.ErrCannotList} }

// Listing describes the list of all users and groups. Entries that cannot be
// read, and ids that differ by case only, are left out: a look-up of one of
// them takes no more request after the list was read.
func (s *System) Listing(c system.Capability) system.Listing {
	if c != system.CanReadPeople {
		return system.Listing{}
	}
	return system.Listing{PageSize: s.config.PageSize, Hides: true}
}

// ListPeople yields the users and groups of the directory, each with all facts
// that Person returns.
func (s *System) ListPeople(ctx context.Context) iter.Seq2[system.Entry, error] {
	return func(yield func(system.Entry, error) bool) {
		all, err := s.listEntries(ctx)
		if err != nil {
			yield(system.Entry{}, err)
			return
		}
		sure := newUniqueKeys(all)
		nested := true
		if s.groups != nil && s.groups.whole {
			// If the list leaves out the teams of teams, it does not yield teams.
			if nested, err = s.listShowsNested(ctx); err != nil {
				yield(system.Entry{}, err)
				return
			}
		}
		for _, e := range all {
			keys, ok := sure.keys(e)
			if !ok || !nested && e.person.Kind == lifecycle.KindTeam {
				continue
			}
			var told []lifecycle.Person
			if told, err = s.people(ctx, []*entry{e}); err != nil {
				yield(system.Entry{}, err)
				return
			}
			if !yield(system.Entry{Person: told[0], Keys: keys}, nil) {
				return
			}
		}
	}
}

func (s *System) listEntries(ctx context.Context) ([]*entry, error) {
	if err := s.open(ctx); err != nil {
		return nil, err
	}
	users, err := s.users.list(ctx)
	if err != nil || s.groups == nil {
		return users.all(), err
	}
	groups, err := s.groups.list(ctx)
	if err != nil {
		return nil, err
	}
	return append(users.all(), groups.all()...), nil
}

func (s *entryIndex) all() []*entry {
	if s == nil {
		return nil
	}
	return append([]*entry(nil), s.entries...)
}

// uniqueKeys knows which keys and ids are unique when case is ignored.
type uniqueKeys struct {
	ids     map[string]int  // how many entries have an id, in any case
	unclear map[string]bool // folded keys and ids
}

func newUniqueKeys(all []*entry) *uniqueKeys {
	c := &uniqueKeys{ids: make(map[string]int), unclear: make(map[string]bool)}
	for _, e := range all {
		c.ids[system.Fold(e.person.ID)]++
	}
	for _, e := range all {
		id, out := system.Fold(e.person.ID), c.leftOut(e)
		if out {
			c.unclear[id] = true
		}
		for _, key := range e.keys {
			// The id of one entry may be the name of another.
			if out || key != id && c.ids[key] > 0 {
				c.unclear[key] = true
			}
		}
	}
	return c
}

func (c *uniqueKeys) leftOut(e *entry) bool {
	return e.flaw != "" || e.person.ID != e.id || c.ids[system.Fold(e.person.ID)] > 1
}

// keys returns the unique keys of an entry; false if the entry is left out.
func (c *uniqueKeys) keys(e *entry) ([]string, bool) {
	if c.leftOut(e) {
		return nil, false
	}
	var out []string
	for _, key := range e.keys {
		if !c.unclear[key] {
			out = append(out, key)
		}
	}
	// An id is found in lower case, in upper case, or as it is written.
	if usableID, ok := system.UsableKey(e.id); ok && usableID == e.id && !c.unclear[system.Fold(e.id)] && anyCase(e.id) {
		out = append(out, e.id)
	}
	return out, true
}

// anyCase reports whether an id is found in every case.
func anyCase(id string) bool {
	return id == system.Fold(id) && system.Fold(system.SwapCase(id)) == id
}
