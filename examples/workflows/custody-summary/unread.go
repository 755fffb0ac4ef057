package main

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// heldWarning is the summary of the warning with which the provider keeps the last
// known facts.
const heldWarning = "Warning: System Unavailable, Last Known Facts Kept"

// maxUnread bounds the systems that did not answer.
const maxUnread = 20

// unavailable returns what the command line tool printed of systems that did not
// answer, each once.
func unavailable(output string) []string {
	var out []string
	for _, part := range strings.Split(output, heldWarning)[1:] {
		if text := firstSentence(part); text != "" && !slices.Contains(out, text) && len(out) < maxUnread {
			out = append(out, text)
		}
	}
	return out
}

// firstSentence returns the first paragraph below the place of a diagnostic.
func firstSentence(diagnostic string) string {
	var lines []string
	for _, line := range strings.Split(printable(diagnostic), "\n") {
		line = strings.TrimRight(strings.TrimLeft(line, "│╷╵"), " ")
		switch {
		case strings.HasPrefix(line, "Warning: "), strings.HasPrefix(line, "Error: "):
			return strings.Join(lines, " ")
		case strings.HasPrefix(strings.TrimPrefix(line, " "), " "), strings.TrimSpace(line) == "": // the place, and what it holds
			if len(lines) > 0 {
				return strings.Join(lines, " ")
			}
		default:
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return strings.Join(lines, " ")
}

// unreadLines says what could not be read, the first thing that a reader has to know.
func (t *tally) unreadLines() []string {
	if len(t.held) == 0 {
		return t.unread
	}
	noun, verb := "bindings", "keep their"
	if len(t.held) == 1 {
		noun, verb = "binding", "keeps its"
	}
	why := strings.Join(t.unread, " ")
	if why == "" {
		why = "A system did not answer when the facts of " + strings.Join(t.heldSystems(), ", ") + " were read last."
	}
	return []string{fmt.Sprintf("%d %s %s last known facts: %s", len(t.held), noun, verb, why)}
}

// heldSystems names the systems whose assets have held facts.
func (t *tally) heldSystems() []string {
	var out []string
	for _, b := range t.held {
		system, _, _ := strings.Cut(b.asset, "/")
		if !slices.Contains(out, system) {
			out = append(out, system)
		}
	}
	slices.Sort(out)
	return out
}

// maxLog bounds the log of a plan that failed, in bytes.
const maxLog = 8000

// errorsIn returns the end of a log, from its first error on. A system that is
// unavailable is reported in full once: that error comes first.
func errorsIn(log string) string {
	log = strings.TrimSpace(printable(log))
	i := strings.Index(log, "Error: ")
	if i < 0 {
		return cut(log)
	}
	parts := strings.Split(log[i:], "\nError: ")
	for i := range parts[1:] {
		parts[i+1] = "Error: " + parts[i+1]
	}
	slices.SortStableFunc(parts, func(a, b string) int { return unreadFirst(a) - unreadFirst(b) })
	for i := range parts {
		parts[i] = strings.TrimRight(parts[i], "\n ")
	}
	return cut(strings.Join(parts, "\n\n"))
}

// unreadFirst orders diagnostics: systems that could not be read come first, and of
// them those that are reported in full.
func unreadFirst(diagnostic string) int {
	switch {
	case !strings.HasPrefix(diagnostic, "Error: Unable to Read"):
		return 2
	case strings.Count(diagnostic, "\n\n") > 2:
		return 0
	default:
		return 1
	}
}

func cut(log string) string {
	if len(log) > maxLog {
		return strings.ToValidUTF8(log[:maxLog], "") + "\n…"
	}
	return log
}

// printable leaves out of a log what is not to be seen.
func printable(log string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || unicode.IsPrint(r) {
			return r
		}
		return -1
	}, strings.ReplaceAll(log, "\t", "  "))
}
