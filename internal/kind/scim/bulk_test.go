package scim

import (
	"fmt"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
	"github.com/custodyhq/terraform-provider-custody/internal/inventory"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// few is how many requests a run may take besides the pages of its lists.
const few = 30

// resolve looks many owners up as Terraform does, ten at a time, and returns what
// that took: the pages of the lists, and the requests besides.
func resolve(t *testing.T, c Config, n int, take func() []string) (pages, besides int) {
	t.Helper()
	inv, err := inventory.New([]system.System{mustNew(t, c)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var g errgroup.Group
	g.SetLimit(10)
	for i := range n {
		g.Go(func() error {
			id := fmt.Sprintf("u%04d", i)
			found, err := inv.Resolve(t.Context(), id+"@example.org")
			if err == nil && (len(found) != 1 || found[0].ID != id) {
				return fmt.Errorf("%s: %+v", id, found)
			}
			return err
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	for _, path := range shape(take()) {
		if path == "Users" || path == "Groups" {
			pages++
		} else {
			besides++
		}
	}
	return pages, besides
}

// A run with many owners takes the pages of the lists and few requests besides,
// whatever a server makes of filters.
func TestManyOwnersMakePages(t *testing.T) {
	const size = 10
	n, teams := 900, 300
	if testing.Short() {
		n, teams = n/3, teams/3 // for the race detector
	}
	var groups []resource
	for i := range teams {
		groups = append(groups, group(fmt.Sprintf("g%03d", i)))
	}
	for name, way := range ways {
		for _, keys := range [][]string{nil, {"userName", "emails.value", "externalId", "employeeNumber"}} {
			f := newFake(t)
			f.users, f.groups = many(n), groups
			for i, u := range f.users {
				u["externalId"], u[servers.SCIMEnterprise] = fmt.Sprintf("x%d", i), resource{"employeeNumber": fmt.Sprintf("E%d", i)}
			}
			way.set(f)
			c := f.config()
			c.Keys = keys
			pages, besides := resolve(t, c, n, f.take)
			// Pages overlap by an entry.
			if most := n/(size-1) + len(groups)/(size-1) + 2; pages > most || besides > few {
				t.Errorf("%s, keys %q: %d pages and %d requests besides, want at most %d and %d", name, keys, pages, besides, most, few)
			}
			t.Logf("%s, keys %q: %d owners: %d pages and %d requests besides", name, keys, n, pages, besides)
		}
	}
}

// The same against a real server.
func TestManyOwnersOfARealServer(t *testing.T) {
	const n, size = 300, 10
	b, c := connect(t, servers.SCIMSpec{Users: many(n), Groups: []resource{group("g")}})
	c.PageSize = size
	pages, besides := resolve(t, c, n, b.take)
	if most := n/(size-1) + 2; pages > most || besides > few {
		t.Errorf("%d pages and %d requests besides, want at most %d and %d", pages, besides, most, few)
	}
	t.Logf("%d owners: %d pages and %d requests besides", n, pages, besides)
}
