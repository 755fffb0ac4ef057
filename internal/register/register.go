package register

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"io/fs"
	"time"
)

// Register is an open register. It is safe for concurrent use, by several
// goroutines as well as by several programs.
type Register struct {
	engine engine
	db     database
	id     string
	limit  time.Duration // of one call
}

// Open opens a register, makes it if it is not there, and brings its tables up to
// date. One that a newer program has written is refused.
func Open(ctx context.Context, c Config) (*Register, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	return open(ctx, c, files)
}

func open(ctx context.Context, c Config, files fs.FS) (*Register, error) {
	e, err := c.engine()
	if err != nil {
		return nil, err
	}
	if c.Timeout == 0 {
		c.Timeout = DefaultTimeout
	}
	r := &Register{engine: e, limit: 3 * c.Timeout}
	if r.db, err = e.open(); err != nil {
		return nil, r.fault(ctx, summaryOpen, err)
	}
	newer, err := r.migrate(ctx, files)
	if err == nil && !newer {
		err = r.identify(ctx)
	}
	switch {
	case newer:
		err = problemNewer.fault(summaryOpen)
	case err != nil:
		err = r.fault(ctx, summaryOpen, err)
	default:
		return r, nil
	}
	return nil, errors.Join(err, r.Close())
}

// Close closes the register.
func (r *Register) Close() error {
	return errors.Join(r.db.write.Close(), r.db.read.Close())
}

// ID returns the identity of the register, which it got when it was made. One that
// is not the remembered one is another register, or a new one in the place of one
// that was lost.
func (r *Register) ID() string { return r.id }

func (r *Register) identify(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, r.limit)
	defer cancel()
	const read = "SELECT id FROM custody_register WHERE one = 1"
	err := r.db.write.QueryRowContext(ctx, read).Scan(&r.id)
	if !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	fresh := make([]byte, 16)
	_, _ = rand.Read(fresh) // never fails
	// Another program may be first.
	_, err = r.db.write.ExecContext(ctx, r.db.text("INSERT INTO custody_register (one, id) VALUES (1, $1) ON CONFLICT (one) DO NOTHING"),
		hex.EncodeToString(fresh))
	if err != nil {
		return err
	}
	return r.db.write.QueryRowContext(ctx, read).Scan(&r.id)
}

// Run is the run that changes a register.
type Run struct {
	Workspace string // which workspace it is a run of
	ID        string // unique to the run
	Actor     string // who started it; empty if that is not known
	At        time.Time
}

func (r Run) check() error {
	for _, err := range []error{
		checkName("workspace", r.Workspace, false), checkName("run", r.ID, false), checkName("actor", r.Actor, true), checkInstant(r.At),
	} {
		if err != nil {
			return err
		}
	}
	return nil
}
