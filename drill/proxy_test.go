package drill

import (
	"net"
	"sync"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

// proxy stands before a server. It can interrupt the answers of the server, and then the
// server cannot be reached until it is mended.
type proxy struct {
	address string
	mu      sync.Mutex
	broken  chan struct{} // closed once it is mended; nil while all is well
	silent  bool
	left    int // how many bytes of answers still pass
}

func newProxy(t *testing.T, server string) *proxy {
	p := &proxy{}
	p.address = systemtest.ServeTCP(t, func(client net.Conn) { p.serve(client, server) })
	return p
}

// interrupt lets so many bytes of answers pass, and then nothing. Connections are
// ended, or stay open in silence.
func (p *proxy) interrupt(after int, silent bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.broken, p.left, p.silent = make(chan struct{}), after, silent
}

func (p *proxy) mend() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.broken != nil {
		close(p.broken)
	}
	p.broken = nil
}

// pass says how many of n bytes may pass. If that is less, it first waits, where
// silence is wanted, until the proxy is mended.
func (p *proxy) pass(n int) int {
	p.mu.Lock()
	broken, silent := p.broken, p.silent
	allowed := n
	if broken != nil {
		allowed = min(n, p.left)
		p.left -= allowed
	}
	p.mu.Unlock()
	if allowed < n && silent {
		<-broken
	}
	return allowed
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
