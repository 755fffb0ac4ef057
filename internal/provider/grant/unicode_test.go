package grant_test

import (
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
)

// TestOneUnicodeForm is case C18: a name that one export composes and another
// decomposes is one name.
func TestOneUnicodeForm(t *testing.T) {
	t.Parallel()
	w := acctest.Load(t, "app")
	w.Person("p1", "username", "jos\u00e9")
	w.Asset("APP-1", "owner", "jose\u0301")
	w.Apply()
	w.Holds("custody_binding.app", "holder", "cmdb/p1")
	w.Asset("APP-1", "owner", "jos\u00e9")
	w.Plan().Exits(0)
}
