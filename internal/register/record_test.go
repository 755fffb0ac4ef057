package register

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestBindings(t *testing.T) {
	each(t, func(t *testing.T, c Config) {
		r := mustOpen(t, c)
		save := func(workspace, facts string) {
			t.Helper()
			must(t, record(t, r, run(workspace, "run-1"), func(tx *Tx) error {
				return tx.SaveBinding(Binding{Asset: "itam/LT-1", Digest: "0123456789abcdef", Facts: facts})
			}))
		}
		save("prod", `{"holder": "hr/E-1"}`)
		save("dev", `{}`)
		save("prod", `{"holder": "hr/E-2"}`)
		got, err := r.Bindings(t.Context(), "itam/LT-1")
		want := []Binding{
			{"dev", "itam/LT-1", "0123456789abcdef", `{}`, start},
			{"prod", "itam/LT-1", "0123456789abcdef", `{"holder":"hr/E-2"}`, start},
		}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("got %+v, %v", got, err)
		}
		// It stays while a grant rests on it.
		claim := func(id string) {
			t.Helper()
			must(t, record(t, r, run("dev", "run-2"), func(tx *Tx) error {
				_, _, err := tx.ClaimGrant(id, "i1")
				return err
			}))
		}
		claim("itam/LT-1#vpn")
		claim("itam/LT-11#vpn")
		for _, wanted := range []bool{false, true, false} {
			must(t, record(t, r, run("dev", "run-2"), func(tx *Tx) error {
				defer tx.RemoveGrant("itam/LT-1#vpn", "i1") //nolint:errcheck // the next round shows it
				if removed, err := tx.RemoveBinding("itam/LT-1"); removed != wanted || err != nil {
					return fmt.Errorf("removed: %t, %w", removed, err)
				}
				return nil
			}))
		}
		if got, err = r.Bindings(t.Context(), "itam/LT-1"); err != nil || !slices.Equal(got, want[1:]) {
			t.Errorf("got %+v, %v", got, err)
		}
		if record(t, r, run("dev", "run-2"), func(tx *Tx) error { return tx.SaveBinding(Binding{Asset: "a"}) }) == nil {
			t.Error("a binding without facts was stored")
		}
	})
}

var review = Review{Name: "custody-1", Subject: "cmdb/APP-1#deploy", Assignee: "eve@example.org", DueAt: start.Add(time.Hour)}

// recorded runs a change with an event that records it, if it reports that it changed
// something.
func recorded(t *testing.T, r *Register, workspace string, change func(tx *Tx) (bool, error)) (changed bool, err error) {
	t.Helper()
	err = r.Record(t.Context(), run(workspace, "run-1"), func(tx *Tx) error {
		var err error
		if changed, err = change(tx); err != nil || !changed {
			return err
		}
		_, err = tx.Append(Draft{Kind: "review.changed", Subject: review.Subject})
		return err
	})
	return changed, err
}

func TestAReviewIsOpenedOnce(t *testing.T) {
	each(t, func(t *testing.T, c Config) {
		r := mustOpen(t, c)
		var count atomic.Int64
		var all sync.WaitGroup
		for i := range 6 {
			all.Go(func() {
				opened, err := recorded(t, r, fmt.Sprintf("w%d", i), func(tx *Tx) (bool, error) { return tx.OpenReview(review) })
				if err != nil {
					t.Error(err)
				}
				if opened {
					count.Add(1)
				}
			})
		}
		all.Wait()
		if count.Load() != 1 {
			t.Errorf("it was opened %d times", count.Load())
		}
		v, found, err := r.Review(t.Context(), review.Name)
		if err != nil || !found || v.Workspace == "" || !v.OpenedAt.Equal(start) || !v.DueAt.Equal(review.DueAt) || !v.ClosedAt.IsZero() || v.Assignee != review.Assignee {
			t.Fatalf("got %+v, %v", v, err)
		}
	})
}

