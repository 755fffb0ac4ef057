package servers

import (
	"context"
	"crypto/rand"
	_ "embed" // the server
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"testing"
)

// SCIM is a SCIM 2.0 server. It holds any number of directories, which do not
// see each other.
type SCIM struct {
	url     string
	control string // the token that makes directories
}

// SCIMDirectory is one directory of a SCIM server.
type SCIMDirectory struct {
	URL string
	// Token is of an account that may read and change everything, ReadOnly of one
	// that may only read.
	Token, ReadOnly string
}

// SCIMSpec says what a directory holds at first and how it behaves.
type SCIMSpec struct {
	Users  []map[string]any `json:"users,omitempty"`  // resources with their ids
	Groups []map[string]any `json:"groups,omitempty"` // likewise
	// Filter is folded, which compares without regard to case and is the default,
	// exact, or ignored, which returns everybody.
	Filter string `json:"filter,omitempty"`
	// HideGroups keeps the groups of users from being shown, and HideMembers
	// the members of groups.
	HideGroups  bool `json:"-"`
	HideMembers bool `json:"-"`
}

const (
	scim = "scim"
	// SCIMEmployment is an extension of users that the server knows. It has the
	// attribute endDate.
	SCIMEmployment = "urn:ietf:params:scim:schemas:extension:employment:2.0:User"
	// SCIMEnterprise is the standard extension of users, which has the attribute
	// manager.
	SCIMEnterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
)

var (
	//go:embed scim/server.mjs
	scimServer string

	sharedSCIM Shared[*SCIM]
)

// StartSCIM returns the SCIM server of this test binary and starts it if need
// be.
func StartSCIM(t testing.TB) *SCIM {
	t.Helper()
	skipShort(t, "the SCIM server")
	node := RequireProgram(t, scim, "node")
	modules := nodeModules(t, scim)
	return sharedSCIM.Get(t, func(dir string) (*SCIM, func(), error) { return startSCIM(dir, node, modules) })
}

func startSCIM(dir, node, modules string) (*SCIM, func(), error) {
	if err := os.WriteFile(filepath.Join(dir, "server.mjs"), []byte(scimServer), 0o600); err != nil {
		return nil, nil, err
	}
	if err := os.Symlink(modules, filepath.Join(dir, "node_modules")); err != nil {
		return nil, nil, err
	}
	port, err := FreePort()
	if err != nil {
		return nil, nil, err
	}
	s := &SCIM{url: "http://127.0.0.1:" + strconv.Itoa(port), control: rand.Text()}
	p, err := Start(context.Background(), Spec{
		Name: scim, Path: node, Dir: dir, Args: []string{"server.mjs"},
		Env: []string{"SCIM_PORT=" + strconv.Itoa(port), "SCIM_CONTROL=" + s.control, "NODE_OPTIONS="},
		Ready: func(ctx context.Context) error {
			_, err := s.directory(ctx, SCIMSpec{})
			return err
		},
	})
	if err != nil {
		return nil, nil, err
	}
	return s, p.Stop, nil
}

// Directory makes a directory.
func (s *SCIM) Directory(t testing.TB, spec SCIMSpec) *SCIMDirectory {
	t.Helper()
	d, err := s.directory(context.Background(), spec)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func (s *SCIM) directory(ctx context.Context, spec SCIMSpec) (*SCIMDirectory, error) {
	d := &SCIMDirectory{URL: s.url + "/scim/v2"}
	body := struct {
		SCIMSpec
		Groups  bool `json:"showGroups"`
		Members bool `json:"showMembers"`
	}{spec, !spec.HideGroups, !spec.HideMembers}
	var made struct{ Token, ReadOnly string }
	_, err := call(ctx, http.MethodPost, s.url+"/directories", "Bearer "+s.control, body, &made)
	d.Token, d.ReadOnly = made.Token, made.ReadOnly
	return d, err
}

// Call sends a request to a directory and fails the test if it is refused. path
// is below the API and begins with a slash.
func (d *SCIMDirectory) Call(t testing.TB, method, path string, body, into any) {
	t.Helper()
	if _, err := call(context.Background(), method, d.URL+path, "Bearer "+d.Token, body, into); err != nil {
		t.Fatal(err)
	}
}
