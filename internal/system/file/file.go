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
	"iter"
	"path/filepath"
	"strings"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/snapshot"
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

	// Our field -> the header in the file. Fields that are not named are found
	// under their own names.
	Columns       map[string]string
	PeopleColumns map[string]string
	TasksColumns  map[string]string

	// The word in the file -> our state, status, or "open" and "closed".
	States       map[string]string
	PeopleStates map[string]string
	TasksStates  map[string]string

	// The fewest records that a file of "assets", "people" or "tasks" may hold.
	// By default 1, for tasks 0.
	MinRecords map[string]int
}

// System reads files. It implements the capabilities for which it was given a
// file; ask with system.AsAssets, system.AsPeople and system.AsTasks.
type System struct {
	config   Config
	statuses map[string]lifecycle.OwnerStatus
	states   map[string]lifecycle.State
	closed   map[string]bool
	open     func(path string) (source, error)

	assets snapshot.Memo[*assetShelf]
	people snapshot.Memo[*peopleShelf]
	tasks  snapshot.Memo[*taskShelf]
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
	s := &System{config: c, open: openSource}
	if problems := s.configure(); len(problems) > 0 {
		return nil, &system.ConfigError{System: c.Name, Problems: problems}
	}
	return s, nil
}

// Name returns the name that the configuration gave the system.
func (s *System) Name() string { return s.config.Name }

// Kind returns "file".
func (s *System) Kind() string { return Kind }

// Has reports whether the system was given a file for the capability.
func (s *System) Has(c system.Capability) bool {
	switch c {
	case system.CanReadAssets:
		return s.config.Assets != ""
	case system.CanReadPeople:
		return s.config.People != ""
	case system.CanReadTasks:
		return s.config.Tasks != ""
	}
	return false
}

// Asset returns the records with exactly the given id, in the order of the
// files.
func (s *System) Asset(ctx context.Context, id string) ([]lifecycle.Record, error) {
	shelf, err := s.assetShelf(ctx)
	if err != nil {
		return nil, err
	}
	return shelf.find(id), nil
}

// Assets yields all records in the order of the files.
func (s *System) Assets(ctx context.Context) iter.Seq2[lifecycle.Record, error] {
	return func(yield func(lifecycle.Record, error) bool) {
		shelf, err := s.assetShelf(ctx)
		if err != nil {
			yield(lifecycle.Record{}, err)
			return
		}
		for i := range shelf.count {
			if !yield(shelf.record(i), nil) {
				return
			}
		}
	}
}

// Person returns the entries whose id, email address or user name is the key.
func (s *System) Person(ctx context.Context, key string) ([]lifecycle.Person, error) {
	shelf, err := s.peopleShelf(ctx)
	if err != nil {
		return nil, err
	}
	return shelf.find(key), nil
}

// Members returns the members of the team with the given id, sorted by id.
func (s *System) Members(ctx context.Context, team string) ([]lifecycle.Person, error) {
	shelf, err := s.peopleShelf(ctx)
	if err != nil {
		return nil, err
	}
	return shelf.members(team), nil
}

// Tasks returns the open tasks of the asset, sorted by id.
func (s *System) Tasks(ctx context.Context, asset string) ([]lifecycle.Task, error) {
	shelf, err := s.tasks.Get(ctx, "", func(ctx context.Context) (*taskShelf, error) {
		shelf := newTaskShelf(s)
		return shelf, s.load(ctx, taskTable, s.config.Tasks, s.config.TasksColumns, shelf)
	})
	if err != nil {
		return nil, err
	}
	return shelf.byAsset[strings.TrimSpace(asset)], nil
}

func (s *System) assetShelf(ctx context.Context) (*assetShelf, error) {
	return s.assets.Get(ctx, "", func(ctx context.Context) (*assetShelf, error) {
		shelf := newAssetShelf(s)
		return shelf, s.load(ctx, assetTable, s.config.Assets, s.config.Columns, shelf)
	})
}

func (s *System) peopleShelf(ctx context.Context) (*peopleShelf, error) {
	return s.people.Get(ctx, "", func(ctx context.Context) (*peopleShelf, error) {
		shelf := newPeopleShelf(s)
		return shelf, s.load(ctx, peopleTable, s.config.People, s.config.PeopleColumns, shelf)
	})
}

// shelf takes in the rows of the files of one table.
type shelf interface {
	begin(file string)             // a file begins
	add(l *layout, row *row) error // one of its rows
	end(seen bits)                 // it ended; seen are the fields that it has a header for
	done()                         // all files have been read
}

// load reads all files of a table onto a shelf.
func (s *System) load(ctx context.Context, t *table, pattern string, columns map[string]string, to shelf) error {
	if pattern == "" {
		return &fault.Fault{
			Kind: fault.ErrConfig, Summary: t.summary,
			Happened: fmt.Sprintf("The system %q was not given a file of %s.", s.config.Name, t.records),
			Advice:   fmt.Sprintf("Set %s in the block of the system.", t.name),
		}
	}
	paths, err := expand(pattern)
	if err != nil {
		return s.unavailable(t, pattern, err)
	}
	l := newLayout(t, columns)
	for _, path := range paths {
		if err := s.loadFile(ctx, l, path, to); err != nil {
			return s.unavailable(t, path, err)
		}
	}
	to.done()
	return nil
}

func (s *System) loadFile(ctx context.Context, l *layout, path string, to shelf) error {
	read, ok := formats[strings.ToLower(filepath.Ext(path))]
	if !ok {
		return &flaw{reason: "its name does not end in a known format; accepted: " + acceptedFormats}
	}
	file, err := s.open(path)
	if err != nil {
		return err
	}
	defer file.Close() //nolint:errcheck // nothing was written
	in, err := newInput(ctx, path, file)
	if err != nil {
		return err
	}
	to.begin(filepath.Base(path))
	count := 0
	seen, err := read(in, l, func(r *row) error {
		count++
		if err := l.check(r); err != nil {
			return err
		}
		return to.add(l, r)
	})
	if err != nil {
		return err
	}
	if err := in.finish(); err != nil {
		return err
	}
	if reason := l.checkSeen(seen, nil); reason != "" && count > 0 {
		return &flaw{reason: reason}
	}
	least, ok := s.config.MinRecords[l.name]
	if !ok {
		least = l.least
	}
	if count < least {
		return &flaw{reason: fmt.Sprintf("it holds %d %s and min_records asks for at least %d; it may be cut off", count, l.records, least)}
	}
	to.end(seen)
	return nil
}

// unavailable turns whatever kept a file from being read into the fault that a
// user reads. A context that ended is not the file's fault and stays what it is.
func (s *System) unavailable(t *table, path string, err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	f := &fault.Fault{
		Kind:        fault.ErrUnavailable,
		Summary:     t.summary,
		Happened:    fmt.Sprintf("The system %q could not read %q.", s.config.Name, path),
		Consequence: "Nothing was issued and nothing was revoked: absence cannot be told from failure.",
		Advice:      "Make the file readable at that path (a relative one starts in the folder where Terraform runs), then plan again.",
		Err:         err,
	}
	var flawed *flaw
	if errors.As(err, &flawed) {
		f.Happened = fmt.Sprintf("The system %q cannot use %q: %s.", s.config.Name, path, flawed)
		f.Advice = fmt.Sprintf("Correct or export the file again, or adapt %s, %s or min_records in the block of the system; then plan again.",
			t.columns, t.states)
		f.Err = nil
	}
	return f
}
