package inventory

import (
	"slices"
	"strings"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// peopleIndex is a list of everybody in a directory, sorted by id.
type peopleIndex struct {
	entries []system.Entry
	byID    map[string][]int32
	byKey   map[string][]int32
}

func newPeopleIndex(entries []system.Entry) *peopleIndex {
	r := &peopleIndex{entries: entries, byID: make(map[string][]int32, len(entries)), byKey: make(map[string][]int32, len(entries))}
	slices.SortStableFunc(entries, func(a, b system.Entry) int { return strings.Compare(a.Person.ID, b.Person.ID) })
	for i := range entries {
		n := int32(i)
		put(r.byID, entries[i].Person.ID, n)
		for _, key := range entries[i].Keys {
			put(r.byKey, key, n)
		}
	}
	return r
}

// put adds an entry under a key, once. A key with a replaced character is not
// used.
func put(index map[string][]int32, key string, n int32) {
	if key = strings.TrimSpace(key); key == "" || system.HasReplacement(key) {
		return
	}
	key = system.Fold(key)
	if at := index[key]; len(at) == 0 || at[len(at)-1] != n {
		index[key] = append(at, n)
	}
}

// find returns the entries that a key names. If the id of an entry occurs
// several times, all entries with this id are returned, because their canonical
// name is the same.
func (r *peopleIndex) find(key string) []lifecycle.Person {
	var at []int32
	for _, n := range r.byKey[system.Fold(strings.TrimSpace(key))] {
		at = append(append(at, n), r.byID[system.Fold(r.entries[n].Person.ID)]...)
	}
	slices.Sort(at)
	var out []lifecycle.Person
	for _, n := range slices.Compact(at) {
		out = append(out, r.entries[n].Person)
	}
	return out
}

// one returns the entry with an id, if there is exactly one.
func (r *peopleIndex) one(id string) (int32, bool) {
	at := r.byID[system.Fold(strings.TrimSpace(id))]
	if len(at) != 1 {
		return 0, false
	}
	return at[0], true
}

// members returns everybody in a team and in the teams inside it, sorted by id.
// It reports false if the list is not certain: if the team or one of the members
// is not in it, or is in it twice.
func (r *peopleIndex) members(team string) ([]lifecycle.Person, bool) {
	first, ok := r.one(team)
	if !ok {
		return nil, false
	}
	var found []int32
	taken := map[int32]bool{first: true}
	for teams := []int32{first}; len(teams) > 0; teams = teams[1:] {
		for _, id := range r.entries[teams[0]].Members {
			n, ok := r.one(id)
			switch {
			case !ok:
				return nil, false
			case taken[n]:
				continue
			case r.entries[n].Person.Kind == lifecycle.KindTeam:
				teams = append(teams, n)
			default:
				found = append(found, n)
			}
			taken[n] = true
		}
	}
	slices.Sort(found)
	var out []lifecycle.Person
	for _, n := range found {
		out = append(out, r.entries[n].Person)
	}
	return out, true
}
