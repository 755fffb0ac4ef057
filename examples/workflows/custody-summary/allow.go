package main

import (
	"fmt"
	"slices"
	"strings"
)

// notAllowed is the code with which the program ends where a plan does more than
// -allow lets pass.
const notAllowed = 3

// wordsOfOthers are what -allow calls that which a plan does to other resources.
var wordsOfOthers = map[string]string{
	"created": "creates", "updated": "updates", "replaced": "replaces", "destroyed": "destroys", "forgotten, not destroyed": "forgets",
	"enabled": "enables", "disabled": "disables",
}

// allowable lists the words that -allow takes.
func allowable() []string {
	out := make([]string, 0, len(classes)+len(wordsOfOthers))
	for _, c := range classes {
		out = append(out, string(c))
	}
	return append(out, "creates", "updates", "replaces", "destroys", "forgets", "enables", "disables")
}

// allowed reads a list of words, nil if it is empty.
func allowed(list string) ([]string, error) {
	if list == "" {
		return nil, nil
	}
	words := strings.Split(list, ",")
	for _, word := range words {
		if !slices.Contains(allowable(), word) {
			return nil, fmt.Errorf("-allow %q is not accepted; use some of %s, separated by commas", word, strings.Join(allowable(), ", "))
		}
	}
	return words, nil
}

// beyond returns what a plan does that is not among the words. Where something could
// not be read it names that too: a plan on old facts is for a person to look at.
func (t *tally) beyond(words []string) []string {
	var out []string
	if t.failed {
		return []string{"the plan failed"}
	}
	out = append(out, t.unreadLines()...)
	for _, e := range t.changed {
		if c := string(e.class(t.now)); !slices.Contains(words, c) {
			out = append(out, e.address+" "+c)
		}
	}
	for i := range t.others {
		what := did(&t.others[i])
		if word, known := wordsOfOthers[what]; !known || !slices.Contains(words, word) {
			out = append(out, t.others[i].Address+" would be "+what)
		}
	}
	return out
}
