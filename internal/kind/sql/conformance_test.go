package sql

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
	"github.com/custodyhq/terraform-provider-custody/internal/system/table"
)

// all sets the three queries to texts with the name of the table for %s.
func all(c *Config, format string) {
	for name, to := range map[string]*string{table.NameAssets: &c.Assets, table.NamePeople: &c.People, table.NameTasks: &c.Tasks} {
		*to = strings.ReplaceAll(format, "%s", name)
	}
}

// broken are the ways to keep any kind of database from answering.
func (d dialect) broken() map[string]systemtest.Make {
	out := make(map[string]systemtest.Make)
	for name, format := range map[string]string{
		"table missing":        "SELECT * FROM gone_%s",
		"column missing":       "SELECT n, name_of_nobody FROM %s",
		"no id":                "SELECT n FROM %s",
		"column twice":         "SELECT *, id FROM %s",
		"column twice by case": `SELECT a.*, id AS "ID" FROM %s a`,
		"not SQL":              "SELEKT * FROM %s",
		"two statements":       "SELECT * FROM %s; SELECT * FROM gone",
		"no rows at all":       "DELETE FROM %s",
		"drops":                "DROP TABLE %s",
		"commits":              "COMMIT",
	} {
		out[name] = d.change(func(_ *testing.T, c *Config) { all(c, format) })
	}
	out["fewer than min_records"] = d.change(func(_ *testing.T, c *Config) {
		c.MinRecords = map[string]int{table.NameAssets: 99, table.NamePeople: 99, table.NameTasks: 99}
	})
	out["more than max_rows"] = d.change(func(_ *testing.T, c *Config) {
		c.MaxRows = 1
		all(c, "SELECT * FROM %s UNION ALL SELECT * FROM %s UNION ALL SELECT * FROM %s")
		if d.driver == driverPostgreSQL {
			all(c, "SELECT x.* FROM %s x, generate_series(1, 9)")
		}
	})
	out["too slow"] = d.change(func(_ *testing.T, c *Config) {
		c.Timeout = 300 * time.Millisecond
		all(c, strings.ReplaceAll(d.slow, "assets", "%s"))
	})
	return out
}

func (d dialect) conforms(t *testing.T, broken map[string]systemtest.Make) {
	t.Helper()
	h := systemtest.Harness{
		Healthy: d.change(func(*testing.T, *Config) {}),
		Broken:  d.broken(),
	}
	for name, m := range broken {
		h.Broken[name] = m
	}
	t.Run("assets", func(t *testing.T) { systemtest.Assets(t, h) })
	t.Run("people", func(t *testing.T) { systemtest.People(t, h) })
	t.Run("tasks", func(t *testing.T) { systemtest.Tasks(t, h) })
	// The same, asked for one asset at a time.
	single := systemtest.Harness{
		Healthy: d.change(func(_ *testing.T, c *Config) { c.Asset = "SELECT * FROM assets WHERE id = " + d.mark + " ORDER BY n" }),
		Broken: map[string]systemtest.Make{
			"one: table missing": d.change(func(_ *testing.T, c *Config) {
				c.Asset = "SELECT * FROM gone WHERE id = " + d.mark
				c.Assets = "SELECT * FROM gone"
			}),
		},
	}
	t.Run("one asset", func(t *testing.T) { systemtest.Assets(t, single) })
	t.Run("one asset or the list", func(t *testing.T) { systemtest.Lists(t, single, system.CanReadAssets) })
}

// elsewhere replaces the port in a DSN.
func elsewhere(t *testing.T, dsn, from, to string) string {
	t.Helper()
	out := strings.Replace(dsn, from, to, 1)
	if out == dsn {
		t.Fatal("the DSN does not name the server")
	}
	return out
}

func local(port int) string { return "127.0.0.1:" + strconv.Itoa(port) }

