package scim

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

// A directory of several pages is asked for single people, until that has cost
// as much as the list. What is found does not depend on it.
func TestRequestsToARealServer(t *testing.T) {
	groups := make([]resource, 12)
	for i := range groups {
		groups[i] = resource{"id": fmt.Sprintf("g%02d", i), "displayName": fmt.Sprintf("Team %d", i)}
	}
	b, c := connect(t, servers.SCIMSpec{Users: many(300), Groups: groups})
	c.PageSize = 10
	s := mustNew(t, c)
	person(t, s, "name-U0250")
	want := []string{
		"ServiceProviderConfig", "Users", "Users filter", "Users filter",
		"Groups", "Groups filter", "Groups filter",
	}
	if got := shape(b.take()); !slices.Equal(got, want) {
		t.Errorf("the first look-up asked %q, want %q", got, want)
	}
	// The groups are two pages: the second look-up makes their list cheaper.
	person(t, s, "U0251@example.ORG")
	person(t, s, "u0252")
	b.take()
	person(t, s, "u0253@example.org")
	if got := shape(b.take()); !slices.Equal(got, []string{"Users filter"}) {
		t.Errorf("a later look-up asked %q, want one filter", got)
	}
	for i := range 300 {
		id := fmt.Sprintf("u%04d", i)
		if p := person(t, s, id+"@example.org"); p.ID != id {
			t.Fatalf("got %+v", p)
		}
	}
	if n := len(b.take()); n > 31+34 {
		t.Errorf("300 look-ups took %d requests", n)
	}
	for _, key := range []string{"u0299", "nobody"} {
		if _, err := s.Person(t.Context(), key); err != nil {
			t.Error(err)
		}
	}
	if asked := b.take(); len(asked) != 0 {
		t.Errorf("asked %q with the list at hand", asked)
	}
}

// A small directory is a list of one page, and is asked for once, with a request
// that shows that it is whole.
func TestRequestsOfASmallDirectory(t *testing.T) {
	b, c := connect(t, servers.SCIMSpec{Users: many(42), Groups: []resource{{"id": "g", "displayName": "G", "members": []resource{{"value": "u0001", "type": "User"}}}}})
	c.PageSize = 100
	s := mustNew(t, c)
	for i := range 42 {
		person(t, s, fmt.Sprintf("u%04d", i))
	}
	if _, err := s.Members(t.Context(), "g"); err != nil {
		t.Error(err)
	}
	if got, want := shape(b.take()), []string{"ServiceProviderConfig", "Users", "Users", "Groups", "Groups/g"}; !slices.Equal(got, want) {
		t.Errorf("asked %q, want %q", got, want)
	}
}

// shape leaves of requests only what they are about.
func shape(asked []string) []string {
	out := make([]string, len(asked))
	for i, q := range asked {
		path, query, _ := strings.Cut(q, "?")
		if strings.Contains(query, "filter=") {
			path += " filter"
		}
		out[i] = path
	}
	return out
}

// ways are servers whose filters can do more or less, and whether single people
// can be asked for there.
var ways = map[string]struct {
	set    func(*fake)
	single bool
}{
	"everything":                  {func(*fake) {}, true},
	"no or":                       {func(f *fake) { f.noOr = true }, true},
	"no or, no filter by id":      {func(f *fake) { f.noOr, f.refuse = true, func(p string) bool { return p == idPath } }, true},
	"no filter by id, no address": {func(f *fake) { f.noOr, f.noAddress, f.refuse = true, true, func(p string) bool { return p == idPath } }, false},
	"no filter by id, 404 of a proxy": {func(f *fake) {
		f.noOr, f.notFound, f.refuse = true, proxy404, func(p string) bool { return p == idPath }
	}, false},
	"no filter by address":             {func(f *fake) { f.refuse = func(p string) bool { return p == "emails.value" } }, false},
	"filters by address find nobody":   {func(f *fake) { f.blind = "emails.value" }, false},
	"filters by user name find nobody": {func(f *fake) { f.blind = "userName" }, false},
	"filters regard case":              {func(f *fake) { f.exact = true }, false},
	"filters are ignored":              {func(f *fake) { f.ignored = true }, false},
	"filters are said to be missing":   {func(f *fake) { f.announce = resource{"filter": resource{"supported": false}} }, false},
	"cursors":                          {func(f *fake) { f.cursors, f.announce = true, resource{"pagination": resource{"cursor": true}} }, true},
	"cursors without a list by number": {func(f *fake) { f.cursors, f.totals = true, true }, true},
}

