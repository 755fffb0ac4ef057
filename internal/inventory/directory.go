package inventory

import (
	"context"
	"strings"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/snapshot"
)

// directory is what this run knows of the people of one system.
type directory struct {
	people  system.People
	persons snapshot.Memo[[]lifecycle.Person]
	members snapshot.Memo[[]lifecycle.Person]
}

func (d *directory) person(ctx context.Context, key string) ([]lifecycle.Person, error) {
	return d.persons.Get(ctx, key, func(ctx context.Context) ([]lifecycle.Person, error) {
		return d.people.Person(ctx, key)
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

// Resolve returns the entries that a key names: none if every directory knows
// that there is no such owner, several if the key is ambiguous. The first
// directory that knows the key answers; one that fails ends the search, because
// the owner may be in it. A key "<directory>/<id>" is looked up there only.
func (inv *Inventory) Resolve(ctx context.Context, key string) ([]lifecycle.Person, error) {
	key = strings.TrimSpace(key)
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
func (inv *Inventory) Members(ctx context.Context, team lifecycle.Person) ([]lifecycle.Person, error) {
	d := inv.directory(team.Directory)
	if d == nil {
		return nil, inv.unknown(team.Directory, "the team "+team.Holder()+" is of")
	}
	return d.members.Get(ctx, team.ID, func(ctx context.Context) ([]lifecycle.Person, error) {
		return d.people.Members(ctx, team.ID)
	})
}
