package servers

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// KeycloakRealm is a realm of a Keycloak server. It holds no people but those
// that the test puts in, and shows attributes that its user profile does not
// declare.
type KeycloakRealm struct {
	URL  string // of the server
	Name string
	// ClientID and ClientSecret are of an account that may see all people and all
	// groups, and nothing else: it has the role view-users.
	ClientID     string
	ClientSecret string

	server *keycloakServer
}

// KeycloakUser is a person in a realm.
type KeycloakUser struct {
	ID         string              `json:"id,omitempty"` // regarded by Import only
	Username   string              `json:"username"`
	Email      string              `json:"email,omitempty"`
	FirstName  string              `json:"firstName,omitempty"`
	LastName   string              `json:"lastName,omitempty"`
	Attributes map[string][]string `json:"attributes,omitempty"`
	Groups     []string            `json:"groups,omitempty"` // their paths, such as /engineering/payments
	Disabled   bool                `json:"-"`
	Password   string              `json:"-"` // with which the user logs in; none if empty
}

// MarshalJSON writes the user as Keycloak does.
func (u KeycloakUser) MarshalJSON() ([]byte, error) {
	type plain KeycloakUser
	var credentials []map[string]any
	if u.Password != "" {
		credentials = []map[string]any{{"type": "password", "value": u.Password}}
	}
	return json.Marshal(struct {
		plain
		Enabled     bool             `json:"enabled"`
		Credentials []map[string]any `json:"credentials,omitempty"`
	}{plain(u), !u.Disabled, credentials})
}

type keycloakServer struct {
	url      string
	password string // of its administrator

	mu    sync.Mutex
	token string // of its administrator, valid for a minute
}

const (
	keycloak       = "keycloak"
	keycloakClient = "custody"
	// keycloakProfile is what Keycloak makes of a user profile by itself, in
	// short, and shows all attributes besides.
	keycloakProfile = `{"attributes": [{"name": "username"}, {"name": "email"}, {"name": "firstName"}, {"name": "lastName"}],
		"unmanagedAttributePolicy": "ENABLED"}`
)

var sharedKeycloak Shared[*keycloakServer]

// Keycloak returns a new realm of the Keycloak server of this test binary, which
// takes ten seconds to start. In a short run the test is skipped.
func Keycloak(t testing.TB) *KeycloakRealm {
	t.Helper()
	skipShort(t, "Keycloak")
	RequireProgram(t, keycloak, "java")
	from := installed(keycloak, "version")
	Require(t, keycloak, from != "", "run scripts/servers.sh keycloak")
	server := sharedKeycloak.Get(t, func(dir string) (*keycloakServer, func(), error) { return startKeycloak(dir, from) })
	realm, err := server.realm()
	if err != nil {
		t.Fatal(err)
	}
	return realm
}

// startKeycloak starts the Keycloak that is installed in a folder, on a copy of its
// database.
func startKeycloak(dir, from string) (*keycloakServer, func(), error) {
	password, err := os.ReadFile(filepath.Join(from, "admin-password"))
	if err != nil {
		return nil, nil, err
	}
	from = filepath.Join(from, "server")
	for _, name := range []string{"lib", "conf", "providers", "themes"} {
		if err := os.Symlink(filepath.Join(from, name), filepath.Join(dir, name)); err != nil {
			return nil, nil, err
		}
	}
	if err := os.CopyFS(filepath.Join(dir, "data", "h2"), os.DirFS(filepath.Join(from, "data", "h2"))); err != nil {
		return nil, nil, err
	}
	port, err := FreePort()
	if err != nil {
		return nil, nil, err
	}
	k := &keycloakServer{url: "http://127.0.0.1:" + strconv.Itoa(port), password: strings.TrimSpace(string(password))}
	p, err := Start(context.Background(), Spec{
		Name: keycloak, Path: filepath.Join(from, "bin", "kc.sh"), Dir: dir,
		Args: []string{
			"-Dkc.home.dir=" + dir, "start", "--optimized", "--cache=local", "--hostname-strict=false",
			"--http-enabled=true", "--http-host=127.0.0.1", "--http-port=" + strconv.Itoa(port),
		},
		Env: []string{"JAVA_OPTS_APPEND=-XX:TieredStopAtLevel=1"},
		Ready: func(ctx context.Context) error {
			_, err := call(ctx, http.MethodGet, k.url+"/realms/master", "", nil, nil)
			return err
		},
		Within: 3 * time.Minute,
	})
	if err != nil {
		return nil, nil, err
	}
	return k, p.Stop, nil
}

// call sends a request as the administrator. path is below the API of realms.
func (k *keycloakServer) call(method, path string, body, into any) (http.Header, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	ctx := context.Background()
	header, err := call(ctx, method, k.url+"/admin/realms"+path, "Bearer "+k.token, body, into)
	if !refusedWith(err, http.StatusUnauthorized) {
		return header, err
	}
	k.token, err = k.login(ctx, "master", url.Values{
		"grant_type": {"password"}, "client_id": {"admin-cli"}, "username": {"admin"}, "password": {k.password},
	})
	if err != nil {
		return nil, err
	}
	return call(ctx, method, k.url+"/admin/realms"+path, "Bearer "+k.token, body, into)
}

