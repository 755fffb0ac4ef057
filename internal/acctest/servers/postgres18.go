package servers

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// postgres18Name is the name of the server in CUSTODY_REQUIRE.
const postgres18Name = "postgres_18"

var postgres18 Shared[*Database]

// Postgres18 returns a PostgreSQL server of version 18, in which rights over roles are
// others than before version 16. Debian 12 holds version 15.
func Postgres18(t testing.TB) *Database {
	t.Helper()
	skipShort(t, "PostgreSQL 18")
	modules := nodeModules(t, postgres18Name)
	found, err := filepath.Glob(filepath.Join(modules, "@embedded-postgres", "*", "native"))
	Require(t, postgres18Name, err == nil && len(found) == 1, "run scripts/servers.sh "+postgres18Name)
	return postgres18.Get(t, func(dir string) (*Database, func(), error) {
		program := filepath.Join(dir, "program")
		if err := copyPostgres(found[0], program); err != nil {
			return nil, nil, err
		}
		return startPostgres(filepath.Join(program, "bin"), dir)
	})
}

// copyPostgres copies an installation to where the account of the server may read it,
// and makes the symbolic links that its module only lists.
func copyPostgres(from, to string) error {
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		return err
	}
	text, err := os.ReadFile(filepath.Join(from, "pg-symlinks.json"))
	if err != nil {
		return err
	}
	var links []struct{ Source, Target string }
	if err := json.Unmarshal(text, &links); err != nil {
		return err
	}
	for _, l := range links {
		source, target := filepath.Base(l.Source), filepath.Base(l.Target)
		if err := os.Symlink(source, filepath.Join(to, "lib", target)); err != nil && !os.IsExist(err) {
			return err
		}
	}
	return nil
}
