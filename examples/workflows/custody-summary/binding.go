package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// bindingChange is a binding whose facts have moved while no grant of its asset
// changes.
type bindingChange struct {
	address, holder, what string
}

// driftOf gathers the bindings that moved without effect: those that refreshing
// has found, and those that a plan without refreshing updates.
func (t *tally) driftOf(p *plan, touched map[string]bool) error {
	seen := map[string]bool{}
	for _, changes := range [][]change{p.Drift, p.Changes} {
		for i := range changes {
			c := &changes[i]
			if c.Type != "custody_binding" || !c.is("update") || seen[c.Address] {
				continue
			}
			seen[c.Address] = true
			b, asset, err := bindingOf(c)
			if err != nil {
				return fmt.Errorf("%s: %w", c.Address, err)
			}
			if !touched[asset] {
				t.bindings = append(t.bindings, b)
			}
		}
	}
	slices.SortFunc(t.bindings, func(a, b bindingChange) int { return cmp.Compare(a.address, b.address) })
	return nil
}

func bindingOf(c *change) (b bindingChange, asset string, err error) {
	before, err := decode[map[string]any](c.Change.Before)
	if err != nil {
		return b, "", err
	}
	after, err := decode[map[string]any](c.Change.After)
	if err != nil || before == nil || after == nil {
		return b, "", err
	}
	asset, _ = (*after)["asset"].(string)
	b = bindingChange{address: c.Address, holder: show((*after)["holder"]), what: moved(*before, *after)}
	return b, asset, nil
}

// repeats are the attributes of a binding that say again, for machines, what
// others say.
var repeats = []string{"confidence_parts", "digest", "fresh", "owner_keys", "state_confidence", "task_kinds"}

// moved names the facts that differ.
func moved(before, after map[string]any) string {
	all := maps.Clone(before)
	maps.Copy(all, after)
	var out []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		was, is := show(before[name]), show(after[name])
		if was != is && !slices.Contains(repeats, name) {
			out = append(out, name+" "+was+" → "+is)
		}
	}
	if len(out) == 0 {
		return none
	}
	return strings.Join(out, "; ")
}

// show writes a fact in one line. Of findings and tasks it names the codes and
// ids.
func show(v any) string {
	switch v := v.(type) {
	case nil, map[string]any:
		return none
	case string:
		return v
	case []any:
		parts := make([]string, len(v))
		for i, item := range v {
			parts[i] = name(item)
		}
		if len(parts) == 0 {
			return none
		}
		return strings.Join(parts, ", ")
	default:
		text, err := json.Marshal(v)
		if err != nil {
			return none
		}
		return string(text)
	}
}

func name(v any) string {
	object, ok := v.(map[string]any)
	if !ok {
		return show(v)
	}
	for _, key := range []string{"code", "id"} {
		if s, ok := object[key].(string); ok {
			return s
		}
	}
	return none
}
