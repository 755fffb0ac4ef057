package provider_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
)

// An export that was cut off takes nothing away, and a list that is shorter for good is
// confirmed once.
func TestAListThatShrankIsUnavailable(t *testing.T) {
	const key = "custody_grant.key"
	w := acctest.LoadAlone(t, "grant") // a second provider would apply a second time
	for i := range 10 {
		w.Copy("assets.csv", "APP-1", fmt.Sprintf("APP-9%d", i))
	}
	location := fmt.Sprintf("register = %q", "sqlite:"+filepath.Join(w.Dir, "custody.db"))
	w.Provider(location, `workspace = "prod"`)
	whole := w.Read("assets.csv")
	cut := func(n int) {
		w.Write("assets.csv", whole)
		for i := range n {
			w.Forget("assets.csv", fmt.Sprintf("APP-9%d", i))
		}
	}
	w.Apply()
	w.Holds(key, "status", "active")
	cut(2)
	w.Plan().Exits(0)

	before := w.Read(acctest.StateFile)
	cut(8)
	w.Forget("assets.csv", "APP-1") // with which the access would be reviewed
	w.TryApply().Exits(1).Says("Error: List Shrank", `The list of assets of the system "cmdb" has 3 records. It had 10 on 2030-01-15`,
		"may lose 20 percent", "Nothing was issued and nothing was revoked", `limits = { confirmed = { "cmdb/assets" = 3 } }`)
	if w.Read(acctest.StateFile) != before {
		t.Error("the state has changed")
	}

	cut(8)
	w.Edit("provider.tf", "revocations = -1", `revocations = -1, confirmed = { "cmdb/assets" = 4 }`)
	w.Apply()
	w.Holds(key, "status", "active")
	w.Edit("provider.tf", `, confirmed = { "cmdb/assets" = 4 }`, "")
	w.Plan().Exits(0)
}
