package main

import (
	"fmt"
	"io"
	"os"
	"strings"
)

// printer writes the story, in colour where somebody watches.
type printer struct {
	io.Writer
	colour bool
}

const (
	bold   = "\x1b[1m"
	red    = "\x1b[31m"
	green  = "\x1b[32m"
	yellow = "\x1b[33m"
	reset  = "\x1b[0m"
)

// coloured reports whether standard output is a terminal that shows colours and
// whose owner has not said otherwise.
func coloured() bool {
	info, err := os.Stdout.Stat()
	_, plain := os.LookupEnv("NO_COLOR")
	return err == nil && info.Mode()&os.ModeCharDevice != 0 && !plain && os.Getenv("TERM") != "dumb"
}

func (p *printer) line(colour, text string) {
	if p.colour && colour != "" {
		text = colour + text + reset
	}
	_, _ = fmt.Fprintln(p, text)
}

func (p *printer) heading(text string) {
	p.line("", "")
	p.line(bold, "== "+text)
	p.line("", "")
}

func (p *printer) text(text string) {
	for line := range strings.SplitSeq(text, "\n") {
		p.line("", line)
	}
	p.line("", "")
}

// plan shows a plan, indented.
func (p *printer) plan(text string) {
	for line := range strings.SplitSeq(text, "\n") {
		colour := ""
		switch trimmed := strings.TrimSpace(line); {
		case strings.HasPrefix(trimmed, "+"):
			colour = green
		case strings.HasPrefix(trimmed, "-"):
			colour = red
		case strings.HasPrefix(trimmed, "~"), strings.HasPrefix(trimmed, "Warning:"):
			colour = yellow
		case strings.HasPrefix(trimmed, "Error:"):
			colour = bold + red
		case strings.HasPrefix(trimmed, "# "), strings.HasPrefix(trimmed, "Plan:"):
			colour = bold
		}
		if line != "" {
			line = "    " + line
		}
		p.line(colour, line)
	}
	p.line("", "")
}
