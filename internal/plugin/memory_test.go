package plugin

import (
	"runtime"
	"runtime/debug"
	"testing"
)

func TestTheMemoryLimitGrowsWithWhatIsInUse(t *testing.T) {
	for live, want := range map[uint64]int64{0: leastLimit, 10 << 20: leastLimit, 100 << 20: 300 << 20} {
		if got := memoryLimit(live); got != want {
			t.Errorf("%d MB in use: %d MB", live>>20, got>>20)
		}
	}
	if got := memoryLimit(1 << 63); got <= 0 {
		t.Errorf("the limit is %d", got)
	}
	if live := liveMemory(); live > 1<<40 {
		t.Errorf("%d bytes are in use", live)
	}
}

func TestTheEnvironmentSetsTheMemory(t *testing.T) {
	percent, limit := debug.SetGCPercent(77), debug.SetMemoryLimit(-1)
	t.Cleanup(func() { debug.SetGCPercent(percent) })
	for _, name := range []string{"GOGC", "GOMEMLIMIT"} {
		tuneMemory(func(asked string) (string, bool) { return map[string]string{name: "50"}[asked], asked == name })
	}
	if got := debug.SetGCPercent(77); got != 77 {
		t.Errorf("the percentage is %d", got)
	}
	if got := debug.SetMemoryLimit(-1); got != limit {
		t.Errorf("the limit is %d", got)
	}
}

func TestEachCollectionIsHeardOf(t *testing.T) {
	heard := make(chan struct{}, 1)
	afterCollection(func() {
		select {
		case heard <- struct{}{}:
		default: // it goes on after this test, and must not keep other clean-ups waiting
		}
	})
	for range 3 {
		runtime.GC()
		select {
		case <-heard:
		case <-t.Context().Done():
			t.Fatal("a collection was not heard of")
		}
	}
}