// network are the ways to keep a server from answering.
func (d dialect) network(t *testing.T, server *servers.Database, plain string) map[string]systemtest.Make {
	t.Helper()
	here := local(server.Port)
	return map[string]systemtest.Make{
		"connection refused": d.change(func(t *testing.T, c *Config) {
			port, err := servers.FreePort()
			if err != nil {
				t.Fatal(err)
			}
			c.DSN = elsewhere(t, c.DSN, here, local(port))
		}),
		"silent": d.change(func(t *testing.T, c *Config) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = l.Close() })
			c.Timeout = 200 * time.Millisecond
			c.DSN = strings.ReplaceAll(elsewhere(t, c.DSN, here, l.Addr().String()), "search_path", "connect_timeout=1&search_path")
			if d.driver == driverMySQL {
				c.DSN += "?timeout=1s&readTimeout=1s"
			}
		}),
		"wrong password": d.change(func(_ *testing.T, c *Config) { c.DSN = strings.Replace(c.DSN, server.Password, "0ther-Secret", 1) }),
		"no such database": d.change(func(_ *testing.T, c *Config) {
			c.DSN = strings.NewReplacer("/postgres?", "/gone?", ")/d", ")/gone").Replace(c.DSN)
		}),
		"cut in the answer": d.change(func(t *testing.T, c *Config) {
			// The second row is marked in a way that does not stand in the query.
			all(c, "SELECT x.*, CASE WHEN n = 1 THEN concat('zz', '-end') ELSE '' END AS note FROM %s x ORDER BY n")
			var cut atomic.Bool
			cut.Store(true)
			c.DSN = elsewhere(t, c.DSN, here, systemtest.Sever(t, here, "zz-end", &cut)) + plain
		}),
	}
}

func TestPostgresConforms(t *testing.T) {
	server := servers.Postgres(t)
	broken := pg.network(t, server, "&sslmode=disable")
	broken["permission denied"] = pg.change(func(t *testing.T, c *Config) {
		schema := c.DSN[strings.LastIndex(c.DSN, "=")+1:]
		server.PostgresExec(t, fmt.Sprintf("REVOKE SELECT ON ALL TABLES IN SCHEMA %s FROM %s", schema, server.Reader))
	})
	broken["row-level security"] = pg.change(func(t *testing.T, c *Config) {
		schema := c.DSN[strings.LastIndex(c.DSN, "=")+1:]
		for _, table := range []string{"assets", "people", "tasks"} {
			server.PostgresExec(t, fmt.Sprintf("ALTER TABLE %[1]s.%[2]s ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON %[1]s.%[2]s USING (n < 0)", schema, table))
		}
	})
	broken["killed in the query"] = pg.change(func(_ *testing.T, c *Config) {
		// The server ends the session, as an administrator would, once it has
		// given rows.
		server.PostgresExec(t, "GRANT pg_signal_backend TO "+server.Reader)
		all(c, "SELECT *, CASE WHEN n >= 1 THEN pg_terminate_backend(pg_backend_pid()) END AS note FROM %s ORDER BY n")
	})
	broken["bytes"] = pg.change(func(_ *testing.T, c *Config) {
		all(c, `SELECT 'A'::bytea AS id, 'offboarding' AS kind, 'APP-1' AS asset FROM %s`)
	})
	pg.conforms(t, broken)
}

func TestMariaDBConforms(t *testing.T) {
	server := servers.MariaDB(t)
	broken := maria.network(t, server, "")
	broken["permission denied"] = maria.change(func(t *testing.T, c *Config) {
		database := c.DSN[strings.LastIndex(c.DSN, "/")+1:]
		server.MariaDBExec(t, "", fmt.Sprintf("REVOKE SELECT ON %s.* FROM %s@'127.0.0.1'", database, server.Reader))
	})
	broken["killed in the query"] = maria.change(func(_ *testing.T, c *Config) { all(c, "KILL CONNECTION_ID()") })
	maria.conforms(t, broken)
}

func TestSQLiteConforms(t *testing.T) {
	replace := func(text []byte) systemtest.Make {
		return lite.change(func(t *testing.T, c *Config) {
			if err := os.WriteFile(c.DSN, text, 0o600); err != nil {
				t.Fatal(err)
			}
		})
	}
	lite.conforms(t, map[string]systemtest.Make{
		"no file":    lite.change(func(_ *testing.T, c *Config) { c.DSN += "x" }),
		"a folder":   lite.change(func(_ *testing.T, c *Config) { c.DSN = filepath.Dir(c.DSN) }),
		"empty":      replace(nil),
		"other file": replace([]byte(strings.Repeat("<html>503</html>\n", 100))),
		"cut file": func(t *testing.T, seed systemtest.Seed) system.System {
			c := lite.config(t, seed)
			text, err := os.ReadFile(c.DSN)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(c.DSN, text[:len(text)-4096], 0o600); err != nil {
				t.Fatal(err)
			}
			all(&c, "SELECT * FROM tasks, assets, people")
			return mustNew(t, c)
		},
	})
}
