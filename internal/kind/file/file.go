// Package file reads asset records, people and tasks from files: inventories
// that another tool exports, or that a team keeps in its repository.
//
// A file is read once per run, as a stream, and is either understood whole or
// not believed at all. There is no partial answer: a record that stands behind
// a malformed row would look as if it were gone.
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

// Config says which files a system reads and how their words map to ours.
// Assets, People and Tasks are paths or globs; an empty one leaves the system
// without that capability.
type Config struct {
	Name   string
	Assets string
	People string
	Tasks  string
	// FollowLinks reads also what links lead to outside of the folder that is named.
	FollowLinks bool

	table.Mapping
}

// System reads files. It implements the capabilities for which it was given a
// file; ask with system.AsAssets, system.AsPeople and system.AsTasks.
type System struct {
	config Config
	open   func(at files.Place, path string) (source, error)
	*table.Tables
}

var (
	_ system.Assets  = (*System)(nil)
	_ system.People  = (*System)(nil)
	_ system.Tasks   = (*System)(nil)
	_ system.Partial = (*System)(nil)
)

// New checks the configuration and returns the system. It opens no file: that
// happens when something is first asked for. Its error is a
// *system.ConfigError.
func New(c Config) (*System, error) {
	words, problems := c.check()
	if len(problems) > 0 {
		return nil, &system.ConfigError{System: c.Name, Problems: problems}
	}
	s := &System{config: c, open: openSource}
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
	l := table.NewLayout(t, s.config.ColumnsOf(t))
	left := int64(table.MaxBytes)
	for _, path := range paths {
		read, err := s.loadFile(ctx, l, at, path, left, to)
		if err != nil {
			return s.unavailable(t, path, err)
		}
		left -= read
	}
	to.Done()
	return nil
}

// loadFile reads one file, of at most so many bytes, and returns how many it has.
func (s *System) loadFile(ctx context.Context, l *table.Layout, at files.Place, path string, most int64, to table.Index) (int64, error) {
	read, ok := formats[strings.ToLower(filepath.Ext(path))]
	if !ok {
		return 0, &table.Flaw{Reason: "its name does not end in a known format; accepted: " + acceptedFormats}
	}
	file, err := s.open(at, path)
	if err != nil {
		return 0, err
	}
	defer file.Close() //nolint:errcheck // nothing was written
	in, err := newInput(ctx, path, file, most)
	if err != nil {
		return 0, err
	}
	to.Begin(filepath.Base(path) + " line")
	count := 0
	seen, err := read(in, l, func(r *table.Row) error {
		count++
		if err := l.Check(r); err != nil {
			return err
		}
		return to.Add(l, r)
	})
	if err != nil {
		return 0, err
	}
	if err := in.finish(); err != nil {
		return 0, err
	}
	if reason := l.CheckSeen(seen, nil); reason != "" && count > 0 {
		return 0, &table.Flaw{Reason: reason}
	}
	if reason := s.config.Short(l.Table, count); reason != "" {
		return 0, &table.Flaw{Reason: reason}
	}
	to.End(seen)
	return in.offset, nil
}

// unavailable turns whatever kept a file from being read into the fault that a
// user reads. A context that ended is not the file's fault and stays what it is.
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
	var refused *files.Refusal
	switch {
	case errors.As(err, &refused):
		f.Happened = fmt.Sprintf("The system %q does not read %q: %s.", s.config.Name, path, refused.Reason)
		f.Advice, f.Err = refused.Advice, nil
	case errors.As(err, &flawed):
		f.Happened = fmt.Sprintf("The system %q cannot use %q: %s.", s.config.Name, path, flawed)
		f.Advice = fmt.Sprintf("Correct or export the file again, or adapt %s, %s or min_records in the block of the system; then plan again.",
			t.Columns, t.States)
		if flawed.Advice != "" {
			f.Advice = flawed.Advice
		}
		f.Err = nil
	}
	return f
}
