package grant_test

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
	"github.com/custodyhq/terraform-provider-custody/internal/acctest/check"
)

var destroyed = check.Changes{"custody_binding.app": check.Destroy, key: check.Destroy, `terraform_data.credential["g1"]`: check.Destroy}

// A destroyed grant must not depend on facts that nobody can read any more. That it
// counts for the brake is tested there.
func TestRemovingTheBlocksDestroysThem(t *testing.T) {
	w := acctest.NewWorld(t, "app")
	resource.ParallelTest(t, w.Case(
		resource.TestStep{},
		resource.TestStep{
			PreConfig: func() {
				w.Write("main.tf", "")
				w.Person("p1", "status", "left")
			},
			ConfigPlanChecks: check.Plan(destroyed),
		},
		w.Left(check.Absent("")),
	))
}

// The order in which things are destroyed is told by what is printed only.
func TestDestroyTakesTheCredentialsFirst(t *testing.T) {
	t.Parallel()
	w := acctest.Load(t, "app")
	w.Apply()
	output := w.Destroy().Says("Destroy complete! Resources: 3 destroyed.").Output
	_, after, found := strings.Cut(output, `terraform_data.credential["g1"]: Destruction complete`)
	if !found || !strings.Contains(after, key+": Destroying") {
		t.Errorf("the grant was not destroyed after its credential:\n%s", output)
	}
}

func TestImportIsRefused(t *testing.T) {
	const id = "cmdb/APP-1#key/billing"
	refused := check.Error("Error: Unable to Import Grant", id+" cannot be imported", "Nothing was issued and nothing was revoked.", "a new grant starts at g1")
	w := acctest.NewWorld(t, "app")
	resource.ParallelTest(t, w.Case(
		resource.TestStep{ResourceName: key, ImportState: true, ImportStateId: id, ExpectError: refused},
		resource.TestStep{
			PreConfig:   func() { w.Append("main.tf", "import {\n  to = "+key+"\n  id = \""+id+"\"\n}") },
			ExpectError: refused,
		},
		w.Left(check.Absent(key)),
	))
}
