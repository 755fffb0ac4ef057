package backstage

import (
	"errors"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

func mustNew(t *testing.T, c Config) *System {
	t.Helper()
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestDescriptors(t *testing.T) {
	s := mustNew(t, Config{Name: "cat", Files: []string{"testdata/*.yaml"}})
	for id, want := range map[string]lifecycle.Record{
		"component:default/billing": {
			Class: "service", Name: "Billing Service", State: lifecycle.StateInService, Owners: []string{"group:default/payments"}, Purpose: "Sends bills",
			Environment: "production", RetirementDate: time.Date(2031, 12, 31, 23, 59, 59, 0, time.UTC), Source: "testdata/catalog-info.yaml line 2",
		},
		"api:shop/billing-api":        {Class: "api", Name: "billing-api", State: lifecycle.StateInService, Owners: []string{"user:default/ann"}},
		"resource:default/billing-db": {Class: "database", Name: "billing-db", State: lifecycle.StateInService, Owners: []string{"group:default/payments"}},
		"component:default/odd":       {Class: "service", Name: "odd", StateText: "sunset", Owners: []string{"ann@example.org"}},
	} {
		found, err := s.Asset(t.Context(), id)
		if err != nil || len(found) != 1 {
			t.Fatalf("Asset(%q) = %+v, %v", id, found, err)
		}
		got := found[0]
		if want.Source == "" {
			want.Source = got.Source
		}
		want.ID = id
		if got.Class != want.Class || got.Name != want.Name || got.State != want.State || got.StateText != want.StateText || got.Source != want.Source ||
			!slices.Equal(got.Owners, want.Owners) || got.Purpose != want.Purpose || !got.RetirementDate.Equal(want.RetirementDate) {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
	}
	for key, want := range map[string]lifecycle.Person{
		"user:default/ann":       {ID: "user:default/ann", Status: lifecycle.PersonActive, Kind: lifecycle.KindEmployee, Teams: []string{"group:default/payments"}},
		"ann@example.org":        {ID: "user:default/ann", Status: lifecycle.PersonActive, Kind: lifecycle.KindEmployee, Teams: []string{"group:default/payments"}},
		"bob":                    {ID: "user:default/bob", Status: lifecycle.PersonLeft, Kind: lifecycle.KindEmployee, Teams: []string{"group:default/refunds"}, Manager: "user:default/ann"},
		"Group:default/Payments": {ID: "group:default/payments", Status: lifecycle.PersonActive, Kind: lifecycle.KindTeam},
	} {
		found, err := s.Person(t.Context(), key)
		if err != nil || len(found) != 1 {
			t.Fatalf("Person(%q) = %+v, %v", key, found, err)
		}
		if got := found[0]; got.ID != want.ID || got.Status != want.Status || got.Kind != want.Kind || got.Manager != want.Manager || !slices.Equal(got.Teams, want.Teams) {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
	}
	members, err := s.Members(t.Context(), "group:default/payments")
	if err != nil || len(members) != 2 {
		t.Errorf("got %+v, %v", members, err)
	}
}

// What the API adds: relations that processors computed, and entities behind
// which nothing stands any more.
func TestAnswerOfTheAPI(t *testing.T) {
	text, err := os.ReadFile("testdata/by-query.json")
	if err != nil {
		t.Fatal(err)
	}
	s := served(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "by-name") {
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write([]byte(`{"error":{"name":"NotFoundError","message":"No entity named 'billing' found, with kind 'component' in namespace 'default'"}}`))
			return
		}
		if got := r.URL.Query()["filter"]; !slices.Equal(got, []string{"kind=api", "kind=component", "kind=resource", "kind=system"}) {
			t.Errorf("filter %q", got)
		}
		_, _ = w.Write(text)
	}))
	found, err := s.Asset(t.Context(), "component:default/billing")
	if err != nil || len(found) != 1 {
		t.Fatalf("got %+v, %v", found, err)
	}
	if r := found[0]; r.State != lifecycle.StateUnknown || r.StateText != "orphan" || !slices.Equal(r.Owners, []string{"group:default/payments", "user:default/ann"}) {
		t.Errorf("got %+v", r)
	}
}

func TestOneNameOnly(t *testing.T) {
	s := mustNew(t, Config{Name: "cat", Files: []string{"testdata/*.yaml"}})
	for id, advice := range map[string]string{
		"billing": `"cat/component:default/billing"`, "Component:default/Billing": `Write "cat/component:default/billing"`, "": "lower case",
		"user:default/ann": "kinds", "component:default/a b": "lower case", "component:default/../x": "lower case", "component:a/b/c": "lower case",
	} {
		found, err := s.Asset(t.Context(), id)
		var f *fault.Fault
		if len(found) != 0 || !errors.As(err, &f) || !errors.Is(err, fault.ErrConfig) || !strings.Contains(f.Advice, advice) {
			t.Errorf("Asset(%q) = %+v, %v", id, found, err)
		}
	}
}

// Where an entity cannot be understood, the file and the line are named.
func TestComplaints(t *testing.T) {
	for text, want := range map[string]string{
		"kind: Component\nmetadata:\n  name: a\n  title: {x: y}\n":                                    "a.yaml line 4: \"title\" is not a text",
		"kind: Component\nmetadata: {name: a}\n---\n\nkind: API\nmetadata: {}\n":                      "a.yaml line 5: an entity needs kind and metadata.name",
		"kind: Component\nmetadata:\n  name: a\n  annotations: {custody.dev/retirement-date: soon}\n": "a.yaml line 1: the field \"retirement_date\" holds \"soon\", and it is not a date",
		"kind: Component\nmetadata: {name: a}\nspec: {owner: {x: y}}\n":                               "\"owner\" is neither a reference nor a list of them",
		"kind: Component\nmetadata: {name: a\n":                                                       "this is not YAML",
		"kind: Template\nmetadata: {name: a}\n":                                                       "the catalog holds 0 asset records and min_records asks for at least 1",
	} {
		path := t.TempDir() + "/a.yaml"
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		found, err := mustNew(t, Config{Name: "cat", Files: []string{path}}).Asset(t.Context(), "component:default/a")
		systemtest.WantUnavailable(t, len(found), err)
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", text, err, want)
		}
	}
}

