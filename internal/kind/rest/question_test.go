package rest

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

// searching takes its searches in bodies, and its number of rows from elsewhere.
const searching = `
name: searching
settings: { kind: { default: 'a "laptop"' } }
auth: [{ fields: [token], headers: { X-Token: "{token}" } }]
assets:
  id: item.id
  fields: { name: item.name }
  list:
    - path: search
      body: >-
        {"kind": settings.kind, "with": ["id", "name"], "deep": {"flag": true, "none": null},
         "page": cursor == "" ? {"limit": limit} : {"limit": limit, "after": cursor}}
      items: body.items
      count: { path: number, query: { kind: "{settings.kind}" }, total: body.total }
      paging: { size: 2, cursor: 'size(body.items) == 0 ? "" : text(body.items[size(body.items) - 1].id)' }
`

// exchanges plays answers one after the other, by path, and remembers what was sent.
type exchanges struct {
	answers map[string][]string
	sent    []string
}

func (e *exchanges) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(err)
	}
	e.sent = append(e.sent, strings.TrimSpace(r.Method+" "+r.URL.RequestURI()+" "+string(body)))
	left := e.answers[r.URL.Path]
	if len(left) > 1 {
		e.answers[r.URL.Path] = left[1:]
	}
	_, _ = io.WriteString(w, left[0])
}

func TestSearchesInBodies(t *testing.T) {
	const sent = `POST /search {"deep":{"flag":true,"none":null},"kind":"a \"laptop\"","page":{"limit":2},"with":["id","name"]}`
	for name, c := range map[string]struct {
		pages, numbers []string
		want           string
		asked          int
	}{
		"as many as counted":  {pagesOf("0: A B", "0: C", "0: "), []string{pageOf("3:")}, "A B C", 4},
		"fewer than counted":  {pagesOf("0: A B", "0: ", "0: A B", "0: ", "0: A B", "0: "), []string{pageOf("3:")}, "counts 3 rows and shows 2", 9},
		"more than counted":   {pagesOf("0: A B"), []string{pageOf("1:")}, "counts 1 rows and shows 2, 3 times in a row", 6},
		"the number moves":    {pagesOf("0: A B", "0: C", "0: ", "0: A B", "0: C", "0: "), []string{pageOf("4:"), pageOf("3:")}, "A B C", 8},
		"no number":           {pagesOf("0: A B"), []string{`{"total": "many"}`}, "a number of rows was expected", 1},
		"an error for number": {pagesOf("0: A B"), []string{`{"error": "no right"}`}, "no such key", 1},
	} {
		t.Run(name, func(t *testing.T) {
			e := &exchanges{answers: map[string][]string{"/search": c.pages, "/number": c.numbers}}
			got, err := ids(t, openAt(t, systemtest.ServeHTTP(t, e), searching, func(conf *Config) { conf.PageSize, conf.MinRecords = 0, 1 }))
			if err != nil {
				systemtest.WantUnavailable(t, 0, err)
				got = err.Error()
			}
			if !strings.Contains(got, c.want) || err == nil && got != c.want || len(e.sent) != c.asked {
				t.Errorf("got %s after %q, want %s after %d", got, e.sent, c.want, c.asked)
			}
			if e.sent[0] != "GET /number?kind=a+%22laptop%22" || len(e.sent) > 1 && e.sent[1] != sent {
				t.Errorf("sent %q", e.sent)
			}
		})
	}
}

// A search changes nothing, so it is sent again where a GET would be.
func TestASearchIsRepeated(t *testing.T) {
	failed := false
	server := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !failed && r.Method == http.MethodPost {
			failed = true
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		newServer(systemtest.Seed{}).ServeHTTP(w, r)
	})
	got, err := ids(t, openAt(t, systemtest.ServeHTTP(t, server), dialects["search in a body"]))
	if err != nil || got != "" || !failed {
		t.Errorf("got %q, %v", got, err)
	}
}
