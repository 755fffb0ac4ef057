package sql

import (
	"database/sql"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
	"github.com/custodyhq/terraform-provider-custody/internal/system/table"
)

func TestMain(m *testing.M) { os.Exit(servers.Run(m)) }

// dialect is how the tests write to one kind of database.
type dialect struct {
	driver  string
	boolean string
	list    func([]string) string // owners and teams as one expression
	lists   string                // the type of such a column
	text    func(string) string   // a text as a literal
	textual string                // the type of a column for any text
	// fill runs statements in a place of their own and returns the DSN to read it.
	fill func(t testing.TB, statements string) string
	mark string // a bind parameter
	// slow is a query that does not end.
	slow string
}

func doubled(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

func joined(text func(string) string) func([]string) string {
	return func(list []string) string { return text(strings.Join(list, ";")) }
}

var (
	pg = dialect{
		driver: driverPostgreSQL, boolean: "boolean", lists: "text[]", text: doubled, textual: "text", mark: "$1",
		list: func(list []string) string {
			quoted := make([]string, len(list))
			for i, s := range list {
				quoted[i] = doubled(s)
			}
			return "ARRAY[" + strings.Join(quoted, ",") + "]::text[]"
		},
		fill: func(t testing.TB, statements string) string {
			d := servers.Postgres(t)
			return d.PostgresURL(d.Reader, "search_path", d.Schema(t, statements))
		},
		slow: "SELECT id, state, owner, pg_sleep(30) FROM assets",
	}
	maria = dialect{
		driver: driverMySQL, boolean: "boolean", lists: "text", textual: "varchar(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci", mark: "?",
		text: func(s string) string { return doubled(strings.ReplaceAll(s, `\`, `\\`)) },
		fill: func(t testing.TB, statements string) string {
			d := servers.MariaDB(t)
			return d.MySQLName(d.Reader, d.Database(t, statements))
		},
		slow: "SELECT id, state, owner, sleep(30) FROM assets",
	}
	lite = dialect{
		driver: driverSQLite, boolean: "boolean", lists: "text", text: doubled, textual: "text", mark: "?",
		fill: func(t testing.TB, statements string) string {
			path := filepath.Join(t.TempDir(), "a b?#%20.db")
			writeLite(t, path, statements)
			return path
		},
		slow: "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT max(n) AS id, 0 AS state, 0 AS owner FROM c",
	}
	dialects = map[string]dialect{"postgres": pg, "mariadb": maria, "sqlite": lite}
)

func init() {
	maria.list, lite.list = joined(maria.text), joined(lite.text)
	dialects["mariadb"], dialects["sqlite"] = maria, lite
}

func writeLite(t testing.TB, path, statements string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(path))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // it is only written here
	if _, err := db.Exec(statements); err != nil {
		t.Fatalf("%v in %.300s", err, statements)
	}
}

// tables returns the statements that make the tables of a seed, with the types
// that such tables have.
func (d dialect) tables(seed systemtest.Seed) string {
	var out strings.Builder
	fmt.Fprintf(&out, "CREATE TABLE assets (n int, id %[1]s, class %[1]s, name %[1]s, state %[1]s, owner %[3]s, purpose %[1]s, environment %[1]s, "+
		"criticality %[1]s, third_party %[2]s, shared %[2]s, retirement_date date, verified_at date, assigned_at date);\n", d.textual, d.boolean, d.lists)
	fmt.Fprintf(&out, "CREATE TABLE people (n int, id %[1]s, email %[1]s, username %[1]s, name %[1]s, kind %[1]s, status %[1]s, end_date date, manager %[1]s, teams %[2]s);\n",
		d.textual, d.lists)
	fmt.Fprintf(&out, "CREATE TABLE tasks (n int, id %[1]s, kind %[1]s, asset %[1]s, status %[1]s, due date, url %[1]s)", d.textual)
	var rows []string
	for i, r := range seed.Records {
		state := r.State.String()
		if r.State == lifecycle.StateUnknown {
			state = ""
		}
		rows = append(rows, d.tuple(i, r.ID, r.Class, r.Name, state, r.Owners, r.Purpose, r.Environment, r.Criticality,
			r.ThirdParty, r.Shared, r.RetirementDate, r.VerifiedAt, r.AssignedAt))
	}
	insert(&out, "assets", rows)
	rows = nil
	for i, p := range seed.People {
		rows = append(rows, d.tuple(i, p.ID, p.Email, p.Username, p.Name, p.Kind.String(), p.Status.String(), p.EndDate, p.Manager, p.Teams))
	}
	insert(&out, "people", rows)
	rows = nil
	for _, asset := range slices.Sorted(maps.Keys(seed.Tasks)) {
		for _, task := range seed.Tasks[asset] {
			rows = append(rows, d.tuple(len(rows), task.ID, task.Kind.String(), asset, "open", task.Due, task.URL))
		}
	}
	insert(&out, "tasks", rows)
	return out.String()
}

func insert(out *strings.Builder, table string, rows []string) {
	if len(rows) > 0 {
		out.WriteString(";\nINSERT INTO " + table + " VALUES " + strings.Join(rows, ",\n"))
	}
}

// tuple writes a row, in which what is not stated is NULL.
func (d dialect) tuple(n int, values ...any) string {
	out := []string{strconv.Itoa(n)}
	for _, v := range values {
		text := "NULL"
		switch v := v.(type) {
		case string:
			if v != "" {
				text = d.text(v)
			}
		case []string:
			if v != nil {
				text = d.list(v)
			}
		case lifecycle.Tristate:
			text = [...]string{"NULL", "false", "true"}[v]
		case time.Time:
			if !v.IsZero() {
				text = "'" + v.Format(time.DateOnly) + "'"
			}
		}
		out = append(out, text)
	}
	return "(" + strings.Join(out, ", ") + ")"
}

// config returns the configuration that reads a seed.
func (d dialect) config(t testing.TB, seed systemtest.Seed) Config {
	t.Helper()
	return d.reads(d.fill(t, d.tables(seed)))
}

// reads returns the configuration that reads the tables at a DSN.
func (d dialect) reads(dsn string) Config {
	return Config{
		Name: "wh", Driver: d.driver, DSN: dsn, Timeout: 20 * time.Second,
		Assets:  "SELECT * FROM assets ORDER BY n",
		People:  "SELECT * FROM people ORDER BY n",
		Tasks:   "SELECT * FROM tasks ORDER BY n",
		Mapping: table.Mapping{MinRecords: map[string]int{table.NameAssets: 0, table.NamePeople: 0}},
	}
}

func mustNew(t testing.TB, c Config) *System {
	t.Helper()
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// change returns a system whose configuration has been changed.
func (d dialect) change(edit func(t *testing.T, c *Config)) systemtest.Make {
	return func(t *testing.T, seed systemtest.Seed) system.System {
		c := d.config(t, seed)
		edit(t, &c)
		return unchecked(t, c)
	}
}

// unchecked returns a system that sends its queries although they do more than
// read: what is refused before it is sent must be refused by the server as well.
func unchecked(t testing.TB, c Config) *System {
	t.Helper()
	harmless := c
	for _, query := range []*string{&harmless.Assets, &harmless.People, &harmless.Tasks} {
		if *query != "" {
			*query = "SELECT 1"
		}
	}
	s := mustNew(t, harmless)
	s.config.Assets, s.config.People, s.config.Tasks = c.Assets, c.People, c.Tasks
	return s
}
