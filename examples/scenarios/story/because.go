package story

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	tfjson "github.com/hashicorp/terraform-json"
)

// Because returns the shortest excerpt of a plan: a line for each grant that the
// step shows and the plan changes, with its status and what changes of its
// generations and of the instant of its next change, and below it the sentences
// of because, each on a line. A + and a - stand for what comes and goes, as in the
// plan.
func (s *Step) Because(plan *tfjson.Plan) string {
	var out []string
	for _, c := range plan.ResourceChanges {
		key, _ := c.Index.(string)
		if c.Type != grantType || action(c.Change) == "" || !s.expect.shows("[\""+key+"\"]") {
			continue
		}
		before, _ := c.Change.Before.(map[string]any)
		after, _ := c.Change.After.(map[string]any)
		var parts []string
		for _, part := range []string{
			statusBecomes(before, after),
			becomes("would", before, after),
			generationsBecome(before, after),
			becomes("next_change_at", before, after),
		} {
			if part != "" {
				parts = append(parts, part)
			}
		}
		out = append(out, key+": "+strings.Join(parts, "; "))
		out = append(out, sentences(before, after)...)
	}
	return strings.Join(out, "\n")
}

// statusBecomes says what the status is, also where it stays.
func statusBecomes(before, after map[string]any) string {
	if text := becomes("status", before, after); text != "" {
		return text
	}
	return fmt.Sprintf("status %v (unchanged)", after["status"])
}

// becomes says what a text becomes, and nothing if it stays.
func becomes(name string, before, after map[string]any) string {
	was, _ := before[name].(string)
	is, _ := after[name].(string)
	switch {
	case was == is:
		return ""
	case was == "":
		return name + " " + is
	case is == "":
		return name + " " + was + " -> none"
	}
	return name + " " + was + " -> " + is
}

// generationsBecome lists the generations that come (+), go (-) and change (~),
// the last with what changes.
func generationsBecome(before, after map[string]any) string {
	was, _ := before["generations"].(map[string]any)
	is, _ := after["generations"].(map[string]any)
	all := maps.Clone(was)
	if all == nil {
		all = map[string]any{}
	}
	maps.Copy(all, is)
	var out []string
	for _, key := range slices.Sorted(maps.Keys(all)) {
		old, there := was[key].(map[string]any)
		now, stays := is[key].(map[string]any)
		switch {
		case !there:
			out = append(out, "+ "+key)
		case !stays:
			out = append(out, "- "+key)
		default:
			var changed []string
			for _, name := range slices.Sorted(maps.Keys(now)) {
				if old[name] != now[name] {
					changed = append(changed, fmt.Sprintf("%s %v -> %v", name, old[name], now[name]))
				}
			}
			if len(changed) > 0 {
				out = append(out, "~ "+key+" ("+strings.Join(changed, ", ")+")")
			}
		}
	}
	if len(out) == 0 {
		return ""
	}
	return "generations " + strings.Join(out, ", ")
}

// sentences lists those that go and then those that are there afterwards.
func sentences(before, after map[string]any) []string {
	was, _ := before["because"].([]any)
	is, _ := after["because"].([]any)
	var out []string
	for _, sentence := range was {
		if !slices.Contains(is, sentence) {
			out = append(out, fmt.Sprintf("- %v", sentence))
		}
	}
	for _, sentence := range is {
		sign := "+"
		if slices.Contains(was, sentence) {
			sign = " "
		}
		out = append(out, fmt.Sprintf("%s %v", sign, sentence))
	}
	return out
}
