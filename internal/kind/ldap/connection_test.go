package ldap_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/kind/ldap"
	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

func TestProtectedConnections(t *testing.T) {
	for name, server := range map[string]func(testing.TB) *servers.Directory{"slapd": servers.Slapd, "samba": servers.Samba} {
		t.Run(name, func(t *testing.T) {
			p := newTestSubtree(t, server(t), name == "samba").seed(t, small())
			c := p.seeded()
			c.URL, c.CAFile = p.server.URLs, p.server.Cert.CAFile
			one(t, mustNew(t, c), "ann")
			c.URL, c.StartTLS = p.server.URL, true
			one(t, mustNew(t, c), "ann")
		})
	}
}

// The password must not pass a connection that was not protected.
func TestPasswordIsSentProtectedOnly(t *testing.T) {
	p := newTestSubtree(t, servers.Slapd(t), false).seed(t, small())
	c := p.seeded()
	c.StartTLS, c.CAFile = true, p.server.Cert.CAFile
	seen := record(t, &c)
	one(t, mustNew(t, c), "ann")
	for _, secret := range []string{p.server.Password, "cn=reader", "employeeNumber"} {
		if strings.Contains(seen(), secret) {
			t.Errorf("%q was sent in clear", secret)
		}
	}
	// A server that cannot protect the connection gets nothing.
	c = p.seeded()
	c.StartTLS = true
	refusal := "\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x02\x04\x00\x04\x00" // protocolError
	seen = record(t, &c)
	through(t, &c, answer(refusal))
	_, err := mustNew(t, c).Person(t.Context(), "ann")
	systemtest.WantUnavailable(t, 0, err)
	if strings.Contains(seen(), p.server.Password) {
		t.Error("the password was sent in clear")
	}
}

// record keeps what the provider sends.
func record(t *testing.T, c *ldap.Config) func() string {
	t.Helper()
	var mu sync.Mutex
	var text strings.Builder
	target := strings.TrimPrefix(c.URL, "ldap://")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	c.URL = "ldap://" + l.Addr().String()
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", target)
			if err != nil {
				return
			}
			go func() { _, _ = io.Copy(client, server) }()
			go func() {
				buffer := make([]byte, 4096)
				for {
					n, err := client.Read(buffer)
					mu.Lock()
					text.Write(buffer[:n])
					mu.Unlock()
					if err != nil {
						return
					}
					_, _ = server.Write(buffer[:n])
				}
			}()
		}
	}()
	return func() string {
		mu.Lock()
		defer mu.Unlock()
		return text.String()
	}
}

// A server that was restarted between two look-ups is asked again on a new
// connection.
func TestReconnects(t *testing.T) {
	p := newTestSubtree(t, servers.Slapd(t), false).seed(t, small())
	c := p.seeded()
	way := through(t, &c, passThrough)
	s := mustNew(t, c)
	one(t, s, "ann")
	for range 3 {
		before := way.opened.Load()
		way.cut()
		one(t, s, "ann")
		if opened := way.opened.Load() - before; opened < 1 || opened > 4 {
			t.Errorf("%d new connections, want 1 to 4", opened)
		}
	}
}

// A connection that is lost in the middle of the pages gives the whole answer or
// none.
func TestLostBetweenPages(t *testing.T) {
	p := newTestSubtree(t, servers.Slapd(t), false).seed(t, manyInManyTeams(1, 60))
	c := p.seeded()
	c.PageSize = 10
	var spoiled atomic.Int64
	through(t, &c, func(_ *proxy, client, server net.Conn) {
		// The first connections end after a page or so, each a little later.
		if n := spoiled.Add(1); n <= 3 {
			_, _ = io.CopyN(client, server, 400+700*n)
			return
		}
		_, _ = io.Copy(client, server)
	})
	for range 4 {
		found, err := mustNew(t, c).Person(t.Context(), "p000")
		if err != nil {
			systemtest.WantUnavailable(t, len(found), err)
		} else if len(found) != 1 || len(found[0].Teams) != 61 {
			t.Errorf("got a part of the answer: %+v", found)
		}
	}
	if spoiled.Load() < 4 {
		t.Errorf("only %d connections", spoiled.Load())
	}
}

