package register

import (
	"context"
	"fmt"
	"time"
)

// Count is how many records a system listed in a workspace.
type Count struct {
	System  string
	List    string // assets, people or tasks
	Records int64
	At      time.Time // when it was counted
}

// ShrankError says that a list has fewer records than it may have after the last
// count.
type ShrankError struct {
	Before  Count
	Now     Count
	Percent int // by how much a list may shrink
}

// Error names both numbers.
func (e *ShrankError) Error() string {
	return fmt.Sprintf("the list of %s of the system %q has %d records, but had %d on %s: it shrank by more than %d percent",
		e.Now.List, e.Now.System, e.Now.Records, e.Before.Records, e.Before.At.Format(time.DateOnly), e.Percent)
}

// leastLoss is how many records a list may always lose: a share of a short list is less
// than one record, and the brake stops what three could do.
const leastLoss = 3

// shrank reports whether a list lost more than a share of its records, or all of them.
func shrank(before, now int64, percent int) bool {
	lost := before - now
	if lost <= 0 || percent >= 100 {
		return false
	}
	return now == 0 || (lost > leastLoss && lost*100 > before*int64(percent))
}

// NoteCount remembers a count for the next run. If the list shrank by more than so
// many percent since the last one, it remembers nothing and returns a ShrankError.
// A count is an observation and has no event.
func (r *Register) NoteCount(ctx context.Context, run Run, c Count, percent int) error {
	if err := run.check(); err != nil {
		return err
	}
	if err := c.check(); err != nil {
		return err
	}
	return r.transact(ctx, run, func(t *Tx) error {
		before := Count{System: c.System, List: c.List}
		c.At = run.At
		// The update changes nothing but takes the lock of the row.
		_, err := t.get(`INSERT INTO custody_counts (workspace, system, list, records, at) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (workspace, system, list) DO UPDATE SET list = excluded.list RETURNING records, at`,
			[]any{run.Workspace, c.System, c.List, c.Records, stamp(run.At)}, &before.Records, (*stamp)(&before.At))
		switch {
		case err != nil:
			return err
		case shrank(before.Records, c.Records, percent):
			return &ShrankError{Before: before, Now: c, Percent: percent}
		case before.Records == c.Records:
			return nil
		}
		return t.saveCount(c)
	})
}

// ConfirmCount remembers a count whatever the last one was.
func (t *Tx) ConfirmCount(c Count) error {
	if err := c.check(); err != nil {
		return err
	}
	t.changed = true // a confirmation is a decision, even if the count is the same
	return t.saveCount(c)
}

func (t *Tx) saveCount(c Count) error {
	_, err := t.exec(`INSERT INTO custody_counts (workspace, system, list, records, at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (workspace, system, list) DO UPDATE SET records = excluded.records, at = excluded.at`,
		t.run.Workspace, c.System, c.List, c.Records, stamp(t.run.At))
	return err
}

func (c *Count) check() error {
	if c.Records < 0 || c.Records > maxInteger/100 {
		return fmt.Errorf("the list of %.40s has %d records", c.List, c.Records)
	}
	if err := checkName("system", c.System, false); err != nil {
		return err
	}
	return checkName("list", c.List, false)
}
