package story

import (
	"fmt"
	"slices"
	"strings"
)

// Excerpt returns what a reviewer looks at in the output of a plan: the grants,
// accounts and credentials that change, the summary, what becomes of the outputs, every
// warning and every error. Of errors with one summary it shows the longest, and
// says where the others are.
//
// The bindings are left out, for the grants carry what they say; so are the
// changes of a plan that is refused, and the warning that a provider under
// development is used.
func (s *Step) Excerpt(output string) string { return s.excerpt(output, true) }

// Grants returns the excerpt with no more of the credentials than a line each,
// below the grants.
func (s *Step) Grants(output string) string { return s.excerpt(output, false) }

func (s *Step) excerpt(output string, credentials bool) string {
	var out []string
	errors := map[string][][]string{} // by summary
	var summaries, warnings []string
	left := map[string]int{} // what is left out, by type
	for _, p := range paragraphs(output) {
		switch first := strings.TrimSpace(p[0]); {
		case strings.HasPrefix(first, "# "+grantType+"."), strings.HasPrefix(first, "# "+credentialType+"."), strings.HasPrefix(first, "# "+accountType+"."):
			switch {
			case !s.Changes():
			case !s.expect.shows(first):
				kind, _, _ := strings.Cut(strings.TrimPrefix(first, "# "), ".")
				left[kind]++
			case credentials || len(out) == 0 || !strings.HasPrefix(first, "# "+credentialType+"."):
				out = append(out, strings.Join(p, "\n"))
			default:
				out[len(out)-1] += "\n" + p[0]
			}
		case strings.HasPrefix(first, "Plan: "):
			if s.Changes() {
				out = append(out, leftOut(left)...)
				out = append(out, first)
			}
		case strings.HasPrefix(first, "Changes to Outputs:"):
			if s.Changes() {
				out = append(out, strings.Join(p, "\n"))
			}
		case strings.HasPrefix(first, "No changes."):
			out = append(out, first)
		case first == "Warning: Provider development overrides are in effect":
		case strings.HasPrefix(first, "Warning: "):
			warnings = append(warnings, shortened(p))
		case strings.HasPrefix(first, "Error: "):
			if errors[first] == nil {
				summaries = append(summaries, first)
			}
			errors[first] = append(errors[first], p)
		}
	}
	slices.Sort(warnings) // their order differs from run to run
	out = append(out, warnings...)
	for _, summary := range summaries {
		out = append(out, fold(errors[summary]))
	}
	return strings.Join(out, "\n\n")
}

// shows reports whether the excerpt shows a resource, by the heading of its part
// of the plan.
func (e *expectation) shows(heading string) bool {
	return e.shown == nil || slices.ContainsFunc(e.shown, func(key string) bool {
		return strings.Contains(heading, "[\""+key+"\"]") || strings.Contains(heading, "[\""+key+"/")
	})
}

// leftOut counts in a line what the excerpt does not show.
func leftOut(left map[string]int) []string {
	var parts []string
	for _, kind := range []string{grantType, accountType, credentialType} {
		if n := left[kind]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d of %s", n, kind))
		}
	}
	if len(parts) == 0 {
		return nil
	}
	return []string{"  (Left out here: " + strings.Join(parts, ", ") + ".)"}
}

// shortened shows a warning. Of one that the tool has folded it shows the summary
// and how many there are: which of them the tool prints differs from run to run.
func shortened(warning []string) string {
	for _, line := range warning {
		if strings.HasPrefix(line, "(and ") && strings.HasSuffix(line, " elsewhere)") {
			return warning[0] + "\n\n" + line
		}
	}
	return strings.Join(warning, "\n")
}

// fold shows the longest of several errors and names the places of the others.
func fold(all [][]string) string {
	longest := 0
	for i, p := range all {
		if len(p) > len(all[longest]) || (len(p) == len(all[longest]) && where(p) < where(all[longest])) {
			longest = i
		}
	}
	text := strings.Join(all[longest], "\n")
	if len(all) == 1 {
		return text
	}
	var others []string
	for i, p := range all {
		if i != longest {
			others = append(others, where(p))
		}
	}
	slices.Sort(others)
	return fmt.Sprintf("%s\n\n(The same error at %d more:\n  %s)", text, len(others), strings.Join(others, "\n  "))
}

// where returns the address that an error names.
func where(paragraph []string) string {
	for _, line := range paragraph {
		if at, ok := strings.CutPrefix(strings.TrimSpace(line), "with "); ok {
			return strings.TrimSuffix(at, ",")
		}
	}
	return "an unnamed place"
}

// beginnings are those of the parts of a plan's output.
var beginnings = []string{
	"  # ", "Plan: ", "No changes.", "Warning: ", "Error: ", "Note: ", "─", "Changes to Outputs:", "Planning failed.", "Saved the plan to",
	"Terraform will perform", "Terraform used the selected", "Terraform planned the following",
	"OpenTofu will perform", "OpenTofu used the selected", "OpenTofu planned the following",
}

// paragraphs parts the output where a resource, a diagnostic or the summary
// begins.
func paragraphs(output string) [][]string {
	var out [][]string
	for line := range strings.SplitSeq(output, "\n") {
		line = strings.TrimRight(line, " \r")
		begins := slices.ContainsFunc(beginnings, func(b string) bool { return strings.HasPrefix(line, b) }) &&
			!strings.HasPrefix(line, "  # (") // the second line of a resource's heading
		switch {
		case begins:
			out = append(out, []string{line})
		case len(out) > 0:
			out[len(out)-1] = append(out[len(out)-1], line)
		}
	}
	for i, p := range out {
		for p[len(p)-1] == "" {
			p = p[:len(p)-1]
		}
		out[i] = p
	}
	return out
}
