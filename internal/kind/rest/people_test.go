package rest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

const directoryCommon = `
name: directory
title: Directory
auth: [{ fields: [token], headers: { Authorization: "Bearer {token}" } }]
errors: [{ when: type(body) == map && body.find("error") != null, message: text(body.find("error.message")) }]
statuses: { here: active, paused: suspended, gone: left }
kinds: { staff: employee, freelance: contractor }
`

const directoryFields = `
  fields:
    email: item.find("email")
    username: item.find("username")
    name: item.find("name")
    kind: item.find("kind")
    status: item.status
    end_date: item.find("end")
    manager: item.find("manager")
    teams: item.find("teams")
`

// directories are descriptions of people that differ in how they ask.
var directories = map[string]string{
	"searches": directoryCommon + `
people:
  id: item.id
  hides: false
  get:
    - { path: people, query: { id: "{key}" }, items: body.items, total: body.total, by: item.id }
    - { path: people, query: { email: "{key}" }, items: body.items, total: body.total, by: item.find("email"), possible: 'key.contains("@")' }
    - { path: people, query: { username: "{key}" }, items: body.items, total: body.total, by: item.find("username") }
  list: [{ path: people, items: body.items, total: body.total, paging: { query: { start: "{offset}", count: "{limit}" } } }]` + directoryFields + `
teams:
  id: item.id
  hides: false
  get: [{ path: "teams/{key}", item: body, not_found: status == 404 && body.find("error.code") == "unknown", by: item.id }]
  list: [{ path: teams, items: body.items, total: body.total, paging: { query: { start: "{offset}", count: "{limit}" } } }]
  members:
    - { path: "teams/{id}/members", items: body.items, total: body.total, paging: { query: { start: "{offset}", count: "{limit}" } }, id: item.id, team: item.team }
  fields: { name: item.find("name"), teams: item.find("teams") }
`,
	"lists alone": directoryCommon + `
people:
  id: item.id
  hides: false
  list: [{ path: people, items: body.items, paging: { query: { count: "{limit}" }, next: links.find("next") } }]` + directoryFields + `
teams:
  id: item.id
  hides: false
  list: [{ path: teams, items: body.items, paging: { query: { count: "{limit}", after: "{cursor}" }, cursor: body.cursor } }]
  members:
    - { path: "teams/{id}/members", query: { only: people }, items: body.items, whole: true, id: item.id }
    - { path: "teams/{id}/members", query: { only: teams }, items: body.items, id: item.id, team: "true" }
  fields: { name: item.find("name"), teams: item.find("teams") }
`,
	"counted apart": directoryCommon + `
people:
  id: item.id
  hides: false
  get:
    - { path: people, query: { username: "{key}" }, items: body.items }
  list: [{ path: people, items: body.items, count: { path: count/people, total: number(body) }, paging: { query: { start: "{offset}", count: "{limit}" } } }]` + directoryFields + `
teams:
  id: item.id
  hides: false
  list: [{ path: teams, items: body.items, count: { path: count/teams, total: number(body) }, paging: { query: { start: "{offset}", count: "{limit}" } } }]
  members: [{ path: "teams/{id}/members", items: body.items, id: item.id, team: item.team, whole: true }]
  fields: { name: item.find("name"), teams: item.find("teams") }
`,
	"teams of a person": directoryCommon + `
people:
  id: item.id
  hides: false
  get:
    - { path: people, query: { any: "{key}" }, items: body.items, total: body.total, by: item.id, wide: true }
  list: [{ path: people, items: body.items, total: body.total, paging: { query: { start: "{offset}", count: "{limit}" } } }]
  teams: { path: "people/{id}/teams", items: body.items, id: item.id }` + strings.Replace(directoryFields, `    teams: item.find("teams")`+"\n", "", 1) + `
teams:
  id: item.id
  get: [{ path: teams, query: { id: "{key}" }, items: body.items, total: body.total, by: item.id }]
  list: [{ path: teams, items: body.items, total: body.total, paging: { query: { start: "{offset}", count: "{limit}" } } }]
  members: [{ path: "teams/{id}/members", items: body.items, id: item.id, team: item.team, whole: true }]
  fields: { name: item.find("name"), teams: item.find("teams") }
`,
}

// directoryServer speaks all of them. Its fields make it misbehave.
type directoryServer struct {
	people, teams []map[string]any
	exact         bool            // look-ups tell case
	deaf          map[string]bool // parameters that it ignores
	blind         map[string]bool // parameters by which it never finds anybody
	hidden        map[string]bool // ids that its lists leave out
}

