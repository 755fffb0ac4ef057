package register

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
	"github.com/custodyhq/terraform-provider-custody/internal/fault"
)

// A test binary that finds this variable is another process that uses the
// register of a test.
const childVariable = "CUSTODY_REGISTER_TEST_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childVariable) != "" {
		if err := child(context.Background(), os.Args[1:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(servers.Run(m))
}

// child does in another process what its arguments say: append NAME COUNT, or be
// killed while an act is begun or under way.
func child(ctx context.Context, args []string) error {
	r, err := Open(ctx, Config{Location: os.Getenv(childVariable)})
	if err != nil {
		return err
	}
	die := func() {
		self, err := os.FindProcess(os.Getpid())
		if err == nil {
			err = self.Kill()
		}
		panic(err)
	}
	act := Act{Name: "ldap/E-1012:disable", Target: "ldap", Subject: "uid=dosei", Action: "disable"}
	switch args[0] {
	case "append":
		n, err := strconv.Atoi(args[2])
		if err != nil {
			return err
		}
		for i := range n {
			if err := appendOne(ctx, r, run("prod", args[1]), fmt.Sprintf("%s-%d", args[1], i)); err != nil {
				return err
			}
		}
	case "killed under way":
		if _, _, err = begin(ctx, r, run("prod", "run-killed"), act); err == nil {
			die()
		}
	case "killed while it begins":
		err = r.Record(ctx, run("prod", "run-killed"), func(tx *Tx) error {
			_, _, err := tx.BeginAct(act)
			if err == nil {
				die()
			}
			return err
		})
	}
	return err
}

// startChild starts another process on the register.
func startChild(t testing.TB, c Config, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, args...)
	cmd.Env, cmd.Stderr = append(os.Environ(), childVariable+"="+c.Location), os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd
}

func run(workspace, id string) Run {
	return Run{Workspace: workspace, ID: id, Actor: "ci@example.org", At: start}
}

// mustOpen opens a register until the end of the test.
func mustOpen(t testing.TB, c Config) *Register {
	t.Helper()
	r, err := Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

var schemas atomic.Int64

// each runs a test on an empty register of every kind.
func each(t *testing.T, test func(t *testing.T, c Config)) {
	t.Run("sqlite", func(t *testing.T) { test(t, Config{Location: "sqlite:" + filepath.Join(t.TempDir(), "a b#%20.db")}) })
	t.Run("postgres", func(t *testing.T) { test(t, onPostgres(t)) })
}

func onPostgres(t testing.TB) Config {
	t.Helper()
	d := servers.Postgres(t)
	name := "register" + strconv.FormatInt(schemas.Add(1), 10)
	d.PostgresExec(t, "CREATE SCHEMA "+name)
	return Config{Location: d.PostgresURL(d.Admin, "search_path", name)}
}

func appendOne(ctx context.Context, r *Register, run Run, subject string) error {
	return r.Record(ctx, run, func(tx *Tx) error {
		_, err := tx.Append(Draft{Kind: "grant.decided", Subject: subject, Body: `{"action": "keep", "serial": 1}`})
		return err
	})
}

func saveAsset(tx *Tx, id, text string) error {
	_, err := tx.SaveAsset(Asset{ID: id, Instance: "i1", Record: text})
	return err
}

// record runs a change with an event that records it.
func record(t testing.TB, r *Register, run Run, change func(tx *Tx) error) error {
	t.Helper()
	return r.Record(t.Context(), run, func(tx *Tx) error {
		if err := change(tx); err != nil {
			return err
		}
		_, err := tx.Append(Draft{Kind: "test.changed", Subject: "x"})
		return err
	})
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func begin(ctx context.Context, r *Register, run Run, a Act) (act Act, began bool, err error) {
	err = r.Record(ctx, run, func(tx *Tx) error {
		act, began, err = tx.BeginAct(a)
		return err
	})
	return act, began, err
}

// collect returns all events of a workspace.
func collect(t testing.TB, r *Register, workspace string) []Event {
	t.Helper()
	var out []Event
	for e, err := range r.Events(t.Context(), workspace, 0) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, e)
	}
	return out
}

// wantSound fails unless the chain holds and has so many events.
func wantSound(t testing.TB, r *Register, workspace string, events int64) {
	t.Helper()
	report, err := r.Verify(t.Context(), workspace, nil)
	if err != nil || report.Break != nil || report.Head.Sequence != events {
		t.Fatalf("got %+v with %+v, %v, want %d events", report, report.Break, err, events)
	}
}

// wantFault fails unless the error is a fault with those words, what happened and
// what to do.
func wantFault(t testing.TB, err error, kind error, words string) *fault.Fault {
	t.Helper()
	var f *fault.Fault
	if !errors.As(err, &f) || !errors.Is(err, kind) || !strings.Contains(f.Detail(), words) || f.Advice == "" || f.Summary == "" {
		t.Fatalf("got %v, want a fault about %q", err, words)
	}
	return f
}

// tamper runs a statement on the database directly.
func (r *Register) tamper(t testing.TB, statements string) {
	t.Helper()
	if _, err := r.db.write.Exec(statements); err != nil {
		t.Fatal(err)
	}
}
