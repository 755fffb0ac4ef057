package servers

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// GiteaServer is a Gitea on PostgreSQL. It holds the accounts boss and outsider,
// and what the test puts in.
type GiteaServer struct {
	URL string // of the server; the API is below /api/v1
	// Token is of boss, who is an administrator, and may read people, organisations
	// and teams.
	Token string
	// Outsider is of an account that is no administrator and in no organisation. It
	// may read what Gitea shows to everybody.
	Outsider string

	adminToken string // a token of boss that may do everything
}

// GiteaUser is a person.
type GiteaUser struct {
	Username   string
	Email      string
	FullName   string
	Prohibited bool // from logging in
	Inactive   bool
}

const (
	gitea         = "gitea"
	giteaPassword = "not-used-by-t3sts"
	// giteaReads are the scopes of a token that reads people and teams.
	giteaReads = "read:admin,read:organization,read:user"
	// giteaSettings are the settings of a server: its folder, port, address, what
	// is installed, the port, account and password of PostgreSQL, and the name of
	// the database.
	giteaSettings = `RUN_MODE = prod
I_AM_BEING_UNSAFE_RUNNING_AS_ROOT = true
WORK_PATH = %[1]s
[server]
HTTP_ADDR = 127.0.0.1
HTTP_PORT = %[2]d
ROOT_URL = %[3]s/
STATIC_ROOT_PATH = %[4]s
DISABLE_SSH = true
OFFLINE_MODE = true
[database]
DB_TYPE = postgres
HOST = 127.0.0.1:%[5]d
USER = %[6]s
PASSWD = %[7]s
NAME = %[8]s
[security]
INSTALL_LOCK = true
PASSWORD_HASH_ALGO = pbkdf2$1$50
[service]
DISABLE_REGISTRATION = true
[log]
LEVEL = Warn
[cron]
ENABLED = false
[indexer]
ISSUE_INDEXER_TYPE = db
[queue]
TYPE = channel
`
)

var giteas atomic.Int64

