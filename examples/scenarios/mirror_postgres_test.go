package scenarios_test

import (
	"path"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
)

// database is a schema of PostgreSQL that holds exports of the scenario as they
// are.
type database struct {
	server *servers.Database
	schema string
}

// newDatabase returns a database with the tables of a part of the scenario.
func newDatabase(t *testing.T, part string) *database {
	d := servers.Postgres(t)
	return &database{d, d.Schema(t, read(t, path.Join("joiner-mover-leaver/servers", part, "tables.sql")))}
}

// tables are where the exports go to.
var tables = map[string]string{peopleExport: "staff", devicesExport: "devices", workloadsExport: "workloads", tasksExport: "tasks"}

func (d *database) put(t *testing.T, e export) {
	t.Helper()
	d.server.Load(t, d.schema+"."+tables[e.path], e.text, delimiter(e.text))
}

// dsn returns the connection string of the reader.
func (d *database) dsn() string {
	return d.server.PostgresURL(d.server.Reader, "search_path", d.schema, "sslmode", "disable")
}

// exec changes something by hand, as the administrator.
func (d *database) exec(t *testing.T, statement string) {
	t.Helper()
	d.server.PostgresExec(t, "SET search_path = "+d.schema+"; "+statement)
}
