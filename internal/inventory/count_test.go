package inventory_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/inventory"
	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

var errShrank = errors.New("the list shrank")

// judge notes what is counted, and refuses the lists that are named.
func judge(inv *inventory.Inventory, refused ...string) func() []string {
	var mu sync.Mutex
	var counts []string
	inv.Count = func(_ context.Context, name string, list system.Capability, records int) error {
		mu.Lock()
		defer mu.Unlock()
		counts = append(counts, fmt.Sprintf("%s/%s %d", name, list, records))
		if slices.Contains(refused, name+"/"+string(list)) {
			return errShrank
		}
		return nil
	}
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		slices.Sort(counts)
		return slices.Clone(counts)
	}
}

// sized is a system that reads its lists whole.
type sized struct {
	*systemtest.Fake

	records, people int
}

func (s sized) Size(_ context.Context, c system.Capability) (int, error) {
	if c == system.CanReadPeople {
		return s.people, nil
	}
	return s.records, nil
}

func TestListsAreCountedOnce(t *testing.T) {
	seed := estate(100)
	cmdb := systemtest.NewPaged("cmdb", seed, pageSize, 0, system.CanReadAssets, system.CanReadTasks)
	inv := mustNew(t, nil, cmdb, sized{systemtest.NewFake("whole", seed), 100, 90})
	counts := judge(inv)
	if failed := plan(t, inv, 0, 100, wrongAsset); len(failed) != 0 {
		t.Errorf("failed: %v", failed)
	}
	for range 2 {
		if _, err := inv.Asset(t.Context(), lifecycle.Ref{System: "whole", ID: asset(1)}); err != nil {
			t.Fatal(err)
		}
		if _, err := inv.Resolve(t.Context(), "whole/p00001"); err != nil {
			t.Fatal(err)
		}
	}
	if got := counts(); !slices.Equal(got, []string{"cmdb/assets 100", "whole/assets 100", "whole/people 90"}) {
		t.Errorf("counted %q", got)
	}
}

// A list that is too short answers nothing, whether it was listed or read whole.
func TestAListThatIsTooShortIsUnavailable(t *testing.T) {
	seed := estate(100)
	cmdb := systemtest.NewPaged("cmdb", seed, pageSize, 0, system.CanReadAssets)
	inv := mustNew(t, []string{"whole"}, cmdb, sized{systemtest.NewFake("whole", seed), 100, 90})
	judge(inv, "cmdb/assets", "whole/people")
	var failed int
	for i := range 60 {
		if _, err := inv.Asset(t.Context(), lifecycle.Ref{System: "cmdb", ID: asset(i)}); errors.Is(err, errShrank) {
			failed++
		}
	}
	if failed != 60-singles {
		t.Errorf("%d look-ups failed, want all after the %d single reads", failed, singles)
	}
	if _, err := inv.Records(t.Context(), "cmdb"); !errors.Is(err, errShrank) {
		t.Errorf("the list gives %v", err)
	}
	for _, key := range []string{"p00001", "nobody"} {
		if found, err := inv.Resolve(t.Context(), key); !errors.Is(err, errShrank) || len(found) > 0 {
			t.Errorf("%s is %v, %v", key, found, err)
		}
	}
	if found, err := inv.Members(t.Context(), lifecycle.Person{Directory: "whole", ID: "t00000", Kind: lifecycle.KindTeam}); !errors.Is(err, errShrank) || len(found) > 0 {
		t.Errorf("the members are %v, %v", found, err)
	}
}
