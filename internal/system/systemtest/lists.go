package systemtest

import (
	"context"
	"iter"
	"reflect"
	"slices"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// Lists checks that a system.Lister keeps its contract: for every capability
// that it lists, the list and single reads agree.
func Lists(t *testing.T, h Harness, caps ...system.Capability) {
	for _, c := range caps {
		t.Run(string(c), func(t *testing.T) {
			open := func(t *testing.T, m Make, seed Seed) system.System {
				t.Helper()
				s := m(t, seed)
				if l := system.ListingOf(s, c); l.PageSize <= 0 || l.Count < 0 {
					t.Fatalf("the system does not say that it lists: %+v", l)
				}
				return s
			}
			switch c {
			case system.CanReadAssets:
				listOfAssets(t, h, open)
			case system.CanReadPeople:
				listOfPeople(t, h, open)
			case system.CanReadTasks:
				listOfTasks(t, h, open)
			}
		})
	}
}

type opener func(t *testing.T, m Make, seed Seed) system.System

// all reads a list to its end.
func all[T any](t *testing.T, list iter.Seq2[T, error]) []T {
	t.Helper()
	var out []T
	for entry, err := range list {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, entry)
	}
	return out
}

// failing reads the lists of every broken system, and one whose context ended.
func failing[T any](t *testing.T, h Harness, open opener, seed Seed, list func(context.Context, system.System) iter.Seq2[T, error]) {
	last := func(ctx context.Context, s system.System) (err error) {
		for _, e := range list(ctx, s) {
			if err != nil {
				t.Error("something follows after an error")
			}
			err = e
		}
		return err
	}
	for name, broken := range h.Broken {
		t.Run("unavailable: "+name, func(t *testing.T) { WantUnavailable(t, 0, last(t.Context(), open(t, broken, seed))) })
	}
	t.Run("cancelled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		wantCancelled(t, 0, last(ctx, open(t, h.Healthy, seed)))
	})
}

func listOfAssets(t *testing.T, h Harness, open opener) {
	seed := Seed{Records: []lifecycle.Record{fullRecord(), {ID: "APP-2"}, {ID: "APP-3", Owners: []string{"ann@example.org", "bob@example.org"}}}}
	t.Run("as single reads", func(t *testing.T) {
		s, ok := system.AsAssets(open(t, h.Healthy, seed))
		if !ok {
			t.Fatal("the system does not claim to read assets")
		}
		listed := make(map[string][]lifecycle.Record)
		for _, r := range all(t, s.Assets(t.Context())) {
			listed[r.ID] = append(listed[r.ID], r)
		}
		if len(listed) != len(seed.Records) {
			t.Errorf("%d assets listed, want %d", len(listed), len(seed.Records))
		}
		for _, r := range seed.Records {
			found, err := s.Asset(t.Context(), r.ID)
			if err != nil || !reflect.DeepEqual(found, listed[r.ID]) {
				t.Errorf("%s: %v\nread   %+v\nlisted %+v", r.ID, err, found, listed[r.ID])
			}
		}
	})
	failing(t, h, open, seed, func(ctx context.Context, s system.System) iter.Seq2[lifecycle.Record, error] {
		return s.(system.Assets).Assets(ctx) //nolint:errcheck // open has made sure
	})
}

func listOfPeople(t *testing.T, h Harness, open opener) {
	t.Run("as single reads", func(t *testing.T) {
		s := open(t, h.Healthy, Seed{People: crew()}).(system.PeopleLister) //nolint:errcheck // open has made sure
		listed := all(t, s.ListPeople(t.Context()))
		completeTeams(t, s, listed)
		byID := make(map[string]system.Entry, len(listed))
		for _, e := range listed {
			byID[e.Person.ID] = e
		}
		if want := len(crew()) + h.Others; len(listed) != want || len(byID) != len(listed) {
			t.Errorf("%d entries listed, want %d", len(listed), want)
		}
		for _, e := range listed {
			for _, key := range e.Keys {
				if key == "" {
					continue
				}
				found, err := s.Person(t.Context(), key)
				if err != nil || len(found) != namedBy(listed, key) || !slices.ContainsFunc(found, func(p lifecycle.Person) bool { return reflect.DeepEqual(p, e.Person) }) {
					t.Errorf("Person(%q): %v\nread   %+v\nlisted %+v", key, err, found, e.Person)
				}
			}
		}
		for _, p := range crew() {
			for _, key := range []string{p.ID, p.Email, p.Username} {
				if key != "" && !slices.ContainsFunc(byID[p.ID].Keys, func(k string) bool { return system.Fold(k) == system.Fold(key) }) {
					t.Errorf("%s: %q is not among the keys %q", p.ID, key, byID[p.ID].Keys)
				}
			}
		}
		if system.ListingOf(s, system.CanReadPeople).Members {
			sameMembers(t, s, byID)
		}
	})
	failing(t, h, open, Seed{People: crew()}, func(ctx context.Context, s system.System) iter.Seq2[system.Entry, error] {
		return s.(system.PeopleLister).ListPeople(ctx) //nolint:errcheck // open has made sure
	})
}