// Lists that cannot be right.
func TestPaging(t *testing.T) {
	component := func(name string) string { return `{"kind":"Component","metadata":{"name":"` + name + `"}}` }
	for name, pages := range map[string][]string{
		"begins again":         {`{"items":[` + component("a") + `],"totalItems":9,"pageInfo":{"nextCursor":"x"}}`},
		"fewer":                {`{"items":[` + component("a") + `],"totalItems":2,"pageInfo":{}}`},
		"more":                 {`{"items":[` + component("a") + `,` + component("b") + `],"totalItems":1,"pageInfo":{}}`},
		"twice":                {`{"items":[` + component("a") + `,` + component("A") + `],"totalItems":2,"pageInfo":{}}`},
		"another kind":         {`{"items":[{"kind":"User","metadata":{"name":"a"}}],"totalItems":1,"pageInfo":{}}`},
		"no total":             {`{"items":[],"pageInfo":{}}`},
		"no items":             {`{"totalItems":0,"pageInfo":{}}`},
		"no page info":         {`{"items":[],"totalItems":0}`},
		"an empty page":        {`{"items":[],"totalItems":1,"pageInfo":{"nextCursor":"x"}}`},
		"an entity of no name": {`{"items":[{"kind":"Component","metadata":{}}],"totalItems":1,"pageInfo":{}}`},
		"a cut list":           {`{"items":[` + component("a") + `],"totalItems":2,"pageInfo":{"nextCursor":"x"}}`, `{"items":[],"totalItems":2,"pageInfo":{}}`},
	} {
		at := 0
		s := served(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte(pages[min(at, len(pages)-1)]))
			at++
		}))
		var last error
		for _, err := range s.Assets(t.Context()) {
			last = err
		}
		if last == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		systemtest.WantUnavailable(t, 0, last)
		if strings.Contains(last.Error(), canary) {
			t.Errorf("%q shows the token", last)
		}
	}
}

func TestWhatIsAsked(t *testing.T) {
	server := &catalog{entities: entitiesOf(systemtest.Seed{
		Records: []lifecycle.Record{{ID: "1"}, {ID: "2"}, {ID: "3"}, {ID: "4"}},
		People:  []lifecycle.Person{{ID: "ann", Kind: lifecycle.KindEmployee}},
	})}
	s := served(t, server)
	for range 2 {
		for _, id := range []string{"1", "2"} {
			if _, err := s.Asset(t.Context(), "component:default/"+encode(id)); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := s.Person(t.Context(), "ann"); err != nil {
			t.Fatal(err)
		}
	}
	if len(server.requests) != 3 {
		t.Errorf("3 bindings made %q", server.requests)
	}
	if _, err := s.Asset(t.Context(), "component:default/none"); err != nil || len(server.requests) != 6 {
		t.Errorf("%v; absence was proved with %q", err, server.requests[3:])
	}
}

func TestNewReportsEverything(t *testing.T) {
	for want, c := range map[string]Config{
		"files": {},
		"files. page_size requests_per_minute kinds annotations.colour annotations.owner min_records.things states.x token": {
			Files: []string{"a.yaml"}, URL: "https://b.example.org", PageSize: 501, RequestsPerMinute: -1, Kinds: []string{"User"},
			Annotations: map[string]string{"colour": "x", "owner": " "}, States: map[string]string{"x": "gone"}, MinRecords: map[string]int{"things": 1},
		},
	} {
		c.Name = "cat"
		_, err := New(c)
		var problems *system.ConfigError
		if !errors.As(err, &problems) {
			t.Fatalf("got %v", err)
		}
		var got []string
		for _, p := range problems.Problems {
			got = append(got, strings.TrimSuffix(p.Attribute+"."+p.Key, "."))
		}
		if text := strings.Join(got, " "); text != strings.ReplaceAll(want, "files. ", "files ") {
			t.Errorf("got  %s\nwant %s", text, want)
		}
	}
	s := mustNew(t, Config{Name: "cat", Files: []string{"a.yaml"}, WithoutPeople: true, States: map[string]string{"Experimental": "planned"}})
	if _, ok := system.AsPeople(s); ok || s.Kind() != Kind || s.Name() != "cat" {
		t.Error("it claims to know people")
	}
	if _, err := s.Asset(t.Context(), "component:default/a"); !errors.Is(err, fault.ErrUnavailable) {
		t.Errorf("got %v", err)
	}
}
