package main

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// event is what happens to a grant at one instant by itself.
type event struct {
	entry
	at    time.Time
	kinds []string
}

// The kinds of events.
const (
	endOfGeneration = "credential_ends"
	endOfException  = "exception_ends"
	endOfOwner      = "owner_ends"
	endOfAsset      = "asset_retires"
	enforcement     = "policy_enforced"
	schedule        = "schedule" // none of the others says why
)

// saidOf says in words what a kind of event is.
var saidOf = map[string]string{
	endOfGeneration: "A credential ends",
	endOfException:  "The exception ends",
	endOfOwner:      "The owner's last day ends",
	endOfAsset:      "The asset retires",
	enforcement:     "The policy is enforced from here on",
	schedule:        "The schedule changes the grant",
}

// said says in words what happens.
func (v event) said() string {
	parts := make([]string, len(v.kinds))
	for i, kind := range v.kinds {
		parts[i] = saidOf[kind]
		if kind == schedule {
			parts[i] = scheduled(v.after)
		}
		if i > 0 {
			parts[i] = strings.ToLower(parts[i][:1]) + parts[i][1:]
		}
	}
	return strings.Join(parts, "; ")
}

// scheduled says what the schedule does next, as far as the status tells.
func scheduled(g *grant) string {
	switch {
	case g.Status == "active" && len(g.Because) == 0:
		return "Renewal or recertification"
	case g.Status == "review":
		return "Renewal, or what follows a review without an answer"
	}
	return saidOf[schedule]
}

// eventsOf returns what happens to a grant between two instants by itself, and what
// its schedule should have done before them.
func eventsOf(e entry, now, end time.Time) []event {
	g := e.after
	if g == nil {
		return nil
	}
	next, scheduled := instant(g.NextChangeAt)
	var out []event
	note := func(text, kind string) {
		at, ok := instant(text)
		if !ok || at.After(end) || (!at.After(now) && !(scheduled && at.Equal(next))) {
			return
		}
		if i := slices.IndexFunc(out, func(v event) bool { return v.at.Equal(at) }); i < 0 {
			out = append(out, event{entry: e, at: at, kinds: []string{kind}})
		} else if !slices.Contains(out[i].kinds, kind) && kind != schedule {
			out[i].kinds = append(out[i].kinds, kind)
		}
	}
	for _, key := range keys(g.Generations, nil) {
		if one := g.Generations[key]; one.Enabled && (slices.Contains(g.memory.Retiring, key) || g.Status == "lapsing") {
			note(one.ExpiresAt, endOfGeneration)
		}
	}
	if x := g.memory.Exception; x != nil && x.EndedAt == "" {
		note(x.ExpiresAt, endOfException)
	}
	if len(g.Generations) > 0 {
		note(g.facts.OwnerEndDate, endOfOwner)
		note(g.facts.RetirementDate, endOfAsset)
	}
	note(g.memory.EnforceFrom, enforcement)
	note(g.NextChangeAt, schedule)
	return out
}

// dueSoon returns the events of the first days.
func (t *tally) dueSoon() []event {
	end := t.now.AddDate(0, 0, soon)
	n := len(t.events)
	if i := slices.IndexFunc(t.events, func(v event) bool { return v.at.After(end) }); i >= 0 {
		n = i
	}
	return t.events[:n]
}

// sooner orders events.
func sooner(a, b event) int {
	return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.address, b.address))
}
