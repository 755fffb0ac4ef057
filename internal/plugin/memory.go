package plugin

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

const (
	// garbagePercent lets the heap grow further between collections than Go's
	// default: a provider process lives for one command, and thousands of grants
	// are planned in it (DESIGN.md, Cost).
	garbagePercent = 400

	// leastLimit is how much memory the process may take before it collects more often
	// than that.
	leastLimit = 96 << 20
	// limitOfLive is how often what is in use fits into the limit at least. The limit
	// grows with what is in use, for to collect all the time would save nothing.
	limitOfLive = 3
)

// tuneMemory sets when garbage is collected, unless the environment does: seldom while
// there is little, so that many instances cost little time, and in time for thousands
// of them not to cost much memory.
func tuneMemory(lookup func(string) (string, bool)) {
	for _, name := range []string{"GOGC", "GOMEMLIMIT"} {
		if v, _ := lookup(name); v != "" {
			return
		}
	}
	debug.SetGCPercent(garbagePercent)
	debug.SetMemoryLimit(leastLimit)
	afterCollection(func() { debug.SetMemoryLimit(memoryLimit(liveMemory())) })
}

// memoryLimit is the limit where so much is in use.
func memoryLimit(live uint64) int64 {
	return max(leastLimit, int64(min(live, 1<<50))*limitOfLive)
}

// liveMemory returns how much the last collection found in use.
func liveMemory() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	if sample[0].Value.Kind() != metrics.KindUint64 {
		return 0
	}
	return sample[0].Value.Uint64()
}

// afterCollection does something after each collection from now on.
func afterCollection(do func()) {
	// What holds a pointer shares its memory with no other object.
	runtime.AddCleanup(new([1]*byte), func(do func()) {
		afterCollection(do) // first, or the next collection could come before it and be missed
		do()
	}, do)
}