func proxy404(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain")
	w.WriteHeader(http.StatusNotFound)
	_, _ = w.Write([]byte("default backend - 404"))
}

func TestLookUps(t *testing.T) {
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			f.users = append(many(95),
				resource{"id": "77", "userName": "u0003@example.org", "active": true},
				resource{"id": "78", "userName": "J\u00dcRGEN", "active": true},
				resource{"id": "UP-79", "userName": "kim", "active": true},
				resource{"id": "Mixed80", "userName": " padded ", "active": true})
			f.groups = []resource{{"id": "g", "displayName": "Kim"}}
			way.set(f)
			s := mustNew(t, f.config())
			for key, want := range map[string]string{
				"u0050": "u0050", "U0050": "u0050", "name-U0051": "u0051", "U0052@EXAMPLE.org": "u0052",
				"u0003@example.org": "77 u0003", "u0003": "u0003", "up-79": "UP-79", "UP-79": "UP-79", "mixed80": "", "Mixed80": "Mixed80",
				"KIM": "UP-79 g", "\u212aim": "", "padded": "", "nobody": "", "example.org": "", "": "", ".": "", "..": "",
			} {
				found, err := s.Person(t.Context(), key)
				if err != nil {
					t.Fatalf("Person(%q): %v", key, err)
				}
				var ids []string
				for _, p := range found {
					ids = append(ids, p.ID)
				}
				if got := strings.Join(ids, " "); got != want {
					t.Errorf("Person(%q) = %q, want %q", key, got, want)
				}
			}
			if p := person(t, s, "j\u00fcrgen"); p.ID != "78" {
				t.Errorf("got %+v", p)
			}
			if single := s.mustWay(t).works; single != way.single {
				t.Errorf("single look-ups: %t, want %t", single, way.single)
			}
		})
	}
}

