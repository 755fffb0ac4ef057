package scim

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

func status(code int, content, body string) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Content-Type", content)
		w.WriteHeader(code)
		_, _ = w.Write([]byte(body))
		return true
	}
}

func scimError(code int) func(http.ResponseWriter, *http.Request) bool {
	body := `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"` + http.StatusText(code) + `","detail":"no"}`
	return status(code, "application/scim+json", body)
}

// rewrite changes the JSON of every list.
func rewrite(change func(resource)) func(*http.Request, []byte) []byte {
	return func(_ *http.Request, body []byte) []byte {
		var o resource
		if json.Unmarshal(body, &o) != nil || o["Resources"] == nil {
			return body
		}
		change(o)
		out, err := json.Marshal(o)
		if err != nil {
			return body
		}
		return out
	}
}

// damages break the connection to a server, its answers, or the configuration.
var damages = map[string]func(*testing.T, *between, *Config){
	"nobody listens":   func(_ *testing.T, b *between, _ *Config) { b.Close() },
	"wrong token":      func(_ *testing.T, _ *between, c *Config) { c.Token = "wrong-canary" },
	"401":              func(_ *testing.T, b *between, _ *Config) { b.answer = scimError(401) },
	"403":              func(_ *testing.T, b *between, _ *Config) { b.answer = scimError(403) },
	"404":              func(_ *testing.T, b *between, _ *Config) { b.answer = scimError(404) },
	"429":              func(_ *testing.T, b *between, _ *Config) { b.answer = scimError(429) },
	"500":              func(_ *testing.T, b *between, _ *Config) { b.answer = scimError(500) },
	"501":              func(_ *testing.T, b *between, _ *Config) { b.answer = scimError(501) },
	"503 in HTML":      func(_ *testing.T, b *between, _ *Config) { b.answer = status(503, "text/html", "<html>") },
	"200 in HTML":      func(_ *testing.T, b *between, _ *Config) { b.answer = status(200, "text/html", "<html>Sign in</html>") },
	"200 with nothing": func(_ *testing.T, b *between, _ *Config) { b.answer = status(200, "application/scim+json", "") },
	"200 with an error": func(_ *testing.T, b *between, _ *Config) {
		b.answer = status(200, "application/scim+json", `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"403"}`)
	},
	"204":                  func(_ *testing.T, b *between, _ *Config) { b.answer = status(204, "application/scim+json", "") },
	"no SCIM here":         func(_ *testing.T, _ *between, c *Config) { c.URL = strings.TrimSuffix(c.URL, "/scim/v2") + "/other/v2" },
	"redirected elsewhere": func(_ *testing.T, b *between, _ *Config) { b.answer = elsewhere },
	"cut in half": func(_ *testing.T, b *between, _ *Config) {
		b.spoil = func(_ *http.Request, body []byte) []byte { return body[:len(body)/2] }
	},
	"something follows": func(_ *testing.T, b *between, _ *Config) {
		b.spoil = func(_ *http.Request, body []byte) []byte { return append(body, body...) }
	},
	"a list of lists": func(_ *testing.T, b *between, _ *Config) {
		b.spoil = rewrite(func(o resource) { o["Resources"] = []any{[]any{}} })
	},
	"entries without ids": func(_ *testing.T, b *between, _ *Config) {
		b.spoil = rewrite(func(o resource) { o["Resources"] = []any{resource{"userName": "x"}} })
	},
	"an empty directory": func(_ *testing.T, b *between, _ *Config) {
		b.spoil = rewrite(func(o resource) { o["Resources"], o["totalResults"] = []any{}, 0 })
	},
	"hidden rows": func(_ *testing.T, b *between, _ *Config) {
		b.spoil = rewrite(func(o resource) { o["totalResults"] = 99 })
	},
	"every page is empty": func(_ *testing.T, b *between, _ *Config) {
		b.spoil = rewrite(func(o resource) { o["Resources"] = []any{} })
	},
	"no number of entries": func(_ *testing.T, b *between, _ *Config) {
		b.spoil = rewrite(func(o resource) { delete(o, "totalResults") })
	},
	"probe is not found": func(_ *testing.T, _ *between, c *Config) { c.Probe = []string{"ann", "eve@example.org"} },
	"one entry is too large": func(_ *testing.T, b *between, _ *Config) {
		b.answer = status(200, "application/json", strings.Repeat(" ", 33<<20))
	},
	"too slow": func(_ *testing.T, b *between, c *Config) {
		c.Timeout = 20 * time.Millisecond
		b.answer = func(_ http.ResponseWriter, r *http.Request) bool {
			<-r.Context().Done()
			return true
		}
	},
}

func elsewhere(w http.ResponseWriter, r *http.Request) bool {
	http.Redirect(w, r, "http://localhost:1/scim/v2/Users", http.StatusTemporaryRedirect)
	return true
}

