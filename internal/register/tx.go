package register

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Tx is a transaction, in which changes and the events that record them are
// written together. It is of use until the function that got it returns.
type Tx struct {
	r       *Register
	ctx     context.Context // of the call that it belongs to, with the call's limit
	tx      *sql.Tx
	run     Run
	head    Head
	events  []Event
	changed bool  // something was changed that an event has to record
	err     error // the first error of the database
}

var errUnrecorded = errors.New("a change of the register has no event that records it")

// Record runs a function in one transaction of the run's workspace. Other
// transactions of the workspace wait until it has ended, so nothing outside of the
// register may be done in it. If the function returns an error, or changes
// something without appending an event, nothing is written.
func (r *Register) Record(ctx context.Context, run Run, change func(tx *Tx) error) error {
	if err := run.check(); err != nil {
		return err
	}
	return r.transact(ctx, run, func(t *Tx) error {
		if err := t.lock(); err != nil {
			return err
		}
		before := t.head
		if err := change(t); err != nil {
			return err
		}
		switch {
		case t.err != nil:
			return t.err
		case len(t.events) > 0:
			return t.write(before)
		case t.changed:
			return errUnrecorded
		}
		return nil
	})
}

// transact runs a function in a transaction.
func (r *Register) transact(ctx context.Context, run Run, change func(t *Tx) error) error {
	limited, cancel := context.WithTimeout(ctx, r.limit)
	defer cancel()
	tx, err := r.db.write.BeginTx(limited, nil)
	if err != nil {
		return r.unwritten(ctx, err)
	}
	defer tx.Rollback() //nolint:errcheck // it has ended, or nothing was written
	t := &Tx{r: r, ctx: limited, tx: tx, run: run, head: Head{Workspace: run.Workspace}}
	if r.db.begin != "" {
		if _, err := tx.ExecContext(limited, r.db.begin); err != nil {
			return r.unwritten(ctx, err)
		}
	}
	if err := change(t); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return newFault(r.engine, summaryWrite, " Whether the last step was recorded is not known.", err)
	}
	return nil
}

// unwritten is the fault of a transaction that was not committed.
func (r *Register) unwritten(ctx context.Context, err error) error {
	if ctx.Err() != nil && errors.Is(ctx.Err(), context.Canceled) {
		return context.Cause(ctx)
	}
	return newFault(r.engine, summaryWrite, " Nothing was recorded by this step.", err)
}

// lock reads the head of the workspace, and keeps others from appending behind it.
func (t *Tx) lock() error {
	// The update changes nothing but takes the lock of the row, even if two
	// transactions insert the row at the same time.
	_, err := t.get(`INSERT INTO custody_workspaces (name, sequence, hash) VALUES ($1, 0, '')
		ON CONFLICT (name) DO UPDATE SET name = excluded.name RETURNING sequence, hash`, []any{t.run.Workspace}, &t.head.Sequence, &t.head.Hash)
	return err
}

// Append appends an event to the ledger of the workspace.
func (t *Tx) Append(d Draft) (Event, error) {
	e, err := t.head.next(t.run, d)
	if err != nil {
		return Event{}, err
	}
	t.events, t.head = append(t.events, e), e.head()
	return e, nil
}

// Last returns the event that was appended last in the transaction, and whether there
// is one.
func (t *Tx) Last() (Event, bool) {
	if len(t.events) == 0 {
		return Event{}, false
	}
	return t.events[len(t.events)-1], true
}

