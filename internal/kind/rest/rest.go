// Package rest reads asset records, tasks and people from any system that answers
// in JSON over HTTP. What is asked and how the answers are read is said by a
// description, a text in YAML or JSON; a kind of system that fits needs no code.
//
// The engine believes little. A record is absent only if the description's own
// rule recognises the answer that says so, and the system shows other records; a
// list is complete only if it is as long as the system says, with no row twice.
package rest

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"cel.dev/cel-go/cel"

	"github.com/custodyhq/terraform-provider-custody/internal/clock"
	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/memo"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/httpclient"
)

// Kind is the name of the kind whose description the user writes.
const Kind = "rest"

// directorySummary is the summary of every fault about people.
const directorySummary = "Unable to Read Directory"

// Config says how a system is reached and read.
type Config struct {
	Name        string
	Kind        string // Kind, or the name of a shipped description; Kind if empty
	Description string // its text; that of the shipped one of that name if empty
	URL         string
	CAFile      string
	AllowHTTP   bool

	Secrets   map[string]string // the fields that the description authenticates with
	Settings  map[string]string // what the description lets the user set
	States    map[string]string // the system's word -> our state, before the description's
	TaskKinds map[string]string // the system's word -> our kind of task, likewise
	Kinds     map[string]string // the system's word -> our kind of owner, likewise
	Statuses  map[string]string // the system's word -> our status of owners, likewise
	Reviewers map[string]string // a key of a person -> how the queue of reviews names them
	Probe     []string          // keys of people that must resolve before any other look-up counts

	// The fewest assets that a list may hold: by default 1, none if negative. A
	// system that shows nothing at all has more likely lost its rights.
	MinRecords        int
	PageSize          int // rows a page; the description's if zero
	RequestsPerMinute int // the description's if zero; no budget if negative
	Timeout           time.Duration
	Retries           int

	// For tests.
	Clock clock.Clock
	Wait  func(ctx context.Context, d time.Duration) error
}

// System is a system that a description reads. It implements the capabilities
// that the description has; ask with system.AsAssets, system.AsPeople and
// system.AsTasks.
type System struct {
	config Config
	title  string

	client, taskClient, reviewClient, loginClient *httpclient.Client

	entities bool
	dates    calendar
	settings map[string]string
	errors   []failure
	id, key  *expression
	get      *get
	lists    []*listing
	hides    bool // the lists may leave out what get shows
	fields   map[string]*expression
	states   map[string]lifecycle.State
	tasks    *taskRules
	kinds    map[string]lifecycle.OwnerKind
	statuses map[string]lifecycle.OwnerStatus
	people   *catalog // nil if none are read, like teams
	teams    *catalog

	owner        *ownerRules     // nil if assets tell their owners themselves
	placeholders map[string]bool // texts that stand for hidden values, folded

	accounts   *accountRules // nil if there are none, like reviews
	reviews    *reviewRules
	setUp      memo.Memo[struct{}]
	openedLock sync.Mutex
	openedIDs  map[string][]string // of the cases that were opened here, by their keys

	listed memo.Memo[*rowIndex[lifecycle.Record]]
	open   memo.Memo[*rowIndex[system.AssetTask]]
	shows  memo.Memo[struct{}]
	opened memo.Memo[struct{}]
}

var (
	_ system.Assets       = (*System)(nil)
	_ system.TasksLister  = (*System)(nil)
	_ system.PeopleLister = (*System)(nil)
	_ system.TeamsReader  = (*System)(nil)
	_ system.Priced       = (*System)(nil)
	_ system.Partial      = (*System)(nil)
)

// failure recognises an answer that is an error whatever its status.
type failure struct{ when, message *expression }

