package register

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"iter"
	"math"
	"slices"
	"strings"
)

// page is how many events are read at a time.
const page = 1000

// Events returns the events of a workspace behind the given sequence, in order.
func (r *Register) Events(ctx context.Context, workspace string, after int64) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		for {
			part, err := list(ctx, r, func(e *Event) []any {
				return []any{&e.Workspace, &e.Sequence, (*eventStamp)(&e.At), &e.Kind, &e.Subject, &e.Actor, &e.Run, &e.Body, &e.Previous, &e.Hash}
			}, `SELECT workspace, sequence, at, kind, subject, actor, run, body, previous, hash FROM custody_events
				WHERE workspace = $1 AND sequence > $2 ORDER BY sequence LIMIT $3`, workspace, after, page)
			if err != nil {
				yield(Event{}, err)
				return
			}
			for _, e := range part {
				if !yield(e, nil) {
					return
				}
				after = e.Sequence
			}
			if len(part) < page {
				return
			}
		}
	}
}

// Heads returns the head of every workspace, by their names.
func (r *Register) Heads(ctx context.Context) ([]Head, error) {
	heads, err := list(ctx, r, headColumns, "SELECT name, sequence, hash FROM custody_workspaces")
	slices.SortFunc(heads, func(a, b Head) int { return strings.Compare(a.Workspace, b.Workspace) })
	return heads, err
}

// Head returns the head of a workspace; one without events has sequence 0.
func (r *Register) Head(ctx context.Context, workspace string) (Head, error) {
	h, found, err := one(list(ctx, r, headColumns, "SELECT name, sequence, hash FROM custody_workspaces WHERE name = $1", workspace))
	if !found {
		h.Workspace = workspace
	}
	return h, err
}

func headColumns(h *Head) []any { return []any{&h.Workspace, &h.Sequence, &h.Hash} }

// Verify checks the ledger of a workspace against itself, against the head that
// the register keeps apart from it, and against checkpoints. Events may be
// appended while it runs.
func (r *Register) Verify(ctx context.Context, workspace string, checkpoints []Checkpoint, keys ...ed25519.PublicKey) (Report, error) {
	head, err := r.Head(ctx, workspace)
	if err != nil {
		return Report{}, err
	}
	report, err := Verify(workspace, r.Events(ctx, workspace, math.MinInt64), checkpoints, keys...)
	if err == nil && report.Break == nil && report.Head.Sequence < head.Sequence {
		report.Break = &Break{head.Sequence, Truncated, fmt.Sprintf(
			"The ledger ends with event %d, but the register had %d: the end was cut off.", report.Head.Sequence, head.Sequence)}
	}
	return report, err
}
