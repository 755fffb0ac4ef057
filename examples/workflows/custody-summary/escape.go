package main

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

const (
	maxRows = 200 // of one table: a job's summary takes 1 MiB
	maxText = 600 // characters of one text from outside
)

// table writes rows up to a bound; their cells are Markdown already.
func table(b *strings.Builder, head []string, rows int, row func(int) []string) {
	line := func(cells []string) { fmt.Fprintf(b, "| %s |\n", strings.Join(cells, " | ")) }
	line(head)
	line(slices.Repeat([]string{"---"}, len(head)))
	for i := range min(rows, maxRows) {
		line(row(i))
	}
	if rows > maxRows {
		fmt.Fprintf(b, "\nAnd %d more.\n", rows-maxRows)
	}
}

// code shows a name as code, in which no account is mentioned.
func code(s string) string {
	if s == none {
		return none
	}
	return "<code>" + text(s) + "</code>"
}

// text makes a text from outside harmless in Markdown and HTML: names come from files
// that anybody may have written, and must not be rendered.
func text(s string) string {
	runes := []rune(s)
	if len(runes) > maxText {
		runes = append(runes[:maxText:maxText], '…')
	}
	var b strings.Builder
	for i, r := range runes {
		switch {
		case unicode.IsSpace(r):
			b.WriteByte(' ')
		case !unicode.IsPrint(r):
			b.WriteRune(unicode.ReplacementChar)
		case strings.ContainsRune("\\`*{}[]<>|~&$", r):
			fmt.Fprintf(&b, "&#%d;", r)
		case r == '@' || r == '#':
			fmt.Fprintf(&b, "&#%d;&#8203;", r) // so that it mentions no account and no issue
		case r == '_' && !(inWord(runes, i-1) && inWord(runes, i+1)):
			b.WriteString("&#95;")
		case r == ':' && i+1 < len(runes) && !unicode.IsSpace(runes[i+1]) && !digits(runes, i):
			b.WriteString("&#58;") // neither a link nor an emoji
		case r == '.' && i >= 3 && strings.EqualFold(string(runes[i-3:i]), "www"):
			b.WriteString("&#46;")
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func inWord(runes []rune, i int) bool {
	return i >= 0 && i < len(runes) && (unicode.IsLetter(runes[i]) || unicode.IsDigit(runes[i]))
}

// digits reports whether the character at i is between digits, as in a time.
func digits(runes []rune, i int) bool {
	return i > 0 && i+1 < len(runes) && unicode.IsDigit(runes[i-1]) && unicode.IsDigit(runes[i+1])
}
