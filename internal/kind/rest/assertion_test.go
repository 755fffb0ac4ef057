package rest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/custodyhq/terraform-provider-custody/internal/clock"
	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

// pair is a key in PEM, and what checks its signatures.
type pair struct {
	pem    string
	public any
}

var rsaPair, ecPair = sync.OnceValue(func() pair {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return pair{encoded(key), &key.PublicKey}
}), sync.OnceValue(func() pair {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	return pair{encoded(key), &key.PublicKey}
})

func encoded(key any) string {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		panic(err)
	}
	return strings.TrimSpace(string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})))
}

// certified returns a key with its certificate before it, and the thumbprint.
func certified(t *testing.T) (text, thumbprint string) {
	t.Helper()
	key, err := jwt.ParseRSAPrivateKeyFromPEM([]byte(rsaPair().pem))
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{SerialNumber: big.NewInt(1)}, &x509.Certificate{SerialNumber: big.NewInt(1)}, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(der)
	certificate := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	return certificate + rsaPair().pem, base64.RawURLEncoding.EncodeToString(sum[:])
}

// accountFile returns the file that Google gives out for a service account.
func accountFile() string {
	text, err := json.Marshal(map[string]string{"client_email": "reader@project.example.org", "private_key": rsaPair().pem, "private_key_id": "k7"})
	if err != nil {
		panic(err) // texts can always be written
	}
	return string(text)
}

// issuer is a token endpoint. It takes a statement that it can check, and gives out
// tokens that are used up after some requests.
type issuer struct {
	t      *testing.T
	public any
	header map[string]string
	claims jwt.MapClaims
	now    time.Time

	mu     sync.Mutex
	logins int
	serves int // requests that one token is good for; any number if zero
	left   int
	seen   map[string]bool // of the numbers that are used once
}

func (i *issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if err := r.ParseForm(); err != nil || r.URL.Path != "/oauth/token" {
		i.t.Errorf("%s %v", r.URL, err)
	}
	if got := r.PostForm.Get("client_assertion"); got != "" || i.claims != nil {
		i.check(got)
	}
	i.logins++
	i.left = i.serves
	fmt.Fprintf(w, `{"access_token":"session-%d-abcdef","expires_in":60}`, i.logins)
}

func (i *issuer) check(statement string) {
	claims := jwt.MapClaims{}
	token, err := jwt.ParseWithClaims(statement, claims, func(*jwt.Token) (any, error) { return i.public, nil }, jwt.WithTimeFunc(func() time.Time { return i.now }), jwt.WithIssuedAt())
	if err != nil {
		i.t.Errorf("the statement is refused: %v", err)
		return
	}
	for name, want := range i.header {
		if token.Header[name] != want {
			i.t.Errorf("the header %s is %v, want %s", name, token.Header[name], want)
		}
	}
	for name, want := range i.claims {
		if claims[name] != want {
			i.t.Errorf("the claim %s is %v, want %v", name, claims[name], want)
		}
	}
	once, _ := claims["jti"].(string)
	if once == "" || i.seen[once] {
		i.t.Errorf("the number %q was used before", once)
	}
	if i.seen == nil {
		i.seen = make(map[string]bool)
	}
	i.seen[once] = true
}

// behind lets requests with the latest token through.
func (i *issuer) behind(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		i.mu.Lock()
		good := r.Header.Get("Authorization") == fmt.Sprintf("Bearer session-%d-abcdef", i.logins) && (i.serves == 0 || i.left > 0)
		i.left--
		i.mu.Unlock()
		if !good {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		r.Header.Set("Authorization", "Bearer "+token)
		next.ServeHTTP(w, r)
	})
}

// withLogin describes the directory behind a login.
func withLogin(login string) string {
	return strings.Replace(directories["searches"], `auth: [{ fields: [token], headers: { Authorization: "Bearer {token}" } }]`, login, 1)
}

const assertionLogin = `settings: { login: { about: the token server }, client: { default: client-1 } }
auth:
  - fields: [private_key]
    headers: { Authorization: "Bearer {session}" }
    login:
      url: "{settings.login}"
      path: oauth/token
      method: POST
      form: { client_assertion: "{assertion}", grant_type: client_credentials }
      assertion:
        key: private_key
        algorithm: ALGORITHM
        header: HEADER
        claims: CLAIMS
      token: body.access_token`

