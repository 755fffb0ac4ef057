package requesttracker

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

// rewrite alters the queries of the real server.
func rewrite(t testing.TB, rt *servers.RequestTracker, kind string, change func(url.Values)) *proxy {
	t.Helper()
	return newProxy(t, rt.URL, func(_ http.ResponseWriter, r *http.Request) bool {
		if strings.HasSuffix(r.URL.Path, "/"+kind) {
			query := r.URL.Query()
			change(query)
			r.URL.RawQuery = query.Encode()
		}
		return false
	})
}

// cutQuery is a query as something on the way may leave it: Request Tracker
// then answers with everything.
func cutQuery(q url.Values) { q.Set("query", "id > 0 AND Catalog = ") }

func TestQueryThatFailsOpen(t *testing.T) {
	rt := servers.StartRequestTracker(t)
	catalog, other := newCatalog(t, rt), newCatalog(t, rt)
	want := make(map[string]bool)
	for i := range 3 {
		want[rt.Create(t, "asset", map[string]any{"Name": "n" + strconv.Itoa(i), "Catalog": catalog})] = true
		rt.Create(t, "asset", map[string]any{"Name": "n", "Catalog": other})
	}
	c := inCatalog(rt, catalog)
	c.URL = rewrite(t, rt, "assets", cutQuery).URL
	// On one page, everything includes what was asked for.
	if listed := all(t, mustOpen(t, c)); len(listed) != len(want) {
		t.Errorf("listed %v, want %v", slices.Sorted(maps.Keys(listed)), want)
	}
	c.PageSize = 2
	systemtest.WantUnavailable(t, 0, listError(t, mustOpen(t, c)))

	t.Run("tickets", func(t *testing.T) {
		first, second := laptop(t, rt, map[string]any{}), laptop(t, rt, map[string]any{})
		var ids []string
		for _, asset := range []string{first, second} {
			ids = append(ids, openTicket(t, rt, asset, lifecycle.Task{Kind: lifecycle.TaskOffboarding}))
		}
		c := Config{Name: "hq", Token: rt.Token, Queues: custodyQueues()}
		c.URL = rewrite(t, rt, "tickets", func(q url.Values) { q.Set("query", "id > 0") }).URL
		for i, asset := range []string{first, second} {
			if got := taskIDs(t, mustOpen(t, c), asset); !slices.Equal(got, ids[i:i+1]) {
				t.Errorf("got the tasks %q, want %q", got, ids[i])
			}
		}
	})
}

// A server, or a cache before it, that starts again at the first page.
func TestPagingThatStartsAgain(t *testing.T) {
	rt := servers.StartRequestTracker(t)
	catalog := newCatalog(t, rt)
	for i := range 5 {
		rt.Create(t, "asset", map[string]any{"Name": "n" + strconv.Itoa(i), "Catalog": catalog})
	}
	c := inCatalog(rt, catalog)
	c.PageSize = 2
	behind := regexp.MustCompile(`id > \d+`)
	c.URL = rewrite(t, rt, "assets", func(q url.Values) { q.Set("query", behind.ReplaceAllString(q.Get("query"), "id > 0")) }).URL
	systemtest.WantUnavailable(t, 0, listError(t, mustOpen(t, c)))
}

// answering answers what is asked for by path, as the server writes it. An
// answer may begin with "!" and a status.
func answering(answers map[string]string) http.Handler {
	known := map[string]string{
		"/rt":     `{"Version":"5.0.3"}`,
		"/queues": `{"count":1,"total":1,"items":[{"id":"3","type":"queue","Name":"Offboarding"}]}`,
	}
	maps.Copy(known, answers)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, ok := known[strings.TrimPrefix(r.URL.Path, "/REST/2.0")]
		if !ok {
			text = `!404 {"message":"Not Found"}`
		}
		if failure, fails := strings.CutPrefix(text, "!"); fails {
			status, rest, _ := strings.Cut(failure, " ")
			code, _ := strconv.Atoi(status)
			w.WriteHeader(code)
			text = rest
		}
		fmt.Fprint(w, text)
	})
}

// fake returns a system that asks a server with such answers.
func fake(t *testing.T, answers map[string]string) (*System, *proxy) {
	t.Helper()
	h := answering(answers)
	p := newProxy(t, "http://127.0.0.1:1", func(w http.ResponseWriter, r *http.Request) bool {
		h.ServeHTTP(w, r)
		return true
	})
	return mustOpen(t, Config{Name: "hq", URL: p.URL, Token: "1-2-3", Queues: map[string]string{"Offboarding": "offboarding"}}), p
}

const plain = `"Name":"n","Status":"in-use","Catalog":{"id":"2","Name":"Laptops"},"Owner":{"id":"ann","type":"user"},"_hyperlinks":[]`