func newDirectory(seed systemtest.Seed) *directoryServer {
	s := &directoryServer{}
	status := map[lifecycle.OwnerStatus]string{
		lifecycle.PersonActive: "here", lifecycle.PersonSuspended: "Paused", lifecycle.PersonLeft: "gone", lifecycle.PersonUnknown: "asleep",
	}
	kind := map[lifecycle.OwnerKind]string{lifecycle.KindEmployee: "staff", lifecycle.KindContractor: "Freelance"}
	for _, p := range seed.People {
		item := map[string]any{"id": p.ID, "status": status[p.Status]}
		for name, text := range map[string]string{"email": p.Email, "username": p.Username, "name": p.Name, "manager": p.Manager, "kind": kind[p.Kind]} {
			if text != "" {
				item[name] = text
			}
		}
		if p.Teams != nil {
			item["teams"] = p.Teams
		}
		if !p.EndDate.IsZero() {
			item["end"] = p.EndDate.Format(time.DateOnly)
		}
		if item["team"] = p.Kind == lifecycle.KindTeam; p.Kind == lifecycle.KindTeam {
			s.teams = append(s.teams, item)
		} else {
			s.people = append(s.people, item)
		}
	}
	return s
}

func (s *directoryServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "Bearer "+token {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	parts := strings.Split(strings.TrimPrefix(r.URL.EscapedPath(), "/"), "/")
	for i := range parts {
		parts[i], _ = url.PathUnescape(parts[i])
	}
	q := r.URL.Query()
	all := s.people
	if parts[0] == "teams" || slices.Equal(parts, []string{"count", "teams"}) {
		all = s.teams
	}
	switch {
	case parts[0] == "count":
		fmt.Fprint(w, len(all))
	case len(parts) == 3 && parts[2] == "members":
		only := q.Get("only")
		reply(w, r, q, slices.DeleteFunc(slices.Concat(s.people, s.teams), func(item map[string]any) bool {
			teams, _ := item["teams"].([]string)
			return !slices.Contains(teams, parts[1]) || only == "people" && item["team"] == true || only == "teams" && item["team"] == false
		}))
	case len(parts) == 3:
		found := filter(all, "id", parts[1])
		var teams []map[string]any
		if list, ok := found[0]["teams"].([]string); ok {
			for _, team := range list {
				teams = append(teams, map[string]any{"id": team})
			}
		}
		reply(w, r, q, teams)
	case len(parts) == 2:
		if found := s.filtered(all, "id", parts[1]); len(found) > 0 {
			_ = json.NewEncoder(w).Encode(found[0])
			return
		}
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `{"error":{"code":"unknown","message":"no such entry"}}`)
	default:
		reply(w, r, q, s.listed(all, q))
	}
}

// listed returns what a list shows, or what a search finds.
func (s *directoryServer) listed(all []map[string]any, q url.Values) []map[string]any {
	for _, field := range []string{"id", "email", "username", "any"} {
		if !q.Has(field) || s.deaf[field] {
			continue
		}
		if s.blind[field] {
			return nil
		}
		return s.filtered(all, field, q.Get(field))
	}
	return slices.DeleteFunc(slices.Clone(all), func(item map[string]any) bool { return s.hidden[fmt.Sprint(item["id"])] })
}

// filtered returns the entries with a value, or those in which any value begins
// with the text.
func (s *directoryServer) filtered(all []map[string]any, field, text string) []map[string]any {
	equal := func(v any) bool {
		have := fmt.Sprint(v)
		switch {
		case s.exact:
			return have == text
		case field == "any":
			return strings.HasPrefix(strings.ToLower(have), strings.ToLower(text))
		}
		return strings.EqualFold(have, text)
	}
	return slices.DeleteFunc(slices.Clone(all), func(item map[string]any) bool {
		if field == "any" {
			return !equal(item["id"]) && !equal(item["email"]) && !equal(item["username"])
		}
		return item[field] == nil || !equal(item[field])
	})
}

func TestPeopleConformance(t *testing.T) {
	for name, description := range directories {
		t.Run(name, func(t *testing.T) {
			h := systemtest.Harness{
				Healthy: func(t *testing.T, seed systemtest.Seed) system.System {
					return openAt(t, systemtest.ServeHTTP(t, newDirectory(withTeam(seed))), description)
				},
				Broken: make(map[string]systemtest.Make),
			}
			for fault, wrap := range systemtest.HTTPFaults() {
				h.Broken[fault] = func(t *testing.T, seed systemtest.Seed) system.System {
					return openAt(t, systemtest.ServeHTTP(t, wrap(newDirectory(seed))), description, func(c *Config) { c.Timeout = timeout(fault) })
				}
			}
			t.Run("people", func(t *testing.T) { systemtest.People(t, h) })
			if name != "lists alone" {
				t.Run("lists", func(t *testing.T) { systemtest.Lists(t, h, system.CanReadPeople) })
			}
		})
	}
}

// withTeam adds a team to a directory that has none: one that shows no team at all
// is not believed.
func withTeam(seed systemtest.Seed) systemtest.Seed {
	if !slices.ContainsFunc(seed.People, func(p lifecycle.Person) bool { return p.Kind == lifecycle.KindTeam }) {
		seed.People = append(slices.Clip(seed.People), lifecycle.Person{ID: "t-other", Kind: lifecycle.KindTeam, Status: lifecycle.PersonActive})
	}
	return seed
}

