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
	type listings struct{ assets, tasks system.Listing }
	byPage, all := system.Listing{PageSize: 3}, system.Listing{PageSize: math.MaxInt32, Hides: true}
	hidden := system.Listing{PageSize: 3, Hides: true}
	for description, want := range map[string]listings{
		paged:                                 {hidden, byPage},
		paged + "  hides: true\n":             {hidden, byPage},
		paged + "  hides: false\n":            {byPage, byPage},
		whole:                                 {all, byPage},
		dialects["search and page"]:           {hidden, hidden},
		dialects["list and link header"]:      {system.Listing{}, byPage},
		dialects["list and link in the body"]: {},
		counted:                               {},
		strings.Replace(paged, "\ntasks:\n", "\ntasks:\n  when: \"false\"\n", 1): {hidden, system.Listing{}},
	} {
		s := openAt(t, "http://127.0.0.1:1", description)
		if got := (listings{s.Listing(system.CanReadAssets), s.Listing(system.CanReadTasks)}); got != want {
			t.Errorf("got %+v, want %+v for %s", got, want, description)
		}
		if got := s.Listing(system.CanReadPeople); got != (system.Listing{}) {
			t.Errorf("people are listed: %+v", got)
		}
	}
}
