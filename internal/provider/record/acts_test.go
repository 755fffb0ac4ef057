package record_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
	"github.com/custodyhq/terraform-provider-custody/internal/clock"
	"github.com/custodyhq/terraform-provider-custody/internal/effect"
	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/record"
)

// A test binary that finds this variable is another run, which is killed.
const childVariable = "CUSTODY_RECORD_TEST_CHILD"

func TestMain(m *testing.M) {
	if location := os.Getenv(childVariable); location != "" {
		killed(location, os.Args[1], os.Args[2])
	}
	os.Exit(servers.Run(m))
}

// killed acts on an object, and is killed before the act or after it.
func killed(location, when, file string) {
	run, err := new(record.Registers).New(record.Options{Location: location, Workspace: "prod"}, clock.NewFake(start))
	if err != nil {
		panic(err)
	}
	act := lock(file)
	do := act.Steps[0].Do
	act.Steps[0].Do = func(ctx context.Context, there bool) error {
		if when == "after" {
			if err := do(ctx, there); err != nil {
				return err
			}
		}
		self, err := os.FindProcess(os.Getpid())
		if err == nil {
			err = self.Kill()
		}
		panic(err)
	}
	effect.Do(context.Background(), run.Recorder(), act)
	os.Exit(0)
}

var start = time.Date(2030, time.January, 15, 9, 0, 0, 0, time.UTC)

// lock is the act that creates a file: done if it is there.
func lock(file string) effect.Act[bool] {
	return effect.Act[bool]{
		System: "files", Object: "lock", Because: "it is tested",
		Read: func(context.Context) (bool, error) {
			_, err := os.Stat(file)
			return err == nil, nil
		},
		Shows: func(there bool, _ string) bool { return there },
		Steps: []effect.Step[bool]{{
			Name: "create", Yes: "It is there.", No: "It is not there.",
			Do: func(context.Context, bool) error {
				f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
				if err != nil {
					return err
				}
				return f.Close()
			},
		}},
	}
}

// each runs a test on an empty register of every kind.
func each(t *testing.T, test func(t *testing.T, location string)) {
	t.Run("sqlite", func(t *testing.T) { test(t, "sqlite:"+filepath.Join(t.TempDir(), "custody.db")) })
	t.Run("postgres", func(t *testing.T) { test(t, servers.Postgres(t).EmptySchema(t)) })
}

// newRun returns a run on a register.
func newRun(t *testing.T, location string) *record.Run {
	t.Helper()
	all := &record.Registers{}
	t.Cleanup(func() {
		if err := all.Close(); err != nil {
			t.Error(err)
		}
	})
	run, err := all.New(record.Options{Location: location, Workspace: "prod"}, clock.NewFake(start))
	if err != nil {
		t.Fatal(err)
	}
	return run
}

// ledger returns the events, each as its kind and its body.
func ledger(t *testing.T, run *record.Run) []string {
	t.Helper()
	r, err := run.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for e, err := range r.Events(t.Context(), "prod", 0) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, e.Kind+" "+e.Subject+" "+e.Body)
	}
	return out
}

// A run that is killed between intent and outcome is found by the next one, which
// reports it, records it and does nothing twice.
func TestARunThatIsKilledWhileItActs(t *testing.T) {
	for when, c := range map[string]struct{ done, found, result string }{
		"before": {"create", "create (not done)", `"abandoned"`}, "after": {"", "create (done)", `"done"`},
	} {
		t.Run(when, func(t *testing.T) {
			each(t, func(t *testing.T, location string) {
				file := filepath.Join(t.TempDir(), "lock")
				self, err := os.Executable()
				if err != nil {
					t.Fatal(err)
				}
				child := exec.Command(self, when, file)
				child.Env = append(os.Environ(), childVariable+"="+location)
				if err := child.Run(); err == nil {
					t.Fatal("the other run was not killed")
				}
				run := newRun(t, location)
				if open, err := run.Interrupted(t.Context(), "files", "lock"); err != nil || !open {
					t.Errorf("the act is not found: %v", err)
				}
				if open, err := run.Interrupted(t.Context(), "files", "other"); err != nil || open {
					t.Errorf("another object counts as touched: %v", err)
				}
				r := effect.Do(t.Context(), run.Recorder(), lock(file))
				if r.Err != nil || strings.Join(r.Done, " ") != c.done || len(r.Found) != 1 || !strings.Contains(r.Found[0], c.found) {
					t.Errorf("got %+v", r)
				}
				events := ledger(t, run)
				if !strings.Contains(events[0], `"steps":["create"]`) || !strings.Contains(events[1], `"interrupted":true`) || !strings.Contains(events[1], c.result) {
					t.Errorf("the ledger is %q", events)
				}
				// Nothing is left open, and nothing is done again.
				if again := effect.Do(t.Context(), newRun(t, location).Recorder(), lock(file)); again.Err != nil || len(again.Done)+len(again.Found) > 0 {
					t.Errorf("got %+v", again)
				}
				if after := ledger(t, run); len(after) != 2+2*len(r.Done) {
					t.Errorf("the ledger is %q", after)
				}
			})
		})
	}
}

