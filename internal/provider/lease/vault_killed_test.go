package lease_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
	"github.com/custodyhq/terraform-provider-custody/internal/clock"
	"github.com/custodyhq/terraform-provider-custody/internal/effect"
	"github.com/custodyhq/terraform-provider-custody/internal/kind/vault"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/lease"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/record"
	"github.com/custodyhq/terraform-provider-custody/internal/register"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// A test binary that finds this variable is another run, which is killed.
const childVariable = "CUSTODY_LEASE_TEST_CHILD"

// doomed says what a run does that is killed, and when it is.
type doomed struct {
	Register, Server, Token, Name string
	At                            time.Time
	When                          string
}

// The moments at which a run is killed: behind the intent, before anything is done; behind
// the token; behind the secret, before its answer; behind the whole act, before the outcome.
const (
	behindIntent = "intent"
	behindToken  = "token"
	behindSecret = "secret"
	behindAct    = "act"
)

func suicide() {
	self, err := os.FindProcess(os.Getpid())
	if err == nil {
		err = self.Kill()
	}
	if err != nil {
		panic(err)
	}
	select {}
}

// beKilled opens a lease, and does not get to the end of it.
func beKilled(text string) {
	var d doomed
	check := func(err error) {
		if err != nil {
			panic(err)
		}
	}
	check(json.Unmarshal([]byte(text), &d))
	to, err := url.Parse(d.Server)
	check(err)
	proxy := httputil.NewSingleHostReverseProxy(to)
	between := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		secret := strings.Contains(r.URL.Path, "/database/creds/")
		if secret && d.When == behindToken {
			suicide()
		}
		if secret && d.When == behindSecret {
			w = httptest.NewRecorder()
		}
		if proxy.ServeHTTP(w, r); secret && d.When == behindSecret {
			suicide()
		}
	}))
	run, err := new(record.Registers).New(record.Options{Location: d.Register, Workspace: "shop"}, clock.NewFake(d.At))
	check(err)
	by, err := vault.New(vault.Config{Name: "keys", URL: between.URL, Token: d.Token, Timeout: 20 * time.Second})
	check(err)
	o := system.NewLeaseOrder()
	o.Name, o.For, o.Roles, o.End.TTL = d.Name, "cmdb/APP-1#shop/reports", []string{"database/creds/app_readers"}, 15*time.Minute
	a := lease.Opening(by, &o)
	do := a.Steps[0].Do
	a.Steps[0].Do = func(ctx context.Context, l *system.Lease) error {
		if d.When != behindIntent {
			check(do(ctx, l))
		}
		suicide()
		return nil
	}
	effect.Do(context.Background(), run.Recorder(), a)
	os.Exit(0)
}

// kill lets another run open a lease and be killed, and returns the name of the lease.
func (s *shop) kill(d doomed) string {
	s.t.Helper()
	d.Name = system.NewLeaseOrder().Name
	text, err := json.Marshal(d)
	if err != nil {
		s.t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		s.t.Fatal(err)
	}
	child := exec.Command(self)
	child.Env = append(os.Environ(), childVariable+"="+string(text))
	out, err := child.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.Exited() {
		s.t.Fatalf("the other run was not killed: %v\n%s", err, out)
	}
	return d.Name
}

// leased returns the accessors of the tokens of leases that a server holds, by the names of
// the leases.
func leased(t *testing.T, v *servers.VaultServer) map[string]string {
	t.Helper()
	out := make(map[string]string)
	var made struct{ Data struct{ Keys []string } }
	v.Call(t, http.MethodGet, "auth/token/accessors?list=true", nil, &made)
	for _, accessor := range made.Data.Keys {
		var of struct {
			Data struct{ Meta map[string]string }
		}
		v.Ask(t, v.Root(), http.MethodPost, "auth/token/lookup-accessor", map[string]string{"accessor": accessor}, &of)
		if name := of.Data.Meta["custody_lease"]; name != "" {
			out[name] = accessor
		}
	}
	return out
}

