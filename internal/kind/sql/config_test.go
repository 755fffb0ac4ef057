package sql

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/table"
)

const canary = "c4nary-in-the-dsn"

// problems returns the attributes that New complains about, and the whole text.
func problems(t *testing.T, c Config) ([]string, string) {
	t.Helper()
	_, err := New(c)
	if err == nil {
		return nil, ""
	}
	var all *system.ConfigError
	if !errors.As(err, &all) {
		t.Fatalf("got %T", err)
	}
	var out []string
	for _, p := range all.Problems {
		out = append(out, strings.TrimSuffix(p.Attribute+"."+p.Key, "."))
	}
	return out, err.Error()
}

func TestNewReportsEverything(t *testing.T) {
	got, _ := problems(t, Config{
		Name: "wh", Driver: "oracle", Timeout: -1, MaxRows: DefaultMaxRows + 1, Asset: "SELECT 1",
		Mapping: table.Mapping{
			Columns: map[string]string{"colour": "x"}, States: map[string]string{"x": "gone"}, MinRecords: map[string]int{"things": 1},
		},
	})
	want := []string{"timeout", "max_rows", "driver", "dsn", "assets", "asset", "columns.colour", "min_records.things", "states.x"}
	if !slices.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

func TestDSN(t *testing.T) {
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PGSSLMODE", "")
	for _, c := range []struct {
		driver, dsn, ca string
		insecure        bool
		want            string // the attribute with the problem
	}{
		{driverPostgreSQL, "postgres://u:" + canary + "@db.example.org/x", "", false, ""},
		{driverPostgreSQL, "postgres://u:" + canary + "@db.example.org/x?sslmode=verify-full", "", false, ""},
		{driverPostgreSQL, "host=db.example.org user=u password=" + canary + " sslmode=verify-full", "", false, ""},
		{driverPostgreSQL, "host=db.example.org user=u password=" + canary, "", false, ""},
		{driverPostgreSQL, "postgres://u:" + canary + "@db.example.org/x?sslmode=disable", "", false, "dsn"},
		{driverPostgreSQL, "postgres://u:" + canary + "@db.example.org/x?sslmode=disable", "", true, ""},
		{driverPostgreSQL, "postgres://u:" + canary + "@db.example.org/x?sslmode=prefer", "", false, "dsn"},
		{driverPostgreSQL, "postgres://u:" + canary + "@db.example.org/x?sslmode=require", "", false, "dsn"},
		{driverPostgreSQL, "postgres://u:" + canary + "@127.0.0.1,db.example.org/x?sslmode=allow", "", false, "dsn"},
		{driverPostgreSQL, "postgres://u:" + canary + "@127.0.0.1/x?sslmode=disable", "", false, ""},
		{driverPostgreSQL, "host=/run/postgresql dbname=x", "", false, ""},
		{driverPostgreSQL, "postgres://u:" + canary + "@db.example.org:port/x", "", false, "dsn"},
		{driverPostgreSQL, "postgres://u:%zz" + canary + "@db.example.org/x", "", false, "dsn"},
		{driverPostgreSQL, "password='" + canary, "", false, "dsn"},
		{driverPostgreSQL, canary, "", false, "dsn"},
		{driverPostgreSQL, "postgres://u:" + canary + "@db.example.org/x", file, false, "ca_file"},
		{driverPostgreSQL, "postgres://u:" + canary + "@db.example.org/x", file + "x", false, "ca_file"},
		{driverMySQL, "u:" + canary + "@tcp(db.example.org)/x", "", false, ""},
		{driverMySQL, "u:" + canary + "@tcp(db.example.org:3306)/x?tls=true", "", false, ""},
		{driverMySQL, "u:" + canary + "@tcp(db.example.org:3306)/x?tls=false", "", false, "dsn"},
		{driverMySQL, "u:" + canary + "@tcp(db.example.org:3306)/x?tls=preferred", "", false, "dsn"},
		{driverMySQL, "u:" + canary + "@tcp(db.example.org:3306)/x?tls=skip-verify", "", false, "dsn"},
		{driverMySQL, "u:" + canary + "@tcp(db.example.org:3306)/x?tls=skip-verify", "", true, ""},
		{driverMySQL, "u:" + canary + "@tcp(127.0.0.1:3306)/x", "", false, ""},
		{driverMySQL, "u:" + canary + "@unix(/run/mysqld/mysqld.sock)/x", "", false, ""},
		{driverMySQL, "u:" + canary + "@tcp(db.example.org:3306)/x?tls=" + canary, "", false, "dsn"},
		{driverMySQL, "mysql://u:" + canary + "@db.example.org", "", false, "dsn"},
		{driverMySQL, "u:" + canary + "@tcp(db.example.org:3306)/x", file, false, "ca_file"},
		{driverSQLite, "inventory.db", "", false, ""},
		{driverSQLite, "file:inventory.db?immutable=1", "", false, ""},
		{driverSQLite, "file:///srv/inventory.db", "", false, ""},
		{driverSQLite, "file:inventory.db?mode=rwc", "", false, "dsn"},
		{driverSQLite, "file:inventory.db?_pragma=writable_schema(1)", "", false, "dsn"},
		{driverSQLite, ":memory:", "", false, "dsn"},
		{driverSQLite, "file::memory:", "", false, "dsn"},
		{driverSQLite, "inventory.db", file, false, "ca_file"},
	} {
		got, text := problems(t, Config{Name: "wh", Driver: c.driver, DSN: c.dsn, CAFile: c.ca, InsecurePlaintext: c.insecure, Assets: "SELECT 1"})
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s with %q: got %v (%s), want %q", c.dsn, c.ca, got, text, c.want)
		}
		if strings.Contains(text, canary) {
			t.Errorf("%q shows the secret", text)
		}
	}
}

