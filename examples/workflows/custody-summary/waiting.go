package main

import (
	"cmp"
	"slices"
	"time"
)

// waits reports whether somebody has to do something about a grant, whether or not
// the plan changes it: review or certify it, mend the record, or give up the access.
func waits(g *grant) bool {
	switch g.Status {
	case "review", "blocked", "lapsing":
		return true
	}
	return g.Would == "" && g.Status == "active" && (g.Action == "recertify" || g.Action == "review")
}

// due returns the grants that the schedule changes within some days, the soonest
// first.
func (t *tally) due(now string, days int) []grantChange {
	at, err := time.Parse(time.RFC3339, now)
	if err != nil {
		return nil
	}
	end := at.AddDate(0, 0, days)
	var out []grantChange
	for _, g := range t.scheduled {
		if next, err := time.Parse(time.RFC3339, g.after.NextChangeAt); err == nil && !next.After(end) {
			out = append(out, g)
		}
	}
	slices.SortStableFunc(out, func(a, b grantChange) int {
		return cmp.Or(cmp.Compare(a.after.NextChangeAt, b.after.NextChangeAt), cmp.Compare(a.address, b.address))
	})
	return out
}
