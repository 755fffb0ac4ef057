package examples_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/kind/rest"
	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// TestRESTGuide reads assets and tasks with the description that the guide
// shows, from a server that answers as the guide says.
func TestRESTGuide(t *testing.T) {
	guide := template(t, "guides/system-rest.md")
	description, answer := blocks(guide, "yaml")[0], blocks(guide, "json")[0]
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/items/{id}", func(w http.ResponseWriter, r *http.Request) {
		if r.PathValue("id") == "TC-7" && r.Header.Get("Authorization") == "Bearer canary-token" {
			_, _ = fmt.Fprint(w, answer)
			return
		}
		w.WriteHeader(http.StatusNotFound)
		_, _ = fmt.Fprint(w, `{"error": "no such item"}`)
	})
	mux.HandleFunc("GET /api/items", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprint(w, `{"count": 1, "items": [{"code": "TC-7", "title": "Label printer", "status": "scrapped", "holder": null}]}`)
	})
	mux.HandleFunc("GET /api/returns", func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("item") != "" {
			_, _ = fmt.Fprint(w, `{"count": 1, "items": [{"number": 5, "reason": "leaver", "code": "TC-7"}]}`)
			return
		}
		_, _ = fmt.Fprint(w, `{"count": 2, "items": [{"number": 5, "reason": "leaver", "code": "TC-7"}, {"number": 6, "reason": "repair", "code": null}]}`)
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	s, err := rest.New(rest.Config{
		Name: "crib", Description: description, URL: server.URL,
		Secrets: map[string]string{"token": "canary-token"}, Settings: map[string]string{"class": "printer"},
	})
	if err != nil {
		t.Fatal(err)
	}
	found, err := s.Asset(t.Context(), "TC-7")
	if err != nil || len(found) != 1 {
		t.Fatalf("%d records, %v", len(found), err)
	}
	if r := found[0]; r.Class != "printer" || r.State != lifecycle.StateInService || len(r.Owners) != 1 || r.Owners[0] != "ada@example.org" || r.VerifiedAt.IsZero() {
		t.Errorf("got %+v", r)
	}
	for _, id := range []string{"TC-8", "no such form"} {
		if found, err := s.Asset(t.Context(), id); err != nil || len(found) != 0 {
			t.Errorf("%s: %d records, %v", id, len(found), err)
		}
	}
	if open, err := s.Tasks(t.Context(), "TC-7"); err != nil || len(open) != 1 || open[0].Kind != lifecycle.TaskOffboarding {
		t.Errorf("got %+v, %v", open, err)
	}
	if l := system.ListingOf(s, system.CanReadTasks); l != (system.Listing{PageSize: 200}) {
		t.Errorf("the list of tasks is described as %+v", l)
	}
	for open, err := range s.OpenTasks(t.Context()) {
		if err != nil || open.Asset != "TC-7" || open.Task.ID != "5" {
			t.Errorf("got %+v, %v", open, err)
		}
	}
	for r, err := range s.Assets(t.Context()) {
		if err != nil || r.State != lifecycle.StateRetired {
			t.Errorf("got %+v, %v", r, err)
		}
	}
}

// TestRESTGuideAccounts takes the accounts that the guide shows for a part of a
// description, and switches one at a server that answers as the guide says.
func TestRESTGuideAccounts(t *testing.T) {
	const people = `name: crew
auth: [{ fields: [token], headers: { Authorization: "Bearer {token}" } }]
statuses: { here: active }
people:
  id: item.id
  hides: false
  list: [{ path: /api/users, items: body.users, total: body.count }]
  fields: { username: item.login, status: '"here"' }
`
	all := blocks(template(t, "guides/system-rest.md"), "yaml")
	part := all[slices.IndexFunc(all, func(text string) bool { return strings.HasPrefix(text, "accounts:") })]
	active, tokens := true, 1
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/users", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprint(w, `{"count": 1, "users": [{"id": 7, "login": "ada"}]}`)
	})
	mux.HandleFunc("GET /api/users/7", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("ETag", `"1"`)
		_, _ = fmt.Fprintf(w, `{"id": 7, "login": "ada", "active": %v}`, active)
	})
	mux.HandleFunc("GET /api/users/7/tokens", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprintf(w, `{"count": %d, "tokens": %s}`, tokens, []string{"[]", `[{"id": 3}]`}[tokens])
	})
	mux.HandleFunc("DELETE /api/users/7/tokens/3", func(http.ResponseWriter, *http.Request) { tokens = 0 })
	mux.HandleFunc("PATCH /api/users/7", func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		active = strings.Contains(string(body), "true") && r.Header.Get("If-Match") == `"1"`
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	s, err := rest.New(rest.Config{Name: "crew", Description: people + part, URL: server.URL, Secrets: map[string]string{"token": "canary-token"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, enabled := range []bool{false, true} {
		a, err := s.Account(t.Context(), "Ada")
		if err != nil || a == nil || len(a.Issued) != tokens {
			t.Fatalf("got %+v, %v", a, err)
		}
		if err := errors.Join(s.SetEnabled(t.Context(), a, enabled), s.EndSessions(t.Context(), a)); err != nil || active != enabled || tokens != 0 {
			t.Errorf("active %v, %d tokens, %v", active, tokens, err)
		}
	}
}
