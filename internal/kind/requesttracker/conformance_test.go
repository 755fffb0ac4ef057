package requesttracker

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

// broken are the ways in which a server gives no answer, without a real one.
func broken() map[string]systemtest.Make {
	at := func(address func(t *testing.T) string) systemtest.Make {
		return func(t *testing.T, _ systemtest.Seed) system.System {
			how := impatient()
			how.Timeout = 50 * time.Millisecond
			s, err := open(Config{Name: "hq", URL: address(t), Token: "1-2-3", Queues: custodyQueues()}, how)
			if err != nil {
				t.Fatal(err)
			}
			return &seeded{System: s, t: t, assets: map[string]string{"APP-1": "7"}}
		}
	}
	out := map[string]systemtest.Make{
		"nothing that it asks for": at(func(t *testing.T) string {
			return systemtest.ServeHTTP(t, answering(map[string]string{"/rt": "!404 " + `{"message":"Not Found"}`}))
		}),
		"redirect to another host": at(func(t *testing.T) string {
			other := systemtest.ServeHTTP(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				t.Errorf("another host was asked for %s with %q", r.URL.Path, r.Header.Get("Authorization"))
			}))
			return systemtest.ServeHTTP(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, other+r.URL.Path, http.StatusFound)
			}))
		}),
		"certificate that does not verify": at(func(t *testing.T) string {
			return systemtest.ServeUntrusted(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				t.Errorf("a server that nobody vouches for got the token %q", r.Header.Get("Authorization"))
			}))
		}),
		"nobody listens": at(func(t *testing.T) string {
			port, err := servers.FreePort()
			if err != nil {
				t.Fatal(err)
			}
			return fmt.Sprintf("http://127.0.0.1:%d", port)
		}),
	}
	for name, fault := range systemtest.HTTPFaults() {
		healthy := answering(nil)
		faulty := fault(healthy)
		out[name] = at(func(t *testing.T) string { return systemtest.ServeHTTP(t, faulty) })
		out[name+" behind the first answer"] = at(func(t *testing.T) string {
			return systemtest.ServeHTTP(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if strings.HasSuffix(r.URL.Path, "/rt") {
					healthy.ServeHTTP(w, r)
					return
				}
				faulty.ServeHTTP(w, r)
			}))
		})
	}
	return out
}

// brokenReal are the ways in which the real server, or something before it,
// gives no answer that can be trusted.
func brokenReal(rt *servers.RequestTracker) map[string]systemtest.Make {
	with := func(adapt func(c *Config), answer func(http.ResponseWriter, *http.Request) bool) systemtest.Make {
		return func(t *testing.T, seed systemtest.Seed) system.System {
			catalog := newCatalog(t, rt)
			out := seedServer(t, rt, catalog, seed)
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
			return alterAnswer(w, r, rt.URL, func(text string) (string, int) { return text[:len(text)/2], len(text) })
		}),
		"cut but for its length": with(nil, func(w http.ResponseWriter, r *http.Request) bool {
			return alterAnswer(w, r, rt.URL, func(text string) (string, int) { return text[:len(text)/2], len(text) / 2 })
		}),
		"two answers in one": with(nil, func(w http.ResponseWriter, r *http.Request) bool {
			return alterAnswer(w, r, rt.URL, func(text string) (string, int) { return text + text, 2 * len(text) })
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
			out := seedServer(t, rt, catalog, seed)
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
	t.Run("lists", func(t *testing.T) { systemtest.Lists(t, h, system.CanReadAssets, system.CanReadTasks) })
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
