// Package vault switches the identities of a HashiCorp Vault or an OpenBao: an account
// is an entity, or a role of the auth method AppRole together with the entity that its
// logins have.
//
// A disabled entity is refused with every token that it has, and keeps the tokens, which
// work again once it is enabled. So ending its sessions matters: its tokens are revoked,
// the secret IDs of its role are destroyed, and the leases that the configuration counts
// as its own are revoked while custody waits.
package vault

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/httpclient"
)

// Kind is the name of this kind of system in the configuration.
const Kind = "vault"

const (
	summaryAccount = "Unable to Read Account"
	summarySwitch  = "Unable to Switch Account"

	tokenHeader     = "X-Vault-Token" //nolint:gosec // the name of a header
	namespaceHeader = "X-Vault-Namespace"

	// defaultAppRole is where the auth method AppRole is mounted.
	defaultAppRole = "approle"
)

// The attributes that messages name.
const (
	attributeToken     = "token"
	attributeRoleID    = "role_id"
	attributeSecretID  = "secret_id"
	attributeNamespace = "namespace"
	attributeAppRole   = "approle_path"
	attributeLeases    = "leases"
)

// Config says which server holds the identities, and how custody logs in.
type Config struct {
	Name      string
	URL       string // everything is below it: https://vault.example.org:8200
	Namespace string // the root namespace if empty
	CAFile    string
	AllowHTTP bool

	Token string // or RoleID and SecretID
	// RoleID and SecretID log in with AppRole, which is mounted at AppRole.
	RoleID, SecretID, AppRole string

	// Leases are prefixes of leases that belong to an account, by its subject.
	Leases map[string][]string

	RequestsPerMinute int // no limit if zero
	Timeout           time.Duration
}

// System switches the identities of one server.
type System struct {
	config Config
	leases map[string][][]string // by the folded subject: the segments of each prefix
	client *httpclient.Client
	plain  httpclient.Config // of a client without credentials
	// origins says what the token of an accessor was made for, which never changes.
	origins sync.Map
	// given are the leases that this process has opened, by their names.
	given sync.Map
}

var _ system.Accounts = (*System)(nil)

// New checks the configuration and returns the system. It connects to nothing: that
// happens when something is first asked for. Its error is a *system.ConfigError.
func New(c Config) (*System, error) { return open(c, httpclient.Config{}) }

// open returns a system that sends its requests the given way.
func open(c Config, t httpclient.Config) (*System, error) {
	s := &System{config: c, leases: make(map[string][][]string)}
	t.System, t.BaseURL, t.CAFile, t.AllowHTTP, t.RequestsPerMinute = c.Name, c.URL, c.CAFile, c.AllowHTTP, c.RequestsPerMinute
	t.Summary, t.Header = summaryAccount, make(http.Header)
	if t.Timeout == 0 {
		t.Timeout = c.Timeout
	}
	problems := s.check(&t)
	plain := t
	if c.Token != "" {
		t.Credentials = []httpclient.Credential{httpclient.Header(attributeToken, tokenHeader, c.Token)}
	} else {
		t.Secrets = map[string]string{attributeSecretID: c.SecretID}
		plain.Secrets = t.Secrets
		t.Login = s.login(&plain)
	}
	client, err := httpclient.New(t)
	var config *system.ConfigError
	if errors.As(err, &config) {
		problems = append(problems, config.Problems...)
	}
	if len(problems) > 0 {
		return nil, &system.ConfigError{System: c.Name, Problems: problems}
	}
	s.client, s.plain = client, plain
	return s, nil
}

