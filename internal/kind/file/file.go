// Package file reads asset records, people and tasks from files: inventories
// that another tool exports, or that a team keeps in its repository.
//
// A file is read once per run, as a stream, and is used only if all of it can
// be read. There is no partial answer: a record after a malformed row would
// look deleted.
package file

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/files"
	"github.com/custodyhq/terraform-provider-custody/internal/system/table"
)

// Kind is the name of this kind of system in the configuration.
const Kind = "file"

// Config holds the files that a system reads and the mapping of their words.
// Assets, People and Tasks are paths or globs; an empty one leaves the system
// without that capability.
type Config struct {
	Name   string
	Assets string
	People string
	Tasks  string
	// Preset names the tool whose export the files are; see Presets.
	Preset string
	// FollowLinks allows symbolic links that lead out of the folder.
	FollowLinks bool

	table.Mapping
}

// System reads files. It implements the capabilities for which it was given a
// file; ask with system.AsAssets, system.AsPeople and system.AsTasks.
type System struct {
	config Config
	words  *table.Words
	open   func(at files.Place, path string) (source, error)
	*table.Tables
}

var (
	_ system.Assets  = (*System)(nil)
	_ system.People  = (*System)(nil)
	_ system.Tasks   = (*System)(nil)
	_ system.Partial = (*System)(nil)
	_ system.Sized   = (*System)(nil)
)

// New checks the configuration and returns the system. It opens files when
// something is first read. Its error is a *system.ConfigError.
func New(c Config) (*System, error) {
	words, problems := c.check()
	if len(problems) > 0 {
		return nil, &system.ConfigError{System: c.Name, Problems: problems}
	}
	s := &System{config: c, words: words, open: openSource}
	s.Tables = table.NewTables(c.Name, words, s.load)
	return s, nil
}

// Name returns the name that the configuration gave the system.
func (s *System) Name() string { return s.config.Name }

// Kind returns "file".
func (s *System) Kind() string { return Kind }

// Has reports whether the system was given a file for the capability.
func (s *System) Has(c system.Capability) bool { return s.config.pattern(string(c)) != "" }

// Tasks returns the open tasks of the asset, sorted by id.
func (s *System) Tasks(ctx context.Context, asset string) ([]lifecycle.Task, error) {
	return s.TasksOf(ctx, asset)
}

// load reads all files of a table into an index.
func (s *System) load(ctx context.Context, t *table.Table, to table.Index) error {
	pattern := s.config.pattern(t.Name)
	if pattern == "" {
		return &fault.Fault{
			Kind: fault.ErrConfig, Summary: t.Summary,
			Happened: fmt.Sprintf("The system %q was not given a file of %s.", s.config.Name, t.Records),
			Advice:   fmt.Sprintf("Set %s in the block of the system.", t.Name),
		}
	}
	at := files.Place{Pattern: pattern, FollowLinks: s.config.FollowLinks}
	paths, err := at.Find(ctx)
	if err != nil {
		return s.unavailable(t, pattern, err)
	}
	in := &loading{layout: s.words.Layout(t), at: at, left: table.MaxBytes, index: to}
	for _, path := range paths {
		err := s.loadFile(ctx, in, path)
		var flaw *table.Flaw
		if in.flaws.Count() > 0 && errors.As(err, &flaw) {
			in.flaws.Add(filepath.Base(path)+" "+flaw.Error(), flaw)
			break
		}
		if err != nil {
			return s.unavailable(t, path, err)
		}
	}
	if err := in.flaws.Err(); err != nil {
		return s.unavailable(t, in.flawed, err)
	}
	to.Done()
	return nil
}

// loading is the state while all files of a table are read.
type loading struct {
	layout *table.Layout
	at     files.Place
	left   int64 // bytes that may still be read
	index  table.Index
	flaws  table.Flaws
	flawed string // the first file with a flaw
}

// loadFile reads one file.
func (s *System) loadFile(ctx context.Context, to *loading, path string) error {
	read, ok := formats[strings.ToLower(filepath.Ext(path))]
	if !ok {
		return &table.Flaw{Reason: "its name does not end in a known format; accepted: " + acceptedFormats}
	}
	file, err := s.open(to.at, path)
	if err != nil {
		return err
	}
	defer file.Close() //nolint:errcheck // nothing was written
	in, err := newInput(ctx, path, file, to.left)
	if err != nil {
		return err
	}
	name := filepath.Base(path)
	to.index.Begin(name + " line")
	count := 0
	seen, err := read(in, to.layout, func(r *table.Row) {
		count++
		for _, flaw := range to.layout.Take(r, to.index) {
			to.flaws.Add(name+" "+flaw.Error(), flaw)
			if to.flawed == "" {
				to.flawed = path
			}
		}
	})
	if err != nil {
		return err
	}
	if err := in.finish(); err != nil {
		return err
	}
	if reason := to.layout.CheckSeen(seen, nil); reason != "" && count > 0 {
		return &table.Flaw{Reason: reason}
	}
	if reason := s.config.Short(to.layout.Table, count); reason != "" {
		return &table.Flaw{Reason: reason}
	}
	to.index.End(seen.Fields())
	to.left -= in.offset
	return nil
}

// unavailable turns the error of a file into a fault. The error of a context
// that ended is returned as it is.
func (s *System) unavailable(t *table.Table, path string, err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	f := &fault.Fault{
		Kind:     fault.ErrUnavailable,
		Summary:  t.Summary,
		Happened: fmt.Sprintf("The system %q could not read %q.", s.config.Name, path),
		Advice:   "Make the file readable at that path (a relative one starts in the folder where Terraform runs), then plan again.",
		Err:      err,
	}
	var flawed *table.Flaw
	var several *table.Flaws
	var refused *files.Refusal
	switch {
	case errors.As(err, &refused):
		f.Happened = fmt.Sprintf("The system %q does not read %q: %s.", s.config.Name, path, refused.Reason)
		f.Advice, f.Err = refused.Advice, nil
	case errors.As(err, &several):
		f.Happened = fmt.Sprintf("The system %q cannot use %q: %d values are not accepted.", s.config.Name, path, several.Count())
		f.Items, f.Advice, f.Err = several.Lines(), adapt(t), nil
	case errors.As(err, &flawed):
		f.Happened = fmt.Sprintf("The system %q cannot use %q: %s.", s.config.Name, path, flawed)
		f.Advice, f.Err = adapt(t), nil
		if flawed.Advice != "" {
			f.Advice = flawed.Advice
		}
	}
	return f
}

// adapt returns the advice for a file that cannot be used.
func adapt(t *table.Table) string {
	return "Correct the file or export it again, or adapt " + strings.Join(t.Attributes(), ", ") + " or min_records in the block of the system; then plan again."
}
