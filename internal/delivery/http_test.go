package delivery

import (
	"net/http"
	"strings"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/clock"
	"github.com/custodyhq/terraform-provider-custody/internal/fault"
)

func cloudEvents(t testing.TB, h HTTP) *CloudEvents {
	t.Helper()
	d, err := NewCloudEvents(h, issuer, secret, false)
	must(t, err)
	return d
}

func TestSignalsOverHTTP(t *testing.T) {
	key := newKey(t)
	v := newReceiver(t, key)
	events := cloudEvents(t, v.at("signals.cloudevents", "/events/"))
	ssf, err := NewSSF(v.at("signals.ssf", "/ssf"), issuer, "aud", key, "key-1")
	must(t, err)
	for range 2 { // a receiver takes what it has got already
		must(t, events.Deliver(t.Context(), told(t, "id-1")))
		must(t, ssf.Deliver(t.Context(), told(t, "id-1")))
	}
	if got := strings.Join(v.Received(), ", ") + ", "; got != strings.Repeat("id-1 org.custodyhq.sessions.ended.v1 corp/ada, id-1 caep/event-type/session-revoked, ", 2) {
		t.Errorf("got %s", got)
	}
	if events.Takes(KindNotice) || !events.Takes("sessions.ended") || ssf.Takes(KindNotice) || !ssf.Takes("sessions.ended") {
		t.Error("a receiver of signals is told of other things")
	}
	bad := told(t, "id-2")
	bad.Body = "{}"
	wantFault(t, ssf.Deliver(t.Context(), bad), nil, "cannot be written")
	bad.Body = "{"
	wantFault(t, events.Deliver(t.Context(), bad), nil, "cannot be written")
}

func TestReceiversThatRefuse(t *testing.T) {
	key := newKey(t)
	v := newReceiver(t, key)
	h := v.at("signals.ssf", "/ssf")
	ssf := func(issuer, audience, key string) Destination {
		d, err := NewSSF(h, issuer, audience, key, "key-1")
		must(t, err)
		return d
	}
	wrongToken, wrongPath, untrusted := h, v.at("signals.cloudevents", "/elsewhere"), h
	wrongToken.Token, untrusted.CAFile = "another-canary-1", ""
	other, err := NewCloudEvents(v.at("signals.cloudevents", "/events/"), issuer, "whsec_"+strings.Repeat("YWFh", 10), false)
	must(t, err)
	for name, c := range map[string]struct {
		d     Destination
		kind  error
		words string
	}{
		"key":       {ssf(issuer, "aud", newKey(t)), nil, "400 Bad Request and invalid_key"},
		"issuer":    {ssf("https://x.example.org", "aud", key), nil, "invalid_issuer"},
		"audience":  {ssf(issuer, "x", key), nil, "invalid_audience"},
		"signature": {other, fault.ErrDenied, "status 401"},
		"path":      {cloudEvents(t, wrongPath), nil, "status 404"},
		"token":     {cloudEvents(t, wrongToken), fault.ErrDenied, "status 401"},
		"authority": {cloudEvents(t, untrusted), fault.ErrUnavailable, "does not verify"},
	} {
		t.Run(name, func(t *testing.T) { wantFault(t, c.d.Deliver(t.Context(), told(t, "id-1")), c.kind, c.words) })
	}
	if got := v.Received(); len(got) != 0 {
		t.Errorf("got %v", got)
	}
}

// What is sent holds secrets, or is one: it goes to no other host, and an answer is
// read only so far.
func TestReceiversThatMisbehave(t *testing.T) {
	v, elsewhere := newReceiver(t, newKey(t)), newReceiver(t, newKey(t))
	d := cloudEvents(t, v.at("signals.cloudevents", "/events/"))
	for name, c := range map[string]struct {
		answer func(w http.ResponseWriter, r *http.Request)
		words  string
	}{
		"redirect": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere.URL+"/events/", http.StatusTemporaryRedirect)
		}, "redirected"},
		"another method": {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/events/", http.StatusFound) }, "redirected a POST"},
		"endless": {func(w http.ResponseWriter, _ *http.Request) {
			for range maxAnswer {
				_, _ = w.Write([]byte("xx"))
			}
		}, "larger than"},
		"failed":       {func(w http.ResponseWriter, _ *http.Request) { http.Error(w, token, http.StatusInternalServerError) }, "status 500"},
		"not accepted": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotModified) }, "status 304"},
	} {
		t.Run(name, func(t *testing.T) {
			v.Answer(func(w http.ResponseWriter, r *http.Request) bool { c.answer(w, r); return false })
			wantFault(t, d.Deliver(t.Context(), told(t, "id-1")), nil, c.words)
		})
	}
	if got := len(v.Received()) + len(elsewhere.Received()); got != 0 {
		t.Errorf("%d were received", got)
	}
}

func TestReceiversThatAreNotConfigured(t *testing.T) {
	key := newKey(t)
	h := HTTP{Name: "x", URL: "https://receiver.example.org/events", Clock: clock.NewFake(now)}
	with := func(change func(h *HTTP)) HTTP {
		out := h
		change(&out)
		return out
	}
	for _, c := range []struct {
		attribute             string
		h                     HTTP
		secret, source        string
		issuer, audience, key string
	}{
		{attribute: "url", h: with(func(h *HTTP) { h.URL = "http://receiver.example.org" })},
		{attribute: "url", h: with(func(h *HTTP) { h.URL = "https://receiver.example.org/?token=1" })},
		{attribute: "url", h: with(func(h *HTTP) { h.URL = "" })},
		{attribute: "token", h: with(func(h *HTTP) { h.Token = "a b\n" })},
		{attribute: "ca_file", h: with(func(h *HTTP) { h.CAFile = "missing.pem" })},
		{attribute: "secret", h: h, secret: "whsec_short"},
		{attribute: "secret", h: h, secret: "whsec_" + strings.Repeat("YWFh", 30)},
		{attribute: "secret", h: h, secret: "%%%"},
		{attribute: "source", h: h, source: "-"},
		{attribute: "issuer", h: h, issuer: "http://custody.example.org"},
		{attribute: "issuer", h: h, issuer: "custody"},
		{attribute: "audience", h: h, audience: "-"},
		{attribute: "private_key", h: h, key: "canary"},
	} {
		or := func(text, usual string) string {
			switch text {
			case "":
				return usual
			case "-":
				return ""
			}
			return text
		}
		_, first := NewCloudEvents(c.h, or(c.source, issuer), or(c.secret, secret), false)
		_, second := NewSSF(c.h, or(c.issuer, issuer), or(c.audience, "aud"), or(c.key, key), "")
		err := first
		if c.issuer+c.audience+c.key != "" {
			err = second
		}
		wantProblem(t, err, c.attribute)
	}
}
