package servers

import (
	"context"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Database is a database server that a test may fill.
type Database struct {
	Port     int // on 127.0.0.1
	Cert     Certificate
	Admin    string // may do everything
	Reader   string // may read what it is granted
	Password string // of every account
	count    atomic.Int64
}

var postgres Shared[*Database]

// Postgres returns a PostgreSQL server that offers TLS.
func Postgres(t testing.TB) *Database {
	t.Helper()
	skipShort(t, "PostgreSQL")
	bin := filepath.Dir(RequireProgram(t, "postgres", newest("/usr/lib/postgresql/*/bin/initdb"), "initdb"))
	return postgres.Get(t, func(dir string) (*Database, func(), error) { return startPostgres(bin, dir) })
}

// newest returns the last path that a glob matches, and the glob itself if none
// does.
func newest(glob string) string {
	paths, err := filepath.Glob(glob)
	if err != nil || len(paths) == 0 {
		return glob
	}
	return paths[len(paths)-1]
}

func startPostgres(bin, dir string) (*Database, func(), error) {
	ctx := context.Background()
	d, err := newDatabase(dir, "admin")
	if err != nil {
		return nil, nil, err
	}
	account, err := unprivileged(dir, "postgres")
	if err != nil {
		return nil, nil, err
	}
	data, secret := filepath.Join(dir, "data"), filepath.Join(dir, "secret")
	if err := os.WriteFile(secret, []byte(d.Password), 0o600); err != nil {
		return nil, nil, err
	}
	if err := give(dir, account); err != nil {
		return nil, nil, err
	}
	if err := runAs(ctx, account, dir, filepath.Join(bin, "initdb"), "-D", data, "-U", d.Admin, "-A", "scram-sha-256", "--pwfile="+secret,
		"-E", "UTF8", "--locale=C", "--no-sync"); err != nil {
		return nil, nil, err
	}
	process, err := Start(ctx, Spec{
		Name: "postgres", Path: filepath.Join(bin, "postgres"), Dir: dir, User: account, Ready: d.pingPostgres,
		Args: []string{
			"-D", data, "-p", strconv.Itoa(d.Port), "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=" + dir, "-c", "fsync=off",
			"-c", "ssl=on", "-c", "ssl_cert_file=" + d.Cert.CertFile, "-c", "ssl_key_file=" + d.Cert.KeyFile,
		},
	})
	if err != nil {
		return nil, nil, err
	}
	return d, process.Stop, d.runPostgres(ctx, fmt.Sprintf("CREATE ROLE %s LOGIN PASSWORD '%s'", d.Reader, d.Password))
}

func newDatabase(dir, admin string) (*Database, error) {
	cert, err := NewCertificate(dir, "127.0.0.1")
	if err != nil {
		return nil, err
	}
	port, err := FreePort()
	return &Database{Port: port, Cert: cert, Admin: admin, Reader: "reader", Password: "t0p-Secret-canary"}, err
}

// unprivileged returns the account that a server runs as which refuses to run as
// root: the given one, or nobody. Without root's rights it is one's own.
func unprivileged(dir, name string) (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup(name)
	if err != nil {
		if u, err = user.Lookup("nobody"); err != nil {
			return nil, err
		}
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return nil, err
	}
	account := &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return account, give(dir, account)
}

// give makes a folder with all that is in it the account's own.
func give(dir string, account *syscall.Credential) error {
	if account == nil {
		return nil
	}
	return filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Chown(path, int(account.Uid), int(account.Gid))
	})
}

// runAs runs a program of an account to its end.
func runAs(ctx context.Context, account *syscall.Credential, dir, path string, args ...string) error {
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "HOME="+dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: account}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w\n%s", path, strings.Join(args, " "), err, out)
	}
	return nil
}

// PostgresURL returns the connection string of an account, with settings besides:
// names and texts in turn.
func (d *Database) PostgresURL(account string, settings ...string) string {
	q := url.Values{}
	for i := 0; i+1 < len(settings); i += 2 {
		q.Set(settings[i], settings[i+1])
	}
	u := url.URL{
		Scheme: "postgres", User: url.UserPassword(account, d.Password), Host: "127.0.0.1:" + strconv.Itoa(d.Port), Path: "postgres", RawQuery: q.Encode(),
	}
	return u.String()
}

func (d *Database) pingPostgres(ctx context.Context) error {
	return d.runPostgres(ctx, "SELECT 1")
}

func (d *Database) runPostgres(ctx context.Context, statements string) error {
	c, err := pgx.Connect(ctx, d.PostgresURL(d.Admin))
	if err != nil {
		return err
	}
	defer c.Close(ctx) //nolint:errcheck // nothing is left to be written
	if _, err := c.Exec(ctx, statements, pgx.QueryExecModeSimpleProtocol); err != nil {
		return fmt.Errorf("%w in %.200s", err, statements)
	}
	return nil
}

// PostgresExec runs statements as the administrator.
func (d *Database) PostgresExec(t testing.TB, statements string) {
	t.Helper()
	if err := d.runPostgres(context.Background(), statements); err != nil {
		t.Fatal(err)
	}
}

// Load replaces what a table holds by the rows of a CSV text with a header, whose
// columns are those of the table in their order. An empty cell is NULL.
func (d *Database) Load(t testing.TB, table, text string, delimiter rune) {
	t.Helper()
	ctx := context.Background()
	c, err := pgx.Connect(ctx, d.PostgresURL(d.Admin))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(ctx) //nolint:errcheck // nothing is left to be written
	err = pgx.BeginFunc(ctx, c, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "DELETE FROM "+table); err != nil {
			return err
		}
		_, err := c.PgConn().CopyFrom(ctx, strings.NewReader(text), fmt.Sprintf("COPY %s FROM STDIN (FORMAT csv, HEADER, DELIMITER '%c')", table, delimiter))
		return err
	})
	if err != nil {
		t.Fatalf("load %s: %v", table, err)
	}
}

// Schema makes a schema from which the reader may read everything, fills it with
// the statements and returns its name.
func (d *Database) Schema(t testing.TB, statements string) string {
	t.Helper()
	name := "s" + strconv.FormatInt(d.count.Add(1), 10)
	d.PostgresExec(t, fmt.Sprintf("CREATE SCHEMA %[1]s; SET search_path = %[1]s; %[2]s; GRANT USAGE ON SCHEMA %[1]s TO %[3]s; GRANT SELECT ON ALL TABLES IN SCHEMA %[1]s TO %[3]s",
		name, statements, d.Reader))
	return name
}
