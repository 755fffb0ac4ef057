package delivery

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
)

// maxReplies bounds what a mail server may write in one connection, in bytes.
const maxReplies = 1 << 20

var errTalkative = errors.New("the mail server wrote more than is read")

// dial connects to the mail server. The connection ends with the context of the
// delivery, also while a reply does not come, and reads only so much.
func (s *SMTP) dial(whole context.Context, network, addr string, config *tls.Config) (net.Conn, error) {
	raw, err := new(net.Dialer).DialContext(whole, network, addr)
	if err != nil {
		return nil, err
	}
	conn := bind(whole, raw)
	if s.server.Security != ImplicitTLS {
		return conn, nil
	}
	// The client recognises TLS by the type of the connection.
	secure := tls.Client(conn, config)
	if err := secure.HandshakeContext(whole); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return secure, nil
}

// bounded is a connection that ends with a context and reads only so much.
type bounded struct {
	net.Conn

	left int
	stop func() bool
}

func bind(ctx context.Context, c net.Conn) *bounded {
	b := &bounded{Conn: c, left: maxReplies}
	b.stop = context.AfterFunc(ctx, func() { _ = c.Close() })
	return b
}

// Read reads what is left of the bound.
func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errTalkative
	}
	n, err := b.Conn.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

// Close closes the connection.
func (b *bounded) Close() error {
	b.stop()
	return b.Conn.Close()
}
