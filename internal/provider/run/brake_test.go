package run_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/run"
)

func limited(n int) run.Limits { return run.Limits{Revocations: &n} }

func taking(grant string, keys ...string) run.Effect {
	return run.Effect{Grant: grant, Enabled: keys, Withdrawn: keys}
}

func TestTheBrakeCountsASet(t *testing.T) {
	b := run.NewBrake(limited(2), nil)
	for range 3 {
		if got := b.Count(taking("cmdb/A#key", "g1", "g2")); got != nil {
			t.Fatalf("the same two credentials were stopped: %v", got)
		}
	}
	if got := b.Count(run.Effect{Grant: "cmdb/B#key", Enabled: []string{"g1"}}); got != nil {
		t.Errorf("a grant that loses nothing was stopped: %v", got)
	}
	want := []string{"cmdb/A#key g1", "cmdb/A#key g2", "cmdb/B#key g1"}
	if got := b.Count(taking("cmdb/B#key", "g1")); got == nil || !slices.Equal(got.Affected, want) {
		t.Errorf("%v was listed, not %v", got, want)
	}
	if got := b.Count(taking("cmdb/A#key", "g1")); got == nil {
		t.Error("a grant that is planned again passes the brake")
	}
}

// Accounts have a count of their own: a leaver whose credential and account go with
// one grant counts once in each.
func TestTheBrakeCountsAccountsApart(t *testing.T) {
	b := run.NewBrake(limited(2), nil)
	for _, id := range []string{"a", "b"} {
		if stop := b.Count(taking("cmdb/"+id+"#key", "g1")); stop != nil {
			t.Errorf("a credential was stopped: %v", stop)
		}
		for range 2 {
			if stop := b.CountAccount("corp/"+id, true); stop != nil {
				t.Errorf("an account was stopped: %v", stop)
			}
		}
	}
	if stop := b.CountAccount("corp/c", false); stop != nil {
		t.Errorf("an account that is kept was stopped: %v", stop)
	}
	stop := b.CountAccount("corp/d", true)
	if stop == nil || !slices.Equal(stop.Affected, []string{"corp/a", "corp/b", "corp/d"}) || !strings.Contains(stop.Fault().Happened, "takes away 3 enabled accounts") {
		t.Errorf("got %+v", stop)
	}
	unlimited := run.NewBrake(limited(run.NoLimit), nil)
	for i := range 100 {
		if stop := unlimited.CountAccount(fmt.Sprint(i), true); stop != nil {
			t.Fatal("it was stopped without a limit")
		}
	}
}

func TestTheBrakeHoldsUnderConcurrency(t *testing.T) {
	const limit = 10
	b := run.NewBrake(limited(limit), nil)
	var passed atomic.Int32
	var wg sync.WaitGroup
	for i := range 100 {
		wg.Go(func() {
			if b.Count(taking(fmt.Sprintf("cmdb/A-%d#key", i), "g1")) == nil {
				passed.Add(1)
			}
		})
	}
	wg.Wait()
	if passed.Load() != limit {
		t.Errorf("%d passed, not %d", passed.Load(), limit)
	}
}

// TestTheDefaultLimit holds the figures of the default: a fifth of what there is,
// between 3 and 25.
func TestTheDefaultLimit(t *testing.T) {
	for _, c := range []struct {
		name   string
		assets int
		listed int // 0: not known
		want   int
		says   string
	}{
		{"a handful", 4, 4, 3, "a fifth of the 4 records"},
		{"a small organisation", 24, 24, 4, "a fifth of the 24 records"},
		{"a list that is not known", 60, 0, 12, "a fifth of the 60 credentials and assets"},
		{"few grants of a large inventory", 24, 10000, 4, "a fifth of the 24 credentials and assets"},
		{"a large organisation", 5000, 9000, 25, "the smaller of 25"},
		{"not yet much seen, but the list is known", 2, 60, 12, "a fifth of the 60 records"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := run.NewBrake(run.Limits{}, func() (int, bool) { return c.listed, c.listed > 0 })
			for i := range c.assets {
				b.Assessed(lifecycle.Ref{System: "cmdb", ID: fmt.Sprint(i)})
			}
			for i := range c.want {
				if got := b.Count(taking(fmt.Sprintf("cmdb/%d#key", i), "g1")); got != nil {
					t.Fatalf("credential %d was stopped: %+v", i+1, got)
				}
			}
			got := b.Count(taking("cmdb/last#key", "g1"))
			if got == nil || got.Limit != c.want || !strings.Contains(got.Why, c.says) {
				t.Errorf("%+v", got)
			}
		})
	}
}

func TestNoLimitAllowsADestroy(t *testing.T) {
	b := run.NewBrake(limited(run.NoLimit), nil)
	for i := range 500 {
		if b.Count(taking(fmt.Sprintf("cmdb/%d#key", i), "g1")) != nil {
			t.Fatal("stopped without a limit")
		}
	}
}

func TestRotationsAreCountedApart(t *testing.T) {
	two := 2
	b := run.NewBrake(run.Limits{Rotations: &two}, nil)
	for i := range 3 {
		got := b.Count(run.Effect{Grant: fmt.Sprintf("cmdb/%d#key", i), Enabled: []string{"g1"}, Rotated: "g2"})
		if (got != nil) != (i == 2) {
			t.Fatalf("rotation %d: %+v", i, got)
		}
		if got != nil && (got.Argument != "rotations" || got.Limit != 2) {
			t.Errorf("%+v", got)
		}
	}
	if got := b.Count(taking("cmdb/9#key", "g1")); got != nil {
		t.Errorf("rotations count as revocations: %+v", got)
	}
}

func TestTwoGrantsOfOneID(t *testing.T) {
	kept, issued := run.Planned{Prior: true, Config: "a"}, run.Planned{Config: "a"}
	for _, c := range []struct {
		name  string
		plans []run.Planned
		want  bool
	}{
		{"one", []run.Planned{kept}, false},
		{"replaced", []run.Planned{kept, issued}, false},
		{"two new ones", []run.Planned{issued, issued}, true},
		{"two in the state", []run.Planned{kept, kept}, true},
		{"another one beside it", []run.Planned{kept, {Config: "b"}}, true},
	} {
		b := run.NewBrake(run.Limits{}, nil)
		twice := false
		for _, p := range c.plans {
			twice = b.Twice("cmdb/A#key", p)
		}
		if twice != c.want {
			t.Errorf("%s: %t", c.name, twice)
		}
	}
}
