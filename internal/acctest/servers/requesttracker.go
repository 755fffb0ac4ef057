package servers

import (
	"context"
	_ "embed" // the settings and the data of the server
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// RequestTracker is a Request Tracker 5 on SQLite, with the catalogs Laptops and
// Applications, the queues Offboarding, Handovers, Decommissioning, Helpdesk and
// Secret, the people ann, bob, cam and dan and the group Payments. The queue Access
// Review is set up by the files that the guide gives to administrators. The server is
// private to the test binary.
type RequestTracker struct {
	URL    string // of the server; the API is below it
	Token  string // of an account that may read everything the provider reads
	Reads  string // of an account that has the rights to read assets and the tasks of three queues, and no others
	Narrow string // of an account that may see the laptops and the help desk only
	Seeder string // of an account that may do everything

	Asks    string            // of an account that may do what the queue Access Review needs, and nothing else
	Watches string            // of an account that may read that queue
	People  map[string]string // tokens of ann and dan, who may own tickets; dan may also close the tasks of these queues

	dir    string
	env    []string
	byMail sync.Once
}

const requestTracker = "request_tracker"

var (
	//go:embed requesttracker_site.pm
	rtSite string
	//go:embed requesttracker_data.pl
	rtData string

	sharedRT Shared[*RequestTracker]
)

// StartRequestTracker returns the Request Tracker of this test binary and starts
// it if need be, which takes about ten seconds. In a short run the test is
// skipped.
func StartRequestTracker(t testing.TB) *RequestTracker {
	t.Helper()
	skipShort(t, "Request Tracker")
	server := RequireProgram(t, requestTracker, "/usr/share/request-tracker5/libexec/rt-server")
	setup := RequireProgram(t, requestTracker, "rt-setup-database-5", "/usr/sbin/rt-setup-database-5")
	return sharedRT.Get(t, func(dir string) (*RequestTracker, func(), error) { return startRT(dir, server, setup) })
}

func startRT(dir, server, setup string) (*RequestTracker, func(), error) {
	port, err := FreePort()
	if err != nil {
		return nil, nil, err
	}
	fill := strings.NewReplacer("@DIR@", dir, "@PORT@", strconv.Itoa(port))
	for name, text := range map[string]string{"site.pm": rtSite, "data.pl": rtData, "password": "not-used-by-tests\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(fill.Replace(text)), 0o600); err != nil {
			return nil, nil, err
		}
	}
	for _, name := range []string{"site.d", "sessions", "mail"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			return nil, nil, err
		}
	}
	if err := reviewFiles(dir); err != nil {
		return nil, nil, err
	}
	env := []string{"RT_SITE_CONFIG=" + dir + "/site.pm", "RT_SITE_CONFIG_DIR=" + dir + "/site.d", "TMPDIR=" + dir}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	for _, args := range [][]string{
		{"--action", "init", "--skip-create", "--root-password-file", dir + "/password"},
		{"--action", "insert", "--datafile", dir + "/queue.pl"},
		{"--action", "insert", "--datafile", dir + "/data.pl"},
	} {
		if _, err := Do(ctx, dir, env, setup, args...); err != nil {
			return nil, nil, err
		}
	}
	rt := &RequestTracker{URL: "http://127.0.0.1:" + strconv.Itoa(port), dir: dir, env: env}
	if err := rt.readTokens(dir + "/tokens"); err != nil {
		return nil, nil, err
	}
	p, err := Start(ctx, Spec{
		Name: requestTracker, Path: server, Dir: dir, Env: env,
		Args: []string{"--host", "127.0.0.1", "--port", strconv.Itoa(port), "--max-workers", "3"},
		Ready: func(ctx context.Context) error {
			return rt.call(ctx, http.MethodGet, "/rt", nil, nil)
		},
	})
	if err != nil {
		return nil, nil, err
	}
	return rt, p.Stop, nil
}

func (rt *RequestTracker) readTokens(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	tokens := make(map[string]string)
	for line := range strings.Lines(string(text)) {
		name, token, _ := strings.Cut(strings.TrimSpace(line), " ")
		tokens[name] = token
	}
	rt.Reads = tokens["reads"]
	rt.Token, rt.Narrow, rt.Seeder, rt.Asks, rt.Watches = tokens["custody"], tokens["narrow"], tokens["seeder"], tokens["asks"], tokens["watches"]
	rt.People = map[string]string{"ann": tokens["ann"], "dan": tokens["dan"]}
	const accounts = 8
	if len(tokens) != accounts {
		return fmt.Errorf("%s holds %d tokens and not %d", path, len(tokens), accounts)
	}
	return nil
}

