// Package deliverytest holds a receiver of signals and notices, for tests.
package deliverytest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/go-jose/go-jose/v4"
	webhook "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/custodyhq/terraform-provider-custody/internal/signal"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// NewKey makes a signing key, in PEM.
func NewKey(t testing.TB) string {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	der, err := x509.MarshalPKCS8PrivateKey(k)
	must(t, err)
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

// Expects is what a receiver knows of the sender.
type Expects struct {
	Secret string // of CloudEvents, at /events/
	Token  string // of every request

	// Of security event tokens, at /ssf.
	Issuer, Audience  string
	PrivateKey, KeyID string // whose public half it knows
}

// Receiver is a server over TLS that verifies what it gets as a receiver has to.
type Receiver struct {
	URL    string
	CAFile string

	expects Expects
	keys    jose.JSONWebKeySet

	mu     sync.Mutex
	got    []string
	before func(w http.ResponseWriter, r *http.Request) bool
}

// NewReceiver starts a receiver that ends with the test.
func NewReceiver(t testing.TB, e Expects) *Receiver {
	t.Helper()
	v := &Receiver{expects: e}
	m := http.NewServeMux()
	m.HandleFunc("POST /events/", v.cloudEvent)
	m.HandleFunc("POST /ssf", v.securityEvent)
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v.mu.Lock()
		defer v.mu.Unlock()
		if r.Header.Get("Authorization") != "Bearer "+e.Token {
			http.Error(w, e.Token, http.StatusUnauthorized)
			return
		}
		if v.before == nil || v.before(w, r) {
			m.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(server.Close)
	v.URL = server.URL
	v.CAFile = filepath.Join(t.TempDir(), "ca.pem")
	must(t, os.WriteFile(v.CAFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600))
	k, err := signal.ParseKey(e.PrivateKey, e.KeyID)
	must(t, err)
	set, err := k.Public()
	must(t, err)
	must(t, json.Unmarshal([]byte(set), &v.keys))
	return v
}

func (v *Receiver) cloudEvent(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	wh, _ := webhook.NewWebhook(v.expects.Secret)
	if err != nil || wh.VerifyIgnoringTimestamp(body, r.Header) != nil {
		http.Error(w, v.expects.Secret, http.StatusUnauthorized)
		return
	}
	var e event.Event
	if json.Unmarshal(body, &e) != nil || e.Validate() != nil || e.ID() != r.Header.Get("webhook-id") || r.Header.Get("Content-Type") != "application/cloudevents+json; charset=UTF-8" {
		http.Error(w, "not an event", http.StatusBadRequest)
		return
	}
	v.got = append(v.got, e.ID()+" "+e.Type()+" "+e.Subject())
	w.WriteHeader(http.StatusNoContent)
}

func (v *Receiver) securityEvent(w http.ResponseWriter, r *http.Request) {
	refuse := func(code string) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		_ = json.NewEncoder(w).Encode(map[string]string{"err": code, "description": v.expects.Token})
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
	case claims.Iss != v.expects.Issuer:
		refuse("invalid_issuer")
	case claims.Aud != v.expects.Audience:
		refuse("invalid_audience")
	default:
		for name := range claims.Events {
			v.got = append(v.got, claims.Jti+" "+strings.TrimPrefix(name, "https://schemas.openid.net/secevent/"))
		}
		w.WriteHeader(http.StatusAccepted)
	}
}

// Received returns what was accepted, in order: the id of a security event token with
// its event, or of a CloudEvent with its type and subject.
func (v *Receiver) Received() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.Clone(v.got)
}

// Answer answers requests in the place of the receiver, unless the function returns true.
func (v *Receiver) Answer(with func(w http.ResponseWriter, r *http.Request) bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.before = with
}
