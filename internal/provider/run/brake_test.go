package run_test

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/provider/run"
)

func TestTheBrakeCountsASet(t *testing.T) {
	b := run.NewBrake(2)
	for range 3 {
		if got := b.Take("cmdb/A#key", []string{"g1", "g2"}); got != nil {
			t.Fatalf("the same two credentials were stopped: %v", got)
		}
	}
	if got := b.Take("cmdb/B#key", nil); got != nil {
		t.Errorf("a grant that loses nothing was stopped: %v", got)
	}
	want := []string{"cmdb/A#key g1", "cmdb/A#key g2", "cmdb/B#key g1"}
	if got := b.Take("cmdb/B#key", []string{"g1"}); !slices.Equal(got, want) {
		t.Errorf("%v was listed, not %v", got, want)
	}
	if got := b.Take("cmdb/A#key", []string{"g1"}); !slices.Equal(got, want) {
		t.Errorf("a grant that is planned again passes the brake: %v", got)
	}
}

func TestTheBrakeHoldsUnderConcurrency(t *testing.T) {
	const limit = 10
	b := run.NewBrake(limit)
	var passed atomic.Int32
	var wg sync.WaitGroup
	for i := range 100 {
		wg.Go(func() {
			if b.Take(fmt.Sprintf("cmdb/A-%d#key", i), []string{"g1"}) == nil {
				passed.Add(1)
			}
		})
	}
	wg.Wait()
	if passed.Load() != limit {
		t.Errorf("%d passed, not %d", passed.Load(), limit)
	}
}
