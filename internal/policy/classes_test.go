package policy_test

import (
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/policy"
)

// TestShippedCategories holds the baseline to the categories that asset systems
// ship with, in the words and plurals in which they stand there.
func TestShippedCategories(t *testing.T) {
	want := map[lifecycle.BoundTo][]string{
		lifecycle.BoundToPerson: {
			"laptop", "Laptops", "Notebooks", "MacBook Pro", "MacBook Air", "Desktops", "Tablets", "iPad", "Mobile Phones", "VOIP Phones",
			"Conference Phones", "iPhone 15", "Smartphones", "Misc Software", "Office Software", "Software License", "Licences", "Computer",
			"Computers", "Mobile Devices", "cmdb_ci_computer", "SoftwareLicense", "Phone", "Monitor", "Displays", "Workstation", "Account", "Chromebooks",
			" Laptop ",
		},
		lifecycle.BoundToWorkload: {
			"Server", "Servers", "Windows Server", "cmdb_ci_win_server", "cmdb_ci_appl", "cmdb_ci_service", "Business Application", "application",
			"Applications", "Service Account", "Database", "DatabaseInstance", "Cluster", "NetworkEquipment", "Router", "Firewalls", "Virtual Machine",
			"Pipeline", "integration", "agent", "service", "Services", "Printer",
		},
		lifecycle.BoundToUnclassified: {"", "toaster", "kioks", "Furniture", "thing"},
	}
	for column, classes := range want {
		for _, class := range classes {
			if got := policy.Baseline().ClassOf(class).BoundTo; got != column {
				t.Errorf("%q is %s, not %s", class, got, column)
			}
		}
	}
}
