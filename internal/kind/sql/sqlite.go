package sql

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"os"
	"strings"
	"time"

	"modernc.org/sqlite"

	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/redact"
	"github.com/custodyhq/terraform-provider-custody/internal/system/trust"
)

// sqLite reads a file of SQLite.
type sqLite struct {
	db      *sql.DB
	path    string
	timeout time.Duration
}

func newSQLite(c Config) (server, []system.Problem) {
	path, options, ok := parseSQLite(c.DSN)
	switch {
	case !ok:
		return nil, oneProblem(attributeDSN, "It is not a path of a file. Accepted: a path, or file:path with immutable=1 or nolock=1 behind a question mark.")
	case c.CAFile != "":
		return nil, oneProblem(trust.Attribute, "A file is read without TLS.")
	}
	// The driver takes what begins with an underscore for itself.
	options.Set("mode", "ro")
	options.Add("_pragma", "query_only(1)")
	options.Add("_pragma", "busy_timeout("+milliseconds(c.Timeout)+")")
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?"+options.Encode())
	if err != nil {
		return nil, oneProblem(attributeDSN, "The driver does not accept it.")
	}
	db.SetMaxOpenConns(connections)
	return &sqLite{db: db, path: path, timeout: c.Timeout}, nil
}

// parseSQLite reads a path, or a URI whose options change nothing but how the
// file is read.
func parseSQLite(dsn string) (path string, options url.Values, ok bool) {
	rest, uri := strings.CutPrefix(dsn, "file:")
	if !uri {
		return dsn, url.Values{}, dsn != ":memory:" && !strings.ContainsRune(dsn, 0)
	}
	rest, raw, _ := strings.Cut(rest, "?")
	options, err := url.ParseQuery(raw)
	if err != nil {
		return "", nil, false
	}
	for name := range options {
		if name != "immutable" && name != "nolock" {
			return "", nil, false
		}
	}
	if rest = strings.TrimPrefix(rest, "//"); !strings.HasPrefix(rest, "/") && strings.HasPrefix(dsn, "file://") {
		return "", nil, false
	}
	path, err = url.PathUnescape(rest)
	return path, options, err == nil && path != "" && path != ":memory:" && !strings.ContainsRune(path, 0)
}

// hide adds the path: a data source name counts as a secret as a whole.
func (s *sqLite) hide(in *redact.Secrets) { in.AddName(s.path) }

// serverError returns the library's own words: there is no server that could repeat
// anything.
func (s *sqLite) serverError(err error) (serverError, bool) {
	var refused *sqlite.Error
	if errors.Is(err, errNoFile) || !errors.As(err, &refused) {
		return serverError{code: errNoFile.Error()}, errors.Is(err, errNoFile)
	}
	return serverError{code: refused.Error()}, true
}

var errNoFile = errors.New("there is no regular file at that path, or it may not be read")

func (s *sqLite) read(ctx context.Context, text string, args []any, to sink) error {
	// Opening a named pipe would wait for ever.
	if info, err := os.Stat(s.path); err != nil || !info.Mode().IsRegular() {
		return errNoFile
	}
	// No server ends the query.
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // nothing was changed
	// A connection that is read-only makes a file all the same when it attaches one.
	if _, err := sqlite.Limit(conn, limitAttached, 0); err != nil {
		return err
	}
	return readRows(ctx, conn, sql.LevelDefault, text, args, to)
}

// limitAttached is SQLITE_LIMIT_ATTACHED: how many files a connection may attach.
const limitAttached = 7

// The primary codes of SQLite.
const (
	sqliteError     = 1
	sqlitePerm      = 3
	sqliteBusy      = 5
	sqliteReadOnly  = 8
	sqliteInterrupt = 9
	sqliteCantOpen  = 14
	sqliteAuth      = 23
	sqliteNotADB    = 26
)

func (s *sqLite) explain(err error) problem {
	var refused *sqlite.Error
	switch {
	case errors.Is(err, errNoFile):
		return problemFile
	case !errors.As(err, &refused):
		return problemOther
	}
	switch refused.Code() & 0xff {
	case sqliteError:
		if strings.Contains(refused.Error(), "no such") {
			return problemName
		}
		return problemSyntax
	case sqlitePerm, sqliteCantOpen, sqliteNotADB, sqliteAuth:
		return problemFile
	case sqliteBusy, sqliteInterrupt:
		return problemTimeout
	case sqliteReadOnly:
		return problemWrites
	}
	return problemOther
}

var problemFile = problem{"the file is not a database that can be read", "Make DSN name a file of SQLite that can be read here, then plan again."}
