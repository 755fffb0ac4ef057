// Package servers starts real servers for the tests, each in a folder of its
// own and on a port of the loopback interface, and ends them by process id.
//
// A test binary starts a server once, however many tests use it: see Shared. A
// package whose tests do so ends them with
//
//	func TestMain(m *testing.M) { os.Exit(servers.Run(m)) }
//
// It is no part of the provider and imports nothing of it.
package servers

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Require says that a test needs a server or a tool that this machine may lack.
// Without it the test is skipped, and fails if CUSTODY_REQUIRE, a list separated
// by commas, names it: a skip must not pass unnoticed where everything is meant
// to be there.
func Require(t testing.TB, name string, present bool, remedy string) {
	t.Helper()
	if present {
		return
	}
	if slices.Contains(strings.Split(os.Getenv("CUSTODY_REQUIRE"), ","), name) {
		t.Fatalf("CUSTODY_REQUIRE names %s, but it is not there: %s", name, remedy)
	}
	t.Skipf("%s is not there: %s", name, remedy)
}

// Thorough skips a test that plays over further servers what one of its kind is held to
// already, unless CUSTODY_THOROUGH is set. Each takes a minute or more; every server has
// tests that always run.
func Thorough(t testing.TB) {
	t.Helper()
	if os.Getenv("CUSTODY_THOROUGH") == "" {
		t.Skip("this repeats over further servers what is tested over others: CUSTODY_THOROUGH=1 runs it")
	}
}

// skipShort skips the test in a short run: what a real server answers is tested in the
// whole one, and the race detector, which only the short one has, watches the program
// and not the server.
func skipShort(t testing.TB, server string) {
	t.Helper()
	if testing.Short() {
		t.Skipf("this run is to be short, so %s is not started", server)
	}
}

// RequireProgram is Require for a program that scripts/servers.sh installs. It
// returns the path of the first of the given programs that is there: each is a
// name to look up or an absolute path.
func RequireProgram(t testing.TB, name string, programs ...string) string {
	t.Helper()
	path := FindProgram(programs...)
	Require(t, name, path != "", "run scripts/servers.sh "+name)
	return path
}

// FindProgram returns the path of the first of the given programs that is there; empty
// if none is.
func FindProgram(programs ...string) string {
	for _, p := range programs {
		if path, err := exec.LookPath(p); err == nil {
			return path
		}
	}
	return ""
}

// Process is a server that was started.
type Process struct {
	name   string
	cmd    *exec.Cmd
	alive  io.Closer // the server ends when this is closed, or its owner dies
	log    string
	exited chan struct{}
	stop   sync.Once
}

// Spec says how to start a server.
type Spec struct {
	Name string   // what it is called in messages
	Path string   // the program
	Args []string // what it is started with; it must stay in the foreground
	Env  []string // added to the environment
	Dir  string   // where it runs, and where its output goes to
	User *syscall.Credential
	// Ready returns nil once the server answers. It is asked until it does, and
	// each time may take no longer than its context.
	Ready func(context.Context) error
	// Within is how long the server may take to become ready; a minute unless
	// told.
	Within time.Duration
}

// guard replaces itself by the server and leaves a watcher behind, in the same
// process group, which ends the group when the test binary lets go of the pipe:
// also when it crashes or is killed.
const guard = `exec 3<&0
( trap "" TERM; cat <&3 >/dev/null; kill -TERM 0; sleep 2; kill -KILL 0 ) >/dev/null 2>&1 &
exec 3<&-
exec "$@" </dev/null`

// Start starts a server and waits until it is ready. If it ends before that, or
// does not become ready in time, the error holds the end of its output.
func Start(ctx context.Context, s Spec) (*Process, error) {
	log, err := os.Create(filepath.Join(s.Dir, s.Name+".log"))
	if err != nil {
		return nil, err
	}
	defer log.Close() //nolint:errcheck // the server has its own descriptor
	cmd := exec.Command("sh", append([]string{"-c", guard, s.Name, s.Path}, s.Args...)...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = s.Dir, log, log
	cmd.Env = append(os.Environ(), s.Env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: s.User}
	pipe, held, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	cmd.Stdin = pipe
	err = cmd.Start()
	pipe.Close() //nolint:errcheck // the child has its own descriptor
	if err != nil {
		held.Close() //nolint:errcheck // nobody holds the other end
		return nil, fmt.Errorf("start %s: %w", s.Name, err)
	}
	p := &Process{name: s.Name, cmd: cmd, alive: held, log: log.Name(), exited: make(chan struct{})}
	go func() {
		_ = cmd.Wait()
		close(p.exited)
	}()
	if s.Within == 0 {
		s.Within = time.Minute
	}
	ctx, cancel := context.WithTimeout(ctx, s.Within)
	defer cancel()
	if err := Await(ctx, p.exited, s.Ready); err != nil {
		p.Stop()
		return nil, fmt.Errorf("%s did not become ready: %w; its last words:\n%s", s.Name, err, p.Log())
	}
	return p, nil
}

var errExited = errors.New("it ended")

// Await asks ready until it returns nil, ever less often. It gives up when the
// context ends or exited, which may be nil, is closed, and then returns what
// ready said last.
func Await(ctx context.Context, exited <-chan struct{}, ready func(context.Context) error) error {
	const longest = 500 * time.Millisecond
	for pause := 10 * time.Millisecond; ; pause = min(2*pause, longest) {
		once, cancel := context.WithTimeout(ctx, 10*time.Second)
		err := ready(once)
		cancel()
		if err == nil {
			return nil
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-exited:
			timer.Stop()
			return errors.Join(errExited, err)
		case <-ctx.Done():
			timer.Stop()
			return errors.Join(ctx.Err(), err)
		}
	}
}

// PID returns the process id of the server, which is also that of its group.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Stop ends the server and everything that it forked, and waits for it. It may
// be called again.
func (p *Process) Stop() {
	p.stop.Do(func() {
		group := -p.PID()
		_ = syscall.Kill(group, syscall.SIGTERM)
		timer := time.NewTimer(10 * time.Second)
		defer timer.Stop()
		select {
		case <-p.exited:
		case <-timer.C:
		}
		// The watcher is in the group as well, and ignores the other signal.
		_ = syscall.Kill(group, syscall.SIGKILL)
		<-p.exited
		_ = p.alive.Close()
	})
}

// Log returns the end of what the server wrote.
func (p *Process) Log() string {
	const most = 4 << 10
	text, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	return string(bytes.TrimSpace(text[max(0, len(text)-most):]))
}

// FreePort returns a port of the loopback interface on which nobody listens. It
// is free when it is returned; nothing holds it after that.
func FreePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	addr, ok := l.Addr().(*net.TCPAddr)
	if !ok {
		return 0, errors.Join(fmt.Errorf("%v is no TCP address", l.Addr()), l.Close())
	}
	return addr.Port, l.Close()
}

// Dial is a Ready that is content with an open port. Prefer a question that the
// server can only answer when it is ready.
func Dial(port int) func(context.Context) error {
	return func(ctx context.Context) error {
		c, err := new(net.Dialer).DialContext(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err != nil {
			return err
		}
		return c.Close()
	}
}

// Do runs a program to its end. Its error holds what the program wrote.
func Do(ctx context.Context, dir string, env []string, path string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	var out, problems bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &problems
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%s %s: %w\n%s%s", path, strings.Join(args, " "), err, out.String(), problems.String())
	}
	return out.String(), nil
}