func TestAnswersThatDoNotAddUp(t *testing.T) {
	for name, text := range map[string]string{
		"another asset":          `{"id":8,` + plain + `}`,
		"no id":                  `{` + plain + `}`,
		"no name":                `{"id":7,` + strings.Replace(plain, `"Name":"n",`, "", 1) + `}`,
		"no status":              `{"id":7,` + strings.Replace(plain, "in-use", "", 1) + `}`,
		"no catalog":             `{"id":7,` + strings.Replace(plain, "Catalog", "Katalog", 1) + `}`,
		"hidden name of catalog": `{"id":7,` + strings.Replace(plain, "Laptops", "", 1) + `}`,
		"no role":                `{"id":7,` + strings.Replace(plain, "Owner", "Holder", 1) + `}`,
		"role is null":           `{"id":7,` + strings.Replace(plain, `{"id":"ann","type":"user"}`, "null", 1) + `}`,
		"role is a text":         `{"id":7,` + strings.Replace(plain, `{"id":"ann","type":"user"}`, `"ann"`, 1) + `}`,
		"role of a ticket":       `{"id":7,` + strings.Replace(plain, `"user"`, `"ticket"`, 1) + `}`,
		"no links":               `{"id":7,` + strings.Replace(plain, "_hyperlinks", "links", 1) + `}`,
		"link to no number":      `{"id":7,` + strings.Replace(plain, "[]", `[{"ref":"referred-to-by","type":"ticket","id":"x"}]`, 1) + `}`,
		"text behind":            `{"id":7,` + plain + `} and more`,
		"status 200 of an error": `{"message":"Forbidden"}`,
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := fake(t, map[string]string{"/asset/7": text})
			found, err := s.Asset(t.Context(), "7")
			systemtest.WantUnavailable(t, len(found), err)
		})
	}
	s, _ := fake(t, map[string]string{"/asset/7": `{"id":7,` + plain + `}`})
	if r := one(t, s, "7"); r.Name != "n" {
		t.Errorf("got %+v", r)
	}
}

func TestListsThatDoNotAddUp(t *testing.T) {
	row := func(id string) string { return `{"id":"` + id + `",` + plain + `}` }
	list := func(count, total string, rows ...string) string {
		return `{"count":` + count + `,"total":` + total + `,"pages":1,"items":[` + strings.Join(rows, ",") + `]}`
	}
	for name, text := range map[string]string{
		"total unknown":         list("2", "null", row("1"), row("2")),
		"fewer than total":      list("2", "3", row("1"), row("2")),
		"more than total":       list("2", "1", row("1"), row("2")),
		"fewer than count":      list("3", "3", row("1"), row("2")),
		"none although some":    list("0", "4"),
		"row is null":           list("2", "2", row("1"), "null"),
		"not in order":          list("2", "2", row("2"), row("1")),
		"twice":                 list("2", "2", row("1"), row("1")),
		"id zero":               list("1", "1", row("0")),
		"negative id":           list("1", "1", row("-4")),
		"row without a status":  list("1", "1", strings.Replace(row("1"), "in-use", "", 1)),
		"pages as a text":       `{"count":"2","total":"2","items":[]}`,
		"an object for the row": `{"count":1,"total":1,"items":{}}`,
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := fake(t, map[string]string{"/assets": text})
			systemtest.WantUnavailable(t, 0, listError(t, s))
		})
	}
	for text, want := range map[string]int{
		list("2", "2", row("1"), row("2")): 2,
		// The number of pages of an empty list is 0.0.
		`{"count":0,"total":0,"pages":0.0,"items":[]}`: 0,
	} {
		s, _ := fake(t, map[string]string{"/assets": text})
		if got := all(t, s); len(got) != want {
			t.Errorf("got %+v", got)
		}
	}
}

func TestTicketsThatDoNotAddUp(t *testing.T) {
	linked := `{"id":7,` + strings.Replace(plain, "[]", `[{"ref":"referred-to-by","type":"ticket","id":"5"}]`, 1) + `}`
	list := func(row string) string { return `{"count":1,"total":1,"items":[` + row + `]}` }
	for name, text := range map[string]string{
		"no queue":       list(`{"id":"5","Due":"1970-01-01T00:00:00Z"}`),
		"unreadable due": list(`{"id":"5","Queue":{"id":"3"},"Due":"tomorrow"}`),
		"null":           `null`,
		"total unknown":  `{"count":0,"total":null,"items":[]}`,
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := fake(t, map[string]string{"/asset/7": linked, "/tickets": text})
			open, err := s.Tasks(t.Context(), "7")
			systemtest.WantUnavailable(t, len(open), err)
		})
	}
	t.Run("not found by any means", func(t *testing.T) {
		s, _ := fake(t, map[string]string{"/asset/7": linked, "/tickets": `{"count":0,"total":0,"items":[]}`})
		if got := taskIDs(t, s, "7"); len(got) != 0 {
			t.Errorf("got %q", got)
		}
	})
}

