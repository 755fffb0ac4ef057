package policy

import (
	"strconv"
	"strings"
)

// Problem is one thing that is wrong with a document, and where.
type Problem struct {
	Path    []any // string keys and int indexes, for instance "triggers", 2, "action"; empty for the document as a whole
	Summary string
	Detail  string
}

// Location writes the path the way that Terraform does: triggers[2].action.
func (p Problem) Location() string {
	var b strings.Builder
	for _, step := range p.Path {
		switch step := step.(type) {
		case int:
			b.WriteString("[" + strconv.Itoa(step) + "]")
		case string:
			if !plainKey(step) {
				b.WriteString("[" + strconv.Quote(step) + "]")
				continue
			}
			if b.Len() > 0 {
				b.WriteByte('.')
			}
			b.WriteString(step)
		}
	}
	return b.String()
}

func plainKey(s string) bool {
	for _, r := range s {
		if r != '_' && r != '-' && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') {
			return false
		}
	}
	return s != ""
}

func (p Problem) Error() string {
	text := p.Summary + ": " + p.Detail
	if at := p.Location(); at != "" {
		return at + ": " + text
	}
	return text
}

// Problems are everything that is wrong with a document, in the order of the
// document. It is never returned empty.
type Problems []Problem

func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i := range p {
		lines[i] = p[i].Error()
	}
	return strings.Join(lines, "\n")
}

// reporter collects problems below one path.
type reporter struct {
	at       []any
	problems *Problems
}

// in returns a reporter for what lies below the steps.
func (r reporter) in(steps ...any) reporter {
	at := make([]any, 0, len(r.at)+len(steps))
	return reporter{at: append(append(at, r.at...), steps...), problems: r.problems}
}

func (r reporter) report(summary, detail string) {
	*r.problems = append(*r.problems, Problem{Path: r.at, Summary: summary, Detail: detail})
}
