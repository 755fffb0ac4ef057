package main

import (
	"slices"
	"time"
)

// class says what a plan does to the access that a grant gives, so that a pipeline can
// let pass what is safe and ask for the rest.
type class string

// The classes, the mildest first.
const (
	keeps   class = "keeps"   // every credential stays as it is
	adds    class = "adds"    // a credential is created where there was none
	rotates class = "rotates" // a new credential is created beside another, or replaces it
	reduces class = "reduces" // a credential ends earlier, or is removed while another stays
	cuts    class = "cuts"    // the last credential is removed or disabled
)

// classes are in the order of what a reader has to look at first.
var classes = []class{keeps, adds, rotates, reduces, cuts}

// class returns what the change does to credentials that can be used at an instant.
func (e entry) class(now time.Time) class {
	before, after := enabled(e.before, now), enabled(e.after, now)
	gone, fresh := less(before, after), less(after, before)
	if e.replaced { // a credential of the same key is another one
		gone, fresh = len(before), len(after)
	}
	switch {
	case fresh > 0 && len(before) == 0:
		return adds
	case fresh > 0:
		return rotates
	case gone > 0 && len(after) == 0:
		return cuts
	case gone > 0 || e.shortened(before, after):
		return reduces
	}
	return keeps
}

// worst returns the class that the gravest change has, keeps if there is none.
func worst(counts map[class]int) class {
	for _, c := range slices.Backward(classes) {
		if counts[c] > 0 {
			return c
		}
	}
	return keeps
}

// less returns how many credentials of one side are not on the other.
func less(side, other map[string]generation) int {
	n := 0
	for key := range side {
		if _, there := other[key]; !there {
			n++
		}
	}
	return n
}

// shortened reports whether a credential ends earlier than before, or is not renewed
// any more.
func (e entry) shortened(before, after map[string]generation) bool {
	if e.before != nil && e.after != nil && e.before.Status != "lapsing" && e.after.Status == "lapsing" {
		return true
	}
	for key, was := range before {
		if is, stays := after[key]; stays && is.ExpiresAt != "" && (was.ExpiresAt == "" || is.ExpiresAt < was.ExpiresAt) {
			return true
		}
	}
	return false
}

// enabled returns the credentials that can be used at an instant.
func enabled(g *grant, now time.Time) map[string]generation {
	out := make(map[string]generation)
	if g == nil {
		return out
	}
	for key, one := range g.Generations {
		if one.Enabled && !one.ended(now) {
			out[key] = one
		}
	}
	return out
}
