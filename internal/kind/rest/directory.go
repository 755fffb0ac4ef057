package rest

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

const (
	parallel  = 4    // entries that are asked for at a time
	mostTeams = 1000 // teams that are looked into for one
)

// Person returns the people and teams that a key names.
func (s *System) Person(ctx context.Context, key string) ([]lifecycle.Person, error) {
	key, ok := system.UsableKey(key)
	if !ok || s.people == nil {
		return nil, ctx.Err()
	}
	if err := s.ready(ctx); err != nil {
		return nil, err
	}
	found, err := s.find(ctx, key)
	if err != nil {
		return nil, err
	}
	people, err := s.people.told(found)
	if err != nil {
		return nil, err
	}
	for i := range people {
		if people[i].Teams, err = s.TeamsOf(ctx, people[i]); err != nil {
			return nil, err
		}
	}
	return people, nil
}

// find returns the people and teams that a key names.
func (s *System) find(ctx context.Context, key string) ([]*entry, error) {
	found, err := s.people.find(ctx, key)
	if err != nil || s.teams == nil {
		return found, err
	}
	teams, err := s.teams.find(ctx, key)
	if err != nil {
		return nil, err
	}
	return append(found, teams...), nil
}

// ready checks once a run that the keys of probe resolve: a token that lost some of
// its rights may still see somebody.
func (s *System) ready(ctx context.Context) error {
	_, err := s.opened.Get(ctx, "", func(ctx context.Context) (struct{}, error) {
		for _, key := range s.config.Probe {
			key, _ = system.UsableKey(key)
			found, err := s.find(ctx, key)
			if err != nil {
				return struct{}{}, err
			}
			if len(found) == 0 {
				return struct{}{}, s.people.client.Unusable(fmt.Sprintf("it does not show %q, which probe says is there", key), adviceRights)
			}
		}
		return struct{}{}, nil
	})
	return err
}

// TeamsOf returns the ids of the teams that a person is in, sorted: those of the
// entry, unless the description asks for them.
func (s *System) TeamsOf(ctx context.Context, p lifecycle.Person) ([]string, error) {
	if s.people == nil || s.people.teams == nil || p.Kind == lifecycle.KindTeam {
		return p.Teams, nil
	}
	k := s.people
	return k.related.Get(ctx, p.ID, func(ctx context.Context) ([]string, error) {
		var out []string
		err := k.follow(ctx, k.teams, p.ID, func(id string, _ bool, _ *entry) {
			if s.teams != nil {
				id = s.teams.prefix + id
			}
			out = append(out, id)
		})
		slices.Sort(out)
		return slices.Compact(out), err
	})
}

// follow reads what is related to an entry.
func (k *catalog) follow(ctx context.Context, r *reference, id string, take func(id string, team bool, e *entry)) error {
	type relation struct {
		id   string
		team bool
		e    *entry
	}
	var found []relation
	err := steadily(k.client, func() error {
		found = nil
		passedOver := 0
		return r.listing.read(ctx, k.s, k.client, places(strings.TrimPrefix(id, k.prefix)), func(item any) (string, error) {
			member, team, e, err := k.relation(r, item)
			if err != nil {
				return "", err
			}
			if member == "" {
				passedOver++
				return fmt.Sprint("passed over ", passedOver), nil
			}
			found = append(found, relation{member, team, e})
			return fmt.Sprint(member, " ", team), nil
		})
	})
	if err != nil {
		return err
	}
	for _, one := range found {
		take(one.id, one.team, one.e)
	}
	return nil
}

// relation reads one item of a reference; without an id if it is passed over.
func (k *catalog) relation(r *reference, item any) (id string, team bool, e *entry, err error) {
	variables := k.s.itemVariables(item, "")
	if r.except != nil {
		skip, err := r.except.bool(variables)
		if err != nil || skip {
			return "", false, nil, err
		}
	}
	if r.team != nil {
		if team, err = r.team.bool(variables); err != nil {
			return "", false, nil, err
		}
	}
	if id, err = r.id.text(variables); err != nil {
		return "", false, nil, err
	}
	if id, _ = system.UsableKey(id); id == "" {
		return "", false, nil, fmt.Errorf("%s: a member has no id", r.id.at)
	}
	switch {
	case team:
		id = k.prefix + id
	case r.whole:
		e, err = k.s.people.entry(item)
	}
	return id, team, e, err
}

// Members returns the people in a team and in the teams inside it, sorted by id.
func (s *System) Members(ctx context.Context, team string) ([]lifecycle.Person, error) {
	team, ok := system.UsableKey(team)
	if !ok || s.teams == nil {
		return nil, ctx.Err()
	}
	if err := s.ready(ctx); err != nil {
		return nil, err
	}
	first, err := s.teams.byID(ctx, team)
	if err != nil || first == nil {
		return nil, err
	}
	m := &membership{s: s, teams: []string{first.person.ID}, hidesMembers: first.hidesMembers, people: make(map[string]*entry)}
	if err := m.run(ctx); err != nil {
		return nil, err
	}
	return m.told()
}

