package sql

import (
	"strings"
	"testing"
)

func TestQueriesThatDoMoreThanRead(t *testing.T) {
	const severalStatements, comment = "several statements", "comment that the server runs"
	for _, c := range []struct{ driver, query, want string }{
		{"", "SELECT 1", ""}, {"", "  -- comment\n/* more */ select 1 ;  -- end", ""}, {"", "WITH x AS (SELECT 1) SELECT * FROM x", ""},
		{"", "VALUES (1)", ""}, {"", "(SELECT 1) UNION (SELECT 2)", ""}, {"", "TABLE assets", ""}, {"", "", ""},
		{"", "SELECT 'ATTACH; nextval(1)', \"outfile\" FROM into_outfile", ""}, {"", "SELECT attach, vacuum FROM load_file", ""},
		{"", "DELETE FROM x", "begins with DELETE"}, {"", "explain analyze delete from x", "begins with EXPLAIN"}, {"", "/* SELECT */ CALL x()", "begins with CALL"},
		{"", "SELECT 1; SELECT 2", severalStatements}, {"", "SELECT 1;;/**/ATTACH 'x'", severalStatements}, {"", "; SELECT 1", severalStatements},
		{driverPostgreSQL, "SELECT $q$; SELECT 2$q$", ""}, {driverPostgreSQL, `SELECT lo_id, dblink FROM x`, ""},
		{driverPostgreSQL, "SELECT pg_read_file('/etc/passwd')", "calls pg_read_file"}, {driverPostgreSQL, `SELECT "pg_ls_dir" /**/ ('/')`, "calls pg_ls_dir"},
		{driverPostgreSQL, "SELECT pg_catalog.LO_EXPORT(1, '/x')", "calls lo_export"}, {driverPostgreSQL, "SELECT * FROM dblink_exec('x')", "calls dblink_exec"},
		{driverPostgreSQL, "SELECT nextval('s')", "calls nextval"}, {driverPostgreSQL, "COPY x TO PROGRAM 'true'", "begins with COPY"},
		{driverMySQL, "SELECT * INTO\n OUTFILE '/x' FROM y", "INTO OUTFILE"}, {driverMySQL, "SELECT 1 INTO /**/ dumpfile '/x'", "INTO DUMPFILE"},
		{driverMySQL, "SELECT 1 /*! INTO OUTFILE '/x' */", comment}, {driverMySQL, "SELECT 1 /*m!100100 , 2 */", comment},
		{driverMySQL, "SELECT 5--LOAD_FILE('/etc/passwd')", "calls load_file"}, {driverMySQL, "SELECT 5 -- LOAD_FILE('/etc/passwd')", ""}, {driverMySQL, "SELECT 5 # ; x", ""},
		{driverMySQL, "SELECT `load_file`('/x')", "calls load_file"}, {driverMySQL, `SELECT 'it\'s; x' FROM y`, ""}, {driverMySQL, "SELECT 1 INTO @x", ""},
		{driverSQLite, "ATTACH 'x' AS y", "begins with ATTACH"}, {driverSQLite, "VACUUM INTO 'x'", "begins with VACUUM"}, {driverSQLite, "PRAGMA query_only = 0", "begins with PRAGMA"},
		{driverSQLite, "SELECT [a;b], load_extension('x')", "calls load_extension"}, {driverSQLite, "SELECT * FROM pragma_table_info('x')", ""},
	} {
		drivers := []string{c.driver}
		if c.driver == "" {
			drivers = Drivers()
		}
		for _, driver := range drivers {
			if got := beyondReading(driver, c.query); c.want == "" && got != "" || !strings.Contains(got, c.want) {
				t.Errorf("%s: %q: %q, want %q", driver, c.query, got, c.want)
			}
		}
	}
}

func FuzzQuery(f *testing.F) {
	f.Add("SELECT 1; `\"[", true)
	f.Fuzz(func(_ *testing.T, query string, comment bool) {
		for _, driver := range Drivers() {
			if comment {
				query = "/* x */" + query
			}
			_ = beyondReading(driver, query)
			_ = parameters(driver, query)
		}
	})
}
