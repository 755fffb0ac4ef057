package main

import (
	"fmt"
	"strings"
	"time"
)

// headLine is one line at the head of the summary, of which the beginning is strong.
type headLine struct{ strong, rest string }

// verdict sums up a plan or a state in a few lines.
func (t *tally) verdict() []headLine {
	var out []headLine
	add := func(line headLine) { out = append(out, line) }
	switch n := len(t.changed); {
	case t.state:
		add(headLine{fmt.Sprintf("%s in this state.", plural(t.total(), "grant")), " A state changes nothing."})
	case n == 0 && t.quiet():
		add(headLine{"No grant changes.", " Nothing else does either."})
	case n == 0:
		add(headLine{"No grant changes.", ""})
	default:
		add(headLine{fmt.Sprintf("%s of %d would change.", plural(n, "grant"), t.total()), ""})
	}
	if t.withdrawn > 0 {
		add(headLine{plural(t.withdrawn, "credential") + " that can be used now would be removed or disabled", ", counted over the whole plan."})
	}
	if t.settled > 0 {
		add(headLine{"", fmt.Sprintf("For %s, only the memory, the mark of held facts or the policy document changes.", plural(t.settled, "grant"))})
	}
	return out
}

// head is the verdict with what a page shows in figures.
func (t *tally) head() []headLine {
	out := append(t.verdict(), headLine{"", t.outlook()})
	at := "Planned at "
	if t.state {
		at = "Read at "
	}
	line := at + stamp(t.now)
	if t.version != "" {
		line += " with version " + t.version
	}
	line += "."
	if t.next != "" {
		line += " The schedule changes a grant next at " + t.next + "."
	}
	return append(out, headLine{"", line})
}

// outlook says how much waits and how much falls due.
func (t *tally) outlook() string {
	parts := []string{
		fmt.Sprintf("%d waiting for somebody", len(t.waiting)),
		fmt.Sprintf("%d due within %d days", len(t.dueSoon()), soon),
		fmt.Sprintf("%d within %d days", len(t.events), later),
	}
	if n := len(t.exceptions); n > 0 {
		parts = append(parts, plural(n, "exception")+" in force")
	}
	return strings.Join(parts, ", ") + "."
}

func stamp(at time.Time) string { return at.UTC().Format(time.RFC3339) }

// why returns the gravest sentence about a grant.
func (e entry) why() string {
	if e.after == nil || len(e.after.Because) == 0 {
		return none
	}
	return e.after.reasons()[0].Message
}

// asked names those to ask about a grant that waits.
func (t *tally) asked(w wait) string {
	if len(w.asks) == 0 {
		return none
	}
	out := make([]string, len(w.asks))
	for i, key := range w.asks {
		out[i] = t.names.of(key)
	}
	return strings.Join(out, " or ")
}
