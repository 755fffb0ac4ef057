package servers

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// store returns the folder in which scripts/servers.sh keeps the servers that are
// no packages of the system: the same as in that script.
func store() string {
	if dir := os.Getenv("CUSTODY_SERVERS"); dir != "" {
		return dir
	}
	if dir := os.Getenv("XDG_CACHE_HOME"); dir != "" {
		return filepath.Join(dir, "custody-servers")
	}
	return filepath.Join(os.Getenv("HOME"), ".cache", "custody-servers")
}

// installed returns the folder in the store that holds a server as this checkout
// wants it, or "" if there is none. pin is the file in the folder of the server
// that says which version is meant.
func installed(server, pin string) string {
	wanted := sourceOf(server, pin)
	if wanted == nil {
		return ""
	}
	pins, err := filepath.Glob(filepath.Join(store(), server+"-*", pin))
	if err != nil {
		return ""
	}
	for _, path := range pins {
		if have, err := os.ReadFile(path); err == nil && bytes.Equal(have, wanted) {
			return filepath.Dir(path)
		}
	}
	return ""
}

// nodeModules returns the folder with the modules of a server that runs on Node,
// or skips the test.
func nodeModules(t testing.TB, name string) string {
	t.Helper()
	dir := installed(name, "package-lock.json")
	Require(t, name, dir != "", "run scripts/servers.sh "+name)
	return filepath.Join(dir, "node_modules")
}

// sourceOf returns what a file in the folder of a server in this checkout holds,
// or nil if it cannot be read.
func sourceOf(server, name string) []byte {
	text, err := os.ReadFile(filepath.Join(checkout, "internal", "acctest", "servers", server, name))
	if err != nil {
		return nil
	}
	return text
}

// checkout is the folder of this checkout, found before a test changes the working
// directory; empty if there is none.
var checkout = func() string {
	dir, err := os.Getwd()
	for err == nil && dir != filepath.Dir(dir) {
		if _, missing := os.Stat(filepath.Join(dir, "go.mod")); missing == nil {
			return dir
		}
		dir = filepath.Dir(dir)
	}
	return ""
}()
