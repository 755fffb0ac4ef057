package servers

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/go-sql-driver/mysql"
)

var mariadb Shared[*Database]

// MariaDB returns a MariaDB server that offers TLS.
func MariaDB(t testing.TB) *Database {
	t.Helper()
	skipShort(t, "MariaDB")
	path := RequireProgram(t, "mariadb", "mariadbd", "/usr/sbin/mariadbd")
	install := RequireProgram(t, "mariadb", "mariadb-install-db")
	RequireProgram(t, "mariadb", "my_print_defaults") // which the installation calls
	return mariadb.Get(t, func(dir string) (*Database, func(), error) { return startMariaDB(path, install, dir) })
}

func startMariaDB(path, install, dir string) (*Database, func(), error) {
	ctx := context.Background()
	d, err := newDatabase(dir, "admin")
	if err != nil {
		return nil, nil, err
	}
	account, err := unprivileged(dir, "mysql")
	if err != nil {
		return nil, nil, err
	}
	data, first := filepath.Join(dir, "data"), filepath.Join(dir, "first.sql")
	accounts := fmt.Sprintf("CREATE USER %[1]s@'127.0.0.1' IDENTIFIED BY '%[3]s';\nGRANT ALL ON *.* TO %[1]s@'127.0.0.1' WITH GRANT OPTION;\n"+
		"CREATE USER %[2]s@'127.0.0.1' IDENTIFIED BY '%[3]s';\n", d.Admin, d.Reader, d.Password)
	if err := os.WriteFile(first, []byte(accounts), 0o600); err != nil {
		return nil, nil, err
	}
	if err := give(dir, account); err != nil {
		return nil, nil, err
	}
	if err := runAs(ctx, account, dir, install, "--no-defaults", "--datadir="+data, "--auth-root-authentication-method=normal", "--skip-test-db"); err != nil {
		return nil, nil, err
	}
	process, err := Start(ctx, Spec{
		Name: "mariadb", Path: path, Dir: dir, User: account, Ready: d.pingMariaDB,
		Args: []string{
			"--no-defaults", "--datadir=" + data, "--port=" + strconv.Itoa(d.Port), "--bind-address=127.0.0.1", "--socket=" + filepath.Join(dir, "s"),
			"--pid-file=" + filepath.Join(dir, "pid"), "--skip-name-resolve", "--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=32M",
			"--init-file=" + first, "--ssl-cert=" + d.Cert.CertFile, "--ssl-key=" + d.Cert.KeyFile, "--character-set-server=utf8mb4",
		},
	})
	if err != nil {
		return nil, nil, err
	}
	return d, process.Stop, nil
}

// MySQLName returns the data source name of an account in a database.
func (d *Database) MySQLName(account, database string) string {
	return fmt.Sprintf("%s:%s@tcp(127.0.0.1:%d)/%s", account, d.Password, d.Port, database)
}

func (d *Database) pingMariaDB(ctx context.Context) error { return d.runMariaDB(ctx, "", "SELECT 1") }

func (d *Database) runMariaDB(ctx context.Context, database, statements string) error {
	config, err := mysql.ParseDSN(d.MySQLName(d.Admin, database))
	if err != nil {
		return err
	}
	config.MultiStatements, config.Logger = true, &mysql.NopLogger{}
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return err
	}
	db := sql.OpenDB(connector)
	defer db.Close() //nolint:errcheck // nothing is left to be written
	if _, err := db.ExecContext(ctx, statements); err != nil {
		return fmt.Errorf("%w in %.200s", err, statements)
	}
	return nil
}

// MariaDBExec runs statements as the administrator in a database, which may be
// none.
func (d *Database) MariaDBExec(t testing.TB, database, statements string) {
	t.Helper()
	if err := d.runMariaDB(context.Background(), database, statements); err != nil {
		t.Fatal(err)
	}
}

// Database makes a database that the reader may read, fills it with the
// statements and returns its name.
func (d *Database) Database(t testing.TB, statements string) string {
	t.Helper()
	name := "d" + strconv.FormatInt(d.count.Add(1), 10)
	d.MariaDBExec(t, "", fmt.Sprintf("CREATE DATABASE %[1]s; GRANT SELECT ON %[1]s.* TO %[2]s@'127.0.0.1'; USE %[1]s; %[3]s", name, d.Reader, statements))
	return name
}
