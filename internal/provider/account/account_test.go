package account_test

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
)

// A grant decides, and the account of a leaver is disabled in a real directory.
func TestTheAccountOfALeaverIsDisabled(t *testing.T) {
	o := newTestDirectory(t, "alice")
	o.Write("main.tf", `resource "custody_binding" "laptop" {
  asset = "cmdb/LAP-1"
}

resource "custody_grant" "login" {
  binding = custody_binding.laptop
  access  = "directory/login"
}

`+block("alice", "alice", "enabled = custody_grant.login.active"))
	o.Apply()
	o.wantLogin(t, "alice", true)
	o.Plan().Exits(0)

	o.Person("p1", "status", "left")
	o.Plan().Exits(2).Says("custody_account.alice will be updated in-place", "~ enabled = true -> false")
	o.wantLogin(t, "alice", true)
	o.Apply()
	o.wantLogin(t, "alice", false)
	o.Plan().Exits(0)

	o.unlock(t, "alice")
	o.Plan("-refresh=false").Exits(0)
	o.Plan().Exits(2).Says("custody_account.alice will be updated in-place", "~ enabled = true -> false")
	o.Apply()
	o.wantLogin(t, "alice", false)

	o.Person("p1", "status", "active")
	o.Run("plan", "-no-color").Ok() // the latch of the grant decides, not the account
	o.Destroy()
	o.wantLogin(t, "alice", false)
}

// The example is planned and applied as it stands, but for the names of the directory.
func TestTheExample(t *testing.T) {
	o := newTestDirectory(t, "ada", "alan", "visitor-7")
	o.Remove("provider.tf")
	o.CopyDir("../../../examples/resources/custody_account")
	t.Chdir(o.Dir) // where the paths of the example begin
	o.FollowMachine()
	for _, c := range [][2]string{
		{`"ldaps://ldap.example.org"`, `"` + o.server.URL + `"`}, {`"cn=custody-accounts,ou=services,dc=example,dc=org"`, `"` + o.server.Switcher + `"`},
		{`"ou=people,dc=example,dc=org"`, `"` + o.people + `"`}, {`"cn=default,ou=policies,dc=example,dc=org"`, `"` + o.policy + `"`},
	} {
		o.Edit("resource.tf", c[0], c[1])
	}
	t.Setenv("CUSTODY_CORP_PASSWORD", o.server.Password)
	o.Apply()
	o.Plan().Exits(0)
	o.wantLogin(t, "visitor-7", true)
	o.Destroy()
	o.wantLogin(t, "visitor-7", false)
	o.wantLogin(t, "ada", true)
}

func TestOnDestroy(t *testing.T) {
	for _, c := range []struct {
		on             string
		enabled, after bool
		warns          string
	}{
		{"leave", true, true, ""}, {"leave", false, false, ""}, {"disable", true, false, ""}, {"disable", false, false, ""},
		{"enable", true, true, ""}, {"enable", false, true, "Account Will Be Enabled"},
	} {
		o := newTestDirectory(t, "ann")
		enabled := "enabled = false"
		if c.enabled {
			enabled = "enabled = true"
		}
		o.account("ann", enabled, `on_destroy = "`+c.on+`"`)
		o.Apply()
		o.wantLogin(t, "ann", c.enabled)
		o.Destroy().Says(c.warns)
		o.wantLogin(t, "ann", c.after)
	}
}

