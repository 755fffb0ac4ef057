package scim

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

// everyKey returns the keys of everybody, in small letters.
func everyKey(t *testing.T, s *System) string {
	t.Helper()
	var keys []string
	for e, err := range s.ListPeople(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		for _, key := range e.Keys {
			keys = append(keys, system.Fold(key))
		}
	}
	slices.Sort(keys)
	return strings.Join(slices.Compact(keys), " ")
}

// ListPeople takes the pages of two lists, and single reads behind it nothing.
func TestListTakesPages(t *testing.T) {
	f := newFake(t)
	f.users, f.groups = many(200), []resource{group("g", in("u0001", "User"))}
	c := f.config()
	c.PageSize = 50
	s := mustNew(t, c)
	if keys := strings.Fields(everyKey(t, s)); len(keys) < 200*3 {
		t.Errorf("%d keys", len(keys))
	}
	// Pages overlap by an entry, and the server is asked what it knows.
	if n := len(f.take()); n > 5+1+1+1 {
		t.Errorf("%d requests", n)
	}
	for _, key := range []string{"u0000", "name-u0199", "u0007@example.org", "nobody"} {
		if found, err := s.Person(t.Context(), key); err != nil || len(found) == 0 != (key == "nobody") {
			t.Errorf("Person(%q) = %+v, %v", key, found, err)
		}
	}
	if asked := f.take(); len(asked) != 0 {
		t.Errorf("asked for %q behind the list", asked)
	}
}

// What only a closer look tells apart is not listed, nor is what shares a name
// with it.
func TestUnclearEntriesAreNotListed(t *testing.T) {
	f := newFake(t)
	u := func(id, name string, more resource) {
		r := resource{"id": id, "userName": name, "active": true}
		for k, v := range more {
			r[k] = v
		}
		f.users = append(f.users, r)
	}
	u("1", "ann", nil)
	u("2", "bob", resource{"x": resource{"last": "soon"}, "emails": []any{resource{"value": "desk@example.org"}}})
	u("3", "cam", resource{"emails": []any{resource{"value": "desk@example.org"}}})
	u("ab", "dan", nil)
	u("AB", "eve", nil)
	u("xY", "fay", nil)
	u("7", "1", nil)
	c := f.config()
	c.EndDateAttribute, c.PageSize = "x.last", 100
	s := mustNew(t, c)
	if got := everyKey(t, s); got != "3 7 ann cam fay" {
		t.Errorf("listed by %q", got)
	}
	for key, want := range map[string]int{"1": 2, "ab": 2, "xY": 1, "dan": 1} {
		if found, err := s.Person(t.Context(), key); err != nil || len(found) != want {
			t.Errorf("Person(%q) = %+v, %v; want %d", key, found, err, want)
		}
	}
}

// A server that does not show a whole list may answer single questions.
func TestContradictoryListIsNotUsed(t *testing.T) {
	b := newFake(t)
	b.users = many(20)
	way := newBetween(t, b.config().URL)
	way.spoil = rewrite(func(o resource) {
		if n, _ := o["totalResults"].(float64); n > 10 {
			o["totalResults"] = 99
		}
	})
	c := b.config()
	c.URL = way.URL + "/scim/v2"
	var last error
	for _, last = range mustNew(t, c).ListPeople(t.Context()) {
		continue
	}
	systemtest.WantUnavailable(t, 0, last)
	if !errors.Is(last, system.ErrCannotList) {
		t.Errorf("got %v", last)
	}
}
