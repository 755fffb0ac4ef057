package asset_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
	"github.com/custodyhq/terraform-provider-custody/internal/register"
)

func TestMain(m *testing.M) { os.Exit(servers.Run(m)) }

const (
	bot    = "custody_asset.bot"
	bound  = "custody_binding.bot"
	deploy = "custody_grant.deploy"
)

// recorded returns a workspace over a folder whose records are kept in a register.
func recorded(t *testing.T, location, name, folder string) *acctest.Workspace {
	t.Helper()
	w := acctest.LoadAlone(t, folder) // a second provider would apply a second time
	w.Provider(fmt.Sprintf("register = %q", location), fmt.Sprintf("workspace = %q", name))
	w.Edit("provider.tf", "  systems = {\n", "  systems = {\n    code = { register = {} }\n")
	return w
}

// kinds returns the kinds of the events of a workspace, and fails the test unless the
// chain holds.
func kinds(t *testing.T, location, workspace string) string {
	t.Helper()
	var out []string
	for _, e := range acctest.Events(t, location, workspace) {
		if strings.HasPrefix(e.Kind, "asset.") {
			out = append(out, e.Kind+" "+e.Subject)
		}
	}
	return strings.Join(out, ", ")
}

// The plan that writes a record knows what follows from it.
func TestARecordThatIsBornInCode(t *testing.T) {
	servers.EachRegister(t, func(t *testing.T, location string) {
		w := recorded(t, location, "it", "born")
		w.Plan().Exits(2).Says(`"cmdb/p1"`, `"g1"`).Silent("Warning")
		w.Apply()
		w.Holds(deploy, "status", "active", "generations", "g1")
		w.Holds(bound, "holder", "cmdb/p1", "findings", "")
		w.Plan().Exits(0)

		// A record that changes is planned with what follows, and refreshed as it is.
		w.Edit("main.tf", `["alice"]`, `["bob"]`)
		w.Clock.Advance(time.Hour)
		w.Plan("-refresh-only").Exits(0)
		w.Plan().Exits(2).Says(`"cmdb/p1" -> "cmdb/p2"`).Silent("changed outside of Terraform")
		w.Apply()
		w.Holds(bound, "holder", "cmdb/p2")
		w.Plan().Exits(0)
		if got := kinds(t, location, "it"); got != "asset.recorded ci-deployer, asset.recorded ci-deployer" {
			t.Errorf("the events are %s", got)
		}
	})
}

// Another id is another record: the resource is replaced.
func TestARecordOfAnotherAsset(t *testing.T) {
	location := "sqlite:" + filepath.Join(t.TempDir(), "custody.db")
	w := recorded(t, location, "it", "born")
	w.Write("main.tf", "resource \"custody_asset\" \"bot\" {\n  asset = \"code/one\"\n  class = \"service\"\n}\n")
	w.Apply()
	w.Edit("main.tf", "code/one", "code/two")
	w.Apply().Says("custody_asset.bot must be replaced")
	if got := kinds(t, location, "it"); got != "asset.recorded one, asset.removed one, asset.recorded two" {
		t.Errorf("the events are %s", got)
	}
	w.Append("main.tf", "resource \"custody_asset\" \"more\" {\n  asset = \"code/two\"\n  class = \"laptop\"\n}\n")
	w.Plan().Exits(1).Says("Asset Is Declared Twice")
}

// Every workspace reads the records; one that is removed is retired there.
func TestARecordThatIsRemovedIsRetired(t *testing.T) {
	servers.EachRegister(t, func(t *testing.T, location string) {
		owner, user := recorded(t, location, "it", "born"), recorded(t, location, "payments", "born")
		owner.Apply()
		text := user.Read("main.tf")
		user.Write("main.tf", strings.Replace(text[strings.Index(text, `resource "custody_binding"`):], bot+".asset", `"code/ci-deployer"`, 1))
		user.Edit("main.tf", "aws/deploy", "aws/read")
		user.Apply()
		user.Holds(deploy, "status", "active")

		// It belongs to one workspace, and can be moved.
		second := recorded(t, location, "other", "born")
		second.Plan().Exits(1).Says("Asset Exists Already", `The asset "ci-deployer" is recorded by the workspace "it".`, "former_workspaces", "Nothing was changed")

		owner.Clock.Advance(time.Hour)
		user.Clock.Advance(2 * time.Hour)
		owner.Destroy()
		user.Plan().Exits(2).Says("asset.retired")
		user.Apply()
		user.Holds(deploy, "status", "revoked", "generations", "")
		if got := kinds(t, location, "it"); got != "asset.recorded ci-deployer, asset.removed ci-deployer" {
			t.Errorf("the events are %s", got)
		}
		second.Edit("main.tf", "aws/deploy", "aws/write")
		second.Apply()
		second.Holds(deploy, "status", "active")
	})
}

