package rest

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

const token = "canary-token-5d1c"

// header is what the descriptions of the dialects have in common; a list of
// tasks goes into it.
func header(tasks string) string { return strings.Replace(common, "\n  get:", "\n"+tasks+"  get:", 1) }

// Ways to list tasks. The second leaves it open whether it shows all.
const (
	tasksByOffset = `  hides: false
  list: [{ path: "{settings.base}/tasks", items: body.items, total: body.total, paging: { query: { start: "{offset}", count: "{limit}" } } }]
`
	tasksByPage = `  list: [{ path: "{settings.base}/tasks", items: body.items, total: body.total, paging: { query: { page: "{page}", count: "{limit}" } } }]
`
	tasksByLink = `  hides: false
  list: [{ path: "{settings.base}/tasks", items: body.items, paging: { query: { count: "{limit}" }, next: links.find("next") } }]
`
	tasksInTwoLists = `  hides: false
  list:
    - { path: "{settings.base}/tasks", query: { kind: leaver }, items: body.items, paging: { query: { count: "{limit}", after: "{cursor}" }, cursor: body.cursor } }
    - { path: "{settings.base}/tasks", items: body.items, paging: { query: { count: "{limit}", after: "{cursor}" }, cursor: body.cursor } }
    - { when: settings.base == "", path: none, items: body.nothing }
`
	tasksUnlisted = ""
)

const common = `
name: dialect
title: Dialect
settings: { base: { default: api, pattern: "[a-z]+" } }
auth: [{ fields: [token], headers: { Authorization: "Bearer {token}" } }]
errors: [{ when: type(body) == map && body.find("error") != null, message: text(body.find("error.message")) }]
states: { in use: in_service, repair: maintenance, gone: retired, missing: lost, ordered: planned }
tasks:
  get: { path: "/{settings.base}/tasks", query: { asset: "{id}" }, items: body.items, total: body.total,
         paging: { query: { start: "{offset}", count: "{limit}" } } }
  fields: { id: item.id, kind: item.kind, asset: item.asset, due: item.due, url: item.find("url"), open: item.open }
  kinds: { leaver: offboarding, mover: reassignment, scrap: decommission }
assets:
  id: item.id
  key: item.row
  fields:
    class: item.class
    name: item.name
    state: item.state
    owners: item.owners
    purpose: item.purpose
    environment: item.environment
    criticality: item.criticality
    third_party: item.third_party
    shared: item.shared
    retirement_date: item.retirement_date
    verified_at: item.verified_at
    assigned_at: item.assigned_at
`

// dialects are descriptions that differ in how they ask.
var dialects = map[string]string{
	"path and offset": header(tasksByOffset) + `
  get: [{ path: "{settings.base}/assets/{id}", item: body, not_found: status == 404 && body.find("error.code") == "unknown_asset" }]
  list: [{ path: "{settings.base}/assets", items: body.items, total: body.total, paging: { query: { start: "{offset}", count: "{limit}" } } }]
`,
	"search and page": header(tasksByPage) + `
  get: [{ path: "{settings.base}/assets", query: { id: "{id}" }, items: body.items, total: body.total, paging: { query: { page: "{page}", count: "{limit}" } } }]
  list: [{ path: "{settings.base}/assets", items: body.items, total: body.total, paging: { first_page: 0, query: { page: "{page}", count: "{limit}" } } }]
`,
	"list and link header": header(tasksByLink) + `
  list: [{ path: "{settings.base}/assets", items: body.items, paging: { query: { count: "{limit}" }, next: links.find("next") } }]
`,
	"list and link in the body": header(tasksUnlisted) + `
  list: [{ path: "{settings.base}/assets", items: body.items, total: body.total, paging: { query: { count: "{limit}" }, next: body.next } }]
`,
	"search and cursor": header(tasksInTwoLists) + `
  get: [{ path: "{settings.base}/assets", query: { id: "{id}" }, items: body.items, not_found: body.total == 0 }]
  list: [{ path: "{settings.base}/assets", items: body.items, paging: { query: { count: "{limit}", after: "{cursor}" }, cursor: body.cursor } }]
`,
	"search in a body": header(tasksByOffset) + `
  get: [{ path: "{settings.base}/assets", body: '{"id": id, "count": limit, "start": offset}', items: body.items, total: body.total, paging: { } }]
  list: [{ path: "{settings.base}/assets", body: '{"count": limit, "start": offset}', items: body.items, total: body.total, paging: { } }]
`,
	"cursor in a body, counted apart": header(tasksByLink) + `
  get: [{ path: "{settings.base}/assets", body: '{"id": id}', items: body.items, not_found: body.total == 0 }]
  list:
    - path: "{settings.base}/assets"
      body: 'cursor == "" ? {"count": limit} : {"count": limit, "after": cursor}'
      items: body.items
      count: { path: "{settings.base}/count", total: body.all }
      paging: { cursor: body.cursor }
`,
	"awkward ids by list": header(tasksUnlisted) + `
  get: [{ path: "{settings.base}/assets", query: { id: "{id}" }, items: body.items, total: body.total, askable: 'id.matches("^[A-Z0-9-]+$")' }]
  list: [{ path: "{settings.base}/assets", items: body.items, total: body.total, paging: { query: { start: "{offset}", count: "{limit}" } } }]
`,
}

