package inventory_test

import (
	"slices"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/inventory"
	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

// listed returns an inventory that has gone over to the list of its directory.
func listed(t *testing.T, people []lifecycle.Person, change func(*systemtest.Paged)) (*inventory.Inventory, *systemtest.Paged) {
	t.Helper()
	corp := systemtest.NewPaged("corp", systemtest.Seed{People: people}, 3, 0, system.CanReadPeople)
	if change != nil {
		change(corp)
	}
	inv := mustNew(t, nil, corp)
	for i := range singles + 1 {
		if _, err := inv.Resolve(t.Context(), asset(i)); err != nil {
			t.Fatal(err)
		}
	}
	return inv, corp
}

func household() []lifecycle.Person {
	return []lifecycle.Person{
		{ID: "9", Username: "zoe", Kind: lifecycle.KindEmployee, Teams: []string{"t-in"}},
		{ID: "1", Username: "ann", Kind: lifecycle.KindEmployee, Teams: []string{"t-out", "t-in"}},
		{ID: "2", Username: "1", Kind: lifecycle.KindEmployee},
		{ID: "3", Username: "twin", Kind: lifecycle.KindEmployee},
		{ID: "3", Username: "other", Kind: lifecycle.KindEmployee, Teams: []string{"t-twin"}},
		{ID: "4", Username: "bad\ufffd", Kind: lifecycle.KindEmployee},
		{ID: "t-out", Kind: lifecycle.KindTeam, Teams: []string{"t-in"}},
		{ID: "t-in", Kind: lifecycle.KindTeam, Teams: []string{"t-out"}}, // each is inside the other
		{ID: "t-twin", Kind: lifecycle.KindTeam},
		{ID: "t-empty", Kind: lifecycle.KindTeam},
	}
}

func TestResolveFromList(t *testing.T) {
	inv, corp := listed(t, household(), nil)
	before := len(corp.Calls())
	for key, want := range map[string][]string{
		"ANN": {"corp/1"}, "1": {"corp/1", "corp/2"}, "corp/1": {"corp/1"}, "corp/ann": {"corp/1"},
		"other": {"corp/3", "corp/3"}, "3": {"corp/3", "corp/3"}, "bad\ufffd": nil, "none": nil, "t-out": {"corp/t-out"},
	} {
		found, err := inv.Resolve(t.Context(), key)
		if err != nil || !slices.Equal(holders(found), want) {
			t.Errorf("Resolve(%q) = %v, %v; want %v", key, holders(found), err, want)
		}
	}
	if calls := corp.Calls(); len(calls) != before {
		t.Errorf("asked again: %v", calls[before:])
	}
}

// Members come out of the list where it tells them for sure, and are asked for
// where it does not.
func TestMembersFromList(t *testing.T) {
	all := map[string][]string{"t-out": {"corp/1", "corp/9"}, "t-in": {"corp/1", "corp/9"}, "t-empty": nil}
	for name, c := range map[string]struct {
		change func(*systemtest.Paged)
		asked  []string
		teams  map[string][]string
	}{
		"told": {nil, nil, all},
		"not told": {func(p *systemtest.Paged) { p.Listings[system.CanReadPeople] = system.Listing{PageSize: 3} }, []string{"Members t-empty"},
			map[string][]string{"t-empty": nil}},
		"a member whom the list hides": {func(p *systemtest.Paged) {
			p.Hidden["9"] = true
			p.Listings[system.CanReadPeople] = system.Listing{PageSize: 3, Members: true, Hides: true}
		}, []string{"Members t-lone"}, map[string][]string{"t-lone": {"corp/9"}}},
		"an ambiguous member": {nil, []string{"Members t-twin"}, map[string][]string{"t-twin": {"corp/3"}}},
		"a team whom the list hides": {func(p *systemtest.Paged) { p.Hidden["t-empty"] = true }, []string{"Members t-empty"},
			map[string][]string{"t-empty": nil}},
	} {
		t.Run(name, func(t *testing.T) {
			people := append(household(), lifecycle.Person{ID: "t-lone", Kind: lifecycle.KindTeam})
			people[0].Teams = []string{"t-in", "t-lone"}
			inv, corp := listed(t, people, c.change)
			before := len(corp.Calls())
			for team, want := range c.teams {
				found, err := inv.Members(t.Context(), lifecycle.Person{Directory: "corp", ID: team, Kind: lifecycle.KindTeam})
				if err != nil || !slices.Equal(holders(found), want) {
					t.Errorf("%s: got %v, %v; want %v", team, holders(found), err, want)
				}
			}
			if asked := corp.Calls()[before:]; !slices.Equal(asked, c.asked) {
				t.Errorf("asked %v, want %v", asked, c.asked)
			}
		})
	}
}
