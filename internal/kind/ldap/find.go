package ldap

import (
	"context"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/go-ldap/ldap/v3"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// match is an entry that was found.
type match struct {
	dn     string
	entry  *ldap.Entry
	person lifecycle.Person
}

// distinct leaves out entries that were found twice.
func distinct(found []match) []match {
	seen := make(map[string]bool)
	return slices.DeleteFunc(found, func(m match) bool {
		dn := foldDN(m.dn)
		twice := seen[dn]
		seen[dn] = true
		return twice
	})
}

func (s *System) findPeople(ctx context.Context, keys, attributes []string) ([]match, error) {
	filter := "(&" + s.profile.peopleFilter + anyOf(keys, attributes) + ")"
	entries, err := s.subtree(ctx, s.bases, filter, s.profile.personRead)
	if err != nil {
		return nil, err
	}
	return s.matches(ctx, named(entries, keys, attributes), s.person)
}

func (s *System) findGroups(ctx context.Context, keys, attributes []string) ([]match, error) {
	filter := "(&" + s.profile.groupFilter + anyOf(keys, attributes) + ")"
	entries, err := s.subtree(ctx, s.groupsIn, filter, s.profile.groupRead)
	if err != nil {
		return nil, err
	}
	return s.matches(ctx, named(entries, keys, attributes), s.group)
}

func (s *System) matches(ctx context.Context, entries []*ldap.Entry, read func(context.Context, *ldap.Entry) (lifecycle.Person, error)) ([]match, error) {
	var out []match
	for _, e := range entries {
		p, err := read(ctx, e)
		if err != nil {
			return nil, err
		}
		out = append(out, match{dn: e.DN, entry: e, person: p})
	}
	return out, nil
}

// anyOf returns the filter for entries that have one of the keys in one of the
// attributes. Some servers compare two Unicode forms of a text as different.
func anyOf(keys, attributes []string) string {
	var b strings.Builder
	b.WriteString("(|")
	for _, key := range keys {
		for _, spelling := range system.Spellings(key) {
			for _, a := range attributes {
				if value, ok := assertion(a, spelling); ok {
					b.WriteString("(" + a + "=" + value + ")")
				}
			}
		}
	}
	// An empty list matches nothing; some servers do not support it.
	if b.Len() == len("(|") {
		b.WriteString("(!(objectClass=*))")
	}
	b.WriteString(")")
	return b.String()
}

// assertion returns a key in the form of a filter. It reports false if the
// attribute can have no such value.
func assertion(attribute, key string) (string, bool) {
	if !strings.EqualFold(attribute, attrObjectGUID) {
		return ldap.EscapeFilter(key), true
	}
	raw, ok := parseGUID(key)
	if !ok {
		return "", false
	}
	var b strings.Builder
	for _, c := range raw {
		b.WriteString(`\` + hex.EncodeToString([]byte{c}))
	}
	return b.String(), true
}

// named leaves only the entries that have one of the keys in one of the
// attributes, by our own comparison of texts: for many servers a Kelvin sign
// equals a k, and a filter that a server does not understand may find all
// entries.
func named(entries []*ldap.Entry, keys, attributes []string) []*ldap.Entry {
	wanted := make(map[string]bool, len(keys))
	for _, key := range keys {
		wanted[system.Fold(key)] = true
	}
	return slices.DeleteFunc(entries, func(e *ldap.Entry) bool {
		for _, a := range attributes {
			for _, v := range values(e, a) {
				if !system.HasReplacement(v) && wanted[system.Fold(v)] {
					return false
				}
			}
		}
		return true
	})
}

// values returns the values of an attribute, cleaned, without empty ones.
func values(e *ldap.Entry, attribute string) []string {
	if strings.EqualFold(attribute, attrObjectGUID) {
		var out []string
		for _, raw := range rawValues(e, attribute) {
			if text, ok := formatGUID(raw); ok {
				out = append(out, text)
			}
		}
		return out
	}
	var out []string
	for _, v := range e.GetEqualFoldAttributeValues(attribute) {
		if v = clean(v); v != "" {
			out = append(out, v)
		}
	}
	return out
}

func rawValues(e *ldap.Entry, attribute string) [][]byte {
	for _, a := range e.Attributes {
		if strings.EqualFold(a.Name, attribute) {
			return a.ByteValues
		}
	}
	return nil
}

// value returns one value of an attribute: the one that is in the entry's name,
// or else the first in alphabetical order, because the order in which a server
// returns values may change.
func value(e *ldap.Entry, attribute string) string {
	all := values(e, attribute)
	if len(all) < 2 {
		return strings.Join(all, "")
	}
	if dn, err := ldap.ParseDN(e.DN); err == nil && len(dn.RDNs) > 0 {
		for _, part := range dn.RDNs[0].Attributes {
			if strings.EqualFold(part.Type, attribute) && slices.Contains(all, clean(part.Value)) {
				return clean(part.Value)
			}
		}
	}
	return slices.Min(all)
}

// The first three groups of a GUID are stored with their bytes reversed.
var guidOrder = [16]int{3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15}

func formatGUID(raw []byte) (string, bool) {
	if len(raw) != len(guidOrder) {
		return "", false
	}
	var b [16]byte
	for i, at := range guidOrder {
		b[i] = raw[at]
	}
	text := hex.EncodeToString(b[:])
	return strings.Join([]string{text[:8], text[8:12], text[12:16], text[16:20], text[20:]}, "-"), true
}

func parseGUID(text string) ([]byte, bool) {
	if len(text) != 36 || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-' {
		return nil, false
	}
	b, err := hex.DecodeString(strings.ReplaceAll(text, "-", ""))
	if err != nil || len(b) != len(guidOrder) {
		return nil, false
	}
	raw := make([]byte, 16)
	for i, at := range guidOrder {
		raw[at] = b[i]
	}
	return raw, true
}
