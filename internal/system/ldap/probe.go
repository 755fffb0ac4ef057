package ldap

import (
	"context"
	"fmt"
	"slices"

	"github.com/go-ldap/ldap/v3"
)

// open checks once that what comes back empty from now on is empty: that every
// base is there and can be read, that somebody with the id attribute can be
// found, and that the keys of probe resolve.
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
	for _, key := range s.config.Probe {
		key, _ = usable(key)
		found, err := s.find(ctx, []string{key}, false)
		if err != nil {
			return err
		}
		if len(found) == 0 {
			return s.unavailable(fmt.Sprintf("The directory %q does not find %q, which probe says is there. The account may see less than it did.", s.config.Name, key),
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
		return s.unavailable(fmt.Sprintf("The directory %q calls the entry %q by another name: %q.", s.config.Name, base.text, clean(found[0].DN)),
			"Write the name as the directory does.", nil)
	}
	return nil
}

// noAttributes asks for entries without any (RFC 4511 section 4.5.1.8).
const noAttributes = "1.1"

func (s *System) checkAnybody(ctx context.Context) error {
	filter := "(&" + s.profile.peopleFilter + "(" + s.profile.id + "=*))"
	for _, base := range s.bases {
		found, err := s.search(ctx, query{base: base.text, scope: ldap.ScopeWholeSubtree, filter: filter, read: []string{s.profile.id}, first: true})
		if err != nil {
			return err
		}
		if len(found) > 0 && len(found[0].GetEqualFoldAttributeValues(s.profile.id)) > 0 {
			return nil
		}
	}
	return s.unavailable(fmt.Sprintf("The directory %q shows nobody who has the attribute %s: a look-up would find nobody, whoever it is for.", s.config.Name, s.profile.id),
		"Correct base_dn, people_filter or id_attribute. If they are right, the account lacks the right to search: "+adviceRights, nil)
}
