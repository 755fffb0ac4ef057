package main

import (
	"cmp"
	"slices"
)

// group is what a plan does for one person on one asset.
type group struct {
	person, asset string // with their names
	entries       []entry
}

// groups puts the grants that change together by person and asset. The person whose
// gravest change is the gravest comes first.
func (t *tally) groups() []group {
	gravest := map[string]int{}
	for _, e := range t.changed {
		person := t.person(e)
		gravest[person] = max(gravest[person], e.weight())
	}
	sorted := slices.Clone(t.changed)
	slices.SortStableFunc(sorted, func(a, b entry) int {
		x, y := t.person(a), t.person(b)
		return cmp.Or(cmp.Compare(gravest[y], gravest[x]), cmp.Compare(x, y), cmp.Compare(t.assetOf(a), t.assetOf(b)), graver(a, b))
	})
	var out []group
	for _, e := range sorted {
		person, asset := t.person(e), t.assetOf(e)
		if n := len(out); n > 0 && out[n-1].person == person && out[n-1].asset == asset {
			out[n-1].entries = append(out[n-1].entries, e)
			continue
		}
		out = append(out, group{person, asset, []entry{e}})
	}
	return out
}

// person names those for whom a grant is, and those for whom it was.
func (t *tally) person(e entry) string {
	person := t.names.of(e.holder())
	if before := e.passed(); before != "" {
		person += ", before " + t.names.of(before)
	}
	return person
}

func (t *tally) assetOf(e entry) string { return t.names.of(e.asset()) }

// sentence is why some grants of a group are as they are after the plan.
type sentence struct {
	reason
	of []entry
}

// sentences returns what is said of the grants of a group, each sentence once.
func (g *group) sentences() []sentence {
	var out []sentence
	for _, e := range g.entries {
		if e.after == nil || e.after.Would != "" { // the list of what is only observed says why
			continue
		}
		for _, r := range e.after.reasons() {
			if i := slices.IndexFunc(out, func(s sentence) bool { return s.reason == r }); i >= 0 {
				out[i].of = append(out[i].of, e)
				continue
			}
			out = append(out, sentence{r, []entry{e}})
		}
	}
	return out
}

// happens says what a plan does to the grant: to its credentials, else to its facts.
func (e entry) happens() string {
	if text := e.credentials(); text != "" {
		return text
	}
	return cmp.Or(e.facts, none)
}
