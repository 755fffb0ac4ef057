package examples_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
)

const header = "terraform {\n  required_providers {\n    custody = { source = \"custodyhq/custody\" }\n  }\n}\n\n"

// access is what the guides about the register leave out.
const access = `
resource "custody_binding" "laptop" {
  asset = "cmdb/LAP-1"
}

resource "custody_grant" "vpn" {
  binding = custody_binding.laptop
  access  = "vpn/office"
}
`

// guideWorkspace returns a workspace with the inventory that the guides about the
// register name.
func guideWorkspace(t *testing.T) *acctest.Workspace {
	t.Helper()
	w := acctest.NewAlone(t) // a second provider would apply a second time
	w.FollowMachine()
	w.Write("inventory/people.csv", "id,username,status\np1,ada,active\n")
	w.Write("inventory/assets.csv", "id,class,state,owner,verified_at\nLAP-1,laptop,in_service,ada,"+w.Clock.Now().Format(time.DateOnly)+"\n")
	w.Write("main.tf", header+access)
	return w
}

// TestRegisterGuide applies the provider blocks without a register and with SQLite, one
// after the other on one state. A register that does not answer, as that of the last
// block, keeps no plan without changes from being made.
func TestRegisterGuide(t *testing.T) {
	found := blocks(pageOf(t, "register.md"), "terraform")
	if len(found) != 3 {
		t.Fatalf("the guide has %d provider blocks", len(found))
	}
	w := guideWorkspace(t)
	t.Chdir(w.Dir) // where the paths of the guide begin
	w.Write("provider.tf", found[0])
	w.Apply()
	w.Plan().Exits(0)
	w.Write("provider.tf", found[1])
	w.Plan().Exits(2).Says("Grant Will Be Recorded")
	w.Apply()
	w.Plan().Exits(0)
	w.Write("provider.tf", strings.Replace(found[2], "@db.example.org/", "@db.invalid/", 1))
	w.Plan().Exits(0)
}

// TestEvidenceGuide makes a key as the guide says, and asks for all that it shows.
func TestEvidenceGuide(t *testing.T) {
	page := pageOf(t, "evidence-for-auditors.md")
	data, script := blocks(page, "terraform"), blocks(page, "shell")
	if len(data) != 2 || len(script) != 1 {
		t.Fatalf("the guide has %d configurations and %d scripts", len(data), len(script))
	}
	w := guideWorkspace(t)
	t.Chdir(w.Dir)
	w.Write("provider.tf", blocks(pageOf(t, "register.md"), "terraform")[1])
	w.Apply()
	w.Shell(script[0]).Ok()
	variable := regexp.MustCompile(`export ([A-Z_]+)=\$PWD/(\S+)`).FindStringSubmatch(script[0])
	t.Setenv(variable[1], variable[2])
	w.Append("main.tf", data[0])
	w.Append("main.tf", `output "checkpoint" { value = data.custody_events.access.checkpoint }`)
	w.Append("main.tf", `output "rows" { value = length(split("\n", data.custody_events.access.export["csv"])) }`)
	w.Apply()
	w.Write("checkpoints.txt", w.Output("checkpoint")+"\n")
	w.Append("main.tf", data[1])
	w.Append("main.tf", `output "proven" { value = data.custody_events.checked.chain.proven }`)
	w.Apply().Silent("Warning")
	if got := w.Output("proven"); got != "1" {
		t.Errorf("%s events are proven", got)
	}
}
