// The program demo tells the story of a scenario with a real command line tool:
// it changes the exports step by step, shows each plan and applies it. It ends
// with an error as soon as a plan is not what the story says. scripts/demo.sh
// prepares the folder and the tool.
package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"

	"github.com/custodyhq/terraform-provider-custody/examples/scenarios/story"
	"github.com/custodyhq/terraform-provider-custody/internal/clock"
)

func main() {
	cli := flag.String("cli", "terraform", "the command line tool")
	dir := flag.String("dir", "", "a folder with a copy of the scenario, which is changed")
	pause := flag.Bool("pause", false, "wait for Enter after each plan")
	flag.Parse()
	if err := tell(*cli, *dir, *pause); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

const (
	preface = `
The story of a small company, told in real plans. Each step says what has happened and what the plan will say; then
comes the plan, and it is applied. Shown are the grants (may this access exist?) and the credentials that hang on
them, one for each of a grant's "generations". Left out are the bindings, whose facts the grants repeat, and what the
command line tool prints around the changes.`
	epilogue = `The files are in examples/scenarios/joiner-mover-leaver, for you to change and plan. How to read such plans, and what
to do where one is wrong, stands in docs/guides/reading-a-custody-plan.md.`
)

func tell(cli, dir string, pause bool) error {
	steps, err := story.Load(dir)
	if err != nil {
		return err
	}
	now := clock.System{}
	began := now.Now()
	player := &story.Player{Dir: dir, Now: now.Now, Run: func(args ...string) (int, string, error) { return run(cli, dir, args) }}
	out := &printer{Writer: os.Stdout, colour: coloured()}
	input := bufio.NewReader(os.Stdin)
	out.text(preface)
	for i := range steps {
		s := &steps[i]
		out.heading(fmt.Sprintf("%d of %d: %s", i+1, len(steps), s.Title))
		out.text(s.Text)
		output, err := player.Plan(s)
		if err != nil {
			return failed(s, output, err)
		}
		out.plan(s.Excerpt(output))
		if pause {
			out.text("(Enter to go on)")
			if _, err := input.ReadString('\n'); err != nil && !errors.Is(err, io.EOF) {
				return err
			}
		}
		switch {
		case s.Changes():
			if output, err = player.Apply(s); err != nil {
				return failed(s, output, err)
			}
			out.text("Applied, and the state is as it was said.")
		case s.Refused():
			out.text("Refused: the state is untouched. (The step is undone before the next one.)")
		}
	}
	out.heading(fmt.Sprintf("All %d plans did what the story says, in %d s", len(steps), int(now.Now().Sub(began).Seconds())))
	out.text(epilogue)
	return nil
}

func failed(s *story.Step, output string, err error) error {
	return fmt.Errorf("step %s: %w\n\nThe whole output was:\n\n%s", s.Name, err, output)
}

// run runs the tool and returns its exit code and what it printed.
func run(cli, dir string, args []string) (int, string, error) {
	cmd := exec.Command(cli, args...) //nolint:gosec // the tool that the script found
	cmd.Dir = dir
	var stdout, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return 0, "", err
	}
	return cmd.ProcessState.ExitCode(), stdout.String() + stderr.String(), nil
}
