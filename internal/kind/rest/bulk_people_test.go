package rest

import (
	"fmt"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/custodyhq/terraform-provider-custody/internal/inventory"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

// A run with many owners takes the pages of the lists and fewer than 30 requests
// besides, owners who do not exist included. Teams that are asked for person by
// person come on top, once for each owner.
func TestManyOwnersTakeThePagesOfALargeDirectory(t *testing.T) {
	const few = 30
	people, owners, size := 10_000, 1000, 500
	if testing.Short() {
		people, owners, size = people/5, owners/5, size/5 // the same pages, for the race detector
	}
	for name, description := range directories {
		t.Run(name, func(t *testing.T) {
			recorder := &systemtest.Recorder{Handler: newDirectory(company(people))}
			s := openAt(t, systemtest.ServeHTTP(t, recorder), strings.ReplaceAll(description, "id: item.id\n  get", "id: item.id\n  hides: false\n  get"),
				func(c *Config) { c.PageSize = size })
			inv, err := inventory.New([]system.System{s}, nil)
			if err != nil {
				t.Fatal(err)
			}
			var g errgroup.Group
			g.SetLimit(10)
			for i := range owners {
				g.Go(func() error {
					key, want := fmt.Sprintf("user%d@example.org", i*9), 1
					if i%50 == 0 {
						key, want = fmt.Sprintf("nobody%d@example.org", i), 0
					}
					found, err := inv.Resolve(t.Context(), key)
					if err == nil && len(found) != want {
						err = fmt.Errorf("%s: %+v", key, found)
					}
					return err
				})
			}
			if err := g.Wait(); err != nil {
				t.Fatal(err)
			}
			pages, teams, besides := 0, 0, 0
			for _, r := range recorder.Requests() {
				q := r.URL.Query()
				switch {
				case strings.HasSuffix(r.URL.Path, "/teams") && r.URL.Path != "/teams":
					teams++
				case q.Has("count") && q.Get("count") == fmt.Sprint(size):
					pages++
				default:
					besides++
				}
			}
			if pages > people/size+2 || besides > few || teams > owners {
				t.Errorf("%d pages, %d requests for teams, %d besides", pages, teams, besides)
			}
			t.Logf("%d owners of %d people: %d pages, %d requests for teams, %d besides", owners, people, pages, teams, besides)
		})
	}
}
