package account_test

import (
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
)

// testVault is a real Vault or OpenBao, and a workspace whose provider switches its identities with
// the rights of the page.
type testVault struct {
	*acctest.Workspace
	server *servers.VaultServer
	page   string
	suffix string
	asks   string // the token with which custody asks
}

// eachVault runs a test on a Vault and on an OpenBao.
func eachVault(t *testing.T, test func(t *testing.T, o *testVault)) {
	servers.EachVault(t, func(t *testing.T, v *servers.VaultServer) { test(t, newTestVault(t, v)) })
}

func newTestVault(t *testing.T, v *servers.VaultServer) *testVault {
	t.Helper()
	page, err := os.ReadFile("../../../templates/guides/system-vault.md")
	if err != nil {
		t.Fatal(err)
	}
	o := &testVault{Workspace: acctest.LoadAlone(t), server: v, page: string(page), suffix: fmt.Sprintf("_%d", units.Add(1))}
	o.asks = o.token(t)
	o.Edit("provider.tf", "  systems = {\n", fmt.Sprintf("  directories = [\"cmdb\"]\n  systems = {\n    corp = { vault = { url = %q, token = %q } }\n", o.server.URL, o.asks))
	return o
}

// token makes a token with all rules of the page.
func (o *testVault) token(t *testing.T) string {
	t.Helper()
	var rules []string
	for _, m := range regexp.MustCompile("(?s)```hcl\n(.*?)```").FindAllStringSubmatch(o.page, -1) {
		rules = append(rules, m[1])
	}
	return o.server.Token(t, "custody", strings.Join(rules, "\n"))
}

func (o *testVault) addUser(t *testing.T, name string) {
	t.Helper()
	o.server.AddUser(t, name+o.suffix, password)
	t.Cleanup(func() { o.server.RemoveUser(t, name+o.suffix) })
}

func (o *testVault) login(t *testing.T, name string) string {
	t.Helper()
	return o.server.Login(t, "userpass/login/"+name+o.suffix, map[string]string{"password": password})
}

// The entity of a leaver is disabled, its tokens are revoked, and what is switched on
// again outside of Terraform is switched off again.
func TestTheEntityOfALeaver(t *testing.T) {
	eachVault(t, func(t *testing.T, o *testVault) {
		o.addUser(t, "alice")
		o.addUser(t, "ben")
		o.Write("main.tf", `resource "custody_binding" "laptop" {
  asset = "cmdb/LAP-1"
}

resource "custody_grant" "login" {
  binding = custody_binding.laptop
  access  = "corp/alice"
}

`+block("alice", "auth/userpass/alice"+o.suffix, "enabled = custody_grant.login.active", "end_sessions = true"))
		alices, bens := o.login(t, "alice"), o.login(t, "ben")
		o.Apply()
		o.Plan().Exits(0)
		o.Run("state", "show", "-no-color", "custody_account.alice").Says("of auth/userpass/login/alice").Silent(alices)

		o.Person("p1", "status", "left")
		o.Plan().Exits(2).Says("custody_account.alice will be updated in-place", "~ enabled = true -> false", "issued", "(known after apply)")
		if !o.server.Works(t, alices) {
			t.Fatal("a plan ended the token")
		}
		o.Apply().Says("Sessions Were Ended", "token", "of auth/userpass/login/alice")
		if o.server.Works(t, alices) || o.login(t, "alice") != "" {
			t.Error("the leaver is let in")
		}
		if !o.server.Works(t, bens) {
			t.Error("another entity lost its token")
		}
		o.Plan().Exits(0)

		// Enabled outside of Terraform: a token that was kept would work again.
		o.server.Call(t, http.MethodPost, "identity/entity/name/alice"+o.suffix, map[string]bool{"disabled": false}, nil)
		if o.server.Works(t, alices) {
			t.Error("the token was not revoked")
		}
		alices = o.login(t, "alice")
		o.Plan().Exits(2).Says("~ enabled = true -> false")
		o.Apply()
		if alices == "" || o.server.Works(t, alices) {
			t.Error("the token goes on")
		}
		o.Plan().Exits(0)
	})
}

// custody's own rights, and its own entity.
func TestWhatVaultRefuses(t *testing.T) {
	eachVault(t, func(t *testing.T, o *testVault) {
		o.addUser(t, "ann")
		o.Write("main.tf", block("ann", "ann"+o.suffix, "enabled = false", `expires_at = "2030-01-31T12:00:00Z"`))
		o.Plan().Exits(1).Says("Target Cannot Do It", "of the kind vault, with which custody cannot set the end of")
		o.Edit("provider.tf", o.asks, o.server.Token(t, "reader", "path \"identity/lookup/entity\" { capabilities = [\"update\"] }"))
		o.Write("main.tf", block("ann", "ann"+o.suffix, "enabled = false", "end_sessions = true"))
		o.Plan().Exits(1).Says(`"update" on identity/entity/id/`, `path "identity/entity/id/*" { capabilities = ["update"] }`, `path "auth/token/accessors" { capabilities = ["list", "sudo"] }`, "Nothing was changed.")
		o.Write("main.tf", block("ann", "ann"+o.suffix, "enabled = true"))
		o.Apply()
		o.Run("state", "show", "-no-color", "custody_account.ann").Says("not known: what end_sessions takes is missing")
		if o.login(t, "ann") == "" {
			t.Error("the entity is disabled")
		}
	})
}

// The example of the page is planned and applied as it stands, but for the server.
func TestTheExampleOfVault(t *testing.T) {
	eachVault(t, func(t *testing.T, o *testVault) {
		found := regexp.MustCompile("(?s)```terraform\n(.*?)```").FindAllStringSubmatch(o.page, -1)
		if len(found) != 2 {
			t.Fatalf("the page holds %d examples", len(found))
		}
		id := o.server.AddRole(t, "app", nil)
		t.Cleanup(func() { o.server.Call(t, http.MethodDelete, "auth/approle/role/app", nil, nil) })
		login := func() string {
			return o.server.Login(t, "approle/login", map[string]string{"role_id": id, "secret_id": o.server.SecretID(t, "app")})
		}
		token := login()
		o.Write("provider.tf", "terraform {\n  required_providers {\n    custody = { source = \"custodyhq/custody\" }\n  }\n}\n"+found[0][1])
		o.Edit("provider.tf", "https://vault.example.org:8200", o.server.URL)
		o.Write("main.tf", found[1][1])
		o.Write("inventory/people.csv", "id,status\np1,active\n")
		o.Write("inventory/assets.csv", "id,class,state,owner,verified_at\nAPP-1,application,in_service,p1,2030-01-01T00:00:00Z\n")
		t.Chdir(o.Dir) // where the paths of the example begin
		t.Setenv("CUSTODY_KEYS_TOKEN", o.token(t))
		o.FollowMachine()
		o.Apply()
		o.Plan().Exits(0)
		o.Write("inventory/assets.csv", "id,class,state,owner,verified_at\nAPP-1,application,retired,,2030-01-01T00:00:00Z\n")
		o.Apply().Says("Sessions Were Ended", "secret ID ", "of auth/approle/login")
		if token == "" || o.server.Works(t, token) {
			t.Error("the token goes on")
		}
		o.Plan().Exits(0)
		if login() != "" { // with a new secret ID, which the next plan would show
			t.Error("the role is let in")
		}
	})
}
