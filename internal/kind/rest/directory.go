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
	parallel  = 4    // concurrent requests for entries
	mostTeams = 1000 // teams that may be nested inside one
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
	people, err := s.people.persons(found)
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
// its rights may still see some people.
func (s *System) ready(ctx context.Context) error {
	_, err := s.opened.Get(ctx, "", func(ctx context.Context) (struct{}, error) {
		for _, key := range s.config.Probe {
			key, _ = system.UsableKey(key)
			found, err := s.find(ctx, key)
			if err != nil {
				return struct{}{}, err
			}
			if len(found) == 0 {
				return struct{}{}, s.people.client.Unusable(fmt.Sprintf("it does not show %q, which probe lists", key), adviceRights)
			}
		}
		return struct{}{}, nil
	})
	return err
}

// TeamsOf returns the ids of the teams that a person is in, sorted: those of the
// entry, unless the description requests them separately.
func (s *System) TeamsOf(ctx context.Context, p lifecycle.Person) ([]string, error) {
	if s.people == nil || s.people.teams == nil || p.Kind == lifecycle.KindTeam {
		return p.Teams, nil
	}
	k := s.people
	return k.related.Get(ctx, p.ID, func(ctx context.Context) ([]string, error) {
		teams, err := k.follow(ctx, k.teams, p.ID)
		var out []string
		for _, team := range teams {
			if s.teams != nil {
				team.id = s.teams.prefix + team.id
			}
			out = append(out, team.id)
		}
		slices.Sort(out)
		return slices.Compact(out), err
	})
}

// relation is a person or a team that is related to an entry.
type relation struct {
	id   string // empty if it is skipped
	team bool
	e    *entry // nil if only the id is known
}

// follow reads what is related to an entry.
func (k *catalog) follow(ctx context.Context, r *reference, id string) ([]relation, error) {
	var found []relation
	err := untilConsistent(k.client, func() error {
		found = nil
		passedOver := 0
		return r.listing.read(ctx, k.s, k.client, places(strings.TrimPrefix(id, k.prefix)), func(item any) (string, error) {
			member, err := k.relation(r, item)
			if err != nil {
				return "", err
			}
			if member.id == "" {
				passedOver++
				return fmt.Sprint("passed over ", passedOver), nil
			}
			found = append(found, member)
			return fmt.Sprint(member.id, " ", member.team), nil
		})
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}

// relation reads one item of a reference.
func (k *catalog) relation(r *reference, item any) (out relation, err error) {
	variables := k.s.itemVariables(item, "")
	if r.except != nil {
		skip, err := r.except.bool(variables)
		if err != nil || skip {
			return relation{}, err
		}
	}
	if r.team != nil {
		if out.team, err = r.team.bool(variables); err != nil {
			return relation{}, err
		}
	}
	id, err := r.id.text(variables)
	if err != nil {
		return relation{}, err
	}
	if out.id, _ = system.UsableKey(id); out.id == "" {
		return relation{}, fmt.Errorf("%s: a member has no id", r.id.at)
	}
	switch {
	case out.team:
		out.id = k.prefix + out.id
	case r.whole:
		out.e, err = k.s.people.entry(item)
	}
	return out, err
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
	return m.persons()
}

// membership collects the members of a team.
type membership struct {
	s            *System
	teams        []string          // in the order in which they were found
	hidesMembers bool              // the members of the first may be hidden
	people       map[string]*entry // nil if only the id is known
	missing      int               // members whom the directory does not show
}

func (m *membership) run(ctx context.Context) error {
	for next := 0; next < len(m.teams); next++ {
		if next >= mostTeams {
			return m.s.teams.client.Unusable(fmt.Sprintf("more than %d teams are nested inside one team", mostTeams), "Name a smaller team as the owner of the asset.")
		}
		for _, r := range m.s.teams.member {
			members, err := m.s.teams.follow(ctx, r, m.teams[next])
			if err != nil {
				return err
			}
			for _, member := range members {
				m.add(member)
			}
		}
	}
	return m.complete(ctx)
}

// add adds a member.
func (m *membership) add(member relation) {
	switch {
	case member.team && !slices.Contains(m.teams, member.id):
		m.teams = append(m.teams, member.id)
	case !member.team && m.people[member.id] == nil:
		m.people[member.id] = member.e
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
		// Single requests would soon cost more than the list.
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

// persons returns the collected members. A member of whom only the id is shown
// has been deleted, or is hidden from the account; this has no effect as long as
// another member is active.
func (m *membership) persons() ([]lifecycle.Person, error) {
	var entries []*entry
	for _, id := range slices.Sorted(maps.Keys(m.people)) {
		entries = append(entries, m.people[id])
	}
	out, err := m.s.people.persons(entries)
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

// ListPeople yields the people and teams in the lists. Their teams are left out if
// the description requests them for each person: TeamsOf returns these.
func (s *System) ListPeople(ctx context.Context) iter.Seq2[system.Entry, error] {
	return func(yield func(system.Entry, error) bool) {
		all, err := s.listEntries(ctx)
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

func (s *System) listEntries(ctx context.Context) ([]*entry, error) {
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

func entriesOf(r *directoryIndex) []*entry {
	if r == nil {
		return nil
	}
	return slices.Clone(r.entries)
}

// Price returns the largest number of requests that the look-up of a key takes.
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
