package envelope

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

func decode(t testing.TB, text string) map[string]any {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var out map[string]any
	if err := d.Decode(&out); err != nil {
		t.Fatal(err)
	}
	return out
}

// Each answer holds two rows and tells of more.
func TestMore(t *testing.T) {
	for text, want := range map[string]string{
		`{"@odata.nextLink": "https://graph.example/users?$skiptoken=x", "value": [{}, {}]}`: `its member "@odata.nextLink" points to a further page`,
		`{"total": 103, "rows": [{}, {}]}`:                                                   `its member "total" says 103 and it holds 2`,
		`{"count": 3, "next": null, "results": [{}, {}]}`:                                    `its member "count" says 3 and it holds 2`,
		`{"count": 2, "next": "https://netbox.example/?page=2", "results": []}`:              `its member "next" points to a further page`,
		`{"next": {"href": "/users?page=2"}}`:                                                `its member "next"`,
		`{"next": {"url": "/users?page=2"}}`:                                                 `its member "next"`,
		`{"_links": {"next": {"href": "/x"}, "self": {"href": "/y"}}}`:                       `its member "_links.next" points`,
		`{"_links": [{"rel": "self", "href": "/x"}, {"rel":"next","href":"/y"}]}`:            `its member "_links" holds a link to a further page`,
		`{"link": [{"relation": "next", "url": "/x"}]}`:                                      `its member "link" holds`,
		`{"links": {"next": "/x"}}`:                                                          `its member "links.next"`,
		`{"paging": {"next": {"after": "NTI1Cg"}}}`:                                          `its member "paging.next"`,
		`{"nextPageToken": "CAUQAA"}`:                                                        `its member "nextPageToken"`,
		`{"nextCursor": 17}`:                                                                 `its member "nextCursor"`,
		`{"response_metadata": {"next_cursor": "dXNlcjpV"}}`:                                 `its member "response_metadata.next_cursor"`,
		`{"nextLink": "/x"}`:                                                                 `its member "nextLink"`,
		`{"next_page": "/x", "total": null, "pages": null}`:                                  `its member "next_page"`,
		`{"next_page_url": "/x", "total": 2}`:                                                `its member "next_page_url"`,
		`{"done": false, "nextRecordsUrl": "/x", "totalSize": 2}`:                            `its member "done"`,
		`{"has_more": true}`:                                                                 `its member "has_more" says that there is more`,
		`{"hasMore": "true"}`:                                                                `its member "hasMore"`,
		`{"meta": {"HasMore": true}}`:                                                        `its member "meta.HasMore"`,
		`{"data": {"users": {"pageInfo": {"hasNextPage": true, "endCursor": "x"}}}}`:         `its member "….hasNextPage" says`,
		`{"list_info": {"has_more_rows": true, "row_count": 2}}`:                             `its member "list_info.has_more_rows"`,
		`{"isLast": false, "values": []}`:                                                    `its member "isLast" says that it is not the last page`,
		`{"last": false, "content": []}`:                                                     `its member "last"`,
		`{"page": {"size": 2, "totalElements": 5, "number": 0}}`:                             `its member "page.totalElements" says 5`,
		`{"totalCount": "4"}`:                                                                `its member "totalCount" says 4`,
		`{"meta": {"total_count": 3}}`:                                                       `its member "meta.total_count"`,
		`{"metadata": {"total": 3}}`:                                                         `its member "metadata.total"`,
		`{"pagination": {"total": 3.0}}`:                                                     `its member "pagination.total"`,
		`{"totalResults": 3, "Resources": [{}, {}]}`:                                         `its member "totalResults"`,
		`{"totalItems": 3}`:                                                                  `its member "totalItems"`,
		`{"@odata.count": 3}`:                                                                `its member "@odata.count"`,
		`{"result": {"total": 3}}`:                                                           `its member "result.total"`,
		`{"hits": {"total": {"value": 10000, "relation": "gte"}}}`:                           `its member "hits.total" says 10000`,
		`{"metadata": {"continue": "x", "remainingItemCount": 9}}`:                           `its member "metadata.continue"`,
		`{"metadata": {"remainingItemCount": 9}}`:                                            `says that 9 more are missing`,
		`{"d": {"__next": "/x", "__count": "3"}}`:                                            `__count" says 3`,
		`{"d": {"__next": "/x"}}`:                                                            `__next" points`,
		`{"lastPage": false}`:                                                                `its member "lastPage" says that it is not the last page`,
		`{"done": false}`:                                                                    `its member "done"`,
		`{"response": {"numFound": 3, "docs": []}}`:                                          `its member "response.numFound"`,
		`{"page": 1, "pages": 15}`:                                                           `its member "pages" says that there are 15 pages`,
		`{"current_page": 1, "last_page": 2}`:                                                `its member "last_page"`,
		`{"incomplete_results": true, "total_count": 2}`:                                     `its member "incomplete_results"`,
		`{"totalUsers": 103}`:                                                                `its member "totalUsers" says 103`,
		`{"X-Total-Count": "103"}`:                                                           `its member "X-Total-Count" says 103`,
		`{"record_count": 103}`:                                                              `its member "record_count" says 103`,
		`{"exceededTransferLimit": true}`:                                                    `its member "exceededTransferLimit" says that there is more`,
		`{"total": 1e30}`:                                                                    `its member "total" says 1000000`,
	} {
		if got := More(decode(t, text), 2); !strings.HasPrefix(got, "its member ") || !strings.Contains(got, want) {
			t.Errorf("More(%s) = %q, want %q", text, got, want)
		}
	}
}

