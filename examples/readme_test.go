package examples_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// shows matches a fence in the README that shows a file.
var shows = regexp.MustCompile("(?s)(<!-- ([^ ]+) -->\n```[a-z]*\n)(.*?)(```\n)")

// TestReadme holds the README to the files that it shows, the commands that it
// names and the places that it links to.
func TestReadme(t *testing.T) {
	const name = "../README.md"
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	current := shows.ReplaceAllStringFunc(text, func(block string) string {
		m := shows.FindStringSubmatch(block)
		shown, err := os.ReadFile(filepath.Join("..", filepath.FromSlash(m[2])))
		if err != nil {
			t.Fatal(err)
		}
		return m[1] + string(shown) + m[4]
	})
	if *update {
		if err := os.WriteFile(name, []byte(current), 0o600); err != nil {
			t.Fatal(err)
		}
	} else if current != text {
		t.Error("what README.md shows is not what the files say; go test ./examples -update writes it anew")
	}
	targets, err := os.ReadFile("../GNUmakefile")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`(?m)^make ([a-z-]+)`).FindAllStringSubmatch(text, -1) {
		if !strings.Contains(string(targets), "\n"+m[1]+":") {
			t.Errorf("there is no make %s", m[1])
		}
	}
	for _, m := range regexp.MustCompile(`\]\(([^):#]+)\)`).FindAllStringSubmatch(text, -1) {
		if _, err := os.Stat(filepath.Join("..", filepath.FromSlash(m[1]))); err != nil {
			t.Errorf("a link leads nowhere: %v", err)
		}
	}
}