// membership gathers who is in a team.
type membership struct {
	s            *System
	teams        []string          // in the order in which they were found
	hidesMembers bool              // the members of the first may be hidden
	people       map[string]*entry // nil for somebody of whom only the id is known
	missing      int               // members whom the directory does not show
}

func (m *membership) run(ctx context.Context) error {
	for next := 0; next < len(m.teams); next++ {
		if next >= mostTeams {
			return m.s.teams.client.Unusable(fmt.Sprintf("more than %d teams are inside one", mostTeams), "Make an asset's owner a smaller team.")
		}
		for _, r := range m.s.teams.member {
			if err := m.s.teams.follow(ctx, r, m.teams[next], m.add); err != nil {
				return err
			}
		}
	}
	return m.complete(ctx)
}

// add takes in a member.
func (m *membership) add(id string, team bool, e *entry) {
	switch {
	case team && !slices.Contains(m.teams, id):
		m.teams = append(m.teams, id)
	case !team && m.people[id] == nil:
		m.people[id] = e
	}
}

// complete looks up the members of whom only the id is known.
func (m *membership) complete(ctx context.Context) error {
	var ids []string
	for id, e := range m.people {
		if e == nil {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	look := m.s.people.byID
	if size := m.s.people.lists[0].pageSize(); len(ids) > system.Allowance && size > 1 {
		// Asking for each would soon cost more than the list of all.
		look = func(ctx context.Context, id string) (*entry, error) {
			all, err := m.s.people.all(ctx)
			if err != nil {
				return nil, err
			}
			if e := withID(all.named(id), id); e != nil || !m.s.people.hides {
				return e, nil
			}
			return m.s.people.byID(ctx, id)
		}
	}
	found, err := system.Gather(ctx, parallel, ids, look)
	if err != nil {
		return err
	}
	for i, id := range ids {
		if found[i] == nil {
			m.missing++
			delete(m.people, id)
			continue
		}
		m.people[id] = found[i]
	}
	return nil
}

// told returns who was gathered. A member who is named and not shown has been
// deleted, or is hidden from the account; that is no matter as long as somebody
// else is there to take care.
func (m *membership) told() ([]lifecycle.Person, error) {
	var entries []*entry
	for _, id := range slices.Sorted(maps.Keys(m.people)) {
		entries = append(entries, m.people[id])
	}
	out, err := m.s.people.told(entries)
	if err != nil {
		return nil, err
	}
	here := slices.ContainsFunc(out, func(p lifecycle.Person) bool { return p.Status == lifecycle.PersonActive })
	if m.missing > 0 && !here {
		return nil, m.s.teams.client.Unusable(fmt.Sprintf("a team has %d members whom it does not show, and no other member is active", m.missing), adviceRights)
	}
	if m.hidesMembers && !here {
		return nil, m.s.teams.client.Unusable(fmt.Sprintf("it shows no active member of the team %q, whose members it hides from most accounts", m.teams[0]), adviceRights)
	}
	slices.SortFunc(out, func(a, b lifecycle.Person) int { return strings.Compare(a.ID, b.ID) })
	return out, nil
}

// Everybody yields the people and teams whom the lists show. Their teams are left
// out where the description asks for them person by person: TeamsOf tells them.
func (s *System) Everybody(ctx context.Context) iter.Seq2[system.Entry, error] {
	return func(yield func(system.Entry, error) bool) {
		all, err := s.everybody(ctx)
		if err != nil {
			yield(system.Entry{}, err)
			return
		}
		unclear := keysOfFlawed(all)
		for _, e := range all {
			if e.flaw != nil || unclear[system.Fold(e.person.ID)] {
				continue
			}
			keys := slices.DeleteFunc(slices.Clone(e.keys), func(key string) bool { return unclear[system.Fold(key)] })
			if !yield(system.Entry{Person: e.person, Keys: keys}, nil) {
				return
			}
		}
	}
}

// keysOfFlawed returns the folded keys of the entries that cannot be read. The list
// leaves these keys out for all entries that have them: a look-up says what is wrong.
func keysOfFlawed(entries []*entry) map[string]bool {
	out := make(map[string]bool)
	for _, e := range entries {
		if e.flaw != nil {
			for _, key := range e.keys {
				out[system.Fold(key)] = true
			}
		}
	}
	return out
}

func (s *System) everybody(ctx context.Context) ([]*entry, error) {
	if s.people == nil {
		return nil, ctx.Err()
	}
	if err := s.ready(ctx); err != nil {
		return nil, err
	}
	people, err := s.people.all(ctx)
	if err != nil || s.teams == nil {
		return entriesOf(people), err
	}
	teams, err := s.teams.all(ctx)
	if err != nil {
		return nil, err
	}
	return append(entriesOf(people), entriesOf(teams)...), nil
}

func entriesOf(r *roll) []*entry {
	if r == nil {
		return nil
	}
	return slices.Clone(r.entries)
}

// Price returns the most requests that the look-up of a key takes.
func (s *System) Price(c system.Capability, key string) int {
	if c != system.CanReadPeople || s.people == nil {
		return 1
	}
	n := s.people.price(key)
	if s.teams != nil {
		n += s.teams.price(key)
	}
	return n
}