func TestTheEndOfAnAccount(t *testing.T) {
	o := newTestDirectory(t, "ann")
	const attribute = "pwdEndTime"
	want := func(value string) {
		t.Helper()
		if got := o.server.Value(t, o.dn("ann"), attribute); got != value {
			t.Errorf("%s is %q, want %q", attribute, got, value)
		}
	}
	o.server.Set(t, o.dn("ann"), map[string][]string{attribute: {"20980101000000Z"}})
	o.account("ann", "enabled = true")
	o.Apply()
	o.Run("show", "-no-color").Says(`expires_at = "2098-01-01T00:00:00Z"`)
	want("20980101000000Z")

	o.account("ann", "enabled = true", `expires_at = "2097-06-30T14:00:00+02:00"`)
	o.Plan().Exits(2).Says(`"2098-01-01T00:00:00Z" -> "2097-06-30T14:00:00+02:00"`)
	o.Apply()
	want("20970630120000Z")
	o.Plan().Exits(0)

	// The end is moved outside of Terraform.
	o.server.Set(t, o.dn("ann"), map[string][]string{attribute: {"20990101000000Z"}})
	o.Plan().Exits(2)
	o.Apply()
	want("20970630120000Z")

	o.account("ann", "enabled = true", `expires_at = "2020-01-01T00:00:00Z"`)
	o.Apply()
	o.wantLogin(t, "ann", false)
	o.Plan().Exits(0)

	o.account("ann", "enabled = true", `expires_at = "never"`)
	o.Apply()
	want("")
	o.wantLogin(t, "ann", true)
	o.Plan().Exits(0)
	o.account("ann", "enabled = true")
	o.Plan().Exits(0)
}

// An account that is gone keeps nothing else from being done.
func TestAnAccountThatIsGone(t *testing.T) {
	o := newTestDirectory(t, "ann", "ben")
	config := func(enabled string) string {
		return block("ann", "ann", enabled) + block("ben", "ben", enabled) + block("typo", "bne", enabled)
	}
	o.Write("main.tf", config("enabled = true"))
	o.Plan().Exits(2).Says("Account Is Gone", `holds no account "bne"`)
	o.Apply().Says("Account Is Gone")
	o.server.Delete(t, o.dn("ann"))
	o.Write("main.tf", config("enabled = false"))
	o.Plan().Exits(2).Says("Account Is Gone")
	o.Apply().Says(`holds no account "ann"`)
	o.wantLogin(t, "ben", false)
	o.Plan().Exits(0).Says("Account Is Gone")
	o.Run("state", "show", "-no-color", "custody_account.ann").Says("present = false")

	// The name is given to another account, which is left alone.
	o.addAccount(t, "ann")
	o.Plan().Exits(0).Says("Account Name Belongs to Another Account")
	o.wantLogin(t, "ann", true)
	o.Apply("-replace=custody_account.ann")
	o.wantLogin(t, "ann", false)
}

// No account is enabled unless the plan says so.
func TestNoAccountIsEnabledUnlessThePlanSaysSo(t *testing.T) {
	o := newTestDirectory(t, "ann")
	o.lock(t, "ann")
	o.account("ann", "enabled = true")
	o.Plan().Exits(1).Says("Account Is Disabled", "on main.tf line 4", "Nothing was changed.", `id = "corp/ann"`)

	o.Write("import.tf", "import {\n  to = custody_account.it\n  id = \"corp/ann\"\n}\n")
	o.Plan().Exits(2).Says("1 to import", "~ enabled = false -> true")
	o.wantLogin(t, "ann", false)
	o.Apply()
	o.wantLogin(t, "ann", true)
	o.Plan().Exits(0)

	// The account is disabled between plan and apply.
	o.account("ann", "enabled = true", `expires_at = "2097-06-30T12:00:00Z"`)
	o.Save().Silent("enabled = false")
	o.lock(t, "ann")
	o.ApplySaved().Exits(1).Says("Account Was Disabled Since Plan", "Nothing was changed.")
	o.wantLogin(t, "ann", false)
	if got := o.server.Value(t, o.dn("ann"), "pwdEndTime"); got != "" {
		t.Errorf("the end was set to %s", got)
	}

	// The same while an account is taken over.
	o.Run("state", "rm", "custody_account.it").Ok()
	o.Remove("import.tf")
	o.unlock(t, "ann")
	o.Save()
	o.lock(t, "ann")
	o.ApplySaved().Exits(1).Says("Account Is Disabled", "Nothing was changed.")
	o.wantLogin(t, "ann", false)
	o.Run("state", "list").Ok().Silent("custody_account")
}

func TestImport(t *testing.T) {
	o := newTestDirectory(t, "ann")
	o.account("ann", "enabled = true")
	o.Run("import", "-no-color", "custody_account.it", "corp/ann").Ok()
	o.Plan().Exits(0)
	o.Run("state", "rm", "custody_account.it").Ok()
	for id, says := range map[string]string{
		"ann": `"ann" is not an account. Nothing was imported.`, "corp/bne": "Cannot import non-existent remote object", "ghr/ann": `No system named "ghr" is configured`,
	} {
		o.Run("import", "-no-color", "custody_account.it", id).Exits(1).Says(says)
	}
}

