// Package sql reads asset records, people and tasks with queries that the user
// writes, from PostgreSQL, MySQL or MariaDB, and SQLite.
//
// A query is run once per run, in a transaction that can change nothing, and its
// answer is read as a stream and either understood whole or not believed at all.
// What a server would leave out without a word, it is told to refuse: rows that
// row-level security hides, rows beyond a limit of the session, text that is
// longer than a limit of the session.
package sql

import (
	"context"
	"strings"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/memo"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/redact"
	"github.com/custodyhq/terraform-provider-custody/internal/system/table"
)

// Kind is the name of this kind of system in the configuration.
const Kind = "sql"

// What a system does unless its configuration says otherwise.
const (
	DefaultTimeout = time.Minute
	DefaultMaxRows = 1_000_000
)

// Config says which database a system reads, with which queries, and how their
// columns and words map to ours. A query that is empty leaves the system without
// that capability.
type Config struct {
	Name   string
	Driver string // one of Drivers
	DSN    string // as the driver writes it; it is a secret
	CAFile string // a PEM file of the only authorities to trust; those of the machine if empty
	// InsecurePlaintext allows unprotected remote connections.
	InsecurePlaintext bool

	Assets string
	People string
	Tasks  string
	// Asset returns the records of one asset, whose id is its one bind parameter.
	// It is used besides Assets, where few of many records are looked up.
	Asset string

	table.Mapping

	Timeout time.Duration // of one query; DefaultTimeout if zero
	MaxRows int           // of one answer; DefaultMaxRows if zero
}

// query returns the query for a table, by its name; the empty text if it was
// given none.
func (c *Config) query(name string) string {
	switch name {
	case table.NameAssets:
		return c.Assets
	case table.NamePeople:
		return c.People
	case table.NameTasks:
		return c.Tasks
	}
	return ""
}

// System reads one database. It implements the capabilities for which it was
// given a query; ask with system.AsAssets, system.AsPeople and system.AsTasks.
type System struct {
	config  Config
	words   *table.Words
	server  server
	secrets redact.Secrets

	single memo.Memo[[]lifecycle.Record]
	*table.Tables
}

var (
	_ system.Assets  = (*System)(nil)
	_ system.People  = (*System)(nil)
	_ system.Tasks   = (*System)(nil)
	_ system.Lister  = (*System)(nil)
	_ system.Partial = (*System)(nil)
	_ system.Sized   = (*System)(nil)
)

// New checks the configuration and returns the system. It connects to nothing:
// that happens when something is first asked for. Its error is a
// *system.ConfigError.
func New(c Config) (*System, error) {
	s := &System{config: c}
	if problems := s.configure(); len(problems) > 0 {
		return nil, &system.ConfigError{System: c.Name, Problems: problems}
	}
	s.Tables = table.NewTables(c.Name, s.words, s.list)
	return s, nil
}

// Name returns the name that the configuration gave the system.
func (s *System) Name() string { return s.config.Name }

// Kind returns "sql".
func (s *System) Kind() string { return Kind }

// Has reports whether the system was given a query for the capability.
func (s *System) Has(c system.Capability) bool { return s.config.query(string(c)) != "" }

// Listing says that the list of all assets saves single reads, where there are
// any; of everything else there is only the list.
func (s *System) Listing(c system.Capability) system.Listing {
	if c == system.CanReadAssets && s.config.Asset != "" {
		return system.Listing{PageSize: pageSize}
	}
	return system.Listing{}
}

// pageSize is how many rows of a list cost as much as a query for one.
const pageSize = 500

// Asset returns the records with exactly the given id. Where the system was
// given a query for one asset, it is asked for this one alone; but only the list
// of all assets proves that there is none.
func (s *System) Asset(ctx context.Context, id string) ([]lifecycle.Record, error) {
	id = strings.TrimSpace(id)
	if s.config.Asset != "" && id != "" {
		found, err := s.single.Get(ctx, id, func(ctx context.Context) ([]lifecycle.Record, error) { return s.one(ctx, id) })
		if err != nil || len(found) > 0 {
			return found, err
		}
	}
	return s.Tables.Asset(ctx, id)
}

// one asks for the records of one asset. What else the answer holds is passed
// over: many databases compare without regard to case, accents or blanks.
func (s *System) one(ctx context.Context, id string) ([]lifecycle.Record, error) {
	const most = 1000
	index := s.words.NewAssets()
	q := query{table: table.Assets, attribute: attributeAsset, text: s.config.Asset, most: most, id: &id}
	if err := s.load(ctx, q, index); err != nil {
		return nil, err
	}
	return index.Find(id), nil
}

// Tasks returns the open tasks of the asset, sorted by id.
func (s *System) Tasks(ctx context.Context, asset string) ([]lifecycle.Task, error) {
	return s.TasksOf(ctx, asset)
}

// list runs the query for all rows of a table.
func (s *System) list(ctx context.Context, t *table.Table, to table.Index) error {
	text := s.config.query(t.Name)
	if text == "" {
		return &fault.Fault{
			Kind: fault.ErrConfig, Summary: t.Summary,
			Happened: "The system \"" + s.config.Name + "\" was not given a query for " + t.Records + ".",
			Advice:   "Set " + t.Name + " in the block of the system.",
		}
	}
	return s.load(ctx, query{table: t, attribute: t.Name, text: text, most: s.config.MaxRows}, to)
}
