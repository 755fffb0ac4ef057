package scim

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// entry is a user or a group.
type entry struct {
	id      string   // as the server writes it
	keys    []string // its other keys, in lower case
	samples []string // its keys as the server writes them, one for each attribute; "" for none
	person  lifecycle.Person
	flaw    string   // why the entry cannot be used, if so
	members []member // of a group
	shown   bool     // whether the group states its members, even if it has none
}

// member is a member of a group.
type member struct {
	id   string // "" if the server does not say
	team int    // is a group: yes, no or perhaps
}

const (
	perhaps = iota
	yes
	no
)

var errNoID = errors.New("an entry has no id")

// readUser turns a resource into an entry.
func (s *System) readUser(o object) (*entry, error) {
	e, err := s.readCommon(o, s.keys)
	if err != nil {
		return nil, err
	}
	p := &e.person
	p.Source = "Users/" + p.ID
	p.Username, p.Email = o.text("userName"), o.text("emails.value")
	if p.Name == "" {
		p.Name = o.text("name.formatted")
	}
	if p.Name == "" {
		p.Name = strings.TrimSpace(o.text("name.givenName") + " " + o.text("name.familyName"))
	}
	if p.Manager = o.text(enterpriseUser + "manager.value"); p.Manager == "" {
		// The name in SCIM 1.1.
		p.Manager = o.text(enterpriseUser + "manager.managerId")
	}
	p.Kind = s.kindOf(o.text(s.config.KindAttribute))
	p.Status, p.StatusText = s.statusOf(o)
	p.Teams = teamsOf(o)
	if s.config.EndDateAttribute != "" {
		date := o.text(s.config.EndDateAttribute)
		if p.EndDate, err = parseDate(date); err != nil {
			e.flaw = fmt.Sprintf("the attribute %s of %s holds %s, which is not a date; accepted: 2027-06-30 and 2027-06-30T23:59:59Z",
				s.config.EndDateAttribute, p.Source, quote(date))
		}
	}
	return e, nil
}

// readGroup turns a resource into an entry.
func (s *System) readGroup(o object) (*entry, error) {
	e, err := s.readCommon(o, groupKeys)
	if err != nil {
		return nil, err
	}
	e.person.Source = "Groups/" + e.person.ID
	e.person.Kind, e.person.Status = lifecycle.KindTeam, lifecycle.PersonActive
	members := o.get("members")
	e.shown = members != nil
	for _, v := range list(members) {
		part := asObject(v)
		m := member{id: pick(raw(part.get("value")), raw(v))}
		kind, ref := raw(part.get("type")), strings.ToLower(raw(part.get("$ref")))
		switch {
		case strings.EqualFold(kind, "group") || kind == "" && strings.Contains(ref, "groups/"):
			m.team = yes
		case strings.EqualFold(kind, "user") || kind == "" && strings.Contains(ref, "users/"):
			m.team = no
		}
		e.members = append(e.members, m)
	}
	return e, nil
}

func (s *System) readCommon(o object, keys []attribute) (*entry, error) {
	e := &entry{id: raw(o.get("id"))}
	e.person = lifecycle.Person{Directory: s.config.Name, ID: system.Clean(e.id), Name: o.text("displayName")}
	if e.person.ID == "" {
		return nil, errNoID
	}
	e.samples = make([]string, len(keys))
	for i, key := range keys {
		for _, v := range o.at(key.path) {
			value := raw(v)
			// A value that cannot be a key, for instance with white space at its ends, is
			// ignored.
			if usableKey, ok := system.UsableKey(value); !ok || usableKey != value {
				continue
			}
			e.samples[i] = value
			if folded := system.Fold(value); !slices.Contains(e.keys, folded) {
				e.keys = append(e.keys, folded)
			}
		}
	}
	return e, nil
}

// named reports whether a key names the entry.
func (e *entry) named(key string) bool {
	return slices.Contains(e.keys, system.Fold(key)) || slices.Contains(spellings(key), e.id)
}

// spellings returns the ids that a key may mean. Ids are case-sensitive (RFC 7643
// section 3.1), and a server finds an id only in its exact case; so a key in
// another case may only mean the id in lower case or in upper case. Every Unicode
// form of a key is the same key.
func spellings(key string) []string {
	var out []string
	for _, form := range system.Spellings(key) {
		for _, other := range []string{form, lifecycle.Lower(form), strings.ToUpper(form)} {
			if system.Fold(other) == system.Fold(key) && !slices.Contains(out, other) {
				out = append(out, other)
			}
		}
	}
	return out
}

// kindOf reads the kind of a person. Without a word, a user is an employee; the
// kind of a word that is not mapped is not stated.
func (s *System) kindOf(word string) lifecycle.OwnerKind {
	if word == "" {
		return lifecycle.KindEmployee
	}
	return s.kinds[system.Fold(word)]
}

// statusOf reads the status of the person.
func (s *System) statusOf(o object) (lifecycle.OwnerStatus, string) {
	switch word := o.text("active"); strings.ToLower(word) {
	case "true":
		return lifecycle.PersonActive, ""
	case "false":
		return s.dormant, ""
	default:
		return lifecycle.PersonUnknown, word
	}
}

// teamsOf returns the ids of the groups in the entry of a user, without those
// that are reached through another group.
func teamsOf(o object) []string {
	var out []string
	for _, v := range list(o.get("groups")) {
		part := asObject(v)
		id := system.Clean(pick(raw(part.get("value")), raw(v)))
		if id != "" && !strings.EqualFold(raw(part.get("type")), "indirect") {
			out = append(out, id)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

var errDate = errors.New("not a date")

// parseDate reads a day, which lasts to its end, or an instant, which is in UTC
// if no zone is named.
func parseDate(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.DateOnly, s)
	if err == nil {
		t = t.Add(24*time.Hour - time.Second)
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05-0700", "2006-01-02T15:04:05"} {
		if err != nil {
			t, err = time.Parse(layout, s)
		}
	}
	t = t.UTC().Truncate(time.Second)
	if err != nil || t.Year() < 1970 || t.Year() > 9999 {
		return time.Time{}, errDate
	}
	return t, nil
}