func (s *System) mustWay(t *testing.T) *keyLookUp {
	t.Helper()
	head, err := s.users.head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w, err := s.users.way(t.Context(), head)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// A server that shows no list but has filters is asked for single people, how
// many there may be.
func TestNoListButFilters(t *testing.T) {
	f := newFake(t)
	f.users, f.stuck, f.noOr = many(50), true, true
	c := f.config()
	c.NoGroups = true
	s := mustNew(t, c)
	for i := range 50 {
		person(t, s, fmt.Sprintf("u%04d@example.org", i))
	}
	if found, err := s.Person(t.Context(), "nobody"); err != nil || len(found) != 0 {
		t.Errorf("got %+v, %v; want nobody", found, err)
	}
	found, err := s.Person(t.Context(), "n\u00f6body")
	systemtest.WantUnavailable(t, len(found), err)
}

// A filter that was shown to work may fail later; then the list is read, and
// what cannot be read is no proof either.
func TestFilterFailsLater(t *testing.T) {
	f := newFake(t)
	f.users = many(50)
	c := f.config()
	c.NoGroups = true
	s := mustNew(t, c)
	person(t, s, "u0001")
	f.mu.Lock()
	f.ignored = true
	f.mu.Unlock()
	if p := person(t, s, "u0002"); p.ID != "u0002" {
		t.Errorf("got %+v", p)
	}
	f = newFake(t)
	f.users = many(50)
	c.URL = f.URL + "/scim/v2"
	s = mustNew(t, c)
	person(t, s, "u0001")
	f.mu.Lock()
	f.ignored, f.hidden = true, 3
	f.mu.Unlock()
	found, err := s.Person(t.Context(), "u0002")
	systemtest.WantUnavailable(t, len(found), err)
}

// injections are keys that mean something to a parser of filters.
var injections = []string{
	`"`, `""`, `\`, `\"`, `\\"`, `" or true eq "`, `" or userName pr or userName eq "`, `x" or id pr or "a" eq "a`, `\" or userName pr or \"`,
	`u0001" and userName pr`, `u0001") or (userName pr`, `) or (userName pr`, `userName pr`, `emails[value pr]`, `*`, `%`, `%22 or %22`,
	`$ref`, `u0001#`, `u0001&filter=`, `u0001?count=1`, `../Groups/g`, `u0001/`, `u0001%2f..`, `{"$ne": ""}`, `true`, `null`, `'`, `' or '1'='1`,
	"\\u0022 or userName pr or userName eq \\u0022", "u0001\\u0000", "u0001;", "\U0001f511", "\u2028", "a\u200db",
}

// A key is only ever compared: none finds somebody whom it does not name, and
// those that are somebody's name find exactly that one.
func TestInjections(t *testing.T) {
	hostile := func() []resource {
		out := many(60)
		for i, key := range injections {
			out = append(out, resource{"id": fmt.Sprintf("h%d", i), "userName": key, "active": true})
		}
		return out
	}
	open := map[string]func(t *testing.T, users []resource) *System{
		"real": func(t *testing.T, users []resource) *System {
			_, c := connect(t, servers.SCIMSpec{Users: users})
			c.PageSize = 20
			return mustNew(t, c)
		},
		"real, exact": func(t *testing.T, users []resource) *System {
			_, c := connect(t, servers.SCIMSpec{Users: users, Filter: "exact"})
			c.PageSize = 20
			return mustNew(t, c)
		},
		"fake": func(t *testing.T, users []resource) *System {
			f := newFake(t)
			f.users = users
			return mustNew(t, f.config())
		},
		"fake by address": func(t *testing.T, users []resource) *System {
			f := newFake(t)
			f.users, f.noOr, f.refuse = users, true, func(p string) bool { return p == idPath }
			return mustNew(t, f.config())
		},
	}
	for name, open := range open {
		t.Run(name, func(t *testing.T) {
			without, with := open(t, many(60)), open(t, hostile())
			for i, key := range injections {
				if found, err := without.Person(t.Context(), key); err != nil || len(found) != 0 {
					t.Errorf("Person(%q) = %+v, %v; want nobody", key, found, err)
				}
				found, err := with.Person(t.Context(), key)
				if _, ok := system.UsableKey(key); !ok {
					if err != nil || len(found) != 0 {
						t.Errorf("Person(%q) = %+v, %v; want nobody", key, found, err)
					}
					continue
				}
				if err != nil || len(found) != 1 || found[0].ID != fmt.Sprintf("h%d", i) {
					t.Errorf("Person(%q) = %+v, %v; want h%d", key, found, err, i)
				}
			}
		})
	}
}

func FuzzFilter(f *testing.F) {
	for _, key := range injections {
		f.Add(key)
	}
	server := &fake{}
	f.Fuzz(func(t *testing.T, key string) {
		key, ok := system.UsableKey(key)
		if !ok {
			t.Skip()
		}
		all := append(many(3), resource{"id": "x", "userName": key})
		found, ok := server.filter(filter(clause{"userName", key}, clause{idPath, key}), all)
		if !ok {
			t.Fatalf("%q is no filter", filter(clause{"userName", key}))
		}
		for _, o := range found {
			if o["id"] != "x" && o["id"] != key && !strings.EqualFold(fmt.Sprint(o["userName"]), key) {
				t.Errorf("%q finds %v", key, o)
			}
		}
		if len(found) == 0 {
			t.Errorf("%q does not find itself", key)
		}
	})
}
