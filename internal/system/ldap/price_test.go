package ldap_test

import (
	"fmt"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
	"github.com/custodyhq/terraform-provider-custody/internal/inventory"
	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/ldap"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

// staff is a team of n people, each with a manager of their own.
func staff(n int) systemtest.Seed {
	var seed systemtest.Seed
	for i := range n {
		seed.People = append(seed.People, lifecycle.Person{
			ID: fmt.Sprintf("p%03d", i), Username: fmt.Sprintf("u%03d", i), Email: fmt.Sprintf("p%03d@example.org", i),
			Kind: lifecycle.KindEmployee, Teams: []string{"t-all"}, Manager: fmt.Sprintf("p%03d", (i+1)%n),
		})
	}
	seed.People = append(seed.People, lifecycle.Person{ID: "t-all", Kind: lifecycle.KindTeam})
	return seed
}

// presets are the directories under test.
var presets = map[string]func(testing.TB) *servers.Directory{"openldap": servers.Slapd, "active_directory": servers.Samba}

// What an owner takes is told beforehand, and nobody takes more.
func TestPrice(t *testing.T) {
	for name, server := range presets {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t, server(t), name == "active_directory").seed(t, staff(6))
			for _, places := range [][]string{{p.base}, {p.people, p.left}, {p.people, p.left, p.groups}} {
				c := p.seeded()
				c.BaseDN, c.BaseDNs, c.GroupBaseDNs = "", places, []string{p.groups}
				wantPrice(t, c, 2*(len(places)+1)+2, "p002", "p002@example.org", "u002", "nobody", "t-all")
			}
		})
	}
	t.Run("unique ids", func(t *testing.T) {
		p := newPlace(t, servers.Samba(t), true).seed(t, staff(6))
		wantPrice(t, p.config(), 4, "p002@example.org", "nobody")
	})
}

// wantPrice fails the test if any of the keys takes more requests than the price
// of them all, or if none takes as many.
func wantPrice(t *testing.T, c ldap.Config, want int, keys ...string) {
	t.Helper()
	most := 0
	for _, key := range keys {
		c := c
		way := through(t, &c, faithful)
		s := mustNew(t, c)
		if found, err := s.Person(t.Context(), "p005@example.org"); err != nil || len(found) != 1 { // what is asked once a run
			t.Fatalf("got %+v, %v", found, err)
		}
		// Each connection begins with a login.
		searches := func() int { return int(way.sent.Load() - way.opened.Load()) }
		before := searches()
		if found, err := s.Person(t.Context(), key); err != nil || len(found) != 1 != (key == "nobody") {
			t.Errorf("Person(%q) = %+v, %v", key, found, err)
		}
		most = max(most, searches()-before)
		if got := s.Price(system.CanReadPeople, key); got != want {
			t.Errorf("the price of %q is %d, want %d", key, got, want)
		}
	}
	if most != want {
		t.Errorf("an owner takes up to %d requests, want %d", most, want)
	}
}

// A run with many owners takes the pages of the list and few requests besides.
func TestManyOwnersMakePages(t *testing.T) {
	const n, size, workers, few = 60, 10, 10, 30
	for name, server := range presets {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t, server(t), name == "active_directory").seed(t, staff(n))
			for what, format := range map[string]string{"ids": "p%03d", "addresses": "p%03d@example.org"} {
				c := p.seeded()
				c.PageSize = size
				way := through(t, &c, faithful)
				s, err := ldap.New(c)
				if err != nil {
					t.Fatal(err)
				}
				inv, err := inventory.New([]system.System{s}, nil)
				if err != nil {
					t.Fatal(err)
				}
				var g errgroup.Group
				g.SetLimit(workers)
				for i := range n {
					g.Go(func() error {
						found, err := inv.Resolve(t.Context(), fmt.Sprintf(format, i))
						if err == nil && (len(found) != 1 || found[0].Manager != fmt.Sprintf("p%03d", (i+1)%n)) {
							return fmt.Errorf("owner %d: %+v", i, found)
						}
						return err
					})
				}
				if err := g.Wait(); err != nil {
					t.Fatal(err)
				}
				searches, pages := way.sent.Load()-way.opened.Load(), int64(n/size+1)
				if searches > pages+few {
					t.Errorf("%s: %d requests for %d pages", what, searches, pages)
				}
				t.Logf("%s: %d owners: %d requests, %d of them pages", what, n, searches, pages)
			}
		})
	}
}
