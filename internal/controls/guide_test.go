package controls

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

const guide = "../../templates/guides/controls.md"

// generated is where the tables of the guide begin.
const generated = "<!-- What follows is written by: go test ./internal/controls -run Guide -update -->\n"

var update = flag.Bool("update", false, "write the tables of the guide anew; read the difference before you commit it")

// TestGuide holds the tables of the guide to the catalogues.
func TestGuide(t *testing.T) {
	text, err := os.ReadFile(guide)
	if err != nil {
		t.Fatal(err)
	}
	head, tables, ok := strings.Cut(string(text), generated)
	if !ok {
		t.Fatalf("%s lacks the line %q", guide, generated)
	}
	for _, c := range embedded().catalogues {
		if !strings.Contains(head, "`"+c.Name+"`") {
			t.Errorf("%s does not name %s before its tables", guide, c.Name)
		}
	}
	want := page()
	switch {
	case *update:
		if err := os.WriteFile(guide, []byte(head+generated+want), 0o600); err != nil {
			t.Fatal(err)
		}
	case tables != want:
		t.Errorf("the tables of %s are not those of the catalogues: run this test with -update", guide)
	}
}

func page() string {
	var b strings.Builder
	for _, c := range embedded().catalogues {
		fmt.Fprintf(&b, "\n## %s\n\n", c.Title)
		fmt.Fprintf(&b, "`%s`, version %s: [source](%s). A reason writes `%s %s`.\n", c.Name, c.Version, c.Source, c.Prefix, c.Controls[0].ID)
		if c.BoundTo != "" {
			fmt.Fprintf(&b, "Only on %s-bound access.\n", c.BoundTo)
		}
		b.WriteString("\n| finding | serves |\n| --- | --- |\n")
		serves := byFinding(&c)
		for _, code := range slices.Sorted(maps.Keys(serves)) {
			name := "`" + code + "`"
			if code == "" {
				name = "any"
			}
			fmt.Fprintf(&b, "| %s | %s |\n", name, strings.Join(serves[code], ", "))
		}
		fmt.Fprintf(&b, "\n| %s | is about |\n| --- | --- |\n", c.Prefix)
		for _, k := range c.Controls {
			fmt.Fprintf(&b, "| %s | %s |\n", k.ID, k.Subject)
		}
	}
	return b.String()
}

// byFinding turns a catalogue around: for each finding the controls that it serves,
// each with its condition. Controls of every finding have the empty name.
func byFinding(c *catalogue) map[string][]string {
	out := map[string][]string{}
	for _, k := range c.Controls {
		for _, s := range k.When {
			findings := s.Findings
			if len(findings) == 0 {
				findings = []string{""}
			}
			for _, code := range findings {
				out[code] = append(out[code], k.ID+condition(s))
			}
		}
	}
	return out
}

func condition(s selector) string {
	var parts []string
	if len(s.Rotation) > 0 {
		parts = append(parts, "rotation "+strings.Join(s.Rotation, " or "))
	}
	if s.BoundTo != "" {
		parts = append(parts, s.BoundTo+"-bound")
	}
	if len(s.Tasks) > 0 {
		parts = append(parts, strings.Join(s.Tasks, " or "))
	}
	if len(s.Changed) > 0 {
		parts = append(parts, "changed "+strings.Join(s.Changed, " or "))
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}
