package provider_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
	"github.com/custodyhq/terraform-provider-custody/internal/acctest/check"
)

// An export that was cut off takes nothing away, and a list that is shorter for good is
// confirmed once.
func TestAListThatShrankIsUnavailable(t *testing.T) {
	const key = "custody_grant.key"
	w := acctest.NewWorld(t, "grant")
	for i := range 10 {
		w.Copy("assets.csv", "APP-1", fmt.Sprintf("APP-9%d", i))
	}
	w.Provider(fmt.Sprintf("register = %q", "sqlite:"+filepath.Join(w.Dir, "custody.db")), `workspace = "prod"`)
	whole := w.Read("assets.csv")
	var state string
	cut := func(n int) {
		w.Write("assets.csv", whole)
		for i := range n {
			w.Forget("assets.csv", fmt.Sprintf("APP-9%d", i))
		}
	}
	resource.ParallelTest(t, w.Case(
		resource.TestStep{
			ConfigStateChecks: check.State(check.Resource(key, check.Attributes{"status": "active"})),
			PostApplyFunc:     func() { state = w.Read(acctest.StateFile) },
		},
		resource.TestStep{PreConfig: func() { cut(2) }, PlanOnly: true},
		resource.TestStep{
			PreConfig: func() {
				cut(8)
				w.Forget("assets.csv", "APP-1") // with which the access would be reviewed
			},
			ExpectError: check.Error("Error: List Shrank", `The list of assets of the system "cmdb" has 3 records. It had 10 on 2030-01-15`,
				"may lose 20 percent", "Nothing was issued and nothing was revoked", `limits = { confirmed = { "cmdb/assets" = 3 } }`),
		},
		w.Look(func() error { return w.Unchanged(acctest.StateFile, state) }),
		resource.TestStep{
			PreConfig: func() {
				cut(8)
				w.Edit("provider.tf", "revocations = -1", `revocations = -1, confirmed = { "cmdb/assets" = 4 }`)
			},
			ConfigStateChecks: check.State(check.Resource(key, check.Attributes{"status": "active"})),
		},
		resource.TestStep{
			PreConfig: func() { w.Edit("provider.tf", `, confirmed = { "cmdb/assets" = 4 }`, "") },
			PlanOnly:  true,
		},
	))
}
