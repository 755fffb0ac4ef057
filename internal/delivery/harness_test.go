package delivery

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/go-jose/go-jose/v4"
	webhook "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
	"github.com/custodyhq/terraform-provider-custody/internal/clock"
	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/signal"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

func TestMain(m *testing.M) { os.Exit(servers.Run(m)) }

const (
	secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8G"
	token  = "t0ken-canary-9137"
	issuer = "https://custody.example.org"
)

var now = time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// newKey makes a signing key, in PEM.
func newKey(t testing.TB) string {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	der, err := x509.MarshalPKCS8PrivateKey(k)
	must(t, err)
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

// receiver is a server over TLS that verifies what it gets as a receiver has to.
type receiver struct {
	server *httptest.Server
	ca     string
	keys   jose.JSONWebKeySet

	mu     sync.Mutex
	got    []string // the ids, in order, with the subject behind a space
	before func(w http.ResponseWriter, r *http.Request) bool
}

func newReceiver(t testing.TB, key string) *receiver {
	t.Helper()
	v := &receiver{}
	m := http.NewServeMux()
	m.HandleFunc("POST /events/", v.cloudEvent)
	m.HandleFunc("POST /ssf", v.securityEvent)
	v.server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v.mu.Lock()
		defer v.mu.Unlock()
		if r.Header.Get("Authorization") != "Bearer "+token {
			http.Error(w, token, http.StatusUnauthorized)
			return
		}
		if v.before == nil || v.before(w, r) {
			m.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(v.server.Close)
	v.ca = filepath.Join(t.TempDir(), "ca.pem")
	must(t, os.WriteFile(v.ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: v.server.Certificate().Raw}), 0o600))
	k, err := signal.ParseKey(key, "key-1")
	must(t, err)
	set, err := k.Public()
	must(t, err)
	must(t, json.Unmarshal([]byte(set), &v.keys))
	return v
}

func (v *receiver) cloudEvent(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	wh, _ := webhook.NewWebhook(secret)
	if err != nil || wh.VerifyIgnoringTimestamp(body, r.Header) != nil || r.Header.Get("webhook-timestamp") != "1893553445" {
		http.Error(w, secret, http.StatusUnauthorized)
		return
	}
	var e event.Event
	if json.Unmarshal(body, &e) != nil || e.Validate() != nil || e.ID() != r.Header.Get("webhook-id") || r.Header.Get("Content-Type") != "application/cloudevents+json; charset=UTF-8" {
		http.Error(w, "not an event", http.StatusBadRequest)
		return
	}
	v.got = append(v.got, e.ID()+" "+e.Subject())
	w.WriteHeader(http.StatusNoContent)
}

func (v *receiver) securityEvent(w http.ResponseWriter, r *http.Request) {
	refuse := func(code string) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		_ = json.NewEncoder(w).Encode(map[string]string{"err": code, "description": token})
	}
	body, err := io.ReadAll(r.Body)
	if err != nil || r.Header.Get("Content-Type") != "application/secevent+jwt" {
		refuse("invalid_request")
		return
	}
	signed, err := jose.ParseSignedCompact(string(body), []jose.SignatureAlgorithm{jose.ES256})
	if err != nil || signed.Signatures[0].Header.ExtraHeaders["typ"] != "secevent+jwt" {
		refuse("invalid_request")
		return
	}
	payload, err := signed.Verify(v.keys)
	if err != nil {
		refuse("invalid_key")
		return
	}
	var claims struct {
		Iss, Aud, Jti string
		Events        map[string]any
	}
	switch err := json.Unmarshal(payload, &claims); {
	case err != nil || len(claims.Events) != 1:
		refuse("invalid_request")
	case claims.Iss != issuer:
		refuse("invalid_issuer")
	case claims.Aud != "aud":
		refuse("invalid_audience")
	default:
		v.got = append(v.got, claims.Jti)
		w.WriteHeader(http.StatusAccepted)
	}
}

func (v *receiver) at(name, path string) HTTP {
	return HTTP{Name: name, URL: v.server.URL + path, CAFile: v.ca, Token: token, Clock: clock.NewFake(now)}
}

func (v *receiver) received() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.Clone(v.got)
}

func (v *receiver) fails(with func(w http.ResponseWriter, r *http.Request) bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.before = with
}

func told(t testing.TB, id string) *Message {
	t.Helper()
	s := signal.Signal{Kind: signal.SessionsEnded, At: now, Subject: "corp/ada", User: "corp/ada", Reason: "<Left> & gone."}
	body, err := s.Encode()
	must(t, err)
	return &Message{ID: id, Kind: string(s.Kind), Subject: s.Subject, Run: "run-1", At: now, Body: body}
}

// wantFault fails unless the error is a fault of the kind with these words, and shows no
// secret.
func wantFault(t testing.TB, err, kind error, words string) {
	t.Helper()
	var f *fault.Fault
	switch {
	case !errors.As(err, &f) || kind != nil && !errors.Is(err, kind) || !strings.Contains(f.Detail(), words) || f.Advice == "":
		t.Errorf("got %v, want a fault about %q", err, words)
	case strings.Contains(f.Detail(), "canary") || strings.Contains(f.Detail(), secret):
		t.Errorf("it shows a secret: %s", f.Detail())
	}
}

// wantProblem fails unless the error is one of a configuration at the attribute.
func wantProblem(t testing.TB, err error, attribute string) {
	t.Helper()
	var c *system.ConfigError
	if !errors.As(err, &c) || !slices.ContainsFunc(c.Problems, func(p system.Problem) bool { return p.Attribute == attribute && p.Message != "" }) {
		t.Errorf("got %v, want a problem of %s", err, attribute)
	}
}
