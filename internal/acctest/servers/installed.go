package servers

import (
	"bytes"
	"os"
	"path/filepath"
)

// store returns the folder in which scripts/servers.sh keeps the servers that are
// no packages of the system: the same as in scripts/lib.sh.
func store() string {
	if dir := os.Getenv("CUSTODY_SERVERS"); dir != "" {
		return dir
	}
	if dir := os.Getenv("XDG_CACHE_HOME"); dir != "" {
		return filepath.Join(dir, "custody-servers")
	}
	return filepath.Join(os.Getenv("HOME"), ".cache", "custody-servers")
}

// nodeModules returns the folder with the modules of a server that runs on Node,
// or "" if they are not installed as the lock file of this checkout lists them.
func nodeModules(name string) string {
	wanted := sourceOf(name, "package-lock.json")
	if wanted == nil {
		return ""
	}
	locks, err := filepath.Glob(filepath.Join(store(), name+"-*", "package-lock.json"))
	if err != nil {
		return ""
	}
	for _, lock := range locks {
		if have, err := os.ReadFile(lock); err == nil && bytes.Equal(have, wanted) {
			return filepath.Join(filepath.Dir(lock), "node_modules")
		}
	}
	return ""
}

// sourceOf returns what a file in the folder of a server in this checkout holds,
// or nil if it cannot be read.
func sourceOf(server, name string) []byte {
	dir, err := os.Getwd()
	for err == nil {
		if _, missing := os.Stat(filepath.Join(dir, "go.mod")); missing == nil {
			break
		}
		if dir == filepath.Dir(dir) {
			return nil
		}
		dir = filepath.Dir(dir)
	}
	text, err := os.ReadFile(filepath.Join(dir, "internal", "acctest", "servers", server, name))
	if err != nil {
		return nil
	}
	return text
}
