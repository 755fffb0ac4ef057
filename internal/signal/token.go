package signal

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// Envelope is what a message carries besides what it tells.
type Envelope struct {
	ID      string // the same in every attempt to deliver the message
	Source  string // who tells: a URI
	Kind    string
	Subject string
	Run     string // the run in which it happened
	At      time.Time
}

// The types of the security events that are sent.
const (
	caep = "https://schemas.openid.net/secevent/caep/event-type/"
	risc = "https://schemas.openid.net/secevent/risc/event-type/"
)

// CredentialType is the credential_type of a generation: CAEP has no word for the
// credential of a machine, and leaves it to agree on one.
const CredentialType = "custody-generation"

// event returns the type of the security event, and its claims.
func (s *Signal) event() (string, map[string]any) {
	claims := map[string]any{"event_timestamp": s.At.Unix(), "initiating_entity": "policy"}
	if s.Reason != "" {
		claims["reason_admin"] = map[string]string{"en": s.Reason}
	}
	switch s.Kind {
	case CredentialRevoked:
		claims["credential_type"], claims["change_type"], claims["friendly_name"] = CredentialType, "revoke", s.Subject+" "+s.Credential
		return caep + "credential-change", claims
	case SessionsEnded:
		return caep + "session-revoked", claims
	case DeviceNotCompliant:
		claims["previous_status"], claims["current_status"] = "compliant", "not-compliant"
		return caep + "device-compliance-change", claims
	case DeviceCompliant:
		claims["previous_status"], claims["current_status"] = "not-compliant", "compliant"
		return caep + "device-compliance-change", claims
	case AccountEnabled:
		return risc + "account-enabled", map[string]any{}
	default:
		// RISC has no claims for it but a reason of its own list.
		return risc + "account-disabled", map[string]any{}
	}
}

// subject returns the subject identifier (RFC 9493). An id is the issuer's: receivers
// that know people by their addresses get these.
func (s *Signal) subject(issuer string) map[string]any {
	user := map[string]any{"format": "iss_sub", "iss": issuer, "sub": s.User}
	if s.Email != "" {
		user = map[string]any{"format": "email", "email": s.Email}
	}
	switch {
	case s.Device != "" && s.User == "" && s.Email == "":
		return map[string]any{"format": "complex", "device": map[string]any{"format": "iss_sub", "iss": issuer, "sub": s.Device}}
	case s.Device != "":
		return map[string]any{"format": "complex", "device": map[string]any{"format": "iss_sub", "iss": issuer, "sub": s.Device}, "user": user}
	case s.User == "" && s.Email == "":
		return map[string]any{"format": "iss_sub", "iss": issuer, "sub": s.Subject}
	}
	return user
}

// Token writes a signal as a signed security event token, in compact form. It has
// neither sub nor exp, as the Shared Signals Framework 1.0 demands.
func (s *Signal) Token(m *Envelope, audience string, key *Key) (string, error) {
	name, claims := s.event()
	payload, err := json.Marshal(map[string]any{
		"iss": m.Source, "aud": audience, "iat": m.At.Unix(), "jti": m.ID, "txn": m.Run,
		"sub_id": s.subject(m.Source), "events": map[string]any{name: claims},
	})
	if err != nil {
		return "", err
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: key.algorithm, Key: key.jwk()}, (&jose.SignerOptions{}).WithType("secevent+jwt"))
	if err != nil {
		return "", fmt.Errorf("signing key: %w", err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		return "", fmt.Errorf("sign: %w", err)
	}
	return signed.CompactSerialize()
}
