package rest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

// company is a directory of so many people, and a team.
func company(n int) systemtest.Seed {
	seed := systemtest.Seed{People: []lifecycle.Person{{ID: "t-all", Name: "All", Kind: lifecycle.KindTeam, Status: lifecycle.PersonActive}}}
	for i := range n {
		seed.People = append(seed.People, lifecycle.Person{
			ID: fmt.Sprintf("u%04d", i), Email: fmt.Sprintf("user%d@example.org", i), Username: fmt.Sprintf("user%d", i), Kind: lifecycle.KindEmployee,
			Status: lifecycle.PersonActive, Teams: []string{"t-all"},
		})
	}
	return seed
}

// A way to look people up that does not find somebody who is there is never
// believed when it finds nobody: whoever it misses is found in the list.
func TestALookUpThatMissesPeopleProvesNoAbsence(t *testing.T) {
	for name, break_ := range map[string]func(*directoryServer){
		"the filter is ignored": func(s *directoryServer) {
			s.deaf = map[string]bool{"id": true, "email": true, "username": true, "any": true}
		},
		"one filter finds nobody": func(s *directoryServer) { s.blind = map[string]bool{"username": true, "any": true} },
		"no filter finds anybody": func(s *directoryServer) {
			s.blind = map[string]bool{"id": true, "email": true, "username": true, "any": true}
		},
		"the filter tells case":           func(s *directoryServer) { s.exact = true },
		"the teams' filter finds no team": func(s *directoryServer) { s.blind = map[string]bool{"id": true} },
	} {
		for dialect, description := range directories {
			t.Run(name+", "+dialect, func(t *testing.T) {
				server := newDirectory(company(7))
				break_(server)
				s := openAt(t, systemtest.ServeHTTP(t, server), strings.ReplaceAll(description, "id: item.id\n  get", "id: item.id\n  hides: false\n  get"))
				for _, key := range []string{"u0005", "U0005", "user5@example.org", "USER5@example.org", "user5", "User5"} {
					if found, err := s.Person(t.Context(), key); err != nil || len(found) != 1 || found[0].ID != "u0005" {
						t.Errorf("Person(%q) = %v, %v", key, found, err)
					}
				}
				if found, err := s.Person(t.Context(), "nobody"); err != nil || len(found) != 0 {
					t.Errorf("nobody is %v, %v", found, err)
				}
				if found, err := s.Person(t.Context(), "T-ALL"); err != nil || len(found) != 1 || found[0].Kind != lifecycle.KindTeam {
					t.Errorf("the team is %v, %v", found, err)
				}
			})
		}
	}
}

// A key that one way cannot be asked for safely may name somebody whom only this way
// finds: that the others find nobody proves nothing.
func TestUnusableLookUpFallsBackToTheList(t *testing.T) {
	server := newDirectory(company(7))
	server.people[5]["email"] = "o'neil@example.org"
	address := systemtest.ServeHTTP(t, server)
	description := strings.Replace(directories["searches"], `possible: 'key.contains("@")'`, `possible: 'key.contains("@")', askable: '!key.contains("\x27")'`, 1)
	s := openAt(t, address, description)
	if found, err := s.Person(t.Context(), "O'Neil@example.org"); err != nil || len(found) != 1 || found[0].ID != "u0005" {
		t.Errorf("got %v, %v", found, err)
	}
	if found, err := s.Person(t.Context(), "o'hara@example.org"); err != nil || len(found) != 0 {
		t.Errorf("nobody is %v, %v", found, err)
	}
	s = openAt(t, address, strings.Replace(description, "  hides: false\n", "", 1))
	found, err := s.Person(t.Context(), "o'hara@example.org")
	systemtest.WantUnavailable(t, len(found), err)
}

// One entry of the first page that lacks the field by which a way is tried leaves the
// others for it. If all lack it, the description does not fit.
func TestAnExampleWithoutTheField(t *testing.T) {
	server := newDirectory(company(3))
	description := strings.Replace(directories["searches"], `by: item.find("username")`, "by: item.username", 1)
	for i, want := range []bool{true, true, false} {
		delete(server.people[i], "username")
		found, err := openAt(t, systemtest.ServeHTTP(t, server), description).Person(t.Context(), "nobody")
		if want && (err != nil || len(found) != 0) {
			t.Errorf("without the first %d: %v, %v", i+1, found, err)
		}
		if !want {
			systemtest.WantUnavailable(t, len(found), err)
		}
	}
}

