package inventory_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/inventory"
	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

const (
	pageSize = 500
	latency  = 50 * time.Millisecond
	// singles is what the doc comment of system.Allowance promises, spare the probes.
	singles = 24
	// parallel is how many single reads a system has to answer at a time; each of
	// its lists comes on top.
	parallel = 8
	// workers is how much Terraform does at a time.
	workers = 10
)

// estate is n assets, each with an owner of its own and every tenth with a task;
// every hundredth belongs to a team instead.
func estate(n int) systemtest.Seed {
	seed := systemtest.Seed{Tasks: make(map[string][]lifecycle.Task)}
	for i := range n {
		owner := lifecycle.Person{ID: fmt.Sprintf("p%05d", i), Email: fmt.Sprintf("p%05d@example.org", i), Kind: lifecycle.KindEmployee, Status: lifecycle.PersonActive}
		if i%100 == 0 {
			owner = lifecycle.Person{ID: fmt.Sprintf("t%05d", i), Kind: lifecycle.KindTeam, Status: lifecycle.PersonActive}
		} else {
			owner.Teams = []string{fmt.Sprintf("t%05d", i-i%100)}
		}
		seed.People = append(seed.People, owner)
		id := asset(i)
		seed.Records = append(seed.Records, lifecycle.Record{ID: id, Owners: []string{owner.ID}})
		if i%10 == 0 {
			seed.Tasks[id] = []lifecycle.Task{{ID: fmt.Sprint(i), Kind: lifecycle.TaskOffboarding}}
		}
	}
	return seed
}

func asset(i int) string { return fmt.Sprintf("A%05d", i) }

// plan asks as Terraform does: several at a time, and as many in all as it is
// told. It returns the errors by asset.
func plan(t *testing.T, inv *inventory.Inventory, from, to int, unexpected func(int, *lifecycle.Facts) string) map[string]error {
	t.Helper()
	var mu sync.Mutex
	failed := make(map[string]error)
	next := make(chan int)
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for i := range next {
				facts, err := inv.Facts(t.Context(), question(asset(i)), nil)
				mu.Lock()
				if err != nil {
					failed[asset(i)] = err
				} else if problem := unexpected(i, &facts); problem != "" {
					t.Errorf("%s: %s", asset(i), problem)
				}
				mu.Unlock()
			}
		})
	}
	for i := from; i < to; i++ {
		next <- i
	}
	close(next)
	wg.Wait()
	return failed
}

// wrongAsset compares the record of an asset with estate.
func wrongAsset(i int, facts *lifecycle.Facts) string {
	if len(facts.Records) != 1 || facts.Records[0].ID != asset(i) {
		return fmt.Sprintf("got the records %+v", facts.Records)
	}
	return ""
}

// wrongAssetOrTask compares its tasks as well.
func wrongAssetOrTask(i int, facts *lifecycle.Facts) string {
	if len(facts.Tasks) == 1 != (i%10 == 0) {
		return fmt.Sprintf("got the tasks %+v", facts.Tasks)
	}
	return wrongAsset(i, facts)
}

// wrong compares everything.
func wrong(i int, facts *lifecycle.Facts) string {
	if problem := wrongAssetOrTask(i, facts); problem != "" {
		return problem
	}
	owner := facts.Records[0].Owners[0]
	switch {
	case len(facts.People[owner]) != 1:
		return fmt.Sprintf("got the owners %+v", facts.People)
	case i%100 == 0 && facts.ActiveMembers["cmdb/"+owner] != 99:
		return fmt.Sprintf("got the members %+v", facts.ActiveMembers)
	}
	return ""
}

func count(calls []string, prefix string) int {
	n := 0
	for _, call := range calls {
		if strings.HasPrefix(call, prefix) {
			n++
		}
	}
	return n
}

func pagesOf(calls []string) int {
	n := 0
	for _, call := range calls {
		if strings.Contains(call, " page ") {
			n++
		}
	}
	return n
}

