package rest

import (
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

// openGitea reads a server by the shipped description.
func openGitea(t testing.TB, address, token, organization string) *System {
	t.Helper()
	return mustNew(t, Config{
		Name: "git", Kind: "gitea", URL: address, Secrets: map[string]string{"token": token},
		Settings: map[string]string{"organization": organization}, Retries: 1, Wait: impatient, Timeout: 20 * time.Second,
	}, nil)
}

func TestGitea(t *testing.T) {
	g := servers.Gitea(t)
	for _, u := range []servers.GiteaUser{
		{Username: "Ann", Email: "ann@example.test", FullName: "Ann Archer"}, {Username: "bob", Email: "bob@example.test", Prohibited: true},
		{Username: "cam", Email: "cam@example.test", Inactive: true}, {Username: "old", Email: "dee@example.test"}, {Username: "gone", Email: "gone@example.test"},
	} {
		g.AddUser(t, u)
	}
	g.Call(t, http.MethodPost, "/orgs", map[string]any{"username": "acme"}, nil)
	team := g.AddTeam(t, "acme", "payments", "Ann", "bob")
	empty := g.AddTeam(t, "acme", "empty")
	g.Call(t, http.MethodPost, "/admin/users/old/rename", map[string]any{"new_username": "dee"}, nil)
	g.Call(t, http.MethodDelete, "/admin/users/gone", nil, nil)

	recorder := &systemtest.Recorder{Handler: forwarding(t, g.URL)}
	s := openGitea(t, systemtest.ServeHTTP(t, recorder), g.Token, "acme")
	for key, want := range map[string][]lifecycle.Person{
		"ann":              {{Email: "ann@example.test", Username: "Ann", Name: "Ann Archer", Kind: lifecycle.KindEmployee, Status: lifecycle.PersonActive}},
		"BOB@example.test": {{Email: "bob@example.test", Username: "bob", Kind: lifecycle.KindEmployee, Status: lifecycle.PersonSuspended}},
		"cam":              {{Email: "cam@example.test", Username: "cam", Kind: lifecycle.KindEmployee, Status: lifecycle.PersonSuspended}},
		"dee":              {{Email: "dee@example.test", Username: "dee", Kind: lifecycle.KindEmployee, Status: lifecycle.PersonActive}},
		"payments":         {{Name: "payments", Kind: lifecycle.KindTeam, Status: lifecycle.PersonActive}},
		"Acme/payments":    {{Name: "payments", Kind: lifecycle.KindTeam, Status: lifecycle.PersonActive}},
		"old":              nil, "gone": nil, "gone@example.test": nil, "acme": nil, "an": nil, "a_n": nil, "%": nil,
	} {
		got, err := s.Person(t.Context(), key)
		for i := range got {
			got[i].ID, got[i].Source, got[i].Directory = "", "", ""
		}
		if err != nil || len(got) != len(want) || len(want) > 0 && !reflect.DeepEqual(got, want) {
			t.Errorf("Person(%q): %v\ngot  %+v\nwant %+v", key, err, got, want)
		}
	}
	for id, want := range map[int64][]string{team: {"Ann", "bob"}, empty: nil} {
		members, err := s.Members(t.Context(), strconv.FormatInt(id, 10))
		var got []string
		for _, p := range members {
			got = append(got, p.Username)
		}
		if slices.Sort(got); err != nil || !slices.Equal(got, want) {
			t.Errorf("the members of team %d are %q, %v", id, got, err)
		}
	}
	// Two lists, each of which is asked whether it turns pages, and two of members.
	if n := len(recorder.Requests()); n != 2*2+2 {
		t.Errorf("%d requests", n)
	}
	for name, s := range map[string]*System{
		"no administrator": openGitea(t, g.URL, g.Outsider, ""), "no such token": openGitea(t, g.URL, fmt.Sprintf("%040d", 1), "acme"),
		"no such organisation": openGitea(t, g.URL, g.Token, "none"),
	} {
		for _, key := range []string{"ann", "nobody"} {
			found, err := s.Person(t.Context(), key)
			if systemtest.WantUnavailable(t, len(found), err); t.Failed() {
				t.Fatal(name)
			}
		}
	}
	for i := range 60 {
		g.AddUser(t, servers.GiteaUser{Username: fmt.Sprintf("user%02d", i), Email: fmt.Sprintf("user%02d@example.test", i)})
	}
	everybody, err := readAll(t, openGitea(t, g.URL, g.Token, "").ListPeople(t.Context()))
	if want := 2 + 4 + 60; err != nil || len(everybody) != want {
		t.Errorf("%d entries, want %d: %v", len(everybody), want, err)
	}
	t.Run("accounts", func(t *testing.T) { accountsOfGitea(t, g) })
}
