package servers_test

import (
	"net/http"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
)

func TestSCIM(t *testing.T) {
	s := servers.StartSCIM(t)
	d := s.Directory(t, servers.SCIMSpec{
		Users:  []map[string]any{{"id": "1", "userName": "ann", "active": true}, {"id": "2", "userName": "bob"}},
		Groups: []map[string]any{{"id": "g", "displayName": "Payments", "members": []map[string]any{{"value": "1", "type": "User"}}}},
	})
	other := s.Directory(t, servers.SCIMSpec{})
	d.Call(t, http.MethodPatch, "/Users/2", map[string]any{
		"schemas":    []string{"urn:ietf:params:scim:api:messages:2.0:PatchOp"},
		"Operations": []map[string]any{{"op": "replace", "path": "active", "value": false}},
	}, nil)
	var bob struct {
		UserName string
		Active   *bool
	}
	d.Call(t, http.MethodGet, "/Users/2", nil, &bob)
	if bob.UserName != "bob" || bob.Active == nil || *bob.Active {
		t.Errorf("got %+v", bob)
	}
	var found struct {
		TotalResults int
		Resources    []struct {
			ID     string
			Groups []struct{ Value string }
		}
	}
	d.Call(t, http.MethodGet, "/Users?filter=userName+eq+%22ANN%22", nil, &found)
	if found.TotalResults != 1 || found.Resources[0].ID != "1" || len(found.Resources[0].Groups) != 1 {
		t.Errorf("got %+v", found)
	}
	other.Call(t, http.MethodGet, "/Users", nil, &found)
	if found.TotalResults != 0 {
		t.Errorf("another directory shows %+v", found)
	}
}