// The figures that the issue asks for: 10,000 assets of 50 ms each.
func TestTenThousandAssets(t *testing.T) {
	const n = 10_000
	for _, c := range []struct {
		name  string
		caps  []system.Capability
		pages int
		check func(int, *lifecycle.Facts) string
	}{
		{"assets", []system.Capability{system.CanReadAssets}, 20, wrongAsset},
		{"assets and tasks", []system.Capability{system.CanReadAssets, system.CanReadTasks}, 22, wrongAssetOrTask},
		{"assets, people and tasks", nil, 42, wrong},
	} {
		t.Run(c.name, func(t *testing.T) {
			seed := estate(n)
			synctest.Test(t, func(t *testing.T) {
				cmdb := systemtest.NewPaged("cmdb", seed, pageSize, latency, c.caps...)
				inv := mustNew(t, nil, cmdb)
				begun := time.Now() //nolint:forbidigo // virtual time
				if failed := plan(t, inv, 0, n, c.check); len(failed) != 0 {
					t.Errorf("%d failed", len(failed))
				}
				took := time.Since(begun) //nolint:forbidigo // virtual time
				calls := cmdb.Calls()
				pages := pagesOf(calls)
				if pages != c.pages || len(calls)-pages > singles {
					t.Errorf("%d pages and %d single reads, want %d and at most %d", pages, len(calls)-pages, c.pages, singles)
				}
				if bound := time.Duration(c.pages+singles) * latency; took > bound {
					t.Errorf("it took %s, more than %s", took, bound)
				}
				if peak := cmdb.MostAtOnce(); peak > parallel+len(cmdb.Listings) {
					t.Errorf("%d calls at a time", peak)
				}
				t.Logf("%d assets: %d pages + %d single reads in %s", n, pages, len(calls)-pages, took)
			})
		})
	}
}

func TestThreeBindingsAreThreeSingleReads(t *testing.T) {
	cmdb := systemtest.NewPaged("cmdb", estate(10_000), pageSize, 0, system.CanReadAssets)
	corp := systemtest.NewFake("corp", estate(10), system.CanReadPeople)
	inv := mustNew(t, nil, cmdb, corp)
	for range 2 { // Read and plan
		for i := range 3 {
			if _, err := inv.Facts(t.Context(), question(asset(i)), nil); err != nil {
				t.Fatal(err)
			}
		}
	}
	if got, want := cmdb.Calls(), []string{"Asset A00000", "Asset A00001", "Asset A00002"}; !slices.Equal(got, want) {
		t.Errorf("asked %v, want %v", got, want)
	}
	whole := systemtest.NewPaged("cmdb", estate(10_000), pageSize, 0)
	if failed := plan(t, mustNew(t, nil, whole), 1, 4, wrong); len(failed) != 0 {
		t.Errorf("failed: %v", failed)
	}
	calls := whole.Calls()
	if len(calls) != 9 || count(calls, "Asset A") != 3 || count(calls, "Tasks A") != 3 || count(calls, "Person p") != 3 {
		t.Errorf("with owners and tasks: asked %v", calls)
	}
}

// The switch comes at the same place whatever is known of the list, but a list
// that is known to be short comes sooner, and one that is known to be too large
// never.
func TestThreshold(t *testing.T) {
	for held, want := range map[int]int{0: 24, 1: 8, 4_000: 8, 4_001: 9, 7_501: 16, 12_000: 24, 100_000: 24, 100_001: 60} {
		cmdb := systemtest.NewPaged("cmdb", estate(60), pageSize, 0, system.CanReadAssets)
		cmdb.Listings[system.CanReadAssets] = system.Listing{PageSize: pageSize, Count: held}
		if got, listed := readAll(t, cmdb); got != want || got != 60 && !listed {
			t.Errorf("count %d: %d single reads, want %d", held, got, want)
		}
	}
}