func TestAPrivateKeyLogsIn(t *testing.T) {
	withCertificate, thumbprint := certified(t)
	for name, c := range map[string]struct {
		key               string
		public            any
		algorithm         string
		header, claims    string
		wantHeader        map[string]string
		wantClaims        jwt.MapClaims
		mentionsTheServer bool
	}{
		"RSA": {rsaPair().pem, rsaPair().public, "RS256", "{}", `{ iss: "{settings.client}", aud: "{login}" }`, nil, jwt.MapClaims{"iss": "client-1"}, true},
		"EC":  {ecPair().pem, ecPair().public, "ES256", "{}", `{ sub: "{settings.client}" }`, nil, jwt.MapClaims{"sub": "client-1"}, false},
		"certificate": {withCertificate, rsaPair().public, "PS256", `{ "x5t#S256": "{private_key.sha256}" }`, `{ sub: x }`,
			map[string]string{"x5t#S256": thumbprint}, jwt.MapClaims{"sub": "x"}, false},
		"service account": {accountFile(), rsaPair().public, "RS256", `{ kid: "{private_key.private_key_id}" }`, `{ iss: "{private_key.client_email}" }`,
			map[string]string{"kid": "k7"}, jwt.MapClaims{"iss": "reader@project.example.org"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			now := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
			i := &issuer{t: t, public: c.public, header: c.wantHeader, claims: c.wantClaims, now: now.Add(-50 * time.Second), serves: 3} // its clock is behind
			login := systemtest.ServeHTTP(t, i)
			if c.mentionsTheServer {
				c.wantClaims["aud"] = login + "/oauth/token"
			}
			description := withLogin(strings.NewReplacer("ALGORITHM", c.algorithm, "HEADER", c.header, "CLAIMS", c.claims).Replace(assertionLogin))
			s := openAt(t, systemtest.ServeHTTP(t, i.behind(newDirectory(company(9)))), description, func(conf *Config) {
				conf.Secrets, conf.Settings = map[string]string{"private_key": c.key}, map[string]string{"login": login}
				conf.Clock = clock.NewFake(now)
			})
			for _, key := range []string{"user1", "user2@example.org", "u0003", "user4"} {
				if found, err := s.Person(t.Context(), key); err != nil || len(found) != 1 {
					t.Errorf("Person(%q) = %v, %v", key, found, err)
				}
			}
			if i.logins < 2 {
				t.Error("a token that ran out was not replaced")
			}
		})
	}
}

func TestKeysThatSignNothing(t *testing.T) {
	for name, c := range map[string][2]string{
		"no key":                   {"hello, world", "RS256"},
		"a public key":             {"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", "RS256"},
		"a key of another kind":    {ecPair().pem, "PS256"},
		"RSA where EC is required": {rsaPair().pem, "ES256"},
		"JSON without a key":       {`{"type":"authorized_user"}`, "RS256"},
	} {
		description := withLogin(strings.NewReplacer("ALGORITHM", c[1], "HEADER", "{}", "CLAIMS", "{ iss: me }").Replace(assertionLogin))
		_, err := New(Config{Name: "idp", Description: description, URL: "https://h", Secrets: map[string]string{"private_key": c[0]}, Settings: map[string]string{"login": "https://l"}})
		problems, ok := err.(*system.ConfigError) //nolint:errorlint // that is what New promises
		if !ok || len(problems.Problems) != 1 || problems.Problems[0].Attribute != "private_key" || strings.Contains(err.Error(), c[0]) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The login may be another server than the directory, and each sees its own secrets
// only.
func TestClientCredentials(t *testing.T) {
	i := &issuer{t: t}
	login := systemtest.ServeHTTP(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.PostFormValue("client_secret") != "s3cret-value" || r.PostFormValue("grant_type") != "client_credentials" {
			t.Errorf("the login was sent %v", r.PostForm)
		}
		i.ServeHTTP(w, r)
	}))
	s := openAt(t, systemtest.ServeHTTP(t, i.behind(newDirectory(company(2)))), withLogin(`settings: { login: { about: the token server } }
auth:
  - fields: [client_id, client_secret]
    headers: { Authorization: "Bearer {session}" }
    login:
      url: "{settings.login}"
      path: oauth/token
      method: POST
      form: { grant_type: client_credentials, client_id: "{client_id}", client_secret: "{client_secret}" }
      token: body.access_token`), func(c *Config) {
		c.Secrets, c.Settings = map[string]string{"client_id": "me", "client_secret": "s3cret-value"}, map[string]string{"login": login}
	})
	found, err := s.Person(t.Context(), "user1")
	if err != nil || len(found) != 1 || found[0].Status != lifecycle.PersonActive || i.logins != 1 {
		t.Errorf("got %+v, %v after %d logins", found, err, i.logins)
	}
	_, err = New(Config{Name: "idp", Description: s.config.Description, URL: "https://h", Secrets: s.config.Secrets, Settings: map[string]string{"login": "http://idp.example.org"}})
	if err == nil || !strings.Contains(err.Error(), "in clear") {
		t.Errorf("a login in clear is accepted: %v", err)
	}
}

