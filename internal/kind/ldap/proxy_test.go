package ldap_test

import (
	"io"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/kind/ldap"
)

// proxy stands between the provider and a directory and spoils what passes.
type proxy struct {
	listener net.Listener
	target   string
	spoil    func(p *proxy, client, server net.Conn) // copies from the server to the client
	opened   atomic.Int64
	sent     atomic.Int64 // writes of the client

	mu    sync.Mutex
	conns []net.Conn
}

// through puts a proxy before the directory of a configuration.
func through(t *testing.T, c *ldap.Config, spoil func(p *proxy, client, server net.Conn)) *proxy {
	t.Helper()
	u, err := url.Parse(c.URL)
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{target: u.Host, spoil: spoil}
	if p.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	c.URL = u.Scheme + "://" + p.listener.Addr().String()
	go p.serve()
	t.Cleanup(func() {
		_ = p.listener.Close()
		p.cut()
	})
	return p
}

func (p *proxy) serve() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.opened.Add(1)
		server, err := net.Dial("tcp", p.target)
		if err != nil {
			_ = client.Close()
			continue
		}
		p.mu.Lock()
		p.conns = append(p.conns, client, server)
		p.mu.Unlock()
		go func() {
			defer server.Close() //nolint:errcheck // a test
			buffer := make([]byte, 64<<10)
			for {
				n, err := client.Read(buffer)
				if n > 0 {
					p.sent.Add(1)
					if _, err := server.Write(buffer[:n]); err != nil {
						return
					}
				}
				if err != nil {
					return
				}
			}
		}()
		go func() {
			defer client.Close() //nolint:errcheck // a test
			p.spoil(p, client, server)
		}()
	}
}

// cut closes every connection that is open.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.conns {
		_ = c.Close()
	}
	p.conns = nil
}

func passThrough(_ *proxy, client, server net.Conn) { _, _ = io.Copy(client, server) }

// cutAfter lets some bytes of the server through, on every connection.
func cutAfter(n int64) func(*proxy, net.Conn, net.Conn) {
	return func(_ *proxy, client, server net.Conn) { _, _ = io.CopyN(client, server, n) }
}

// answer says the same whatever is asked.
func answer(text string) func(*proxy, net.Conn, net.Conn) {
	return func(_ *proxy, client, server net.Conn) {
		buffer := make([]byte, 1)
		_, _ = server.Read(buffer)
		_, _ = io.WriteString(client, text)
	}
}

// noAnswer takes everything and says nothing.
func noAnswer(_ *proxy, _, server net.Conn) { _, _ = io.Copy(io.Discard, server) }