// readAll looks up each asset of an estate of 60. It returns how many were read
// singly, and whether the list came right after these.
func readAll(t *testing.T, cmdb *systemtest.Paged) (single int, listed bool) {
	t.Helper()
	inv := mustNew(t, nil, cmdb)
	for i := range 60 {
		if _, err := inv.Asset(t.Context(), lifecycle.Ref{System: "cmdb", ID: asset(i)}); err != nil {
			t.Fatal(err)
		}
	}
	calls := cmdb.Calls()
	single = count(calls, "Asset A")
	return single, len(calls) > single && calls[single] == "Assets page 1"
}

// A system that does not say that it lists is read singly for ever.
func TestWithoutListing(t *testing.T) {
	cmdb := systemtest.NewFake("cmdb", estate(100))
	if failed := plan(t, mustNew(t, nil, cmdb), 0, 100, wrong); len(failed) != 0 {
		t.Errorf("failed: %v", failed)
	}
	if got := count(cmdb.Calls(), "Asset A"); got != 100 || count(cmdb.Calls(), "Assets") != 0 {
		t.Errorf("%d single reads", got)
	}
}

// What a complete list does not show is proven absent, at no further cost.
func TestAbsentFromList(t *testing.T) {
	cmdb := systemtest.NewPaged("cmdb", estate(100), pageSize, 0)
	inv := mustNew(t, nil, cmdb)
	plan(t, inv, 0, 100, wrong)
	before := len(cmdb.Calls())
	for i := 100; i < 200; i++ {
		facts, err := inv.Facts(t.Context(), question(asset(i)), nil)
		if err != nil || len(facts.Records)+len(facts.Tasks) != 0 {
			t.Fatalf("got %+v, %v", facts, err)
		}
	}
	for _, key := range []string{"", " ", "nobody", "p00001 x"} {
		if found, err := inv.Resolve(t.Context(), key); err != nil || len(found) != 0 {
			t.Errorf("Resolve(%q) = %+v, %v", key, found, err)
		}
	}
	for _, key := range []string{" P00001 ", "p00001@EXAMPLE.org", "cmdb/p00001"} {
		if found, err := inv.Resolve(t.Context(), key); err != nil || !slices.Equal(holders(found), []string{"cmdb/p00001"}) {
			t.Errorf("Resolve(%q) = %+v, %v", key, found, err)
		}
	}
	if after := len(cmdb.Calls()); after != before {
		t.Errorf("asked again: %v", cmdb.Calls()[before:])
	}
}

// A list that hides entries proves nothing: what is missing is read singly, once.
func TestListThatHides(t *testing.T) {
	cmdb := systemtest.NewPaged("cmdb", estate(100), pageSize, 0)
	cmdb.Hidden[asset(50)], cmdb.Hidden["p00051"] = true, true
	for c, l := range cmdb.Listings {
		l.Hides = c != system.CanReadTasks
		cmdb.Listings[c] = l
	}
	inv := mustNew(t, nil, cmdb)
	plan(t, inv, 1, 100, wrong)
	for range 3 {
		if facts, err := inv.Facts(t.Context(), question("A00100"), nil); err != nil || len(facts.Records) != 0 {
			t.Errorf("got %+v, %v", facts, err)
		}
	}
	calls := cmdb.Calls()
	for _, call := range []string{"Asset A00050", "Asset A00100", "Person p00051"} {
		if got := count(calls, call); got != 1 {
			t.Errorf("%d times %s", got, call)
		}
	}
	if got := len(calls) - pagesOf(calls); got != singles+3 {
		t.Errorf("%d single reads, want %d", got, singles+3)
	}
}

