package ldap

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/go-ldap/ldap/v3"
	"golang.org/x/sync/errgroup"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/memo"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

const (
	mostGroups = 1000 // inside one team
	perRequest = 50   // user names that one search asks for

	inChain = "1.2.840.113556.1.4.1941" // LDAP_MATCHING_RULE_IN_CHAIN
)

// complete adds the facts that take further look-ups.
func (s *System) complete(ctx context.Context, m match) (lifecycle.Person, error) {
	p := m.person
	var err error
	if p.Manager, err = s.managerOf(ctx, m); err != nil {
		return p, err
	}
	p.Teams, err = s.teamsOf(ctx, m)
	return p, err
}

// managerOf returns the id of the manager of a person.
func (s *System) managerOf(ctx context.Context, m match) (string, error) {
	if m.person.Kind == lifecycle.KindTeam {
		return "", nil
	}
	return s.reference(ctx, &s.people, value(m.entry, s.profile.manager), s.bases, s.profile.peopleFilter, s.profile.id)
}

// reference returns the id of the entry that a distinguished name points to:
// nothing if there is none in the bases. A text that is not a distinguished name
// is already a key.
func (s *System) reference(ctx context.Context, known *memo.Memo[string], text string, bases []branch, filter, id string) (string, error) {
	dn, err := ldap.ParseDN(text)
	if err != nil || len(dn.RDNs) < 2 {
		return text, nil
	}
	if !within(dn, bases) {
		return "", nil
	}
	return known.Get(ctx, foldDN(text), func(ctx context.Context) (string, error) {
		found, err := s.entry(ctx, text, filter, []string{id})
		if err != nil || found == nil {
			return "", err
		}
		return value(found, id), nil
	})
}

// teamsOf returns the ids of the groups that the entry is directly in.
func (s *System) teamsOf(ctx context.Context, m match) ([]string, error) {
	var out []string
	if s.profile.teams != "" {
		for _, text := range values(m.entry, s.profile.teams) {
			id, err := s.reference(ctx, &s.teams, text, s.groupsIn, s.profile.groupFilter, s.profile.groupID)
			if err != nil {
				return nil, err
			}
			out = append(out, id)
		}
		if !strings.EqualFold(s.profile.teams, "memberOf") {
			return sortedIDs(out), nil
		}
		id, err := s.primaryTeam(ctx, m.entry)
		if err != nil {
			return nil, err
		}
		out = append(out, id)
	} else if member := s.memberFilter(m); member != "" {
		found, err := s.subtree(ctx, s.groupsIn, "(&"+s.profile.groupFilter+member+")", []string{s.profile.groupID})
		if err != nil {
			return nil, err
		}
		for _, e := range found {
			out = append(out, value(e, s.profile.groupID))
		}
	}
	return sortedIDs(out), nil
}

// sortedIDs sorts ids and leaves out empty ones and repetitions.
func sortedIDs(ids []string) []string {
	slices.Sort(ids)
	return slices.DeleteFunc(slices.Compact(ids), func(id string) bool { return id == "" })
}

// memberFilter returns the filter for the groups that name the entry.
func (s *System) memberFilter(m match) string {
	if !strings.EqualFold(s.profile.member, attrMemberUID) {
		member := "(" + s.profile.member + "=" + ldap.EscapeFilter(m.dn) + ")"
		if sid := teamByPrimary(m.entry); sid != "" {
			return "(|" + member + sidFilter(sid) + ")"
		}
		return member
	}
	names := s.accountNames(m.entry)
	if m.person.Kind == lifecycle.KindTeam || len(names) == 0 {
		return ""
	}
	return anyOf(names, []string{s.profile.member})
}

// accountNames returns the user names of a person that a posixGroup may hold.
func (s *System) accountNames(e *ldap.Entry) []string { return values(e, s.profile.usernames[0]) }

// tally collects the members of a team, each once.
type tally struct {
	mu     sync.Mutex
	seen   map[string]bool
	groups int
	found  map[string]lifecycle.Person
}

func newTally() *tally {
	return &tally{seen: make(map[string]bool), found: make(map[string]lifecycle.Person)}
}

// first reports whether the name is seen for the first time.
func (t *tally) first(dn string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	dn = foldDN(dn)
	known := t.seen[dn]
	t.seen[dn] = true
	return !known
}

func (t *tally) add(dn string, p lifecycle.Person) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.found[foldDN(dn)] = p
}

func (t *tally) people() []lifecycle.Person {
	out := slices.Collect(maps.Values(t.found))
	slices.SortFunc(out, func(a, b lifecycle.Person) int {
		return strings.Compare(a.ID+"\x00"+a.Source, b.ID+"\x00"+b.Source)
	})
	return out
}

// addMembers adds all people in a group and in the groups inside it.
func (s *System) addMembers(ctx context.Context, group *ldap.Entry, to *tally) error {
	if s.profile.chain {
		filter := "(&" + s.profile.peopleFilter + "(memberOf:" + inChain + ":=" + ldap.EscapeFilter(group.DN) + "))"
		if err := s.addPeople(ctx, filter, nil, to); err != nil {
			return err
		}
		groups, err := s.inside(ctx, group)
		if err != nil {
			return err
		}
		return s.addPrimary(ctx, groups, to)
	}
	for level := []string{group.DN}; len(level) > 0; {
		var inside []string
		for _, dn := range level {
			if !to.first(dn) {
				continue
			}
			if to.groups++; to.groups > mostGroups {
				return s.unavailable(fmt.Sprintf("The group %q of the directory %q has more than %d groups inside it.", s.shown(group.DN), s.config.Name, mostGroups),
					"Name a smaller team as the owner.", nil)
			}
			more, err := s.addDirect(ctx, dn, to)
			if err != nil {
				return err
			}
			inside = append(inside, more...)
		}
		level = inside
	}
	return nil
}

