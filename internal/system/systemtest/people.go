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
func crew() Seed {
	return Seed{People: []lifecycle.Person{
		{
			ID: "1001", Email: "ann@example.org", Username: "ann", Name: "Ann Archer", Kind: lifecycle.KindEmployee,
			Status: lifecycle.PersonActive, Manager: "1002", Teams: []string{"t-pay"}, EndDate: endOf(day(2027, 6, 30)),
		},
		{ID: "1002", Email: "bob@example.org", Username: "bob", Kind: lifecycle.KindContractor, Status: lifecycle.PersonLeft, Teams: []string{"t-core"}},
		{ID: "1003", Email: "cam@example.org", Username: "cam", Kind: lifecycle.KindEmployee, Status: lifecycle.PersonActive, Teams: []string{"t-core", "t-pay"}},
		{ID: "t-pay", Name: "Payments", Kind: lifecycle.KindTeam, Status: lifecycle.PersonActive},
		{ID: "t-core", Name: "Core", Kind: lifecycle.KindTeam, Status: lifecycle.PersonActive, Teams: []string{"t-pay"}},
		{ID: "t-empty", Name: "Empty", Kind: lifecycle.KindTeam, Status: lifecycle.PersonActive},
	}}
}

// People holds a kind of system to what the capability People promises.
func People(t *testing.T, h Harness) {
	open := func(t *testing.T, m Make, seed Seed) system.People {
		t.Helper()
		s, ok := system.AsPeople(m(t, seed))
		if !ok {
			t.Fatal("the system does not claim to know people")
		}
		return s
	}
	get := func(t *testing.T, s system.People, key string) []lifecycle.Person {
		t.Helper()
		found, err := s.Person(t.Context(), key)
		if err != nil {
			t.Fatalf("Person(%q): %v", key, err)
		}
		return found
	}
	t.Run("present by every key", func(t *testing.T) {
		s := open(t, h.Healthy, crew())
		want := crew().People[0]
		want.Directory = s.Name()
		for _, key := range []string{"1001", "ann@example.org", "ANN@Example.Org", "ann", "Ann", " ann "} {
			found := get(t, s, key)
			if len(found) != 1 {
				t.Fatalf("Person(%q): %d entries, want 1", key, len(found))
			}
			got := found[0]
			got.Source = ""
			if !reflect.DeepEqual(got, want) {
				t.Errorf("Person(%q)\ngot  %+v\nwant %+v", key, got, want)
			}
		}
	})
	t.Run("absent", func(t *testing.T) {
		s := open(t, h.Healthy, crew())
		// The Kelvin sign and the dotted capital I fold to ASCII letters in
		// Unicode; nobody may pass for somebody else that way.
		for _, key := range append([]string{"", "100", "10011", "ann@example", "Ann Archer", "an\u0578", "b\u00f6b"}, hostile...) {
			if found := get(t, s, key); len(found) != 0 {
				t.Errorf("Person(%q) = %+v, want none", key, found)
			}
		}
	})
	t.Run("look-alikes", func(t *testing.T) {
		s := open(t, h.Healthy, Seed{People: []lifecycle.Person{
			{ID: "1", Username: "kim", Kind: lifecycle.KindEmployee, Status: lifecycle.PersonActive},
		}})
		for _, key := range []string{"\u212aim", "k\u0130m", "k\u0131m", "ki\u217f"} {
			if found := get(t, s, key); len(found) != 0 {
				t.Errorf("Person(%q) = %+v, want none", key, found)
			}
		}
	})
	t.Run("ambiguous", func(t *testing.T) {
		seed := crew()
		seed.People = append(seed.People, lifecycle.Person{
			ID: "2001", Email: "other@example.org", Username: "ANN", Kind: lifecycle.KindEmployee, Status: lifecycle.PersonActive,
		})
		if found := get(t, open(t, h.Healthy, seed), "ann"); len(found) != 2 {
			t.Errorf("%d entries, want both", len(found))
		}
	})
	t.Run("unicode", func(t *testing.T) {
		s := open(t, h.Healthy, Seed{People: []lifecycle.Person{
			{ID: "J\u00dcRGEN", Name: "Jürgen Groß 🔑", Kind: lifecycle.KindEmployee, Status: lifecycle.PersonActive},
		}})
		if found := get(t, s, "j\u00fcrgen"); len(found) != 1 || found[0].Name != "Jürgen Groß 🔑" {
			t.Errorf("got %+v", found)
		}
	})
	t.Run("members", func(t *testing.T) {
		s := open(t, h.Healthy, crew())
		for team, want := range map[string][]string{
			"t-pay": {"1001", "1002", "1003"}, "t-core": {"1002", "1003"}, "t-empty": nil, "t-none": nil, "*": nil,
		} {
			found, err := s.Members(t.Context(), team)
			if err != nil {
				t.Fatal(err)
			}
			var ids []string
			for _, p := range found {
				ids = append(ids, p.ID)
			}
			slices.Sort(ids)
			if ids = slices.Compact(ids); !slices.Equal(ids, want) {
				t.Errorf("Members(%q) = %v, want %v", team, ids, want)
			}
		}
	})
	t.Run("cancelled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		found, err := open(t, h.Healthy, crew()).Person(ctx, "ann")
		wantCancelled(t, len(found), err)
	})
	for name, broken := range h.Broken {
		t.Run("unavailable: "+name, func(t *testing.T) {
			s := open(t, broken, crew())
			for _, key := range []string{"ann", "nobody"} {
				found, err := s.Person(t.Context(), key)
				WantUnavailable(t, len(found), err)
			}
			found, err := s.Members(t.Context(), "t-pay")
			WantUnavailable(t, len(found), err)
		})
	}
}

// Tasks holds a kind of system to what the capability Tasks promises.
func Tasks(t *testing.T, h Harness) {
	seed := Seed{Tasks: map[string][]lifecycle.Task{
		"APP-1": {
			{ID: "17", Kind: lifecycle.TaskOffboarding, Due: endOf(day(2026, 5, 1)), URL: "https://desk.example.org/17"},
			{ID: "18", Kind: lifecycle.TaskDecommission},
		},
		"APP-2": {{ID: "19", Kind: lifecycle.TaskReassignment}},
	}}
	open := func(t *testing.T, m Make) system.Tasks {
		t.Helper()
		s, ok := system.AsTasks(m(t, seed))
		if !ok {
			t.Fatal("the system does not claim to read tasks")
		}
		return s
	}
	t.Run("present", func(t *testing.T) {
		s := open(t, h.Healthy)
		for asset, want := range seed.Tasks {
			if found, err := s.Tasks(t.Context(), asset); err != nil || !reflect.DeepEqual(found, want) {
				t.Errorf("Tasks(%q) = %+v, %v; want %+v", asset, found, err, want)
			}
		}
	})
	t.Run("absent", func(t *testing.T) {
		s := open(t, h.Healthy)
		for _, asset := range append([]string{"", "APP-3", "app-1"}, hostile...) {
			if found, err := s.Tasks(t.Context(), asset); err != nil || len(found) != 0 {
				t.Errorf("Tasks(%q) = %+v, %v; want none", asset, found, err)
			}
		}
	})
	t.Run("cancelled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		found, err := open(t, h.Healthy).Tasks(ctx, "APP-1")
		wantCancelled(t, len(found), err)
	})
	for name, broken := range h.Broken {
		t.Run("unavailable: "+name, func(t *testing.T) {
			s := open(t, broken)
			for _, asset := range []string{"APP-1", "APP-9"} {
				found, err := s.Tasks(t.Context(), asset)
				WantUnavailable(t, len(found), err)
			}
		})
	}
}
