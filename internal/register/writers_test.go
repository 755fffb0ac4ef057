package register

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
)

// A thousand events of one apply, each in a transaction of its own, at Terraform's
// parallelism of ten.
func TestTenWritersAtOnce(t *testing.T) {
	each(t, func(t *testing.T, c Config) {
		r := mustOpen(t, c)
		const writers, events = 10, 100
		errs := make([]error, writers)
		var all sync.WaitGroup
		for w := range writers {
			all.Go(func() {
				for i := range events {
					if errs[w] == nil {
						errs[w] = appendOne(t.Context(), r, run("prod", "run-1"), fmt.Sprintf("%d-%d", w, i))
					}
				}
			})
		}
		all.Wait()
		must(t, errors.Join(errs...))
		wantSound(t, r, "prod", writers*events)
		var subjects []string
		for _, e := range collect(t, r, "prod") {
			subjects = append(subjects, e.Subject)
		}
		slices.Sort(subjects)
		if got := len(slices.Compact(subjects)); got != writers*events {
			t.Errorf("got %d subjects", got)
		}
	})
}

// What is read in a transaction does not wait for those that wait for it.
func TestReadingWhileOthersWait(t *testing.T) {
	each(t, func(t *testing.T, c Config) {
		r := mustOpen(t, c)
		var all sync.WaitGroup
		for range 3 * connections {
			all.Go(func() {
				err := r.Record(t.Context(), run("prod", "run-1"), func(tx *Tx) error {
					if _, err := r.Head(t.Context(), "prod"); err != nil {
						return err
					}
					_, err := tx.Append(Draft{Kind: "grant.decided", Subject: "a"})
					return err
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		wantSound(t, r, "prod", 3*connections)
	})
}

// Two workspaces have chains of their own.
func TestWorkspacesDoNotShareAChain(t *testing.T) {
	each(t, func(t *testing.T, c Config) {
		r := mustOpen(t, c)
		for _, w := range []string{"prod", "dev", "prod"} {
			must(t, appendOne(t.Context(), r, run(w, "run-1"), "a"))
		}
		heads, err := r.Heads(t.Context())
		must(t, err)
		if len(heads) != 2 || heads[0].Workspace != "dev" || heads[0].Sequence != 1 || heads[1].Sequence != 2 {
			t.Errorf("got %+v", heads)
		}
		wantSound(t, r, "prod", 2)
		wantSound(t, r, "dev", 1)
		wantSound(t, r, "other", 0)
	})
}

func TestProcessesAtOnce(t *testing.T) {
	each(t, func(t *testing.T, c Config) {
		const events = 50
		// All of them open an empty register.
		one, two := startChild(t, c, "append", "one", fmt.Sprint(events)), startChild(t, c, "append", "two", fmt.Sprint(events))
		r := mustOpen(t, c)
		for i := range events {
			must(t, appendOne(t.Context(), r, run("prod", "here"), fmt.Sprintf("here-%d", i)))
		}
		must(t, errors.Join(one.Wait(), two.Wait()))
		wantSound(t, r, "prod", 3*events)
		runs := make(map[string]int)
		for _, e := range collect(t, r, "prod") {
			runs[e.Run]++
		}
		if runs["one"] != events || runs["two"] != events || runs["here"] != events {
			t.Errorf("got %v", runs)
		}
	})
}

func TestManyEventsOfOneTransaction(t *testing.T) {
	each(t, func(t *testing.T, c Config) {
		r := mustOpen(t, c)
		const events = page + 2
		must(t, r.Record(t.Context(), run("prod", "run-1"), func(tx *Tx) error {
			for i := range events {
				if _, err := tx.Append(Draft{Kind: "grant.decided", Subject: fmt.Sprint(i)}); err != nil {
					return err
				}
			}
			return nil
		}))
		wantSound(t, r, "prod", events)
		got := collect(t, r, "prod")
		if e := got[events-1]; len(got) != events || e.Subject != fmt.Sprint(events-1) || e.Actor != "ci@example.org" || !e.At.Equal(start) || e.Body != "{}" {
			t.Errorf("got %d events, the last %+v", len(got), e)
		}
		for e, err := range r.Events(t.Context(), "prod", events-1) {
			must(t, err)
			if e.Sequence != events {
				t.Errorf("got %+v", e)
			}
		}
	})
}

func TestNothingIsWrittenInHalf(t *testing.T) {
	each(t, func(t *testing.T, c Config) {
		r := mustOpen(t, c)
		ctx := t.Context()
		refused := errors.New("refused")
		for name, change := range map[string]func(tx *Tx) error{
			"an error after a change": func(tx *Tx) error {
				if err := saveAsset(tx, "a", "{}"); err != nil {
					return err
				}
				if _, err := tx.Append(Draft{Kind: "asset.saved", Subject: "a"}); err != nil {
					return err
				}
				return refused
			},
			"a change without an event": func(tx *Tx) error { return saveAsset(tx, "a", "{}") },
			"an error of the database that is passed over": func(tx *Tx) error {
				if err := saveAsset(tx, "a", "{}"); err != nil {
					return err
				}
				_, _ = tx.exec("SELECT * FROM nothing")
				_, err := tx.Append(Draft{Kind: "asset.saved", Subject: "a"})
				return err
			},
		} {
			if err := r.Record(ctx, run("prod", "run-1"), change); err == nil {
				t.Errorf("%s: no error", name)
			}
			if _, found, err := r.Asset(ctx, "a"); found || err != nil {
				t.Errorf("%s: the asset is there, %v", name, err)
			}
			wantSound(t, r, "prod", 0)
		}
		// What changes nothing needs no event.
		must(t, r.Record(ctx, run("prod", "run-1"), func(tx *Tx) error {
			_, err := tx.RemoveGrant("nothing", "i")
			return err
		}))
		func() {
			defer func() { _ = recover() }()
			_ = r.Record(ctx, run("prod", "run-1"), func(*Tx) error { panic("in the middle") })
		}()
		must(t, appendOne(ctx, r, run("prod", "run-1"), "a"))
	})
}

// Terraform was interrupted: the error is that of the context and no fault of the
// database.
func TestAnInterruptedRun(t *testing.T) {
	each(t, func(t *testing.T, c Config) {
		r := mustOpen(t, c)
		ctx, cancel := context.WithCancel(t.Context())
		err := r.Record(ctx, run("prod", "run-1"), func(tx *Tx) error {
			cancel()
			_, err := tx.exec("DELETE FROM custody_assets")
			return err
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		if _, _, err := r.Grant(ctx, "a"); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		if err := appendOne(ctx, r, run("prod", "run-1"), "a"); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		if _, err := Open(ctx, c); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		wantSound(t, r, "prod", 0)
	})
}

// What was changed without the register is found.
func TestTamperingIsFound(t *testing.T) {
	each(t, func(t *testing.T, c Config) {
		public, private := newKey(t)
		r := mustOpen(t, c)
		for workspace, w := range map[string]struct {
			statements string
			at         int64
			cause      Cause
			proof      bool // whether only a checkpoint finds it
		}{
			"sound":     {"SELECT 1", 0, "", false},
			"altered":   {"UPDATE custody_events SET body = '{}' WHERE workspace = 'altered' AND sequence = 2", 2, Altered, false},
			"instant":   {"UPDATE custody_events SET at = '2030-01-02T03:04:05.5Z' WHERE workspace = 'instant' AND sequence = 2", 2, Altered, false},
			"missing":   {"DELETE FROM custody_events WHERE workspace = 'missing' AND sequence = 2", 3, Missing, false},
			"reordered": {"UPDATE custody_events SET sequence = 9 - sequence WHERE workspace = 'reordered' AND sequence IN (4, 5)", 4, Altered, false},
			"negative":  {"UPDATE custody_events SET sequence = -1 WHERE workspace = 'negative' AND sequence = 3", -1, Reordered, false},
			"cut":       {"DELETE FROM custody_events WHERE workspace = 'cut' AND sequence = 5", 5, Truncated, false},
			"cut with its head": {"DELETE FROM custody_events WHERE workspace = 'cut with its head' AND sequence > 3; " +
				"UPDATE custody_workspaces SET sequence = 3, hash = (SELECT hash FROM custody_events WHERE workspace = 'cut with its head' AND sequence = 3) " +
				"WHERE name = 'cut with its head'", 5, Truncated, true},
			"gone": {"DELETE FROM custody_events WHERE workspace = 'gone'; DELETE FROM custody_workspaces WHERE name = 'gone'", 5, Truncated, true},
		} {
			for i := range 5 {
				must(t, appendOne(t.Context(), r, run(workspace, "run-1"), fmt.Sprint(i)))
			}
			head, err := r.Head(t.Context(), workspace)
			must(t, err)
			checkpoint := sign(t, head, private)
			if workspace == "reordered" {
				// In two steps: no two events may have one sequence in between.
				r.tamper(t, "UPDATE custody_events SET sequence = 99 WHERE workspace = 'reordered' AND sequence = 4")
				r.tamper(t, "UPDATE custody_events SET sequence = 4 WHERE workspace = 'reordered' AND sequence = 5")
				w.statements = "UPDATE custody_events SET sequence = 5 WHERE workspace = 'reordered' AND sequence = 99"
			}
			for _, s := range strings.Split(w.statements, "; ") {
				r.tamper(t, s)
			}
			report, err := r.Verify(t.Context(), workspace, nil)
			must(t, err)
			if found := report.Break != nil; found != (w.cause != "" && !w.proof) {
				t.Errorf("%s: without a checkpoint: got %+v", workspace, report.Break)
			}
			report, err = r.Verify(t.Context(), workspace, []Checkpoint{checkpoint}, public)
			must(t, err)
			switch {
			case w.cause == "":
				if report.Break != nil || report.Proven != 5 {
					t.Errorf("%s: got %+v", workspace, report)
				}
			case report.Break == nil || report.Break.Cause != w.cause || report.Break.Sequence != w.at:
				t.Errorf("%s: got %+v", workspace, report.Break)
			}
		}
	})
}

// If the head was set back, existing events are not overwritten.
func TestAnAppendThatWouldFork(t *testing.T) {
	each(t, func(t *testing.T, c Config) {
		r := mustOpen(t, c)
		for range 3 {
			must(t, appendOne(t.Context(), r, run("prod", "run-1"), "a"))
		}
		r.tamper(t, "UPDATE custody_workspaces SET sequence = 1 WHERE name = 'prod'")
		wantFault(t, appendOne(t.Context(), r, run("prod", "run-1"), "a"), fault.ErrUnavailable, "contradicts itself")
	})
}
