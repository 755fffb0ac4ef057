package systemtest

import (
	"bytes"
	"io"
	"net"
	"sync/atomic"
	"testing"
)

// Sever forwards connections to a server of any protocol and, while cut is set,
// ends them in both directions before a given text of the server. It returns
// the address to connect to instead.
func Sever(t testing.TB, server, before string, cut *atomic.Bool) (address string) {
	t.Helper()
	return relay(t, server, func(client, upstream net.Conn) { forward(client, upstream, []byte(before), cut) })
}

// Mute forwards connections to a server of any protocol and, while silent is set, keeps
// back everything that the server answers. It returns the address to connect to instead.
func Mute(t testing.TB, server string, silent *atomic.Bool) (address string) {
	t.Helper()
	return relay(t, server, func(client, upstream net.Conn) {
		part := make([]byte, 64<<10)
		for {
			n, err := upstream.Read(part)
			if err != nil {
				return
			}
			if !silent.Load() {
				_, _ = client.Write(part[:n])
			}
		}
	})
}

// relay forwards what clients send to a server; answer is given what the server answers.
// Both connections end when it returns.
func relay(t testing.TB, server string, answer func(client, upstream net.Conn)) (address string) {
	t.Helper()
	return ServeTCP(t, func(client net.Conn) {
		defer client.Close() //nolint:errcheck // it is meant to break
		upstream, err := net.Dial("tcp", server)
		if err != nil {
			return
		}
		defer upstream.Close() //nolint:errcheck // likewise
		go func() {
			_, _ = io.Copy(upstream, client)
			_ = upstream.Close()
		}()
		answer(client, upstream)
	})
}

// ServeTCP gives every connection to serve, which closes it. It returns the
// address on which it listens.
func ServeTCP(t testing.TB, serve func(net.Conn)) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go serve(c)
		}
	}()
	return l.Addr().String()
}

func forward(client io.Writer, server io.Reader, before []byte, cut *atomic.Bool) {
	part := make([]byte, 64<<10)
	for {
		n, err := server.Read(part)
		at := bytes.Index(part[:n], before)
		if cut.Load() && at >= 0 {
			_, _ = client.Write(part[:at])
			return
		}
		if _, failed := client.Write(part[:n]); err != nil || failed != nil {
			return
		}
	}
}
