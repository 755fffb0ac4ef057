package files_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/system/files"
)

// write makes the files of a tree and goes into it.
func write(t *testing.T, names ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range names {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
	return dir
}

func link(t *testing.T, to, at string) {
	t.Helper()
	if err := os.Symlink(to, at); err != nil {
		t.Fatal(err)
	}
}

func TestFind(t *testing.T) {
	dir := write(t, "a.csv", "b.csv", "c.txt", "x/a.csv", "x/y/a.csv", "z/a.csv", "w[1].csv", ".hidden/a.csv")
	for pattern, want := range map[string][]string{
		"a.csv": {"a.csv"}, "missing.csv": {"missing.csv"}, "*.csv": {"a.csv", "b.csv", "w[1].csv"}, "./?.csv": {"a.csv", "b.csv"}, "w[1].csv": {"w[1].csv"},
		"*/a.csv": {".hidden/a.csv", "x/a.csv", "z/a.csv"}, "*/*/a.csv": {"x/y/a.csv"}, "[xz]/*.csv": {"x/a.csv", "z/a.csv"}, "x/*": {"x/a.csv", "x/y"},
		dir + "/x/*.csv": {dir + "/x/a.csv"}, "a.csv/*": nil, "nowhere/*": nil, "*/*/*/*": nil,
	} {
		found, err := files.Place{Pattern: pattern}.Find(t.Context())
		var refused *files.Refusal
		if want == nil && !errors.As(err, &refused) || want != nil && (err != nil || !slices.Equal(found, want)) {
			t.Errorf("%s: %q, %v", pattern, found, err)
		}
	}
	if _, err := (files.Place{Pattern: "x/[a"}).Find(t.Context()); !errors.Is(err, filepath.ErrBadPattern) {
		t.Errorf("got %v", err)
	}
}

func TestUnreadableFolder(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("nothing is closed to this user")
	}
	write(t, "x/a.csv", "y/a.csv")
	if err := os.Chmod("y", 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod("y", 0o700) })
	for _, pattern := range []string{"*/*.csv", "*/a.csv"} {
		if found, err := (files.Place{Pattern: pattern}).Find(t.Context()); err == nil {
			t.Errorf("%s: %q", pattern, found)
		}
	}
}

func TestSymlinksOutOfTheFolder(t *testing.T) {
	outside := write(t, "secret", "shared/a.csv")
	dir := write(t, "inventory/a.csv", "exports/b.csv", "data/2030/a.csv")
	link(t, filepath.Join(outside, "secret"), "inventory/out.csv")
	link(t, "../exports/b.csv", "inventory/near.csv")
	link(t, filepath.Join(dir, "exports/b.csv"), "inventory/absolute.csv")
	link(t, outside, "elsewhere")
	link(t, filepath.Join(dir, "data/2030"), "data/current")
	link(t, "out.csv", "inventory/chain.csv")
	for _, c := range []struct {
		pattern, path string
		opens         bool
	}{
		{"inventory/a.csv", "inventory/a.csv", true},
		{"inventory/near.csv", "inventory/near.csv", true}, // inside the folder of the module
		{"inventory/absolute.csv", "inventory/absolute.csv", true},
		{"inventory/out.csv", "inventory/out.csv", false},
		{"inventory/chain.csv", "inventory/chain.csv", false},
		{"inventory/*.csv", "inventory/out.csv", false},
		{"elsewhere/secret", "elsewhere/secret", false},
		{"*/secret", "elsewhere/secret", false},
		{dir + "/inventory/a.csv", dir + "/inventory/a.csv", true},
		{dir + "/inventory/near.csv", dir + "/inventory/near.csv", false}, // the folder that is named is inventory
		{dir + "/*/near.csv", dir + "/inventory/near.csv", true},
		{dir + "/inventory/out.csv", dir + "/inventory/out.csv", false},
		{dir + "/data/current/a.csv", dir + "/data/current/a.csv", true}, // the link itself is named
		{outside + "/shared/*.csv", outside + "/shared/a.csv", true},
		{"../" + filepath.Base(outside) + "/secret", filepath.Join(outside, "secret"), true},
	} {
		for _, follow := range []bool{false, true} {
			f, err := files.Place{Pattern: c.pattern, FollowLinks: follow}.Open(c.path)
			if err == nil {
				if _, err := io.ReadAll(f); err != nil {
					t.Errorf("%s: %v", c.path, err)
				}
				_ = f.Close()
			}
			var refused *files.Refusal
			if want := c.opens || follow; want != (err == nil) || !want && (!errors.As(err, &refused) || !strings.Contains(refused.Advice, "follow_links")) {
				t.Errorf("%s by %s, links followed: %v: %v", c.path, c.pattern, follow, err)
			}
		}
	}
}

func TestPathsThatAreNotFiles(t *testing.T) {
	dir := write(t, "x/a.csv")
	var refused *files.Refusal
	if _, err := (files.Place{Pattern: "x"}).Open("x"); !errors.As(err, &refused) {
		t.Errorf("got %v", err)
	}
	for _, path := range []string{"missing", filepath.Join(dir, "x/a.csv/b")} {
		if _, err := (files.Place{Pattern: path}).Open(path); err == nil || errors.As(err, &refused) {
			t.Errorf("%s: got %v", path, err)
		}
	}
}
