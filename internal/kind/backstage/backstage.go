// Package backstage reads assets and their owners from a Backstage software
// catalog: from catalog-info files, or from the API of a running Backstage.
//
// An entity that the permission framework of Backstage hides from an account is
// missing from answers without an error, and an entity whose file cannot be read
// is missing from files; so a file that cannot be parsed makes the system
// unavailable, and over the API only the whole list proves absence.
package backstage

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/memo"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/files"
	"github.com/custodyhq/terraform-provider-custody/internal/system/httpclient"
	"github.com/custodyhq/terraform-provider-custody/internal/system/table"
)

// Kind is the name of this kind of system in the configuration.
const Kind = "backstage"

// MaxPageSize is the largest number of entities in one request.
const MaxPageSize = 500

// Config holds the catalog that a system reads and the mapping of its words.
type Config struct {
	Name  string
	Files []string // paths or globs; or else url
	// FollowLinks allows symbolic links that lead out of the folder.
	FollowLinks bool

	URL       string // of the backend, without /api/catalog
	Token     string
	CAFile    string
	AllowHTTP bool

	Kinds []string // of the entities that are assets; DefaultKinds if empty
	// The field -> the annotation that states it, in addition to
	// DefaultAnnotations.
	Annotations map[string]string
	// A lifecycle of the catalog -> the state, in addition to DefaultStates.
	States map[string]string
	// A word in the annotation for the status of a person -> the status.
	PeopleStates map[string]string
	MinRecords   map[string]int
	// WithoutPeople says that the catalog holds no users and groups.
	WithoutPeople bool

	PageSize          int // MaxPageSize if zero
	RequestsPerMinute int // no limit if zero
	Timeout           time.Duration
}

// System reads one catalog.
type System struct {
	config Config
	kinds  map[string]bool
	words  *table.Words
	client *httpclient.Client // nil for files

	all    memo.Memo[[]entity] // of files
	single memo.Memo[[]lifecycle.Record]
	*table.Tables
}

var (
	_ system.Assets  = (*System)(nil)
	_ system.People  = (*System)(nil)
	_ system.Lister  = (*System)(nil)
	_ system.Partial = (*System)(nil)
)

// New checks the configuration and returns the system. It connects, or opens
// files, when something is first read. Its error is a *system.ConfigError.
func New(c Config) (*System, error) { return open(c, httpclient.Config{}) }

// open returns a system that sends its requests the given way.
func open(c Config, t httpclient.Config) (*System, error) {
	s := &System{config: c}
	problems := s.configure()
	if c.URL != "" {
		t.System, t.BaseURL, t.CAFile, t.AllowHTTP = c.Name, s.config.URL, c.CAFile, c.AllowHTTP
		t.RequestsPerMinute = c.RequestsPerMinute
		t.Credentials = []httpclient.Credential{httpclient.Bearer(c.Token)}
		if t.Timeout == 0 {
			t.Timeout = c.Timeout
		}
		client, err := httpclient.New(t)
		var wrong *system.ConfigError
		if errors.As(err, &wrong) {
			problems = append(problems, wrong.Problems...)
		}
		s.client = client
	}
	if len(problems) > 0 {
		return nil, &system.ConfigError{System: c.Name, Problems: problems}
	}
	s.Tables = table.NewTables(c.Name, s.words, s.load)
	return s, nil
}

// Name returns the name that the configuration gave the system.
func (s *System) Name() string { return s.config.Name }

// Kind returns "backstage".
func (s *System) Kind() string { return Kind }

// Has reports whether the system was configured with the capability.
func (s *System) Has(c system.Capability) bool {
	return c == system.CanReadAssets || c == system.CanReadPeople && !s.config.WithoutPeople
}

// Listing says what a list of the API costs. Files, and users and groups, are
// always read completely.
func (s *System) Listing(c system.Capability) system.Listing {
	if c == system.CanReadAssets && s.client != nil {
		return system.Listing{PageSize: s.config.PageSize}
	}
	return system.Listing{}
}

// Asset returns the entities with the given reference, written as Backstage
// writes it, in full and in lower case: "component:default/billing". Any other
// spelling is an error: an asset must have only one name.
func (s *System) Asset(ctx context.Context, id string) ([]lifecycle.Record, error) {
	id = strings.TrimSpace(id)
	ref, ok := parseRef(id, "", "")
	if !ok || ref.String() != id || !s.kinds[ref.kind] {
		return nil, s.unnamed(id, ref, ok)
	}
	if s.client != nil {
		found, err := s.single.Get(ctx, id, func(ctx context.Context) ([]lifecycle.Record, error) { return s.one(ctx, ref) })
		if err != nil || len(found) > 0 {
			return found, err
		}
	}
	return s.Tables.Asset(ctx, id)
}

