package drill

import (
	"net"
	"sync"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

// proxy stands before a server. It can cut the answers of the server off, and then the
// server cannot be reached until it is mended.
type proxy struct {
	address string
	mu      sync.Mutex
	broken  bool
	left    int // how many bytes of answers still pass
}

func newProxy(t *testing.T, server string) *proxy {
	p := &proxy{}
	p.address = systemtest.ServeTCP(t, func(client net.Conn) { p.serve(client, server) })
	return p
}

// cut lets so many bytes of answers pass, and then nothing.
func (p *proxy) cut(after int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.broken, p.left = true, after
}

func (p *proxy) mend() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.broken = false
}

// pass says how many of n bytes may pass.
func (p *proxy) pass(n int) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.broken {
		return n
	}
	n = min(n, p.left)
	p.left -= n
	return n
}

func (p *proxy) serve(client net.Conn, server string) {
	defer client.Close() //nolint:errcheck // it is meant to break
	if p.pass(1) == 0 {
		return
	}
	upstream, err := net.Dial("tcp", server)
	if err != nil {
		return
	}
	defer upstream.Close() //nolint:errcheck // likewise
	go func() {
		defer upstream.Close() //nolint:errcheck // likewise
		copyWhile(upstream, client, func(n int) int { return n })
	}()
	copyWhile(client, upstream, p.pass)
}

func copyWhile(to, from net.Conn, pass func(int) int) {
	part := make([]byte, 32<<10)
	for {
		n, err := from.Read(part)
		allowed := pass(n)
		if _, failed := to.Write(part[:allowed]); err != nil || failed != nil || allowed < n {
			return
		}
	}
}
