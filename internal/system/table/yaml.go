package table

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// maxDepth bounds the nesting of YAML.
const maxDepth = 64

// ParseYAML parses a text that stands below so many lines of a file. Its error is
// a *Flaw. It keeps a defect of the library on some hostile text from ending the
// run.
func ParseYAML(text []byte, above int) (file *ast.File, err error) {
	if reason := tooDeep(text); reason != "" {
		return nil, &Flaw{Line: above + 1, Column: 1, Reason: reason}
	}
	defer func() {
		if r := recover(); r != nil {
			err = notYAML(fmt.Errorf("the text cannot be parsed: %v", r), above)
		}
	}()
	file, err = parser.ParseBytes(text, 0)
	if err != nil {
		return nil, notYAML(err, above)
	}
	return file, nil
}

var quotation = regexp.MustCompile("\"[^\"]*\"?|'[^']*'?|`[^`]*`?")

func notYAML(err error, above int) error {
	var known yaml.Error
	if !errors.As(err, &known) {
		return &Flaw{Line: above + 1, Column: 1, Reason: "this is not YAML: " + firstLine(err.Error())}
	}
	f := &Flaw{Line: above + 1, Column: 1, Reason: "this is not YAML: " + firstLine(known.GetMessage())}
	if t := known.GetToken(); t != nil && t.Position != nil {
		f.Line, f.Column = above+t.Position.Line, t.Position.Column
	}
	return f
}

// firstLine returns the beginning of a message of the library without what it
// quotes of the file.
func firstLine(s string) string {
	const most = 120
	s, _, _ = strings.Cut(s, "\n")
	s = quotation.ReplaceAllString(s, "…")
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return system.Clean(s)
}

// tooDeep returns a reason if the text may be nested so deeply that the
// library, which recurses, would exhaust the stack or quadratic time. It looks
// at brackets, indentation and list marks without regard to quotation marks.
func tooDeep(text []byte) string {
	const deepest, widest = maxDepth, 512
	depth := 0
	for line := range bytes.Lines(text) {
		content := bytes.TrimLeft(line, " -?\t")
		lead := line[:len(line)-len(content)]
		if len(lead) > widest || bytes.Count(lead, []byte("-"))+bytes.Count(lead, []byte("?")) > deepest {
			return "a line is indented too deeply"
		}
		for _, c := range content {
			switch c {
			case '[', '{':
				depth++
			case ']', '}':
				depth = max(depth-1, 0)
			}
			if depth > deepest {
				return "values are nested too deeply"
			}
		}
	}
	return ""
}
