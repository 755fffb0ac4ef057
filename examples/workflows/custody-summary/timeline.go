package main

import (
	"fmt"
	"strings"
	"unicode"
)

// maxEvents bounds the timeline, which is drawn a line an event.
const maxEvents = 25

// timeline draws what falls due, as a Mermaid diagram. Its language has no quotes, so
// that a name takes part with its letters and digits only. The fence is of tildes, so that
// a page can show the summary in a fence of backticks.
func timeline(t *tally) string {
	var b strings.Builder
	fmt.Fprintf(&b, "~~~mermaid\ngantt\n    title What falls due\n    dateFormat YYYY-MM-DD\n    axisFormat %%d %%b\n    todayMarker off\n")
	section := ""
	for i, v := range t.events {
		if i == maxEvents {
			break
		}
		part := fmt.Sprintf("Within %d days", soon)
		if v.at.After(t.now.AddDate(0, 0, soon)) {
			part = fmt.Sprintf("Within %d days", later)
		}
		if part != section {
			section = part
			fmt.Fprintf(&b, "    section %s\n", section)
		}
		end := v.at.AddDate(0, 0, 1)
		fmt.Fprintf(&b, "    %s - %s - %s :%s%s, %s\n", plain(strings.ReplaceAll(v.said(), ";", ","), 60), plain(t.names.bare(v.asset()), 40), plain(t.names.bare(v.holder()), 40),
			urgent(v), v.at.Format("2006-01-02"), end.Format("2006-01-02"))
	}
	b.WriteString("~~~\n")
	if more := len(t.events) - maxEvents; more > 0 {
		fmt.Fprintf(&b, "\nThe diagram leaves out %d later ones.\n", more)
	}
	return b.String()
}

// urgent marks what ends access or the ground for it.
func urgent(v event) string {
	for _, kind := range v.kinds {
		if kind != schedule && kind != enforcement {
			return "crit, "
		}
	}
	return ""
}

// plain leaves of a text what cannot mean anything in a diagram.
func plain(s string, limit int) string {
	var out []rune
	for _, r := range s {
		switch {
		case len(out) == limit:
			return strings.TrimSpace(string(out)) + "..."
		case unicode.IsLetter(r), unicode.IsDigit(r), strings.ContainsRune("-_/().,'", r):
			out = append(out, r)
		default:
			out = append(out, ' ')
		}
	}
	if text := strings.Join(strings.Fields(string(out)), " "); text != "" {
		return text
	}
	return "not stated"
}