// write writes the events behind the head that was there before.
func (t *Tx) write(before Head) error {
	const rows, columns = 100, 10
	for from := 0; from < len(t.events); from += rows {
		part := t.events[from:min(from+rows, len(t.events))]
		var text strings.Builder
		text.WriteString("INSERT INTO custody_events (workspace, sequence, at, kind, subject, actor, run, body, previous, hash) VALUES ")
		args := make([]any, 0, len(part)*columns)
		for i, e := range part {
			if i > 0 {
				text.WriteString(", ")
			}
			for n := range columns {
				text.WriteString(map[bool]string{true: "($", false: ", $"}[n == 0] + strconv.Itoa(i*columns+n+1))
			}
			text.WriteString(")")
			args = append(args, e.Workspace, e.Sequence, instant(e.At), e.Kind, e.Subject, e.Actor, e.Run, e.Body, e.Previous, e.Hash)
		}
		if _, err := t.exec(text.String(), args...); err != nil {
			return err
		}
	}
	n, err := t.exec("UPDATE custody_workspaces SET sequence = $1, hash = $2 WHERE name = $3 AND sequence = $4",
		t.head.Sequence, t.head.Hash, t.head.Workspace, before.Sequence)
	if err == nil && n != 1 {
		err = fmt.Errorf("the head of the workspace %q is not there any more", t.head.Workspace)
	}
	return err
}

// change runs a statement; an event has to record the rows that it changes.
func (t *Tx) change(statement string, args ...any) (int64, error) {
	n, err := t.exec(statement, args...)
	t.changed = t.changed || n > 0
	return n, err
}

// exec runs a statement and returns how many rows it changed.
func (t *Tx) exec(statement string, args ...any) (int64, error) {
	result, err := t.tx.ExecContext(t.ctx, t.r.db.text(statement), args...)
	if err != nil {
		return 0, t.failed(err)
	}
	n, err := result.RowsAffected()
	return n, t.failed(err)
}

// get reads one row, and reports whether there is one.
func (t *Tx) get(statement string, args []any, into ...any) (bool, error) {
	err := t.tx.QueryRowContext(t.ctx, t.r.db.text(statement), args...).Scan(into...)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, t.failed(err)
}

// failed remembers the first error: after it, PostgreSQL commits nothing and
// SQLite would commit a part.
func (t *Tx) failed(err error) error {
	if err == nil {
		return nil
	}
	err = t.r.unwritten(t.ctx, err)
	if t.err == nil {
		t.err = err
	}
	return err
}

// list reads rows outside of a transaction.
func list[T any](ctx context.Context, r *Register, columns func(*T) []any, statement string, args ...any) ([]T, error) {
	limited, cancel := context.WithTimeout(ctx, r.limit)
	defer cancel()
	rows, err := r.db.read.QueryContext(limited, r.db.text(statement), args...)
	if err != nil {
		return nil, r.fault(ctx, summaryRead, err)
	}
	defer rows.Close() //nolint:errcheck // Err is asked
	var out []T
	for rows.Next() {
		var row T
		if err := rows.Scan(columns(&row)...); err != nil {
			return nil, r.fault(ctx, summaryRead, err)
		}
		out = append(out, row)
	}
	return out, r.fault(ctx, summaryRead, rows.Err())
}

// one returns the only row of a list, and whether there is one.
func one[T any](rows []T, err error) (T, bool, error) {
	if err != nil || len(rows) == 0 {
		var none T
		return none, false, err
	}
	return rows[0], true, nil
}

// stamp is an instant as the register holds it.
type stamp time.Time

// Value writes the instant as a text.
func (s stamp) Value() (driver.Value, error) { return instant(time.Time(s)), nil }

// Scan reads the text.
func (s *stamp) Scan(from any) error {
	text, ok := from.(string)
	if !ok {
		return fmt.Errorf("an instant of the register is a %T", from)
	}
	if text == "" {
		*s = stamp{}
		return nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil || instant(at) != text {
		return fmt.Errorf("the register holds the instant %.40q", text)
	}
	*s = stamp(at.UTC())
	return nil
}

// eventStamp is the instant of an event. One that was never written becomes the
// zero instant, which no hash was made from: that the event was altered is for the
// check of the chain to say.
type eventStamp time.Time

// Scan reads the text.
func (s *eventStamp) Scan(from any) error {
	var strict stamp
	if err := strict.Scan(from); err != nil {
		strict = stamp{}
	}
	*s = eventStamp(strict)
	return nil
}