// call sends a request as the seeder. path is below the API and begins with a
// slash.
func (rt *RequestTracker) call(ctx context.Context, method, path string, body, into any) error {
	_, err := call(ctx, method, rt.URL+"/REST/2.0"+path, "token "+rt.Seeder, body, into)
	return err
}

// Call sends a request as an account that may do everything, and fails the test
// if that is refused. path is below the API and begins with a slash.
func (rt *RequestTracker) Call(t testing.TB, method, path string, body, into any) {
	t.Helper()
	if err := rt.call(context.Background(), method, path, body, into); err != nil {
		t.Fatal(err)
	}
}

// Create makes an object of a type that the API has, such as asset or ticket,
// and returns its id.
func (rt *RequestTracker) Create(t testing.TB, kind string, fields map[string]any) string {
	t.Helper()
	var made struct{ ID any }
	rt.Call(t, http.MethodPost, "/"+kind, fields, &made)
	id := fmt.Sprint(made.ID)
	if made.ID == nil || id == "" {
		t.Fatalf("no %s was made of %v", kind, fields)
	}
	return id
}

// Set changes fields of an object. Request Tracker answers 200 whatever became
// of it, so the message that it must give when it did what was asked is named.
func (rt *RequestTracker) Set(t testing.TB, kind, id string, fields map[string]any, message string) {
	t.Helper()
	var said []string
	rt.Call(t, http.MethodPut, "/"+kind+"/"+id, fields, &said)
	if !strings.Contains(strings.Join(said, "\n"), message) {
		t.Fatalf("%s %s: %v was answered with %q, which does not hold %q", kind, id, fields, said, message)
	}
}

// Ask sends a request with the token of an account, and reports whether it was
// accepted. path is below the API and begins with a slash.
func (rt *RequestTracker) Ask(t testing.TB, token, method, path string, body, into any) bool {
	t.Helper()
	_, err := call(context.Background(), method, rt.URL+"/REST/2.0"+path, "token "+token, body, into)
	var refused *refusal
	if err != nil && !errors.As(err, &refused) {
		t.Fatal(err)
	}
	return err == nil
}

// User makes sure that there is a user of that name and returns the id, with
// which a role can be given to a user whatever the name looks like.
func (rt *RequestTracker) User(t testing.TB, name string) string {
	t.Helper()
	filter, err := json.Marshal([]map[string]string{{"field": "Name", "value": name}})
	if err != nil {
		t.Fatal(err)
	}
	query := url.Values{"query": {string(filter)}, "fields": {"Name,_hyperlinks"}}
	for range 2 {
		var have struct {
			Items []struct {
				Name  string
				Links []struct {
					Ref string
					ID  any
				} `json:"_hyperlinks"`
			}
		}
		rt.Call(t, http.MethodGet, "/users?"+query.Encode(), nil, &have)
		for _, user := range have.Items {
			for _, link := range user.Links {
				if user.Name == name && link.Ref == "self" {
					return fmt.Sprint(link.ID)
				}
			}
		}
		rt.Create(t, "user", map[string]any{"Name": name})
	}
	t.Fatalf("the user %q is not there after having been made", name)
	return ""
}

// Merge merges one ticket into another, which the API has no call for.
func (rt *RequestTracker) Merge(t testing.TB, from, into string) {
	t.Helper()
	rt.perl(t, `my $t = RT::Ticket->new(RT->SystemUser); $t->Load($ARGV[0]); my ($ok, $why) = $t->MergeInto($ARGV[1]); die $why unless $ok;`,
		from, into)
}

// Fill puts n assets into a catalog, faster than the API would.
func (rt *RequestTracker) Fill(t testing.TB, catalog string, n int) {
	t.Helper()
	rt.perl(t, `$RT::Handle->BeginTransaction;
for my $i (1 .. $ARGV[1]) {
  my ($id, $why) = RT::Asset->new(RT->SystemUser)->Create(
    Name => "asset $i", Catalog => $ARGV[0], Status => 'in_service', Owner => 'ann', HeldBy => ['bob'], 'CustomField-Purpose' => 'counts');
  die $why unless $id;
}
$RT::Handle->Commit;`, catalog, strconv.Itoa(n))
}