// Some servers take the credentials of a client as user name and password.
func TestClientCredentialsByBasic(t *testing.T) {
	i := &issuer{t: t}
	login := systemtest.ServeHTTP(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, password, _ := r.BasicAuth(); user != "me" || password != "s3cret-value" || r.PostFormValue("client_secret") != "" {
			t.Errorf("the login was sent %q, %q", user, password)
		}
		i.ServeHTTP(w, r)
	}))
	text := `settings: { login: { about: the token server } }
auth:
  - fields: [client_id, client_secret]
    headers: { Authorization: "Bearer {session}" }
    login: { url: "{settings.login}", path: oauth/token, method: POST, basic: true, form: { grant_type: client_credentials }, token: body.access_token }`
	open := func(text string, secrets map[string]string) (*System, error) {
		return New(Config{Name: "idp", Description: withLogin(text), URL: systemtest.ServeHTTP(t, i.behind(newDirectory(company(2)))), Secrets: secrets,
			Settings: map[string]string{"login": login}, RequestsPerMinute: -1, Wait: impatient})
	}
	s, err := open(text, map[string]string{"client_id": "me", "client_secret": "s3cret-value"})
	if err != nil {
		t.Fatal(err)
	}
	if found, err := s.Person(t.Context(), "user1"); err != nil || len(found) != 1 || i.logins != 1 {
		t.Errorf("got %v, %v after %d logins", found, err, i.logins)
	}
	if _, err := open(text, map[string]string{"client_id": "m:e", "client_secret": "s3cret-value"}); err == nil || !strings.Contains(err.Error(), "colon") {
		t.Errorf("a user name with a colon: %v", err)
	}
	if _, err := open(strings.Replace(text, "[client_id, client_secret]", "[client_secret]", 1), map[string]string{"client_secret": "s3cret-value"}); err == nil || !strings.Contains(err.Error(), "login.basic") {
		t.Errorf("a password without a user name: %v", err)
	}
}

// Some servers take a key as the user name, and look at no password.
func TestAKeyInPlaceOfAUserName(t *testing.T) {
	text := withLogin(`auth: [{ fields: [token], basic: true }]`)
	s := openAt(t, systemtest.ServeHTTP(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, _, _ := r.BasicAuth(); user != "k3y-value" {
			t.Errorf("the user name is %q", user)
		}
		w.WriteHeader(http.StatusForbidden)
	})), text, func(c *Config) { c.Secrets = map[string]string{"token": "k3y-value"} })
	_, err := s.Person(t.Context(), "user1")
	var f *fault.Fault
	if !errors.As(err, &f) || strings.Contains(f.Detail(), "k3y-value") || strings.Contains(f.Detail(), "azN5LXZhbHVl") {
		t.Errorf("got %v", err)
	}
	_, err = New(Config{Name: "idp", Description: text, URL: "https://h", Secrets: map[string]string{"token": "k:y"}})
	if err == nil || !strings.Contains(err.Error(), "colon") {
		t.Errorf("a key with a colon: %v", err)
	}
}

// GitHub takes the statement of an app in a header, and no form.
func TestAStatementInAHeader(t *testing.T) {
	now := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	i := &issuer{t: t, public: rsaPair().public, claims: jwt.MapClaims{"iss": "app-1"}, now: now}
	login := systemtest.ServeHTTP(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		statement, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !ok || r.Method != http.MethodPost {
			t.Errorf("%s with %q", r.Method, statement)
		}
		r.PostForm = url.Values{"client_assertion": {statement}}
		i.ServeHTTP(w, r)
	}))
	description := withLogin(strings.NewReplacer(
		`form: { client_assertion: "{assertion}", grant_type: client_credentials }`, `headers: { Authorization: "Bearer {assertion}" }`,
		"ALGORITHM", "RS256", "HEADER", "{}", "CLAIMS", "{ iss: app-1 }").Replace(assertionLogin))
	s := openAt(t, systemtest.ServeHTTP(t, i.behind(newDirectory(company(2)))), description, func(c *Config) {
		c.Secrets, c.Settings, c.Clock = map[string]string{"private_key": rsaPair().pem}, map[string]string{"login": login}, clock.NewFake(now)
	})
	if found, err := s.Person(t.Context(), "user1"); err != nil || len(found) != 1 || i.logins != 1 {
		t.Errorf("got %v, %v after %d logins", found, err, i.logins)
	}
	head, tail, _ := strings.Cut(description, "      assertion:")
	_, tail, _ = strings.Cut(tail, "      token:")
	_, err := New(Config{Name: "idp", Description: head + "      token:" + tail, URL: "https://h", Secrets: s.config.Secrets, Settings: map[string]string{"login": "https://l"}})
	if err == nil || !strings.Contains(err.Error(), "auth[0].login.assertion") {
		t.Errorf("a statement that nothing describes: %v", err)
	}
}
