// custody-summary prints what a plan does to grants, what waits for somebody and what
// falls due: as Markdown for the summary of a job, an issue or a comment, or as JSON
// (schema/summary.schema.json) for a pipeline.
//
//	usage: custody-summary [-code N] [-format markdown|json] [-log FILE] [-title TEXT] [PLAN.json]
//
// It reads the plan in the form that "terraform show -json PLAN" prints, from the
// file or from standard input, and ends with the code N, so that a job can go on
// with the answer of "terraform plan -detailed-exitcode". ("go run" turns every
// such code into 1: install or build it.) It needs nothing but Go.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
)

// planFailed is the code with which terraform ends when it could not plan.
const planFailed = 1

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("custody-summary", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		_, _ = fmt.Fprintln(stderr, "usage: custody-summary [-code N] [-format markdown|json] [-log FILE] [-title TEXT] [PLAN.json]")
		flags.PrintDefaults()
	}
	code := flags.Int("code", 0, "what terraform plan -detailed-exitcode ended with; this program ends with it too")
	log := flags.String("log", "", "a file with what terraform plan printed; its end is shown if the plan failed")
	title := flags.String("title", "Custody plan", "the title")
	format := flags.String("format", markdown, "what is printed: "+markdown+" or "+jsonFormat)
	if err := flags.Parse(args); err != nil {
		return planFailed
	}
	if err := summarise(flags.Args(), stdin, stdout, options{code: *code, format: *format, log: *log, title: *title}); err != nil {
		_, _ = fmt.Fprintln(stderr, "custody-summary:", err)
		return planFailed
	}
	return *code
}

// The formats that can be printed.
const (
	markdown   = "markdown"
	jsonFormat = "json"
)

// options are what the program was told.
type options struct {
	code               int
	format, log, title string
}

func summarise(files []string, stdin io.Reader, stdout io.Writer, o options) error {
	if len(files) > 1 {
		return errors.New("more than one plan was named")
	}
	if o.format != markdown && o.format != jsonFormat {
		return fmt.Errorf("-format %q is not accepted; use %s or %s", o.format, markdown, jsonFormat)
	}
	if len(files) == 1 {
		file, err := os.Open(files[0])
		switch {
		case err == nil:
			defer file.Close() //nolint:errcheck // nothing was written
			stdin = file
		case o.code != planFailed:
			return err
		default:
			stdin = bytes.NewReader(nil) // a plan that failed may have left no file
		}
	}
	p, err := readPlan(stdin, o.code == planFailed)
	if err != nil {
		return err
	}
	if o.format == jsonFormat {
		return writeReport(stdout, p)
	}
	var output []byte
	if o.log != "" && p.Errored {
		if output, err = os.ReadFile(o.log); err != nil {
			return err
		}
	}
	summary, err := render(p, o.title, string(output))
	if err != nil {
		return err
	}
	_, err = io.WriteString(stdout, summary)
	return err
}
