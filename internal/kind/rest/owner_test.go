package rest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

// contacts is a NetBox of n devices, each held by a contact of its own, of which
// the list hides every third.
func contacts(n int) http.Handler {
	contact := func(id int) map[string]any {
		return map[string]any{"id": id, "url": fmt.Sprintf("http://x/api/tenancy/contacts/%d/", id), "name": "Somebody", "email": fmt.Sprintf("p%d@example.org", id)}
	}
	device := func(id int) map[string]any {
		owner := contact(id)
		delete(owner, "email")
		return map[string]any{
			"id": id, "name": "d", "role": nil, "status": map[string]any{"value": "active"}, "custom_fields": map[string]any{"owner": []any{owner}},
		}
	}
	list := func(r *http.Request, all []map[string]any) map[string]any {
		from, _ := strconv.Atoi(r.URL.Query().Get("offset"))
		limit, _ := strconv.Atoi(r.URL.Query().Get("limit"))
		return map[string]any{"count": len(all), "results": all[min(from, len(all)):min(from+limit, len(all))]}
	}
	mux := http.NewServeMux()
	answer := func(w http.ResponseWriter, v any) { _ = json.NewEncoder(w).Encode(v) }
	mux.HandleFunc("/api/dcim/devices/{$}", func(w http.ResponseWriter, r *http.Request) {
		var all []map[string]any
		for id := 1; id <= n; id++ {
			all = append(all, device(id))
		}
		answer(w, list(r, all))
	})
	mux.HandleFunc("/api/tenancy/contacts/{$}", func(w http.ResponseWriter, r *http.Request) {
		var all []map[string]any
		for id := 1; id <= n; id++ {
			if id%3 != 0 {
				all = append(all, contact(id))
			}
		}
		answer(w, list(r, all))
	})
	mux.HandleFunc("/api/tenancy/contacts/{id}/{$}", func(w http.ResponseWriter, r *http.Request) {
		id, _ := strconv.Atoi(r.PathValue("id"))
		answer(w, contact(id))
	})
	return mux
}

// A few owners are asked for one by one, many are listed, and what the list hides
// is asked for all the same.
func TestOwnersAreLookedUpOnceInARun(t *testing.T) {
	for n, want := range map[int]int{3: 1 + 3, 10: 1 + 10, 60: 1 + 10 + 1 + 20 - 3, 2000: 2 + 10 + 2 + 666 - 3} {
		recorder := &systemtest.Recorder{Handler: contacts(n)}
		s := mustNew(t, Config{
			Name: "dc", Kind: "netbox", URL: systemtest.ServeHTTP(t, recorder), Secrets: map[string]string{"token": "t0ken"}, RequestsPerMinute: -1, Wait: impatient,
		}, nil)
		for range 2 {
			records, err := readAll(t, s.Assets(t.Context()))
			if err != nil || len(records) != n {
				t.Fatalf("%d devices: %d records, %v", n, len(records), err)
			}
			for _, r := range records {
				if got := strings.Join(r.Owners, " "); got != "p"+r.ID+"@example.org" {
					t.Fatalf("device %s is held by %q", r.ID, got)
				}
			}
		}
		if got := len(recorder.Requests()); got != want {
			t.Errorf("%d devices took %d requests, want %d", n, got, want)
		}
	}
}
