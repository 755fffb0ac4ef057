package acctest

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/clock"
)

// FollowMachine sets the workspace's clock an hour ahead of the machine's. Then
// plantimestamp(), which the command line tool takes from the machine, lies in
// the past and is recent, so that a configuration can be run as users write it.
func (w *Workspace) FollowMachine() { w.Clock.Set(clock.System{}.Now().Add(time.Hour)) }

// Shell runs a script of bash in the workspace, as a job would: it stops at the
// first error, the command line tool under test is terraform on PATH, and the
// further variables come last.
func (w *Workspace) Shell(script string, env ...string) Result {
	w.t.Helper()
	bin := w.t.TempDir()
	if err := os.Symlink(w.cli, filepath.Join(bin, "terraform")); err != nil {
		w.t.Fatal(err)
	}
	cmd := exec.Command("bash", "-e", "-c", "PATH="+bin+":$PATH\n"+script)
	cmd.Dir = w.Dir
	cmd.Env = append(append(cmd.Env, w.env...), env...)
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		w.t.Fatal(err)
	}
	return Result{t: w.t, Args: []string{"bash", script}, Code: cmd.ProcessState.ExitCode(), Output: string(out)}
}
