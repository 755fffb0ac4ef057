package policy

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
)

// settings compares the durations and the required fields of the documents.
func (c *comparison) settings() {
	r, b := c.rules, c.base
	for _, d := range []struct {
		name         string
		got, want    time.Duration
		longerMilder bool
	}{
		{"stale_after", r.StaleAfter, b.StaleAfter, true},
		{"exception_max", r.ExceptionMax, b.ExceptionMax, true},
		{"lead_time", r.LeadTime, b.LeadTime, false},
		{"review_deadline", r.ReviewDeadline, b.ReviewDeadline, true},
		{"unused_after", r.UnusedAfter, b.UnusedAfter, true},
	} {
		if d.got != d.want {
			c.add((d.got > d.want) == d.longerMilder, false, "%s is %s instead of %s.", d.name, FormatDuration(d.got), FormatDuration(d.want))
		}
	}
	for _, f := range b.Required {
		if !slices.Contains(r.Required, f) {
			c.add(true, false, "A record may lack %s.", f)
		}
	}
	for _, f := range r.Required {
		if !slices.Contains(b.Required, f) {
			c.add(false, false, "A record must state %s.", f)
		}
	}
}

// confidence compares which records are acted on without a review: of all sets of
// signals that a record can lack, the smallest one is named on which the documents
// disagree.
func (c *comparison) confidence() {
	const sets = 1 << lifecycle.NumSignals
	lacking := make([][]lifecycle.Signal, 0, sets)
	for set := range sets {
		var signals []lifecycle.Signal
		for s := range lifecycle.NumSignals {
			if set&(1<<s) != 0 {
				signals = append(signals, s)
			}
		}
		lacking = append(lacking, signals)
	}
	slices.SortStableFunc(lacking, func(a, b []lifecycle.Signal) int { return len(a) - len(b) })
	for _, milder := range []bool{true, false} {
		i := slices.IndexFunc(lacking, func(signals []lifecycle.Signal) bool {
			got, want := reaches(c.rules, signals), reaches(c.base, signals)
			return got != want && got != milder
		})
		if i < 0 {
			continue
		}
		names := make([]string, len(lacking[i]))
		for j, s := range lacking[i] {
			names[j] = s.String()
		}
		how := map[bool]string{true: "is reviewed instead of acted on at once", false: "is acted on at once instead of reviewed"}
		c.add(milder, false, "A record that lacks %s %s.", enumerate(names), how[milder])
	}
}

// reaches reports whether a record that lacks the signals is acted on without a
// review.
func reaches(r *lifecycle.Rules, lacking []lifecycle.Signal) bool {
	total := 0
	for s := range lifecycle.NumSignals {
		if !slices.Contains(lacking, s) {
			total += r.Points[s]
		}
	}
	return min(total, 100) >= r.AutomateAt
}

// classes compares what the classes are bound to. A class that the base does
// not map is not compared, because the finding asks to map it.
func (c *comparison) classes() {
	keys := slices.Sorted(maps.Keys(c.rules.Classes)) // which has those of the base too
	for _, key := range keys {
		class := strings.ReplaceAll(key, "*", "~") // one that it matches and that no key names
		got, want := c.rules.ClassOf(class).BoundTo, c.base.ClassOf(class).BoundTo
		if got == want || want == lifecycle.BoundToUnclassified {
			continue
		}
		milder := want == lifecycle.BoundToPerson
		if got == lifecycle.BoundToUnclassified {
			c.add(milder, milder, "Assets of class %s are unclassified instead of bound to a %s.", key, want)
			continue
		}
		c.add(milder, milder, "Assets of class %s are bound to a %s instead of a %s.", key, got, want)
	}
}
