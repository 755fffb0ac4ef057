package backstage

import (
	"fmt"
	"slices"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/custodyhq/terraform-provider-custody/internal/inventory"
	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// A run with many bindings takes the pages of the lists and few requests
// besides: one for each asset that is read by itself.
func TestManyBindingsMakePages(t *testing.T) {
	const n, size, workers, singles = 120, 3, 10, 24
	c := &catalog{}
	for i := range n {
		name := fmt.Sprintf("n%d", i)
		c.entities = append(c.entities,
			object{"kind": "Component", "metadata": object{"name": name}, "spec": object{"owner": "user:default/" + name}},
			object{"kind": "User", "metadata": object{"name": name}, "spec": object{}})
	}
	inv, err := inventory.New([]system.System{served(t, c)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var g errgroup.Group
	g.SetLimit(workers)
	for i := range n {
		g.Go(func() error {
			ref := lifecycle.Ref{System: "cat", ID: fmt.Sprintf("component:default/n%d", i)}
			facts, err := inv.Facts(t.Context(), lifecycle.Question{Asset: ref}, nil)
			if owner := fmt.Sprintf("user:default/n%d", i); err == nil && (len(facts.Records) != 1 || len(facts.People[owner]) != 1) {
				return fmt.Errorf("%s: %+v", ref.ID, facts)
			}
			return err
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	besides := slices.DeleteFunc(slices.Clone(c.requests), func(r string) bool { return r == "GET /api/catalog/entities/by-query" })
	if pages := len(c.requests) - len(besides); pages != 2*n/size || len(besides) > singles {
		t.Errorf("%d pages and %d requests besides, want %d and at most %d", pages, len(besides), 2*n/size, singles)
	}
}
