package scenarios_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
)

// nestedTeam are a team inside a team, and who is in it: nobody who is still
// here, at first.
var nestedTeam = []string{
	"T-03;Operations;operations@example.org;Team;Active;;E-1002;",
	"T-04;Night Shift;night@example.org;Team;Active;;E-1002;Operations",
	"E-1030;Nils Berg;nils.berg@example.org;Employee;Terminated;;E-1002;Night Shift",
	"E-1031;Rosa Lund;rosa.lund@example.org;Employee;Terminated;;E-1002;Night Shift",
}

// teamInsideTeam hands an application to a team whose members are those of another
// team, and one to somebody who has left; then it asks the directory and the
// asset system themselves.
func teamInsideTeam(t *testing.T, m *mirror) {
	t.Helper()
	w := m.w.In(t)
	for _, line := range nestedTeam {
		w.Append(peopleExport, line)
	}
	w.Edit(workloadsExport, "geocoder;Service;Live;platform@example.org;", "geocoder;Service;Live;operations@example.org;")
	w.Edit(workloadsExport, "payroll-bridge;Application;Live;hannah.weiss@example.org;", "payroll-bridge;Application;Live;chidi.okafor@contractor.example.org;")
	m.sync()
	w.Apply()
	w.Holds(`custody_grant.access["geocoder/maps"]`, "status", "blocked", "because", "owner.no_active_member")
	w.Holds(`custody_binding.asset["cmdb/APP-2005"]`, "owner_status", "left", "successor", "hr/E-1003")

	w.Edit(peopleExport, "rosa.lund@example.org;Employee;Terminated", "rosa.lund@example.org;Employee;Active")
	m.sync()
	w.Apply()
	w.Holds(`custody_grant.access["geocoder/maps"]`, "status", "active", "because", "asset.reassigned grant.restored")

	reference := `"itam/LT-1001"`
	if _, numbered := m.assets.(*tracker); numbered {
		reference = "local.numbers[" + reference + "]"
	}
	w.Write("look.tf", fmt.Sprintf(`data "custody_asset" "laptop" { asset = %s }

data "custody_owner" "all" {
  for_each = toset(["operations@example.org", "CHIDI.OKAFOR@contractor.example.org", "hr/E-1002", "nobody@example.org"])
  owner    = each.value
}
`, reference))
	w.Apply()
	w.Holds("data.custody_asset.laptop", "exists", "true", "records", "1", "class", "Laptop", "state", "in_service", "owners", "ingrid.solberg@example.org")
	owner := func(key string) string { return fmt.Sprintf("data.custody_owner.all[%q]", key) }
	w.Holds(owner("operations@example.org"), "exists", "true", "kind", "team", "members", "hr/E-1030 hr/E-1031")
	w.Holds(owner("CHIDI.OKAFOR@contractor.example.org"), "holder", "hr/C-2001", "kind", "contractor", "status", "left", "manager", "E-1003")
	w.Holds(owner("hr/E-1002"), "exists", "true", "email", "tomasz.nowak@example.org", "status", "active", "manager", "E-1001")
	w.Holds(owner("nobody@example.org"), "exists", "false")
	// SCIM knows a team by its id.
	if teams := acctest.Text(w.Attributes(owner("hr/E-1002"))["teams"]); !slices.Contains([]string{"Management Platform", "group-Management group-Platform"}, teams) {
		t.Errorf("Tomasz is in the teams %s", teams)
	}
	w.Remove("look.tf")
	w.Apply()
	w.Plan().Exits(0)
}