// addPeople adds the people whom a filter finds and keep accepts.
func (s *System) addPeople(ctx context.Context, filter string, keep func(*ldap.Entry) bool, to *tally) error {
	found, err := s.subtree(ctx, s.bases, filter, s.profile.personRead)
	if err != nil {
		return err
	}
	for _, e := range found {
		if keep != nil && !keep(e) {
			continue
		}
		p, err := s.person(ctx, e)
		if err != nil {
			return err
		}
		to.add(e.DN, p)
	}
	return nil
}

// addDirect adds the people who are directly in a group and returns the groups
// that are.
func (s *System) addDirect(ctx context.Context, group string, to *tally) ([]string, error) {
	e, err := s.entry(ctx, group, s.profile.groupFilter, attributes(s.profile.groupRead, []string{s.profile.member, attrObjectClass}))
	if err != nil || e == nil {
		return nil, err
	}
	members, err := s.membersIn(e)
	if err == nil && s.profile.activeDirectory {
		err = s.addPrimary(ctx, []*ldap.Entry{e}, to)
	}
	if err != nil {
		return nil, err
	}
	if strings.EqualFold(s.profile.member, attrMemberUID) {
		return nil, s.addNamed(ctx, members, to)
	}
	var mu sync.Mutex
	var inside []string
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(connections)
	for _, text := range members {
		g.Go(func() error {
			isGroup, err := s.addMember(ctx, text, to)
			if err == nil && isGroup {
				mu.Lock()
				inside = append(inside, text)
				mu.Unlock()
			}
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	return inside, nil
}

// addMember adds one member if it is a person, and reports whether it is a
// group. A member that is neither, or that does not exist, is ignored.
func (s *System) addMember(ctx context.Context, text string, to *tally) (isGroup bool, err error) {
	dn, err := ldap.ParseDN(text)
	if err != nil || len(dn.RDNs) == 0 {
		return false, nil
	}
	if within(dn, s.bases) {
		e, err := s.entry(ctx, text, s.profile.peopleFilter, s.profile.personRead)
		if err != nil {
			return false, err
		}
		if e != nil {
			p, err := s.person(ctx, e)
			if err == nil {
				to.add(e.DN, p)
			}
			return false, err
		}
	}
	if !within(dn, s.groupsIn) {
		return false, nil
	}
	e, err := s.entry(ctx, text, s.profile.groupFilter, []string{noAttributes})
	return e != nil, err
}

// addNamed adds the people with the given user names.
func (s *System) addNamed(ctx context.Context, names []string, to *tally) error {
	for chunk := range slices.Chunk(names, perRequest) {
		wanted := make(map[string]bool, len(chunk))
		for _, name := range chunk {
			wanted[system.Fold(name)] = true
		}
		filter := "(&" + s.profile.peopleFilter + anyOf(chunk, s.profile.usernames[:1]) + ")"
		err := s.addPeople(ctx, filter, func(e *ldap.Entry) bool {
			return slices.ContainsFunc(s.accountNames(e), func(name string) bool { return wanted[system.Fold(name)] })
		}, to)
		if err != nil {
			return err
		}
	}
	return nil
}

// membersIn returns what the member attribute of an entry holds.
func (s *System) membersIn(e *ldap.Entry) ([]string, error) {
	group := e.DN
	for _, a := range e.Attributes {
		if name, option, ok := strings.Cut(a.Name, ";"); ok && strings.EqualFold(name, s.profile.member) && strings.HasPrefix(system.Fold(option), "range=") {
			return nil, s.unavailable(fmt.Sprintf("The directory %q returned only a part of the members of %q.", s.config.Name, s.shown(group)),
				"Set nested_groups to chain, so that the directory finds the members itself.", nil)
		}
	}
	members := e.GetEqualFoldAttributeValues(s.profile.member)
	if len(members) == 0 && mustHaveMembers(e) {
		return nil, s.unavailable(fmt.Sprintf("The directory %q does not show who is in the group %q, which must have members.", s.config.Name, s.shown(group)),
			"Give the account the right to read the attribute "+s.profile.member+", or exclude groups that are really empty with group_filter.", nil)
	}
	if strings.EqualFold(s.profile.member, attrUniqueMember) {
		for i, text := range members {
			// A value may end in a bit string that distinguishes entries with the same
			// name.
			if at := strings.LastIndex(text, "#'"); at > 0 && strings.HasSuffix(text, "'B") {
				members[i] = text[:at]
			}
		}
	}
	return members, nil
}

// mustHaveMembers reports whether the schema requires at least one member (RFC
// 4519 sections 3.5 and 3.6): then an empty list means that the account lacks a
// right.
func mustHaveMembers(e *ldap.Entry) bool {
	return slices.ContainsFunc(values(e, attrObjectClass), func(class string) bool {
		return strings.EqualFold(class, "groupOfNames") || strings.EqualFold(class, "groupOfUniqueNames")
	})
}
