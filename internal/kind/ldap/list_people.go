package ldap

import (
	"context"
	"errors"
	"iter"
	"strings"

	"github.com/go-ldap/ldap/v3"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/memo"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// incompleteMarker is a sentinel among the members of a team: the member list is
// incomplete, and the team must be read singly.
const incompleteMarker = ""

// Listing describes the list of all people and groups. It leaves out the entries
// that cannot be read, and those with the same keys: a look-up of one of them
// reports the error.
func (s *System) Listing(c system.Capability) system.Listing {
	if c != system.CanReadPeople {
		return system.Listing{}
	}
	return system.Listing{PageSize: s.config.PageSize, Hides: true, Members: true}
}

// ListPeople yields the people and groups of the directory, each with all facts
// that Person returns. People and groups take a search each, in pages, whose
// answers also contain managers, teams and members; entries that they only
// refer to are looked up.
func (s *System) ListPeople(ctx context.Context) iter.Seq2[system.Entry, error] {
	return func(yield func(system.Entry, error) bool) {
		all, err := s.readDirectory(ctx)
		if err != nil {
			yield(system.Entry{}, err)
			return
		}
		for i := range all.found {
			e, err := all.entry(ctx, &all.found[i])
			if err != nil {
				yield(system.Entry{}, err)
				return
			}
			if !yield(e, nil) {
				return
			}
		}
	}
}

// directoryIndex holds all entries of the directory, and who is in which group.
type directoryIndex struct {
	s       *System
	found   []listed
	byDN    map[string]int  // folded distinguished name -> place in found
	entries map[string]bool // the folded distinguished names of all entries, including those that cannot be read
	unclear map[string]bool // folded keys of the entries that cannot be read

	teams   map[string][]string // the name of a member in a group -> the ids of the groups
	members map[string][]string // folded distinguished name of a group -> the ids of its members
}

// listed is an entry that can be read.
type listed struct {
	match
	keys []string
}

func (s *System) readDirectory(ctx context.Context) (*directoryIndex, error) {
	if err := s.open(ctx); err != nil {
		return nil, err
	}
	people, err := s.subtree(ctx, s.bases, s.profile.peopleFilter, s.profile.personRead)
	if err != nil {
		return nil, err
	}
	read := attributes(s.profile.groupRead, []string{s.profile.member, attrObjectClass})
	groups, err := s.subtree(ctx, s.groupsIn, s.profile.groupFilter, read)
	if err != nil {
		return nil, err
	}
	c := &directoryIndex{
		s: s, byDN: make(map[string]int), entries: make(map[string]bool), unclear: make(map[string]bool),
		teams: make(map[string][]string), members: make(map[string][]string),
	}
	if err := c.take(ctx, people, s.profile.personKeys, s.person); err != nil {
		return nil, err
	}
	if err := c.take(ctx, groups, s.profile.groupKeys, s.group); err != nil {
		return nil, err
	}
	c.dropUnclear()
	if err := c.rememberIDs(ctx, &s.people, people, s.profile.id); err != nil {
		return nil, err
	}
	if err := c.rememberIDs(ctx, &s.teams, groups, s.profile.groupID); err != nil {
		return nil, err
	}
	if err := c.readMemberships(ctx, groups); err != nil {
		return nil, err
	}
	if s.profile.activeDirectory {
		c.addPrimaryMemberships(groups, people)
	}
	return c, nil
}

// take reads entries. One that cannot be read makes its keys unclear.
func (c *directoryIndex) take(ctx context.Context, entries []*ldap.Entry, keys []string, read func(context.Context, *ldap.Entry) (lifecycle.Person, error)) error {
	for _, e := range entries {
		l := listed{match: match{dn: e.DN, entry: e}}
		for _, a := range keys {
			for _, v := range values(e, a) {
				if !system.HasReplacement(v) && len(v) <= system.LongestKey {
					l.keys = append(l.keys, v)
				}
			}
		}
		c.entries[foldDN(e.DN)] = true
		var err error
		l.person, err = read(ctx, e)
		var unreadable *flawed
		switch {
		case errors.As(err, &unreadable):
			c.markUnclear(l.keys)
		case err != nil:
			return err
		default:
			c.found = append(c.found, l)
		}
	}
	return nil
}

func (c *directoryIndex) markUnclear(keys []string) {
	for _, key := range keys {
		c.unclear[system.Fold(key)] = true
	}
}

// dropUnclear leaves out the entries that have the id of one that cannot be read.
func (c *directoryIndex) dropUnclear() {
	var rest []listed
	for _, l := range c.found {
		if c.unclear[system.Fold(l.person.ID)] {
			c.markUnclear(l.keys)
			continue
		}
		rest = append(rest, l)
	}
	c.found = rest
	for i := range c.found {
		c.byDN[foldDN(c.found[i].dn)] = i
	}
}

// rememberIDs remembers the ids of entries, so that a reference to one of them needs no
// search.
func (c *directoryIndex) rememberIDs(ctx context.Context, ids *memo.Memo[string], entries []*ldap.Entry, attribute string) error {
	for _, e := range entries {
		id := value(e, attribute)
		if _, err := ids.Get(ctx, foldDN(e.DN), func(context.Context) (string, error) { return id, nil }); err != nil {
			return err
		}
	}
	return nil
}

// entry completes an entry.
func (c *directoryIndex) entry(ctx context.Context, l *listed) (system.Entry, error) {
	out := system.Entry{Person: l.person}
	var err error
	if out.Person.Manager, err = c.s.managerOf(ctx, l.match); err != nil {
		return out, err
	}
	if c.s.profile.teams != "" {
		if out.Person.Teams, err = c.s.teamsOf(ctx, l.match); err != nil {
			return out, err
		}
	} else {
		var in []string
		for _, name := range c.calledBy(l) {
			in = append(in, c.teams[name]...)
		}
		out.Person.Teams = sortedIDs(in)
	}
	if l.person.Kind == lifecycle.KindTeam {
		out.Members = c.members[foldDN(l.dn)]
	}
	for _, key := range l.keys {
		if !c.unclear[system.Fold(key)] {
			out.Keys = append(out.Keys, key)
		}
	}
	return out, nil
}

// calledBy returns the names of an entry in groups.
func (c *directoryIndex) calledBy(l *listed) []string {
	switch {
	case !strings.EqualFold(c.s.profile.member, attrMemberUID):
		return []string{foldDN(l.dn)}
	case l.person.Kind == lifecycle.KindTeam:
		return nil
	}
	return c.s.accountNames(l.entry)
}
