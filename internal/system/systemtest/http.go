package systemtest

import (
	"bytes"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// HTTPFaults are the ways in which a server that speaks HTTP can fail to answer,
// by name: each takes a healthy handler and returns a broken one. Every request
// must find the system unavailable.
//
// The client under test must not wait between attempts, and must give up on an
// answer after at most some tens of milliseconds.
func HTTPFaults() map[string]func(healthy http.Handler) http.Handler {
	faults := map[string]func(http.Handler) http.Handler{
		"429 without end":   status(http.StatusTooManyRequests, "application/json", `{"message":"Too many requests"}`, "Retry-After", "1"),
		"429 for a day":     status(http.StatusTooManyRequests, "application/json", `{}`, "Retry-After", "86400"),
		"a page to log in":  status(http.StatusOK, "text/html", "<!DOCTYPE html><html><title>Log in</title></html>"),
		"nothing":           status(http.StatusOK, "application/json", ""),
		"no content":        status(http.StatusNoContent, "", ""),
		"no JSON":           status(http.StatusOK, "application/json", "OK"),
		"null":              status(http.StatusOK, "application/json", "null"),
		"an empty object":   status(http.StatusOK, "application/json", "{}"),
		"an empty list":     status(http.StatusOK, "application/json", "[]"),
		"an error with 200": status(http.StatusOK, "application/json", `{"error":{"message":"database is locked"},"status":"error","messages":"failed","errors":[{"code":"X"}]}`),
		"a page that is missing": status(http.StatusNotFound, "text/html",
			"<html><body><h1>Not Found</h1>The requested URL was not found on this server.</body></html>"),
		"no route":             status(http.StatusNotFound, "application/json", `{"message":"no route matched"}`),
		"a redirect elsewhere": status(http.StatusFound, "", "", "Location", "https://sso.example.org/login"),
		"a cut body":           cutBody,
		"a cut answer": func(http.Handler) http.Handler {
			return http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
		},
		"no answer": func(http.Handler) http.Handler {
			return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				// Only then does the server notice that the client has gone.
				_, _ = io.Copy(io.Discard, r.Body)
				<-r.Context().Done()
			})
		},
		"something behind the answer": func(healthy http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				healthy.ServeHTTP(w, r)
				_, _ = w.Write([]byte(`{"and":"more"}`))
			})
		},
	}
	for _, code := range []int{400, 401, 403, 405, 410, 418, 500, 502, 503, 504} {
		faults[strconv.Itoa(code)] = status(code, "application/json", `{"message":"`+http.StatusText(code)+`"}`)
	}
	return faults
}

func status(code int, contentType, body string, header ...string) func(http.Handler) http.Handler {
	return func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if contentType != "" {
				w.Header().Set("Content-Type", contentType)
			}
			for i := 0; i+1 < len(header); i += 2 {
				w.Header().Set(header[i], header[i+1])
			}
			w.WriteHeader(code)
			_, _ = w.Write([]byte(body))
		})
	}
}

// cutBody answers as the healthy handler does and stops half-way.
func cutBody(healthy http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		whole := httptest.NewRecorder()
		healthy.ServeHTTP(whole, r)
		body := whole.Body.Bytes()
		for name, values := range whole.Header() {
			w.Header()[name] = values
		}
		w.Header().Set("Content-Length", strconv.Itoa(len(body)+1))
		w.WriteHeader(whole.Code)
		_, _ = w.Write(body[:len(body)/2])
	})
}

// Recorder is a handler that remembers what was sent to it. It is safe for
// concurrent use.
type Recorder struct {
	http.Handler
	mu       sync.Mutex
	requests []*http.Request
}

// ServeHTTP remembers the request and passes it on.
func (r *Recorder) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	r.mu.Lock()
	r.requests = append(r.requests, request.Clone(request.Context()))
	r.mu.Unlock()
	r.Handler.ServeHTTP(w, request)
}

// Requests returns the requests so far, in their order.
func (r *Recorder) Requests() []*http.Request {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]*http.Request(nil), r.requests...)
}

// ServeHTTP serves a handler on loopback until the test ends and returns its
// address.
func ServeHTTP(t testing.TB, h http.Handler) string {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server.URL
}

// ServeUntrusted serves a handler over TLS with an unknown certificate.
func ServeUntrusted(t testing.TB, h http.Handler) string {
	t.Helper()
	server := httptest.NewUnstartedServer(h)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	return server.URL
}

// WantSecret fails the test if any of the requests lacks the secret that all
// must carry, or carries it in its URL, where it would end in logs.
func WantSecret(t *testing.T, requests []*http.Request, secret string) {
	t.Helper()
	for _, r := range requests {
		var headers bytes.Buffer
		_ = r.Header.Write(&headers)
		if !strings.Contains(headers.String(), secret) {
			t.Errorf("%s %s came without the secret", r.Method, r.URL.Path)
		}
		if strings.Contains(r.URL.String(), secret) {
			t.Errorf("%s %s carries the secret in its URL", r.Method, r.URL.Path)
		}
	}
}
