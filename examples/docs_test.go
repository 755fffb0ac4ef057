package examples_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/policy"
)

func template(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "templates", filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var fence = regexp.MustCompile("(?s)\n```([a-z]*)\n(.*?)```\n")

// blocks returns the fenced texts of a language.
func blocks(text, language string) []string {
	var out []string
	for _, m := range fence.FindAllStringSubmatch(text, -1) {
		if m[1] == language {
			out = append(out, m[2])
		}
	}
	return out
}

// TestEveryKindOfEventIsInTheGuide compares the table for auditors with the code.
func TestEveryKindOfEventIsInTheGuide(t *testing.T) {
	constant := regexp.MustCompile(`[kK]ind[A-Z][A-Za-z]* += "([a-z]+\.[a-z_]+)"`)
	guide, found := template(t, "guides/evidence-for-auditors.md"), 0
	err := filepath.WalkDir(filepath.Join("..", "internal"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") || strings.Contains(filepath.ToSlash(path), "/signal/") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, m := range constant.FindAllStringSubmatch(string(text), -1) {
			if found++; !strings.Contains(guide, "`"+m[1]+"`") {
				t.Errorf("the guide lacks %s, which is written in %s", m[1], path)
			}
		}
		return err
	})
	if err != nil || found < 10 {
		t.Errorf("%d kinds were found: %v", found, err)
	}
}

// TestPolicyGuide holds the tables of the guide to what the code knows, and
// reads every snippet in it.
func TestPolicyGuide(t *testing.T) {
	guide := template(t, "guides/writing-a-policy.md.tmpl")
	_, fields, _ := strings.Cut(guide, "### Conditions")
	for _, field := range policy.ConditionFields() {
		if !strings.Contains(fields, "`"+field+"`") {
			t.Errorf("the table of fields lacks %s", field)
		}
	}
	for _, code := range lifecycle.Codes() {
		if !strings.Contains(guide, "`"+code+"`") {
			t.Errorf("the table of findings lacks %s", code)
		}
	}
	for _, block := range blocks(guide, "") {
		for _, condition := range strings.Split(strings.TrimSpace(block), "\n") {
			when, err := json.Marshal(condition)
			if err != nil {
				t.Fatal(err)
			}
			compiles(t, fmt.Sprintf(`{"triggers": [{"on": "task.open", "action": "review", "when": %s}]}`, when))
		}
	}
	for _, snippet := range blocks(guide, "json") {
		switch {
		case strings.HasPrefix(snippet, `"enforcement"`), strings.HasPrefix(snippet, `"authority"`), strings.HasPrefix(snippet, `"require_closed"`):
			compiles(t, `{`+snippet+`}`)
		case strings.HasPrefix(snippet, `"`):
			compiles(t, `{"classes": {`+snippet+`}}`)
		case strings.Contains(snippet, `"on"`):
			compiles(t, `{"triggers": [`+snippet+`]}`)
		default:
			compiles(t, `{"lifetimes": [`+snippet+`]}`)
		}
	}
}

// TestAdoptionGuide reads every piece of a policy in the guide.
func TestAdoptionGuide(t *testing.T) {
	for _, snippet := range blocks(template(t, "guides/adopting-custody.md.tmpl"), "json") {
		if strings.Contains(snippet, `"version"`) {
			compiles(t, snippet)
		} else {
			compiles(t, `{"enforcement": [`+snippet+`]}`)
		}
	}
}

func compiles(t *testing.T, text string) {
	t.Helper()
	doc, err := policy.Parse([]byte(text))
	if err == nil {
		_, err = policy.Compile(doc, "policy")
	}
	if err != nil {
		t.Errorf("%s: %v", text, err)
	}
}

// TestConfidenceGuide holds the table of points to the baseline.
func TestConfidenceGuide(t *testing.T) {
	guide := template(t, "guides/how-confidence-is-computed.md.tmpl")
	for i, signal := range lifecycle.Signals() {
		row := regexp.MustCompile("(?m)^\\| `" + signal + "` \\|.*\\| ([0-9]+) \\|$").FindStringSubmatch(guide)
		if want := fmt.Sprint(policy.Baseline().Points[i]); row == nil || row[1] != want {
			t.Errorf("the table says %v of %s, the baseline %s", row, signal, want)
		}
	}
}

// TestConfigurationsAreFormatted wants every configuration in a text formatted.
func TestConfigurationsAreFormatted(t *testing.T) {
	texts := map[string]string{}
	for _, pattern := range []string{"../templates/*.tmpl", "../templates/*/*", "../README.md"} {
		names, err := filepath.Glob(filepath.FromSlash(pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			texts[filepath.Base(name)] = string(text)
		}
	}
	w := acctest.New(t)
	for name, text := range texts {
		for i, block := range append(blocks(text, "terraform"), blocks(text, "hcl")...) {
			w.Write(fmt.Sprintf("%s-%d.tf", name, i), block)
		}
	}
	w.Run("fmt", "-check", "-diff").Ok()
}
