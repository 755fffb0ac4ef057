package policy_test

import (
	"strings"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/policy"
)

// shipped are the categories that asset systems ship with, in the words in which
// they stand there, by what they stand for in the baseline.
var shipped = []struct {
	system  string
	column  lifecycle.BoundTo
	classes []string
}{
	{"Snipe-IT", lifecycle.BoundToPerson, []string{
		"Laptops", "Desktops", "Tablets", "Mobile Phones", "Displays", "VOIP Phones", "Conference Phones", "Keyboards", "Mouse",
		"Graphics Software", "Office Software", "Misc Software",
	}},
	{"Jamf", lifecycle.BoundToPerson, []string{
		"laptop", "Computers", "Mobile Devices", "MacBook Pro", "MacBook Air (M2, 2022)", "iMac", "Mac mini", "Mac Studio", "Mac Pro", "iPad Pro", "iPhone 15",
	}},
	{"ServiceNow", lifecycle.BoundToPerson, []string{
		"Computer", "Personal Computer", "Communication Device", "Mobile Phone", "Monitor", "Software License", "cmdb_ci_computer", "cmdb_ci_pc_hardware",
	}},
	{"ServiceNow", lifecycle.BoundToWorkload, []string{
		"Server", "Windows Server", "Linux Server", "Web Server", "cmdb_ci_win_server", "cmdb_ci_linux_server", "cmdb_ci_appl", "cmdb_ci_service",
		"Application", "Business Application", "Application Service", "Business Service", "Technical Service", "Service", "Database", "Database Instance",
		"MySQL Database", "Cluster", "Kubernetes Cluster", "Virtual Machine Instance", "IP Switch", "IP Router", "IP Firewall", "Load Balancer", "Network Gear",
		"Mass Storage Device", "Printer", "UPS", "Rack",
	}},
	{"Intune", lifecycle.BoundToPerson, []string{
		"desktop", "windowsPhone", "mac", "macMDM", "iPhone", "iPad", "iPod", "android", "androidForWork", "androidEnterprise", "blackberry", "holoLens",
		"chromeOS", "cloudPC",
	}},
	{"NetBox", lifecycle.BoundToWorkload, []string{
		"Access Switch", "Core Switch", "Distribution Switch", "Router", "Firewall", "Server", "Application Server", "Console Server", "PDU", "virtual-machine",
		"virtual-machines", "Virtual Machine",
	}},
	{"GLPI", lifecycle.BoundToPerson, []string{
		"Computer", "Monitor", "Peripheral", "Phone", "SoftwareLicense", "Notebook", "Sub Notebook", "Laptop", "Portable", "Convertible", "Detachable",
		"Tablet", "Hand Held", "Tower", "Mini Tower", "Mini PC", "Stick PC", "All In One", "Low Profile Desktop", "SIM card",
	}},
	{"GLPI", lifecycle.BoundToWorkload, []string{
		"NetworkEquipment", "Printer", "Certificate", "Appliance", "Cluster", "DatabaseInstance", "Rack", "PDU", "Enclosure", "Rack Mount Chassis",
		"Main Server Chassis", "Blade", "Blade Enclosure",
	}},
	{"Backstage", lifecycle.BoundToWorkload, []string{"service", "website", "library", "api", "system", "resource", "component"}},
	{"spreadsheet", lifecycle.BoundToPerson, []string{
		" Laptop ", "LAPTOPS", "Gaming notebook", "Smartphones", "Licences", "Account", "User Account", "Workstation", "Chromebooks", "YubiKey", "Desktop PC",
	}},
	{"spreadsheet", lifecycle.BoundToWorkload, []string{
		"application", "Applications", "Service Account", "System account", "pipeline", "integration", "agent", "AI agents", "bot", "Services",
	}},
	{"spreadsheet", lifecycle.BoundToUnclassified, []string{"", "toaster", "kioks", "Furniture", "thing", "unknown", "Hardware"}},
}

// TestShippedCategories holds the baseline to the categories that asset systems
// ship with, and to their plurals.
func TestShippedCategories(t *testing.T) {
	for _, s := range shipped {
		for _, class := range s.classes {
			for _, word := range []string{class, strings.ToUpper(class), plural(class)} {
				if got := policy.Baseline().ClassOf(word).BoundTo; got != s.column {
					t.Errorf("%s: %q is %s, not %s", s.system, word, got, s.column)
				}
			}
		}
	}
}

// plural makes a plural of a category's last word.
func plural(class string) string {
	switch {
	case class == "", strings.HasSuffix(class, ")"), strings.HasSuffix(class, "s"), strings.HasSuffix(class, " "), strings.HasSuffix(class, "Software"),
		class == "Mouse", class == "UPS":
		return class
	case strings.HasSuffix(class, "ch"):
		return class + "es"
	case class == "library", strings.HasSuffix(class, "ty"):
		return strings.TrimSuffix(class, "y") + "ies"
	default:
		return class + "s"
	}
}

// TestClassPatterns: the class itself comes before patterns, a longer pattern
// before a shorter one, and two of one length that disagree classify nothing.
func TestClassPatterns(t *testing.T) {
	rules := compile(t, `{"classes": {
		"*kiosk*": {"bound_to": "person", "review_queue": "desk"},
		"Info Kiosk *": {"bound_to": "workload"},
		"old laptop": {"bound_to": "workload"},
		"laptop": {"lifecycle_owner": "it"},
		"x*": {"bound_to": "person"}, "*z": {"bound_to": "workload"},
		"a*": {"bound_to": "person"}, "*b": {"bound_to": "person", "lifecycle_owner": "last"}
	}}`)
	for class, want := range map[string]lifecycle.Class{
		"Kiosk":          {BoundTo: lifecycle.BoundToPerson, ReviewQueue: "desk"},
		"info kiosk 3":   {BoundTo: lifecycle.BoundToWorkload},
		"Old Laptop":     {BoundTo: lifecycle.BoundToWorkload},
		"old laptops":    {BoundTo: lifecycle.BoundToPerson},
		"laptop":         {BoundTo: lifecycle.BoundToPerson, LifecycleOwner: "it"},
		"xz":             {},
		"xzx":            {BoundTo: lifecycle.BoundToPerson},
		"something else": {},
	} {
		if got := rules.ClassOf(class); got != want {
			t.Errorf("%q is %+v, not %+v", class, got, want)
		}
	}
	if got := rules.ClassOf("ab").BoundTo; got != lifecycle.BoundToPerson {
		t.Errorf("two patterns of one length that agree give %s", got)
	}
}