// What is missing is said at the attribute, by name, and nothing has happened.
func TestARightThatIsMissing(t *testing.T) {
	o := newTestDirectory(t, "ann")
	o.account("ann", "enabled = false")
	o.Edit("provider.tf", o.server.Switcher, o.server.Reader)
	o.TryApply().Exits(1).Says("Unable to Switch Account", "on main.tf line 4", "enabled = false",
		`the account "`+o.server.Reader+`" lacks the right to write pwdAccountLockedTime of "`+o.dn("ann")+`"`,
		"Nothing was changed. The account is not disabled.", "attrs=pwdAccountLockedTime by dn.exact=")
	o.wantLogin(t, "ann", true)
	o.Edit("provider.tf", o.server.Reader, servers.SlapdBlind+","+o.server.BaseDN)
	o.Plan().Exits(1).Says("Nothing was issued and nothing was revoked")
}

// What was done and what was not is said, and stands in the state.
func TestAHalfThatIsDone(t *testing.T) {
	o := newTestDirectory(t, "ann")
	o.account("ann", "enabled = true")
	o.Apply()
	o.Edit("provider.tf", o.server.Switcher, servers.SlapdLocker+","+o.server.BaseDN)
	o.account("ann", "enabled = false", `expires_at = "2097-06-30T12:00:00Z"`)
	o.TryApply().Exits(1).Says("expires_at = ", "lacks the right to write pwdEndTime", "The account is disabled. Its end is not set to 2097-06-30T12:00:00Z.").Silent("Nothing was changed")
	o.wantLogin(t, "ann", false)
	o.Plan().Exits(2).Says(`~ expires_at = "never" -> "2097-06-30T12:00:00Z"`).Silent("~ enabled")
	o.Edit("provider.tf", servers.SlapdLocker+","+o.server.BaseDN, o.server.Switcher)
	o.Apply()
	o.Plan().Exits(0)
}

func TestATargetThatDoesNotAnswer(t *testing.T) {
	o := newTestDirectory(t, "ann")
	o.account("ann", "enabled = true")
	o.Apply()
	o.Edit("provider.tf", o.server.URL, "ldap://127.0.0.1:1")
	o.Plan().Exits(1).Says("could not be reached", "on main.tf line 2")
	o.Provider(`on_unavailable = "hold"`)
	o.Plan().Exits(0).Says("Target Unavailable, Last Known State Kept")
	o.account("ann", "enabled = false")
	o.TryApply().Exits(1).Says("could not be reached", "Nothing was changed.")
	o.wantLogin(t, "ann", true)
	o.Edit("provider.tf", "ldap://127.0.0.1:1", o.server.URL)
	o.Apply()
	o.wantLogin(t, "ann", false)
}

func TestALockThatIsNotEnforced(t *testing.T) {
	o := newTestDirectory(t, "ann")
	o.server.Set(t, o.policy, map[string][]string{"pwdLockout": {"FALSE"}})
	o.account("ann", "enabled = false")
	o.Plan().Exits(1).Says("Unable to Switch Account", "on main.tf line 4", "does not show pwdLockout TRUE", "Nothing was changed.")
	o.account("ann", "enabled = true")
	o.Plan().Exits(2)
}

// A resource can be removed together with its system, unless its account is to be
// switched once more.
func TestARemovedTarget(t *testing.T) {
	d := newTestDirectory(t, "ann")
	configured := d.Read("provider.tf")
	d.account("ann", "enabled = true")
	d.Apply()
	without := strings.Replace(configured, "corp = ", "office = ", 1)
	d.Write("provider.tf", without)
	d.Plan().Exits(1).Says("Unable to Find Target", `Accepted: "office"`)
	d.Write("main.tf", "")
	d.Apply().Says("Target Is Not Configured", "1 destroyed")

	d.Write("provider.tf", configured)
	d.account("ann", "enabled = true", `on_destroy = "disable"`)
	d.Apply()
	d.Write("provider.tf", without)
	d.Write("main.tf", "")
	d.TryApply().Exits(1).Says("Unable to Find Target")
	d.wantLogin(t, "ann", true)
	d.Write("provider.tf", configured)
	d.Apply()
	d.wantLogin(t, "ann", false)
}

