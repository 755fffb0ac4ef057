package rest

import (
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Places in the templates of a login.
const (
	loginPlace     = "login"     // the address of the login
	assertionPlace = "assertion" // the signed statement, in the form or a header
	thumbprint     = "sha256"    // of a certificate, behind the name of its field
)

// assertionLife is how long a statement holds. Microsoft and Google accept at most
// an hour, Okta too; it is used at once.
const assertionLife = 5 * time.Minute

// clockSkew is how far a server's clock may be behind. A statement that was made in
// the server's future is refused; GitHub advises a minute.
const clockSkew = time.Minute

// assertion signs who asks (RFC 7523).
type assertion struct {
	method         jwt.SigningMethod
	key            crypto.PrivateKey
	header, claims map[string]string
}

// signingMethods are the algorithms that identity providers take.
var signingMethods = map[string]jwt.SigningMethod{
	"RS256": jwt.SigningMethodRS256, "PS256": jwt.SigningMethodPS256, "ES256": jwt.SigningMethodES256,
}

// assertion compiles a statement; nil after a problem was reported.
func (c *checker) assertion(at string, t *assertionText, fields map[string]string, known []string) *assertion {
	a := &assertion{method: signingMethods[t.Algorithm], header: make(map[string]string), claims: make(map[string]string)}
	if a.method == nil {
		c.problem(at+".algorithm", fmt.Sprintf("Accepted: %s.", listed(slices.Sorted(maps.Keys(signingMethods)))))
	}
	if !slices.Contains(known, t.Key) {
		c.problem(at+".key", "It must name the field that holds the private key.")
		return nil
	}
	for part, texts := range map[string]map[string]string{"header": t.Header, "claims": t.Claims} {
		filled := a.header
		if part == "claims" {
			filled = a.claims
		}
		for _, name := range slices.Sorted(maps.Keys(texts)) {
			if value := c.template(at+"."+part+"."+name, texts[name], known...).fill(fields); value != "" {
				filled[name] = value
			}
		}
	}
	var err error
	if a.key, err = privateKey(fields[t.Key], a.method); err != nil {
		c.configProblem(t.Key, "", "It is not accepted: "+err.Error()+".")
		return nil
	}
	return a
}

// privateKey reads a key for an algorithm. Its errors do not repeat the text.
func privateKey(text string, method jwt.SigningMethod) (crypto.PrivateKey, error) {
	if inside := facets("", text)[".private_key"]; inside != "" {
		text = inside
	}
	switch method.(type) {
	case *jwt.SigningMethodECDSA:
		if key, err := jwt.ParseECPrivateKeyFromPEM([]byte(text)); err == nil {
			return key, nil
		}
		return nil, errors.New("a private key for ES256 is required, in PEM (PKCS #8 or SEC 1)")
	default:
		if key, err := jwt.ParseRSAPrivateKeyFromPEM([]byte(keyBlock(text))); err == nil {
			return key, nil
		}
		return nil, errors.New("an RSA private key is required, in PEM (PKCS #8 or PKCS #1), without a passphrase")
	}
}

// keyBlock returns the block of a PEM text that holds a key: a certificate may stand
// before it.
func keyBlock(text string) string {
	for rest := []byte(text); ; {
		block, tail := pem.Decode(rest)
		if block == nil {
			return text
		}
		if strings.HasSuffix(block.Type, "PRIVATE KEY") {
			return string(pem.EncodeToMemory(block))
		}
		rest = tail
	}
}

// facets returns what templates can read of a field apart from its text: the members of
// a JSON object, the thumbprint of a certificate (RFC 7515 section 4.1.8).
func facets(field, text string) map[string]string {
	out := make(map[string]string)
	var members map[string]any
	if json.Unmarshal([]byte(text), &members) == nil {
		for name, value := range members {
			if s, ok := value.(string); ok {
				out[field+"."+name] = s
			}
		}
		return out
	}
	for rest := []byte(text); ; {
		block, tail := pem.Decode(rest)
		if block == nil {
			return out
		}
		if block.Type == "CERTIFICATE" {
			sum := sha256.Sum256(block.Bytes)
			out[field+"."+thumbprint] = base64.RawURLEncoding.EncodeToString(sum[:])
			return out
		}
		rest = tail
	}
}

// memberPlace is a place for a member of a field.
var memberPlace = regexp.MustCompile(`\{([a-z0-9_]+)\.([A-Za-z0-9_]+)\}`)

// absent reports the members of fields that a login needs and that were not given,
// and returns their names.
func (c *checker) absent(t *loginText, fields, known []string) []string {
	texts := slices.Collect(maps.Values(t.Form))
	if t.Assertion != nil {
		texts = slices.Concat(texts, slices.Collect(maps.Values(t.Assertion.Header)), slices.Collect(maps.Values(t.Assertion.Claims)))
	}
	slices.Sort(texts)
	var out []string
	for _, place := range memberPlace.FindAllStringSubmatch(strings.Join(texts, " "), -1) {
		name := place[1] + "." + place[2]
		if !slices.Contains(fields, place[1]) || slices.Contains(known, name) || slices.Contains(out, name) {
			continue
		}
		out = append(out, name)
		message := fmt.Sprintf("It must be a JSON object that holds a text %s, such as the file of a service account.", place[2])
		if place[2] == thumbprint {
			message = "It must hold a certificate and its private key, in PEM."
		}
		c.configProblem(place[1], "", message)
	}
	return out
}

// sign returns a statement that holds from now on, for a few minutes.
func (a *assertion) sign(now time.Time) (string, error) {
	made := now.Add(-clockSkew).Unix()
	claims := jwt.MapClaims{"iat": made, "nbf": made, "exp": now.Add(assertionLife).Unix(), "jti": rand.Text()}
	for name, value := range a.claims {
		claims[name] = value
	}
	token := jwt.NewWithClaims(a.method, claims)
	for name, value := range a.header {
		token.Header[name] = value
	}
	return token.SignedString(a.key)
}
