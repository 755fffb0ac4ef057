package table

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// Quote returns s for a message, short and with nothing hidden in it.
func Quote(s string) string {
	const most = 60
	if utf8.RuneCountInString(s) > most {
		s = string([]rune(s)[:most]) + "…"
	}
	return strconv.Quote(s)
}

// Name returns the name of a column or member for a message. What does not look
// like one is not repeated: it may be the content of a file that was named by
// mistake.
func Name(s string) string {
	if s = system.Clean(s); isName(s) {
		return Quote(s)
	}
	return "(not repeated)"
}

// isName reports whether a text looks like the name of a column: a few words with
// hardly a digit.
func isName(s string) bool {
	const most, mostDigits = 40, 4
	length, digits := 0, 0
	for i, r := range s {
		length++
		switch {
		case unicode.IsLetter(r), unicode.IsMark(r), i == 0 && r == '_':
		case i > 0 && unicode.IsDigit(r):
			digits++
		case i > 0 && strings.ContainsRune(" _./()#&'*-", r):
		default:
			return false
		}
	}
	return 0 < length && length <= most && digits <= mostDigits
}

// ParseBool reads a yes or no; the empty text states nothing. An error says what
// is accepted, and reads on from what the text stands in.
func ParseBool(s string) (lifecycle.Tristate, error) {
	switch system.Fold(s) {
	case "":
		return lifecycle.Unstated, nil
	case "true", "yes", "1":
		return lifecycle.Yes, nil
	case "false", "no", "0":
		return lifecycle.No, nil
	}
	return lifecycle.Unstated, fmt.Errorf("it is neither yes nor no; accepted: true, false, yes, no, 1, 0, or nothing")
}

// truth returns the yes or no in a field of a row, and notes what is wrong with it.
func (l *Layout) truth(r *Row, field int) lifecycle.Tristate {
	t, err := ParseBool(r.cells[field].Text)
	if err != nil {
		l.flaw(r, field, err.Error())
	}
	return t
}

// pool keeps one copy of each text. A row's cells share the memory of the whole
// row, so what is kept of them must be copied anyway; classes, states and owners
// repeat, and are copied once.
type pool struct {
	texts map[string]string
	lists map[string][]string
}

func newPool() *pool {
	return &pool{texts: make(map[string]string), lists: make(map[string][]string)}
}

func (p *pool) text(s string) string {
	if s == "" {
		return ""
	}
	if kept, ok := p.texts[s]; ok {
		return kept
	}
	s = strings.Clone(s)
	p.texts[s] = s
	return s
}

// list returns the texts of a cell: those of a list, or those that semicolons
// part.
func (p *pool) list(c *Cell) []string {
	if c.IsList {
		return p.unique(c.List)
	}
	if kept, ok := p.lists[c.Text]; ok {
		return kept
	}
	kept := p.unique(strings.Split(c.Text, ";"))
	p.lists[strings.Clone(c.Text)] = kept
	return kept
}

func (p *pool) unique(parts []string) []string {
	var out []string
next:
	for _, part := range parts {
		part = system.Clean(part)
		for _, have := range out {
			if have == part {
				continue next
			}
		}
		if part != "" {
			out = append(out, p.text(part))
		}
	}
	return out
}
