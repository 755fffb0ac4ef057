package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// none is shown where there is no value.
const none = "–"

// unknownYet is shown where a value is known only after apply.
const unknownYet = "known after apply"

// entry is a grant on both sides of a plan. In a state both sides are the same.
type entry struct {
	address       string
	before, after *grant
	replaced      bool
	facts         string // those that move, in words
}

// side returns the grant after the plan, or before one that destroys it.
func (e entry) side() *grant {
	switch {
	case e.after != nil:
		return e.after
	case e.before != nil:
		return e.before
	}
	return &grant{}
}

// asset returns the key of the asset, "" while it is not known.
func (e entry) asset() string { return e.side().facts.Asset }

// holder returns the keys of those for whom the access is.
func (e entry) holder() string {
	for _, g := range []*grant{e.after, e.before} {
		if g == nil {
			continue
		}
		if holder := cmp.Or(g.Holder, g.facts.Holder); holder != "" {
			return holder
		}
	}
	return ""
}

// passed returns the keys of those for whom the access was, where the plan gives it to
// others.
func (e entry) passed() string {
	if e.before == nil || e.after == nil || e.before.Holder == e.after.Holder {
		return ""
	}
	return e.before.Holder
}

func status(g *grant) string {
	if g.Status == "" {
		return unknownYet
	}
	return g.Status
}

// severity orders statuses, mildest first.
var severity = []string{"", "active", "expired", "review", "lapsing", "blocked", "revoked"}

func rank(status string) int { return slices.Index(severity, status) }

func (e entry) weight() int {
	if e.after == nil {
		return 0
	}
	return rank(e.after.Status)
}

// graver orders entries, the gravest first.
func graver(a, b entry) int {
	return cmp.Or(cmp.Compare(b.weight(), a.weight()), cmp.Compare(a.address, b.address))
}

// transition says in words from which status to which a grant goes.
func (e entry) transition() string {
	before, after := "new", "destroyed"
	if e.before != nil {
		before = status(e.before)
	}
	if e.after != nil {
		after = status(e.after)
	}
	if before == after {
		return after
	}
	return before + " → " + after
}

// withdrawn counts the enabled credentials that a change takes away, as the brake
// does: not an end that the state announced, and not what revoke_generations names.
func (e entry) withdrawn(now time.Time) int {
	if e.before == nil {
		return 0
	}
	n := 0
	for key, was := range e.before.Generations {
		stays, named := false, false
		if e.after != nil {
			stays = e.after.Generations[key].Enabled && !e.replaced
			named = slices.Contains(e.after.Revoked, key)
		}
		if was.Enabled && !stays && !named && !was.ended(now) {
			n++
		}
	}
	return n
}

// credentials says what happens to the generations, "" if nothing does.
func (e entry) credentials() string {
	before, after := &grant{}, &grant{}
	if e.before != nil {
		before = e.before
	}
	if e.after != nil {
		after = e.after
	}
	var out []string
	for _, key := range keys(before.Generations, after.Generations) {
		was, existed := before.Generations[key]
		is, exists := after.Generations[key]
		retires := slices.Contains(after.memory.Retiring, key) && !slices.Contains(before.memory.Retiring, key)
		var text string
		switch {
		case existed && exists && e.replaced:
			text = "is issued again under the same key"
		case existed && exists && was.Enabled == is.Enabled && retires:
			text = "is retiring" + until(is)
		default:
			text = fate(was, is, existed, exists)
		}
		if text != "" {
			out = append(out, key+" "+text)
		}
	}
	if after.Status == "lapsing" {
		out = append(out, "the last one ends at "+cmp.Or(after.lastEnd(), unknownYet))
	}
	return strings.Join(out, "; ")
}

// lastEnd returns when the last credential that can be used ends.
func (g *grant) lastEnd() string {
	last := ""
	for _, one := range g.Generations {
		if one.Enabled {
			last = max(last, one.ExpiresAt)
		}
	}
	return last
}

func fate(was, is generation, existed, exists bool) string {
	switch {
	case existed && !exists:
		return "is removed"
	case !existed && is.Enabled:
		return "is issued" + until(is)
	case !existed:
		return "is issued, disabled"
	case was.Enabled && !is.Enabled:
		return "is disabled"
	case !was.Enabled && is.Enabled:
		return "is enabled again" + until(is)
	case was.ExpiresAt == "" && is.ExpiresAt != "":
		return "gets an end: it lasts" + until(is)
	case is.ExpiresAt == "" && was.ExpiresAt != "":
		return "has no end any more"
	case was.ExpiresAt != is.ExpiresAt:
		return "is shortened" + until(is)
	default:
		return ""
	}
}

func until(g generation) string {
	if g.ExpiresAt == "" {
		return ""
	}
	return " until " + g.ExpiresAt
}

// keys returns the generation keys of both sides, oldest first.
func keys(before, after map[string]generation) []string {
	all := maps.Clone(before)
	if all == nil {
		all = map[string]generation{}
	}
	maps.Copy(all, after)
	return slices.SortedFunc(maps.Keys(all), func(a, b string) int {
		return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
	})
}

// did says in words what a plan does to another resource.
func did(c *change) string {
	switch {
	case c.is("delete") && c.is("create"):
		return "replaced"
	case c.is("delete"):
		return "destroyed"
	case c.is("create"):
		return "created"
	case c.is("forget"):
		return "forgotten, not destroyed"
	case c.is("update"):
		return cmp.Or(c.switched(), "updated")
	default:
		return strings.Join(c.Change.Actions, ", ")
	}
}

// switched says whether the plan enables or disables an account, "" for anything else.
func (c *change) switched() string {
	if c.Type != "custody_account" {
		return ""
	}
	type account struct {
		Enabled bool `json:"enabled"`
	}
	before, err := decode[account](c.Change.Before)
	if err != nil || before == nil {
		return ""
	}
	after, err := decode[account](c.Change.After)
	switch {
	case err != nil || after == nil || before.Enabled == after.Enabled:
		return ""
	case after.Enabled:
		return "enabled"
	default:
		return "disabled"
	}
}

// harm orders what happens to other resources: what is removed comes first.
func harm(c *change) int {
	switch {
	case c.is("delete") && c.is("create"):
		return 3
	case c.is("delete"), c.is("forget"), c.switched() == "disabled":
		return 4
	case c.is("create"):
		return 2
	default:
		return 1
	}
}

func plural(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}
