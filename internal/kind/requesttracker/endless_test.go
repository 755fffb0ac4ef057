package requesttracker

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/system/httpclient"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

func TestAListWithoutEnd(t *testing.T) {
	e := systemtest.NewEndless(t, func(r *http.Request, n int) string {
		if !strings.HasSuffix(r.URL.Path, "/assets") {
			return ""
		}
		return fmt.Sprintf(`{"count": 1, "total": 2, "items": [{"id": %d, %s}]}`, n+1, plain)
	}, answering(nil).ServeHTTP)
	s, err := open(Config{Name: "hq", URL: e.URL(), Token: "1-2-3"}, httpclient.Config{Clock: e})
	if err != nil {
		t.Fatal(err)
	}
	for _, err = range s.Assets(t.Context()) {
		if err == nil {
			t.Error("an asset was told")
		}
	}
	systemtest.WantUnavailable(t, 0, err)
	if e.Pages() != 30 || !strings.Contains(err.Error(), "no end after 30m") {
		t.Errorf("%d pages were asked for: %v", e.Pages(), err)
	}
}
