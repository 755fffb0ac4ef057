package grant_test

import (
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
)

func TestDestroyTakesTheCredentialsFirst(t *testing.T) {
	w := acctest.Load(t, "app")
	w.Provider("limits = { revocations = 0 }")
	w.Apply()
	w.Destroy().Says("Destroy complete! Resources: 3 destroyed.")
	if w.Attributes(key) != nil {
		t.Error("the grant is still in the state")
	}
}

// A destroyed grant must not depend on facts that nobody can read any more.
func TestRemovingTheBlocksDestroysThem(t *testing.T) {
	w := acctest.Load(t, "app")
	w.Provider("limits = { revocations = 0 }")
	w.Apply()
	w.Write("main.tf", "")
	w.Person("p1", "status", "left")
	w.Plan().Exits(2).Says("3 to destroy").Silent("Error")
	w.Apply()
	if got := w.Addresses("custody_grant"); len(got) > 0 {
		t.Errorf("grants are left: %v", got)
	}
}

func TestImportIsRefused(t *testing.T) {
	w := acctest.Load(t, "app")
	w.Run("import", "-no-color", key, "cmdb/APP-1#key/billing").Exits(1).
		Says("Error: Unable to Import Grant", "cmdb/APP-1#key/billing cannot be imported", "Nothing was issued and nothing was revoked.", "a new grant starts at g1")
	w.Append("main.tf", "import {\n  to = "+key+"\n  id = \"cmdb/APP-1#key/billing\"\n}")
	w.Plan().Exits(1).Says("Error: Unable to Import Grant")
	if w.Attributes(key) != nil {
		t.Error("the grant stands in the state")
	}
}
