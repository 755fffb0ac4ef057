// Command meter stands in for a provider: it runs the real one and notes how
// much processor time and memory that took. The benchmark installs it under the
// provider's name, with a file meter.json beside it.
//
// The plugin protocol runs over the standard streams and the environment, which
// the real provider inherits.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"syscall"
)

// settings is the content of meter.json.
type settings struct {
	Provider string `json:"provider"` // the program to run
	Report   string `json:"report"`   // the file to which a line is added for each run
}

// line is one line of the report.
type line struct {
	CPU int64 `json:"cpu"` // user and system time, in nanoseconds
	RSS int64 `json:"rss"` // the most resident memory, in bytes
}

func main() {
	code, err := run()
	if err != nil {
		fmt.Fprintln(os.Stderr, "meter:", err)
		os.Exit(1)
	}
	os.Exit(code)
}

func run() (int, error) {
	s, err := read()
	if err != nil {
		return 0, err
	}
	cmd := exec.Command(s.Provider, os.Args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	// The kernel ties the death signal to the thread that starts the process.
	runtime.LockOSThread()
	cmd.SysProcAttr = endWithParent()
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	go func() {
		for sig := range signals {
			_ = cmd.Process.Signal(sig)
		}
	}()
	var exit *exec.ExitError
	if err := cmd.Wait(); err != nil && !errors.As(err, &exit) {
		return 0, err
	}
	return max(cmd.ProcessState.ExitCode(), 0), report(s.Report, cmd.ProcessState)
}

func read() (settings, error) {
	var s settings
	self, err := os.Executable()
	if err != nil {
		return s, err
	}
	text, err := os.ReadFile(filepath.Join(filepath.Dir(self), "meter.json"))
	if err != nil {
		return s, err
	}
	return s, json.Unmarshal(text, &s)
}

func report(path string, state *os.ProcessState) error {
	usage, ok := state.SysUsage().(*syscall.Rusage)
	if !ok {
		return errors.New("the kernel does not say what the provider used")
	}
	rss := usage.Maxrss
	if runtime.GOOS != "darwin" {
		rss *= 1024 // others count kilobytes
	}
	text, err := json.Marshal(line{CPU: int64(state.UserTime() + state.SystemTime()), RSS: rss})
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	// One write, so that lines of processes that end together do not mix.
	_, err = f.Write(append(text, '\n'))
	return errors.Join(err, f.Close())
}
