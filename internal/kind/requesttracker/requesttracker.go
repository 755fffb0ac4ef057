// Package requesttracker reads assets, and the tickets that are open against
// them, from Request Tracker 5 over its REST 2 interface.
//
// Request Tracker answers a query that it does not understand with all records,
// and leaves out what the account may not see, without an error. So a row in an
// answer, or a missing row, proves nothing: every row is checked here, a list
// is used only if the server says how many rows it has, and an asset counts as
// absent only if it is requested by its id and not found.
package requesttracker

import (
	"context"
	"fmt"
	"iter"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/memo"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/httpclient"
)

// Kind is the name of this kind of system in the configuration.
const Kind = "request_tracker"

// MaxPageSize is the most rows that Request Tracker puts on a page.
const MaxPageSize = 100

// Config holds the Request Tracker that a system reads and the mapping of its
// words.
type Config struct {
	Name      string
	URL       string // of the server, without /REST/2.0
	Token     string // an authentication token of an account
	CAFile    string
	AllowHTTP bool

	// The catalogs to read -> the class of their assets. Without any, all
	// catalogs are read and the name of the catalog is the class.
	Catalogs map[string]string
	// The queues whose tickets are custody tasks -> the kind of the task. Without
	// any, the system has no tasks.
	Queues map[string]string
	// The field -> the custom field that holds it.
	Fields map[string]string
	// The status of an asset -> the state, in addition to the defaults.
	States map[string]string
	// The role that owns an asset: Owner, which is the default, HeldBy or Contact.
	OwnerRole string
	// The attribute of a user that names an owner: "name", which is the default, or
	// "email".
	OwnerKey string
	// The queue in which people are asked for reviews. Without it, the system has none.
	Reviews *ReviewConfig

	PageSize          int // MaxPageSize if zero
	RequestsPerMinute int // no limit if zero
	Timeout           time.Duration
}

// System reads one Request Tracker.
type System struct {
	config     Config
	url        string // of the server, without a slash at its end
	states     map[string]lifecycle.State
	kinds      map[string]lifecycle.TaskKind
	client     *httpclient.Client
	taskClient *httpclient.Client // the same, for tickets

	statuses     map[string]system.ReviewStatus // of reviews, by the status in Request Tracker, folded
	reviewClient *httpclient.Client             // the same, for reviews

	scope      memo.Memo[*scope]
	queues     memo.Memo[map[string]lifecycle.TaskKind]
	found      memo.Memo[*found]
	names      memo.Memo[string]
	tickets    memo.Memo[map[int64]lifecycle.Task]
	unlisted   memo.Memo[struct{}]
	everything memo.Memo[*assetList]
	reviews    memo.Memo[*reviewQueue]

	mu     sync.Mutex
	linked map[int64]int // how many tickets refer to an asset that was read singly
	listed *assetList    // nil before a list was read to its end
}

var (
	_ system.Assets      = (*System)(nil)
	_ system.TasksLister = (*System)(nil)
	_ system.Priced      = (*System)(nil)
	_ system.Partial     = (*System)(nil)
)

// New checks the configuration and returns the system. It connects when
// something is first read. Its error is a *system.ConfigError.
func New(c Config) (*System, error) { return open(c, httpclient.Config{}) }

// open returns a system that sends its requests the given way.
func open(c Config, t httpclient.Config) (*System, error) {
	s := &System{config: c, linked: make(map[int64]int)}
	problems := s.configure()
	t.System, t.BaseURL, t.CAFile, t.AllowHTTP = c.Name, s.url, c.CAFile, c.AllowHTTP
	t.Credentials = []httpclient.Credential{httpclient.Scheme("token", "token", c.Token)}
	t.RequestsPerMinute = c.RequestsPerMinute
	if t.Timeout == 0 {
		t.Timeout = c.Timeout
	}
	client, err := httpclient.New(t)
	if problems = append(problems, problemsOf(err)...); len(problems) > 0 {
		return nil, &system.ConfigError{System: c.Name, Problems: problems}
	}
	s.client, s.taskClient, s.reviewClient = client, client.For("Unable to Read Tasks"), client.For(reviewSummary)
	return s, nil
}

// Name returns the name that the configuration gave the system.
func (s *System) Name() string { return s.config.Name }

// Kind returns "request_tracker".
func (s *System) Kind() string { return Kind }

// Has reports whether the system was configured with the capability.
func (s *System) Has(c system.Capability) bool {
	switch c {
	case system.CanReadAssets:
		return true
	case system.CanReadTasks:
		return len(s.config.Queues) > 0
	case system.CanHoldReviews:
		return s.config.Reviews != nil
	}
	return false
}

