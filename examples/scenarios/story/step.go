// Package story reads the steps of a scenario and plays them with a command line
// tool. The demo and the tests play the same steps: what is told is what is
// checked.
//
// A step is a folder with a file step.md: a title, what happened and what the
// plan will say, then fenced blocks. A block "diff" changes a file, a block
// "edit" treats a file as a whole, a block "directory" changes the directory of a
// scenario that has one, and a block "expect" holds the plan to what was said.
package story

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Step is one step of a story.
type Step struct {
	Name   string // of its folder
	Title  string
	Text   string // what happened, and what the plan will say
	edits  []edit
	unlock []string // accounts that somebody enables in the directory
	expect expectation
}

// Story is a scenario as it is told.
type Story struct {
	Title string
	Text  string // who the story is about
	Steps []Step
}

// Load reads a scenario: what its README.md begins with, a heading and a
// paragraph, and the steps in the order of their names.
func Load(scenario string) (*Story, error) {
	about, err := os.ReadFile(filepath.Join(scenario, "README.md"))
	if err != nil {
		return nil, err
	}
	heading, rest, _ := strings.Cut(string(about), "\n\n")
	text, _, _ := strings.Cut(rest, "\n\n")
	title, found := strings.CutPrefix(heading, "# ")
	if !found || text == "" {
		return nil, fmt.Errorf("the README.md of %s does not begin with a heading and a paragraph", scenario)
	}
	files, err := filepath.Glob(filepath.Join(scenario, "steps", "*", "step.md"))
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("no steps in %s: %w", scenario, os.ErrNotExist)
	}
	slices.Sort(files)
	steps := make([]Step, len(files))
	for i, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		if steps[i], err = parse(text); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		steps[i].Name = filepath.Base(filepath.Dir(file))
	}
	return &Story{Title: title, Text: text, Steps: steps}, nil
}

// parse reads a step.md.
func parse(text []byte) (Step, error) {
	var s Step
	var prose []string
	fence, block := "", []string(nil)
	lines := bufio.NewScanner(bytes.NewReader(text))
	for lines.Scan() {
		line := lines.Text()
		switch kind, isFence := strings.CutPrefix(line, "```"); {
		case fence == "" && isFence:
			fence, block = kind, nil
		case isFence:
			if err := s.take(fence, block); err != nil {
				return s, err
			}
			fence = ""
		case fence != "":
			block = append(block, line)
		case strings.HasPrefix(line, "# "):
			s.Title = line[len("# "):]
		default:
			prose = append(prose, line)
		}
	}
	s.Text = strings.TrimSpace(strings.Join(prose, "\n"))
	switch {
	case fence != "":
		return s, fmt.Errorf("the block %q is not closed", fence)
	case s.Title == "" || s.Text == "":
		return s, fmt.Errorf("a title and a text are needed")
	case s.expect.outcome == "":
		return s, fmt.Errorf("no block says what to expect of the plan")
	}
	return s, lines.Err()
}

func (s *Step) take(fence string, block []string) error {
	var err error
	switch fence {
	case "diff":
		var e edit
		e, err = parseDiff(block)
		s.edits = append(s.edits, e)
	case "edit":
		for _, line := range block {
			var e edit
			if e, err = parseEdit(line); err != nil {
				break
			}
			s.edits = append(s.edits, e)
		}
	case "directory":
		for _, line := range block {
			words := strings.Fields(line)
			if len(words) != 2 || words[0] != "unlock" {
				return fmt.Errorf("%q is not unlock ACCOUNT", line)
			}
			s.unlock = append(s.unlock, words[1])
		}
	case "expect":
		s.expect, err = parseExpectation(block)
	default:
		err = fmt.Errorf("the block %q is none of diff, edit, directory and expect", fence)
	}
	return err
}
