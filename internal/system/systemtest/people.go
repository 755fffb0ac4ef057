package systemtest

import (
	"context"
	"reflect"
	"slices"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// crew is a small directory: two people, a team inside a team, a leaver.
func crew() []lifecycle.Person {
	return []lifecycle.Person{
		{
			ID: "1001", Email: "ann@example.org", Username: "ann", Name: "Ann Archer", Kind: lifecycle.KindEmployee,
			Status: lifecycle.PersonActive, Manager: "1002", Teams: []string{"t-pay"}, EndDate: endOf(day(2027, 6, 30)),
		},
		{ID: "1002", Email: "bob@example.org", Username: "bob", Kind: lifecycle.KindContractor, Status: lifecycle.PersonLeft, Teams: []string{"t-core"}},
		{ID: "1003", Email: "cam@example.org", Username: "cam", Kind: lifecycle.KindEmployee, Status: lifecycle.PersonActive, Teams: []string{"t-core", "t-pay"}},
		{ID: "t-pay", Name: "Payments", Kind: lifecycle.KindTeam, Status: lifecycle.PersonActive},
		{ID: "t-core", Name: "Core", Kind: lifecycle.KindTeam, Status: lifecycle.PersonActive, Teams: []string{"t-pay"}},
		{ID: "t-empty", Name: "Empty", Kind: lifecycle.KindTeam, Status: lifecycle.PersonActive},
	}
}

// People checks that a kind of system keeps the contract of the capability
// People.
func People(t *testing.T, h Harness) {
	p := peopleSuite{h}
	t.Run("present by every key", p.present)
	t.Run("absent", p.absent)
	t.Run("look-alikes", p.similarKeys)
	t.Run("ambiguous", p.ambiguous)
	t.Run("unicode", p.unicode)
	t.Run("members", p.members)
	t.Run("cancelled", p.cancelled)
	for name, broken := range h.Broken {
		t.Run("unavailable: "+name, func(t *testing.T) { p.unavailable(t, broken) })
	}
}

type peopleSuite struct{ h Harness }

func (p peopleSuite) open(t *testing.T, m Make, people ...lifecycle.Person) system.People {
	t.Helper()
	s, ok := system.AsPeople(m(t, Seed{People: people}))
	if !ok {
		t.Fatal("the system does not claim to know people")
	}
	return s
}

// get returns the entries that a key names and fails unless there are n.
func (p peopleSuite) get(t *testing.T, s system.People, key string, n int) []lifecycle.Person {
	t.Helper()
	found, err := s.Person(t.Context(), key)
	if err != nil || len(found) != n {
		t.Fatalf("Person(%q) = %+v, %v; want %d entries", key, found, err, n)
	}
	return found
}

func (p peopleSuite) present(t *testing.T) {
	s := p.open(t, p.h.Healthy, crew()...)
	want := crew()[0]
	want.Directory = s.Name()
	for _, key := range []string{"1001", "ann@example.org", "ANN@Example.Org", "ann", "Ann", " ann "} {
		got := p.get(t, s, key, 1)[0]
		got.Source = ""
		if !reflect.DeepEqual(got, want) {
			t.Errorf("Person(%q)\ngot  %+v\nwant %+v", key, got, want)
		}
	}
}

func (p peopleSuite) absent(t *testing.T) {
	s := p.open(t, p.h.Healthy, crew()...)
	for _, key := range append([]string{"", "100", "10011", "ann@example", "Ann Archer", "an\u0578", "b\u00f6b"}, hostile...) {
		p.get(t, s, key, 0)
	}
}

// similarKeys looks up keys with letters that Unicode folds to ASCII letters,
// or that look like them: they must not find another person.
func (p peopleSuite) similarKeys(t *testing.T) {
	s := p.open(t, p.h.Healthy, lifecycle.Person{ID: "1", Username: "kim", Kind: lifecycle.KindEmployee, Status: lifecycle.PersonActive})
	for _, key := range []string{"\u212aim", "k\u0130m", "k\u0131m", "ki\u217f", "\u043aim"} {
		p.get(t, s, key, 0)
	}
}

func (p peopleSuite) ambiguous(t *testing.T) {
	p.get(t, p.open(t, p.h.Healthy, append(crew(), lifecycle.Person{
		ID: "2001", Email: "other@example.org", Username: "ANN", Kind: lifecycle.KindEmployee, Status: lifecycle.PersonActive,
	})...), "ann", 2)
}

// unicode checks that a name is the same in every Unicode form, in the key and in
// the system.
func (p peopleSuite) unicode(t *testing.T) {
	s := p.open(t, p.h.Healthy,
		lifecycle.Person{ID: "J\u00dcRGEN", Name: "Jürgen Groß 🔑", Kind: lifecycle.KindEmployee, Status: lifecycle.PersonActive},
		lifecycle.Person{ID: "Jose\u0301", Name: "José", Kind: lifecycle.KindEmployee, Status: lifecycle.PersonActive},
	)
	for _, key := range []string{"j\u00fcrgen", "ju\u0308rgen", "JU\u0308RGEN"} {
		if got := p.get(t, s, key, 1)[0]; got.Name != "Jürgen Groß 🔑" {
			t.Errorf("Person(%q) = %+v", key, got)
		}
	}
	for _, key := range []string{"Jos\u00e9", "Jose\u0301"} {
		if got := p.get(t, s, key, 1)[0]; got.Name != "José" {
			t.Errorf("Person(%q) = %+v", key, got)
		}
	}
	p.get(t, s, "Jose", 0)
}

func (p peopleSuite) members(t *testing.T) {
	s := p.open(t, p.h.Healthy, crew()...)
	for team, want := range map[string][]string{
		"t-pay": {"1001", "1002", "1003"}, "t-core": {"1002", "1003"}, "t-empty": nil, "t-none": nil, "*": nil,
	} {
		found, err := s.Members(t.Context(), team)
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, person := range found {
			ids = append(ids, person.ID)
		}
		slices.Sort(ids)
		if !slices.Equal(ids, want) {
			t.Errorf("Members(%q) = %v, want %v", team, ids, want)
		}
	}
}

func (p peopleSuite) cancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	found, err := p.open(t, p.h.Healthy, crew()...).Person(ctx, "ann")
	wantCancelled(t, len(found), err)
}

func (p peopleSuite) unavailable(t *testing.T, broken Make) {
	s := p.open(t, broken, crew()...)
	for _, key := range []string{"ann", "nobody"} {
		found, err := s.Person(t.Context(), key)
		WantUnavailable(t, len(found), err)
	}
	found, err := s.Members(t.Context(), "t-pay")
	WantUnavailable(t, len(found), err)
}
