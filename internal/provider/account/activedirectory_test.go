package account_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
)

// The same account in a domain controller: one bit, and an end.
func TestAnAccountOfActiveDirectory(t *testing.T) {
	d := servers.Samba(t)
	w := acctest.LoadAlone(t)
	people := d.Unit(t, "people", d.BaseDN)
	dn := "cn=ann," + people
	d.Add(t, dn, map[string][]string{"objectClass": {"user"}, "cn": {"ann"}, "sAMAccountName": {"ann"}, "userAccountControl": {"544"}})
	d.SetPassword(t, "ann", password)
	d.Set(t, dn, map[string][]string{"userAccountControl": {"66048"}})
	w.Edit("provider.tf", "  systems = {\n", fmt.Sprintf(`  directories = ["cmdb"]
  systems = {
    corp = { ldap = { preset = "active_directory", url = %q, bind_dn = %q, password = %q, base_dn = %q } }
`, d.URL, d.Switcher, d.Password, people))
	refused := func(code string) {
		t.Helper()
		if err := d.Login(t, dn, password); err == nil || !strings.Contains(err.Error(), "data "+code) {
			t.Errorf("the domain controller answers %v, want data %s", err, code)
		}
	}
	configure := func(arguments ...string) { w.Write("main.tf", block("it", "ann", arguments...)) }

	configure("enabled = false")
	w.Plan().Exits(1).Says("lacks the right to write userAccountControl", "WP;userAccountControl;user", "Nothing was changed.")
	d.AllowSwitching(t, people)
	w.Apply()
	refused("533")
	w.Plan().Exits(0)

	d.Set(t, dn, map[string][]string{"userAccountControl": {"66048"}})
	w.Plan().Exits(2).Says("~ enabled = true -> false")
	w.Apply()
	refused("533")

	configure("enabled = true", `expires_at = "2020-01-01T00:00:00Z"`)
	w.Apply()
	refused("701")
	configure("enabled = true", `expires_at = "never"`, `on_destroy = "disable"`)
	w.Apply()
	if err := d.Login(t, dn, password); err != nil {
		t.Error(err)
	}
	w.Plan().Exits(0)
	w.Destroy()
	refused("533")
	if got := d.Value(t, dn, "userAccountControl"); got != "66050" {
		t.Errorf("the bits are %s, want 66050", got)
	}
}
