package backstage

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/system/httpclient"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

func TestACatalogWithoutEnd(t *testing.T) {
	for name, c := range map[string]struct {
		total func(page int) int
		items func(page int) string
		pages int
		says  string
	}{
		"new entities":    {func(n int) int { return n + 2 }, component, 30, "no end after 30m"},
		"more than said":  {func(int) int { return 3 }, component, 3, "says that there are 3 entities and lists more"},
		"empty pages":     {func(int) int { return 3 }, func(int) string { return "" }, 1, "its pages start over"},
		"the same entity": {func(int) int { return 3 }, func(int) string { return component(1) }, 2, "twice"},
	} {
		t.Run(name, func(t *testing.T) {
			e := systemtest.NewEndless(t, func(_ *http.Request, n int) string {
				return fmt.Sprintf(`{"items": [%s], "totalItems": %d, "pageInfo": {"nextCursor": "c%d"}}`, c.items(n), c.total(n), n)
			}, nil)
			s, err := open(Config{Name: "cat", URL: e.URL(), Token: canary}, httpclient.Config{Clock: e})
			if err != nil {
				t.Fatal(err)
			}
			for _, err = range s.Assets(t.Context()) {
				if err == nil {
					t.Error("an asset was told")
				}
			}
			systemtest.WantUnavailable(t, 0, err)
			if e.Pages() != c.pages || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%d pages were asked for, want %d: %v", e.Pages(), c.pages, err)
			}
		})
	}
}

func component(n int) string {
	return fmt.Sprintf(`{"kind": "Component", "metadata": {"name": "c%d", "namespace": "default"}, "spec": {"owner": "group:default/x"}}`, n)
}
