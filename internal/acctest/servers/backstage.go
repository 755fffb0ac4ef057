package servers

import (
	"context"
	"crypto/rand"
	_ "embed" // the server
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// BackstageServer is a Backstage backend with a software catalog on PostgreSQL.
type BackstageServer struct {
	URL   string // of the backend; the catalog is below /api/catalog
	Token string // of an account that may read every entity and do nothing else
	Blind string // of an account that may read no entity

	control string // the token that fills the catalog
}

const backstage = "backstage"

var (
	//go:embed backstage/server.js
	backstageServer string
	//go:embed backstage/package.json
	backstagePackage string

	sharedBackstage Shared[*BackstageServer]
)

// Backstage returns the Backstage of this test binary, which takes ten seconds to
// start. It has one catalog, so tests that fill it must not run at the same time.
// In a short run the test is skipped.
func Backstage(t testing.TB) *BackstageServer {
	t.Helper()
	skipShort(t, "Backstage")
	modules := nodeModules(t, backstage)
	// Where there is one, it brings a Node of its own: it needs a newer one than
	// Debian has.
	node := RequireProgram(t, backstage, newest(filepath.Join(modules, "node-*", "bin", "node")), "node")
	database := Postgres(t)
	return sharedBackstage.Get(t, func(dir string) (*BackstageServer, func(), error) {
		return startBackstage(dir, node, modules, database)
	})
}

func startBackstage(dir, node, modules string, database *Database) (*BackstageServer, func(), error) {
	port, err := FreePort()
	if err != nil {
		return nil, nil, err
	}
	b := &BackstageServer{URL: "http://127.0.0.1:" + strconv.Itoa(port), Token: "reader-" + rand.Text(), Blind: "blind-" + rand.Text(), control: rand.Text()}
	config, err := json.Marshal(b.config(port, database))
	if err != nil {
		return nil, nil, err
	}
	for name, text := range map[string]string{"server.js": backstageServer, "package.json": backstagePackage, "app-config.yaml": string(config)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return nil, nil, err
		}
	}
	if err := os.Symlink(modules, filepath.Join(dir, "node_modules")); err != nil {
		return nil, nil, err
	}
	p, err := Start(context.Background(), Spec{
		Name: backstage, Path: node, Dir: dir, Args: []string{"server.js"},
		Env:    []string{"BACKSTAGE_CONTROL=" + b.control, "NODE_ENV=production", "NODE_OPTIONS="},
		Ready:  func(ctx context.Context) error { return b.fill(ctx, []map[string]any{}) },
		Within: 3 * time.Minute,
	})
	if err != nil {
		return nil, nil, err
	}
	return b, p.Stop, nil
}

// config returns the settings of the server.
func (b *BackstageServer) config(port int, database *Database) map[string]any {
	type object = map[string]any
	access := func(token, subject, permission string) object {
		return object{
			"type": "static", "options": object{"token": token, "subject": subject},
			"accessRestrictions": []object{{"plugin": "catalog", "permission": permission}},
		}
	}
	soon := object{"milliseconds": 50}
	return object{
		"app":          object{"baseUrl": b.URL},
		"organization": object{"name": "test"},
		"backend": object{
			"baseUrl": b.URL,
			"listen":  object{"host": "127.0.0.1", "port": port},
			"database": object{"client": "pg", "connection": object{
				"host": "127.0.0.1", "port": database.Port, "user": database.Admin, "password": database.Password,
			}},
			"auth": object{"externalAccess": []object{
				access(b.Token, "custody", "catalog.entity.read"), access(b.Blind, "blind", "catalog.location.read"),
			}},
		},
		"permission": object{"enabled": true},
		"catalog": object{
			"rules":              []object{{"allow": []string{"API", "Component", "Domain", "Group", "Location", "Resource", "System", "User"}}},
			"processingInterval": object{"hours": 24},
			"stitchingStrategy":  object{"pollingInterval": soon, "stitchTimeout": object{"seconds": 2}},
		},
	}
}

func (b *BackstageServer) fill(ctx context.Context, entities []map[string]any) error {
	_, err := call(ctx, http.MethodPut, b.URL+"/test/entities", "Bearer "+b.control, entities, nil)
	return err
}

// Fill makes entities all that the catalog holds, and returns when it shows them.
// It fails the test if one is not as Backstage wants it.
func (b *BackstageServer) Fill(t testing.TB, entities []map[string]any) {
	t.Helper()
	if entities == nil {
		entities = []map[string]any{}
	}
	if err := b.fill(context.Background(), entities); err != nil {
		t.Fatal(err)
	}
}