func TestAnAccountThatIsDeclaredTwice(t *testing.T) {
	o := newTestDirectory(t, "ann")
	o.Write("main.tf", block("one", "ann", "enabled = true")+block("two", "ANN", "enabled = false"))
	o.Plan().Exits(1).Says("Account Is Declared Twice", "Nothing was changed.")
	o.account("ann", "enabled = true")
	o.Apply()
	o.Plan("-replace=custody_account.it").Exits(2)
}

// Another subject is another account: the resource is replaced, and nothing is declared
// twice unless another resource has that account.
func TestAnotherSubject(t *testing.T) {
	o := newTestDirectory(t, "ann", "ben")
	o.account("ann", "enabled = true")
	o.Apply()
	o.Edit("main.tf", `"ann"`, `"ben"`)
	o.Edit("main.tf", "enabled = true", "enabled = false")
	o.Plan().Exits(2).Says("custody_account.it must be replaced")
	o.Apply()
	o.wantLogin(t, "ann", true)
	o.wantLogin(t, "ben", false)
	o.Append("main.tf", block("other", "ann", "enabled = true"))
	o.Apply()
	o.Edit("main.tf", `"ben"`, `"ann"`)
	o.Plan().Exits(1).Says("Account Is Declared Twice", "Nothing was changed.")
}

func TestValuesThatAreKnownAfterApply(t *testing.T) {
	o := newTestDirectory(t, "ann")
	o.account("ann", "enabled = terraform_data.yes.output", `expires_at = terraform_data.end.output`)
	o.Append("main.tf", `resource "terraform_data" "yes" {
  input = true
}
resource "terraform_data" "end" {
  input = "2097-06-30T12:00:00Z"
}`)
	o.Plan().Exits(2).Says("(known after apply)")
	o.Apply()
	o.Plan().Exits(0)
	o.wantLogin(t, "ann", true)
}

func TestArgumentsThatAreRefused(t *testing.T) {
	w := acctest.NewWorld(t)
	w.Edit("provider.tf", "  systems = {\n", `  directories = ["cmdb"]
  systems = {
    corp = { ldap = { url = "ldap://127.0.0.1:1", anonymous = true, base_dn = "dc=example" } }
`)
	refused := map[string][]string{
		"unknown":  {"target =", "Unable to Find Target", `No system named "crop"`, `Accepted: "corp"`},
		"no_kind":  {"target =", `The system "cmdb" is of the kind file, in which custody switches no accounts`, `Accepted: "corp"`},
		"sessions": {"end_sessions =", "Target Cannot Do It", "of the kind ldap, with which custody cannot end the sessions of an account", "Leave end_sessions out"},
	}
	invalid := map[string][]string{
		"blank":   {"subject =", "Invalid Subject", "cannot name an account"},
		"hostile": {"subject =", "Invalid Subject"},
		"end":     {"expires_at =", "Invalid End", `"tomorrow" is not an RFC 3339 timestamp`},
		"day":     {"expires_at =", "Invalid End"},
		"destroy": {"on_destroy =", "Invalid Choice", `"delete" is not among them`, "leave, disable, enable"},
		"missing": {`The argument "enabled" is required`},
	}
	w.Write("main.tf", `resource "custody_account" "unknown" {
  target  = "crop"
  subject = "ann"
  enabled = false
}

resource "custody_account" "no_kind" {
  target  = "cmdb"
  subject = "ann"
  enabled = false
}

resource "custody_account" "sessions" {
  target       = "corp"
  subject      = "ann"
  enabled      = false
  end_sessions = true
}
`)
	t.Run("by the plan", func(t *testing.T) { resource.Test(t, w.Refuses(refused)) })
	w = acctest.NewWorld(t, "TestArgumentsThatAreRefused")
	t.Run("by the schema", func(t *testing.T) { resource.Test(t, w.Refuses(invalid)) })
}