// However many owners are looked up, and at once, the directory sees a few
// connections and the requests that the documentation tells.
func TestRequests(t *testing.T) {
	p := newTestSubtree(t, servers.Slapd(t), false).seed(t, manyInManyTeams(60, 3))
	p.server.Set(t, p.dn(lifecycle.Person{ID: "p001"}), map[string][]string{"manager": {p.dn(lifecycle.Person{ID: "p000"})}})
	p.server.Set(t, p.dn(lifecycle.Person{ID: "p002"}), map[string][]string{"manager": {p.dn(lifecycle.Person{ID: "p000"})}})
	c := p.seeded()
	way := through(t, &c, passThrough)
	s := mustNew(t, c)
	requests := func(ask func()) int64 {
		before, opened := way.sent.Load(), way.opened.Load()
		ask()
		return way.sent.Load() - before - (way.opened.Load() - opened) // without those that log in
	}
	look := func(key string) func() { return func() { one(t, s, key) } }
	for _, step := range []struct {
		what string
		ask  func()
		want int64
	}{
		{"the first: both bases, anybody, any group, people, groups, teams", look("p005"), 2 + 2 + 3},
		{"by id: people, groups, teams", look("p006"), 3},
		{"by user name: namesakes besides, in people and groups", look("u007"), 5},
		{"with a manager", look("p001"), 4},
		{"with a manager who is known", look("p002"), 3},
		{"a team", look("t-all"), 3},
		{"nobody", func() { _, _ = s.Person(t.Context(), "nobody") }, 2},
		{"no key at all", func() { _, _ = s.Person(t.Context(), "a\x00b") }, 0},
		{"members: the group, its members list, each member", func() { ids(t, s, "t-all") }, 2 + 60},
	} {
		if got := requests(step.ask); got != step.want {
			t.Errorf("%s: %d requests, want %d", step.what, got, step.want)
		}
	}
	var wait sync.WaitGroup
	for i := range 60 {
		wait.Go(func() { one(t, s, fmt.Sprintf("p%03d", i)) })
	}
	wait.Wait()
	if n := way.opened.Load(); n > 4 {
		t.Errorf("%d connections, want at most 4", n)
	}
}

// A refused password is not tried for every owner: that would lock the account.
func TestRefusedPasswordIsNotTriedAgain(t *testing.T) {
	p := newTestSubtree(t, servers.Slapd(t), false).seed(t, small())
	c := p.seeded()
	c.Password = "wr0ng-Canary"
	way := through(t, &c, passThrough)
	s := mustNew(t, c)
	for i := range 20 {
		_, err := s.Person(t.Context(), fmt.Sprint("p", i))
		systemtest.WantUnavailable(t, 0, err)
	}
	if n := way.sent.Load(); n != 1 {
		t.Errorf("%d requests, want one login", n)
	}
}

// A server that dies in the middle of a run is waited for once, not for every
// owner.
func TestDeadServerIsAskedOnce(t *testing.T) {
	p := newTestSubtree(t, servers.Slapd(t), false).seed(t, small())
	c := p.seeded()
	c.Timeout = impatient
	var dead atomic.Bool
	way := through(t, &c, func(p *proxy, client, server net.Conn) {
		if dead.Load() {
			noAnswer(p, client, server)
		}
		passThrough(p, client, server)
	})
	s := mustNew(t, c)
	one(t, s, "ann")
	dead.Store(true)
	way.cut()
	before := way.opened.Load()
	for i := range 20 {
		_, err := s.Person(t.Context(), fmt.Sprint("p", i))
		systemtest.WantUnavailable(t, 0, err)
	}
	if opened := way.opened.Load() - before; opened > 2 {
		t.Errorf("%d connections were tried, want at most one for each search of the first look-up", opened)
	}
}

// Whoever waits for a server that says nothing can give up, and a run that gave
// up spoils nothing for a later one.
func TestCancelled(t *testing.T) {
	p := newTestSubtree(t, servers.Slapd(t), false).seed(t, small())
	c := p.seeded()
	var healthy atomic.Bool
	through(t, &c, func(p *proxy, client, server net.Conn) {
		if healthy.Load() {
			passThrough(p, client, server)
		} else {
			noAnswer(p, client, server)
		}
	})
	s := mustNew(t, c)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	found, err := s.Person(ctx, "ann")
	if len(found) != 0 || !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, fault.ErrUnavailable) {
		t.Errorf("got %+v, %v", found, err)
	}
	healthy.Store(true)
	one(t, s, "ann")
}

// Nothing is logged, whatever the level.
func TestNothingIsLogged(t *testing.T) {
	p := newTestSubtree(t, servers.Slapd(t), false).seed(t, small())
	t.Setenv("TF_LOG", "TRACE")
	old := os.Stderr
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	os.Stderr = w
	one(t, mustNew(t, p.seeded()), "ann")
	os.Stderr = old
	_ = w.Close()
	if text, _ := io.ReadAll(r); len(text) > 0 {
		t.Errorf("logged: %s", text)
	}
}
