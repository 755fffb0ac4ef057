package signal

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/go-jose/go-jose/v4"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
)

var at = time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)

func generation(n int, enabled bool) lifecycle.Generation {
	return lifecycle.Generation{Number: n, Enabled: enabled, Holder: "hr/E-1", IssuedAt: at.AddDate(0, -1, 0), ExpiresAt: at.AddDate(0, 1, 0)}
}

func grantOf(generations ...lifecycle.Generation) *lifecycle.Grant {
	return &lifecycle.Grant{Asset: lifecycle.Ref{System: "cmdb", ID: "APP-1"}, Access: "aws", Generations: generations}
}

func shown(signals []Signal) string {
	var out []string
	for _, s := range signals {
		out = append(out, strings.Join([]string{string(s.Kind), s.Subject, s.User, s.Email, s.Device, s.Credential, s.Reason}, "|"))
	}
	return strings.Join(out, "\n")
}

func TestWhatAGrantTells(t *testing.T) {
	revoked := grantOf()
	revoked.Action, revoked.Status, revoked.Reasons = lifecycle.Revoke, lifecycle.StatusRevoked, []lifecycle.Reason{{Code: lifecycle.OwnerLeft}, {Code: lifecycle.AssetLost}}
	expired := generation(1, true)
	expired.ExpiresAt = at
	for name, c := range map[string]struct {
		before, after *lifecycle.Grant
		want          string
	}{
		"first":     {nil, grantOf(generation(1, true)), ""},
		"unchanged": {grantOf(generation(1, true)), grantOf(generation(1, true)), ""},
		"overlap":   {grantOf(generation(1, true)), grantOf(generation(1, true), generation(2, true)), ""},
		"replaced":  {grantOf(generation(1, true), generation(2, true)), grantOf(generation(2, true)), "credential.revoked|cmdb/APP-1#aws|hr/E-1|||g1|The credential was replaced."},
		"revoked":   {grantOf(generation(1, true)), revoked, "credential.revoked|cmdb/APP-1#aws|hr/E-1|||g1|The access is revoked: owner.left, asset.lost."},
		"disabled":  {grantOf(generation(1, true)), grantOf(generation(1, false)), "credential.revoked|cmdb/APP-1#aws|hr/E-1|||g1|The credential was replaced."},
		"was off":   {grantOf(generation(1, false)), grantOf(), ""},
		"expired":   {grantOf(expired), grantOf(), "credential.revoked|cmdb/APP-1#aws|hr/E-1|||g1|The credential has expired."},
		"removed":   {grantOf(generation(1, true)), nil, "credential.revoked|cmdb/APP-1#aws|hr/E-1|||g1|The grant was removed."},
	} {
		if got := shown(OfGrant(c.before, c.after, at)); got != c.want {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}
}

func TestWhatAnAccountTells(t *testing.T) {
	for name, c := range map[string]struct {
		a    Account
		want string
	}{
		"nothing":  {Account{Target: "corp", Subject: "ada"}, ""},
		"disabled": {Account{Target: "corp", Subject: "ada", Disabled: true, SessionsEnded: true, Because: "x"}, "account.disabled|corp/ada|corp/ada||||x\nsessions.ended|corp/ada|corp/ada||||x"},
		"sessions": {Account{Target: "okta", Subject: "ada@example.org", SessionsEnded: true}, "sessions.ended|okta/ada@example.org|okta/ada@example.org|ada@example.org|||"},
		"enabled":  {Account{Target: "corp", Subject: "ada", Enabled: true, Email: "a@b.c"}, "account.enabled|corp/ada|corp/ada|a@b.c|||"},
	} {
		if got := shown(OfAccount(&c.a, at)); got != c.want {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}
	for _, text := range []string{"ada", "@example.org", "ada@", "ada@host", "a b@example.org", "a@b@c.d", `"a"@b.c`} {
		if isEmail(text) {
			t.Errorf("%s was taken for an address", text)
		}
	}
}

func TestWhatADeviceTells(t *testing.T) {
	binding := func(to lifecycle.BoundTo, codes ...lifecycle.Code) *lifecycle.Binding {
		b := &lifecycle.Binding{Asset: lifecycle.Ref{System: "itam", ID: "LT-1"}, BoundTo: to, Holder: "hr/E-1"}
		for _, c := range codes {
			b.Findings = append(b.Findings, lifecycle.Finding{Code: c})
		}
		return b
	}
	person := lifecycle.BoundToPerson
	held, nobody := binding(person, lifecycle.AssetLost), binding(person, lifecycle.AssetRetired)
	held.Held, nobody.Holder = true, ""
	const off, back = "device.not_compliant|itam/LT-1|hr/E-1||itam/LT-1||The record of the asset says so: ", "device.compliant|itam/LT-1|hr/E-1||itam/LT-1||The asset is in service again."
	for name, c := range map[string]struct {
		before, after *lifecycle.Binding
		want          string
	}{
		"in service":      {binding(person), binding(person, lifecycle.OwnerLeft), ""},
		"lost":            {binding(person), binding(person, lifecycle.AssetLost), off + "asset.lost."},
		"retired":         {binding(person), nobody, off + "asset.retired."},
		"lost at first":   {nil, binding(person, lifecycle.AssetLost), off + "asset.lost."},
		"missing":         {binding(person), binding(person, lifecycle.AssetMissing), ""},
		"lost, then gone": {binding(person, lifecycle.AssetLost), binding(person, lifecycle.AssetRetired), ""},
		"found":           {binding(person, lifecycle.AssetLost), binding(person), back},
		"held":            {binding(person), held, ""},
		"a workload":      {binding(lifecycle.BoundToWorkload), binding(lifecycle.BoundToWorkload, lifecycle.AssetRetired), ""},
		"removed":         {binding(person), nil, ""},
	} {
		if got := shown(OfDevice(c.before, c.after, at)); got != c.want {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}
}

// keys are private keys of every accepted form, in PEM.
func keys(t testing.TB) map[string]string {
	t.Helper()
	out := map[string]string{}
	add := func(name, kind string, der []byte, err error) {
		if err != nil {
			t.Fatal(err)
		}
		out[name] = string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	}
	for name, curve := range map[string]elliptic.Curve{"ES256": elliptic.P256(), "ES384": elliptic.P384(), "ES512": elliptic.P521()} {
		k, err := ecdsa.GenerateKey(curve, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		der, err := x509.MarshalPKCS8PrivateKey(k)
		add(name, "PRIVATE KEY", der, err)
		der, err = x509.MarshalECPrivateKey(k)
		add(name+" old", "EC PRIVATE KEY", der, err)
	}
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	add("RS256 old", "RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(k), nil)
	_, e, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(e)
	add("EdDSA", "PRIVATE KEY", der, err)
	return out
}

func envelope() *Envelope {
	return &Envelope{ID: "4f1c", Source: "https://custody.example.org", Kind: string(CredentialRevoked), Subject: "cmdb/APP-1#aws", Run: "run-1", At: at}
}

// claimsOf verifies a token as a receiver does, and returns its claims.
func claimsOf(t testing.TB, token, set string) map[string]any {
	t.Helper()
	var known jose.JSONWebKeySet
	if err := json.Unmarshal([]byte(set), &known); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(set, `"d":`) {
		t.Fatalf("the public set holds a private key: %s", set)
	}
	parsed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.ES256, jose.ES384, jose.ES512, jose.RS256, jose.EdDSA})
	if err != nil {
		t.Fatal(err)
	}
	h := parsed.Signatures[0].Header
	if h.ExtraHeaders["typ"] != "secevent+jwt" || len(known.Key(h.KeyID)) != 1 {
		t.Fatalf("header %+v", h)
	}
	payload, err := parsed.Verify(known)
	if err != nil {
		t.Fatal(err)
	}
	var claims map[string]any
	if err := json.Unmarshal(payload, &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

func TestATokenIsWhatAReceiverVerifies(t *testing.T) {
	for name, text := range keys(t) {
		key, err := ParseKey(text, "")
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if want, _, _ := strings.Cut(name, " "); string(key.algorithm) != want {
			t.Errorf("%s: algorithm %s", name, key.algorithm)
		}
		set, err := key.Public()
		if err != nil {
			t.Fatal(err)
		}
		s := Signal{Kind: CredentialRevoked, At: at, Subject: "cmdb/APP-1#aws", User: "hr/E-1", Credential: "g1", Reason: "Gone."}
		token, err := s.Token(envelope(), "https://receiver.example.org", key)
		if err != nil {
			t.Fatal(err)
		}
		claims := claimsOf(t, token, set)
		for _, absent := range []string{"sub", "exp", "nbf"} {
			if _, there := claims[absent]; there {
				t.Errorf("%s: the token has %s", name, absent)
			}
		}
		want := map[string]any{
			"iss": "https://custody.example.org", "aud": "https://receiver.example.org", "iat": float64(at.Unix()), "jti": "4f1c", "txn": "run-1",
			"sub_id": map[string]any{"format": "iss_sub", "iss": "https://custody.example.org", "sub": "hr/E-1"},
			"events": map[string]any{"https://schemas.openid.net/secevent/caep/event-type/credential-change": map[string]any{
				"event_timestamp": float64(at.Unix()), "initiating_entity": "policy", "reason_admin": map[string]any{"en": "Gone."},
				"credential_type": "custody-generation", "change_type": "revoke", "friendly_name": "cmdb/APP-1#aws g1",
			}},
		}
		if !reflect.DeepEqual(claims, want) {
			t.Errorf("%s: got %v, want %v", name, claims, want)
		}
	}
}

func TestEveryKindHasItsEvent(t *testing.T) {
	key, err := ParseKey(keys(t)["ES256"], "key-1")
	if err != nil {
		t.Fatal(err)
	}
	set, err := key.Public()
	if err != nil {
		t.Fatal(err)
	}
	want := map[Kind]string{
		CredentialRevoked: "caep/event-type/credential-change change_type=revoke", SessionsEnded: "caep/event-type/session-revoked",
		AccountDisabled: "risc/event-type/account-disabled", AccountEnabled: "risc/event-type/account-enabled",
		DeviceNotCompliant: "caep/event-type/device-compliance-change current_status=not-compliant previous_status=compliant",
		DeviceCompliant:    "caep/event-type/device-compliance-change current_status=compliant previous_status=not-compliant",
	}
	for _, kind := range Kinds() {
		s := Signal{Kind: kind, At: at, Subject: "x", Device: "itam/LT-1", Email: "ada@example.org"}
		token, err := s.Token(envelope(), "aud", key)
		if err != nil {
			t.Fatal(err)
		}
		claims := claimsOf(t, token, set)
		events, _ := claims["events"].(map[string]any)
		if len(events) != 1 {
			t.Fatalf("%s: got %v", kind, events)
		}
		for name, v := range events {
			got := strings.TrimPrefix(name, "https://schemas.openid.net/secevent/")
			body, _ := v.(map[string]any)
			for _, claim := range []string{"change_type", "current_status", "previous_status"} {
				if body[claim] != nil {
					got += fmt.Sprintf(" %s=%v", claim, body[claim])
				}
			}
			if got != want[kind] {
				t.Errorf("%s: got %s, want %s", kind, got, want[kind])
			}
		}
		subject := fmt.Sprint(claims["sub_id"])
		if subject != "map[device:map[format:iss_sub iss:https://custody.example.org sub:itam/LT-1] format:complex user:map[email:ada@example.org format:email]]" {
			t.Errorf("%s: subject %s", kind, subject)
		}
	}
	for s, want := range map[*Signal]string{
		{Subject: "a#b"}:                 "map[format:iss_sub iss:i sub:a#b]",
		{Subject: "a", Device: "d/1"}:    "map[device:map[format:iss_sub iss:i sub:d/1] format:complex]",
		{Subject: "a", Email: "e@x.org"}: "map[email:e@x.org format:email]",
	} {
		if got := fmt.Sprint(s.subject("i")); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestKeysThatAreRefused(t *testing.T) {
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	small, err := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalECPrivateKey(small)
	if err != nil {
		t.Fatal(err)
	}
	block := func(kind string, der []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	}
	good := keys(t)["ES256"]
	for text, words := range map[string]string{
		"": "no block", "secret-canary": "no block", good + good: "several blocks", strings.Repeat("x", maxKey+1): "too long",
		block("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(weak)): "2048", block("EC PRIVATE KEY", der): "P-256",
		block("PRIVATE KEY", []byte("secret-canary")): "cannot be read", block("CERTIFICATE", []byte("x")): "not a private key",
		block("ENCRYPTED PRIVATE KEY", []byte("x")): "encrypted",
	} {
		if _, err := ParseKey(text, ""); err == nil || !strings.Contains(err.Error(), words) || strings.Contains(err.Error(), "canary") {
			t.Errorf("got %v, want %s", err, words)
		}
	}
}

func TestACloudEventIsWhatAReceiverReads(t *testing.T) {
	s := Signal{Kind: CredentialRevoked, At: at, Subject: "cmdb/APP-1#aws", Reason: "<&>"}
	data, err := s.Encode()
	if err != nil {
		t.Fatal(err)
	}
	text, err := CloudEvent(envelope(), data)
	if err != nil {
		t.Fatal(err)
	}
	var e event.Event
	if err := json.Unmarshal(text, &e); err != nil {
		t.Fatal(err)
	}
	if err := e.Validate(); err != nil {
		t.Error(err)
	}
	back, err := Decode(string(e.Data()))
	if err != nil || *back != s || e.ID() != "4f1c" || e.Source() != "https://custody.example.org" || e.Type() != "org.custodyhq.credential.revoked.v1" ||
		e.Subject() != "cmdb/APP-1#aws" || !e.Time().Equal(at) {
		t.Errorf("got %s: %+v, %v", text, back, err)
	}
	for name, m := range map[string]*Envelope{"no id": {Source: "x", Kind: "k", At: at}, "no source": {ID: "x", Kind: "k", At: at}} {
		if _, err := CloudEvent(m, data); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if text, err := CloudEvent(envelope(), "{"); err == nil {
		t.Errorf("data that is not JSON became %s", text)
	}
}

func TestSignalsThatAreRefused(t *testing.T) {
	for name, s := range map[string]Signal{
		"no kind": {At: at, Subject: "x"}, "kind": {Kind: "x", At: at, Subject: "x"}, "no subject": {Kind: SessionsEnded, At: at}, "no instant": {Kind: SessionsEnded, Subject: "x"},
		"long name": {Kind: SessionsEnded, At: at, Subject: "x", User: strings.Repeat("x", maxName+1)}, "long reason": {Kind: SessionsEnded, At: at, Subject: "x", Reason: strings.Repeat("x", maxReason+1)},
	} {
		if _, err := s.Encode(); err == nil {
			t.Errorf("%s was written", name)
		}
	}
	for _, text := range []string{"", "{}", "[]", `{"kind":"sessions.ended","subject":"x","at":"2030-01-01T00:00:00Z"} 1`, `{"kind":"sessions.ended","subject":"x","at":"2030-01-01T00:00:00Z","more":1}`, strings.Repeat(" ", maxSignal+1)} {
		if _, err := Decode(text); err == nil {
			t.Errorf("%.60q was read", text)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(`{"kind":"sessions.ended","subject":"x","at":"2030-01-01T00:00:00Z"}`)
	f.Add(`{"kind":"device.compliant","subject":"x","at":"2030-01-01T00:00:00Z","user":"a","reason":"<"}`)
	f.Fuzz(func(t *testing.T, text string) {
		s, err := Decode(text)
		if err != nil {
			return
		}
		out, err := s.Encode()
		if err != nil {
			t.Fatalf("%q was read and cannot be written: %v", text, err)
		}
		again, err := Decode(out)
		if err != nil || !again.At.Equal(s.At) {
			t.Fatalf("%q became %q: %v", text, out, err)
		}
	})
}

func FuzzParseKey(f *testing.F) {
	for _, text := range keys(f) {
		f.Add(text, "")
	}
	f.Add("-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n", "id")
	f.Fuzz(func(t *testing.T, text, id string) {
		k, err := ParseKey(text, id)
		if err != nil {
			return
		}
		if _, err := k.Public(); err != nil {
			t.Fatal(err)
		}
	})
}