func (k *keycloakServer) login(ctx context.Context, realm string, form url.Values) (string, error) {
	var got struct {
		Token string `json:"access_token"`
	}
	_, err := call(ctx, http.MethodPost, k.url+"/realms/"+realm+"/protocol/openid-connect/token", "", form, &got)
	return got.Token, err
}

func (k *keycloakServer) realm() (*KeycloakRealm, error) {
	r := &KeycloakRealm{URL: k.url, Name: "r" + strings.ToLower(rand.Text()), ClientID: keycloakClient, server: k}
	type object = map[string]any
	provider := func(id string, config object) []object {
		return []object{{"name": id, "providerId": id, "config": config}}
	}
	_, err := k.call(http.MethodPost, "", object{
		"realm": r.Name, "enabled": true, "components": object{
			"org.keycloak.userprofile.UserProfileProvider": provider("declarative-user-profile", object{"kc.user.profile.config": []string{keycloakProfile}}),
			// Instead of the keys that Keycloak would make: a small one is made fast.
			"org.keycloak.keys.KeyProvider": provider("rsa-generated", object{"keySize": []string{"1024"}}),
		},
	}, nil)
	if err == nil {
		r.ClientSecret, err = r.account(keycloakClient, "view-users")
	}
	return r, err
}

// Call sends a request as an administrator and fails the test if it is refused.
// path is below the API of the realm, and empty or begins with a slash. It
// returns the last part of the address of what was made, if something was.
func (r *KeycloakRealm) Call(t testing.TB, method, path string, body, into any) string {
	t.Helper()
	made, err := r.call(method, path, body, into)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func (r *KeycloakRealm) call(method, p string, body, into any) (string, error) {
	header, err := r.server.call(method, "/"+r.Name+p, body, into)
	if err != nil {
		return "", err
	}
	return path.Base(header.Get("Location")), nil
}

// Account makes an account with roles of the client realm-management, and
// returns its secret. name is the id of the client.
func (r *KeycloakRealm) Account(t testing.TB, name string, roles ...string) (secret string) {
	t.Helper()
	secret, err := r.account(name, roles...)
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

func (r *KeycloakRealm) account(name string, roles ...string) (string, error) {
	secret := rand.Text()
	client, err := r.call(http.MethodPost, "/clients", map[string]any{
		"clientId": name, "secret": secret, "serviceAccountsEnabled": true, "standardFlowEnabled": false,
	}, nil)
	if err != nil {
		return "", err
	}
	var user struct{ ID string }
	if _, err := r.call(http.MethodGet, "/clients/"+client+"/service-account-user", nil, &user); err != nil {
		return "", err
	}
	var management []struct{ ID string }
	if _, err := r.call(http.MethodGet, "/clients?clientId=realm-management", nil, &management); err != nil {
		return "", err
	}
	if len(management) != 1 {
		return "", errors.New("the realm has no client realm-management")
	}
	given := make([]map[string]any, len(roles))
	for i, role := range roles {
		if _, err := r.call(http.MethodGet, "/clients/"+management[0].ID+"/roles/"+role, nil, &given[i]); err != nil {
			return "", err
		}
	}
	_, err = r.call(http.MethodPost, "/users/"+user.ID+"/role-mappings/clients/"+management[0].ID, given, nil)
	return secret, err
}

// Token returns an access token of an account of the realm.
func (r *KeycloakRealm) Token(t testing.TB, client, secret string) string {
	t.Helper()
	token, err := r.server.login(context.Background(), r.Name, url.Values{
		"grant_type": {"client_credentials"}, "client_id": {client}, "client_secret": {secret},
	})
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// AddUser makes a user and returns the id.
func (r *KeycloakRealm) AddUser(t testing.TB, u KeycloakUser) (id string) {
	t.Helper()
	return r.Call(t, http.MethodPost, "/users", u, nil)
}

// Import makes many users, faster than one after the other.
func (r *KeycloakRealm) Import(t testing.TB, users []KeycloakUser) {
	t.Helper()
	// The time that Keycloak takes grows with the square of their number.
	for some := range slices.Chunk(users, 100) {
		r.Call(t, http.MethodPost, "/partialImport", map[string]any{"ifResourceExists": "FAIL", "users": some}, nil)
	}
}

// Disable disables a user.
func (r *KeycloakRealm) Disable(t testing.TB, id string) {
	t.Helper()
	var user map[string]any
	r.Call(t, http.MethodGet, "/users/"+id, nil, &user)
	user["enabled"] = false
	r.Call(t, http.MethodPut, "/users/"+id, user, nil)
}

// Delete deletes a user.
func (r *KeycloakRealm) Delete(t testing.TB, id string) {
	t.Helper()
	r.Call(t, http.MethodDelete, "/users/"+id, nil, nil)
}

// AddGroup makes a group and returns its id. parent is the id of the group that
// it is in, or empty.
func (r *KeycloakRealm) AddGroup(t testing.TB, name, parent string) (id string) {
	t.Helper()
	group := map[string]any{"name": name}
	if parent == "" {
		return r.Call(t, http.MethodPost, "/groups", group, nil)
	}
	return r.Call(t, http.MethodPost, "/groups/"+parent+"/children", group, nil)
}

// Join puts a user into a group.
func (r *KeycloakRealm) Join(t testing.TB, user, group string) {
	t.Helper()
	r.Call(t, http.MethodPut, "/users/"+user+"/groups/"+group, nil, nil)
}
