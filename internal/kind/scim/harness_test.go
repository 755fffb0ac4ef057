package scim

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system/httpclient"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

func TestMain(m *testing.M) { os.Exit(servers.Run(m)) }

type resource = map[string]any

// resources turns a seed into what a directory holds.
func resources(seed systemtest.Seed) (users, groups []resource) {
	for _, p := range seed.People {
		if p.Kind != lifecycle.KindTeam {
			users = append(users, user(p))
			continue
		}
		members := []resource{}
		for _, m := range seed.People {
			for _, team := range m.Teams {
				if team != p.ID {
					continue
				}
				kind := "User"
				if m.Kind == lifecycle.KindTeam {
					kind = "Group"
				}
				members = append(members, resource{"value": m.ID, "type": kind})
			}
		}
		group := resource{"id": p.ID, "displayName": p.Name}
		if len(members) > 0 {
			group["members"] = members
		}
		groups = append(groups, group)
	}
	return users, groups
}

func user(p lifecycle.Person) resource {
	u := resource{"id": p.ID, "userName": p.Username, "userType": strings.ToUpper(p.Kind.String()), "active": p.Status == lifecycle.PersonActive}
	if p.Username == "" {
		u["userName"] = "u-" + p.ID
	}
	if p.Name != "" {
		u["displayName"] = p.Name
	}
	if p.Email != "" {
		u["emails"] = []resource{{"value": "first@elsewhere.example"}, {"value": p.Email, "type": "work", "primary": true}}
	}
	if p.Manager != "" {
		u[servers.SCIMEnterprise] = resource{"manager": resource{"value": p.Manager}}
	}
	if !p.EndDate.IsZero() {
		u[servers.SCIMEmployment] = resource{"endDate": p.EndDate.Format(time.DateOnly)}
	}
	return u
}

// many returns n users u0001, u0002, …, with addresses.
func many(n int) []resource {
	out := make([]resource, n)
	for i := range out {
		id := "u" + string([]byte{'0' + byte(i/1000), '0' + byte(i/100%10), '0' + byte(i/10%10), '0' + byte(i%10)})
		out[i] = resource{"id": id, "userName": "Name-" + id, "active": true, "emails": []any{resource{"value": id + "@Example.org"}}}
	}
	return out
}

func config(address, token string) Config {
	return Config{
		Name: "idp", URL: address, Token: token, EndDateAttribute: servers.SCIMEmployment + ":endDate", InactiveMeans: "left", PageSize: 3,
	}
}

func mustNew(t testing.TB, c Config) *System {
	t.Helper()
	s, err := open(c, httpclient.Config{Wait: func(context.Context, time.Duration) error { return nil }})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func person(t *testing.T, s *System, key string) lifecycle.Person {
	t.Helper()
	found, err := s.Person(t.Context(), key)
	if err != nil || len(found) != 1 {
		t.Fatalf("Person(%q) = %+v, %v; want one entry", key, found, err)
	}
	return found[0]
}

// way between the system and a real server: it counts the requests, and may
// answer in the server's place or spoil what it says.
type between struct {
	*httptest.Server
	mu    sync.Mutex
	asked []string
	// answer may write an answer itself and return true.
	answer func(w http.ResponseWriter, r *http.Request) bool
	// spoil changes the body of an answer.
	spoil func(r *http.Request, body []byte) []byte
}

func newBetween(t *testing.T, to string) *between {
	t.Helper()
	target, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	b := &between{}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.Out.URL.Scheme, r.Out.URL.Host = target.Scheme, target.Host },
		ModifyResponse: func(r *http.Response) error {
			if b.spoil == nil {
				return nil
			}
			var body bytes.Buffer
			if _, err := body.ReadFrom(r.Body); err != nil {
				return err
			}
			changed := b.spoil(r.Request, body.Bytes())
			r.Body, r.ContentLength = readCloser{bytes.NewReader(changed)}, int64(len(changed))
			r.Header.Del("Content-Length")
			r.Header.Del("Etag")
			return nil
		},
	}
	b.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b.mu.Lock()
		b.asked = append(b.asked, r.URL.Path[strings.LastIndex(r.URL.Path, "/v2/")+4:]+"?"+r.URL.RawQuery)
		b.mu.Unlock()
		if b.answer == nil || !b.answer(w, r) {
			proxy.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(b.Close)
	return b
}

type readCloser struct{ *bytes.Reader }

func (readCloser) Close() error { return nil }

// take returns what was asked since it was last called.
func (b *between) take() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := b.asked
	b.asked = nil
	return out
}

// connect makes a directory of a real server and the way to it.
func connect(t *testing.T, spec servers.SCIMSpec) (*between, Config) {
	t.Helper()
	d := servers.StartSCIM(t).Directory(t, spec)
	b := newBetween(t, d.URL)
	return b, config(b.URL+"/scim/v2", d.Token)
}