// Wherever a run of requests breaks off, there is no answer.
func TestConnectionsThatBreakOff(t *testing.T) {
	linked := `{"id":7,` + strings.Replace(plain, "[]", `[{"ref":"referred-to-by","type":"ticket","id":"5"},{"ref":"referred-to-by","type":"ticket","id":"6"}]`, 1) + `}`
	healthy := map[string]string{
		"/customfields": `{"count":1,"total":1,"items":[{"id":"9","Name":"Purpose"}]}`,
		"/catalogs":     `{"count":1,"total":1,"items":[{"id":"2","Name":"Laptops"}]}`,
		"/assets":       `{"count":0,"total":0,"items":[]}`, // it was deleted
		"/asset/7":      strings.Replace(linked, `"_hyp`, `"CustomFields":[{"name":"purpose","values":["x"]}],"_hyp`, 1),
		"/user/ann":     `{"Name":"ann","EmailAddress":"ann@example.org"}`,
		"/tickets":      `{"count":1,"total":1,"items":[{"id":"5","Queue":{"id":"3"},"Due":"1970-01-01T00:00:00Z"}]}`,
		"/ticket/6":     `{"id":6}`,
	}
	open := func(t *testing.T, path, text string) *System {
		t.Helper()
		answers := maps.Clone(healthy)
		answers[path] = text
		s, p := fake(t, answers)
		return mustOpen(t, Config{
			Name: "hq", URL: p.URL, Token: "1-2-3", Queues: s.config.Queues, OwnerKey: ownerEmail,
			Catalogs: map[string]string{"Laptops": "laptop"}, Fields: map[string]string{fieldPurpose: "Purpose"},
		})
	}
	good := open(t, "/none", "")
	if r := one(t, good, "7"); !slices.Equal(r.Owners, []string{"ann@example.org"}) || r.Purpose != "x" || r.Class != "laptop" {
		t.Fatalf("got %+v", r)
	}
	if got := taskIDs(t, good, "7"); !slices.Equal(got, []string{"5"}) {
		t.Fatalf("got the tasks %q", got)
	}
	for path, forTasks := range map[string]bool{
		"/rt": false, "/customfields": false, "/catalogs": false, "/assets": false, "/asset/7": false, "/user/ann": false,
		"/queues": true, "/tickets": true, "/ticket/6": true,
	} {
		for _, text := range []string{"!403 {\"message\":\"Forbidden\"}", "!404 <html>", "!500 {\"message\":\"x\"}", "!301 ", "<html>", "[]", `{"id":1,"items":[{"id":"x","Name":"Laptops"}]}`} {
			// What a ticket says that no list shows is not asked.
			if path == "/ticket/6" && text[0] != '!' {
				continue
			}
			t.Run(path+" "+text, func(t *testing.T) {
				s := open(t, path, text)
				if !forTasks {
					found, err := s.Asset(t.Context(), "7")
					systemtest.WantUnavailable(t, len(found), err)
				}
				due, err := s.Tasks(t.Context(), "7")
				systemtest.WantUnavailable(t, len(due), err)
			})
		}
	}
	t.Run("gone", func(t *testing.T) {
		s := open(t, "/ticket/6", `!404 {"message":"Not Found"}`)
		if got := taskIDs(t, s, "7"); !slices.Equal(got, []string{"5"}) {
			t.Errorf("got the tasks %q", got)
		}
	})
	t.Run("user of another name", func(t *testing.T) {
		s := open(t, "/user/ann", `{"Name":"Ann","EmailAddress":"other@example.org"}`)
		found, err := s.Asset(t.Context(), "7")
		systemtest.WantUnavailable(t, len(found), err)
	})
}

// Request Tracker has no empty date: it writes the beginning of 1970.
func TestDates(t *testing.T) {
	day := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	for text, want := range map[string][2]time.Time{ // as a beginning and as an end
		"": {}, "1970-01-01": {}, "1970-01-01T00:00:00Z": {},
		"2026-05-01":                {day, day.Add(24*time.Hour - time.Second)},
		"2026-05-01T14:00:00+02:00": {day.Add(12 * time.Hour), day.Add(12 * time.Hour)},
		"1970-01-01T00:00:01Z":      {time.Unix(1, 0), time.Unix(1, 0)},
	} {
		for i, want := range want {
			if got, err := parseDate(text, i == 1); err != nil || !got.Equal(want) {
				t.Errorf("%q is %s, %v; want %s", text, got, err, want)
			}
		}
	}
	for _, text := range []string{"tomorrow", "1969-12-31", "10000-01-01T00:00:00Z", "2026-02-30", "01.05.2026"} {
		if got, err := parseDate(text, true); err == nil || !got.IsZero() {
			t.Errorf("%q is %s", text, got)
		}
	}
}