// A false alarm refuses a whole export.
func TestNoMore(t *testing.T) {
	for _, text := range []string{
		`{}`, `{"total": 2}`, `{"total": 1}`, `{"total": 0}`, `{"total": null}`, `{"total": "n/a"}`, `{"total": 2719.5}`, `{"total": -1}`,
		`{"total": {"cost": 900}}`, `{"total": [900]}`,
		`{"next": null}`, `{"next": ""}`, `{"next": " "}`, `{"next": false}`, `{"next": 0}`, `{"next": {}}`, `{"next": {"href": null, "rel": "next"}}`,
		`{"next": {"href": ""}}`, `{"next": []}`, `{"next_cursor": "0"}`, `{"next_cursor": -1}`, `{"nextPageToken": "null"}`,
		`{"previous": "/x"}`, `{"links": [{"rel": "self", "href": "/x"}]}`, `{"links": [{"rel": "next", "href": null}]}`, `{"links": "next"}`,
		`{"_links": {"self": {"href": "/x"}, "next": null}}`,
		`{"has_more": false}`, `{"hasNextPage": null}`, `{"isLast": true}`, `{"last": true}`, `{"last": "2026-01-01"}`, `{"last": null}`,
		`{"paging": {"count": 10, "start": 0, "total": 2}}`, // the size of a page
		`{"total": 2, "pages": 3}`,                          // pages that were joined
		`{"pages": 1}`, `{"pages": 0.0}`, `{"lastPage": true}`,
		`{"summary": {"total": 900, "count": 17}}`, `{"cost": {"next": "/x"}}`,
		`{"rows": [{"next": "/x", "total": 99, "has_more": true}]}`,
		`{"limit": 50, "offset": 0, "itemsPerPage": 50, "startIndex": 1}`,
		`{"remainingItemCount": 0}`, `{"endCursor": "x"}`, `{"ne\u0000xt": "/x"}`,
	} {
		if got := More(decode(t, text), 2); got != "" {
			t.Errorf("More(%s) = %q, want nothing", text, got)
		}
	}
	if got := More(map[string]any{"total": int64(2), "count": 2, "totalItems": 2.0}, 2); got != "" {
		t.Errorf("got %q of numbers of Go", got)
	}
	if got := More(map[string]any{"total": int64(3)}, 2); got == "" {
		t.Error("got nothing of an int64")
	}
}

func TestEarlier(t *testing.T) {
	for text, want := range map[string]bool{
		`{"next": null, "previous": "/x"}`: true, `{"links": [{"rel": "prev", "href": "/x"}]}`: true, `{"_links": {"prev": {"href": "/x"}}}`: true,
		`{"previous": null}`: false, `{"links": [{"rel": "previous"}]}`: false, `{"next": "/x"}`: false, `{}`: false,
		`{"offset": 50, "limit": 50}`: true, `{"skip": "50"}`: true, `{"startAt": 50}`: true, `{"startIndex": 51}`: true, `{"page": 2}`: true, `{"meta": {"current_page": 3}}`: true,
		`{"offset": 0, "startAt": 0, "startIndex": 1, "page": 1}`: false, `{"offset": "+02:00"}`: false, `{"page": {"number": 0}}`: false,
		`{"page": 3, "offset": 100, "total": 2}`: false, `{"team": {"page": 3}}`: false,
	} {
		if got := Earlier(decode(t, text), 2); (got != "") != want {
			t.Errorf("Earlier(%s) = %q, want something: %v", text, got, want)
		}
	}
}

func TestFailed(t *testing.T) {
	for text, want := range map[string]bool{
		`{"error": "unauthorized", "tasks": []}`: true, `{"errors": [{"message": "x"}], "data": {}}`: true, `{"Error": {"code": 401}}`: true, `{"error": true}`: true,
		`{"success": false, "rows": []}`: true, `{"ok": "false"}`: true, `{"errors": 2}`: true,
		`{"error": null}`: false, `{"error": ""}`: false, `{"errors": []}`: false, `{"error": {}}`: false, `{"errors": 0}`: false, `{"error": false}`: false,
		`{"success": true, "ok": null}`: false, `{"meta": {"error": "x"}}`: false, `{}`: false,
	} {
		if got := Failed(decode(t, text)); (got != "") != want {
			t.Errorf("Failed(%s) = %q, want something: %v", text, got, want)
		}
	}
}

func TestIsLinks(t *testing.T) {
	for name, want := range map[string]bool{"links": true, "_links": true, "Link": true, "rows": false, "next": false, "": false} {
		if got := IsLinks(name); got != want {
			t.Errorf("IsLinks(%q) = %v", name, got)
		}
	}
}

// FuzzMore asks that nothing makes it panic, that its words are fit for a terminal,
// that a row more never makes an answer a part, and that it is the same each time.
func FuzzMore(f *testing.F) {
	f.Add([]byte(`{"total": 103, "next": {"href": "/x"}, "links": [{"rel": "next", "href": "/x"}], "meta": {"hasMore": true}}`), 2)
	f.Add([]byte(`{"page": {"page": {"page": {"page": {"page": {"page": {"total": 9}}}}}}}`), 0)
	f.Add([]byte(`{"total": 1e400, "\u202enext": 1, "pages": 2}`), 1)
	f.Fuzz(func(t *testing.T, text []byte, rows int) {
		var answer map[string]any
		if json.Unmarshal(text, &answer) != nil || rows < 0 || rows > 1<<30 {
			return
		}
		for _, got := range []string{More(answer, rows), Earlier(answer, rows), Failed(answer)} {
			if !systemtest.Presentable(got) || len(got) > 1000 {
				t.Errorf("got %q", got)
			}
		}
		first := More(answer, rows)
		if again := More(answer, rows); again != first {
			t.Errorf("got %q and %q", first, again)
		}
		if first == "" && More(answer, rows+1) != "" {
			t.Errorf("fine with %d rows, and a part with one more", rows)
		}
	})
}
