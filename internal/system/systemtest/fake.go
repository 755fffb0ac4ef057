// Package systemtest holds what every kind of system is tested with: one
// conformance suite per capability, and a fake that records what it was asked.
package systemtest

import (
	"context"
	"iter"
	"slices"
	"strings"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// Seed is what a system under test holds.
type Seed struct {
	Records []lifecycle.Record
	People  []lifecycle.Person // the members of a team have its id among their teams
	Tasks   map[string][]lifecycle.Task
}

// Fake is a system in memory. It counts every call, and fails or waits for the
// calls that Fail and Hold name. It is safe for concurrent use.
type Fake struct {
	script
	name string
	caps map[system.Capability]bool
	seed Seed
}

// NewFake returns a fake that holds the seed and has the given capabilities;
// all of them if none is given.
func NewFake(name string, seed Seed, caps ...system.Capability) *Fake {
	if len(caps) == 0 {
		caps = []system.Capability{system.CanReadAssets, system.CanReadPeople, system.CanReadTasks}
	}
	f := &Fake{name: name, seed: seed, caps: make(map[system.Capability]bool)}
	for _, c := range caps {
		f.caps[c] = true
	}
	return f
}

// Unavailable returns a fault as an unavailable system reports it.
func Unavailable(reason string) error {
	return &fault.Fault{
		Kind: fault.ErrUnavailable, Summary: "Unable to Read Asset Records", Happened: reason,
	}
}

// Name returns the name of the fake.
func (f *Fake) Name() string { return f.name }

// Kind returns "fake".
func (f *Fake) Kind() string { return "fake" }

// Has reports whether the fake was given the capability.
func (f *Fake) Has(c system.Capability) bool { return f.caps[c] }

// Asset returns the seeded records with the id.
func (f *Fake) Asset(ctx context.Context, id string) ([]lifecycle.Record, error) {
	if err := f.called(ctx, "Asset", id); err != nil {
		return nil, err
	}
	var out []lifecycle.Record
	for _, r := range f.seed.Records {
		if r.ID == strings.TrimSpace(id) {
			out = append(out, r)
		}
	}
	return out, nil
}

// Assets yields the seeded records. "Assets cut" as a failing call makes it
// fail after the first record.
func (f *Fake) Assets(ctx context.Context) iter.Seq2[lifecycle.Record, error] {
	return func(yield func(lifecycle.Record, error) bool) {
		if err := f.called(ctx, "Assets", ""); err != nil {
			yield(lifecycle.Record{}, err)
			return
		}
		f.mu.Lock()
		cut := f.fails["Assets cut"]
		f.mu.Unlock()
		for i, r := range f.seed.Records {
			if cut != nil && i == 1 {
				yield(lifecycle.Record{}, cut)
				return
			}
			if !yield(r, nil) {
				return
			}
		}
	}
}

// Person returns the seeded people whom the key names.
func (f *Fake) Person(ctx context.Context, key string) ([]lifecycle.Person, error) {
	if err := f.called(ctx, "Person", key); err != nil {
		return nil, err
	}
	var out []lifecycle.Person
	key = system.Fold(strings.TrimSpace(key))
	for _, p := range f.seed.People {
		for _, have := range []string{p.ID, p.Email, p.Username} {
			if key != "" && system.Fold(have) == key {
				p.Directory = f.name
				out = append(out, p)
				break
			}
		}
	}
	return out, nil
}

// Members returns the seeded people who name the team.
func (f *Fake) Members(ctx context.Context, team string) ([]lifecycle.Person, error) {
	if err := f.called(ctx, "Members", team); err != nil {
		return nil, err
	}
	var out []lifecycle.Person
	taken := make(map[string]bool)
	for teams := []string{team}; len(teams) > 0; teams = teams[1:] {
		for _, p := range f.seed.People {
			if taken[p.ID] || !slices.Contains(p.Teams, teams[0]) {
				continue
			}
			taken[p.ID] = true
			if p.Kind == lifecycle.KindTeam {
				teams = append(teams, p.ID)
				continue
			}
			p.Directory = f.name
			out = append(out, p)
		}
	}
	return out, nil
}

// Tasks returns the seeded tasks of the asset.
func (f *Fake) Tasks(ctx context.Context, asset string) ([]lifecycle.Task, error) {
	if err := f.called(ctx, "Tasks", asset); err != nil {
		return nil, err
	}
	return f.seed.Tasks[asset], nil
}
