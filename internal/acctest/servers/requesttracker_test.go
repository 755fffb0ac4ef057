package servers_test

import (
	"net/http"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
)

func TestRequestTracker(t *testing.T) {
	rt := servers.StartRequestTracker(t)
	if again := servers.StartRequestTracker(t); again != rt {
		t.Error("a second server was started")
	}
	asset := rt.Create(t, "asset", map[string]any{"Name": "lap-1", "Catalog": "Laptops", "Status": "in-use", "Owner": "ann"})
	rt.Set(t, "asset", asset, map[string]any{"Status": "stolen"}, "changed from 'in-use' to 'stolen'")
	var got struct{ Name, Status string }
	rt.Call(t, http.MethodGet, "/asset/"+asset, nil, &got)
	if got.Name != "lap-1" || got.Status != "stolen" {
		t.Errorf("got %+v", got)
	}
}