// A wide way that ignores the key and shows the first page of everybody finds the
// examples by which it is tried. It is not believed for that.
func TestWideLookUpThatReturnsTheFirstPage(t *testing.T) {
	server := newDirectory(company(40))
	address := systemtest.ServeHTTP(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !r.URL.Query().Has("any") {
			server.ServeHTTP(w, r)
			return
		}
		if err := json.NewEncoder(w).Encode(map[string]any{"items": server.people[:25]}); err != nil {
			t.Error(err)
		}
	}))
	s := openAt(t, address, strings.Replace(directories["teams of a person"], "items: body.items, total: body.total, by: item.id, wide: true", "items: body.items, by: item.id, wide: true", 1))
	if found, err := s.people.find(t.Context(), "user33"); err != nil || len(found) != 1 {
		t.Errorf("got %v, %v", found, err)
	}
}

// Where the list may leave somebody out, it proves nobody's absence.
func TestAListThatHidesProvesNoAbsence(t *testing.T) {
	description := strings.Replace(directories["searches"], "  hides: false\n", "", 1)
	server := newDirectory(company(7))
	server.blind = map[string]bool{"username": true}
	server.hidden = map[string]bool{"u0005": true}
	s := openAt(t, systemtest.ServeHTTP(t, server), description)
	found, err := s.Person(t.Context(), "user5")
	systemtest.WantUnavailable(t, len(found), err)
	if found, err := s.Person(t.Context(), "user4"); err != nil || len(found) != 1 {
		t.Errorf("got %v, %v", found, err)
	}
}

// An account may see fewer people than the system counts.
func TestAListThatShowsFewerThanAreCountedProvesNoAbsence(t *testing.T) {
	server := newDirectory(company(7))
	server.hidden = map[string]bool{"u0005": true}
	s := openAt(t, systemtest.ServeHTTP(t, server), directories["counted apart"])
	for _, key := range []string{"u0005", "user5@example.org", "nobody"} {
		found, err := s.Person(t.Context(), key)
		systemtest.WantUnavailable(t, len(found), err)
		if err == nil || !strings.Contains(err.Error(), "it counts 7 rows and shows 6") {
			t.Errorf("Person(%q) says %v", key, err)
		}
	}
	_, err := readAll(t, s.ListPeople(t.Context()))
	systemtest.WantUnavailable(t, 0, err)
}

// An account that lost a part of its rights sees some people still.
func TestProbeDetectsHiddenPeople(t *testing.T) {
	address := systemtest.ServeHTTP(t, newDirectory(company(3)))
	probe := func(keys ...string) func(*Config) { return func(c *Config) { c.Probe = keys } }
	s := openAt(t, address, directories["searches"], probe("user2@example.org", "user9"))
	found, err := s.Person(t.Context(), "user1")
	systemtest.WantUnavailable(t, len(found), err)
	found, err = s.Members(t.Context(), "t-all")
	systemtest.WantUnavailable(t, len(found), err)
	s = openAt(t, address, directories["searches"], probe("user2@example.org", "t-all"))
	if found, err := s.Person(t.Context(), "user1"); err != nil || len(found) != 1 {
		t.Errorf("got %v, %v", found, err)
	}
}

func TestEmptyDirectoryIsUnavailable(t *testing.T) {
	for name, description := range directories {
		for what, seed := range map[string]systemtest.Seed{"no people": {People: company(0).People}, "no teams": {People: company(3).People[1:]}} {
			t.Run(name+", "+what, func(t *testing.T) {
				s := openAt(t, systemtest.ServeHTTP(t, newDirectory(seed)), description)
				found, err := s.Person(t.Context(), "nobody@example.org")
				systemtest.WantUnavailable(t, len(found), err)
			})
		}
	}
}

// An account that sees deleted people alone sees nobody.
func TestOnlyDeletedPeopleIsUnavailable(t *testing.T) {
	for name, description := range map[string]string{
		"searches":    strings.Replace(directories["searches"], "  list: [{ path: people,", `  list: [{ path: gone, items: body.items, trash: true }, { path: people,`, 1),
		"lists alone": strings.Replace(directories["lists alone"], "  list: [{ path: people,", `  list: [{ path: gone, items: body.items, trash: true }, { path: people,`, 1),
	} {
		t.Run(name, func(t *testing.T) {
			s := openAt(t, systemtest.ServeHTTP(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/gone" {
					fmt.Fprint(w, `{"items":[{"id":"u1","status":"gone","email":"left@example.org"}]}`)
					return
				}
				newDirectory(company(0)).ServeHTTP(w, r)
			})), description)
			found, err := s.Person(t.Context(), "nobody@example.org")
			systemtest.WantUnavailable(t, len(found), err)
		})
	}
}