func TestParameters(t *testing.T) {
	for _, c := range []struct {
		driver, query string
		want          int
	}{
		{driverPostgreSQL, "SELECT 1 WHERE id = $1", 1},
		{driverPostgreSQL, "SELECT 1 WHERE id = $1 OR tag = $1", 1},
		{driverPostgreSQL, "SELECT 1 WHERE id = $1 OR tag = $2", 2},
		{driverPostgreSQL, "SELECT 1 WHERE id = $2", 2},
		{driverPostgreSQL, "SELECT '$1', \"$1\", $$ $1 $$, $a$ $1 $$ $a$ -- $1\n /* $1 */", 0},
		{driverPostgreSQL, `SELECT E'\'$1', 'a''$1', tags ? 'x'`, 0},
		{driverPostgreSQL, `SELECT '\', $1`, 1},
		{driverPostgreSQL, "SELECT a$1", 1},
		{driverPostgreSQL, "SELECT '$1", 0},
		{driverMySQL, "SELECT 1 WHERE id = ?", 1},
		{driverMySQL, "SELECT '?', \"?\", `?` # ?\n -- ?\n /* ? */", 0},
		{driverMySQL, `SELECT '\'?', "\"?"`, 0},
		{driverMySQL, "SELECT ? + ?", 2},
		{driverSQLite, "SELECT 1 WHERE id = ?", 1},
		{driverSQLite, `SELECT '\', ?`, 1},
		{driverSQLite, "SELECT ?1", 1},
	} {
		if got := parameters(c.driver, c.query); got != c.want {
			t.Errorf("%s: %s has %d parameters, want %d", c.driver, c.query, got, c.want)
		}
	}
	for _, c := range []Config{
		{Assets: "SELECT 1 AS id", Asset: "SELECT 1 AS id"},
		{Assets: "SELECT 1 AS id", Asset: "SELECT ? AS id, ?"},
		{Assets: "SELECT ? AS id"},
	} {
		c.Name, c.Driver, c.DSN = "wh", driverSQLite, "x.db"
		if got, _ := problems(t, c); len(got) != 1 {
			t.Errorf("got %v", got)
		}
	}
}

func TestTLS(t *testing.T) {
	p, m := servers.Postgres(t), servers.MariaDB(t)
	other, err := servers.NewCertificate(t.TempDir(), "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	encrypted := map[string]string{
		driverPostgreSQL: "SELECT 'A' AS id, '' AS state, '' AS owner, ssl::text AS class FROM pg_stat_ssl WHERE pid = pg_backend_pid()",
		driverMySQL:      "SELECT 'A' AS id, '' AS state, '' AS owner, IF(variable_value = '', 'false', 'true') AS class FROM information_schema.session_status WHERE variable_name = 'Ssl_cipher'",
	}
	for _, c := range []struct {
		driver, dsn, ca string
		want            string // of the query, or of the problem
	}{
		{driverPostgreSQL, p.PostgresURL(p.Reader), p.Cert.CAFile, "true"},
		{driverPostgreSQL, p.PostgresURL(p.Reader, "sslmode", "verify-full"), p.Cert.CAFile, "true"},
		{driverPostgreSQL, p.PostgresURL(p.Reader, "sslmode", "disable"), "", "false"},
		{driverPostgreSQL, p.PostgresURL(p.Reader, "sslmode", "verify-full"), "", problemCertificate.what},
		{driverPostgreSQL, p.PostgresURL(p.Reader), other.CAFile, problemCertificate.what},
		{driverPostgreSQL, strings.Replace(p.PostgresURL(p.Reader), "127.0.0.1", "localhost", 1), p.Cert.CAFile, problemCertificate.what},
		{driverMySQL, m.MySQLName(m.Reader, ""), "", "false"},
		{driverMySQL, m.MySQLName(m.Reader, ""), m.Cert.CAFile, "true"},
		{driverMySQL, m.MySQLName(m.Reader, "") + "?tls=true", "", problemCertificate.what},
		{driverMySQL, m.MySQLName(m.Reader, ""), other.CAFile, problemCertificate.what},
		{driverMySQL, strings.Replace(m.MySQLName(m.Reader, ""), "127.0.0.1", "localhost", 1), m.Cert.CAFile, problemCertificate.what},
	} {
		s := mustNew(t, Config{Name: "wh", Driver: c.driver, DSN: c.dsn, CAFile: c.ca, Assets: encrypted[c.driver]})
		if _, err := strconv.ParseBool(c.want); err != nil {
			if f := complaint(t, s); !strings.Contains(f.Happened, c.want) {
				t.Errorf("%s: %s: %v", c.dsn, f.Happened, f.Err)
			}
			continue
		}
		found, err := s.Asset(t.Context(), "A")
		if err != nil || len(found) != 1 || found[0].Class != c.want {
			t.Errorf("%s: got %+v, %v", c.dsn, found, err)
		}
	}
}
