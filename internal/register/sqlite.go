package register

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
)

// sqLite is a register in a file.
type sqLite struct {
	path    string
	timeout time.Duration
}

func newSQLite(c Config, path string) (engine, error) {
	path, err := c.filePath(path)
	if err != nil {
		return nil, err
	}
	return &sqLite{path: path, timeout: c.Timeout}, nil
}

var errNoFile = errors.New("not a regular file")

func (s *sqLite) open() (database, error) {
	// Opening a named pipe would wait forever.
	if info, err := os.Stat(s.path); err == nil && !info.Mode().IsRegular() {
		return database{}, errNoFile
	}
	// A file that SQLite creates is readable by every account.
	file, err := os.OpenFile(s.path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return database{}, err
	}
	if err := file.Close(); err != nil {
		return database{}, err
	}
	db := database{dialect: goose.DialectSQLite3, mark: "?"}
	// A transaction that begins as a reader and then writes fails immediately if
	// another one writes too, regardless of the time-out.
	if db.write, err = s.connect(1, "_txlock", "immediate"); err != nil {
		return database{}, err
	}
	if db.read, err = s.connect(connections, "_pragma", "query_only(1)"); err != nil {
		return database{}, errors.Join(err, db.write.Close())
	}
	return db, nil
}

// connections is how many connections to a database there are at a time.
const connections = 4

func (s *sqLite) connect(most int, name, option string) (*sql.DB, error) {
	options := url.Values{"mode": {"rw"}, "_pragma": {
		"busy_timeout(" + strconv.FormatInt(s.timeout.Milliseconds(), 10) + ")", "journal_mode(WAL)", "synchronous(FULL)",
	}}
	options.Add(name, option)
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: s.path}).EscapedPath()+"?"+options.Encode())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(most)
	return db, nil
}

// The primary codes of SQLite.
const (
	sqlitePerm       = 3
	sqliteBusy       = 5
	sqliteLocked     = 6
	sqliteReadOnly   = 8
	sqliteInterrupt  = 9
	sqliteIO         = 10
	sqliteCorrupt    = 11
	sqliteFull       = 13
	sqliteCantOpen   = 14
	sqliteConstraint = 19
	sqliteNotADB     = 26
)

func (s *sqLite) explain(err error) problem {
	var refused *sqlite.Error
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return problemTimeout
	case errors.Is(err, errNoFile), errors.As(err, new(*fs.PathError)):
		return problemFile
	case !errors.As(err, &refused):
		return problemOther
	}
	switch refused.Code() & 0xff {
	case sqliteBusy, sqliteLocked:
		return problemLocked
	case sqliteInterrupt:
		return problemTimeout
	case sqlitePerm, sqliteReadOnly, sqliteCantOpen:
		return problemFile
	case sqliteIO, sqliteFull:
		return problemDisk
	case sqliteCorrupt, sqliteNotADB:
		return problemNotADatabase
	case sqliteConstraint:
		return problemContradiction
	}
	if strings.Contains(refused.Error(), "no such table") {
		return problemTables
	}
	return problemOther
}

// code returns the library's own words: there is no server that could repeat
// anything.
func (s *sqLite) code(err error) string {
	var refused *sqlite.Error
	if errors.As(err, &refused) {
		return refused.Error()
	}
	return ""
}
