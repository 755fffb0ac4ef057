package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// none stands where there is no value.
const none = "–"

// unknownYet stands where a value is known after apply only.
const unknownYet = "known after apply"

// grantChange is a grant that the plan changes.
type grantChange struct {
	address       string
	before, after *grant
	replaced      bool
}

// tally is what a plan comes to.
type tally struct {
	before, after map[string]int // grants by status
	changed       []grantChange
	settled       int // grants of which nothing changes but what they remember and which policy decides
	withdrawn     int // enabled credentials that go or are disabled
	worklist      []grantChange
	waiting       []grantChange // for which somebody has to do something
	scheduled     []grantChange // with a next change
	next          string        // the first instant at which the schedule changes a grant
	bindings      []bindingChange
	others        []change
}

func count(p *plan) (*tally, error) {
	t := &tally{before: map[string]int{}, after: map[string]int{}}
	touched := map[string]bool{} // assets of the grants that change
	for i := range p.Changes {
		c := &p.Changes[i]
		switch {
		case c.Mode != "managed":
		case c.Type == "custody_grant":
			if err := t.grant(c, p.Timestamp, touched); err != nil {
				return nil, err
			}
		case !c.custody() && c.moves():
			t.others = append(t.others, *c)
		}
	}
	if err := t.driftOf(p, touched); err != nil {
		return nil, err
	}
	slices.SortStableFunc(t.changed, func(a, b grantChange) int {
		return cmp.Or(cmp.Compare(weight(b), weight(a)), cmp.Compare(a.address, b.address))
	})
	slices.SortStableFunc(t.worklist, func(a, b grantChange) int {
		return cmp.Or(cmp.Compare(rank(b.after.Would), rank(a.after.Would)), cmp.Compare(a.address, b.address))
	})
	slices.SortStableFunc(t.waiting, func(a, b grantChange) int {
		return cmp.Or(cmp.Compare(weight(b), weight(a)), cmp.Compare(a.address, b.address))
	})
	slices.SortStableFunc(t.others, func(a, b change) int {
		return cmp.Or(cmp.Compare(harm(&b), harm(&a)), cmp.Compare(a.Address, b.Address))
	})
	return t, nil
}

func (t *tally) grant(c *change, now string, touched map[string]bool) error {
	before, after, err := c.grants()
	if err != nil {
		return err
	}
	if before != nil {
		t.before[status(before)]++
	}
	if after != nil {
		t.after[status(after)]++
		if n := after.NextChangeAt; n != "" && (t.next == "" || n < t.next) {
			t.next = n
		}
	}
	g := grantChange{c.Address, before, after, c.is("delete") && c.is("create")}
	if after != nil && after.NextChangeAt != "" {
		t.scheduled = append(t.scheduled, g)
	}
	if after != nil && waits(after) {
		t.waiting = append(t.waiting, g)
	}
	if after != nil && after.Would != "" {
		t.worklist = append(t.worklist, g)
	}
	switch settled, err := settled(c); {
	case err != nil:
		return err
	case !c.moves():
		return nil
	case settled:
		t.settled++
		return nil
	}
	t.withdrawn += g.withdrawn(now)
	t.changed = append(t.changed, g)
	for _, g := range []*grant{before, after} {
		if g != nil {
			touched[g.Binding.Asset] = true
		}
	}
	return nil
}

func status(g *grant) string {
	if g.Status == "" {
		return unknownYet
	}
	return g.Status
}

// bookkeeping are the attributes of a grant that say nothing about the access: what
// it remembers, and by which documents it was decided.
var bookkeeping = []string{"memory", "next_change_at", "policy", "policy_digest"}

// settled reports whether the plan updates nothing of a grant but its bookkeeping.
func settled(c *change) (bool, error) {
	if !c.is("update") {
		return false, nil
	}
	before, err := decode[map[string]json.RawMessage](c.Change.Before)
	if err != nil || before == nil {
		return false, err
	}
	after, err := decode[map[string]json.RawMessage](c.Change.After)
	if err != nil || after == nil {
		return false, err
	}
	for _, side := range []map[string]json.RawMessage{*before, *after} {
		for _, name := range bookkeeping {
			delete(side, name)
		}
	}
	return maps.EqualFunc(*before, *after, func(a, b json.RawMessage) bool { return bytes.Equal(a, b) }), nil
}

// withdrawn counts the enabled credentials that a change takes away, as the brake
// does: not an end that the state announced, and not what revoke_generations names.
func (g grantChange) withdrawn(now string) int {
	if g.before == nil {
		return 0
	}
	n := 0
	for key, was := range g.before.Generations {
		stays, named := false, false
		if g.after != nil {
			stays = g.after.Generations[key].Enabled && !g.replaced
			named = slices.Contains(g.after.Revoked, key)
		}
		if was.Enabled && !stays && !named && !was.ended(now) {
			n++
		}
	}
	return n
}

// ended reports whether a credential has expired at an instant.
func (g generation) ended(now string) bool {
	end, err := time.Parse(time.RFC3339, g.ExpiresAt)
	at, noInstant := time.Parse(time.RFC3339, now)
	return err == nil && noInstant == nil && !at.Before(end)
}

// severity orders statuses, mildest first.
var severity = []string{"", "active", "expired", "review", "lapsing", "blocked", "revoked"}

func rank(status string) int { return slices.Index(severity, status) }

func weight(g grantChange) int {
	if g.after == nil {
		return 0
	}
	return rank(g.after.Status)
}

// harm orders what happens to other resources: what goes away comes first.
func harm(c *change) int {
	switch {
	case c.is("delete") && c.is("create"):
		return 3
	case c.is("delete"), c.is("forget"):
		return 4
	case c.is("create"):
		return 2
	default:
		return 1
	}
}

// transition says in words from which status to which a grant goes.
func (g grantChange) transition() string {
	before, after := "new", "destroyed"
	if g.before != nil {
		before = status(g.before)
	}
	if g.after != nil {
		after = status(g.after)
	}
	if before == after {
		return after
	}
	return before + " → " + after
}

func (g grantChange) holder() string {
	for _, side := range []*grant{g.after, g.before} {
		if side != nil && side.Holder != "" {
			return side.Holder
		}
	}
	return none
}

// credentials says what happens to the generations.
func (g grantChange) credentials() string {
	before, after := map[string]generation{}, map[string]generation{}
	if g.before != nil {
		before = g.before.Generations
	}
	if g.after != nil {
		after = g.after.Generations
	}
	var out []string
	for _, key := range keys(before, after) {
		was, existed := before[key]
		is, exists := after[key]
		if existed && exists && g.replaced {
			out = append(out, key+" is issued again under the same key")
			continue
		}
		if text := fate(was, is, existed, exists); text != "" {
			out = append(out, key+" "+text)
		}
	}
	if g.after != nil && g.after.Status == "lapsing" {
		out = append(out, "the last one ends at "+cmp.Or(g.after.ExpiresAt, unknownYet))
	}
	if len(out) == 0 {
		return none
	}
	return strings.Join(out, "; ")
}

func fate(was, is generation, existed, exists bool) string {
	switch {
	case existed && !exists:
		return "goes away"
	case !existed && is.Enabled:
		return "is issued" + until(is)
	case !existed:
		return "is issued, disabled"
	case was.Enabled && !is.Enabled:
		return "is disabled"
	case !was.Enabled && is.Enabled:
		return "is enabled again" + until(is)
	case was.State != is.State:
		return "is " + is.State + until(is)
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
		return "updated"
	default:
		return strings.Join(c.Change.Actions, ", ")
	}
}

func plural(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}