// A list that lacks what was read singly before hides more than the system says.
func TestListThatContradictsSingleReads(t *testing.T) {
	cmdb := systemtest.NewPaged("cmdb", estate(100), pageSize, 0, system.CanReadAssets)
	cmdb.Hidden[asset(3)], cmdb.Hidden[asset(70)] = true, true
	inv := mustNew(t, nil, cmdb)
	for i := range 101 {
		records, err := inv.Asset(t.Context(), lifecycle.Ref{System: "cmdb", ID: asset(i)})
		if err != nil || len(records) == 1 != (i < 100) {
			t.Errorf("%s: got %+v, %v", asset(i), records, err)
		}
	}
	if calls := cmdb.Calls(); count(calls, "Asset A") != singles+2 || count(calls, "Asset A00070") != 1 {
		t.Errorf("asked %v", calls)
	}
}

// A list that fails, at once or half-way, is not replaced by a storm of single
// reads, and nothing of it counts.
func TestFailingList(t *testing.T) {
	for _, method := range []string{"Assets", "People", "Tasks"} {
		for _, page := range []string{" page 1", " page 2"} {
			cmdb := systemtest.NewPaged("cmdb", estate(100), 4, 0)
			cmdb.Fail(method+page, systemtest.Unavailable("down"))
			inv := mustNew(t, nil, cmdb)
			failed := plan(t, inv, 0, 100, wrong)
			if len(failed) < 100-singles {
				t.Errorf("%s%s: only %d failed", method, page, len(failed))
			}
			for id, err := range failed {
				if !errors.Is(err, fault.ErrUnavailable) {
					t.Errorf("%s: %v", id, err)
				}
			}
			cmdb.Fail(method+page, nil)
			before := len(cmdb.Calls())
			plan(t, inv, 0, 100, wrong)
			if calls := cmdb.Calls(); len(calls) != before || count(calls, method+" page 1") != 1 || len(calls)-pagesOf(calls) > singles {
				t.Errorf("%s%s: asked %v", method, page, calls)
			}
		}
	}
}

// Single reads go on only if the system itself says that it does not list.
func TestRefusedList(t *testing.T) {
	cmdb := systemtest.NewPaged("cmdb", estate(100), 4, 0)
	refused := &fault.Fault{Kind: fault.ErrUnavailable, Summary: "s", Happened: "h", Err: fmt.Errorf("no right: %w", system.ErrCannotList)}
	for _, method := range []string{"Assets", "People", "Tasks"} {
		cmdb.Fail(method+" page 1", refused)
	}
	inv := mustNew(t, nil, cmdb)
	if failed := plan(t, inv, 0, 100, wrong); len(failed) != 0 {
		t.Errorf("failed: %v", failed)
	}
	calls := cmdb.Calls()
	if pagesOf(calls) != 3 || count(calls, "Asset A") != 100 || count(calls, "Person ") != 100 || count(calls, "Tasks A") != 100 {
		t.Errorf("asked %v", calls)
	}
	if records, err := inv.Records(t.Context(), "cmdb"); !errors.Is(err, system.ErrCannotList) || records != nil {
		t.Errorf("whoever wants the list: got %v, %v", records, err)
	}
}

// Records and look-ups share one list, whoever comes first.
func TestRecordsShareTheList(t *testing.T) {
	cmdb := systemtest.NewPaged("cmdb", estate(100), pageSize, 0, system.CanReadAssets)
	inv := mustNew(t, nil, cmdb)
	for range 2 {
		if records, err := inv.Records(t.Context(), "cmdb"); err != nil || len(records) != 100 {
			t.Fatalf("got %d records, %v", len(records), err)
		}
	}
	plan(t, inv, 0, 100, wrongAsset)
	if got, want := cmdb.Calls(), []string{"Assets page 1"}; !slices.Equal(got, want) {
		t.Errorf("asked %v, want %v", got, want)
	}
}

