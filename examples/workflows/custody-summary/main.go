// custody-summary is the worklist of a plan or a state: what could not be read, what a
// plan does to grants, what waits for whom, and what falls due. It writes Markdown for
// the page of a job, an issue or a comment, one page of HTML, JSON for a pipeline
// (schema/summary.schema.json), or the figures alone.
//
//	usage: custody-summary [-code N] [-format FORMAT] [-o FILE]... [-allow WORDS] [-log FILE] [-title TEXT] [INPUT.json]
//
// It reads what "terraform show -json PLAN" prints of a plan, or "terraform show -json"
// of a state, from the file or from standard input. It ends with the code N, so that
// a job can go on with the answer of "terraform plan -detailed-exitcode", with 3 if
// the plan does more than -allow lets pass, and with 1 if it fails. ("go run" turns
// every such code into 1: install or build it.)
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/clock"
	"github.com/custodyhq/terraform-provider-custody/internal/controls"
)

// planFailed is the code with which terraform ends when it could not plan.
const planFailed = 1

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr, clock.System{})) }

// format is one way to write the summary.
type format struct {
	name, extension string
	write           func(io.Writer, *tally, *options) error
}

var formats = []format{
	{"markdown", ".md", writeMarkdown},
	{"json", ".json", writeReport},
	{"html", ".html", writePage},
	{"counts", ".env", writeCounts},
}

// options are the arguments of the program.
type options struct {
	code       int
	format     string
	title      string
	log        string
	allow      string
	words      []string // of allow; nil: it is not asked
	frameworks []string
	files      []string // that are written
	output     string   // what the log holds
	now        time.Time
}

func run(args []string, stdin io.Reader, stdout, stderr io.Writer, clk clock.Clock) int {
	flags := flag.NewFlagSet("custody-summary", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		_, _ = fmt.Fprintln(stderr, "usage: custody-summary [-code N] [-format FORMAT] [-o FILE]... [-allow WORDS] [-log FILE] [-title TEXT] [INPUT.json]")
		flags.PrintDefaults()
	}
	o := options{now: clk.Now()}
	flags.IntVar(&o.code, "code", 0, "what terraform plan -detailed-exitcode ended with; this program ends with it too")
	flags.StringVar(&o.format, "format", formats[0].name, "what is printed: "+strings.Join(named(), ", "))
	flags.StringVar(&o.log, "log", "", "a file with what terraform plan printed: its errors are shown if the plan failed, and which systems did not answer")
	flags.StringVar(&o.title, "title", "Custody", "the title")
	flags.StringVar(&o.allow, "allow", "", "end with 3 if the plan does anything else than these, separated by commas: "+strings.Join(allowable(), ", "))
	flags.Func("o", "write to this file and print nothing; may be repeated. Its ending says the format: .md, .json, .html, .env", func(name string) error {
		o.files = append(o.files, name)
		return nil
	})
	flags.Func("at", "the instant of the summary, RFC 3339, where the input names none; default: now", func(text string) (err error) {
		o.now, err = time.Parse(time.RFC3339, text)
		return err
	})
	flags.Func("frameworks", "the frameworks whose controls the JSON names, separated by commas (default: those of the policy): "+strings.Join(controls.Frameworks(), ", "), func(text string) error {
		o.frameworks = strings.Split(text, ",")
		return knownFrameworks(o.frameworks)
	})
	if err := flags.Parse(args); err != nil {
		return planFailed
	}
	beyond, err := summarise(flags.Args(), stdin, stdout, &o)
	if err != nil {
		_, _ = fmt.Fprintln(stderr, "custody-summary:", err)
		return planFailed
	}
	if len(beyond) > 0 && o.code != planFailed {
		_, _ = fmt.Fprintf(stderr, "custody-summary: this goes beyond %s:\n  %s\n", o.allow, strings.Join(beyond, "\n  "))
		return notAllowed
	}
	return o.code
}

func named() []string {
	out := make([]string, len(formats))
	for i, f := range formats {
		out[i] = f.name
	}
	return out
}

func knownFrameworks(names []string) error {
	for _, name := range names {
		if !slices.Contains(controls.Frameworks(), name) {
			return fmt.Errorf("%q is not a framework; use some of %s", name, strings.Join(controls.Frameworks(), ", "))
		}
	}
	return nil
}

// summarise writes the summary, and returns what goes beyond that which is allowed.
func summarise(files []string, stdin io.Reader, stdout io.Writer, o *options) (beyond []string, err error) {
	if len(files) > 1 {
		return nil, errors.New("more than one input was named")
	}
	if o.words, err = allowed(o.allow); err != nil {
		return nil, err
	}
	writers, err := o.writers()
	if err != nil {
		return nil, err
	}
	d, err := o.read(files, stdin)
	if err != nil {
		return nil, err
	}
	t, err := count(d, o.now, o.output)
	if err != nil {
		return nil, err
	}
	for i, f := range writers {
		var b bytes.Buffer
		if err := f.write(&b, t, o); err != nil {
			return nil, err
		}
		if len(o.files) == 0 {
			_, err = stdout.Write(b.Bytes())
		} else {
			err = os.WriteFile(o.files[i], b.Bytes(), 0o600) // it holds names of people
		}
		if err != nil {
			return nil, err
		}
	}
	if o.words == nil {
		return nil, nil
	}
	return t.beyond(o.words), nil
}

// writers returns the format of each file, or the one that is printed.
func (o *options) writers() ([]format, error) {
	if len(o.files) == 0 {
		i := slices.IndexFunc(formats, func(f format) bool { return f.name == o.format })
		if i < 0 {
			return nil, fmt.Errorf("-format %q is not accepted; use one of %s", o.format, strings.Join(named(), ", "))
		}
		return formats[i : i+1], nil
	}
	var out []format
	for _, name := range o.files {
		i := slices.IndexFunc(formats, func(f format) bool { return f.extension == filepath.Ext(name) })
		if i < 0 {
			return nil, fmt.Errorf("-o %q is not accepted; its ending must be .md, .json, .html or .env", name)
		}
		out = append(out, formats[i])
	}
	return out, nil
}

// read reads the input, and the log where one is named.
func (o *options) read(files []string, stdin io.Reader) (*document, error) {
	if len(files) == 1 {
		file, err := os.Open(files[0])
		switch {
		case err == nil:
			defer file.Close() //nolint:errcheck // nothing was written
			stdin = file
		case o.code != planFailed:
			return nil, err
		default:
			stdin = bytes.NewReader(nil) // a plan that failed may have left no file
		}
	}
	d, err := readDocument(stdin, o.code == planFailed)
	if err != nil || o.log == "" {
		return d, err
	}
	output, err := os.ReadFile(o.log)
	o.output = string(output)
	return d, err
}