func (s *System) unnamed(id string, ref reference, ok bool) error {
	advice := fmt.Sprintf("Write the kind, the namespace and the name in lower case, for instance \"%s/component:default/billing\".", s.config.Name)
	happened := fmt.Sprintf("%s is not the reference of an entity.", table.Quote(id))
	switch {
	case ok && !s.kinds[ref.kind]:
		happened = fmt.Sprintf("Entities of kind %s are not assets of the system %q.", table.Quote(ref.kind), s.config.Name)
		advice = "Name an entity of one of the kinds in kinds: " + strings.Join(s.config.Kinds, ", ") + "; or add this one there."
	case ok:
		advice = fmt.Sprintf("Write \"%s/%s\".", s.config.Name, ref)
	}
	return &fault.Fault{
		Kind: fault.ErrConfig, Summary: "Unable to Find Asset Record", Happened: happened, Advice: advice,
	}
}

// load puts all entities of a table into an index. Backstage has no tasks.
func (s *System) load(ctx context.Context, t *table.Table, to table.Index) error {
	kinds, fields := s.config.Kinds, s.assetRow
	if t == table.People {
		kinds, fields = []string{kindUser, kindGroup}, s.personRow
	}
	entities, err := s.entities(ctx, t, kinds)
	if err != nil {
		return err
	}
	if t == table.People {
		join(entities)
	}
	return s.fill(t, entities, fields, to, true)
}

// entities returns all entities of the given kinds.
func (s *System) entities(ctx context.Context, t *table.Table, kinds []string) ([]entity, error) {
	if s.client != nil {
		return s.list(ctx, s.client.For(t.Summary), kinds)
	}
	all, err := s.all.Get(ctx, "", func(ctx context.Context) ([]entity, error) { return s.read(ctx) })
	if err != nil {
		return nil, s.inTable(t, err)
	}
	var out []entity
	for _, e := range all {
		for _, kind := range kinds {
			if e.ref.kind == kind {
				out = append(out, e)
			}
		}
	}
	return out, nil
}

// fill puts entities into an index.
func (s *System) fill(t *table.Table, entities []entity, fields func(entity) map[string]table.Cell, to table.Index, whole bool) error {
	l := s.words.Layout(t)
	var r table.Row
	for _, e := range entities {
		to.Begin(e.source)
		r.Reset()
		r.Line, r.Column = e.line, 1
		for name, cell := range fields(e) {
			r.Set(l.Feeds(name), cell)
		}
		flaws := l.Take(&r, to)
		// Every entity states its kind, so there are no defaults to set.
		to.End(^table.Bits(0))
		if len(flaws) > 0 {
			return s.unusable(t, e.ref.String(), e.source, flaws[0])
		}
	}
	m := table.Mapping{MinRecords: s.config.MinRecords}
	if reason := m.Short(t, len(entities)); whole && reason != "" {
		return s.unusable(t, "", "", &table.Flaw{Reason: strings.Replace(reason, "it holds", "the catalog holds", 1)})
	}
	to.Done()
	return nil
}

// unusable returns the fault for an entity that cannot be used.
func (s *System) unusable(t *table.Table, ref, source string, err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	reason := err.Error()
	var flawed *table.Flaw
	if errors.As(err, &flawed) {
		reason = flawed.Reason
		if flawed.Line > 0 && s.client == nil {
			reason = fmt.Sprintf("%s %d: %s", source, flawed.Line, reason)
		}
	}
	if ref != "" {
		reason = fmt.Sprintf("the entity %s: %s", table.Quote(ref), reason)
	}
	if s.client != nil {
		reason = s.client.Shown(reason)
	}
	advice := "Correct the entity or the file, or adapt annotations, states, files or min_records in the block of the system; then plan again."
	var refused *files.Refusal
	if errors.As(err, &refused) {
		advice = refused.Advice
	}
	return &fault.Fault{
		Kind: fault.ErrUnavailable, Summary: t.Summary, Advice: advice,
		Happened: fmt.Sprintf("The system %q cannot use its catalog: %s.", s.config.Name, reason),
	}
}

// inTable returns a fault of reading files under the summary of a table.
func (s *System) inTable(t *table.Table, err error) error {
	var f *fault.Fault
	if !errors.As(err, &f) {
		return err
	}
	other := *f
	other.Summary = t.Summary
	return &other
}