// New reads the description, compiles everything in it and returns the system.
// It connects to nothing. Its error is a *system.ConfigError that lists all
// problems.
func New(config Config) (*System, error) {
	if config.Kind == "" {
		config.Kind = Kind
	}
	if config.Clock == nil {
		config.Clock = clock.System{}
	}
	c := &checker{config: &config}
	s := &System{config: config}
	if config.Description == "" {
		text, err := Description(Shipped(), config.Kind)
		if err != nil {
			c.problem("", "A description is required.")
			return nil, &system.ConfigError{System: config.Name, Problems: c.problems}
		}
		s.config.Description = text
	}
	if d := c.read(s.config.Description); d != nil {
		s.compile(c, d)
		s.connect(c, d)
	}
	if len(c.problems) > 0 {
		return nil, &system.ConfigError{System: config.Name, Problems: c.problems}
	}
	return s, nil
}

func (s *System) compile(c *checker, d *document) {
	if d.Name == "" {
		c.problem("name", "A name is required.")
	}
	if s.title = d.Title; s.title == "" {
		s.title = d.Name
	}
	c.takeSettings(d.Settings)
	s.settings = c.values
	s.entities = d.HTMLEntities
	s.placeholders = make(map[string]bool)
	for i, text := range d.Placeholders {
		s.placeholders[fold(c.template(fmt.Sprintf("placeholders[%d]", i), text).fill(nil))] = true
	}
	s.dates = c.calendar(d.Dates, d.TimeZone)
	for i, e := range d.Errors {
		at := fmt.Sprintf("errors[%d]", i)
		f := failure{when: c.compile(at+".when", e.When, inAnswer, cel.BoolType)}
		if e.Message != "" {
			f.message = c.compile(at+".message", e.Message, inAnswer, scalars...)
		}
		s.errors = append(s.errors, f)
	}
	s.states = stateWords(c, d.States)
	if d.Assets == nil && d.People == nil && d.Reviews == nil {
		c.problem("assets", "A description reads assets or people, or holds reviews.")
	}
	s.compileAssets(c, d.Assets)
	s.tasks = c.tasks(d.Tasks)
	s.compilePeople(c, d)
	s.reviews = c.reviews(d.Reviews)
	s.accounts = c.accounts(d.Accounts, s.people)
}

func (s *System) compileAssets(c *checker, a *assetsText) {
	if a == nil {
		return
	}
	if a.ID == "" {
		c.problem("assets.id", "An expression is required that gives the id of an item.")
	} else {
		s.id = c.compile("assets.id", a.ID, inItem, scalars...)
	}
	s.key = s.id
	if a.Key != "" {
		s.key = c.compile("assets.key", a.Key, inItem, scalars...)
	}
	s.hides = hides(a.Hides)
	s.owner = c.owner(a.Owner)
	s.fields = c.fields("assets.fields", a.Fields, recordFields)
	for i := range a.Get {
		at := fmt.Sprintf("assets.get[%d]", i)
		if g := c.get(at, &a.Get[i], idPlace); g != nil && s.get == nil {
			s.get = g
		}
	}
	if s.lists = c.listings("assets.list", a.List); len(s.lists) == 0 {
		c.problem("assets.list", "At least one list is required: the assets of a whole team are listed, and absence is checked against it.")
	}
}

// fields compiles the expressions of a map, each for one of our fields.
func (c *checker) fields(at string, texts map[string]string, known map[string][]*cel.Type) map[string]*expression {
	out := make(map[string]*expression)
	for name, text := range texts {
		want, ok := known[name]
		if !ok {
			c.problem(at+"."+name, fmt.Sprintf("There is no such field. Accepted: %s.", strings.Join(fieldNames(known), ", ")))
			continue
		}
		if e := c.compile(at+"."+name, text, inItem, want...); e != nil {
			out[name] = e
		}
	}
	return out
}

