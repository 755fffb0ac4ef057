package binding_test

import (
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
)

// Facts that come with time come at one instant each, and nothing else moves a
// plan.
func TestABindingChangesOnlyAtThresholds(t *testing.T) {
	t.Parallel()
	w := acctest.Load(t, "alone")
	w.Person("p1", "end_date", "2030-04-01")
	w.Asset("APP-1", "retirement_date", "2030-09-01")
	w.Append("tasks.csv", "T-1,reassignment,APP-1,open,2030-02-01,")
	w.Apply()
	for _, c := range []struct{ at, says string }{
		{"2030-02-02T00:00:00Z", "task.overdue"},
		{"2030-03-02T23:59:59Z", `~ owner_status = "active" -> "leaving"`},
		{"2030-04-01T23:59:59Z", `~ owner_status = "leaving" -> "ended"`},
		{"2030-06-30T00:00:00Z", "record.stale"},
		{"2030-08-02T23:59:59Z", "The asset's retirement date is near."},
		{"2030-09-01T23:59:59Z", "The asset's retirement date has passed, but no record says that it is retired."},
	} {
		at, err := time.Parse(time.RFC3339, c.at)
		if err != nil {
			t.Fatal(err)
		}
		for _, quiet := range []time.Time{w.Clock.Now().Add(at.Sub(w.Clock.Now()) / 2), at.Add(-time.Second)} {
			w.Clock.Set(quiet)
			w.Plan("-refresh=false").Exits(0)
		}
		w.Clock.Set(at)
		w.Plan("-refresh=false").Exits(2).Says(c.says)
		w.Apply()
		w.Plan("-refresh-only").Exits(0)
	}
	w.Clock.Advance(365 * 24 * time.Hour)
	w.Plan("-refresh=false").Exits(0)
}
