package servers_test

import (
	"net/http"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
)

func TestBackstage(t *testing.T) {
	type object = map[string]any
	b := servers.Backstage(t)
	count := func(kind, token string) (status, total int) {
		t.Helper()
		var page struct{ TotalItems int }
		status = asked(t, http.MethodGet, b.URL+"/api/catalog/entities/by-query?filter=kind="+kind, "Bearer "+token, &page)
		return status, page.TotalItems
	}
	ann := object{"apiVersion": "backstage.io/v1alpha1", "kind": "User", "metadata": object{"name": "ann"}, "spec": object{"memberOf": []string{}}}
	bob := object{"apiVersion": "backstage.io/v1alpha1", "kind": "User", "metadata": object{"name": "bob"}, "spec": object{"memberOf": []string{}}}
	for _, entities := range [][]object{{ann, bob}, {bob}, nil} {
		b.Fill(t, entities)
		if status, n := count("user", b.Token); status != http.StatusOK || n != len(entities) {
			t.Errorf("status %d and %d users, want %d", status, n, len(entities))
		}
	}
	if status, _ := count("user", "another"); status != http.StatusUnauthorized {
		t.Errorf("another token is answered with %d", status)
	}
	if status := asked(t, http.MethodDelete, b.URL+"/api/catalog/entities/by-uid/x", "Bearer "+b.Token, nil); status != http.StatusForbidden {
		t.Errorf("what the account may not do is answered with %d", status)
	}
}
