package systemtest_test

import (
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

func TestPagedFakeConforms(t *testing.T) {
	failing := func(call string) systemtest.Make {
		return func(_ *testing.T, seed systemtest.Seed) system.System {
			p := systemtest.NewPaged("cmdb", seed, 2, 0)
			p.Fail(call, &fault.Fault{Kind: fault.ErrUnavailable, Summary: "s", Happened: "h", Advice: "a"})
			return p
		}
	}
	healthy := func(_ *testing.T, seed systemtest.Seed) system.System { return systemtest.NewPaged("cmdb", seed, 2, 0) }
	for c, method := range map[system.Capability]string{
		system.CanReadAssets: "Assets", system.CanReadPeople: "People", system.CanReadTasks: "Tasks",
	} {
		systemtest.Lists(t, systemtest.Harness{Healthy: healthy, Broken: map[string]systemtest.Make{
			"at once":  failing(method + " page 1"),
			"half-way": failing(method + " page 2"),
		}}, c)
	}
}

func TestListingOf(t *testing.T) {
	p := systemtest.NewPaged("cmdb", systemtest.Seed{}, 7, 0, system.CanReadAssets)
	p.Listings[system.CanReadTasks] = system.Listing{PageSize: 7}
	for c, want := range map[system.Capability]int{system.CanReadAssets: 7, system.CanReadPeople: 0, system.CanReadTasks: 0, "nothing": 0} {
		if got := system.ListingOf(p, c); got.PageSize != want {
			t.Errorf("%s: got %+v, want a page of %d", c, got, want)
		}
	}
	if got := system.ListingOf(p.Fake, system.CanReadAssets); got != (system.Listing{}) {
		t.Errorf("no lister: got %+v", got)
	}
}
