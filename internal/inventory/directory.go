package inventory

import (
	"context"
	"strings"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/memo"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// directory holds what this run has read about the people of one system.
type directory struct {
	people  system.People
	persons *reader[lifecycle.Person, *peopleIndex]
	teams   memo.Memo[[]lifecycle.Person]
}

func newDirectory(people system.People, p *budget, count *counter) *directory {
	return &directory{people: people, persons: &reader[lifecycle.Person, *peopleIndex]{
		account: account{budget: p},
		count:   count,
		read:    people.Person,
		price:   func(key string) int { return system.PriceOf(people, system.CanReadPeople, key) },
		listing: func() system.Listing { return system.ListingOf(people, system.CanReadPeople) },
		whole: func(ctx context.Context) (*peopleIndex, error) {
			// ListingOf gives no page size to a system that cannot do this.
			everybody, err := counted(ctx, count, people.(system.PeopleLister).ListPeople(ctx)) //nolint:errcheck // see above
			return newPeopleIndex(everybody), err
		},
	}}
}

// person returns the entries that a key names. If a list does not contain the teams
// of people, they are requested, but only for owners.
func (d *directory) person(ctx context.Context, key string) ([]lifecycle.Person, error) {
	found, err := d.persons.get(ctx, key)
	if err != nil || len(found) == 0 || !d.persons.listing().Teamless {
		return found, err
	}
	teller, ok := d.people.(system.TeamsReader)
	if !ok {
		return found, nil
	}
	return system.Gather(ctx, parallel, found, func(ctx context.Context, p lifecycle.Person) (lifecycle.Person, error) {
		var err error
		p.Teams, err = teller.TeamsOf(ctx, p)
		return p, err
	})
}

// members returns the members of a team. They are taken from the list if it
// certainly contains all of them.
func (d *directory) members(ctx context.Context, team string) ([]lifecycle.Person, error) {
	return d.teams.Get(ctx, team, func(ctx context.Context) ([]lifecycle.Person, error) {
		if d.persons.listing().Members {
			all, listed, err := d.persons.turn(ctx, team)
			if err != nil {
				return nil, err
			}
			// A person whom the list hides would be missing among the members.
			if listed && !d.persons.doubted(all) {
				if found, told := all.members(team); told {
					return found, nil
				}
			}
		}
		found, err := d.persons.readOne(ctx, team, d.people.Members)
		if err == nil && d.persons.listing().PageSize == 0 {
			err = d.persons.count.noteWhole(ctx)
		}
		if err != nil {
			return nil, err
		}
		return found, nil
	})
}

// canonical returns the entries of a canonical name, in which the part behind
// the directory is an id: another entry that has this id for a user name does
// not make it ambiguous.
func (d *directory) canonical(ctx context.Context, id string) ([]lifecycle.Person, error) {
	found, err := d.person(ctx, id)
	if err != nil {
		return nil, err
	}
	var exact []lifecycle.Person
	for _, p := range found {
		if system.Fold(p.ID) == system.Fold(id) {
			exact = append(exact, p)
		}
	}
	if len(exact) > 0 {
		return exact, nil
	}
	return found, nil
}

func (inv *Inventory) directory(name string) *directory {
	for _, d := range inv.directories {
		if d.people.Name() == name {
			return d
		}
	}
	return nil
}

// Resolve returns the entries that a key names: none if every directory
// answered that there is no such owner, several if the key is ambiguous. The
// first directory that has the key is used; a directory that fails ends the
// search, because the owner may be in it. A key "<directory>/<id>" is looked up
// there only.
func (inv *Inventory) Resolve(ctx context.Context, key string) (_ []lifecycle.Person, err error) {
	defer inv.interrupted(&err)
	ctx, key = inv.within(ctx), strings.TrimSpace(key)
	if key == "" {
		return nil, nil
	}
	if name, id, ok := strings.Cut(key, "/"); ok && id != "" {
		if d := inv.directory(name); d != nil {
			return d.canonical(ctx, id)
		}
	}
	for _, d := range inv.directories {
		found, err := d.person(ctx, key)
		if err != nil || len(found) > 0 {
			return found, err
		}
	}
	return nil, nil
}

// Members returns the members of a team that Resolve returned.
func (inv *Inventory) Members(ctx context.Context, team lifecycle.Person) (_ []lifecycle.Person, err error) {
	defer inv.interrupted(&err)
	d := inv.directory(team.Directory)
	if d == nil {
		return nil, inv.unknown(team.Directory, "the team "+team.Holder()+" is of")
	}
	return d.members(inv.within(ctx), team.ID)
}
