package rest

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

// A description that does not turn the page reads the first page alone. Whatever the
// answer says of more, nobody and nothing on other pages is taken for absent.
func TestAPartialAnswerIsUnavailable(t *testing.T) {
	const asset = `
name: one
assets: { id: item.id, fields: {}, list: [{ path: list, items: body.items }] }
`
	const person = `
name: one
statuses: { here: active }
people: { id: item.id, hides: false, fields: { status: item.status }, list: [{ path: list, items: body.items }] }
`
	for _, told := range []string{
		`"@odata.nextLink": "https://h/list?page=2"`, `"next": "/list?page=2"`, `"nextCursor": "abc"`, `"next_page_token": "abc"`, `"has_more": true`,
		`"total": 3`, `"count": 3`, `"totalCount": 3`, `"totalResults": 3`, `"total_items": "3"`, `"meta": {"total": 3}`,
		`"pagination": {"next": {"href": "/list?page=2"}}`, `"page": {"totalElements": 3, "size": 2, "number": 0}`, `"links": {"next": "/list?page=2"}`,
	} {
		address := systemtest.ServeHTTP(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(w, `{"items": [{"id": "a", "status": "here"}, {"id": "b", "status": "here"}], %s}`, told)
		}))
		open := func(description string) *System {
			return openAt(t, address, description, func(c *Config) { c.Secrets = nil })
		}
		found, err := open(asset).Asset(t.Context(), "z")
		systemtest.WantUnavailable(t, len(found), err)
		people, err := open(person).Person(t.Context(), "z")
		systemtest.WantUnavailable(t, len(people), err)
	}
	linked := systemtest.ServeHTTP(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Link", `</list?page=2>; rel="next", </list>; rel="first"`)
		fmt.Fprint(w, `{"items": [{"id": "a", "status": "here"}]}`)
	}))
	found, err := openAt(t, linked, person, func(c *Config) { c.Secrets = nil }).Person(t.Context(), "z")
	systemtest.WantUnavailable(t, len(found), err)
	for _, told := range []string{`"next": null`, `"total": 2`, `"count": 2`, `"has_more": false`, `"nextLink": ""`, `"page": {"totalElements": 2}`} {
		address := systemtest.ServeHTTP(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(w, `{"items": [{"id": "a", "status": "here"}, {"id": "b", "status": "here"}], %s}`, told)
		}))
		s := openAt(t, address, person, func(c *Config) { c.Secrets = nil })
		if found, err := s.Person(t.Context(), "z"); err != nil || len(found) != 0 {
			t.Errorf("%s: %v, %v", told, found, err)
		}
	}
}