// connect builds the HTTP clients.
func (s *System) connect(c *checker, d *document) {
	static, login := c.authenticate(d.Auth)
	rate := d.RequestsPerMinute
	if s.config.RequestsPerMinute != 0 {
		rate = s.config.RequestsPerMinute
	}
	t := httpclient.Config{
		System: s.config.Name, BaseURL: s.config.URL, AllowHTTP: s.config.AllowHTTP, CAFile: s.config.CAFile,
		Credentials: static, Hide: slices.Collect(maps.Values(s.config.Secrets)), Header: make(map[string][]string), RequestsPerMinute: rate,
		Timeout: s.config.Timeout, Retries: s.config.Retries, Clock: s.config.Clock, Wait: s.config.Wait,
	}
	if d.Assets == nil {
		t.Summary = directorySummary
	}
	for name, value := range d.Headers {
		if !httpclient.ValidHeader(name) || strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r > '~' }) {
			c.problem("headers."+name, "It is not a header.")
			continue
		}
		t.Header.Set(name, value)
	}
	build := func(t httpclient.Config) *httpclient.Client {
		client, err := httpclient.New(t)
		if err == nil {
			return client
		}
		for _, p := range err.(*system.ConfigError).Problems { //nolint:errcheck,errorlint // that is what New promises
			if p.Attribute == "url" && t.BaseURL != s.config.URL {
				p = system.Problem{Attribute: "settings", Message: "The address of the login: " + p.Message}
			}
			if !slices.Contains(c.problems, p) {
				c.problems = append(c.problems, p)
			}
		}
		return nil
	}
	if login != nil {
		first := t
		// What only a session needs is not sent to the login.
		first.Credentials, first.Secrets, first.BaseURL = login.headers, s.config.Secrets, login.base
		s.loginClient = build(first)
		t.Login = func(ctx context.Context) ([]httpclient.Credential, error) { return login.credentials(ctx, s) }
		t.Secrets = s.config.Secrets
	}
	if s.client = build(t); s.client == nil {
		return
	}
	s.taskClient, s.reviewClient = s.client.For("Unable to Read Tasks"), s.client.For(reviewSummary)
	for _, k := range []*catalog{s.people, s.teams} {
		if k != nil {
			k.client = s.client.For(directorySummary)
		}
	}
}

// Name returns the name that the configuration gave the system.
func (s *System) Name() string { return s.config.Name }

// Kind returns "rest", or the name of the shipped description.
func (s *System) Kind() string { return s.config.Kind }

// Has reports whether the description reads what the capability is about.
func (s *System) Has(c system.Capability) bool {
	switch c {
	case system.CanReadAssets:
		return len(s.lists) > 0
	case system.CanReadPeople:
		return s.people != nil
	case system.CanReadTasks:
		return s.tasks != nil
	case system.CanHoldReviews:
		return s.reviews != nil
	case system.CanSwitchAccounts:
		return s.accounts != nil
	}
	return false
}

// Listing describes the lists of assets, people and tasks. Where there is no other
// way to read one asset or person, the lists save nothing.
func (s *System) Listing(c system.Capability) system.Listing {
	switch {
	case c == system.CanReadAssets && s.get != nil:
		return system.Listing{PageSize: s.lists[0].pageSize(), Hides: s.hides}
	case c == system.CanReadPeople && s.people != nil && len(s.people.ways) > 0:
		return system.Listing{
			PageSize: s.people.lists[0].pageSize(), Hides: s.people.hidden() || s.teams != nil && s.teams.hidden(), Teamless: s.people.teams != nil,
		}
	case c == system.CanReadTasks && s.tasks != nil && len(s.tasks.lists) > 0:
		return system.Listing{PageSize: s.tasks.lists[0].pageSize(), Hides: s.tasks.hides}
	}
	return system.Listing{}
}

// Asset returns the records with exactly the given id.
func (s *System) Asset(ctx context.Context, id string) ([]lifecycle.Record, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if id = strings.TrimSpace(id); id == "" {
		return nil, nil
	}
	single, possible, err := s.single(id)
	switch {
	case err != nil:
		return nil, s.client.Unusable(err.Error(), adviceDescription)
	case !possible:
		return nil, s.provenAbsent(ctx)
	case single:
		return s.one(ctx, id)
	}
	rows, err := s.all(ctx)
	if err != nil {
		return nil, err
	}
	return rows.find(id), nil
}

// Assets yields all records, sorted as the system lists them.
func (s *System) Assets(ctx context.Context) iter.Seq2[lifecycle.Record, error] {
	return each(func() (*rowIndex[lifecycle.Record], error) { return s.all(ctx) })
}
