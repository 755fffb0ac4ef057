package servers_test

import (
	"context"
	"errors"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
)

func TestMain(m *testing.M) { os.Exit(servers.Run(m)) }

// gone waits until no process is left in the group.
func gone(t *testing.T, group int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	err := servers.Await(ctx, nil, func(context.Context) error {
		if err := syscall.Kill(-group, 0); !errors.Is(err, syscall.ESRCH) {
			return errors.New("the group is still there")
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestStartAndStop(t *testing.T) {
	dir := t.TempDir()
	p, err := servers.Start(t.Context(), servers.Spec{
		Name: "forker", Path: "/bin/sh", Dir: dir,
		// It forks a child that ignores the polite signal.
		Args: []string{"-c", `(trap "" TERM; sleep 60) & echo up >ready; wait`},
		Ready: func(context.Context) error {
			_, err := os.Stat(dir + "/ready")
			return err
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	p.Stop()
	p.Stop()
	gone(t, p.PID())
}

func TestStartReportsWhyItEnded(t *testing.T) {
	_, err := servers.Start(t.Context(), servers.Spec{
		Name: "dead", Path: "/bin/sh", Dir: t.TempDir(), Args: []string{"-c", "echo no such table >&2; exit 3"},
		Ready: func(context.Context) error { return errors.New("nobody listens") },
	})
	if err == nil || !strings.Contains(err.Error(), "no such table") || !strings.Contains(err.Error(), "nobody listens") {
		t.Errorf("got %v", err)
	}
}

// A test binary that dies must not leave its servers behind.
func TestServersEndWithTheirOwner(t *testing.T) {
	if dir := os.Getenv("CUSTODY_TEST_OWNER"); dir != "" {
		p, err := servers.Start(t.Context(), servers.Spec{
			Name: "orphan", Path: "/bin/sleep", Args: []string{"60"}, Dir: dir, Ready: func(context.Context) error { return nil },
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(dir+"/pid", []byte(strconv.Itoa(p.PID())), 0o600); err != nil {
			t.Fatal(err)
		}
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	}
	dir := t.TempDir()
	if _, err := servers.Do(t.Context(), dir, []string{"CUSTODY_TEST_OWNER=" + dir}, os.Args[0], "-test.run=^TestServersEndWithTheirOwner$"); err == nil {
		t.Fatal("the other test binary was to be killed")
	}
	text, err := os.ReadFile(dir + "/pid")
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(string(text))
	if err != nil {
		t.Fatal(err)
	}
	gone(t, pid)
}

func TestFreePort(t *testing.T) {
	port, err := servers.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	if err := servers.Dial(port)(t.Context()); err == nil {
		t.Errorf("somebody listens on port %d", port)
	}
}