// server speaks all dialects.
type server struct {
	items []map[string]any
	tasks []map[string]any
}

var stateWord = map[lifecycle.State]string{
	lifecycle.StateInService: "In Use", lifecycle.StateRetired: "gone", lifecycle.StateLost: "missing", lifecycle.StatePlanned: "ordered",
}

var kindWord = map[lifecycle.TaskKind]string{
	lifecycle.TaskOffboarding: "leaver", lifecycle.TaskReassignment: "mover", lifecycle.TaskDecommission: "scrap",
}

func newServer(seed systemtest.Seed) *server {
	var s server
	flag := map[lifecycle.Tristate]any{lifecycle.Unstated: nil, lifecycle.Yes: true, lifecycle.No: "no"}
	date := func(t time.Time) any {
		if t.IsZero() {
			return nil
		}
		return t.Format(time.DateOnly)
	}
	for i, r := range seed.Records {
		s.items = append(s.items, map[string]any{
			"row": i + 1, "id": r.ID, "class": r.Class, "name": r.Name, "state": stateWord[r.State], "owners": r.Owners, "purpose": r.Purpose,
			"environment": r.Environment, "criticality": r.Criticality, "third_party": flag[r.ThirdParty], "shared": flag[r.Shared],
			"retirement_date": date(r.RetirementDate), "verified_at": date(r.VerifiedAt), "assigned_at": date(r.AssignedAt),
		})
	}
	for _, asset := range slices.Sorted(maps.Keys(seed.Tasks)) {
		for _, task := range seed.Tasks[asset] {
			s.tasks = append(s.tasks, map[string]any{
				"id": task.ID, "kind": kindWord[task.Kind], "asset": asset, "due": date(task.Due), "url": task.URL, "open": true,
			})
		}
		s.tasks = append(s.tasks, map[string]any{"id": asset + "-done", "kind": "leaver", "asset": asset, "due": nil, "open": false},
			map[string]any{"id": asset + "-other", "kind": "cake", "asset": asset, "due": nil, "open": true})
	}
	s.tasks = append(s.tasks, map[string]any{"id": "done", "kind": "leaver", "asset": nil, "due": nil, "open": false},
		map[string]any{"id": "other", "kind": "cake", "asset": "", "due": nil, "open": true})
	return &s
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "Bearer "+token {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	rest, _ := strings.CutPrefix(r.URL.EscapedPath(), "/api/")
	what, escaped, single := strings.Cut(rest, "/")
	id, err := url.PathUnescape(escaped)
	if err != nil || strings.Contains(escaped, "/") {
		panic("not escaped: " + r.RequestURI)
	}
	q := asked(r)
	switch {
	case what == "count":
		fmt.Fprintf(w, `{"all": %d}`, len(s.items))
	case what == "tasks":
		tasks := s.tasks
		for _, field := range []string{"asset", "kind"} {
			if q.Has(field) {
				tasks = filter(tasks, field, q.Get(field))
			}
		}
		reply(w, r, q, tasks)
	case single:
		if found := filter(s.items, "id", id); len(found) > 0 {
			_ = json.NewEncoder(w).Encode(found[0])
			return
		}
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `{"error":{"code":"unknown_asset","message":"no such asset"}}`)
	case q.Has("id"):
		// As a database would that does not tell case.
		reply(w, r, q, slices.DeleteFunc(slices.Clone(s.items), func(item map[string]any) bool {
			return !strings.EqualFold(fmt.Sprint(item["id"]), q.Get("id"))
		}))
	default:
		reply(w, r, q, s.items)
	}
}

