package binding_test

import (
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
)

func TestDriftShowsInEveryWayOfPlanning(t *testing.T) {
	t.Parallel()
	w := acctest.Load(t, "granted")
	w.Asset("APP-1", "verified_at", "2029-01-01") // a confidence that no binary number is equal to
	w.Apply()
	ways := [][]string{nil, {"-refresh=false"}, {"-refresh-only"}}
	for _, way := range ways {
		w.Plan(way...).Exits(0)
	}
	w.Person("p1", "status", "left")
	w.Plan().Exits(2).Says("Objects have changed outside of", "custody_binding.app has changed", `~ owner_status = "active" -> "left"`,
		"custody_grant.key will be updated in-place", `~ status = "active" -> "review"`)
	w.Plan("-refresh=false").Exits(2).Says("custody_binding.app will be updated in-place", `~ owner_status = "active" -> "left"`, `~ status = "active" -> "review"`)
	w.Plan("-refresh-only").Exits(2).Says("custody_binding.app has changed", `~ owner_status = "active" -> "left"`)
	w.Apply("-refresh=false")
	for _, way := range ways {
		w.Plan(way...).Exits(0)
	}
}

func TestRefreshOnlyMovesFactsAndNoGrant(t *testing.T) {
	t.Parallel()
	w := acctest.Load(t, "granted")
	w.Apply()
	w.Asset("APP-1", "state", "retired")
	w.Apply("-refresh-only")
	w.Holds(app, "state", "retired")
	w.Holds(key, "status", "active", "generations", "g1")
	w.Plan().Exits(2).Says(`~ status = "active" -> "revoked"`)
}

func TestABindingThatNothingDependsOnDriftsByItself(t *testing.T) {
	t.Parallel()
	w := acctest.Load(t, "alone")
	w.Apply()
	w.Asset("APP-1", "owner", "bob")
	w.Plan("-refresh-only").Exits(2)
	w.Plan("-refresh=false").Exits(2).Says(`~ holder = "cmdb/p1" -> "cmdb/p2"`)
	w.Apply()
	w.Holds(app, "holder", "cmdb/p2")
}
