package ldap

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/url"
	"sync"
	"time"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"
)

// largestAnswer limits one entry of an answer. The library reserves memory for
// any length that an answer declares.
const largestAnswer = 64 << 20

func init() { ber.MaxPacketLengthBytes = largestAnswer }

// connections is how many connections a run may have to one directory.
const connections = 4

// link is one bound connection.
type link struct {
	conn *ldap.Conn
	raw  net.Conn
}

// pool opens connections when they are needed, lends each to one search at a
// time (paging is a state of the connection) and keeps them for the next.
type pool struct {
	address   string
	tls       *tls.Config
	fromStart bool // ldaps://
	startTLS  bool
	user      string
	password  string
	anonymous bool
	timeout   time.Duration

	slots  chan struct{}
	mu     sync.Mutex
	idle   []*link
	failed error // why no connection could be opened; it ends all look-ups of the run
}

func newPool(c *Config, u *url.URL, roots *x509.CertPool) *pool {
	p := &pool{
		startTLS: c.StartTLS, user: c.BindDN, password: c.Password, anonymous: c.Anonymous,
		slots: make(chan struct{}, connections),
	}
	if p.timeout = c.Timeout; p.timeout == 0 {
		p.timeout = defaultTimeout
	}
	if u == nil {
		return p
	}
	port := u.Port()
	if p.fromStart = u.Scheme == "ldaps"; port == "" {
		if port = "389"; p.fromStart {
			port = "636"
		}
	}
	p.address = net.JoinHostPort(u.Hostname(), port)
	p.tls = &tls.Config{ServerName: u.Hostname(), RootCAs: roots, MinVersion: tls.VersionTLS12}
	return p
}

// lend returns a connection, an idle one if there is any and fresh is not set.
// The caller gives it back.
func (p *pool) lend(ctx context.Context, fresh bool) (*link, error) {
	select {
	case p.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	l, err := (*link)(nil), ctx.Err() // both may have come at once
	if err == nil {
		l, err = p.take(ctx, fresh)
	}
	if err != nil {
		<-p.slots
	}
	return l, err
}

func (p *pool) take(ctx context.Context, fresh bool) (*link, error) {
	p.mu.Lock()
	if fresh {
		// If the server was restarted, all of them are closed.
		for _, l := range p.idle {
			l.close()
		}
		p.idle = nil
	}
	if last := len(p.idle) - 1; last >= 0 {
		l := p.idle[last]
		p.idle = p.idle[:last]
		p.mu.Unlock()
		return l, nil
	}
	failed := p.failed
	p.mu.Unlock()
	if failed != nil {
		return nil, failed
	}
	l, err := p.dial(ctx)
	if err == nil {
		return l, nil
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	// Trying a refused password again for every owner would lock the account, and
	// waiting for an unreachable server each time would take very long.
	p.mu.Lock()
	defer p.mu.Unlock()
	p.failed = err
	return nil, err
}

func (p *pool) giveBack(l *link, healthy bool) {
	if healthy && !l.conn.IsClosing() {
		p.mu.Lock()
		p.idle = append(p.idle, l)
		p.mu.Unlock()
	} else {
		l.close()
	}
	<-p.slots
}

// close ends the connection without waiting for the server.
func (l *link) close() {
	_ = l.raw.Close()
	_ = l.conn.Close()
}

// dialError says at which step a connection failed.
type dialError struct {
	step string
	err  error
}

func (e *dialError) Error() string { return e.step + ": " + e.err.Error() }
func (e *dialError) Unwrap() error { return e.err }

// The steps of opening a connection.
const (
	stepConnect = "connect"
	stepTLS     = "TLS"
	stepBind    = "bind"
)

var errTooSlow = errors.New("no answer in time")

// dial opens a connection, protects it and binds. The password is sent only
// after the certificate has been verified.
func (p *pool) dial(ctx context.Context) (*link, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, p.timeout, errTooSlow)
	defer cancel()
	raw, err := new(net.Dialer).DialContext(ctx, "tcp", p.address)
	if err != nil {
		return nil, &dialError{stepConnect, p.cause(ctx, err)}
	}
	stop := context.AfterFunc(ctx, func() { _ = raw.Close() })
	l, err := p.prepare(ctx, raw)
	if !stop() && err == nil {
		l.close()
		err = &dialError{stepBind, errTooSlow}
	}
	if err != nil {
		_ = raw.Close()
		return nil, err
	}
	return l, nil
}

func (p *pool) prepare(ctx context.Context, raw net.Conn) (*link, error) {
	stream := raw
	if p.fromStart {
		secure := tls.Client(raw, p.tls)
		if err := secure.HandshakeContext(ctx); err != nil {
			return nil, &dialError{stepTLS, p.cause(ctx, err)}
		}
		stream = secure
	}
	l := &link{conn: ldap.NewConn(stream, p.fromStart), raw: raw}
	l.conn.Start()
	if p.startTLS {
		if err := l.conn.StartTLS(p.tls); err != nil {
			l.close()
			return nil, &dialError{stepTLS, p.cause(ctx, err)}
		}
	}
	if !p.anonymous {
		if err := l.conn.Bind(p.user, p.password); err != nil {
			l.close()
			return nil, &dialError{stepBind, p.cause(ctx, err)}
		}
	}
	return l, nil
}

// cause returns the reason for which a connection was closed, instead of the
// error of the closed connection.
func (p *pool) cause(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}