func TestConfig(t *testing.T) {
	good := Config{Name: "hq", URL: "https://rt.example.org", Token: "1-2-3"}
	if s, err := New(good); err != nil || s.Name() != "hq" || s.Kind() != Kind {
		t.Fatal(err)
	}
	for want, change := range map[string]func(*Config){
		"url":                 func(c *Config) { c.URL = "" },
		"url ":                func(c *Config) { c.URL = "http://rt.example.org" },
		"token":               func(c *Config) { c.Token = "" },
		"token ":              func(c *Config) { c.Token = "1-2-3\n" },
		"ca_file":             func(c *Config) { c.CAFile = "missing.pem" },
		"catalogs[Laptops]":   func(c *Config) { c.Catalogs = map[string]string{"Laptops": " "} },
		"queues[Desk]":        func(c *Config) { c.Queues = map[string]string{"Desk": "review"} },
		"queues[Desk] ":       func(c *Config) { c.Queues = map[string]string{"Desk": ""} },
		"fields[owner]":       func(c *Config) { c.Fields = map[string]string{"owner": "Owner"} },
		"fields[purpose]":     func(c *Config) { c.Fields = map[string]string{"purpose": ""} },
		"states[live]":        func(c *Config) { c.States = map[string]string{"live": "alive"} },
		"states[live] ":       func(c *Config) { c.States = map[string]string{"LIVE": "lost", "live": "retired"} },
		"owner_role":          func(c *Config) { c.OwnerRole = "owner" },
		"owner_key":           func(c *Config) { c.OwnerKey = "Name" },
		"page_size":           func(c *Config) { c.PageSize = 101 },
		"requests_per_minute": func(c *Config) { c.RequestsPerMinute = -1 },
	} {
		c := good
		change(&c)
		_, err := New(c)
		var wrong *system.ConfigError
		if !errors.As(err, &wrong) || len(wrong.Problems) != 1 {
			t.Errorf("%s: got %v", want, err)
			continue
		}
		p := wrong.Problems[0]
		where := p.Attribute
		if p.Key != "" {
			where += "[" + p.Key + "]"
		}
		if where != strings.TrimSpace(want) || p.Message == "" || wrong.System != "hq" {
			t.Errorf("%s: got %+v", want, wrong)
		}
	}
}

// Whatever stands in an answer, reading it ends with a record, an error of our
// own or a plain error, and never with a panic.
func FuzzAsset(f *testing.F) {
	f.Add(`{"id":7,` + plain + `}`)
	f.Add(`{"id":"7","Name":null,"Owner":[{}],"CustomFields":""}`)
	f.Add(`{"CustomFields":[{"name":"Purpose","values":[null,1,"x"]}],"_hyperlinks":[{"ref":"referred-to-by","type":"ticket","id":"5"}]}`)
	s := mustOpen(f, Config{Name: "hq", URL: "http://127.0.0.1:1", Token: "1-2-3", Fields: every()})
	f.Fuzz(func(t *testing.T, text string) {
		var a asset
		if json.Unmarshal([]byte(text), &a) != nil {
			return
		}
		_, _ = a.tickets()
		r, inside, err := s.record(t.Context(), &scope{}, &a)
		if err != nil || !inside {
			return
		}
		for _, value := range append([]string{r.Name, r.Class, r.Purpose, r.StateText}, r.Owners...) {
			if !systemtest.Presentable(value) {
				t.Errorf("%q could change how a plan reads", value)
			}
		}
	})
}

// A list that breaks off behind its first page is no list, and what tasks are
// read with afterwards is not taken from it.
func TestListThatBreaksOff(t *testing.T) {
	rt := servers.StartRequestTracker(t)
	catalog := newCatalog(t, rt)
	var ids []string
	for i := range 3 {
		ids = append(ids, rt.Create(t, "asset", map[string]any{"Name": "n" + strconv.Itoa(i), "Catalog": catalog}))
	}
	ticket := openTicket(t, rt, ids[2], lifecycle.Task{Kind: lifecycle.TaskOffboarding})
	pages := 0
	p := newProxy(t, rt.URL, func(w http.ResponseWriter, r *http.Request) bool {
		if strings.HasSuffix(r.URL.Path, "/assets") {
			pages++
		}
		if pages == 2 {
			pages++
			w.WriteHeader(http.StatusInternalServerError)
			return true
		}
		return false
	})
	c := inCatalog(rt, catalog)
	c.URL, c.PageSize = p.URL, 2
	s := mustOpen(t, c)
	systemtest.WantUnavailable(t, 0, listError(t, s))
	if got := taskIDs(t, s, ids[2]); !slices.Equal(got, []string{ticket}) {
		t.Errorf("got the tasks %q", got)
	}
}