// A case that is closed stays closed, and is given to nobody.
func TestAReviewIsOpenOrClosed(t *testing.T) {
	each(t, func(t *testing.T, c Config) {
		r := mustOpen(t, c)
		for i, step := range []struct {
			do   func(tx *Tx) (bool, error)
			want bool
		}{
			{func(tx *Tx) (bool, error) { return tx.CloseReview(review.Name) }, false},
			{func(tx *Tx) (bool, error) { return tx.AssignReview(review.Name, "ann", start) }, false},
			{func(tx *Tx) (bool, error) { return tx.OpenReview(review) }, true},
			{func(tx *Tx) (bool, error) { return tx.AssignReview(review.Name, "ann", time.Time{}) }, true},
			{func(tx *Tx) (bool, error) { return tx.CloseReview(review.Name) }, true},
			{func(tx *Tx) (bool, error) { return tx.CloseReview(review.Name) }, false},
			{func(tx *Tx) (bool, error) { return tx.AssignReview(review.Name, "dan", start) }, false},
			{func(tx *Tx) (bool, error) { return tx.OpenReview(review) }, false},
		} {
			if got, err := recorded(t, r, "prod", step.do); err != nil || got != step.want {
				t.Fatalf("step %d: got %t, %v", i, got, err)
			}
		}
		v, _, err := r.Review(t.Context(), review.Name)
		if err != nil || v.Assignee != "ann" || !v.DueAt.IsZero() || !v.ClosedAt.Equal(start) {
			t.Errorf("got %+v, %v", v, err)
		}
		for since, want := range map[time.Time]int{{}: 1, start: 1, start.Add(time.Second): 0} {
			if all, err := r.Reviews(t.Context(), since); err != nil || len(all) != want {
				t.Errorf("since %s: got %+v, %v", since, all, err)
			}
		}
		for name, change := range map[string]func(v *Review){
			"no name": func(v *Review) { v.Name = "" }, "no grant": func(v *Review) { v.Subject = "" }, "line break": func(v *Review) { v.Assignee = "a\nb" },
		} {
			v := review
			v.Name = "custody-2"
			change(&v)
			if _, err := recorded(t, r, "prod", func(tx *Tx) (bool, error) { return tx.OpenReview(v) }); err == nil {
				t.Errorf("%s: no error", name)
			}
		}
		if _, err := recorded(t, r, "prod", func(tx *Tx) (bool, error) { return tx.AssignReview(review.Name, "a\nb", start) }); err == nil {
			t.Error("it was given to a name with a line break")
		}
	})
}

func TestANoticeIsSentOnce(t *testing.T) {
	each(t, func(t *testing.T, c Config) {
		r := mustOpen(t, c)
		n := Notice{Name: "cmdb/APP-1#deploy lapses 2030-02-01 7d", Subject: "cmdb/APP-1#deploy", Recipient: "hr/E-7"}
		for i, want := range []bool{true, false, false} {
			must(t, record(t, r, run(fmt.Sprintf("w%d", i), "run-1"), func(tx *Tx) error {
				first, err := tx.RememberNotice(n)
				if err == nil && first != want {
					t.Errorf("call %d: got %t", i, first)
				}
				return err
			}))
		}
		n.Workspace, n.At = "w0", start
		if got, err := r.Notices(t.Context(), n.Subject); err != nil || !slices.Equal(got, []Notice{n}) {
			t.Errorf("got %+v, %v", got, err)
		}
		n.Recipient = ""
		if record(t, r, run("prod", "run-2"), func(tx *Tx) error { _, err := tx.RememberNotice(n); return err }) == nil {
			t.Error("a notice without a recipient was stored")
		}
	})
}

func TestShrank(t *testing.T) {
	for _, c := range []struct {
		before, now int64
		percent     int
		want        bool
	}{
		{100, 80, 20, false}, {100, 79, 20, true}, {100, 100, 0, false}, {100, 97, 0, false}, {100, 96, 0, true}, {100, 0, 100, false}, {0, 0, 20, false}, {0, 9, 20, false},
		{4, 3, 20, false}, {4, 1, 20, false}, {5, 1, 20, true}, {3, 0, 20, true}, {1, 0, 20, true}, {20, 17, 10, false}, {20, 16, 20, false}, {20, 15, 20, true}, {maxInteger / 100, 0, 99, true},
	} {
		if got := shrank(c.before, c.now, c.percent); got != c.want {
			t.Errorf("%d to %d by %d percent: got %t", c.before, c.now, c.percent, got)
		}
	}
}

func TestAListThatShrinksIsReported(t *testing.T) {
	each(t, func(t *testing.T, c Config) {
		r := mustOpen(t, c)
		note := func(workspace string, records int64) error {
			return r.NoteCount(t.Context(), run(workspace, "run-1"), Count{System: "itam", List: "assets", Records: records}, 20)
		}
		must(t, note("prod", 1000))
		must(t, note("prod", 1100))
		must(t, note("prod", 900))
		must(t, note("dev", 3)) // another workspace may see less
		for range 2 {           // what was refused is not remembered
			var e *ShrankError
			if err := note("prod", 500); !errors.As(err, &e) || e.Before.Records != 900 || e.Now.Records != 500 {
				t.Fatalf("got %v", err)
			}
			for _, words := range []string{"itam", "assets", "900", "500", "20 percent", "2030-01-02"} {
				if !strings.Contains(e.Error(), words) {
					t.Errorf("%q does not say %s", e, words)
				}
			}
		}
		must(t, record(t, r, run("prod", "run-2"), func(tx *Tx) error {
			return tx.ConfirmCount(Count{System: "itam", List: "assets", Records: 500})
		}))
		must(t, note("prod", 490))
		for _, c := range []Count{{System: "itam", List: "assets", Records: -1}, {System: "itam", List: "assets", Records: maxInteger}, {List: "assets"}, {System: "itam"}} {
			if r.NoteCount(t.Context(), run("prod", "run-1"), c, 20) == nil ||
				record(t, r, run("prod", "run-1"), func(tx *Tx) error { return tx.ConfirmCount(c) }) == nil {
				t.Errorf("%+v was accepted", c)
			}
		}
		if r.NoteCount(t.Context(), Run{}, Count{System: "itam", List: "assets"}, 20) == nil {
			t.Error("a count of no run was accepted")
		}
	})
}
