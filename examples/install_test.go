package examples_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
)

// visitor is somebody who follows the pages in an empty home folder, with the
// command line tool under test and nothing configured.
type visitor struct {
	t    *testing.T
	home string
	env  []string
}

func newVisitor(t *testing.T) *visitor {
	t.Helper()
	v := &visitor{t: t, home: t.TempDir()}
	// The pages say terraform, also where OpenTofu is under test.
	tools := t.TempDir()
	if err := os.Symlink(acctest.CLI(t), filepath.Join(tools, "terraform")); err != nil {
		t.Skip(err)
	}
	programs := filepath.Join(v.home, "go", "bin")
	v.env = []string{
		"HOME=" + v.home,
		"GOPATH=" + filepath.Join(v.home, "go"),
		"PATH=" + strings.Join([]string{tools, programs, os.Getenv("PATH")}, string(os.PathListSeparator)),
		"CHECKPOINT_DISABLE=1",
	}
	// What Go has fetched and built does not depend on the home folder.
	for _, name := range []string{"GOMODCACHE", "GOCACHE", "GOENV", "GOPROXY", "GOSUMDB", "GOFLAGS"} {
		value, err := exec.Command("go", "env", name).Output()
		if err != nil {
			t.Fatal(err)
		}
		v.env = append(v.env, name+"="+strings.TrimSpace(string(value)))
	}
	return v
}

// types runs a command in a folder, answers its question with yes, and returns
// what it printed.
func (v *visitor) types(dir, command string) string {
	v.t.Helper()
	shell := exec.Command("sh", "-c", command)
	shell.Dir, shell.Env, shell.Stdin = dir, v.env, strings.NewReader("yes\n")
	out, err := shell.CombinedOutput()
	if err != nil {
		v.t.Fatalf("%s: %v\n%s", command, err, out)
	}
	return string(out)
}

// follows types every command of a page's text in its order, those of make in the
// checkout, and returns what each printed.
func (v *visitor) follows(dir, text string) []string {
	v.t.Helper()
	var out []string
	for _, block := range blocks(text, "shell") {
		for _, command := range strings.Split(strings.TrimSpace(block), "\n") {
			where := dir
			if strings.HasPrefix(command, "make ") {
				where = ".."
			}
			out = append(out, v.types(where, command))
		}
	}
	if len(out) == 0 {
		v.t.Fatalf("no commands to follow in:\n%s", text)
	}
	return out
}

// files lists what is left of an installation.
func (v *visitor) files() []string {
	v.t.Helper()
	var out []string
	for _, dir := range []string{".terraform.d/plugins", "go/bin"} {
		err := filepath.WalkDir(filepath.Join(v.home, dir), func(name string, e fs.DirEntry, err error) error {
			if err == nil && !e.IsDir() {
				out = append(out, name)
			}
			return err
		})
		if err != nil {
			v.t.Fatal(err)
		}
	}
	return out
}

// section returns a page from a heading of the second level to the next.
func section(t *testing.T, page, heading string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.FromSlash(page))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(text), "\n## "+heading+"\n")
	if !found {
		t.Fatalf("%s has no section %q", page, heading)
	}
	rest, _, _ = strings.Cut(rest, "\n## ")
	return "\n" + rest
}

// named matches a file that a page names in the sentence before it shows it.
var named = regexp.MustCompile("(?s)`([a-z_/]+\\.(?:tf|csv))`[^`\n]*:\n\n(?:<!--[^\n]*-->\n)?```[a-z]*\n(.*?)```\n")

// TestInstalledAsWritten follows the README's "Use it" and "Getting started" to
// the letter, with the provider as a user installs it.
func TestInstalledAsWritten(t *testing.T) {
	if testing.Short() {
		t.Skip("this test builds the provider and runs the command line tool, which -short leaves out")
	}
	v := newVisitor(t)

	use := strings.ReplaceAll(section(t, "../README.md", "Use it"), "\n> ", "\n")
	dir := t.TempDir()
	for _, block := range blocks(use, "terraform") {
		write(t, filepath.Join(dir, "main.tf"), block)
	}
	v.follows(dir, use)
	if got := len(v.files()); got != 3 {
		t.Errorf("make install puts %d files into place, not the provider for two hosts and custody-summary: %q", got, v.files())
	}

	dir = t.TempDir()
	var shown []string
	for _, heading := range []string{"1. Write an inventory", "2. Tie a credential to the asset"} {
		for _, m := range named.FindAllStringSubmatch(section(t, "../docs/guides/getting-started.md", heading), -1) {
			shown = append(shown, m[1])
			write(t, filepath.Join(dir, filepath.FromSlash(m[1])), m[2])
		}
	}
	if len(shown) != 3 {
		t.Fatalf("the guide shows %q, not two inventories and a configuration", shown)
	}
	printed := v.follows(dir, section(t, "../docs/guides/getting-started.md", "3. Plan"))
	for i, want := range []string{"Installed custodyhq/custody", "3 to add", "Apply complete!", "No changes."} {
		if i >= len(printed) || !strings.Contains(printed[i], want) {
			t.Errorf("command %d of the guide does not say %q: %q", i+1, want, printed)
		}
	}

	v.types("..", "make uninstall")
	if got := v.files(); len(got) > 0 {
		t.Errorf("make uninstall leaves %q", got)
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
