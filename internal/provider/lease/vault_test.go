package lease_test

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

// A dynamic secret of a real Vault or OpenBao is there while the apply needs it, and in no file.
func TestALeaseOfVault(t *testing.T) { servers.EachVault(t, testALeaseOfVault) }

// newVaultShop is a workspace whose leases are secrets of a real server, for the same
// database, with exactly the rights of the page. It returns the token of custody.
func newVaultShop(t *testing.T, v *servers.VaultServer) (s *shop, token string) {
	t.Helper()
	s = newShop(t)
	page, err := os.ReadFile("../../../templates/ephemeral-resources/lease.md.tmpl")
	if err != nil {
		t.Fatal(err)
	}
	rules := regexp.MustCompile("(?s)```hcl\n(.*?)```").FindStringSubmatch(string(page))[1]
	token = v.Token(t, "leases", rules)
	v.Database(t, s.server, "app_readers")
	s.server.PostgresExec(t, "GRANT INSERT, SELECT ON public.done TO PUBLIC")
	s.Edit("provider.tf", "  systems = {\n", fmt.Sprintf("  systems = {\n    keys = { vault = { url = %q, token = %q } }\n", v.URL, token))
	s.Edit("lease.tf", `"shop"`, `"keys"`)
	s.Edit("lease.tf", `["report_readers"]`, `["database/creds/app_readers"]`)
	s.Edit("lease.tf", `psql \"$URL\"`, fmt.Sprintf("psql -h 127.0.0.1 -p %d -d postgres", s.server.Port))
	s.Edit("lease.tf", "URL = ephemeral.custody_lease.reports.connection_string", "PGUSER = ephemeral.custody_lease.reports.username, PGPASSWORD = ephemeral.custody_lease.reports.password")
	return s, token
}

func testALeaseOfVault(t *testing.T, v *servers.VaultServer) {
	s, _ := newVaultShop(t, v)
	s.Save()
	s.wantDone(0)
	s.ApplySaved().Ok()
	name := s.wantDone(1)[0]
	if !strings.HasPrefix(name, "v-token-") {
		t.Errorf("the work was done by %q", name)
	}
	if left := s.texts("SELECT rolname::text FROM pg_roles WHERE starts_with(rolname::text, 'v-')"); len(left) > 0 {
		t.Errorf("the database holds %q", left)
	}
	if status := v.Ask(t, v.Root(), http.MethodGet, "sys/leases/lookup/database/creds/app_readers?list=true", nil, nil); status != http.StatusNotFound {
		t.Errorf("Vault holds leases: status %d", status)
	}
	for _, text := range []string{s.Read(acctest.StateFile), s.Run("show", "-json", "saved.tfplan").Ok().Output} {
		if strings.Contains(text, name) {
			t.Error("the lease is in a file")
		}
	}
	s.Asset("APP-1", "state", "retired")
	s.Edit("lease.tf", `"first"`, `"second"`)
	s.Edit("lease.tf", "  enabled     = terraform.applying\n", "")
	if !acctest.IsOpenTofu(t) {
		s.Plan().Exits(1).Says("Error: Lease Is Refused")
	}
	s.wantDone(1)
}
