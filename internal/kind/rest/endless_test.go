package rest

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	limit "github.com/custodyhq/terraform-provider-custody/internal/system/paging"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

const (
	linked = `
name: linked
auth: [{ fields: [token], headers: { X-Token: "{token}" } }]
assets:
  id: item.id
  fields: { name: item.id }
  list:
    - { path: items, items: body.items, paging: { next: body.next } }
`
	cursored = `
name: cursored
auth: [{ fields: [token], headers: { X-Token: "{token}" } }]
assets:
  id: item.id
  fields: { name: item.id }
  list:
    - { path: items, items: body.items, paging: { cursor: body.next, query: { at: "{cursor}" } } }
`
)

func TestListsWithoutEnd(t *testing.T) {
	for name, c := range map[string]struct {
		description string
		items       func(page int) string
		pages       int
		says        string
	}{
		"links to empty pages":    {linked, func(int) string { return "" }, limit.MostWithoutNew, "contained nothing new"},
		"links to new rows":       {linked, func(n int) string { return fmt.Sprintf(`{"id": "A-%d"}`, n) }, 30, "no end after 30m"},
		"links to the same rows":  {linked, func(int) string { return `{"id": "A"}` }, 2 * maxPasses, "twice while its pages were read"},
		"cursors to empty pages":  {cursored, func(int) string { return "" }, limit.MostWithoutNew, "contained nothing new"},
		"cursors to new rows":     {cursored, func(n int) string { return fmt.Sprintf(`{"id": "A-%d"}`, n) }, 30, "no end after 30m"},
		"cursors to the same row": {cursored, func(int) string { return `{"id": "A"}` }, 2 * maxPasses, "twice while its pages were read"},
	} {
		t.Run(name, func(t *testing.T) {
			e := systemtest.NewEndless(t, func(_ *http.Request, n int) string {
				return fmt.Sprintf(`{"next": "items?at=%d", "items": [%s]}`, n+1, c.items(n))
			}, nil)
			s := openAt(t, e.URL(), c.description, func(config *Config) { config.Clock = e })
			found, err := readAll(t, s.Assets(t.Context()))
			systemtest.WantUnavailable(t, len(found), err)
			if e.Pages() != c.pages || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%d pages were asked for, want %d: %v", e.Pages(), c.pages, err)
			}
		})
	}
}