// asked returns what a request asks for, in its query or its body.
func asked(r *http.Request) url.Values {
	q := r.URL.Query()
	if r.Method == http.MethodPost {
		var body map[string]any
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			panic(err)
		}
		for name, value := range body {
			q.Set(name, fmt.Sprint(value))
		}
	}
	return q
}

func filter(items []map[string]any, field, value string) []map[string]any {
	return slices.DeleteFunc(slices.Clone(items), func(item map[string]any) bool { return item[field] != value })
}

// reply answers with the page that any of the dialects asks for.
func reply(w http.ResponseWriter, r *http.Request, q url.Values, items []map[string]any) {
	number := func(name string, otherwise int) int {
		if n, err := strconv.Atoi(q.Get(name)); err == nil {
			return n
		}
		return otherwise
	}
	count := number("count", max(1, len(items)))
	start := max(number("start", 0), number("page", 0)*count, number("after", 0))
	start = min(start, len(items))
	end := min(start+count, len(items))
	body := map[string]any{"items": append([]map[string]any{}, items[start:end]...), "total": len(items), "next": nil, "cursor": nil}
	if end < len(items) {
		q.Set("after", strconv.Itoa(end))
		body["cursor"], body["next"] = end, r.URL.Path+"?"+q.Encode()
		w.Header().Add("Link", `<https://elsewhere.example.org/first>; rel="first", <?`+q.Encode()+`>; title="a, b"; rel="next last"`)
	}
	_ = json.NewEncoder(w).Encode(body)
}

func impatient(ctx context.Context, _ time.Duration) error { return ctx.Err() }

func openAt(t testing.TB, base, description string, change ...func(*Config)) *System {
	t.Helper()
	c := Config{
		Name: "cmdb", Description: description, URL: base, Secrets: map[string]string{"token": token},
		MinRecords: -1, PageSize: 3, Retries: 1, Timeout: 10 * time.Second, Wait: impatient,
	}
	return mustNew(t, c, change)
}

func mustNew(t testing.TB, c Config, change []func(*Config)) *System {
	t.Helper()
	for _, f := range change {
		f(&c)
	}
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestConformance(t *testing.T) {
	for name, description := range dialects {
		if testing.Short() && name != "path and offset" {
			continue // dialects differ in data only
		}
		t.Run(name, func(t *testing.T) {
			h := systemtest.Harness{
				Healthy: func(t *testing.T, seed systemtest.Seed) system.System {
					return openAt(t, systemtest.ServeHTTP(t, newServer(seed)), description)
				},
				Broken: make(map[string]systemtest.Make),
				Sizes:  []int{0, 1, 2, 3, 4, 6, 7, 31},
				Unique: name == "path and offset",
			}
			for fault, wrap := range systemtest.HTTPFaults() {
				h.Broken[fault] = func(t *testing.T, seed systemtest.Seed) system.System {
					return openAt(t, systemtest.ServeHTTP(t, wrap(newServer(seed))), description, func(c *Config) { c.Timeout = timeout(fault) })
				}
			}
			h.Broken["untrusted"] = func(t *testing.T, seed systemtest.Seed) system.System {
				return openAt(t, systemtest.ServeUntrusted(t, newServer(seed)), description)
			}
			t.Run("assets", func(t *testing.T) { systemtest.Assets(t, h) })
			t.Run("tasks", func(t *testing.T) { systemtest.Tasks(t, h) })
			s := openAt(t, "http://127.0.0.1:1", description)
			for c, lists := range map[system.Capability]bool{
				system.CanReadAssets: strings.Contains(description, "\n  get: ["),
				system.CanReadTasks:  !strings.HasPrefix(description, header(tasksUnlisted)),
			} {
				if lists {
					t.Run("lists", func(t *testing.T) { systemtest.Lists(t, h, c) })
				} else if l := system.ListingOf(s, c); l.PageSize != 0 {
					t.Errorf("%s: a list seems to save something: %+v", c, l)
				}
			}
		})
	}
}

// timeout is short only where nothing will come.
func timeout(fault string) time.Duration {
	if fault == "no answer" {
		return 30 * time.Millisecond
	}
	return 10 * time.Second
}
