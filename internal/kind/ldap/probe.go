package ldap

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/go-ldap/ldap/v3"

	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// open checks once that empty answers can be trusted: that every base exists
// and can be read, that at least one person can be found by the searched
// attributes, and that the keys of probe resolve.
func (s *System) open(ctx context.Context) error {
	_, err := s.opened.Get(ctx, "", func(ctx context.Context) (struct{}, error) {
		return struct{}{}, s.check(ctx)
	})
	return err
}

func (s *System) check(ctx context.Context) error {
	bases := slices.Concat(s.bases, s.groupsIn, s.leftIn, s.policyAt)
	asked := make(map[string]bool)
	for _, base := range bases {
		if dn := foldDN(base.text); !asked[dn] {
			asked[dn] = true
			if err := s.checkBase(ctx, base); err != nil {
				return err
			}
		}
	}
	if err := s.checkAnybody(ctx); err != nil {
		return err
	}
	if err := s.checkGroups(ctx); err != nil {
		return err
	}
	for _, key := range s.config.Probe {
		key, _ = system.UsableKey(key)
		found, err := s.find(ctx, []string{key}, false)
		if err != nil {
			return err
		}
		if len(found) == 0 {
			return s.unavailable(fmt.Sprintf("The directory %q does not find %q, which probe lists. The account may see less than before.", s.config.Name, key),
				adviceRights, nil)
		}
	}
	return nil
}

func (s *System) checkBase(ctx context.Context, base branch) error {
	found, err := s.search(ctx, query{base: base.text, scope: ldap.ScopeBaseObject, filter: "(objectClass=*)", read: []string{noAttributes}})
	if err != nil {
		return err
	}
	if len(found) != 1 {
		return s.unavailable(fmt.Sprintf("The directory %q does not show the entry %q.", s.config.Name, base.text), adviceRights, nil)
	}
	// Other spellings of the same name, such as organizationalUnitName for ou,
	// would keep entries from being recognised as being below it.
	if dn, err := ldap.ParseDN(found[0].DN); err != nil || !dn.EqualFold(base.dn) {
		return s.unavailable(fmt.Sprintf("The directory %q calls the entry %q by another name: %q.", s.config.Name, base.text, s.shown(found[0].DN)),
			"Write the name as the directory does.", nil)
	}
	return nil
}

// noAttributes requests entries without attributes (RFC 4511 section 4.5.1.8).
const noAttributes = "1.1"

// checkAnybody searches for at least one person, by the attributes of look-ups.
func (s *System) checkAnybody(ctx context.Context) error {
	p, c := &s.profile, &s.config
	return s.checkSearch(ctx, attributes(p.personKeys, []string{c.ManagerAttribute, c.KindAttribute, c.StatusAttribute, c.EndDateAttribute, c.TeamsAttribute}))
}

// checkSearch looks for anybody at all by some attributes.
func (s *System) checkSearch(ctx context.Context, searched []string) error {
	p, c := &s.profile, &s.config
	people := "(&" + p.peopleFilter + "(" + p.id + "=*)"
	found, err := s.hasEntry(ctx, s.bases, people+answerable(searched...)+")")
	if found || err != nil {
		return err
	}
	if found, err = s.hasEntry(ctx, s.bases, people+")"); err != nil {
		return err
	}
	if found {
		return s.unanswerable(ctx, s.bases, people, searched)
	}
	return s.unavailable(fmt.Sprintf("The directory %q shows no person with the attribute %s, so every look-up would find nobody.", c.Name, p.id),
		"Correct base_dn, people_filter or id_attribute. If they are right, the account lacks the right to search: "+adviceRights, nil)
}

// checkGroups does the same for groups. A directory may have no groups.
func (s *System) checkGroups(ctx context.Context) error {
	groups := "(&" + s.profile.groupFilter
	searched := attributes(s.profile.groupKeys[:1], []string{s.profile.member})
	found, err := s.hasEntry(ctx, s.groupsIn, groups+answerable(searched...)+")")
	if found || err != nil {
		return err
	}
	if found, err = s.hasEntry(ctx, s.groupsIn, groups+")"); !found || err != nil {
		return err
	}
	return s.unanswerable(ctx, s.groupsIn, groups, searched)
}

// answerable returns the filter for entries that have or do not have the
// attributes. If the server does not know an attribute, or the account may not
// search it, neither is true (RFC 4511 section 4.5.1.7), and a look-up by it
// would find nobody without an error.
func answerable(names ...string) string {
	var b strings.Builder
	for _, a := range names {
		b.WriteString("(|(" + a + "=*)(!(" + a + "=*)))")
	}
	return b.String()
}

// unanswerable says which attribute prevents a search from finding existing
// entries.
func (s *System) unanswerable(ctx context.Context, bases []branch, begun string, searched []string) error {
	for _, a := range searched {
		found, err := s.hasEntry(ctx, bases, begun+answerable(a)+")")
		if err != nil {
			return err
		}
		if !found {
			return s.unavailable(fmt.Sprintf("The directory %q does not know the attribute %s, or does not let the account search it: a look-up by it would find nobody.", s.config.Name, a),
				"Correct the name of the attribute in the block of the system. If it is right: "+adviceRights, nil)
		}
	}
	return s.unavailable(fmt.Sprintf("The directory %q does not let the account search all of %s on the same entry.", s.config.Name, strings.Join(searched, ", ")),
		adviceRights, nil)
}

// hasEntry reports whether a filter finds anything in one of the bases.
func (s *System) hasEntry(ctx context.Context, bases []branch, filter string) (bool, error) {
	for _, base := range bases {
		found, err := s.search(ctx, query{base: base.text, scope: ldap.ScopeWholeSubtree, filter: filter, read: []string{noAttributes}, first: true})
		if len(found) > 0 || err != nil {
			return err == nil, err
		}
	}
	return false, nil
}
