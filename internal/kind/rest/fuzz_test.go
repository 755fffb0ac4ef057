package rest

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/httpclient"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

// FuzzDescription reads any text as a description: it is accepted, or refused
// with problems that can be shown.
func FuzzDescription(f *testing.F) {
	f.Add(minimal)
	f.Add(counted)
	f.Add(desk)
	for _, name := range shippedKinds(f) {
		text, _ := Description(Shipped(), name)
		f.Add(text)
	}
	for _, text := range dialects {
		f.Add(text)
	}
	for _, text := range directories {
		f.Add(text)
	}
	f.Add("a: [" + strings.Repeat("{", 50))
	f.Add("? a\n: b\n")
	f.Add("\"\\")
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 16<<10 {
			return
		}
		_, err := New(Config{Name: "x", URL: "https://h", Description: text, Secrets: map[string]string{"token": "canary"}})
		var config *system.ConfigError
		if err == nil {
			return
		}
		if !errors.As(err, &config) || len(config.Problems) == 0 {
			t.Fatalf("got %v", err)
		}
		if strings.Contains(err.Error(), "canary") && !strings.Contains(text, "canary") {
			t.Errorf("the error gives the secret away: %v", err)
		}
	})
}

// FuzzPage reads any body as a page of each shipped system. What comes of it is
// records and tasks that can be shown, or an error.
func FuzzPage(f *testing.F) {
	var all []*System
	for _, name := range shippedKinds(f) {
		all = append(all, shippedSystem(f, name))
	}
	f.Add([]byte(`{"total": 1, "rows": [{"id": 1}], "count": 1, "results": [], "totalCount": 1, "result": []}`))
	f.Add([]byte(`[{"id": 71, "name": "&#x202e;x", "states_id": "&nbsp;", "users_id": 0}]`))
	f.Add([]byte(`{"total": 1e400, "rows": [{"id": 123456789012345678901234567890}]}`))
	f.Add([]byte(`[["ERROR"]]`))
	f.Add([]byte(`{"result": [{"number": {"value": "T\u202e1"}, "category": {"display_value": "Offboarding"}, "cmdb_ci.asset.asset_tag": {"value": "P\u00071"},
		"active": {"value": "true"}, "due_date": {"value": "2026-05-01 17:00:00"}}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, s := range all {
			r := &httpclient.Response{Status: 200, Header: http.Header{"X-Total-Count": {"1"}, "Content-Range": {"0-0/1"}}, Body: body}
			a, err := s.answer(s.client, r, "1")
			if err == nil {
				err = s.failed(s.client, a)
			}
			if err != nil && !errors.Is(err, fault.ErrUnavailable) {
				t.Fatalf("%s: %v", s.Kind(), err)
			}
			if err != nil {
				continue
			}
			for _, l := range listsOf(s) {
				rows, _, err := l.rows(s.client, a)
				if err != nil && !errors.Is(err, fault.ErrUnavailable) {
					t.Fatalf("%s: %v", s.Kind(), err)
				}
				for _, row := range rows {
					presentable(t, s, row)
				}
			}
		}
	})
}

// listsOf returns the first list of everything that a system lists.
func listsOf(s *System) []*listing {
	var out []*listing
	if len(s.lists) > 0 {
		out = append(out, s.lists[0])
	}
	for _, k := range []*catalog{s.people, s.teams} {
		if k != nil {
			out = append(out, k.lists[0])
		}
	}
	return out
}

// stopped returns a context that ends every request before it is sent.
func stopped(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}

// presentable reads a row as a record, as a task and as an entry of a directory. What comes of it must have
// a key, and be fit to be shown.
func presentable(t *testing.T, s *System, row any) {
	t.Helper()
	var texts []string
	if s.id != nil {
		r, key, err := s.record(stopped(t), row, "")
		if err != nil {
			return
		}
		if key == "" {
			t.Errorf("%s: a record without a key: %+v", s.Kind(), r)
		}
		texts = append(r.Owners, r.ID, r.Name, r.Class, r.StateText, r.Source, r.Purpose)
	}
	for _, k := range []*catalog{s.people, s.teams} {
		if k == nil {
			continue
		}
		if e, err := k.entry(row); err == nil {
			p := e.person
			texts = append(append(append(texts, p.ID, p.Email, p.Username, p.Name, p.Manager, p.StatusText, p.Source), p.Teams...), e.keys...)
		}
	}
	if s.tasks != nil {
		if r, err := s.task(row, ""); err == nil {
			if r.key == "" {
				t.Errorf("%s: a task without a key: %+v", s.Kind(), r)
			}
			texts = append(texts, r.key, r.task.Asset, r.task.Task.ID, r.task.Task.URL)
		}
	}
	for _, text := range texts {
		if !systemtest.Presentable(text) {
			t.Errorf("%s: %q could change how a plan reads", s.Kind(), text)
		}
	}
}

func shippedSystem(tb testing.TB, name string) *System {
	tb.Helper()
	text, _ := Description(Shipped(), name)
	about, err := AboutOf(text)
	if err != nil {
		tb.Fatal(err)
	}
	c := filledIn(about, name, "https://h", "recorded")
	if name == "servicenow" {
		c.Settings["task_table"], c.Settings["review_table"] = "sc_task", "u_access_review" // or it has neither tasks nor reviews
	}
	if name == "gitea" {
		c.Settings["owner"], c.Settings["repository"] = "boss", "reviews"
	}
	if name == "keycloak" {
		c.Settings["number"] = "number" // or it has no query
	}
	s, err := New(c)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// FuzzID asks each shipped system for any id: what is sent is that id in its
// place and nothing else, or nothing is sent.
func FuzzID(f *testing.F) {
	var all []*System
	for _, name := range shippedKinds(f) {
		all = append(all, shippedSystem(f, name))
	}
	for _, id := range []string{
		"1", "x^ORsys_idISNOTEMPTY", "javascript:gs.getUserID()", "1,id!=0", "../..", "%2e%2e", "a/b", "a?b=c", "a&b", "x^EQ", "x\n^", "007", "1e3", "\u0661",
		"1^ORDERBYDESCx", "{settings.table}", "{{id}}", "1\x00", "é", "- ^", "JAVASCRIPT:x",
	} {
		f.Add(id)
	}
	f.Fuzz(func(t *testing.T, id string) {
		for _, s := range all {
			if s.get == nil {
				continue
			}
			single, possible, err := s.single(id)
			if err != nil {
				t.Fatal(err)
			}
			if !single || !possible {
				continue
			}
			if system.Clean(id) != id || strings.ContainsAny(id, "\x00^") || strings.HasPrefix(strings.ToLower(id), "javascript:") {
				t.Fatalf("%s is asked for %q", s.Kind(), id)
			}
			places := map[string]string{"id": id}
			if l := s.get.search; l != nil {
				got, err := l.request(s, places, l.counts(&page{}), l.pages())
				plain, err2 := l.request(s, map[string]string{"id": "7"}, l.counts(&page{}), l.pages())
				if err != nil || err2 != nil {
					t.Fatal(err, err2)
				}
				sameShape(t, got.Query, plain.Query, id)
				sameBody(t, got.Body, plain.Body, id)
				continue
			}
			for i, segment := range s.get.path.fill(places) {
				if want := s.get.path.fill(map[string]string{"id": "7"})[i]; segment != want && segment != id {
					t.Errorf("%s: the segment %q", s.Kind(), segment)
				}
			}
		}
	})
}

// FuzzKey asks each shipped directory for any key: no key ends the text in which it
// stands inside of a filter.
func FuzzKey(f *testing.F) {
	var all []*System
	for _, name := range shippedKinds(f) {
		if s := shippedSystem(f, name); s.people != nil {
			all = append(all, s)
		}
	}
	for _, key := range []string{"ann@example.org", "o'brien@example.org", `x" or id eq "y`, `x\`, "a/b", "..", "a b", "#", "$filter", "7' or '1' eq '1", "x)(", "&a=b", "a*", "a:b", "x,y"} {
		f.Add(key)
	}
	f.Fuzz(func(t *testing.T, key string) {
		key, ok := system.UsableKey(key)
		if !ok {
			return
		}
		for _, s := range all {
			for _, k := range []*catalog{s.people, s.teams} {
				if k != nil {
					staysInside(t, k, key)
				}
			}
		}
	})
}

// staysInside checks every way of a catalog that can be asked for a key.
func staysInside(t *testing.T, k *catalog, key string) {
	t.Helper()
	for _, w := range k.ways {
		possible, safe, err := k.usableFor(w, key)
		if err != nil {
			t.Fatal(err)
		}
		if !possible || !safe || w.search == nil {
			continue
		}
		for name, values := range w.search.query {
			for _, v := range values {
				for i := 1; i < len(v.parts); i += 2 {
					quote := v.parts[i-1]
					// JumpCloud's filters are <field>:<operator>:<value>, with wild cards. In
					// Keycloak's query language (q) a space ends a value after a colon.
					special := `:*,$^\`
					if name == "q" {
						special = " \t\r\n:\"\\"
					}
					if strings.HasSuffix(quote, ":") && strings.ContainsAny(key, special) {
						t.Errorf("%s: %q is more than a value in %s", k.s.Kind(), key, name)
					}
					if quote = quote[max(0, len(quote)-1):]; quote != "'" && quote != `"` {
						continue
					}
					if strings.Contains(key, quote) || quote == `"` && strings.Contains(key, `\`) {
						t.Errorf("%s: %q ends the text in %s", k.s.Kind(), key, name)
					}
				}
			}
		}
	}
}

// sameShape checks that two queries differ only where the id stands.
func sameShape(t *testing.T, got, plain url.Values, id string) {
	t.Helper()
	if len(got) != len(plain) {
		t.Errorf("%q makes the query %v", id, got)
	}
	for name, values := range plain {
		for i, value := range values {
			if name == "sysparm_query" || name == "filter" {
				value = strings.Replace(value, "=7", "="+id, 1)
			}
			if got[name][i] != value {
				t.Errorf("%q makes the query %v", id, got)
			}
		}
	}
}

// sameBody checks that two bodies differ only where the id stands: as a text of its
// own, or between quotes that it does not end.
func sameBody(t *testing.T, got, plain any, id string) {
	t.Helper()
	switch plain := plain.(type) {
	case map[string]any:
		have, _ := got.(map[string]any)
		if len(have) != len(plain) {
			t.Errorf("%q makes the body %v", id, got)
		}
		for name := range plain {
			sameBody(t, have[name], plain[name], id)
		}
	case []any:
		have, _ := got.([]any)
		if len(have) != len(plain) {
			t.Errorf("%q makes the body %v", id, got)
			return
		}
		for i := range plain {
			sameBody(t, have[i], plain[i], id)
		}
	case string:
		if plain == "7" && got == id {
			return
		}
		quoted := strings.Replace(plain, `"7"`, `"`+id+`"`, 1)
		if got != quoted || quoted != plain && strings.ContainsAny(id, `"\`) {
			t.Errorf("%q makes the text %q", id, got)
		}
	default:
		if got != plain {
			t.Errorf("%q makes the value %v", id, got)
		}
	}
}

// FuzzLinks reads any Link header.
func FuzzLinks(f *testing.F) {
	f.Add(`<https://a/b?c=1>; rel="next", <https://a/b>; rel=first`)
	f.Add(`<,>;rel=next,<a>`)
	f.Add(`<a>; title="<x>; rel=next"; rel="prev"`)
	f.Fuzz(func(t *testing.T, line string) {
		for rel, target := range links(http.Header{"Link": {line}}) {
			if strings.ContainsAny(target, "<>") && strings.Contains(target, ">") || rel == "" {
				t.Errorf("%q gives %q for %q", line, target, rel)
			}
		}
	})
}
