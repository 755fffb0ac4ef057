package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// bindingChange is a binding whose facts have moved while no grant of its asset
// changes.
type bindingChange struct {
	address, asset, holder, what string
}

// bindings gathers the bindings on held facts, and those that moved without effect:
// those that refreshing has found, and those that a plan without refreshing updates.
func (t *tally) bindings(d *document, touched map[string]bool) error {
	seen := map[string]bool{}
	for _, changes := range [][]change{d.Drift, d.Changes} {
		for i := range changes {
			c := &changes[i]
			if c.Type != "custody_binding" || c.Mode != "managed" || seen[c.Address] {
				continue
			}
			before, after, err := c.objects()
			if err != nil {
				return fmt.Errorf("%s: %w", c.Address, err)
			}
			seen[c.Address] = c.is("update") || after["held"] == true
			t.binding(c, before, after, touched)
		}
	}
	slices.SortFunc(t.moved, func(a, b bindingChange) int { return strings.Compare(a.address, b.address) })
	slices.SortFunc(t.held, func(a, b bindingChange) int { return strings.Compare(a.address, b.address) })
	return nil
}

func (t *tally) binding(c *change, before, after map[string]any, touched map[string]bool) {
	b := bindingChange{address: c.Address}
	b.asset, _ = after["asset"].(string)
	b.holder, _ = after["holder"].(string)
	name, _ := after["name"].(string)
	t.names.set(b.asset, name)
	var f facts
	if text, ok := after["facts"].(string); ok && readText(text, &f) == nil {
		t.names.learn(&f)
	}
	if after["held"] == true {
		t.held = append(t.held, b)
	}
	if !c.is("update") || touched[b.asset] {
		return
	}
	if b.what = moved(before, after); b.what != "" {
		t.moved = append(t.moved, b)
	}
}

func (c *change) objects() (before, after map[string]any, err error) {
	was, err := decode[map[string]any](c.Change.Before)
	if err == nil && was != nil {
		before = *was
	}
	if err != nil {
		return nil, nil, err
	}
	is, err := decode[map[string]any](c.Change.After)
	if err == nil && is != nil {
		after = *is
	}
	return before, after, err
}

// repeats are the facts that say again, for machines, what others say, and held, which
// the summary counts over all bindings.
var repeats = []string{"confidence_parts", "digest", "facts", "fresh", "held", "names", "owner_keys", "state_confidence", "task_kinds"}

// moved names the facts that differ, "" if none does.
func moved(before, after map[string]any) string {
	if before == nil || after == nil {
		return ""
	}
	all := maps.Clone(before)
	maps.Copy(all, after)
	var out []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		was, is := show(before[name]), show(after[name])
		if was != is && !slices.Contains(repeats, name) {
			out = append(out, name+" "+was+" → "+is)
		}
	}
	return strings.Join(out, "; ")
}

// show writes a fact in one line. Of findings and tasks it names the codes and
// ids.
func show(v any) string {
	switch v := v.(type) {
	case nil:
		return none
	case string:
		return v
	case map[string]any: // findings, by their codes
		return list(slices.Sorted(maps.Keys(v)))
	case []any:
		parts := make([]string, len(v))
		for i, item := range v {
			parts[i] = name(item)
		}
		return list(parts)
	default:
		text, err := json.Marshal(v)
		if err != nil {
			return none
		}
		return string(text)
	}
}

func list(parts []string) string {
	if len(parts) == 0 {
		return none
	}
	return strings.Join(parts, ", ")
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