// completeTeams completes the entries of a list that leaves teams out.
func completeTeams(t *testing.T, s system.PeopleLister, listed []system.Entry) {
	t.Helper()
	if !system.ListingOf(s, system.CanReadPeople).Teamless {
		return
	}
	for i := range listed {
		var err error
		//nolint:errcheck // a system that leaves teams out tells them
		if listed[i].Person.Teams, err = s.(system.TeamsReader).TeamsOf(t.Context(), listed[i].Person); err != nil {
			t.Fatal(err)
		}
	}
}

// namedBy counts the entries that a key names.
func namedBy(listed []system.Entry, key string) int {
	n := 0
	for _, e := range listed {
		if slices.ContainsFunc(e.Keys, func(k string) bool { return system.Fold(k) == system.Fold(key) }) {
			n++
		}
	}
	return n
}

// sameMembers compares the members of teams in a list, directly and through
// nested teams, with the answers of Members.
func sameMembers(t *testing.T, s system.PeopleLister, byID map[string]system.Entry) {
	t.Helper()
	for _, team := range []string{"t-pay", "t-core", "t-empty"} {
		var listed []string
		seen := map[string]bool{team: true}
		for teams := []string{team}; len(teams) > 0; teams = teams[1:] {
			for _, id := range byID[teams[0]].Members {
				switch {
				case seen[id]:
				case byID[id].Person.Kind == lifecycle.KindTeam:
					teams = append(teams, id)
				default:
					listed = append(listed, id)
				}
				seen[id] = true
			}
		}
		found, err := s.Members(t.Context(), team)
		var read []string
		for _, p := range found {
			read = append(read, p.ID)
		}
		slices.Sort(read)
		slices.Sort(listed)
		if read = slices.Compact(read); err != nil || !slices.Equal(read, listed) {
			t.Errorf("Members(%q): %v, read %q, listed %q", team, err, read, listed)
		}
	}
}

func listOfTasks(t *testing.T, h Harness, open opener) {
	seed := Seed{Tasks: map[string][]lifecycle.Task{
		"APP-1": {
			{ID: "17", Kind: lifecycle.TaskOffboarding, Due: endOf(day(2026, 5, 1)), URL: "https://desk.example.org/17"},
			{ID: "18", Kind: lifecycle.TaskDecommission},
		},
		"APP-2": {{ID: "19", Kind: lifecycle.TaskReassignment}},
	}}
	t.Run("as single reads", func(t *testing.T) {
		s := open(t, h.Healthy, seed).(system.TasksLister) //nolint:errcheck // open has made sure
		listed := make(map[string][]lifecycle.Task)
		for _, open := range all(t, s.OpenTasks(t.Context())) {
			listed[open.Asset] = append(listed[open.Asset], open.Task)
		}
		if !reflect.DeepEqual(listed, seed.Tasks) {
			t.Errorf("listed %+v, want %+v", listed, seed.Tasks)
		}
		for asset := range seed.Tasks {
			if found, err := s.Tasks(t.Context(), asset); err != nil || !reflect.DeepEqual(found, listed[asset]) {
				t.Errorf("%s: %v\nread   %+v\nlisted %+v", asset, err, found, listed[asset])
			}
		}
	})
	failing(t, h, open, seed, func(ctx context.Context, s system.System) iter.Seq2[system.AssetTask, error] {
		return s.(system.TasksLister).OpenTasks(ctx) //nolint:errcheck // open has made sure
	})
}
