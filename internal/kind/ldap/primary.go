package ldap

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/go-ldap/ldap/v3"
)

// In Active Directory every person has a primary group, which is neither in the
// members of that group nor in the groups of the person: it is the number
// primaryGroupID, with which the security identifier of the group ends.

// sidHead is what a security identifier begins with: a revision, the number of
// its parts of 4 bytes, and who issued it.
const sidHead = 8

// sidOf returns the security identifier of an entry; "" if it shows none.
func sidOf(e *ldap.Entry) string {
	for _, sid := range rawValues(e, attrSID) {
		if len(sid) > sidHead && len(sid) == sidHead+4*int(sid[1]) {
			return string(sid)
		}
	}
	return ""
}

// ridOf returns the last part of a security identifier, which is unique in its
// domain.
func ridOf(sid string) string {
	return strconv.FormatUint(uint64(binary.LittleEndian.Uint32([]byte(sid[len(sid)-4:]))), 10)
}

// primaryOf returns the security identifier of a person's primary group; "" if
// the entry does not show one.
func primaryOf(e *ldap.Entry) string {
	sid := sidOf(e)
	rid, err := strconv.ParseUint(value(e, attrPrimary), 10, 32)
	if sid == "" || err != nil || rid == 0 {
		return ""
	}
	return string(binary.LittleEndian.AppendUint32([]byte(sid[:len(sid)-4]), uint32(rid)))
}

// defaultPrimaryGroups are the default primary groups of a domain: Domain Users and
// Domain Guests. They have members, but they are not teams of a person, because
// everybody is in one of them: they would be proposed as successors, and agree with all
// evidence.
var defaultPrimaryGroups = []string{"513", "514"}

// teamByPrimary returns the security identifier of a person's primary group if
// that group is a team of the person; "" otherwise.
func teamByPrimary(e *ldap.Entry) string {
	sid := primaryOf(e)
	if sid == "" || slices.Contains(defaultPrimaryGroups, ridOf(sid)) {
		return ""
	}
	return sid
}

// sidFilter returns the filter for the entry with a security identifier.
func sidFilter(sid string) string {
	var b strings.Builder
	for _, c := range []byte(sid) {
		b.WriteString(`\` + hex.EncodeToString([]byte{c}))
	}
	return "(" + attrSID + "=" + b.String() + ")"
}

// primaryTeam returns the id of the primary group of a person: nothing if it is
// not among the groups that are read.
func (s *System) primaryTeam(ctx context.Context, e *ldap.Entry) (string, error) {
	sid := teamByPrimary(e)
	if sid == "" {
		return "", nil
	}
	return s.teams.Get(ctx, sid, func(ctx context.Context) (string, error) {
		found, err := s.subtree(ctx, s.groupsIn, "(&"+s.profile.groupFilter+sidFilter(sid)+")", []string{s.profile.groupID})
		if err != nil || len(found) == 0 {
			return "", err
		}
		return value(found[0], s.profile.groupID), nil
	})
}

// addPrimary adds all people whose primary group is one of those given.
func (s *System) addPrimary(ctx context.Context, groups []*ldap.Entry, to *tally) error {
	if len(groups) == 0 {
		return nil
	}
	if err := s.showsPrimary(ctx); err != nil {
		return err
	}
	wanted, rids := make(map[string]bool), []string(nil)
	for _, e := range groups {
		sid := sidOf(e)
		if sid == "" {
			return s.unavailable(fmt.Sprintf("The directory %q does not show the attribute %s of the group %q, by which people refer to their primary group.", s.config.Name, attrSID, s.shown(e.DN)),
				adviceRights, nil)
		}
		wanted[sid] = true
		rids = append(rids, ridOf(sid))
	}
	for chunk := range slices.Chunk(rids, perRequest) {
		filter := "(&" + s.profile.peopleFilter + anyOf(chunk, []string{attrPrimary}) + ")"
		if err := s.addPeople(ctx, filter, func(e *ldap.Entry) bool { return wanted[primaryOf(e)] }, to); err != nil {
			return err
		}
	}
	return nil
}

// showsPrimary checks once that the directory shows the primary group of at least
// one person. Without the right to read it, no person seems to have one.
func (s *System) showsPrimary(ctx context.Context) error {
	_, err := s.primaries.Get(ctx, "", func(ctx context.Context) (struct{}, error) {
		users := "(&(objectClass=user)" + s.profile.peopleFilter
		some, err := s.hasEntry(ctx, s.bases, users+"("+attrPrimary+"=*)("+attrSID+"=*))")
		if some || err != nil {
			return struct{}{}, err
		}
		if some, err = s.hasEntry(ctx, s.bases, users+")"); !some || err != nil {
			return struct{}{}, err
		}
		return struct{}{}, s.unavailable(fmt.Sprintf("The directory %q does not show the attributes %s and %s of people, so the members of a primary group are unknown.", s.config.Name, attrPrimary, attrSID),
			adviceRights, nil)
	})
	return err
}

// inside returns the groups that are in a group, also through others, and the
// group itself.
func (s *System) inside(ctx context.Context, group *ldap.Entry) ([]*ldap.Entry, error) {
	found, err := s.subtree(ctx, slices.Concat(s.groupsIn, s.bases), "(&(objectCategory=group)(memberOf:"+inChain+":="+ldap.EscapeFilter(group.DN)+"))", []string{attrSID})
	if err != nil {
		return nil, err
	}
	at := foldDN(group.DN)
	found = slices.DeleteFunc(found, func(e *ldap.Entry) bool { return foldDN(e.DN) == at })
	return append(found, group), nil
}

// addPrimaryMemberships adds the people with a primary group to its members.
func (c *directoryIndex) addPrimaryMemberships(groups, people []*ldap.Entry) {
	inside := make(map[string][]*ldap.Entry)
	for _, e := range people {
		if sid := primaryOf(e); sid != "" {
			inside[sid] = append(inside[sid], e)
		}
	}
	for _, e := range groups {
		id, at := value(e, c.s.profile.groupID), foldDN(e.DN)
		for _, person := range inside[sidOf(e)] {
			name := foldDN(person.DN)
			if teamByPrimary(person) != "" {
				c.teams[name] = append(c.teams[name], id)
			}
			if member, counts := c.member(name); counts {
				c.members[at] = append(c.members[at], member)
			}
		}
	}
}
