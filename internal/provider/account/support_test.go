package account_test

import (
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
)

func TestMain(m *testing.M) { os.Exit(servers.Run(m)) }

const password = "Acc0unt-canary!x"

var units atomic.Int64

// testDirectory is a part of a real directory that belongs to one test, and a workspace
// whose provider switches the accounts in it with the least rights.
type testDirectory struct {
	*acctest.Workspace
	server *servers.Directory
	people string
	policy string
}

func newTestDirectory(t *testing.T, subjects ...string) *testDirectory {
	t.Helper()
	d := servers.Slapd(t)
	o := &testDirectory{Workspace: acctest.LoadAlone(t), server: d}
	base := d.Unit(t, fmt.Sprintf("testDirectory%d", units.Add(1)), d.BaseDN)
	o.people = d.Unit(t, "people", base)
	o.policy = "cn=policy," + base
	d.Add(t, o.policy, map[string][]string{
		"objectClass": {"device", "pwdPolicy"}, "cn": {"policy"}, "pwdAttribute": {"userPassword"}, "pwdLockout": {"TRUE"},
	})
	for _, subject := range append(subjects, "nobody-else") {
		o.addAccount(t, subject)
	}
	o.Edit("provider.tf", "  systems = {\n", fmt.Sprintf(`  directories = ["cmdb"]
  systems = {
    corp = { ldap = { url = %q, bind_dn = %q, password = %q, base_dn = %q } }
`, d.URL, d.Switcher, d.Password, o.people))
	return o
}

func (o *testDirectory) dn(subject string) string { return "uid=" + subject + "," + o.people }

// addAccount adds an account.
func (o *testDirectory) addAccount(t *testing.T, subject string) {
	t.Helper()
	o.server.Add(t, o.dn(subject), map[string][]string{
		"objectClass": {"inetOrgPerson"}, "cn": {subject}, "sn": {"x"}, "uid": {subject}, "userPassword": {password}, "pwdPolicySubentry": {o.policy},
	})
}

// lock and unlock change an account outside of Terraform.
func (o *testDirectory) lock(t *testing.T, subject string) {
	t.Helper()
	o.server.Set(t, o.dn(subject), map[string][]string{"pwdAccountLockedTime": {"000001010000Z"}})
}

func (o *testDirectory) unlock(t *testing.T, subject string) {
	t.Helper()
	o.server.Set(t, o.dn(subject), map[string][]string{"pwdAccountLockedTime": nil})
}

// wantLogin fails the test unless the directory lets the account in, or does not.
func (o *testDirectory) wantLogin(t *testing.T, subject string, want bool) {
	t.Helper()
	if err := o.server.Login(t, o.dn(subject), password); (err == nil) != want {
		t.Errorf("the directory lets %s in: %v, want %v", subject, err == nil, want)
	}
}

// account writes a configuration of one account, with more arguments.
func (o *testDirectory) account(subject string, arguments ...string) {
	o.Write("main.tf", block("it", subject, arguments...))
}

func block(label, subject string, arguments ...string) string {
	return fmt.Sprintf("resource \"custody_account\" %q {\n  target = \"corp\"\n  subject = %q\n  %s\n}\n", label, subject, strings.Join(arguments, "\n  "))
}
