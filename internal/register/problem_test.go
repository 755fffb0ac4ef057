package register

import (
	"database/sql/driver"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

// Another run that holds the lock for too long.
func TestALockedRegister(t *testing.T) {
	each(t, func(t *testing.T, c Config) {
		holder := mustOpen(t, c)
		c.Timeout = time.Second // a third of what a call may take: long enough for all else
		waiting := mustOpen(t, c)
		must(t, holder.Record(t.Context(), run("prod", "run-1"), func(tx *Tx) error {
			err := appendOne(t.Context(), waiting, run("prod", "run-2"), "a")
			f := wantFault(t, err, fault.ErrUnavailable, "Another run holds the lock")
			if !strings.Contains(f.Happened, "Nothing was recorded") || f.Summary != summaryWrite {
				t.Errorf("got %v", f)
			}
			// Reading goes on.
			if _, err := waiting.Head(t.Context(), "prod"); err != nil {
				t.Error(err)
			}
			_, err = tx.Append(Draft{Kind: "grant.decided", Subject: "a"})
			return err
		}))
		must(t, appendOne(t.Context(), waiting, run("prod", "run-2"), "a"))
		wantSound(t, waiting, "prod", 2)
	})
}

// A register that is migrated by another program for too long.
func TestALockedFileIsNotOpened(t *testing.T) {
	c := Config{Location: "sqlite:custody.db", Folder: t.TempDir()}
	holder := mustOpen(t, c)
	c.Timeout = 50 * time.Millisecond
	must(t, holder.Record(t.Context(), run("prod", "run-1"), func(tx *Tx) error {
		_, err := open(t.Context(), c, next(t))
		wantFault(t, err, fault.ErrUnavailable, "Another run holds the lock")
		_, err = tx.Append(Draft{Kind: "grant.decided", Subject: "a"})
		return err
	}))
}

func TestALostConnection(t *testing.T) {
	d, c := servers.Postgres(t), onPostgres(t)
	r := mustOpen(t, c)
	err := r.Record(t.Context(), run("prod", "run-1"), func(tx *Tx) error {
		var pid int64
		if _, err := tx.get("SELECT pg_backend_pid()", nil, &pid); err != nil {
			return err
		}
		d.PostgresExec(t, fmt.Sprintf("SELECT pg_terminate_backend(%d, 10000)", pid))
		return saveAsset(tx, "a", "{}")
	})
	f := wantFault(t, err, fault.ErrUnavailable, "connection to the database of the register was lost")
	if !strings.Contains(f.Happened, "Nothing was recorded") {
		t.Errorf("got %v", f)
	}
	// At the commit, it cannot be known whether it arrived.
	err = r.Record(t.Context(), run("prod", "run-1"), func(tx *Tx) error {
		var pid int64
		if _, err := tx.get("SELECT pg_backend_pid()", nil, &pid); err != nil {
			return err
		}
		d.PostgresExec(t, fmt.Sprintf("SELECT pg_terminate_backend(%d, 10000)", pid))
		return nil
	})
	wantFault(t, err, fault.ErrUnavailable, "Whether the last step was recorded is not known")
	must(t, appendOne(t.Context(), r, run("prod", "run-1"), "a"))
	wantSound(t, r, "prod", 1)
}

func TestARegisterThatDoesNotOpen(t *testing.T) {
	d := servers.Postgres(t)
	text := filepath.Join(t.TempDir(), "text.db")
	must(t, os.WriteFile(text, []byte(strings.Repeat("This is not a database. ", 100)), 0o600))
	port, err := servers.FreePort()
	must(t, err)
	other, err := servers.NewCertificate(t.TempDir(), "127.0.0.1")
	must(t, err)
	for name, c := range map[string]struct{ location, want string }{
		"no folder":       {"sqlite:" + filepath.Join(t.TempDir(), "gone", "custody.db"), "cannot be opened"},
		"a folder":        {"sqlite:" + t.TempDir(), "cannot be opened"},
		"a text":          {"sqlite:" + text, "not a sound database"},
		"nobody listens":  {fmt.Sprintf("postgres://u:%s@127.0.0.1:%d/x", canary, port), "could not be reached"},
		"wrong password":  {strings.Replace(d.PostgresURL(d.Admin), url.QueryEscape(d.Password), canary, 1), "refused the login"},
		"no database":     {strings.TrimSuffix(d.PostgresURL(d.Admin), "postgres") + "nothing", "refused the login"},
		"no right":        {d.PostgresURL(d.Reader), "lacks a right"},
		"other authority": {d.PostgresURL(d.Admin, "sslmode", "verify-full", "sslrootcert", other.CAFile), "certificate"},
		"read only":       {d.PostgresURL(d.Admin, "default_transaction_read_only", "on"), "can only be read"},
	} {
		_, err := Open(t.Context(), Config{Location: c.location})
		if f := wantFault(t, err, fault.ErrUnavailable, c.want); f.Summary != summaryOpen || strings.Contains(f.Error()+f.Detail(), canary) {
			t.Errorf("%s: %s", name, f.Detail())
		}
	}
}

// A server, or a proxy before it, may repeat what it was sent.
func TestThePasswordStaysSecret(t *testing.T) {
	const secret = "Canary-7f3a/of+a=<&Token>"
	for name, form := range systemtest.Encodings(secret) {
		address := systemtest.ServeTCP(t, func(c net.Conn) {
			defer c.Close() //nolint:errcheck // a test
			b := pgproto3.NewBackend(c, c)
			if _, err := b.ReceiveStartupMessage(); err != nil {
				return
			}
			b.Send(&pgproto3.ErrorResponse{Severity: "FATAL", Code: "28P01", Message: form, Detail: form, Hint: form})
			_ = b.Flush()
		})
		_, err := Open(t.Context(), Config{Location: "postgres://u:" + url.QueryEscape(secret) + "@" + address + "/x?sslmode=disable"})
		f := wantFault(t, err, fault.ErrUnavailable, "refused the login")
		systemtest.WantHidden(t, name, f.Error()+f.Detail(), secret)
	}
}

func TestTablesThatAreGone(t *testing.T) {
	each(t, func(t *testing.T, c Config) {
		r := mustOpen(t, c)
		r.tamper(t, "DROP TABLE custody_grants")
		_, _, err := r.Grant(t.Context(), "a")
		if f := wantFault(t, err, fault.ErrUnavailable, "tables of the register are missing"); f.Summary != summaryRead {
			t.Errorf("got %v", f)
		}
	})
}

// An account that may use the tables but not make any, nor change the ledger.
func TestLeastRights(t *testing.T) {
	d, c := servers.Postgres(t), onPostgres(t)
	r := mustOpen(t, c)
	schema := "register" + strconv.FormatInt(schemas.Load(), 10)
	d.PostgresExec(t, fmt.Sprintf(`SET search_path = %[1]s; GRANT USAGE ON SCHEMA %[1]s TO %[2]s;
		GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA %[1]s TO %[2]s;
		REVOKE UPDATE, DELETE ON custody_events FROM %[2]s;
		REVOKE INSERT, UPDATE, DELETE ON custody_register, custody_migrations FROM %[2]s`, schema, d.Reader))
	least := mustOpen(t, Config{Location: d.PostgresURL(d.Reader, "search_path", schema)})
	if least.ID() != r.ID() {
		t.Error("it is another register")
	}
	_, _, err := claim(t, least, run("prod", "run-1"), "i1", "", revoked)
	must(t, err)
	remove(t, least, run("prod", "run-1"), "i1")
	a, _, err := begin(t.Context(), least, run("prod", "run-1"), disable)
	must(t, err)
	finish(t, least, run("prod", "run-1"), a.Sequence, Done)
	must(t, least.NoteCount(t.Context(), run("prod", "run-1"), Count{System: "itam", List: "assets", Records: 2}, 20))
	wantSound(t, least, "prod", 4)
	_, err = least.db.write.Exec("UPDATE custody_events SET body = '{}'")
	if got := least.engine.explain(err); got != problemRight {
		t.Errorf("the ledger could be changed: %v", err)
	}
}

// A query, or a disk, that does not come to an end.
func TestARegisterThatIsTooSlow(t *testing.T) {
	each(t, func(t *testing.T, c Config) {
		mustOpen(t, c) // with enough time
		c.Timeout = 300 * time.Millisecond
		r := mustOpen(t, c)
		endless := "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT max(n) FROM c"
		if r.db.begin != "" {
			endless = "SELECT 1 FROM pg_sleep(60)"
		}
		var n int64
		err := r.Record(t.Context(), run("prod", "run-1"), func(tx *Tx) error {
			_, err := tx.get(endless, nil, &n)
			return err
		})
		wantFault(t, err, fault.ErrUnavailable, "did not answer in time")
		_, err = list(t.Context(), r, func(n *int64) []any { return []any{n} }, endless)
		if f := wantFault(t, err, fault.ErrUnavailable, "did not answer in time"); f.Summary != summaryRead {
			t.Errorf("got %v", f)
		}
	})
}

// Something that accepts connections and never says anything.
func TestAServerThatIsSilent(t *testing.T) {
	address := systemtest.ServeTCP(t, func(c net.Conn) {
		defer c.Close() //nolint:errcheck // a test
		_, _ = io.Copy(io.Discard, c)
	})
	_, err := Open(t.Context(), Config{Location: "postgres://u@" + address + "/x?sslmode=disable", Timeout: 100 * time.Millisecond})
	wantFault(t, err, fault.ErrUnavailable, "could not be reached")
}

func TestAFullDisk(t *testing.T) {
	r := mustOpen(t, Config{Location: "sqlite:custody.db", Folder: t.TempDir()})
	r.tamper(t, "PRAGMA max_page_count = 1") // as many as there are
	err := record(t, r, run("prod", "run-1"), func(tx *Tx) error {
		return saveAsset(tx, "a", `"`+strings.Repeat("a", 200<<10)+`"`)
	})
	wantFault(t, err, fault.ErrUnavailable, "disk of the register is full")
	wantSound(t, r, "prod", 0)
}

func TestWhatCodesMean(t *testing.T) {
	for code, want := range map[string]problem{
		"55P03": problemLocked, "40P01": problemLocked, "57014": problemTimeout, "57P01": problemLost, "57P03": problemReach, "08006": problemReach,
		"53300": problemReach, "53100": problemDisk, "28P01": problemLogin, "28000": problemLogin, "3D000": problemLogin, "42501": problemRight,
		"25006": problemReplica, "42P01": problemTables, "23505": problemContradiction, "XX000": problemOther, "": problemOther,
	} {
		err := fmt.Errorf("wrapped: %w", &pgconn.PgError{Code: code, Message: canary})
		p := &postgres{}
		if got := p.explain(err); got != want {
			t.Errorf("%q: got %+v", code, got)
		}
		if strings.Contains(newFault(p, summaryRead, "", err).Error(), canary) {
			t.Errorf("%q: the words of the server are shown", code)
		}
	}
	for _, err := range []error{io.EOF, io.ErrUnexpectedEOF, driver.ErrBadConn, &net.OpError{Op: "read", Err: syscall.ECONNRESET}} {
		if got := (&postgres{}).explain(fmt.Errorf("wrapped: %w", err)); got != problemLost {
			t.Errorf("%v: got %+v", err, got)
		}
	}
}
