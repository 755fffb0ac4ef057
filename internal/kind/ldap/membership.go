package ldap

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/go-ldap/ldap/v3"
	"golang.org/x/sync/errgroup"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// readMemberships reads who is in which group.
func (c *directoryIndex) readMemberships(ctx context.Context, groups []*ldap.Entry) error {
	inside := make([][]string, len(groups))
	for i, e := range groups {
		var err error
		if inside[i], err = c.s.wholeGroup(ctx, e); err != nil {
			return err
		}
	}
	if strings.EqualFold(c.s.profile.member, attrMemberUID) {
		c.readUserNameMemberships(groups, inside)
		return nil
	}
	other, err := c.otherNames(ctx, inside)
	if err != nil {
		return err
	}
	for i, e := range groups {
		id, at := value(e, c.s.profile.groupID), foldDN(e.DN)
		for _, text := range inside[i] {
			name, ok := foldMember(text)
			if !ok {
				continue
			}
			if known := other[name]; known != "" {
				name = known
			}
			c.teams[name] = append(c.teams[name], id)
			if member, counts := c.member(name); counts {
				c.members[at] = append(c.members[at], member)
			}
		}
	}
	return nil
}

// foldMember returns a member in the form for comparing; false if it is not a
// distinguished name.
func foldMember(text string) (string, bool) {
	dn, err := ldap.ParseDN(text)
	if err != nil || len(dn.RDNs) == 0 {
		return "", false
	}
	return foldDN(text), true
}

// member returns the id of a member, and false if it certainly is not a person or
// a group. If the directory itself resolves nested groups, it also resolves those
// that are not listed.
func (c *directoryIndex) member(name string) (string, bool) {
	if at, ok := c.byDN[name]; ok {
		return c.found[at].person.ID, true
	}
	return incompleteMarker, c.entries[name] || c.s.profile.chain
}

// otherNames finds the members whose name in a group is not that of a listed
// entry. The server may accept another spelling of a name. Active Directory
// writes every name in one way.
func (c *directoryIndex) otherNames(ctx context.Context, inside [][]string) (map[string]string, error) {
	out := make(map[string]string)
	if c.s.profile.activeDirectory {
		return out, nil
	}
	var mu sync.Mutex
	asked := make(map[string]bool)
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(connections)
	for _, members := range inside {
		for _, text := range members {
			name, ok := foldMember(text)
			if !ok || c.entries[name] || asked[name] {
				continue
			}
			asked[name] = true
			g.Go(func() error {
				known, err := c.s.realName(ctx, text)
				mu.Lock()
				defer mu.Unlock()
				out[name] = known
				return err
			})
		}
	}
	return out, g.Wait()
}

// realName returns the folded name of the person or the group with a name in any
// spelling; nothing if there is neither.
func (s *System) realName(ctx context.Context, text string) (string, error) {
	dn, err := ldap.ParseDN(text)
	if err != nil {
		return "", nil //nolint:nilerr // it names nobody
	}
	for _, place := range []struct {
		bases  []branch
		filter string
	}{{s.bases, s.profile.peopleFilter}, {s.groupsIn, s.profile.groupFilter}} {
		if !within(dn, place.bases) {
			continue
		}
		e, err := s.entry(ctx, text, place.filter, []string{noAttributes})
		if err != nil {
			return "", err
		}
		if e != nil {
			return foldDN(e.DN), nil
		}
	}
	return "", nil
}

// readUserNameMemberships does the same for groups that name their members by user names.
func (c *directoryIndex) readUserNameMemberships(groups []*ldap.Entry, inside [][]string) {
	people := make(map[string][]string)
	for i := range c.found {
		l := &c.found[i]
		if l.person.Kind == lifecycle.KindTeam {
			continue
		}
		for _, name := range c.s.accountNames(l.entry) {
			people[system.Fold(name)] = append(people[system.Fold(name)], l.person.ID)
		}
	}
	for i, e := range groups {
		id, at := value(e, c.s.profile.groupID), foldDN(e.DN)
		for _, name := range inside[i] {
			c.teams[name] = append(c.teams[name], id)
			c.members[at] = append(c.members[at], people[system.Fold(name)]...)
			if c.unclear[system.Fold(name)] {
				c.members[at] = append(c.members[at], incompleteMarker)
			}
		}
	}
}

// wholeGroup returns what the member attribute of a listed group holds. Active
// Directory gives it in parts if it is long.
func (s *System) wholeGroup(ctx context.Context, e *ldap.Entry) ([]string, error) {
	var out []string
	for {
		part, next, err := s.rangeOf(e)
		if err != nil {
			return nil, err
		}
		out = append(out, part...)
		switch {
		case next < 0 && len(out) > 0:
			return out, nil
		case next < 0:
			members, err := s.membersIn(e)
			if err != nil {
				return nil, &listError{err}
			}
			return members, nil
		case next != len(out) || len(part) == 0 || len(out) > mostEntries:
			return nil, &listError{s.unavailable(fmt.Sprintf("The directory %q does not return the members of %q in order.", s.config.Name, s.shown(e.DN)),
				"Plan again. If it happens again, look at the directory itself.", nil)}
		}
		dn := e.DN
		e, err = s.entry(ctx, dn, s.profile.groupFilter, []string{s.profile.member + ";range=" + strconv.Itoa(next) + "-*", attrObjectClass})
		if err != nil {
			return nil, err
		}
		if e == nil {
			return nil, s.unavailable(fmt.Sprintf("The group %q of the directory %q disappeared while its members were read.", s.shown(dn), s.config.Name), "Plan again.", nil)
		}
	}
}

// rangeOf returns the part of the members that an entry holds and where the next
// one begins; -1 if there is none, or no parts.
func (s *System) rangeOf(e *ldap.Entry) (part []string, next int, err error) {
	for _, a := range e.Attributes {
		name, option, ok := strings.Cut(system.Fold(a.Name), ";range=")
		if !ok || !strings.EqualFold(name, s.profile.member) {
			continue
		}
		_, last, _ := strings.Cut(option, "-")
		if last == "*" {
			return a.Values, -1, nil
		}
		n, err := strconv.Atoi(last)
		if err != nil {
			return nil, 0, s.unavailable(fmt.Sprintf("The directory %q returned a part %q of the members of %q that cannot be understood.", s.config.Name, s.shown(a.Name), s.shown(e.DN)),
				"Plan again. If it happens again, look at the directory itself.", nil)
		}
		return a.Values, n + 1, nil
	}
	return nil, -1, nil
}
