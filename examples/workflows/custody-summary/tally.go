package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"time"
)

// The days within which the summary says what falls due.
const (
	soon  = 7
	later = 30
)

// tally is what a plan or a state contains.
type tally struct {
	now           time.Time
	failed, state bool
	version       string
	names         names

	before, after map[string]int // grants by status
	changed       []entry
	settled       int // grants of which nothing changes but what they remember and which policy decides
	withdrawn     int // enabled credentials that are removed or disabled
	observed      []entry
	waiting       []wait
	exceptions    []waived
	events        []event
	next          string // the first instant at which the schedule changes a grant
	unread        []string
	held          []bindingChange
	moved         []bindingChange
	others        []change
}

// count reads a document. output is what the command line tool printed when it planned.
func count(d *document, now time.Time, output string) (*tally, error) {
	t := &tally{
		now: d.at(now), failed: d.Errored, state: d.state(), version: d.TerraformVersion,
		names: names{}, before: map[string]int{}, after: map[string]int{},
	}
	if d.Errored {
		return t, nil
	}
	t.unread = unavailable(output)
	touched := map[string]bool{} // assets of the grants that change
	for i := range d.Changes {
		c := &d.Changes[i]
		switch {
		case c.Mode != "managed":
		case c.Type == "custody_grant":
			if err := t.grant(c, touched); err != nil {
				return nil, err
			}
		case c.Type != "custody_binding" && c.moves():
			t.others = append(t.others, *c)
		}
	}
	if err := t.bindings(d, touched); err != nil {
		return nil, err
	}
	t.sort()
	return t, nil
}

func (t *tally) sort() {
	slices.SortStableFunc(t.changed, graver)
	slices.SortStableFunc(t.observed, func(a, b entry) int {
		return cmp.Or(cmp.Compare(rank(b.after.Would), rank(a.after.Would)), cmp.Compare(a.address, b.address))
	})
	for i := range t.waiting { // now all names are known
		t.waiting[i].asks = t.names.asked(&t.waiting[i].after.facts)
	}
	slices.SortStableFunc(t.waiting, func(a, b wait) int { return graver(a.entry, b.entry) })
	slices.SortStableFunc(t.exceptions, soonest)
	slices.SortStableFunc(t.events, sooner)
	slices.SortStableFunc(t.others, func(a, b change) int {
		return cmp.Or(cmp.Compare(harm(&b), harm(&a)), cmp.Compare(a.Address, b.Address))
	})
}

func (t *tally) grant(c *change, touched map[string]bool) error {
	before, after, err := c.grants()
	if err != nil {
		return err
	}
	e := entry{address: c.Address, before: before, after: after, replaced: c.is("delete") && c.is("create")}
	if before != nil {
		t.before[status(before)]++
		t.names.all(before.memory.Names)
		t.names.learn(&before.facts)
	}
	if after != nil {
		t.after[status(after)]++
		t.names.all(after.memory.Names)
		t.names.learn(&after.facts)
		t.standing(e)
	}
	if !c.moves() {
		return nil
	}
	settled, facts, err := compare(c)
	switch e.facts = facts; {
	case err != nil:
		return err
	case settled:
		t.settled++
		return nil
	}
	t.withdrawn += e.withdrawn(t.now)
	t.changed = append(t.changed, e)
	for _, g := range []*grant{before, after} {
		if g != nil {
			touched[g.facts.Asset] = true
		}
	}
	return nil
}

// standing notes what is to be said of a grant whether or not the plan changes it.
func (t *tally) standing(e entry) {
	if n := e.after.NextChangeAt; n != "" && (t.next == "" || n < t.next) {
		t.next = n
	}
	if e.after.Would != "" {
		t.observed = append(t.observed, e)
	}
	if w, ok := t.names.waitFor(e); ok {
		t.waiting = append(t.waiting, w)
	}
	if x, ok := exceptionOf(e, t.now); ok {
		t.exceptions = append(t.exceptions, x)
	}
	t.events = append(t.events, eventsOf(e, t.now, t.now.AddDate(0, 0, later))...)
}

// total returns how many grants there are.
func (t *tally) total() int {
	before, after := 0, 0
	for _, n := range t.before {
		before += n
	}
	for _, n := range t.after {
		after += n
	}
	return max(before, after)
}

// quiet reports whether a plan changes nothing at all.
func (t *tally) quiet() bool {
	return len(t.changed) == 0 && t.settled == 0 && len(t.moved) == 0 && len(t.others) == 0
}

// statuses returns the statuses that grants have on either side, the mildest first.
func (t *tally) statuses() []string {
	all := maps.Clone(t.before)
	maps.Copy(all, t.after)
	return slices.SortedFunc(maps.Keys(all), func(a, b string) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a, b))
	})
}

// bookkeeping are the attributes of a grant that say nothing about the access: what
// it remembers, by which documents it was decided, and its facts, which are compared one
// by one.
var bookkeeping = []string{"binding", "memory", "next_change_at", "policy", "policy_digest"}

// compare reports whether the plan updates nothing of a grant but its bookkeeping, and
// which facts move.
func compare(c *change) (settled bool, facts string, err error) {
	if !c.is("update") {
		return false, "", nil
	}
	before, err := decode[map[string]json.RawMessage](c.Change.Before)
	if err != nil || before == nil {
		return false, "", err
	}
	after, err := decode[map[string]json.RawMessage](c.Change.After)
	if err != nil || after == nil {
		return false, "", err
	}
	facts = moved(factsIn((*before)["binding"]), factsIn((*after)["binding"]))
	if facts != "" {
		return false, facts, nil
	}
	for _, side := range []map[string]json.RawMessage{*before, *after} {
		for _, name := range bookkeeping {
			delete(side, name)
		}
	}
	return maps.EqualFunc(*before, *after, func(a, b json.RawMessage) bool { return bytes.Equal(a, b) }), "", nil
}

// factsIn returns the facts in a grant's binding, nil where they are not known.
func factsIn(binding json.RawMessage) map[string]any {
	var object map[string]any
	if json.Unmarshal(binding, &object) != nil {
		return nil
	}
	if text, ok := object["facts"].(string); ok {
		var facts map[string]any
		if readText(text, &facts) != nil {
			return nil
		}
		return facts
	}
	return object
}
