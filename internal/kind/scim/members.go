package scim

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// mostTeams limits how many groups may be nested inside one team.
const mostTeams = 1000

const adviceMembers = "Allow the token to read the members of groups. If the server never shows them, its groups cannot own anything: set groups = false in the block of the system."

// Members returns the users in the group with the given id and in the groups
// inside it, sorted by id.
func (s *System) Members(ctx context.Context, team string) ([]lifecycle.Person, error) {
	team, ok := system.UsableKey(team)
	if !ok || s.groups == nil {
		return nil, ctx.Err()
	}
	if err := s.open(ctx); err != nil {
		return nil, err
	}
	found, err := s.groups.find(ctx, team)
	if err != nil {
		return nil, err
	}
	t := &tally{s: s, asked: make(map[string]bool), users: make(map[string]*entry)}
	for _, group := range found {
		// The key may also be the name of another group.
		if group.named(team) && group.person.ID != "" && idNames(team, group) {
			t.groups = append(t.groups, group.id)
		}
	}
	if err := t.run(ctx); err != nil {
		return nil, err
	}
	return t.people(ctx)
}

func idNames(key string, e *entry) bool {
	for _, id := range spellings(key) {
		if id == e.id {
			return true
		}
	}
	return false
}

// tally counts who is in a group.
type tally struct {
	s       *System
	groups  []string        // whose members are to be read
	asked   map[string]bool // ids of groups and users
	users   map[string]*entry
	missing int // members that the directory does not show
}

// run reads the members of the groups until there is none left.
func (t *tally) run(ctx context.Context) error {
	for looked := 0; len(t.groups) > 0; looked++ {
		id := t.groups[0]
		t.groups = t.groups[1:]
		if t.asked[id] {
			continue
		}
		t.asked[id] = true
		if looked >= mostTeams {
			return t.s.client.Unusable(fmt.Sprintf("more than %d groups are nested inside one group", mostTeams), "Name a smaller group as the owner of the asset.")
		}
		group, err := t.s.group(ctx, id)
		if err != nil {
			return err
		}
		if group == nil {
			t.missing++
			continue
		}
		if err := t.add(ctx, group); err != nil {
			return err
		}
	}
	return nil
}

// add adds the members of a group.
func (t *tally) add(ctx context.Context, group *entry) error {
	var ids []string
	team := make(map[string]int)
	for _, m := range group.members {
		switch {
		case m.id == "":
			t.missing++
		case m.team == yes:
			t.groups = append(t.groups, m.id)
		case !t.asked["user "+m.id]:
			t.asked["user "+m.id] = true
			ids, team[m.id] = append(ids, m.id), m.team
		}
	}
	found, err := t.s.users.several(ctx, ids)
	if err != nil {
		return err
	}
	for i, id := range ids {
		switch e := found[i]; {
		case e != nil:
			t.users[id] = e
		case team[id] == perhaps:
			t.groups = append(t.groups, id)
		default:
			t.missing++
		}
	}
	return nil
}

// people returns the collected members. A member of whom only the id is shown
// has been deleted, or is hidden from the token; this has no effect as long as
// another member is active.
func (t *tally) people(ctx context.Context) ([]lifecycle.Person, error) {
	found := make([]*entry, 0, len(t.users))
	here := false
	for _, e := range t.users {
		found = append(found, e)
		here = here || e.person.Status == lifecycle.PersonActive
	}
	if t.missing > 0 && !here {
		return nil, t.s.client.Unusable(fmt.Sprintf("a group has %d members whom it does not show, and no other member is active", t.missing), adviceRights)
	}
	people, err := t.s.people(ctx, found)
	return sorted(people), err
}

// several returns the entries with the given ids, nil for an entry that does not
// exist. If single requests would cost more than the list, the list is read.
func (c *catalog) several(ctx context.Context, ids []string) ([]*entry, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	head, err := c.head(ctx)
	if err != nil {
		return nil, err
	}
	if int64(len(ids)) > pagesOf(head) {
		c.spent.Add(pagesOf(head))
	}
	return system.Gather(ctx, parallel, ids, c.byID)
}

// group returns a group with its members: nil if there is none of that id. It is
// read at its address, because some lists leave out the groups inside a group.
func (s *System) group(ctx context.Context, id string) (*entry, error) {
	e, ok, err := s.groups.one(ctx, id)
	if err == nil && !ok {
		if s.groups.whole {
			return s.listedGroup(ctx, id)
		}
		err = s.client.Unusable("it does not show the group "+quote(id)+" at its address", adviceRights)
	}
	if err != nil {
		return nil, err
	}
	return s.confirmed(ctx, e)
}

// listedGroup returns a group from the list, if groups have no address. The list
// must show some group inside another.
func (s *System) listedGroup(ctx context.Context, id string) (*entry, error) {
	all, err := s.groups.list(ctx)
	if err != nil {
		return nil, err
	}
	if !nests(all) {
		return nil, s.client.Unusable("it does not show the group "+quote(id)+" at its address, and its list shows no group inside another, so it may leave them out", adviceRights)
	}
	return s.confirmed(ctx, all.byID[id])
}

// confirmed returns a group. If a group is shown without the attribute members,
// it may be empty, or the server may show the members of no group; another group
// with members shows which.
func (s *System) confirmed(ctx context.Context, e *entry) (*entry, error) {
	if e == nil || e.shown {
		return e, nil
	}
	shown, err := s.shown.Get(ctx, "", func(ctx context.Context) (bool, error) {
		r, err := s.client.Get(ctx, []string{s.groups.name}, url.Values{"count": {strconv.Itoa(s.config.PageSize)}})
		if err != nil {
			return false, err
		}
		if r.Status != http.StatusOK {
			return false, s.client.Refused(r)
		}
		p, err := s.groups.parse(r)
		if err != nil {
			return false, err
		}
		for _, group := range p.entries {
			if len(group.members) > 0 {
				return true, nil
			}
		}
		return false, nil
	})
	if err != nil {
		return nil, err
	}
	if !shown {
		return nil, s.client.Unusable("it shows no members of any group, so it is unknown which groups are empty", adviceMembers)
	}
	return e, nil
}
