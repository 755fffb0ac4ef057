package run_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/clock"
	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/operation"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/record"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/run"
)

func TestWhatIsRefusedLeavesOneEvent(t *testing.T) {
	var registers record.Registers
	t.Cleanup(func() { _ = registers.Close() })
	now := clock.NewFake(time.Date(2030, 1, 15, 9, 0, 0, 0, time.UTC))
	open := func(location string) *record.Run {
		t.Helper()
		r, err := registers.New(record.Options{Location: location, Workspace: "it"}, now)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	kept := open("sqlite:" + filepath.Join(t.TempDir(), "custody.db"))
	refused := &fault.Fault{Kind: fault.ErrDenied, Summary: "Right Is Missing", Happened: "The right to write is missing."}
	r := &run.Run{Register: kept}
	for range 2 {
		r.Refused(t.Context(), operation.Apply, "ann", refused)
		r.Stopped(t.Context(), &run.Stop{Argument: "rotations", Limit: 1, Affected: []string{"a g1", "b g1"}})
	}
	r.Refused(t.Context(), operation.Apply, "ann", errors.New("no fault"))
	r.Refused(t.Context(), operation.Apply, "ann", &fault.Fault{Kind: context.Canceled, Summary: "Run Was Interrupted"})
	store, err := kept.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for e, err := range store.Events(t.Context(), "it", 0) {
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, e.Kind+" "+e.Subject+" "+e.Body)
	}
	if len(found) != 2 || found[0] != `run.refused ann {"during":"apply","reason":"Right Is Missing","what":"The right to write is missing."}` ||
		!strings.HasPrefix(found[1], `run.refused it {"during":"plan","reason":"Too Many Rotations in One Plan"`) {
		t.Errorf("got %q", found)
	}

	// It is refused without the event, too.
	for _, without := range []*run.Run{{}, {Register: open("sqlite:" + filepath.Join(t.TempDir(), "missing", "custody.db"))}} {
		without.Refused(t.Context(), operation.Apply, "ann", refused)
		without.Stopped(t.Context(), &run.Stop{})
	}
}
