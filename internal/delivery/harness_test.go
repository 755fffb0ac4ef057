package delivery

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
	"github.com/custodyhq/terraform-provider-custody/internal/clock"
	"github.com/custodyhq/terraform-provider-custody/internal/delivery/deliverytest"
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

func newKey(t testing.TB) string { return deliverytest.NewKey(t) }

// receiver is a server over TLS that verifies what it gets.
type receiver struct{ *deliverytest.Receiver }

func newReceiver(t testing.TB, key string) receiver {
	t.Helper()
	return receiver{deliverytest.NewReceiver(t, deliverytest.Expects{Secret: secret, Token: token, Issuer: issuer, Audience: "aud", PrivateKey: key, KeyID: "key-1"})}
}

func (v receiver) at(name, path string) HTTP {
	return HTTP{Name: name, URL: v.URL + path, CAFile: v.CAFile, Token: token, Clock: clock.NewFake(now)}
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
