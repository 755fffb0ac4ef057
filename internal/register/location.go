package register

import (
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
)

// DefaultTimeout is how long a call waits for another run's lock.
const DefaultTimeout = 10 * time.Second

// Config says where a register is.
type Config struct {
	// Location is "sqlite:" with the path of a file, or a connection string of
	// PostgreSQL, "postgres://…". It may hold a password and is never shown.
	Location string
	// Folder is what a relative path starts from; the working directory if empty.
	Folder string
	// Timeout is how long a call waits for another run's lock; DefaultTimeout if
	// zero. The whole call may take three times as long.
	Timeout time.Duration
}

// engine is a kind of database.
type engine interface {
	// open returns where the register is written and where it is read.
	open() (database, error)
	// explain says what an error of the database means.
	explain(err error) problem
	// code returns the database's own number for an error, which may be shown; its
	// text may repeat what the database was sent.
	code(err error) string
}

const schemeSQLite = "sqlite:"

// CheckLocation reports a location that Open would refuse without looking at it.
func CheckLocation(c Config) error {
	_, err := c.engine()
	return err
}

func (c Config) engine() (engine, error) {
	if c.Timeout == 0 {
		c.Timeout = DefaultTimeout
	}
	if c.Timeout < time.Millisecond {
		return nil, refuse("The time-out of the register is less than a millisecond.")
	}
	path, isFile := strings.CutPrefix(c.Location, schemeSQLite)
	switch {
	case isFile:
		return newSQLite(c, path)
	case strings.HasPrefix(c.Location, "postgres://"), strings.HasPrefix(c.Location, "postgresql://"):
		return newPostgres(c)
	}
	return nil, refuse("The location of the register begins with neither of the accepted words.")
}

// filePath returns the path of a file of SQLite. A relative path must stay below
// the folder: beyond it, it would lead elsewhere in every checkout.
func (c Config) filePath(path string) (string, error) {
	switch {
	case path == "" || strings.HasSuffix(path, "/"):
		return "", refuse("The location of the register names no file.")
	case path == ":memory:":
		return "", refuse("A register in memory would be forgotten at the end of the run.")
	case strings.ContainsAny(path, "?\x00") || strings.HasPrefix(path, "//"):
		return "", refuse("The location of the register is more than the path of a file.")
	case filepath.IsAbs(path):
		return path, nil
	case !filepath.IsLocal(path):
		return "", refuse(fmt.Sprintf("The relative path %q leads out of the working directory.", path))
	}
	return filepath.Join(c.Folder, path), nil
}

func refuse(happened string) error {
	return &fault.Fault{
		Kind: fault.ErrConfig, Summary: "Invalid Register", Happened: happened,
		Advice: "Write sqlite:custody.db for a file below the working directory, sqlite:/srv/custody/register.db for a file anywhere, " +
			"or postgres://custody@db.example.org/custody?sslmode=verify-full, with the password in PGPASSWORD or in a password file.",
	}
}
