package register

import (
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

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
		if _, err := tx.get(t.Context(), "SELECT pg_backend_pid()", nil, &pid); err != nil {
			return err
		}
		d.PostgresExec(t, fmt.Sprintf("SELECT pg_terminate_backend(%d, 10000)", pid))
		return tx.SaveAsset(t.Context(), Asset{ID: "a", Record: "{}"})
	})
	f := wantFault(t, err, fault.ErrUnavailable, "connection to the database of the register was lost")
	if !strings.Contains(f.Happened, "Nothing was recorded") {
		t.Errorf("got %v", f)
	}
	// At the commit, it cannot be known whether it arrived.
	err = r.Record(t.Context(), run("prod", "run-1"), func(tx *Tx) error {
		var pid int64
		if _, err := tx.get(t.Context(), "SELECT pg_backend_pid()", nil, &pid); err != nil {
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
	for name, form := range systemtest.Disguises(secret) {
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
		if f := wantFault(t, err, fault.ErrUnavailable, "tables of the register are not there"); f.Summary != summaryRead {
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
	if got := least.engine.explain(err); got != troubleRight {
		t.Errorf("the ledger could be changed: %v", err)
	}
}