// Listing describes the lists of assets and of tasks. Both leave out deleted
// assets. The list of assets shows which assets have tickets, so the tasks of
// an asset without tickets take no request.
func (s *System) Listing(c system.Capability) system.Listing {
	if !s.Has(c) {
		return system.Listing{}
	}
	return system.Listing{PageSize: s.config.PageSize, Hides: true}
}

// Price returns 1 for an asset, and for its tasks 2 for each page of tickets that
// refer to it: one that finds those in the configured queues, and one that finds
// the open ones among these. If no ticket refers to it, this is known with the
// asset, and takes no request. Not counted are tickets that no list shows, and
// the owners of a deleted asset.
func (s *System) Price(c system.Capability, key string) int {
	id, err := s.number(key)
	if err != nil {
		return 0
	}
	tickets, known := s.referring(id)
	switch {
	case c == system.CanReadTasks && known:
		return 2 * ((tickets + s.config.PageSize - 1) / s.config.PageSize)
	case c == system.CanReadTasks:
		return 1 + 2
	case known:
		return 0
	}
	return 1
}

// Asset returns the asset with the given id, also if it is deleted. There is at
// most one. An id that is not a number is an error: no asset ever had it.
func (s *System) Asset(ctx context.Context, id string) ([]lifecycle.Record, error) {
	n, err := s.number(id)
	if err != nil {
		return nil, err
	}
	f, err := s.find(ctx, n)
	if err != nil || !f.present {
		return nil, err
	}
	return []lifecycle.Record{f.record}, nil
}

// Assets yields all assets except deleted ones, which are in no list of Request
// Tracker; only Asset returns them.
func (s *System) Assets(ctx context.Context) iter.Seq2[lifecycle.Record, error] {
	return func(yield func(lifecycle.Record, error) bool) {
		all, err := s.all(ctx)
		if err != nil {
			yield(lifecycle.Record{}, err)
			return
		}
		for _, id := range all.ids {
			if !yield(all.found[id].record, nil) {
				return
			}
		}
	}
}

// Tasks returns the open tickets in the configured queues that refer to the
// asset, sorted by id.
func (s *System) Tasks(ctx context.Context, asset string) ([]lifecycle.Task, error) {
	n, err := s.number(asset)
	if err != nil {
		return nil, err
	}
	if f, _ := s.inList(n); f != nil {
		return s.tasks(ctx, n, f.tickets, true)
	}
	f, err := s.find(ctx, n)
	if err != nil {
		return nil, err
	}
	return s.tasks(ctx, n, f.tickets, false)
}

// OpenTasks yields the open tickets in the configured queues with the assets to
// which they refer, except deleted assets.
func (s *System) OpenTasks(ctx context.Context) iter.Seq2[system.AssetTask, error] {
	return func(yield func(system.AssetTask, error) bool) {
		all, err := s.all(ctx)
		if err != nil {
			yield(system.AssetTask{}, err)
			return
		}
		for _, asset := range all.ids {
			open, err := s.tasks(ctx, asset, all.found[asset].tickets, true)
			if err != nil {
				yield(system.AssetTask{}, err)
				return
			}
			for _, task := range open {
				if !yield(system.AssetTask{Asset: strconv.FormatInt(asset, 10), Task: task}, nil) {
					return
				}
			}
		}
	}
}

// referring returns how many tickets refer to an asset, and false if the asset
// was not read yet.
func (s *System) referring(id int64) (int, bool) {
	if f, _ := s.inList(id); f != nil {
		return len(f.tickets), true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	n, known := s.linked[id]
	return n, known
}

// number reads the id of an asset. An asset must have only one name, so leading
// zeros, which the server accepts, are an error.
func (s *System) number(id string) (int64, error) {
	id = strings.TrimSpace(id)
	n, err := strconv.ParseInt(id, 10, 64)
	if err == nil && n > 0 && strconv.FormatInt(n, 10) == id {
		return n, nil
	}
	return 0, &fault.Fault{
		Kind: fault.ErrConfig, Summary: "Unable to Find Asset Record",
		Happened: fmt.Sprintf("The ids of assets in Request Tracker are numbers, and %s is not a number.", quote(id)),
		Advice:   fmt.Sprintf("Write the number in the address of the asset's page, for instance \"%s/17\".", s.config.Name),
	}
}

// inList returns an asset from the list: nil if the list does not show it. It
// reports false if no list was read.
func (s *System) inList(id int64) (*found, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listed == nil {
		return nil, false
	}
	return s.listed.found[id], true
}

// quote returns a text for a message, short and without hidden characters.
func quote(text string) string {
	const most = 60
	if runes := []rune(text); len(runes) > most {
		text = string(runes[:most]) + "…"
	}
	return strconv.Quote(system.Clean(strings.ToValidUTF8(text, "\uFFFD")))
}
