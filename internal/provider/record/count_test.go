package record_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/record"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// A list that shrank is unavailable until its length is confirmed, which is an event.
func TestAListThatShrankMustBeConfirmed(t *testing.T) {
	each(t, func(t *testing.T, location string) {
		run := newRun(t, location)
		count := func(allowed record.Shrink, records int) error {
			return run.Count(allowed)(t.Context(), "cmdb", system.CanReadAssets, records)
		}
		usual := record.Shrink{Percent: 20}
		for _, n := range []int{100, 80, 90} {
			if err := count(usual, n); err != nil {
				t.Fatalf("%d records: %v", n, err)
			}
		}
		err := count(usual, 50)
		var f *fault.Fault
		if !errors.As(err, &f) || !errors.Is(err, fault.ErrUnavailable) {
			t.Fatalf("got %v", err)
		}
		for _, part := range []string{`"cmdb" has 50 records`, "It had 90 on 2030-01-15", "20 percent"} {
			if !strings.Contains(f.Happened, part) {
				t.Errorf("%q does not say %q", f.Happened, part)
			}
		}
		if !strings.Contains(f.Advice, `limits = { confirmed = { "cmdb/assets" = 50 } }`) {
			t.Errorf("the advice is %q", f.Advice)
		}
		for name, least := range map[string]int64{"cmdb/assets": 51, "cmdb/people": 50} {
			if err := count(record.Shrink{Percent: 20, Confirmed: map[string]int64{name: least}}, 50); !errors.Is(err, fault.ErrUnavailable) {
				t.Errorf("%s = %d confirms 50 records: %v", name, least, err)
			}
		}
		if events := ledger(t, run); len(events) != 0 {
			t.Errorf("without a confirmation the ledger has %q", events)
		}
		confirmed := record.Shrink{Percent: 20, Confirmed: map[string]int64{"cmdb/assets": 50}}
		for range 2 { // the second run finds nothing to confirm
			if err := count(confirmed, 50); err != nil {
				t.Fatal(err)
			}
		}
		if err := count(usual, 49); err != nil {
			t.Error(err)
		}
		events := ledger(t, run)
		if len(events) != 1 || !strings.HasPrefix(events[0], record.KindConfirmed+" cmdb/assets ") || !strings.Contains(events[0], `"before":90`) {
			t.Errorf("the ledger has %q", events)
		}
		if err := count(record.Shrink{Percent: 100}, 1); err != nil {
			t.Errorf("the limit is off: %v", err)
		}
	})
}
