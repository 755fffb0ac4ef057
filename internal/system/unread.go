package system

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Hidden reports whether a text stands for a value that the account may not read,
// such as ENCRYPTED or ********, and so is no value.
func Hidden(text string) bool {
	if text == "" {
		return false
	}
	text = Fold(strings.TrimSpace(text))
	if bare := strings.Trim(text, "[]<>(){}"); bare != text {
		switch bare {
		case "hidden", "masked", "protected":
			return true
		}
		text = bare
	}
	switch text {
	case "encrypted", "redacted":
		return true
	}
	return len(text) > 1 && strings.Trim(text, "*•●∗") == ""
}

// OneWord returns the word that a field of a record states, of which a system shows
// several values or none. Where it shows several, or a hidden one, the field states
// nothing, and a sentence says so (lifecycle.Record.Unread). A purpose may well have
// several.
func OneWord(field string, values []string) (word, unread string) {
	switch {
	case len(values) > 1 && field == "purpose":
		return strings.Join(values, ", "), ""
	case len(values) > 1:
		return "", UnreadSeveral(field, values)
	case len(values) == 0:
		return "", ""
	case Hidden(values[0]):
		return "", UnreadHidden(field, values[0])
	}
	return values[0], ""
}

// UnreadHidden returns the sentence for a field whose value is hidden
// (lifecycle.Record.Unread).
func UnreadHidden(field, text string) string {
	return fmt.Sprintf("The system shows %s in place of a value of %s, which counts as not stated.", strconv.Quote(Clean(text)), field)
}

// UnreadUnnamed returns the sentence for a field that refers to something whose
// name the system does not show.
func UnreadUnnamed(field string) string {
	return fmt.Sprintf("The system does not show the name of what %s refers to, so it counts as not stated.", field)
}

// UnreadSeveral returns the sentence for a field that holds several values where
// one is needed.
func UnreadSeveral(field string, values []string) string {
	const most = 5
	values = slices.Sorted(slices.Values(values)) // their order may change, and what is said must not
	quoted := make([]string, 0, most)
	for _, v := range values[:min(len(values), most)] {
		quoted = append(quoted, strconv.Quote(Clean(v)))
	}
	if more := len(values) - most; more > 0 {
		quoted = append(quoted, fmt.Sprintf("%d more", more))
	}
	return fmt.Sprintf("The record holds several values of %s (%s), so it counts as not stated.", field, strings.Join(quoted, ", "))
}
