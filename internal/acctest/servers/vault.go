package servers

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// VaultServer is a Vault or an OpenBao in memory, with the auth methods userpass and
// approle. It holds what the tests put in.
type VaultServer struct {
	URL    string // the API is below /v1
	Inside string // the namespace; empty for that of the server
	root   string
}

const (
	vault   = "vault"
	openBao = "openbao"
)

var sharedVault, sharedOpenBao Shared[*VaultServer]

// Vault returns the Vault of this test binary, which takes a second to start. In a
// short run the test is skipped.
func Vault(t testing.TB) *VaultServer {
	t.Helper()
	skipShort(t, "Vault")
	from := installed(vault, "go.sum")
	Require(t, vault, from != "", "run scripts/servers.sh vault")
	return sharedVault.Get(t, func(dir string) (*VaultServer, func(), error) {
		return startVault(dir, func(address, root string) (Spec, error) {
			return Spec{Name: vault, Path: filepath.Join(from, vault), Env: []string{"VAULT_TEST_ADDRESS=" + address, "VAULT_TEST_TOKEN=" + root}}, nil
		})
	})
}

// OpenBao returns the OpenBao of this test binary, which takes a second to start. In a
// short run the test is skipped.
func OpenBao(t testing.TB) *VaultServer {
	t.Helper()
	skipShort(t, "OpenBao")
	from := installed(openBao, "requirements.txt")
	Require(t, openBao, from != "", "run scripts/servers.sh openbao")
	return sharedOpenBao.Get(t, func(dir string) (*VaultServer, func(), error) {
		return startVault(dir, func(address, root string) (Spec, error) {
			// Clustering would listen on the next port as well, which may be in use.
			config := filepath.Join(dir, "openbao.hcl")
			return Spec{
				Name: openBao, Path: filepath.Join(from, "bao"), Args: []string{"server", "-dev", "-dev-no-store-token", "-config=" + config},
				Env: []string{"BAO_DEV_LISTEN_ADDRESS=" + address, "BAO_DEV_ROOT_TOKEN_ID=" + root},
			}, os.WriteFile(config, []byte("disable_clustering = true\n"), 0o600)
		})
	})
}

// EachVault runs a test on a Vault and on an OpenBao, one after the other.
func EachVault(t *testing.T, test func(t *testing.T, v *VaultServer)) {
	t.Run(vault, func(t *testing.T) { test(t, Vault(t)) })
	t.Run(openBao, func(t *testing.T) { test(t, OpenBao(t)) })
}

