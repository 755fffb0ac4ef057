package vault_test

import (
	"io"
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
	"github.com/custodyhq/terraform-provider-custody/internal/kind/vault"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

func TestTheTokenStaysSecret(t *testing.T) {
	const secret = "Canary-7f3a/of+a=<&Token>"
	for name, config := range map[string]vault.Config{"a token": {Token: secret}, "AppRole": {RoleID: "a-role", SecretID: secret}} {
		t.Run(name, func(t *testing.T) {
			systemtest.Secrecy(t, secret, func(t *testing.T, address string) system.System {
				config.Name, config.URL = "keys", address
				return impatient(t, config)
			})
		})
	}
}

func impatient(t *testing.T, c vault.Config) *vault.System {
	t.Helper()
	s, err := vault.Impatient(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// between is a proxy before the real server.
type between struct {
	healthy http.Handler
	mu      sync.Mutex
	asked   []string // paths
	header  http.Header
	spoil   func(path string, healthy http.Handler) http.Handler
}

func (b *between) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	b.asked, b.header = append(b.asked, r.URL.Path), r.Header.Clone()
	b.mu.Unlock()
	handler := b.healthy
	if b.spoil != nil {
		handler = b.spoil(r.URL.Path, handler)
	}
	handler.ServeHTTP(w, r)
}

func (s *stage) between() (*between, string) {
	s.t.Helper()
	to, err := url.Parse(s.URL)
	if err != nil {
		s.t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(to)
	proxy.ErrorLog = log.New(io.Discard, "", 0) // clients give up
	proxy.ModifyResponse = func(r *http.Response) error {
		r.Header.Del("Content-Length") // or nothing could follow the answer
		return nil
	}
	b := &between{healthy: proxy}
	return b, systemtest.ServeHTTP(s.t, b)
}

// A failure of any request makes the system unavailable, and no account absent.
func TestFailures(t *testing.T) {
	s := newStage(t, servers.Vault(t))
	s.user("ann")
	s.works(s.loginUser("ann"))
	b, address := s.between()
	for name, fails := range systemtest.HTTPFaults() {
		for _, path := range []string{"auth/token/lookup-self", "identity/lookup/entity", "sys/capabilities-self", "auth/token/accessors", "auth/token/lookup-accessor"} {
			if name == "no content" && path == "identity/lookup/entity" ||
				name == "403" && path == "sys/capabilities-self" {
				continue // these are answers
			}
			t.Run(name+" to "+path, func(t *testing.T) {
				b.spoil = func(asked string, healthy http.Handler) http.Handler {
					if strings.TrimPrefix(strings.TrimSuffix(asked, "/"), "/v1/") == path {
						return fails(healthy)
					}
					return healthy
				}
				got, err := impatient(t, s.config(s.token, func(c *vault.Config) { c.URL = address })).Account(t.Context(), "ann")
				n := 0
				if got != nil {
					n = 1
				}
				systemtest.WantUnavailable(t, n, err)
			})
		}
	}
}

// The namespace goes with every request, and an accessor is looked up once in a run.
func TestRequests(t *testing.T) {
	s := newStage(t, servers.Vault(t))
	s.user("ann")
	s.user("ben")
	s.works(s.loginUser("ben"))
	b, address := s.between()
	target := s.as(s.token, func(c *vault.Config) { c.URL = address })
	lookups := func() int {
		t.Helper()
		b.asked = nil
		if a, err := target.Account(t.Context(), "ann"); err != nil || a == nil || len(a.Issued) != 0 {
			t.Fatalf("got %+v, %v", a, err)
		}
		return len(slices.DeleteFunc(b.asked, func(path string) bool { return path != "/v1/auth/token/lookup-accessor" }))
	}
	if first, second := lookups(), lookups(); first == 0 || second != 0 {
		t.Errorf("%d accessors were looked up, and then %d", first, second)
	}
	if b.header.Get("X-Vault-Namespace") != "" {
		t.Error("a namespace was sent")
	}
	_, _ = s.as(s.token, func(c *vault.Config) { c.URL, c.Namespace = address, "/team/shop/" }).Account(t.Context(), "ann")
	if got := b.header.Get("X-Vault-Namespace"); got != "team/shop" {
		t.Errorf("the namespace %q was sent", got)
	}
}
