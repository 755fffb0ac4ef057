package scim

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/system/httpclient"
	"github.com/custodyhq/terraform-provider-custody/internal/system/paging"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

func TestListsWithoutEnd(t *testing.T) {
	row := func(n int) string { return fmt.Sprintf(`{"id": "%[1]d", "userName": "u%[1]d", "active": true}`, n) }
	for name, c := range map[string]struct {
		paging string
		answer func(page int) string
		pages  int
		says   string
	}{
		"cursors to empty pages": {byCursor, func(n int) string { return fmt.Sprintf(`{"nextCursor": "c%d", "Resources": [%s]}`, n, row(0)) }, paging.MostWithoutNew + 1, "contained nothing new"},
		"cursors to new entries": {byCursor, func(n int) string { return fmt.Sprintf(`{"nextCursor": "c%d", "Resources": [%s]}`, n, row(n)) }, 30, "no end after 30m"},
		"numbers up to new ones": {byIndex, func(n int) string {
			return fmt.Sprintf(`{"totalResults": 200000, "Resources": [%s,%s]}`, row(max(0, n-1)), row(n))
		}, 30, "no end after 30m"},
		"one that it cannot reach": {byIndex, func(int) string { return fmt.Sprintf(`{"totalResults": 200000, "Resources": [%s]}`, row(0)) }, 2 * passes, "shows only 1"},
	} {
		t.Run(name, func(t *testing.T) {
			e := systemtest.NewEndless(t, func(r *http.Request, n int) string {
				if !strings.HasSuffix(r.URL.Path, "/Users") {
					return ""
				}
				return c.answer(n)
			}, func(w http.ResponseWriter, _ *http.Request) { fail(w, http.StatusNotFound) })
			s, err := open(Config{Name: "idp", URL: e.URL(), Token: "t0ken", Paging: c.paging, NoGroups: true}, httpclient.Config{Clock: e})
			if err != nil {
				t.Fatal(err)
			}
			for _, err = range s.ListPeople(t.Context()) {
				if err == nil {
					t.Error("somebody was told")
				}
			}
			systemtest.WantUnavailable(t, 0, err)
			if e.Pages() > c.pages+2 || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%d pages were asked for, want %d: %v", e.Pages(), c.pages, err)
			}
		})
	}
}
