package inventory_test

import (
	"context"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/inventory"
	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

// office is an asset system and two directories.
func office() (cmdb, corp, partners *systemtest.Fake) {
	cmdb = systemtest.NewFake("cmdb", systemtest.Seed{
		Records: []lifecycle.Record{
			{ID: "B", Owners: []string{"bob"}},
			{ID: "A", Owners: []string{"ann"}},
			{ID: "T", Owners: []string{"t-pay"}},
			{ID: "A2", Owners: []string{"ann", "nobody", ""}},
			{ID: "A", Name: "again", Owners: []string{"ann"}},
		},
		Tasks: map[string][]lifecycle.Task{"A": {{ID: "17", Kind: lifecycle.TaskOffboarding}}},
	}, system.CanReadAssets, system.CanReadTasks)
	corp = systemtest.NewFake("corp", systemtest.Seed{People: []lifecycle.Person{
		{ID: "1", Username: "ann", Status: lifecycle.PersonActive, Kind: lifecycle.KindEmployee, Manager: "cam", Teams: []string{"t-pay"}},
		{ID: "2", Username: "bob", Status: lifecycle.PersonLeft, Kind: lifecycle.KindEmployee, Manager: "cam", Teams: []string{"t-pay"}},
		{ID: "3", Username: "cam", Status: lifecycle.PersonLeaving, Kind: lifecycle.KindEmployee, Teams: []string{"t-pay"}},
		{ID: "4", Username: "1", Status: lifecycle.PersonActive, Kind: lifecycle.KindEmployee},
		{ID: "t-pay", Status: lifecycle.PersonActive, Kind: lifecycle.KindTeam},
	}}, system.CanReadPeople)
	partners = systemtest.NewFake("partners", systemtest.Seed{People: []lifecycle.Person{
		{ID: "p1", Username: "ann", Status: lifecycle.PersonActive, Kind: lifecycle.KindVendor},
		{ID: "p2", Username: "vic", Status: lifecycle.PersonActive, Kind: lifecycle.KindVendor},
	}}, system.CanReadPeople)
	return cmdb, corp, partners
}

func mustNew(t *testing.T, directories []string, systems ...system.System) *inventory.Inventory {
	t.Helper()
	inv, err := inventory.New(systems, directories)
	if err != nil {
		t.Fatal(err)
	}
	return inv
}

func question(id string) lifecycle.Question {
	return lifecycle.Question{Asset: lifecycle.Ref{System: "cmdb", ID: id}}
}

func holders(people []lifecycle.Person) []string {
	var out []string
	for _, p := range people {
		out = append(out, p.Holder())
	}
	return out
}

func TestFacts(t *testing.T) {
	cmdb, corp, partners := office()
	inv := mustNew(t, []string{"corp", "partners"}, cmdb, corp, partners)
	q := question("A2")
	q.Declared.Owner = "vic"
	q.Evidence = []lifecycle.Claim{{Name: "tag", Owner: "corp/t-pay"}}
	facts, err := inv.Facts(t.Context(), q, nil)
	if err != nil {
		t.Fatal(err)
	}
	got := make(map[string][]string)
	for key, people := range facts.People {
		got[key] = holders(people)
	}
	want := map[string][]string{"ann": {"corp/1"}, "nobody": nil, "vic": {"partners/p2"}, "corp/t-pay": {"corp/t-pay"}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	// Ann is active, Cam is leaving but still there, Bob has left.
	if want := map[string]int{"corp/t-pay": 2}; !maps.Equal(facts.ActiveMembers, want) {
		t.Errorf("active members: got %v, want %v", facts.ActiveMembers, want)
	}
	if len(facts.Records) != 1 || len(facts.Tasks) != 0 {
		t.Errorf("got %+v", facts)
	}
}

func TestFactsOfDuplicateAndAbsentAssets(t *testing.T) {
	cmdb, corp, _ := office()
	inv := mustNew(t, nil, cmdb, corp)
	facts, err := inv.Facts(t.Context(), question("A"), &lifecycle.Rules{})
	if err != nil || len(facts.Records) != 2 || len(facts.Tasks) != 1 {
		t.Errorf("got %+v, %v", facts, err)
	}
	q := question("none")
	q.Declared.Owner = "ann"
	facts, err = inv.Facts(t.Context(), q, &lifecycle.Rules{})
	if err != nil || len(facts.Records) != 0 || len(facts.People["ann"]) != 1 {
		t.Errorf("got %+v, %v", facts, err)
	}
}

// Successors are looked up where the owner may be going, and only there.
func TestSuccessors(t *testing.T) {
	rules := &lifecycle.Rules{Classes: map[string]lifecycle.Class{"": {LifecycleOwner: "vic"}}}
	for id, wanted := range map[string]bool{"B": true, "A2": true, "A": false} {
		cmdb, corp, partners := office()
		inv := mustNew(t, []string{"corp", "partners"}, cmdb, corp, partners)
		q := question(id)
		q.Successors = []string{"corp/4"}
		facts, err := inv.Facts(t.Context(), q, rules)
		if err != nil {
			t.Fatal(err)
		}
		for _, key := range []string{"corp/4", "cam", "t-pay", "vic"} {
			if _, asked := facts.People[key]; asked != wanted {
				t.Errorf("%s: %q looked up: %t, want %t", id, key, asked, wanted)
			}
		}
		if n, counted := facts.ActiveMembers["corp/t-pay"]; counted != wanted || wanted && n != 2 {
			t.Errorf("%s: %d active members", id, n)
		}
	}
}

// Whether a team needs a successor depends on its members, so they are counted
// before successors are looked up.
func TestTeamWithMembersNeedsNoSuccessor(t *testing.T) {
	cmdb, corp, partners := office()
	inv := mustNew(t, []string{"corp", "partners"}, cmdb, corp, partners)
	q := question("T")
	q.Successors = []string{"vic"}
	facts, err := inv.Facts(t.Context(), q, &lifecycle.Rules{})
	if _, asked := facts.People["vic"]; err != nil || asked {
		t.Errorf("asked %t, %v", asked, err)
	}
}

func TestResolve(t *testing.T) {
	_, corp, partners := office()
	inv := mustNew(t, []string{"corp", "partners"}, corp, partners)
	for key, want := range map[string][]string{
		"ann": {"corp/1"}, " ANN ": {"corp/1"}, "vic": {"partners/p2"}, "partners/ann": {"partners/p1"}, "corp/vic": nil,
		"1": {"corp/1", "corp/4"}, "corp/1": {"corp/1"}, "elsewhere/ann": nil, "corp/": nil, "": nil,
	} {
		found, err := inv.Resolve(t.Context(), key)
		if err != nil || !slices.Equal(holders(found), want) {
			t.Errorf("Resolve(%q) = %v, %v; want %v", key, holders(found), err, want)
		}
	}
	if slices.ContainsFunc(partners.Calls(), func(call string) bool { return call == "Person 1" || call == "Person vic/" }) {
		t.Errorf("partners was asked for what corp knows: %v", partners.Calls())
	}
	if found, err := mustNew(t, nil).Resolve(t.Context(), "ann"); err != nil || found != nil {
		t.Errorf("no directory: got %v, %v", found, err)
	}
}

// A directory that fails may hold the owner: a later one must not answer for it.
func TestUnavailableDirectoryIsNoAnswer(t *testing.T) {
	cmdb, corp, partners := office()
	corp.Fail("Person", systemtest.Unavailable("down"))
	inv := mustNew(t, []string{"corp", "partners"}, cmdb, corp, partners)
	if found, err := inv.Resolve(t.Context(), "vic"); !errors.Is(err, fault.ErrUnavailable) || found != nil {
		t.Errorf("got %v, %v", found, err)
	}
	if len(partners.Calls()) != 0 {
		t.Errorf("partners was asked: %v", partners.Calls())
	}
	facts, err := inv.Facts(t.Context(), question("A"), nil)
	if !errors.Is(err, fault.ErrUnavailable) || facts.Records != nil || facts.People != nil {
		t.Errorf("got %+v, %v", facts, err)
	}
	if found, err := inv.Resolve(t.Context(), "partners/vic"); err != nil || len(found) != 1 {
		t.Errorf("a directory that is not concerned: got %v, %v", found, err)
	}
}

func TestEveryFailureEndsFacts(t *testing.T) {
	for _, call := range []string{"Asset T", "Tasks T", "Person t-pay", "Members t-pay"} {
		cmdb, corp, _ := office()
		cmdb.Fail(call, systemtest.Unavailable("down"))
		corp.Fail(call, systemtest.Unavailable("down"))
		facts, err := mustNew(t, nil, cmdb, corp).Facts(t.Context(), question("T"), &lifecycle.Rules{})
		if !errors.Is(err, fault.ErrUnavailable) || !reflect.DeepEqual(facts, lifecycle.Facts{}) {
			t.Errorf("%s: got %+v, %v", call, facts, err)
		}
	}
}

func TestRecords(t *testing.T) {
	cmdb, _, _ := office()
	inv := mustNew(t, nil, cmdb)
	records, err := inv.Records(t.Context(), "cmdb")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range records {
		got = append(got, r.ID+r.Name)
	}
	if want := []string{"A", "Aagain", "A2", "B", "T"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	cut, _, _ := office()
	cut.Fail("Assets cut", systemtest.Unavailable("cut"))
	if records, err := mustNew(t, nil, cut).Records(t.Context(), "cmdb"); !errors.Is(err, fault.ErrUnavailable) || records != nil {
		t.Errorf("got %v, %v", records, err)
	}
}

// Everything in a run is planned from one snapshot, and each question is asked
// once.
func TestOneSnapshot(t *testing.T) {
	cmdb, corp, partners := office()
	inv := mustNew(t, []string{"corp", "partners"}, cmdb, corp, partners)
	_, release := cmdb.Hold("Asset A")
	var wg sync.WaitGroup
	for range 30 {
		wg.Go(func() {
			if _, err := inv.Facts(t.Context(), question("A"), &lifecycle.Rules{}); err != nil {
				t.Error(err)
			}
			if _, err := inv.Records(t.Context(), "cmdb"); err != nil {
				t.Error(err)
			}
		})
	}
	release()
	wg.Wait()
	cmdb.Fail("Asset", systemtest.Unavailable("down"))
	corp.Fail("Person", systemtest.Unavailable("down"))
	if _, err := inv.Facts(t.Context(), question("A"), &lifecycle.Rules{}); err != nil {
		t.Errorf("the snapshot did not hold: %v", err)
	}
	calls := append(cmdb.Calls(), corp.Calls()...)
	slices.Sort(calls)
	if want := []string{"Asset A", "Assets", "Person ann", "Tasks A"}; !slices.Equal(calls, want) {
		t.Errorf("asked %v, want %v", calls, want)
	}
}

func TestFailuresAreRemembered(t *testing.T) {
	cmdb, _, _ := office()
	cmdb.Fail("Asset", systemtest.Unavailable("down"))
	inv := mustNew(t, nil, cmdb)
	_, first := inv.Facts(t.Context(), question("A"), nil)
	cmdb.Fail("Asset", nil)
	if _, second := inv.Facts(t.Context(), question("A"), nil); first == nil || !errors.Is(second, first) {
		t.Errorf("got %v, then %v", first, second)
	}
}

func TestCancellation(t *testing.T) {
	cmdb, corp, _ := office()
	inv := mustNew(t, nil, cmdb, corp)
	reached, release := cmdb.Hold("Asset A")
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-reached
		cancel()
	}()
	if _, err := inv.Facts(ctx, question("A"), nil); !errors.Is(err, context.Canceled) || errors.Is(err, fault.ErrUnavailable) {
		t.Errorf("got %v", err)
	}
	release()
	if facts, err := inv.Facts(t.Context(), question("A"), nil); err != nil || len(facts.Records) != 2 {
		t.Errorf("poisoned by another's cancellation: %+v, %v", facts, err)
	}
}

func TestSystems(t *testing.T) {
	cmdb, corp, partners := office()
	inv := mustNew(t, nil, partners, cmdb, corp)
	if got, want := inv.Systems(), []string{"cmdb", "corp", "partners"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if !inv.HasSystem("corp") || inv.HasSystem("nope") {
		t.Error("HasSystem does not know the systems")
	}
	if found, err := inv.Resolve(t.Context(), "ann"); err != nil || !slices.Equal(holders(found), []string{"corp/1"}) {
		t.Errorf("without directories, names decide the order: got %v, %v", holders(found), err)
	}
}

func TestMisconfiguration(t *testing.T) {
	cmdb, corp, _ := office()
	two, _, _ := office()
	slash := systemtest.NewFake("a/b", systemtest.Seed{})
	newOf := func(directories []string, systems ...system.System) error {
		inv, err := inventory.New(systems, directories)
		if inv != nil {
			t.Error("an inventory besides an error")
		}
		return err
	}
	inv := mustNew(t, nil, cmdb, corp)
	_, elsewhere := inv.Facts(t.Context(), lifecycle.Question{Asset: lifecycle.Ref{System: "cmbd", ID: "A"}}, nil)
	_, noAssets := inv.Records(t.Context(), "corp")
	for _, c := range []struct {
		err  error
		want string
	}{
		{newOf(nil, cmdb, two), `Two systems are named "cmdb".`},
		{newOf(nil, slash), `The system name "a/b" is empty or holds a slash.`},
		{newOf([]string{"crop"}, cmdb, corp), `Name one of the systems in the provider block: "cmdb", "corp".`},
		{newOf([]string{"cmdb"}, cmdb, corp), `List systems that have people: "corp".`},
		{newOf([]string{"corp", "corp"}, cmdb, corp), `The system "corp" is listed twice in directories.`},
		{elsewhere, `No system named "cmbd", which the asset names, is configured.`},
		{noAssets, `Name a system that does: "cmdb".`},
	} {
		var f *fault.Fault
		if !errors.As(c.err, &f) || !errors.Is(c.err, fault.ErrConfig) || !strings.Contains(f.Detail(), c.want) {
			t.Errorf("got %v, want %s", c.err, c.want)
		}
	}
}
