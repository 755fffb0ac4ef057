package account_test

import (
	"strings"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/clock"
)

func TestTheDataSource(t *testing.T) {
	o := newTestDirectory(t, "ann")
	o.server.Set(t, o.dn("ann"), map[string][]string{"pwdEndTime": {"20980101000000Z"}})
	o.Write("main.tf", `data "custody_account" "ann" {
  target  = "corp"
  subject = "ANN"
}

data "custody_account" "kim" {
  target  = "corp"
  subject = "kim"
}

output "ann" {
  value = data.custody_account.ann
}

output "kim" {
  value = data.custody_account.kim
}
`)
	o.Apply()
	o.Run("output", "-no-color", "ann").Ok().Says(`"id" = "corp/ANN"`, `"account" = "uid=ann,`, `"enabled" = true`, `"present" = true`, `"expires_at" = "2098-01-01T00:00:00Z"`, `"issued" = tolist([])`)
	o.Run("output", "-no-color", "kim").Ok().Says(`"present" = false`, `"enabled" = tobool(null)`, `"account_id" = tostring(null)`)
	o.lock(t, "ann")
	o.Plan().Says(`enabled      = true -> false`)
	o.Write("main.tf", "data \"custody_account\" \"x\" {\n  target  = \"cmdb\"\n  subject = \"ann\"\n}\n")
	o.Plan().Exits(1).Says("Unable to Find Target", "on main.tf line 2", `Accepted: "corp"`)
	o.Edit("provider.tf", o.server.URL, "ldap://127.0.0.1:1")
	o.Edit("main.tf", `"cmdb"`, `"corp"`)
	o.Plan().Exits(1).Says("could not be reached", "on main.tf line 2")
}

// The example is planned as it stands, but for the names of the directory. An account
// that was not used for long is a finding of the grant that switches it.
func TestDisuseOfAnAccount(t *testing.T) {
	o := newTestDirectory(t, "ada")
	o.Remove("provider.tf")
	o.CopyDir("../../../examples/data-sources/custody_account")
	t.Chdir(o.Dir) // where the paths of the example begin
	for _, c := range [][2]string{
		{`"ldaps://ldap.example.org"`, `"` + o.server.URL + `"`}, {`"cn=custody-accounts,ou=services,dc=example,dc=org"`, `"` + o.server.Switcher + `"`},
		{`"ou=people,dc=example,dc=org"`, `"` + o.people + `"`}, {`"cn=default,ou=policies,dc=example,dc=org"`, `"` + o.policy + `"`},
	} {
		o.Edit("data-source.tf", c[0], c[1])
	}
	t.Setenv("CUSTODY_CORP_PASSWORD", o.server.Password)
	o.wantLogin(t, "ada", true)
	o.FollowMachine()
	o.Apply()
	o.Run("state", "show", "-no-color", "data.custody_account.ada").Says("last_used_at")
	o.Plan().Exits(0)

	// A hundred days later nobody has logged in.
	later := clock.System{}.Now().Add(100 * 24 * time.Hour).Format(time.RFC3339)
	o.Write("data-source.tf", strings.ReplaceAll(o.Read("data-source.tf"), "plantimestamp()", `"`+later+`"`))
	o.Clock.Set(clock.System{}.Now().Add(100*24*time.Hour + time.Hour))
	o.Plan().Exits(2).Says("usage", "access.unused")
}
