package register

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

var disable = Act{Name: "ldap/E-1012:disable", Target: "ldap", Subject: "uid=dosei", Action: "disable", Detail: `{"was": true}`}

func finish(t testing.TB, r *Register, run Run, sequence int64, result Result) (ended bool) {
	t.Helper()
	must(t, r.Record(t.Context(), run, func(tx *Tx) (err error) {
		ended, err = tx.FinishAct(sequence, result, `{"enabled": false}`)
		return err
	}))
	return ended
}

func TestAnActIsRecordedBeforeAndAfter(t *testing.T) {
	each(t, func(t *testing.T, c Config) {
		r := mustOpen(t, c)
		a, began, err := begin(t.Context(), r, run("prod", "run-1"), disable)
		if err != nil || !began || a.Sequence != 1 || a.Run != "run-1" || a.Workspace != "prod" {
			t.Fatalf("got %+v, %t, %v", a, began, err)
		}
		open, err := r.UnfinishedActs(t.Context(), "prod")
		if err != nil || len(open) != 1 || open[0] != a {
			t.Errorf("got %+v, %v", open, err)
		}
		if other, err := r.UnfinishedActs(t.Context(), "dev"); err != nil || len(other) != 0 {
			t.Errorf("got %+v, %v", other, err)
		}
		if !finish(t, r, run("prod", "run-1"), a.Sequence, Done) || finish(t, r, run("prod", "run-2"), a.Sequence, Abandoned) {
			t.Error("it was not finished once")
		}
		if open, err = r.UnfinishedActs(t.Context(), "prod"); err != nil || len(open) != 0 {
			t.Errorf("got %+v, %v", open, err)
		}
		var got []string
		for _, e := range collect(t, r, "prod") {
			got = append(got, e.Kind+" "+e.Subject+" "+e.Body)
		}
		want := []string{
			`act.intent uid=dosei {"action":"disable","detail":{"was":true},"name":"ldap/E-1012:disable","target":"ldap"}`,
			`act.outcome uid=dosei {"action":"disable","intent":1,"name":"ldap/E-1012:disable","outcome":{"enabled":false},"result":"done","target":"ldap"}`,
		}
		if strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("got\n%s", strings.Join(got, "\n"))
		}
		// Months later it may have to be done once more.
		if a, began, err = begin(t.Context(), r, run("prod", "run-9"), disable); err != nil || !began || a.Sequence != 3 {
			t.Errorf("got %+v, %t, %v", a, began, err)
		}
		wantSound(t, r, "prod", 3)
	})
}

func TestAKilledRunLeavesItsIntent(t *testing.T) {
	each(t, func(t *testing.T, c Config) {
		r := mustOpen(t, c)
		if err := startChild(t, c, "killed under way").Wait(); err == nil {
			t.Fatal("the other process was not killed")
		}
		open, err := r.UnfinishedActs(t.Context(), "prod")
		if err != nil || len(open) != 1 || open[0].Run != "run-killed" || open[0].Name != disable.Name {
			t.Fatalf("got %+v, %v", open, err)
		}
		// The next run does not begin it again, but ends it.
		a, began, err := begin(t.Context(), r, run("prod", "run-2"), disable)
		if err != nil || began || a != open[0] {
			t.Errorf("got %+v, %t, %v", a, began, err)
		}
		if !finish(t, r, run("prod", "run-2"), a.Sequence, Done) {
			t.Error("it could not be finished")
		}
		wantSound(t, r, "prod", 2)
	})
}

func TestARunThatIsKilledWhileItRecords(t *testing.T) {
	each(t, func(t *testing.T, c Config) {
		r := mustOpen(t, c)
		if err := startChild(t, c, "killed while it begins").Wait(); err == nil {
			t.Fatal("the other process was not killed")
		}
		if a, began, err := begin(t.Context(), r, run("prod", "run-2"), disable); err != nil || !began || a.Sequence != 1 {
			t.Errorf("got %+v, %t, %v", a, began, err)
		}
		wantSound(t, r, "prod", 1)
	})
}

func TestTwoRunsBeginOneAct(t *testing.T) {
	each(t, func(t *testing.T, c Config) {
		r := mustOpen(t, c)
		var count atomic.Int64
		var all sync.WaitGroup
		for range 6 {
			all.Go(func() {
				_, began, err := begin(t.Context(), r, run("prod", "run-1"), disable)
				if err != nil {
					t.Error(err)
				}
				if began {
					count.Add(1)
				}
			})
		}
		all.Wait()
		if count.Load() != 1 {
			t.Errorf("it was begun %d times", count.Load())
		}
		// Another workspace has acts of its own.
		if _, began, err := begin(t.Context(), r, run("dev", "run-1"), disable); err != nil || !began {
			t.Errorf("got %t, %v", began, err)
		}
	})
}

func TestActsThatCannotBeStored(t *testing.T) {
	each(t, func(t *testing.T, c Config) {
		r := mustOpen(t, c)
		for name, change := range map[string]func(a *Act){
			"no name":    func(a *Act) { a.Name = "" },
			"no target":  func(a *Act) { a.Target = "" },
			"no subject": func(a *Act) { a.Subject = "" },
			"line break": func(a *Act) { a.Action = "a\nb" },
			"detail":     func(a *Act) { a.Detail = "was" },
		} {
			a := disable
			change(&a)
			if _, _, err := begin(t.Context(), r, run("prod", "run-1"), a); err == nil {
				t.Errorf("%s: no error", name)
			}
		}
		a, _, err := begin(t.Context(), r, run("prod", "run-1"), disable)
		must(t, err)
		for name, end := range map[string]func(tx *Tx) (bool, error){
			"result": func(tx *Tx) (bool, error) { return tx.FinishAct(a.Sequence, "well", "") },
			"detail": func(tx *Tx) (bool, error) { return tx.FinishAct(a.Sequence, Done, "{") },
		} {
			if err := r.Record(t.Context(), run("prod", "run-1"), func(tx *Tx) error { _, err := end(tx); return err }); err == nil {
				t.Errorf("%s: no error", name)
			}
		}
		// The act of another workspace is not this one's to finish.
		if finish(t, r, run("dev", "run-1"), a.Sequence, Done) {
			t.Error("the act of another workspace was finished")
		}
	})
}
