package inventory_test

import (
	"strings"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

// The dearer single reads are, the sooner comes the list. The first is made at
// any price, and what costs nothing is always read.
func TestPrices(t *testing.T) {
	for price, want := range map[int]int{0: 60, 1: 24, 2: 12, 5: 4, 6: 4, 7: 3, 24: 1, 31: 1} {
		cmdb := systemtest.NewPaged("cmdb", estate(60), pageSize, 0, system.CanReadAssets)
		cmdb.Prices = func(system.Capability, string) int { return price }
		if got, listed := readAll(t, cmdb); got != want || got != 60 && !listed {
			t.Errorf("price %d: %d single reads, want %d", price, got, want)
		}
	}
}

// All that one system is asked is paid from one budget, at the price of each.
func TestPricesAddUp(t *testing.T) {
	cmdb := systemtest.NewPaged("cmdb", estate(60), pageSize, 0)
	cmdb.Prices = func(c system.Capability, key string) int {
		switch {
		case c == system.CanReadPeople:
			return 8
		case c == system.CanReadAssets:
			return 1
		case strings.HasSuffix(key, "0"): // it has a task
			return 2
		}
		return 0
	}
	inv := mustNew(t, nil, cmdb)
	for i := 1; i < 60; i++ {
		facts, err := inv.Facts(t.Context(), question(asset(i)), nil)
		if err != nil {
			t.Fatal(err)
		}
		if problem := wrong(i, &facts); problem != "" {
			t.Errorf("%s: %s", asset(i), problem)
		}
	}
	calls := cmdb.Calls()
	// Two people and eight assets make 24; a third person would have made more.
	if people, assets, tasks := count(calls, "Person "), count(calls, "Asset A"), count(calls, "Tasks A"); people != 2 || assets != 8 || tasks != 9 {
		t.Errorf("%d people, %d assets and the tasks of %d were read singly, want 2, 8 and 9", people, assets, tasks)
	}
}

// A team has the price of its id.
func TestPriceOfTeam(t *testing.T) {
	cmdb := systemtest.NewPaged("cmdb", estate(60), pageSize, 0)
	cmdb.Prices = func(c system.Capability, key string) int {
		if c == system.CanReadPeople && key != "t00000" {
			t.Errorf("asked for the price of %q", key)
		}
		return 1
	}
	if _, err := mustNew(t, nil, cmdb).Facts(t.Context(), question(asset(0)), nil); err != nil {
		t.Fatal(err)
	}
	if calls := cmdb.Calls(); count(calls, "Members t00000") != 1 {
		t.Errorf("asked %v", calls)
	}
}

// Prices count against a list that is known to be short as well.
func TestPricesOfAShortList(t *testing.T) {
	cmdb := systemtest.NewPaged("cmdb", estate(60), pageSize, 0, system.CanReadAssets)
	cmdb.Listings[system.CanReadAssets] = system.Listing{PageSize: pageSize, Count: 60}
	cmdb.Prices = func(system.Capability, string) int { return 3 }
	plan(t, mustNew(t, nil, cmdb), 0, 60, wrongAsset)
	if got := count(cmdb.Calls(), "Asset A"); got != 2 {
		t.Errorf("%d single reads, want 2: their price adds up to more than 8 with a third", got)
	}
}
