package inventory_test

import (
	"errors"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/inventory"
	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

// What is announced is true of the plan only, what was written is true from then on.
func TestAnnouncedRecords(t *testing.T) {
	cmdb := systemtest.NewFake("cmdb", systemtest.Seed{Records: []lifecycle.Record{{ID: "A", Name: "stored"}}})
	inv, err := inventory.New([]system.System{cmdb}, nil)
	if err != nil {
		t.Fatal(err)
	}
	a := lifecycle.Ref{System: "cmdb", ID: "A"}
	q := lifecycle.Question{Asset: a}
	want := func(stored, planned string) {
		t.Helper()
		live, err := inv.Facts(t.Context(), q, nil)
		if err != nil || len(live.Records) != 1 || live.Records[0].Name != stored {
			t.Errorf("live: %+v, %v", live.Records, err)
		}
		ahead, err := inv.PlannedFacts(t.Context(), q, nil)
		switch {
		case planned == "":
			if !errors.Is(err, inventory.ErrNotKnownYet) {
				t.Errorf("planned: %+v, %v", ahead.Records, err)
			}
		case err != nil || len(ahead.Records) != 1 || ahead.Records[0].Name != planned:
			t.Errorf("planned: %+v, %v", ahead.Records, err)
		}
	}
	want("stored", "stored")
	inv.Announce(a, &lifecycle.Record{ID: "A", Name: "planned"})
	want("stored", "planned")
	inv.Announce(a, nil)
	want("stored", "")
	inv.Announce(a, &lifecycle.Record{ID: "A", Name: "planned"})
	inv.Wrote(a, &lifecycle.Record{ID: "A", Name: "planned"})
	want("planned", "planned")
	inv.Announce(lifecycle.Ref{System: "other", ID: "A"}, nil)
	inv.Wrote(lifecycle.Ref{System: "other", ID: "A"}, nil)
	want("planned", "planned")
}