// startVault starts a server. spec says how to, for an address and a root token.
func startVault(dir string, spec func(address, root string) (Spec, error)) (*VaultServer, func(), error) {
	port, err := FreePort()
	if err != nil {
		return nil, nil, err
	}
	address := "127.0.0.1:" + strconv.Itoa(port)
	v := &VaultServer{URL: "http://" + address, root: rand.Text()}
	s, err := spec(address, v.root)
	if err != nil {
		return nil, nil, err
	}
	s.Dir, s.Env, s.Within = dir, append(s.Env, "HOME="+dir), 2*time.Minute
	s.Ready = func(ctx context.Context) error {
		return v.call(ctx, v.root, http.MethodGet, "auth/token/lookup-self", nil, nil)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	p, err := Start(ctx, s)
	if err != nil {
		return nil, nil, err
	}
	if err := v.enableMethods(ctx); err != nil {
		p.Stop()
		return nil, nil, err
	}
	return v, p.Stop, nil
}

func (v *VaultServer) enableMethods(ctx context.Context) error {
	for _, method := range []string{"approle", "userpass"} {
		if err := v.call(ctx, v.root, http.MethodPost, "sys/auth/"+method, map[string]string{"type": method}, nil); err != nil {
			return err
		}
	}
	return nil
}

// Namespace makes a namespace with the auth methods of the server, and returns the server
// as seen from there. The Vault of the tests has no namespaces.
func (v *VaultServer) Namespace(t testing.TB, name string) *VaultServer {
	t.Helper()
	v.Call(t, http.MethodPost, "sys/namespaces/"+name, map[string]any{}, nil)
	t.Cleanup(func() { v.Call(t, http.MethodDelete, "sys/namespaces/"+name, nil, nil) })
	inside := &VaultServer{URL: v.URL, Inside: name, root: v.root}
	if err := inside.enableMethods(context.Background()); err != nil {
		t.Fatal(err)
	}
	return inside
}

// call sends a request. What the server answers is below data, or below auth for a login.
func (v *VaultServer) call(ctx context.Context, token, method, path string, body, into any) error {
	authorization := ""
	if token != "" {
		authorization = "Bearer " + token
	}
	if v.Inside != "" {
		path = v.Inside + "/" + path
	}
	_, err := call(ctx, method, v.URL+"/v1/"+path, authorization, body, into)
	return err
}

// Call sends a request with the root token and fails the test if it is refused. path is
// below the API and begins without a slash.
func (v *VaultServer) Call(t testing.TB, method, path string, body, into any) {
	t.Helper()
	if err := v.call(context.Background(), v.root, method, path, body, into); err != nil {
		t.Fatal(err)
	}
}

// Ask sends a request with a token and returns the status of the answer.
func (v *VaultServer) Ask(t testing.TB, token, method, path string, body, into any) int {
	t.Helper()
	err := v.call(context.Background(), token, method, path, body, into)
	var refused *refusal
	switch {
	case errors.As(err, &refused):
		return refused.status
	case err != nil:
		t.Fatal(err)
	}
	return http.StatusOK
}

// Token makes a token that has the policy default and one with the given rules.
func (v *VaultServer) Token(t testing.TB, name, rules string) string {
	t.Helper()
	v.Call(t, http.MethodPut, "sys/policies/acl/"+name, map[string]string{"policy": rules}, nil)
	var made struct {
		Auth struct {
			ClientToken string `json:"client_token"`
		}
	}
	v.Call(t, http.MethodPost, "auth/token/create", map[string]any{"policies": []string{name}, "ttl": "1h"}, &made)
	return made.Auth.ClientToken
}

// Login logs in with an auth method, such as userpass/login/ann, and returns the token;
// empty if the server refuses it.
func (v *VaultServer) Login(t testing.TB, path string, body any) string {
	t.Helper()
	var made struct {
		Auth struct {
			ClientToken string `json:"client_token"`
		}
	}
	if v.Ask(t, "", http.MethodPost, "auth/"+path, body, &made) != http.StatusOK {
		return ""
	}
	return made.Auth.ClientToken
}

// Works reports whether the server accepts a token.
func (v *VaultServer) Works(t testing.TB, token string) bool {
	t.Helper()
	return v.Ask(t, token, http.MethodGet, "auth/token/lookup-self", nil, nil) == http.StatusOK
}

// Accessor returns the accessor of an auth method.
func (v *VaultServer) Accessor(t testing.TB, method string) string {
	t.Helper()
	var made struct {
		Data map[string]struct{ Accessor string }
	}
	v.Call(t, http.MethodGet, "sys/auth", nil, &made)
	return made.Data[method+"/"].Accessor
}

// AddUser makes a user of userpass with an entity of the same name, and returns the id of
// the entity.
func (v *VaultServer) AddUser(t testing.TB, name, password string) (id string) {
	t.Helper()
	v.Call(t, http.MethodPost, "auth/userpass/users/"+name, map[string]any{"password": password, "token_ttl": "1h"}, nil)
	var made struct{ Data struct{ ID string } }
	v.Call(t, http.MethodPost, "identity/entity/name/"+name, map[string]any{"policies": []string{"default"}, "metadata": map[string]string{"asset": "cmdb/LAP-1"}}, nil)
	v.Call(t, http.MethodGet, "identity/entity/name/"+name, nil, &made)
	v.Call(t, http.MethodPost, "identity/entity-alias", map[string]any{"name": name, "canonical_id": made.Data.ID, "mount_accessor": v.Accessor(t, "userpass")}, nil)
	return made.Data.ID
}

// RemoveUser removes a user and its entity.
func (v *VaultServer) RemoveUser(t testing.TB, name string) {
	t.Helper()
	v.Call(t, http.MethodDelete, "auth/userpass/users/"+name, nil, nil)
	v.Call(t, http.MethodDelete, "identity/entity/name/"+name, nil, nil)
}

// AddRole makes a role of AppRole and returns its role_id.
func (v *VaultServer) AddRole(t testing.TB, name string, settings map[string]any) (id string) {
	t.Helper()
	if settings == nil {
		settings = map[string]any{}
	}
	v.Call(t, http.MethodPost, "auth/approle/role/"+name, settings, nil)
	var made struct {
		Data struct {
			RoleID string `json:"role_id"`
		}
	}
	v.Call(t, http.MethodGet, "auth/approle/role/"+name+"/role-id", nil, &made)
	return made.Data.RoleID
}

// SecretID makes a secret ID of a role.
func (v *VaultServer) SecretID(t testing.TB, role string) string {
	t.Helper()
	var made struct {
		Data struct {
			SecretID string `json:"secret_id"`
		}
	}
	v.Call(t, http.MethodPost, "auth/approle/role/"+role+"/secret-id", map[string]any{}, &made)
	return made.Data.SecretID
}

// Root returns the root token.
func (v *VaultServer) Root() string { return v.root }

// Database lets the server make accounts in a database, each a member of a role, and
// returns nothing: they are read at database/creds/<role>.
func (v *VaultServer) Database(t testing.TB, d *Database, roles ...string) {
	t.Helper()
	v.Call(t, http.MethodPost, "sys/mounts/database", map[string]string{"type": "database"}, nil)
	t.Cleanup(func() { v.Call(t, http.MethodDelete, "sys/mounts/database", nil, nil) })
	v.Call(t, http.MethodPost, "database/config/shop", map[string]any{
		"plugin_name": "postgresql-database-plugin", "allowed_roles": "*", "username": d.Admin, "password": d.Password,
		"connection_url": fmt.Sprintf("postgresql://{{username}}:{{password}}@127.0.0.1:%d/postgres?sslmode=disable", d.Port),
	}, nil)
	for _, role := range roles {
		v.Call(t, http.MethodPost, "database/roles/"+role, map[string]any{
			"db_name": "shop", "default_ttl": "1h", "creation_statements": `CREATE ROLE "{{name}}" LOGIN PASSWORD '{{password}}' VALID UNTIL '{{expiration}}'`,
		}, nil)
	}
}
