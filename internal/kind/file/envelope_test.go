package file

import (
	"errors"
	"strings"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
)

// A file that says that it is a page of a list is no list: who is on the next page
// would be absent.
func TestFileThatSaysItIsAPart(t *testing.T) {
	for name, c := range map[string]struct{ file, text, want string }{
		"odata":        {"p.json", `{"@odata.nextLink": "https://graph.example/users?$skiptoken=x", "value": [{"id": "ann"}, {"id": "bob"}]}`, `its member "@odata.nextLink" points to a further page`},
		"total":        {"p.json", `{"total": 103, "rows": [{"id": "ann"}]}`, `its member "total" says 103 and it holds 1`},
		"total behind": {"p.json", `{"rows": [{"id": "ann"}], "meta": {"pagination": {"total": 2}}}`, `"meta.pagination.total" says 2`},
		"links":        {"p.json", `{"links": [{"rel": "next", "href": "/x"}], "rows": [{"id": "ann"}]}`, `"links" holds a link to a further page`},
		"last page":    {"p.json", `{"previous": "/x", "next": null, "rows": [{"id": "ann"}]}`, `"previous" points to an earlier page`},
		"yaml":         {"p.yaml", "total: 3\nrows:\n- id: ann\n- id: bob\n", `its member "total" says 3 and it holds 2`},
		"yaml flow":    {"p.yaml", "{\"has_more\": true, rows: [{id: ann}]}", `its member "has_more"`},
		"yaml nested":  {"p.yaml", "rows:\n- id: ann\nmeta:\n  next: /x\n", `its member "meta.next"`},
	} {
		t.Run(name, func(t *testing.T) {
			found, err := peopleFrom(t, c.file, c.text).Person(t.Context(), "ann")
			var f *fault.Fault
			if !errors.As(err, &f) || !errors.Is(err, fault.ErrUnavailable) || len(found) > 0 {
				t.Fatalf("got %v, %v", found, err)
			}
			if !strings.Contains(f.Happened, "it states that it is only a part of a list: ") || !strings.Contains(f.Happened, c.want) ||
				!strings.Contains(f.Advice, "Export all pages into one list") {
				t.Errorf("got %s", f.Detail())
			}
		})
	}
	for name, c := range map[string]struct{ file, text string }{
		"all":          {"p.json", `{"total": 1, "next": null, "has_more": false, "rows": [{"id": "ann"}], "links": [{"rel": "self", "href": "/x"}]}`},
		"rows say":     {"p.json", `{"rows": [{"id": "ann", "next": "/x", "total": 9}]}`},
		"page size":    {"p.json", `{"paging": {"count": 10, "start": 0, "total": 1}, "rows": [{"id": "ann"}]}`},
		"yaml":         {"p.yaml", "total: 1\nrows:\n- id: ann\nnext: ~\n"},
		"yaml 2 parts": {"p.yaml", "total: 1\nrows:\n- id: ann\n---\ntotal: 1\nrows:\n- id: bob\n"},
	} {
		t.Run(name, func(t *testing.T) { person(t, peopleFrom(t, c.file, c.text), "ann") })
	}
	_, err := peopleFrom(t, "p.json", `{"x": {"y": [`+strings.Repeat("1,", maxNodes)+`1]}, "rows": [{"id": "ann"}]}`).Person(t.Context(), "ann")
	if !errors.Is(err, fault.ErrUnavailable) || !strings.Contains(err.Error(), "more than 10000 values around the records") {
		t.Errorf("got %v", err)
	}
}