// A team that names members whom the directory does not show may have nobody left,
// or the account may see too little.
func TestMembersWhoAreNotShown(t *testing.T) {
	server := newDirectory(company(2))
	s := openAt(t, systemtest.ServeHTTP(t, server), strings.Replace(directories["searches"], "team: item.team }", `team: item.team, skip: item.id == "u0001" }`, 1))
	if found, err := s.Members(t.Context(), "t-all"); err != nil || len(found) != 1 || found[0].ID != "u0000" {
		t.Errorf("skipped: %v, %v", found, err)
	}
	unlisted := strings.Replace(directories["searches"], "id: item.id, team: item.team }", `id: '"x" + item.id', team: item.team }`, 1)
	s = openAt(t, systemtest.ServeHTTP(t, server), unlisted)
	found, err := s.Members(t.Context(), "t-all")
	systemtest.WantUnavailable(t, len(found), err)
}

// A team may name its members in other letters than the list of people does. Few are
// looked up one by one and many in the list: all are found either way.
func TestMembersInAnotherCase(t *testing.T) {
	for _, n := range []int{3, 40} {
		server := newDirectory(company(n))
		s := openAt(t, systemtest.ServeHTTP(t, server), strings.Replace(directories["searches"], "id: item.id, team: item.team }", `id: '"U" + item.id.split("u")[1]', team: item.team }`, 1))
		if found, err := s.Members(t.Context(), "t-all"); err != nil || len(found) != n {
			t.Errorf("%d of %d members, %v", len(found), n, err)
		}
	}
}

// What a look-up costs is bounded: the first page of a list and one try of each way
// in a run, whoever is absent, and then a request for each way that is asked.
func TestPeopleCostFewRequests(t *testing.T) {
	recorder := &systemtest.Recorder{Handler: newDirectory(company(500))}
	s := openAt(t, systemtest.ServeHTTP(t, recorder), directories["searches"], func(c *Config) { c.PageSize = 100 })
	asked := 0
	look := func(key string, want, most int) {
		t.Helper()
		found, err := s.Person(t.Context(), key)
		sent := len(recorder.Requests()) - asked
		if asked += sent; err != nil || len(found) != want || sent > most {
			t.Errorf("Person(%q) = %v, %v after %d requests, at most %d", key, found, err, sent, most)
		}
	}
	look("user3@example.org", 1, 4+2) // whether there is a team of that name is proven once
	look("user4@example.org", 1, 4)
	look("nobody", 0, 3+1+2)
	look("nobody else", 0, 3)
	everybody, err := readAll(t, s.ListPeople(t.Context()))
	if sent := len(recorder.Requests()) - asked; err != nil || len(everybody) != 501 || sent > 6 {
		t.Errorf("%d entries, %v after %d requests", len(everybody), err, sent)
	}
	asked = len(recorder.Requests())
	if members, err := s.Members(t.Context(), "t-all"); err != nil || len(members) != 500 || len(recorder.Requests())-asked > 6 {
		t.Errorf("%d members, %v after %d requests", len(members), err, len(recorder.Requests())-asked)
	}
	if got, want := system.PriceOf(s, system.CanReadPeople, "user3@example.org"), 4; got != want {
		t.Errorf("the price is %d, want %d", got, want)
	}
}

// Words that nobody mapped make nobody an employee, and nobody active.
func TestWordsOfPeopleThatAreNotMapped(t *testing.T) {
	server := newDirectory(company(2))
	server.people[0]["kind"], server.people[0]["status"] = "Robot", "Asleep"
	s := openAt(t, systemtest.ServeHTTP(t, server), directories["searches"])
	found, err := s.Person(t.Context(), "u0000")
	if err != nil || len(found) != 1 || found[0].Kind != lifecycle.KindUnstated || found[0].Status != lifecycle.PersonUnknown || found[0].StatusText != "Asleep" {
		t.Errorf("got %+v, %v", found, err)
	}
	s = openAt(t, systemtest.ServeHTTP(t, server), directories["searches"], func(c *Config) {
		c.Kinds, c.Statuses = map[string]string{"robot": "service"}, map[string]string{"asleep": "suspended"}
	})
	if found, err = s.Person(t.Context(), "u0000"); err != nil || found[0].Kind != lifecycle.KindService || found[0].Status != lifecycle.PersonSuspended {
		t.Errorf("got %+v, %v", found, err)
	}
}