// broken is a location that leads nowhere.
func broken(t *testing.T) string {
	return "sqlite:" + filepath.Join(t.TempDir(), "missing", "custody.db")
}

func TestWhatCannotBeRecordedIsNotDone(t *testing.T) {
	file := filepath.Join(t.TempDir(), "lock")
	run := newRun(t, broken(t))
	r := effect.Do(t.Context(), run.Recorder(), lock(file))
	var f *fault.Fault
	if !errors.As(r.Err, &f) || !strings.HasPrefix(f.Consequence, "Nothing was changed") {
		t.Errorf("got %v", r.Err)
	}
	if _, err := os.Stat(file); err == nil {
		t.Error("the act was done")
	}
	err := run.Ready(t.Context())
	if !errors.As(err, &f) || f.Consequence != "Nothing was changed: what cannot be recorded is not done." || f.Advice == "" {
		t.Errorf("got %v", err)
	}
	if _, err := run.Interrupted(t.Context(), "files", "lock"); err == nil {
		t.Error("a register that does not answer has no open acts")
	}
}

// Two runs that end one act are both in the ledger.
func TestASecondOutcomeIsKeptBesideTheFirst(t *testing.T) {
	each(t, func(t *testing.T, location string) {
		run, late := newRun(t, location), newRun(t, location)
		i := effect.Intent{System: "corp", Object: "ann", Steps: []string{"disable", "end sessions"}}
		id, err := late.Recorder().Intend(t.Context(), i)
		if err != nil {
			t.Fatal(err)
		}
		var f *fault.Fault
		if _, err := run.Recorder().Intend(t.Context(), i); !errors.As(err, &f) || f.Summary != "Another Run Is Acting" {
			t.Errorf("got %v", err)
		}
		open, err := run.Recorder().Open(t.Context(), "corp", "ann")
		if err != nil || len(open) != 1 || open[0].ID != id || !slices.Equal(open[0].Steps, i.Steps) {
			t.Fatalf("got %+v, %v", open, err)
		}
		half := effect.Outcome{Steps: map[string]effect.StepOutcome{"disable": effect.Done, "end sessions": effect.NotDone}, Interrupted: true}
		whole := effect.Outcome{Steps: map[string]effect.StepOutcome{"disable": effect.Done, "end sessions": effect.NotDone}, Error: strings.Repeat("é", 10<<10)}
		for _, err := range []error{run.Recorder().Conclude(t.Context(), id, half), late.Recorder().Conclude(t.Context(), id, whole)} {
			if err != nil {
				t.Fatal(err)
			}
		}
		events := ledger(t, run)
		if len(events) != 3 || !strings.Contains(events[1], `"result":"abandoned"`) || !strings.Contains(events[2], `"again":true,"intent":1`) || !strings.Contains(events[2], `"result":"failed"`) {
			t.Errorf("the ledger is %q", events)
		}
		if err := run.Recorder().Conclude(t.Context(), "17", half); err == nil {
			t.Error("an act that was never begun was ended")
		}
	})
}

func TestARunWithoutARegister(t *testing.T) {
	var run *record.Run
	if run.Recorder() != nil || run.Ready(t.Context()) != nil {
		t.Error("it has one")
	}
	if open, err := run.Interrupted(t.Context(), "corp", "ann"); open || err != nil {
		t.Error(open, err)
	}
}

func TestWhereARegisterCannotBe(t *testing.T) {
	const secret = "s3cret-canary"
	for _, location := range []string{"custody.db", "sqlite:../custody.db", "postgres://custody:" + secret + "@db.example.org:port/x", "mysql://custody:" + secret + "@db/x"} {
		_, err := new(record.Registers).New(record.Options{Location: location, Workspace: "prod"}, clock.NewFake(start))
		var f *fault.Fault
		if !errors.As(err, &f) || f.Summary != "Invalid Register" || strings.Contains(fmt.Sprint(err, f.Detail()), secret) {
			t.Errorf("%s: %v", location, err)
		}
	}
	for _, name := range []string{"", "a\nb", strings.Repeat("x", 300), "\xff"} {
		if record.CheckWorkspace(name) == nil {
			t.Errorf("%q names a workspace", name)
		}
	}
	if err := record.CheckWorkspace("payments-é default"); err != nil {
		t.Error(err)
	}
}
