package sql

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
	"github.com/custodyhq/terraform-provider-custody/internal/system/table"
)

var twoAssets = systemtest.Seed{Records: []lifecycle.Record{{ID: "A"}, {ID: "B"}}}

// complaint returns the fault of reading the asset A.
func complaint(t *testing.T, s system.System) *fault.Fault {
	t.Helper()
	assets, ok := system.AsAssets(s)
	if !ok {
		t.Fatal("no assets")
	}
	found, err := assets.Asset(t.Context(), "A")
	systemtest.WantUnavailable(t, len(found), err)
	var f *fault.Fault
	errors.As(err, &f)
	return f
}

// What a user reads has to name the right problem, and never the secret.
func TestServerErrors(t *testing.T) {
	want := map[string]string{
		"table missing": problemName.what, "column missing": problemName.what, "not SQL": problemSyntax.what, "too slow": problemTimeout.what,
		"no id": `it has no column "id"`, "column twice": `names the column "id" twice`, "more than max_rows": "it has more than 1 rows",
		"connection refused": problemReach.what, "wrong password": problemLogin.what, "no such database": problemLogin.what,
		"cut in the answer": problemLost.what, "fewer than min_records": "it may be cut off", "drops": problemWrites.what,
	}
	for name, d := range dialects {
		t.Run(name, func(t *testing.T) {
			broken := d.broken()
			switch name {
			case "postgres":
				for key, m := range d.network(t, servers.Postgres(t), "&sslmode=disable") {
					broken[key] = m
				}
			case "mariadb":
				for key, m := range d.network(t, servers.MariaDB(t), "") {
					broken[key] = m
				}
			}
			for key, m := range broken {
				s, ok := m(t, twoAssets).(*System)
				if !ok {
					t.Fatal("another kind of system")
				}
				f := complaint(t, s)
				if !strings.Contains(f.Happened, want[key]) {
					t.Errorf("%s: %q does not say %q; %v", key, f.Happened, want[key], f.Err)
				}
				for _, secret := range []string{servers.Postgres(t).Password, s.config.DSN} {
					if text := f.Error() + f.Detail(); secret != "" && strings.Contains(text, secret) {
						t.Errorf("%s: %q shows the secret %q", key, text, secret)
					}
				}
			}
		})
	}
}

