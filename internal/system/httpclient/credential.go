package httpclient

import (
	"context"
	"encoding/base64"
	"net/http"
	"strings"
	"sync"

	"github.com/custodyhq/terraform-provider-custody/internal/system/redact"
)

// Credential is a header that authenticates the client. Its value never appears
// in an error.
type Credential struct {
	Field  string // the attribute that it comes from, for messages: "token"
	Header string
	Value  string
	secret []string // what of it must not be shown
	user   string   // a user name that was given as a secret; it may be any word
}

// Scheme returns a credential for the Authorization header under a scheme, for
// instance Bearer.
func Scheme(field, scheme, token string) Credential {
	return Credential{Field: field, Header: "Authorization", Value: scheme + " " + token, secret: []string{token}}
}

// Bearer returns a bearer token from the attribute token.
func Bearer(token string) Credential { return Scheme("token", "Bearer", token) }

// Basic returns a user name and a password from the attribute password.
func Basic(user, password string) Credential {
	encoded := base64.StdEncoding.EncodeToString([]byte(user + ":" + password))
	return Credential{Field: "password", Header: "Authorization", Value: "Basic " + encoded, secret: []string{password, encoded}, user: user}
}

// BasicKey returns a key that a server takes as a user name, with any password.
func BasicKey(field, key string) Credential {
	encoded := base64.StdEncoding.EncodeToString([]byte(key + ":x"))
	return Credential{Field: field, Header: "Authorization", Value: "Basic " + encoded, secret: []string{key, encoded}}
}

// Header returns a credential in a given header. The secrets are the parts of
// the value that must not be shown.
func Header(field, header, value string, secrets ...string) Credential {
	return Credential{Field: field, Header: header, Value: value, secret: append([]string{value}, secrets...)}
}

// Check says what is wrong with a credential, without showing it: nothing if the
// text is empty.
func (c Credential) Check() string {
	for _, secret := range c.secret {
		switch {
		case secret == "":
			return "It is empty."
		case strings.TrimSpace(secret) != secret:
			return "It begins or ends with white space; a line break at the end of a file is a usual reason."
		}
	}
	if !ValidHeader(c.Header) {
		return "The header that it is sent in has no valid name."
	}
	if strings.ContainsFunc(c.Value, func(r rune) bool { return r < ' ' || r > '~' }) {
		return "It holds a character that is not valid in a header."
	}
	return ""
}

// ValidHeader reports whether a text can be the name of a header.
func ValidHeader(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		return r != '-' && r != '_' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	})
}

// hide adds the secrets of the credentials, which no message may show.
func hide(secrets *redact.Secrets, credentials []Credential) {
	for _, c := range credentials {
		secrets.Add(c.Value)
		secrets.Add(c.secret...)
		secrets.AddName(c.user)
	}
}

// session holds the credentials of a login.
type session struct {
	login   func(context.Context) ([]Credential, error)
	secrets *redact.Secrets
	turn    chan struct{} // held during a login; waiting for a mutex could not be cancelled
	once    sync.Once
	have    []Credential
	count   int // of logins
}

// credentials returns those of the latest login. A login that is not later than
// stale is replaced by a new one.
func (s *session) credentials(ctx context.Context, stale int) ([]Credential, int, error) {
	s.once.Do(func() { s.turn = make(chan struct{}, 1) })
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return nil, 0, ctx.Err()
	}
	if s.count <= stale {
		have, err := s.login(ctx)
		if err != nil {
			return nil, 0, err
		}
		hide(s.secrets, have)
		s.have = have
		s.count++
	}
	return s.have, s.count, nil
}

func set(h http.Header, credentials []Credential) {
	for _, c := range credentials {
		h.Set(c.Header, c.Value)
	}
}
