package requesttracker

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
	"github.com/custodyhq/terraform-provider-custody/internal/system/transport"
)

// behind makes a system that asks a server which is broken in front of, or in
// place of, the real one.
func behind(answer http.HandlerFunc, adapt func(*Config, *transport.Config)) systemtest.Make {
	return func(t *testing.T, _ systemtest.Seed) system.System {
		fake := httptest.NewServer(answer)
		t.Cleanup(fake.Close)
		c := Config{Name: "hq", URL: fake.URL, Token: "1-2-3", Queues: custodyQueues()}
		how := impatient()
		if adapt != nil {
			adapt(&c, &how)
		}
		s, err := open(c, how)
		if err != nil {
			t.Fatal(err)
		}
		return &seeded{System: s, t: t, assets: map[string]string{"APP-1": "1"}}
	}
}

func says(status int, kind, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(status)
		fmt.Fprint(w, text)
	}
}

// broken are the ways in which a server gives no answer, without a real one.
func broken() map[string]systemtest.Make {
	out := map[string]systemtest.Make{
		"400":                   behind(says(400, "application/json", `{"message":"Unknown field: id"}`), nil),
		"401":                   behind(says(401, "application/json", `{"message":"Unauthorized"}`), nil),
		"403":                   behind(says(403, "application/json", `{"message":"Forbidden"}`), nil),
		"404":                   behind(says(404, "application/json", `{"message":"Not Found"}`), nil),
		"404 of another server": behind(says(404, "text/html", `<html>no such page</html>`), nil),
		"429": behind(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusTooManyRequests)
		}, nil),
		"500":                   behind(says(500, "application/json", `{"message":"Internal Server Error"}`), nil),
		"503":                   behind(says(503, "text/html", `<html>maintenance</html>`), nil),
		"200 and a page":        behind(says(200, "text/html", `<html>log in</html>`), nil),
		"200 and nothing":       behind(says(200, "application/json", ``), nil),
		"200 and null":          behind(says(200, "application/json", `null`), nil),
		"200 and an object":     behind(says(200, "application/json", `{}`), nil),
		"200 and an error":      behind(says(200, "application/json", `{"message":"Forbidden"}`), nil),
		"200 and only versions": behind(says(200, "application/json", `{"Version":"5.0.3"}`), nil),
		"timeout": behind(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
			func(_ *Config, t *transport.Config) { t.Timeout, t.Retries = 100*time.Millisecond, -1 }),
		"redirect to another host": func(t *testing.T, seed systemtest.Seed) system.System {
			other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				t.Errorf("another host was asked for %s with %q", r.URL.Path, r.Header.Get("Authorization"))
			}))
			t.Cleanup(other.Close)
			return behind(func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, other.URL+r.URL.Path, http.StatusFound)
			}, nil)(t, seed)
		},
		"certificate that does not verify": func(t *testing.T, seed systemtest.Seed) system.System {
			other := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				t.Errorf("a server that nobody vouches for got the token %q", r.Header.Get("Authorization"))
			}))
			other.Config.ErrorLog = log.New(io.Discard, "", 0)
			other.StartTLS()
			t.Cleanup(other.Close)
			return behind(nil, func(c *Config, _ *transport.Config) { c.URL = other.URL })(t, seed)
		},
		"nobody listens": func(t *testing.T, seed systemtest.Seed) system.System {
			port, err := servers.FreePort()
			if err != nil {
				t.Fatal(err)
			}
			return behind(nil, func(c *Config, _ *transport.Config) { c.URL = fmt.Sprintf("http://127.0.0.1:%d", port) })(t, seed)
		},
	}
	return out
}

// brokenReal are the ways in which the real server, or something before it,
// gives no answer that can be trusted.
func brokenReal(rt *servers.RequestTracker) map[string]systemtest.Make {
	with := func(adapt func(c *Config), answer func(http.ResponseWriter, *http.Request) bool) systemtest.Make {
		return func(t *testing.T, seed systemtest.Seed) system.System {
			catalog := newCatalog(t, rt)
			out := plant(t, rt, catalog, seed)
			c := inCatalog(rt, catalog)
			c.URL = newProxy(t, rt.URL, answer).URL
			if adapt != nil {
				adapt(&c)
			}
			out.System = mustOpen(t, c)
			return out
		}
	}
	return map[string]systemtest.Make{
		"wrong token":     with(func(c *Config) { c.Token = "1-1-0123456789abcdef0123456789abcdef" }, nil),
		"restricted":      with(func(c *Config) { c.Token = rt.Narrow }, nil),
		"renamed catalog": with(func(c *Config) { c.Catalogs = map[string]string{"Laptops": "device", "Gone": "device"} }, nil),
		"renamed field":   with(func(c *Config) { c.Fields[fieldPurpose] = "Gone" }, nil),
		"cut in half": with(nil, func(w http.ResponseWriter, r *http.Request) bool {
			return meddle(w, r, rt.URL, func(text string) (string, int) { return text[:len(text)/2], len(text) })
		}),
		"cut but for its length": with(nil, func(w http.ResponseWriter, r *http.Request) bool {
			return meddle(w, r, rt.URL, func(text string) (string, int) { return text[:len(text)/2], len(text) / 2 })
		}),
		"two answers in one": with(nil, func(w http.ResponseWriter, r *http.Request) bool {
			return meddle(w, r, rt.URL, func(text string) (string, int) { return text + text, 2 * len(text) })
		}),
	}
}

func TestConformance(t *testing.T) {
	t.Run("without a server", func(t *testing.T) {
		for name, open := range broken() {
			t.Run(name, func(t *testing.T) { wantBroken(t, open) })
		}
	})
	rt := servers.StartRequestTracker(t)
	h := systemtest.Harness{
		Healthy: func(t *testing.T, seed systemtest.Seed) system.System {
			catalog := newCatalog(t, rt)
			out := plant(t, rt, catalog, seed)
			c := inCatalog(rt, catalog)
			c.PageSize = 3
			out.System = mustOpen(t, c)
			return out
		},
		Broken: brokenReal(rt),
		Sizes:  []int{0, 1, 2, 3, 4, 6, 7},
		Unique: true,
	}
	t.Run("assets", func(t *testing.T) { systemtest.Assets(t, h) })
	t.Run("tasks", func(t *testing.T) { systemtest.Tasks(t, h) })
}

// wantBroken asks a broken system for everything.
func wantBroken(t *testing.T, open systemtest.Make) {
	s := open(t, systemtest.Seed{})
	assets, ok := system.AsAssets(s)
	if !ok {
		t.Fatal("the system does not claim to read assets")
	}
	tasks, ok := system.AsTasks(s)
	if !ok {
		t.Fatal("the system does not claim to read tasks")
	}
	for _, id := range []string{"APP-1", "APP-9"} {
		found, err := assets.Asset(t.Context(), id)
		systemtest.WantUnavailable(t, len(found), err)
		noSecret(t, err)
		due, err := tasks.Tasks(t.Context(), id)
		systemtest.WantUnavailable(t, len(due), err)
	}
	count := 0
	var last error
	for _, err := range assets.Assets(t.Context()) {
		if last = err; err == nil {
			count++
		}
	}
	systemtest.WantUnavailable(t, count, last)
}

func noSecret(t *testing.T, err error) {
	t.Helper()
	if err != nil && strings.Contains(err.Error(), "1-2-3") {
		t.Errorf("the token is in the error: %v", err)
	}
}