// Rows that do not say which of two lists they come from are told apart by a mark.
func TestListsMarkTheirRows(t *testing.T) {
	s := openAt(t, systemtest.ServeHTTP(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"items":[{"id":"%s1","status":"here"}]}`, strings.Trim(r.URL.Path, "/"))
	})), directoryCommon+`
people:
  id: item.id
  hides: false
  list:
    - { path: in, items: body.items }
    - { path: out, items: body.items, mark: freelance }
  fields: { status: item.status, kind: 'item.find(["@mark"])' }
`)
	var got []string
	for e, err := range s.ListPeople(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprint(e.Person.ID, " ", e.Person.Kind))
	}
	if want := []string{"in1 employee", "out1 contractor"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Where people and teams are numbered alike, teams have a prefix, so that nobody is
// taken for a team of the same number. Paths hold the number alone.
func TestTeamsWithThePeoplesNumbers(t *testing.T) {
	seed := systemtest.Seed{People: []lifecycle.Person{
		{ID: "7", Username: "ann", Kind: lifecycle.KindEmployee, Status: lifecycle.PersonActive, Teams: []string{"7"}},
		{ID: "8", Username: "bob", Kind: lifecycle.KindEmployee, Status: lifecycle.PersonActive, Teams: []string{"9"}},
		{ID: "7", Name: "Payments", Kind: lifecycle.KindTeam, Status: lifecycle.PersonActive},
		{ID: "9", Name: "Core", Kind: lifecycle.KindTeam, Status: lifecycle.PersonActive, Teams: []string{"7"}},
	}}
	for _, name := range []string{"lists alone", "teams of a person"} {
		description := strings.Replace(directories[name], "teams:\n  id: item.id\n", "teams:\n  id: item.id\n  prefix: team-\n  hides: false\n", 1)
		description = strings.Replace(description, "prefix: team-\n  hides: false\n  hides: false\n", "prefix: team-\n  hides: false\n", 1)
		s := openAt(t, systemtest.ServeHTTP(t, newDirectory(seed)), description)
		found, err := s.Person(t.Context(), "7")
		if err != nil || len(found) != 1 || found[0].Username != "ann" {
			t.Errorf("%s: 7 is %+v, %v", name, found, err)
		}
		if found, err = s.Person(t.Context(), "team-7"); err != nil || len(found) != 1 || found[0].Kind != lifecycle.KindTeam || found[0].ID != "team-7" {
			t.Errorf("%s: team-7 is %+v, %v", name, found, err)
		}
		if found, err = s.Members(t.Context(), "team-7"); err != nil || len(found) != 2 {
			t.Errorf("%s: in team-7 are %+v, %v", name, found, err)
		}
		if name == "teams of a person" {
			if found, err = s.Person(t.Context(), "ann"); err != nil || !slices.Equal(found[0].Teams, []string{"team-7"}) {
				t.Errorf("%s: ann is %+v, %v", name, found, err)
			}
		}
	}
}

func TestDescriptionsOfPeopleThatAreNotAccepted(t *testing.T) {
	for name, c := range map[string]struct{ old, new, want string }{
		"members of people":      {"people:\n", "people:\n  members: [{ path: x, items: body, id: item }]\n", "description[people.members]: It is accepted in teams only."},
		"a prefix of people":     {"people:\n", "people:\n  prefix: p\n", "description[people.prefix]: It is accepted in teams only."},
		"people without members": {"people:\n", "people:\n  hides_members: 'true'\n", "description[people.hides_members]: It is accepted in teams only."},
		"teams of teams":         {"teams:\n", "teams:\n  teams: { path: x, items: body, id: item }\n", "description[teams.teams]: It is accepted in people only."},
		"hides_members no bool":  {"teams:\n", "teams:\n  hides_members: item.id + 'x'\n", "description[teams.hides_members]"},
		"possible no bool":       {`possible: 'key.contains("@")'`, "possible: key", "description[people.get[1].possible]: The expression gives a value of type string"},
		"no members that apply":  {`    - { path: "teams/{id}/members",`, `    - { when: settings.size() > 0, path: "teams/{id}/members",`, "description[teams.members]: None of them applies with these settings"},
		"no status":              {"    status: item.status\n", "", "description[people.fields.status]: It is required"},
		"the trash alone":        {"  list: [{ path: people,", "  list: [{ trash: true, path: people,", "description[people.list]: At least one list is required"},
	} {
		t.Run(name, func(t *testing.T) {
			description := strings.Replace(directories["searches"], c.old, c.new, 1)
			_, err := New(Config{Name: "hq", URL: "https://hq.example.org", Description: description, Secrets: map[string]string{"token": token}})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}