func conform(t *testing.T, spec servers.SCIMSpec, set func(*Config)) {
	t.Helper()
	open := func(spoil func(*testing.T, *between, *Config)) systemtest.Make {
		return func(t *testing.T, seed systemtest.Seed) system.System {
			with := spec
			with.Users, with.Groups = resources(seed)
			b, c := connect(t, with)
			if set != nil {
				set(&c)
			}
			if spoil != nil {
				spoil(t, b, &c)
			}
			return mustNew(t, c)
		}
	}
	h := systemtest.Harness{Healthy: open(nil), Broken: map[string]systemtest.Make{}}
	for name, damage := range damages {
		h.Broken[name] = open(damage)
	}
	systemtest.People(t, h)
	t.Run("lists", func(t *testing.T) { systemtest.Lists(t, h, system.CanReadPeople) })
}

func TestConformance(t *testing.T) {
	for name, spec := range map[string]servers.SCIMSpec{
		"filters regard no case": {}, "filters regard case": {Filter: "exact"}, "filters are ignored": {Filter: "ignored"},
	} {
		t.Run(name, func(t *testing.T) { conform(t, spec, func(c *Config) { c.PageSize = 2 }) })
	}
	t.Run("pages of three", func(t *testing.T) { conform(t, servers.SCIMSpec{}, nil) })
	t.Run("one page", func(t *testing.T) { conform(t, servers.SCIMSpec{}, func(c *Config) { c.PageSize = 100 }) })
	t.Run("teams from groups", func(t *testing.T) {
		conform(t, servers.SCIMSpec{HideGroups: true}, func(c *Config) { c.TeamsFrom = "groups" })
	})
}

// A canary stands for the token; no error may show it, whatever the server does
// with it.
func TestTokenIsNotShown(t *testing.T) {
	const canary = "c4n4ry-T0ken"
	for name, answer := range map[string]func(http.ResponseWriter, *http.Request) bool{
		"echo": func(w http.ResponseWriter, r *http.Request) bool {
			return status(400, "application/json", `{"detail":"`+r.Header.Get("Authorization")+`"}`)(w, r)
		},
		"echo 401": func(w http.ResponseWriter, r *http.Request) bool {
			return status(401, "text/plain", r.Header.Get("Authorization"))(w, r)
		},
		"echo 200": func(w http.ResponseWriter, r *http.Request) bool {
			return status(200, "application/json", `["`+r.Header.Get("Authorization")+`"]`)(w, r)
		},
	} {
		b := newBetween(t, "http://127.0.0.1:1")
		b.answer = answer
		_, err := mustNew(t, config(b.URL+"/scim/v2", canary)).Person(t.Context(), "ann")
		systemtest.WantUnavailable(t, 0, err)
		if err != nil && strings.Contains(err.Error(), canary) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What a test adds to a directory while it is open is what the kind finds.
func TestRealChanges(t *testing.T) {
	d := servers.StartSCIM(t).Directory(t, servers.SCIMSpec{})
	create := func(path string, body resource) string {
		var made struct{ ID string }
		d.Call(t, http.MethodPost, path, body, &made)
		return made.ID
	}
	const schemas = "urn:ietf:params:scim:schemas:core:2.0:"
	boss := create("/Users", resource{"schemas": []string{schemas + "User"}, "userName": "bea", "active": true})
	ann := create("/Users", resource{
		"schemas": []string{schemas + "User", servers.SCIMEnterprise}, "userName": "ann", "active": true,
		servers.SCIMEnterprise: resource{"manager": resource{"value": boss}},
	})
	inner := create("/Groups", resource{"schemas": []string{schemas + "Group"}, "displayName": "Inner", "members": []resource{{"value": ann}}})
	outer := create("/Groups", resource{"schemas": []string{schemas + "Group"}, "displayName": "Outer", "members": []resource{{"value": inner, "type": "Group"}}})
	c := config(d.URL, d.Token)
	c.InactiveMeans = ""
	if p := person(t, mustNew(t, c), "ANN"); p.ID != ann || p.Manager != boss || p.Status != lifecycle.PersonActive || len(p.Teams) != 1 || p.Teams[0] != inner {
		t.Errorf("got %+v", p)
	}
	d.Call(t, http.MethodPatch, "/Users/"+ann, resource{
		"schemas": []string{"urn:ietf:params:scim:api:messages:2.0:PatchOp"}, "Operations": []resource{{"op": "replace", "path": "active", "value": false}},
	}, nil)
	s := mustNew(t, c)
	if p := person(t, s, ann); p.Status != lifecycle.PersonSuspended {
		t.Errorf("got %+v", p)
	}
	if p := person(t, s, "outer"); p.Kind != lifecycle.KindTeam || p.ID != outer {
		t.Errorf("got %+v", p)
	}
	members, err := s.Members(t.Context(), outer)
	if err != nil || len(members) != 1 || members[0].ID != ann {
		t.Errorf("got %+v, %v", members, err)
	}
	d.Call(t, http.MethodDelete, "/Users/"+ann, nil, nil)
	if found, err := mustNew(t, c).Person(t.Context(), ann); err != nil || len(found) != 0 {
		t.Errorf("got %+v, %v; want nobody", found, err)
	}
}
