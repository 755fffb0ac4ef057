package main

// class says what a plan does to the access that a grant gives, so that a pipeline can
// let pass what is safe and ask for the rest.
type class string

// The classes, the mildest first.
const (
	keeps   class = "keeps"   // every credential stays as it is
	adds    class = "adds"    // a credential comes where there was none
	rotates class = "rotates" // a new credential comes beside another, or in its place
	reduces class = "reduces" // a credential ends earlier, or goes while another stays
	cuts    class = "cuts"    // the last credential goes, or is disabled
)

var classes = []class{keeps, adds, rotates, reduces, cuts}

// class returns what the change does to credentials that can be used at an instant.
func (g grantChange) class(now string) class {
	before, after := enabled(g.before, now), enabled(g.after, now)
	if g.replaced { // a credential of the same key is another one
		for key := range before {
			delete(after, key)
		}
	}
	gone, fresh, earlier := 0, 0, g.before != nil && g.after != nil && g.before.Status != "lapsing" && g.after.Status == "lapsing"
	for key, was := range before {
		is, stays := after[key]
		switch {
		case !stays:
			gone++
		case is.ExpiresAt != "" && (was.ExpiresAt == "" || is.ExpiresAt < was.ExpiresAt):
			earlier = true
		}
	}
	for key := range after {
		if _, was := before[key]; !was {
			fresh++
		}
	}
	if g.replaced && g.after != nil {
		fresh += len(enabled(g.after, now)) - len(after)
	}
	switch {
	case fresh > 0 && len(before) == 0:
		return adds
	case fresh > 0:
		return rotates
	case gone > 0 && len(after) == 0:
		return cuts
	case gone > 0 || earlier:
		return reduces
	}
	return keeps
}

// enabled returns the credentials that can be used at an instant.
func enabled(g *grant, now string) map[string]generation {
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