// Gitea starts a Gitea for the test, which takes five seconds. In a short run the
// test is skipped.
func Gitea(t testing.TB) *GiteaServer {
	t.Helper()
	skipShort(t, "Gitea")
	from := installed(gitea, "go.sum")
	Require(t, gitea, from != "", "run scripts/servers.sh gitea")
	database := Postgres(t)
	name := gitea + strconv.FormatInt(giteas.Add(1), 10)
	database.PostgresExec(t, "CREATE DATABASE "+name)
	g, stop, err := startGitea(t.TempDir(), from, database, name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	return g
}

func startGitea(dir, from string, database *Database, name string) (*GiteaServer, func(), error) {
	port, err := FreePort()
	if err != nil {
		return nil, nil, err
	}
	g := &GiteaServer{URL: "http://127.0.0.1:" + strconv.Itoa(port)}
	settings, program := filepath.Join(dir, "app.ini"), filepath.Join(from, "gitea")
	text := fmt.Sprintf(giteaSettings, dir, port, g.URL, from, database.Port, database.Admin, database.Password, name)
	if err := os.WriteFile(settings, []byte(text), 0o600); err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	env := []string{"GITEA_WORK_DIR=" + dir, "HOME=" + dir}
	for _, args := range [][]string{
		{"migrate"},
		{"admin", "user", "create", "--username", "boss", "--email", "boss@example.test", "--password", giteaPassword, "--admin", "--must-change-password=false"},
		{"admin", "user", "create", "--username", "outsider", "--email", "outsider@example.test", "--password", giteaPassword, "--must-change-password=false"},
	} {
		if _, err := Do(ctx, dir, env, program, append([]string{"--config", settings}, args...)...); err != nil {
			return nil, nil, err
		}
	}
	p, err := Start(ctx, Spec{
		Name: gitea, Path: program, Dir: dir, Env: env, Args: []string{"--config", settings, "web"}, Within: 2 * time.Minute,
		Ready: func(ctx context.Context) error {
			_, err := call(ctx, http.MethodGet, g.URL+"/api/v1/version", "", nil, nil)
			return err
		},
	})
	if err != nil {
		return nil, nil, err
	}
	for _, made := range []struct {
		token        *string
		user, scopes string
	}{{&g.adminToken, "boss", "all"}, {&g.Token, "boss", giteaReads}, {&g.Outsider, "outsider", giteaReads}} {
		if *made.token, err = g.token(ctx, made.user, made.scopes); err != nil {
			p.Stop()
			return nil, nil, err
		}
	}
	return g, p.Stop, nil
}

// token makes a token of a user with scopes, which commas separate.
func (g *GiteaServer) token(ctx context.Context, user, scopes string) (string, error) {
	var made struct{ SHA1 string }
	login := "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+giteaPassword))
	_, err := call(ctx, http.MethodPost, g.URL+"/api/v1/users/"+user+"/tokens", login, map[string]any{
		"name": rand.Text(), "scopes": strings.Split(scopes, ","),
	}, &made)
	return made.SHA1, err
}

// Call sends a request as boss and fails the test if it is refused. path is below
// the API and begins with a slash.
func (g *GiteaServer) Call(t testing.TB, method, path string, body, into any) {
	t.Helper()
	if _, err := call(context.Background(), method, g.URL+"/api/v1"+path, "token "+g.adminToken, body, into); err != nil {
		t.Fatal(err)
	}
}

// TokenOf makes a token of a user with scopes, which commas separate.
func (g *GiteaServer) TokenOf(t testing.TB, user, scopes string) string {
	t.Helper()
	token, err := g.token(context.Background(), user, scopes)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// Ask sends a request as a user, and reports whether it was accepted. path is below the
// API and begins with a slash.
func (g *GiteaServer) Ask(t testing.TB, user, method, path string, body, into any) bool {
	t.Helper()
	login := "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+giteaPassword))
	_, err := call(context.Background(), method, g.URL+"/api/v1"+path, login, body, into)
	var refused *refusal
	if err != nil && !errors.As(err, &refused) {
		t.Fatal(err)
	}
	return err == nil
}

// Accepts reports whether a GET with a token is accepted. path is below the API and begins
// with a slash.
func (g *GiteaServer) Accepts(t testing.TB, token, path string) bool {
	t.Helper()
	_, err := call(context.Background(), http.MethodGet, g.URL+"/api/v1"+path, "token "+token, nil, nil)
	var refused *refusal
	if err != nil && !errors.As(err, &refused) {
		t.Fatal(err)
	}
	return err == nil
}

// AddUser makes a user.
func (g *GiteaServer) AddUser(t testing.TB, u GiteaUser) {
	t.Helper()
	g.Call(t, http.MethodPost, "/admin/users", map[string]any{
		"username": u.Username, "email": u.Email, "full_name": u.FullName, "password": giteaPassword, "must_change_password": false,
	}, nil)
	if u.Prohibited || u.Inactive {
		g.Call(t, http.MethodPatch, "/admin/users/"+u.Username, map[string]any{
			"source_id": 0, "login_name": u.Username, "prohibit_login": u.Prohibited, "active": !u.Inactive,
		}, nil)
	}
}

// AddTeam makes a team with members and returns its id.
func (g *GiteaServer) AddTeam(t testing.TB, organisation, name string, members ...string) (id int64) {
	t.Helper()
	var made struct{ ID int64 }
	g.Call(t, http.MethodPost, "/orgs/"+organisation+"/teams", map[string]any{
		"name": name, "permission": "read", "units": []string{"repo.code"},
	}, &made)
	for _, member := range members {
		g.Call(t, http.MethodPut, fmt.Sprintf("/teams/%d/members/%s", made.ID, member), nil, nil)
	}
	return made.ID
}
