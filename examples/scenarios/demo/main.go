// The program demo tells the stories of scenarios with a real command line tool:
// it changes the exports step by step, shows each plan and applies it. It ends
// with an error as soon as a plan is not what the story says. scripts/demo.sh
// prepares the folders and the tool.
//
//	usage: demo [-cli TOOL] [-pause] DIR...
//
// Each folder is a copy of a scenario, which is changed.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"

	"github.com/custodyhq/terraform-provider-custody/examples/scenarios/directory"
	"github.com/custodyhq/terraform-provider-custody/examples/scenarios/story"
	"github.com/custodyhq/terraform-provider-custody/internal/clock"
)

func main() {
	cli := flag.String("cli", "terraform", "the command line tool")
	pause := flag.Bool("pause", false, "wait for Enter after each plan")
	flag.Parse()
	t := &storyPlayer{cli: *cli, pause: *pause, out: &printer{Writer: os.Stdout, colour: coloured()}, input: bufio.NewReader(os.Stdin)}
	if err := t.playAll(flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

const (
	preface = `
Stories of small companies, told in real plans. Each step says what has happened and what the plan will say; then
comes the plan, and it is applied. Shown are the grants (may this access exist?), the credentials that hang on
them, one for each of a grant's "generations", and accounts. Left out are the bindings, whose facts the grants repeat, and what the
command line tool prints around the changes.`
	epilogue = `The files are in examples/scenarios, for you to change and plan. docs/guides/adopting-custody.md shows how to begin with
a company of your own, and docs/guides/reading-a-custody-plan.md how to read such plans and what to do where one is
wrong.`
	withoutDirectory = `This story needs a directory server, and slapd is not installed here: "scripts/servers.sh slapd" says how to get it.
Without it, this is what would happen; docs/guides/offboarding.md shows the plans.`
)

// storyPlayer plays and prints stories.
type storyPlayer struct {
	cli   string
	pause bool
	out   *printer
	input *bufio.Reader
}

func (t *storyPlayer) playAll(dirs []string) error {
	if len(dirs) == 0 {
		return errors.New("no scenario was named")
	}
	began := clock.System{}.Now()
	t.out.text(preface)
	plans := 0
	for i, dir := range dirs {
		told, err := story.Load(dir)
		if err != nil {
			return err
		}
		t.out.heading(fmt.Sprintf("Story %d of %d: %s", i+1, len(dirs), told.Title))
		t.out.text(told.Text)
		played, err := t.playStory(dir, told.Steps)
		if err != nil {
			return err
		}
		plans += played
	}
	t.out.heading(fmt.Sprintf("All %d plans did what the stories say, in %d s", plans, int(clock.System{}.Now().Sub(began).Seconds())))
	t.out.text(epilogue)
	return nil
}

// playStory plays and prints the steps of one story in its folder, and returns how many
// plans that took.
func (t *storyPlayer) playStory(dir string, steps []story.Step) (int, error) {
	player := &story.Player{Dir: dir, Now: clock.System{}.Now, Run: func(args ...string) (int, string, error) { return run(t.cli, dir, args) }}
	if !directory.Wanted(dir) {
		return len(steps), t.playSteps(player, steps)
	}
	program := directory.Program()
	if program == "" {
		t.out.text(withoutDirectory)
		for i := range steps {
			t.out.text(fmt.Sprintf("%d. %s\n%s", i+1, steps[i].Title, steps[i].Text))
		}
		return 0, nil
	}
	server, err := directory.Start(context.Background(), program, dir)
	if err != nil {
		return 0, err
	}
	defer server.Stop()
	if err := os.Setenv(directory.PasswordVariable, server.Password); err != nil {
		return 0, err
	}
	player.Directory = server
	return len(steps), t.playSteps(player, steps)
}

func (t *storyPlayer) playSteps(player *story.Player, steps []story.Step) error {
	for i := range steps {
		s := &steps[i]
		t.out.heading(fmt.Sprintf("%d of %d: %s", i+1, len(steps), s.Title))
		t.out.text(s.Text)
		output, err := player.Plan(s)
		if err != nil {
			return failed(s, output, err)
		}
		t.out.plan(s.Excerpt(output))
		if err := t.wait(); err != nil {
			return err
		}
		switch {
		case s.Changes():
			if output, err = player.Apply(s); err != nil {
				return failed(s, output, err)
			}
			t.out.text("Applied, and the state is as it was said.")
			if said := s.Logins(); len(said) > 0 {
				t.out.text(strings.Join(said, "\n"))
			}
		case s.Refused():
			t.out.text("Refused: the state is untouched. (The step is undone before the next one.)")
		}
	}
	return nil
}

// wait waits for Enter, where that was asked for.
func (t *storyPlayer) wait() error {
	if !t.pause {
		return nil
	}
	t.out.text("(Enter to go on)")
	if _, err := t.input.ReadString('\n'); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
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
