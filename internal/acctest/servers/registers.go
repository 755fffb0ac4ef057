package servers

import (
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"
)

var emptySchemas atomic.Int64

// EmptySchema makes a schema that no other test has, and returns the connection string
// of the administrator whose tables are there.
func (d *Database) EmptySchema(t testing.TB) string {
	t.Helper()
	name := "empty" + strconv.FormatInt(emptySchemas.Add(1), 10)
	d.PostgresExec(t, "CREATE SCHEMA "+name)
	return d.PostgresURL(d.Admin, "search_path", name)
}

// EachRegister runs a test on an empty register of every kind, of which it gets the
// location. The kinds run at the same time.
func EachRegister(t *testing.T, test func(t *testing.T, location string)) {
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, "sqlite:"+filepath.Join(t.TempDir(), "custody.db"))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, Postgres(t).EmptySchema(t))
	})
}