func TestARecordOfARunThatIsNotKnownYet(t *testing.T) {
	t.Parallel()
	w := recorded(t, "sqlite:"+filepath.Join(t.TempDir(), "custody.db"), "it", "unknown")
	w.Plan().Exits(2).Says("holder                = (known after apply)")
	w.Apply()
	w.Holds(bound, "holder", "cmdb/p1")
	w.Plan().Exits(0)
	w.Edit("main.tf", `"alice"`, `"bob"`)
	w.Plan().Exits(2).Silent("forces replacement")
	w.Apply()
	w.Holds(bound, "holder", "cmdb/p2")
	w.Plan().Exits(0)
}

// A record outlives its state, and its replacement does not remove it.
func TestARecordWhoseStateIsLost(t *testing.T) {
	servers.EachRegister(t, func(t *testing.T, location string) {
		w := recorded(t, location, "it", "born")
		w.Apply()
		w.Remove(acctest.StateFile)
		w.Append("main.tf", "import {\n  to = "+bot+"\n  id = \"code/ci-deployer\"\n}")
		w.Plan().Exits(2).Says("1 to import", "Grant Goes On From the Register")
		w.Apply()
		w.Plan().Exits(0)
		w.Remove(acctest.StateFile)
		w.Edit("main.tf", "import {\n  to = "+bot+"\n  id = \"code/ci-deployer\"\n}", "")
		w.Apply() // it is taken up without an import, too
		w.Edit("main.tf", "  asset       = \"code/ci-deployer\"", "  asset       = \"code/ci-deployer\"\n  lifecycle {\n    create_before_destroy = true\n  }")
		w.Apply("-replace=" + bot)
		w.Plan().Exits(0)
		w.Holds(bound, "findings", "")

		// What was changed outside of Terraform is changed back.
		r, err := register.Open(t.Context(), register.Config{Location: location})
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close() //nolint:errcheck // nothing is left to be written
		err = r.Record(context.Background(), register.Run{Workspace: "it", ID: "by hand", At: acctest.Start}, func(tx *register.Tx) error {
			_, err := tx.SaveAsset(register.Asset{ID: "ci-deployer", Instance: "x", Record: `{"class":"laptop","owners":["bob"]}`})
			if err == nil {
				_, err = tx.Append(register.Draft{Kind: "test.changed", Subject: "ci-deployer"})
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		w.Plan().Exits(2).Says(`class       = "laptop" -> "application"`, `"bob"`)
		w.Apply()
		w.Plan().Exits(0)
		w.Holds(bound, "holder", "cmdb/p1")
	})
}

func TestRecordsThatCannotBeKept(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "custody.db")
	w := recorded(t, "sqlite:"+file, "it", "born")
	text := w.Read("main.tf")
	refused := func(old, replacement string, says ...string) {
		t.Helper()
		w.Edit("main.tf", old, replacement)
		w.Plan().Exits(1).Says(says...)
		w.Write("main.tf", text)
	}
	refused("code/ci-deployer", "cmdb/ci-deployer", "Unable to Find System", `The system "cmdb" is of the kind file, in which custody writes no asset records.`, `Accepted: "code".`)
	refused("code/ci-deployer", "ci-deployer", "Invalid Asset", "names no system and id")
	refused("code/ci-deployer", "code/ ci-deployer", "Invalid Asset")
	refused(`"CI deployer"`, `"CI\u202edeployer"`, "Invalid Text", "direction marks")
	refused(`"2030-01-01"`, `"01.01.2030"`, "Invalid Date", "the start of that day in UTC")
	refused(`["alice"]`, `["alice", "alice"]`, "Duplicate")
	refused(`["alice"]`, `["alice"]`+"\n  state = \"scrapped\"", "Invalid State")
	w.Append("main.tf", "resource \"custody_asset\" \"again\" {\n  asset = \"code/ci-deployer\"\n  class = \"laptop\"\n}")
	w.Plan().Exits(1).Says("Asset Is Declared Twice")
	w.Write("main.tf", text)

	w.Default("register")
	w.Provider(fmt.Sprintf("register = %q", "sqlite:"+filepath.Join(filepath.Dir(file), "missing", "custody.db")))
	w.Plan().Exits(1).Says("Unable to Open Register", "Nothing was changed: what cannot be recorded is not done.")
	w.Default("register")
	w.Default("workspace")
	w.Plan().Exits(1).Says("Invalid System Configuration", "There is no register. Set register and workspace in the provider block")
}