// check returns what is wrong with the configuration apart from the address.
func (s *System) check(t *httpclient.Config) []system.Problem {
	c := &s.config
	var problems []system.Problem
	refuse := func(attribute, key, message string) {
		problems = append(problems, system.Problem{Attribute: attribute, Key: key, Message: message})
	}
	s.checkLogin(refuse)
	if c.AppRole == "" {
		c.AppRole = defaultAppRole
	}
	if _, ok := segments(c.AppRole); !ok {
		refuse(attributeAppRole, "", "It is the path at which the auth method is mounted, such as approle or team/approle.")
	}
	if c.Namespace != "" {
		if _, ok := segments(c.Namespace); !ok || strings.ContainsFunc(c.Namespace, func(r rune) bool { return r <= ' ' || r > '~' }) {
			refuse(attributeNamespace, "", "It is the path of a namespace, such as team/shop.")
		} else {
			t.Header.Set(namespaceHeader, strings.Trim(c.Namespace, "/"))
		}
	}
	for _, subject := range sorted(c.Leases) {
		for _, prefix := range c.Leases[subject] {
			path, ok := segments(prefix)
			if !ok || len(path) < 2 {
				refuse(attributeLeases, subject, fmt.Sprintf("%q is not the prefix of the leases of one role, such as database/creds/app.", prefix))
				continue
			}
			folded := system.Fold(subject)
			s.leases[folded] = append(s.leases[folded], path)
		}
	}
	if c.Timeout < 0 {
		refuse("timeout", "", "It must not be negative.")
	}
	return problems
}

// checkLogin reports what is wrong with how custody logs in.
func (s *System) checkLogin(refuse func(attribute, key, message string)) {
	c := &s.config
	switch login := c.RoleID != "" || c.SecretID != ""; {
	case c.Token != "" && login:
		refuse(attributeToken, "", "custody logs in with a token, or with AppRole. Leave role_id and secret_id out, or the token, which may also come from the environment, as "+
			httpclient.Variable(c.Name, attributeToken)+".")
	case c.Token == "" && !login:
		refuse(attributeToken, "", "It is required, unless role_id and secret_id log in with AppRole. It may come from the environment instead, as "+
			httpclient.Variable(c.Name, attributeToken)+".")
	case login && c.RoleID == "":
		refuse(attributeRoleID, "", "It is required beside secret_id.")
	case login && c.SecretID == "":
		refuse(attributeSecretID, "", "It is required beside role_id. It may come from the environment instead, as "+httpclient.Variable(c.Name, attributeSecretID)+".")
	}
}

// segments splits a path of Vault into its segments.
func segments(path string) ([]string, bool) {
	out := strings.Split(strings.Trim(path, "/"), "/")
	for _, one := range out {
		if key, ok := system.UsableKey(one); !ok || key != one || one == "." || one == ".." {
			return nil, false
		}
	}
	return out, true
}

func sorted[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for key := range m {
		out = append(out, key)
	}
	slices.Sort(out)
	return out
}

// Name returns the name that the configuration gave the system.
func (s *System) Name() string { return s.config.Name }

// Kind returns "vault".
func (s *System) Kind() string { return Kind }

// login returns what logs in with AppRole.
func (s *System) login(t *httpclient.Config) func(context.Context) ([]httpclient.Credential, error) {
	return func(ctx context.Context) ([]httpclient.Credential, error) {
		client, err := httpclient.New(*t)
		if err != nil {
			return nil, err
		}
		mount, _ := segments(s.config.AppRole)
		r, err := client.Do(ctx, httpclient.Request{
			Method: http.MethodPost, Path: slices.Concat([]string{"v1", "auth"}, mount, []string{"login"}),
			Body: map[string]string{"role_id": s.config.RoleID, "secret_id": s.config.SecretID},
		})
		if err != nil {
			return nil, err
		}
		if r.Status == http.StatusBadRequest || r.Status == http.StatusForbidden {
			return nil, &fault.Fault{
				Kind: fault.ErrUnavailable, Summary: summaryAccount,
				Happened: fmt.Sprintf("The system %q refused the login with AppRole (status %d).", s.config.Name, r.Status),
				Advice: fmt.Sprintf("Check role_id, approle_path and %s: the secret ID may be wrong, expired, used up or destroyed.",
					httpclient.Variable(s.config.Name, attributeSecretID)),
			}
		}
		var got struct {
			Auth struct {
				ClientToken string `json:"client_token"`
			}
		}
		if r.Status != http.StatusOK {
			return nil, client.Refused(r)
		}
		if err := r.JSON(&got); err != nil || got.Auth.ClientToken == "" {
			return nil, client.Malformed(r, "the login returned no token")
		}
		made := httpclient.Header("", tokenHeader, got.Auth.ClientToken)
		if message := made.Check(); message != "" {
			return nil, client.Malformed(r, "the login returned a token that is not valid in a header")
		}
		return []httpclient.Credential{made}, nil
	}
}