// Values that would change what a query does, if they ever became part of it.
func TestInjection(t *testing.T) {
	hostile := []string{
		`'; DROP TABLE assets; --`, `' OR '1'='1`, `" OR ""="`, `\' OR 1=1 --`, `1); DELETE FROM assets; --`, "A'||'", `$1`, `?`, `:id`, `%`, `_`, `A%`,
		"A\u0000", "A\u2019", "\u212a", "Ä", "A;B", "/* A */", "A -- ", `\`, "\\'", "\uff07 OR 1=1",
	}
	for name, d := range dialects {
		t.Run(name, func(t *testing.T) {
			c := d.config(t, twoAssets)
			c.Asset = "SELECT * FROM assets WHERE id = " + d.mark
			s := mustNew(t, c)
			for _, id := range hostile {
				found, err := s.Asset(t.Context(), id)
				// PostgreSQL has no NUL in its texts and says so.
				if err != nil && !strings.Contains(id, "\x00") {
					t.Errorf("Asset(%q): %v", id, err)
				}
				if len(found) != 0 {
					t.Errorf("Asset(%q) = %+v", id, found)
				}
			}
			after := mustNew(t, c)
			n := 0
			for _, err := range after.Assets(t.Context()) {
				if err != nil {
					t.Fatal(err)
				}
				n++
			}
			if n != 2 {
				t.Errorf("%d assets are left", n)
			}
		})
	}
}

// beyond are statements that a read-only transaction alone does not keep every
// server from.
var beyond = map[string][]string{
	"postgres": {
		"COPY assets TO PROGRAM 'true'", "SELECT nextval(pg_get_serial_sequence('assets', 'id')) AS id", "CALL x()", "DO 'BEGIN END'",
	},
	"mariadb": {"SELECT * FROM assets INTO OUTFILE '/nowhere/assets'", "SELECT id INTO DUMPFILE '/nowhere/assets' FROM assets", "CALL x()"},
	"sqlite": {
		"ATTACH 'attached.db' AS more", "SELECT * FROM assets; ATTACH 'attached.db' AS more", "VACUUM INTO 'attached.db'", "VACUUM", "PRAGMA query_only = 0",
		"PRAGMA query_only = 0; CREATE TEMP TABLE x (id); SELECT * FROM x", "PRAGMA journal_mode = WAL", "PRAGMA user_version = 7; ATTACH 'attached.db' AS more",
		"PRAGMA writable_schema = 1; DELETE FROM sqlite_schema", "SELECT load_extension('nowhere') AS id", "REINDEX", "ANALYZE",
	},
}

// Even an account that may write everything changes nothing through a query.
func TestNothingIsWritten(t *testing.T) {
	t.Chdir(t.TempDir())
	p, m := servers.Postgres(t), servers.MariaDB(t)
	for name, c := range map[string]Config{
		"postgres": pg.reads(strings.Replace(pg.fill(t, pg.tables(twoAssets)), p.Reader+":", p.Admin+":", 1)),
		"mariadb":  maria.reads(strings.Replace(maria.fill(t, maria.tables(twoAssets)), m.Reader+":", m.Admin+":", 1)),
		"sqlite":   lite.reads(lite.fill(t, lite.tables(twoAssets))),
	} {
		for _, statement := range slices.Concat(beyond[name], []string{
			"DELETE FROM assets", "DROP TABLE assets", "INSERT INTO assets (id) VALUES ('C')", "UPDATE assets SET id = 'C'", "CREATE TABLE x (id int)",
			"DELETE FROM assets RETURNING id", "COMMIT; DELETE FROM assets", "SELECT * FROM assets; DELETE FROM assets",
		}) {
			writing := c
			writing.Assets = statement
			found, err := unchecked(t, writing).Asset(t.Context(), "A")
			systemtest.WantUnavailable(t, len(found), err)
			if _, err := New(writing); err == nil {
				t.Errorf("%s: %q is accepted", name, statement)
			}
		}
		if _, err := os.Stat("attached.db"); err == nil {
			t.Errorf("%s: a file was made", name)
		}
		s := mustNew(t, c)
		for _, id := range []string{"A", "B"} {
			if found, err := s.Asset(t.Context(), id); err != nil || len(found) != 1 {
				t.Errorf("%s: Asset(%q) = %+v, %v", name, id, found, err)
			}
		}
	}
}

// counting records the queries that another server is asked.
type counting struct {
	server
	asked []string
}

func (c *counting) read(ctx context.Context, text string, args []any, to sink) error {
	c.asked = append(c.asked, fmt.Sprint(text, args))
	return c.server.read(ctx, text, args, to)
}

func TestQueriesOncePerRun(t *testing.T) {
	c := lite.config(t, systemtest.Seed{
		Records: []lifecycle.Record{{ID: "A"}, {ID: "B"}, {ID: "C"}}, People: []lifecycle.Person{{ID: "1"}},
	})
	c.Asset = "SELECT * FROM assets WHERE id = ?"
	s := mustNew(t, c)
	count := &counting{server: s.server}
	s.server = count
	for range 2 {
		for _, id := range []string{"A", "B", " A ", "Z"} {
			if _, err := s.Asset(t.Context(), id); err != nil {
				t.Fatal(err)
			}
		}
		for _, key := range []string{"1", "2"} {
			if _, err := s.Person(t.Context(), key); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := s.Tasks(t.Context(), "A"); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{c.Asset + "[A]", c.Asset + "[B]", c.Asset + "[Z]", c.Assets + "[]", c.People + "[]", c.Tasks + "[]"}
	if !slices.Equal(count.asked, want) {
		t.Errorf("asked %q\nwant  %q", count.asked, want)
	}
}

// A query for one asset that misses one does not make it gone.
func TestOnlyTheListProvesAbsence(t *testing.T) {
	c := lite.config(t, twoAssets)
	c.Asset = "SELECT * FROM assets WHERE id = ? AND 1 = 0"
	if found, err := mustNew(t, c).Asset(t.Context(), "A"); err != nil || len(found) != 1 {
		t.Errorf("got %+v, %v", found, err)
	}
	// And one that returns everything returns nobody else's record.
	c.Asset = "SELECT * FROM assets WHERE ? <> ''"
	if found, err := mustNew(t, c).Asset(t.Context(), "A"); err != nil || len(found) != 1 || found[0].ID != "A" {
		t.Errorf("got %+v, %v", found, err)
	}
}

func TestCapabilitiesFollowTheConfiguration(t *testing.T) {
	s := mustNew(t, Config{Name: "wh", Driver: driverSQLite, DSN: "x.db", People: "SELECT 1 AS id"})
	if _, ok := system.AsAssets(s); ok {
		t.Error("it claims to read assets")
	}
	if _, ok := system.AsPeople(s); !ok || s.Kind() != Kind || s.Name() != "wh" {
		t.Error("it does not claim to know people")
	}
	if _, err := s.Asset(t.Context(), "A"); !errors.Is(err, fault.ErrConfig) {
		t.Errorf("got %v", err)
	}
}

// The types that columns have, and what becomes of them.
func TestTypes(t *testing.T) {
	evening := time.Date(2031, 5, 6, 21, 30, 0, 0, time.UTC)
	midnight := time.Date(2031, 5, 6, 0, 0, 0, 0, time.UTC)
	endOfDay := midnight.Add(24*time.Hour - time.Second)
	for _, c := range []struct {
		name       string
		d          dialect
		expression string
		field      string
		want       any
	}{
		{"timestamptz", pg, "timestamptz '2031-05-06 23:30:00.25+02'", "retirement_date", evening},
		{"timestamp", pg, "timestamp '2031-05-06 21:30:00'", "retirement_date", evening},
		{"date", pg, "date '2031-05-06'", "retirement_date", endOfDay},
		{"date", pg, "date '2031-05-06'", "verified_at", midnight},
		{"text", pg, "'2031-05-06 23:30:00+02:00'", "retirement_date", evening},
		{"infinity", pg, "timestamptz 'infinity'", "retirement_date", time.Time{}},
		{"before all time", pg, "timestamptz '-infinity'", "retirement_date", time.Unix(0, 0).UTC()},
		{"verified before all time", pg, "timestamptz '-infinity'", "verified_at", time.Time{}},
		{"date before all time", pg, "date '-infinity'", "retirement_date", time.Unix(0, 0).UTC()},
		{"boolean", pg, "true", "shared", lifecycle.Yes},
		{"integer", pg, "0", "shared", lifecycle.No},
		{"null", pg, "NULL::boolean", "shared", lifecycle.Unstated},
		{"array", pg, "ARRAY['a;b', NULL, ' c ', 'd\"e']", "owner", []string{"a;b", "c", `d"e`}},
		{"varchar array", pg, "'{a,b}'::varchar[]", "owner", []string{"a", "b"}},
		{"integer array", pg, "ARRAY[1, 2]", "owner", []string{"1", "2"}},
		{"array for a text", pg, "ARRAY['a']", "class", errors.New("only one text is accepted there")},
		{"semicolons", pg, "'a; b'", "owner", []string{"a", "b"}},
		{"json", pg, `'["a;b", null, "c"]'::jsonb`, "owner", []string{"a;b", "c"}},
		{"other json", pg, `'{"a": 1}'::jsonb`, "owner", errors.New("JSON that is neither a text nor an array of texts")},
		{"json object for a text", pg, `'{"a": 1}'::json`, "class", errors.New("JSON that is neither a text nor an array of texts")},
		{"json text", pg, `'{"who": "ann"}'::jsonb -> 'who'`, "owner", []string{"ann"}},
		{"json text", pg, `'"laptop"'::json`, "class", "laptop"},
		{"json number", pg, `'12.50'::json`, "class", "12.50"},
		{"json truth", pg, `'true'::jsonb`, "shared", lifecycle.Yes},
		{"json null", pg, `'null'::jsonb`, "class", ""},
		{"json array for a text", pg, `'["a", "b"]'::jsonb`, "class", errors.New("only one text is accepted there")},
		{"number", pg, "12.50::numeric(5,2)", "class", "12.50"},
		{"uuid", pg, "'00000000-0000-0000-0000-00000000000a'::uuid", "class", "00000000-0000-0000-0000-00000000000a"},
		{"enum", pg, "(SELECT 'in_service'::%[1]s.mood)", "state", lifecycle.StateInService},
		{"array of enums", pg, "ARRAY['in_service', 'other']::%[1]s.mood[]", "owner", []string{"in_service", "other"}},
		{"char", pg, "'app'::char(10)", "class", "app"},
		{"too long", pg, "repeat('x', 70000)", "class", errors.New("longer than 64 KiB")},
		{"far too long", pg, "repeat('x', 20000000)", "class", errors.New("it failed")},
		{"datetime", maria, "CAST('2031-05-06 21:30:00' AS DATETIME(6))", "retirement_date", evening},
		{"date", maria, "CAST('2031-05-06' AS DATE)", "retirement_date", endOfDay},
		{"zero date", maria, "CAST('0000-00-00' AS DATE)", "retirement_date", time.Time{}},
		{"unix time", maria, "FROM_UNIXTIME(1935955800)", "retirement_date", time.Date(2031, 5, 7, 21, 30, 0, 0, time.UTC)},
		{"boolean", maria, "TRUE", "shared", lifecycle.Yes},
		{"bit", maria, "(SELECT b FROM bits)", "shared", lifecycle.Yes},
		{"bit column", maria, "b AS shared FROM bits -- ", "shared", lifecycle.Yes},
		{"number", maria, "CAST(12.5 AS DECIMAL(5,2))", "class", "12.50"},
		{"unsigned", maria, "18446744073709551615", "class", "18446744073709551615"},
		{"bytes", maria, "UNHEX('FFFE')", "class", errors.New("bytes that are not text")},
		{"concatenated", maria, "(SELECT GROUP_CONCAT(REPEAT('x', 900) , n SEPARATOR ';') FROM (SELECT 1 AS n UNION SELECT 2 UNION SELECT 3) g)", "owner", []string{
			strings.Repeat("x", 900) + "1", strings.Repeat("x", 900) + "2", strings.Repeat("x", 900) + "3",
		}},
		{"text", lite, "'2031-05-06 21:30:00'", "retirement_date", evening},
		{"text", lite, "'2031-05-06T23:30:00+02:00'", "retirement_date", evening},
		{"date", lite, "(SELECT d FROM moments)", "retirement_date", endOfDay},
		{"datetime", lite, "(SELECT t FROM moments)", "retirement_date", evening},
		{"integer", lite, "1", "shared", lifecycle.Yes},
		{"real", lite, "0.5", "class", "0.5"},
		{"blob", lite, "x'fffe'", "class", errors.New("bytes that are not text")},
		{"half a text", lite, "CAST(x'41ff' AS TEXT)", "class", errors.New("bytes that are not text")},
		{"NUL", lite, "'a' || char(0)", "class", errors.New("a NUL character is not accepted")},
	} {
		t.Run(c.d.driver+"/"+c.name, func(t *testing.T) {
			extra := map[string]string{
				driverPostgreSQL: "; CREATE TYPE mood AS ENUM ('in_service', 'other')",
				driverMySQL:      "; CREATE TABLE bits (b bit(1)); INSERT INTO bits VALUES (b'1')",
				driverSQLite:     "; CREATE TABLE moments (d date, t datetime); INSERT INTO moments VALUES ('2031-05-06', '2031-05-06 21:30:00')",
			}[c.d.driver]
			dsn := c.d.fill(t, c.d.tables(systemtest.Seed{})+extra)
			config := c.d.reads(dsn)
			expression := strings.ReplaceAll(c.expression, "%[1]s", dsn[strings.LastIndex(dsn, "=")+1:])
			config.Assets = "SELECT 'A' AS id, "
			for _, needed := range []string{"state", "owner"} {
				if needed != c.field {
					config.Assets += "NULL AS " + needed + ", "
				}
			}
			config.Assets += expression + " AS " + c.field
			s := mustNew(t, config)
			if failure, ok := c.want.(error); ok {
				if f := complaint(t, s); !strings.Contains(f.Happened, failure.Error()) || !strings.Contains(f.Happened+"it failed", c.field+`"`) && failure.Error() != "it failed" {
					t.Errorf("got %q, want %q", f.Happened, failure)
				}
				return
			}
			found, err := s.Asset(t.Context(), "A")
			if err != nil || len(found) != 1 {
				t.Fatalf("got %+v, %v", found, err)
			}
			r := found[0]
			got := map[string]any{
				"retirement_date": r.RetirementDate, "verified_at": r.VerifiedAt, "shared": r.Shared, "owner": r.Owners, "class": r.Class, "state": r.State,
			}[c.field]
			if fmt.Sprint(got) != fmt.Sprint(c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestColumnsAndStates(t *testing.T) {
	c := lite.config(t, systemtest.Seed{})
	c.Assets = "SELECT 'A' AS tag, 'Deployed' AS status, 'Ann' AS held_by"
	c.Mapping = table.Mapping{
		Columns: map[string]string{"id": "tag", "state": "Status", "owner": "held_by"}, States: map[string]string{"deployed": "in_service"},
	}
	found, err := mustNew(t, c).Asset(t.Context(), "A")
	if err != nil || len(found) != 1 || found[0].State != lifecycle.StateInService || !slices.Equal(found[0].Owners, []string{"Ann"}) ||
		found[0].Source != "database row 1" {
		t.Errorf("got %+v, %v", found, err)
	}
}
