package story

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// instants are those that a change may name.
type instants struct{ began, now time.Time }

// edit changes one file.
type edit struct {
	file   string
	change func(text string, at instants) (string, error)
}

// parseDiff reads a block of the form
//
//	--- file
//	-a line that goes
//	+the line that takes its place
//	+a line without one that goes before it stands at the end
//
// {{now}} stands for the instant of the step, {{today}} for the day on which the
// story began, so that a story told over midnight finds its own lines again,
// {{yesterday}} for the day before that, and {{fortnight}} for the day two weeks
// after it.
func parseDiff(block []string) (edit, error) {
	if len(block) < 2 || !strings.HasPrefix(block[0], "--- ") {
		return edit{}, fmt.Errorf("a diff begins with --- and the name of a file")
	}
	type swap struct{ old, replacement []string }
	var swaps []swap
	for _, line := range block[1:] {
		if line == "" || (line[0] != '-' && line[0] != '+') {
			return edit{}, fmt.Errorf("the line %q of a diff begins with neither - nor +", line)
		}
		last := len(swaps) - 1
		switch {
		case line[0] == '+' && last >= 0:
			swaps[last].replacement = append(swaps[last].replacement, line[1:])
		case line[0] == '+':
			swaps = append(swaps, swap{replacement: []string{line[1:]}})
		case last >= 0 && len(swaps[last].replacement) == 0:
			swaps[last].old = append(swaps[last].old, line[1:])
		default:
			swaps = append(swaps, swap{old: []string{line[1:]}})
		}
	}
	change := func(text string, at instants) (string, error) {
		times := strings.NewReplacer("{{now}}", at.now.Format(time.RFC3339), "{{today}}", at.began.Format(time.DateOnly),
			"{{yesterday}}", at.began.AddDate(0, 0, -1).Format(time.DateOnly), "{{fortnight}}", at.began.AddDate(0, 0, 14).Format(time.DateOnly))
		for _, s := range swaps {
			replacement := times.Replace(join(s.replacement))
			if len(s.old) == 0 {
				text += replacement
				continue
			}
			old := times.Replace(join(s.old))
			if n := strings.Count("\n"+text, "\n"+old); n != 1 {
				return "", fmt.Errorf("it holds this %d times, not once:\n%s", n, old)
			}
			text = strings.Replace("\n"+text, "\n"+old, "\n"+replacement, 1)[1:]
		}
		return text, nil
	}
	return edit{file: strings.TrimSpace(block[0][len("--- "):]), change: change}, nil
}

func join(lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	return strings.Join(lines, "\n") + "\n"
}

// parseEdit reads one of
//
//	cut FILE after TEXT
//	replace FILE OLD NEW
func parseEdit(line string) (edit, error) {
	words := strings.Fields(line)
	switch {
	case len(words) == 4 && words[0] == "cut" && words[2] == "after":
		return edit{file: words[1], change: func(text string, _ instants) (string, error) {
			before, _, found := strings.Cut(text, words[3])
			if !found {
				return "", fmt.Errorf("it does not hold %q", words[3])
			}
			return before + words[3], nil
		}}, nil
	case len(words) == 4 && words[0] == "replace":
		return edit{file: words[1], change: func(text string, _ instants) (string, error) {
			if !strings.Contains(text, words[2]) {
				return "", fmt.Errorf("it does not hold %q", words[2])
			}
			return strings.ReplaceAll(text, words[2], words[3]), nil
		}}, nil
	}
	return edit{}, fmt.Errorf("%q is neither cut FILE after TEXT nor replace FILE OLD NEW", line)
}

// change carries the edits out in a folder and returns what puts the files back.
func (s *Step) change(dir string, at instants) (undo func() error, err error) {
	before := make(map[string][]byte)
	undo = func() error {
		for path, text := range before {
			if err := os.WriteFile(path, text, 0o600); err != nil {
				return err
			}
		}
		return nil
	}
	for _, e := range s.edits {
		path := filepath.Join(dir, filepath.FromSlash(e.file))
		text, err := os.ReadFile(path)
		if err != nil {
			return undo, err
		}
		if _, ok := before[path]; !ok {
			before[path] = text
		}
		changed, err := e.change(string(text), at)
		if err != nil {
			return undo, fmt.Errorf("%s cannot be changed: %w", e.file, err)
		}
		if err := os.WriteFile(path, []byte(changed), 0o600); err != nil {
			return undo, err
		}
	}
	return undo, nil
}