// A list that is too large to be kept is given up, and single reads go on. Whoever
// asks for all records gets them all.
func TestTooLargeList(t *testing.T) {
	const n = 100_001
	var seed systemtest.Seed
	for i := range n {
		seed.Records = append(seed.Records, lifecycle.Record{ID: fmt.Sprintf("A%06d", i)})
	}
	cmdb := systemtest.NewPaged("cmdb", seed, 50_000, 0, system.CanReadAssets)
	inv := mustNew(t, nil, cmdb)
	for i := range 40 {
		ref := lifecycle.Ref{System: "cmdb", ID: seed.Records[i].ID}
		if records, err := inv.Asset(t.Context(), ref); err != nil || len(records) != 1 {
			t.Fatalf("got %+v, %v", records, err)
		}
	}
	if calls := cmdb.Calls(); count(calls, "Asset A") != 40 || pagesOf(calls) != 3 {
		t.Errorf("asked %v", calls)
	}
	if records, err := inv.Records(t.Context(), "cmdb"); err != nil || len(records) != n {
		t.Errorf("got %d records, %v", len(records), err)
	}
}

// Somebody who gives up while everybody waits for the list takes nothing from
// the others; when all have given up, the list ends, and a later look-up begins
// it again.
func TestCancellationWhileListing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cmdb := systemtest.NewPaged("cmdb", estate(100), 40, 0, system.CanReadAssets)
		inv := mustNew(t, nil, cmdb)
		plan(t, inv, 0, singles, wrongAsset)
		ask := func(ctx context.Context, i int, answer chan<- error) {
			records, err := inv.Asset(ctx, lifecycle.Ref{System: "cmdb", ID: asset(i)})
			if err == nil && len(records) != 1 {
				err = fmt.Errorf("got %d records", len(records))
			}
			answer <- err
		}
		_, release := cmdb.Hold("Assets page 2")
		first, second := make(chan error, 1), make(chan error, 1)
		ctx, cancel := context.WithCancel(t.Context())
		go ask(ctx, 50, first)
		synctest.Wait()
		cancel()
		if err := <-first; !errors.Is(err, context.Canceled) || errors.Is(err, fault.ErrUnavailable) {
			t.Errorf("got %v", err)
		}
		synctest.Wait() // the abandoned list ends
		ctx, cancel = context.WithCancel(t.Context())
		go ask(ctx, 51, first)
		go ask(t.Context(), 52, second)
		synctest.Wait()
		cancel()
		if err := <-first; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		release()
		if err := <-second; err != nil {
			t.Errorf("poisoned by another's cancellation: %v", err)
		}
		for _, i := range []int{50, 51} {
			if ask(t.Context(), i, second); <-second != nil {
				t.Errorf("%s was not read after its cancellation", asset(i))
			}
		}
		if calls := cmdb.Calls(); count(calls, "Assets page 1") != 2 || count(calls, "Assets page 3") != 1 || count(calls, "Asset A") != singles {
			t.Errorf("asked %v", calls)
		}
	})
}

// No more than a few single reads are under way in a system, and somebody who
// waits for a turn can give up.
func TestCancellationWhileWaitingForTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cmdb := systemtest.NewPaged("cmdb", estate(100), 40, time.Hour, system.CanReadAssets)
		inv := mustNew(t, nil, cmdb)
		var wg sync.WaitGroup
		ask := func(ctx context.Context, i int, want error) {
			wg.Go(func() {
				if _, err := inv.Asset(ctx, lifecycle.Ref{System: "cmdb", ID: asset(i)}); !errors.Is(err, want) {
					t.Errorf("got %v, want %v", err, want)
				}
			})
		}
		for i := range parallel {
			ask(t.Context(), i, nil)
		}
		synctest.Wait()
		ctx, cancel := context.WithCancel(t.Context())
		for i := range parallel {
			ask(ctx, parallel+i, context.Canceled)
		}
		synctest.Wait()
		cancel()
		wg.Wait()
		if calls, peak := len(cmdb.Calls()), cmdb.MostAtOnce(); calls != parallel || peak != parallel {
			t.Errorf("%d calls, %d at a time; want %d", calls, peak, parallel)
		}
	})
}