// awaitSecrets waits until as many accounts of secrets are in the database: the server drops
// them in its own time after the token has ended.
func (s *shop) awaitSecrets(n int) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), time.Minute)
	defer cancel()
	if err := servers.Await(ctx, nil, func(context.Context) error {
		if got := s.texts("SELECT rolname::text FROM pg_roles WHERE starts_with(rolname::text, 'v-')"); len(got) != n {
			return fmt.Errorf("the database holds %q, want %d", got, n)
		}
		return nil
	}); err != nil {
		s.t.Error(err)
	}
}

// The name of a lease is random, so no later run asks for it. What a killed run has begun is
// settled by the next lease from that target: what is there is closed, what has ended is
// recorded, and nothing is done twice.
func TestLeasesOfVaultWhoseRunWasKilled(t *testing.T) {
	servers.EachVault(t, func(t *testing.T, v *servers.VaultServer) {
		s, token := newVaultShop(t, v)
		location := "sqlite:" + filepath.Join(s.Dir, "custody.db")
		s.Provider(fmt.Sprintf("register = %q", location), `workspace = "shop"`)
		s.Apply() // makes the register
		s.wantDone(1)
		kill := func(when string) string {
			return s.kill(doomed{Register: location, Server: v.URL, Token: token, At: s.Clock.Now(), When: when})
		}
		nothing, bare, lost, whole, ended := kill(behindIntent), kill(behindToken), kill(behindSecret), kill(behindAct), kill(behindAct)
		s.awaitSecrets(3)
		left := leased(t, v)
		if len(left) != 4 || left[nothing] != "" {
			t.Fatalf("the server holds the leases %q", left)
		}
		v.Call(t, http.MethodPost, "auth/token/revoke-accessor", map[string]string{"accessor": left[ended]}, nil) // as at its end
		s.awaitSecrets(2)

		const again = "-replace=terraform_data.work"
		s.Apply(again).Silent("Interrupted") // those runs may be at work still
		if got := leased(t, v); len(got) != 3 {
			t.Errorf("the server holds the leases %q", got)
		}
		s.Clock.Advance(time.Hour)
		closed := func(name string) string {
			return fmt.Sprintf(`The lease %q in the system "keys", which that run has left, is closed now.`, name)
		}
		found := func(name, became string) string {
			return fmt.Sprintf(`An earlier run was interrupted while it changed %q in the system "keys": open (%s).`, name, became)
		}
		s.Apply(again).Says(found(nothing, "not done"), found(ended, "not done"), found(bare, "done"), found(lost, "done"), found(whole, "done"),
			closed(bare), closed(lost), closed(whole)).Silent(closed(nothing), closed(ended))
		if got := leased(t, v); len(got) != 0 {
			t.Errorf("the server holds the leases %q", got)
		}
		s.awaitSecrets(0)
		s.Apply(again).Silent("Interrupted")
		s.wantDone(4) // one lease for each apply

		outcomes := make(map[string][]string)
		for _, e := range acctest.Events(t, location, "shop") {
			if e.Kind == register.KindOutcome {
				outcomes[e.Subject] = append(outcomes[e.Subject], e.Body)
			}
		}
		gone := []string{`"open":"not done"`}
		was := []string{`"open":"done"`, `"end":"done","remove":"done"`}
		for name, want := range map[string][]string{nothing: gone, ended: gone, bare: was, lost: was, whole: was} {
			if !slices.EqualFunc(outcomes[name], want, strings.Contains) {
				t.Errorf("the outcomes of %s are %q, want %q", name, outcomes[name], want)
			}
		}
	})
}

// If the answer with which a lease is opened gets lost, no lease is given, and none is left.
func TestALeaseOfVaultWhoseAnswerIsLost(t *testing.T) {
	v := servers.Vault(t)
	s, _ := newVaultShop(t, v)
	to, err := url.Parse(v.URL)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(to)
	between := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1/auth/token/create" {
			proxy.ServeHTTP(httptest.NewRecorder(), r)
			panic(http.ErrAbortHandler)
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(between.Close)
	s.Edit("provider.tf", v.URL, between.URL)
	s.TryApply().Exits(1).Says("could not be reached", "No lease is open.")
	s.wantDone(0)
	if got := leased(t, v); len(got) != 0 {
		t.Errorf("the server holds the leases %q", got)
	}
}
