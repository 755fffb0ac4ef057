package scenarios_test

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
)

// breaking returns the address of a proxy whose answers break off in the middle
// while cut is set.
func breaking(t *testing.T, to string, cut *atomic.Bool) string {
	t.Helper()
	target, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !cut.Load() {
			proxy.ServeHTTP(w, r)
			return
		}
		whole := httptest.NewRecorder()
		proxy.ServeHTTP(whole, r)
		w.Header().Set("Content-Type", whole.Header().Get("Content-Type"))
		w.Header().Set("Content-Length", strconv.Itoa(whole.Body.Len()))
		w.WriteHeader(whole.Code)
		_, _ = w.Write(whole.Body.Bytes()[:whole.Body.Len()/2])
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// severing returns the address of a proxy for any protocol, which ends a
// connection in front of a text of the server while cut is set.
func severing(t *testing.T, to, before string, cut *atomic.Bool) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", to)
			if err != nil {
				_ = client.Close()
				continue
			}
			go func() {
				_, _ = io.Copy(server, client)
				_ = server.Close()
			}()
			go func() {
				passOn(client, server, []byte(before), cut)
				_ = client.Close()
				_ = server.Close()
			}()
		}
	}()
	return l.Addr().String()
}

// passOn hands on what a server says, until it ends or says what it is to be cut
// off in front of.
func passOn(client io.Writer, server io.Reader, before []byte, cut *atomic.Bool) {
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

// nobodyThere returns an address at which nobody listens.
func nobodyThere(t *testing.T, scheme string) string {
	t.Helper()
	port, err := servers.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	return scheme + "://127.0.0.1:" + strconv.Itoa(port)
}
