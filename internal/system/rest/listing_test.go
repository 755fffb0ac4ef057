package rest

import (
	"math"
	"strings"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// What a list saves and proves stands in the description.
func TestListing(t *testing.T) {
	paged := dialects["path and offset"]
	whole := strings.Replace(paged, `list: [{ path: "{settings.base}/assets", items: body.items, total: body.total, paging: { query: { start: "{offset}", count: "{limit}" } } }]`,
		`list: [{ path: "{settings.base}/assets", items: body.items }]`, 1)
	for description, want := range map[string]system.Listing{
		paged:                            {PageSize: 3, Hides: true},
		paged + "  hides: true\n":        {PageSize: 3, Hides: true},
		paged + "  hides: false\n":       {PageSize: 3},
		whole:                            {PageSize: math.MaxInt32, Hides: true},
		dialects["list and link header"]: {},
	} {
		s := openAt(t, "http://127.0.0.1:1", description)
		if got := s.Listing(system.CanReadAssets); got != want {
			t.Errorf("got %+v, want %+v for %s", got, want, description)
		}
		if got := s.Listing(system.CanReadTasks); got != (system.Listing{}) {
			t.Errorf("tasks are listed: %+v", got)
		}
	}
}
