package scim

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

// recording is a file of testdata: answers in the shapes of a vendor's server.
type recording struct {
	Origin string // where the shapes are documented
	Config Config
	// The request -> its answer. A star stands for any text, and the request
	// with the most text wins.
	Answers map[string]struct {
		Status int
		Body   json.RawMessage
	}
	Want        map[string]*wanted  // a key -> the one entry that it names, or none
	Members     map[string][]string // a group -> the ids of its members
	Unavailable []string            // groups whose members cannot be told
}

type wanted struct {
	ID, Status, Kind, Manager string
	Teams                     []string
	End                       time.Time
}

func (r *recording) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	query, _ := url.QueryUnescape(q.URL.RawQuery)
	if cursor := q.URL.Query().Get("cursor"); cursor != "" {
		query = "count=" + q.URL.Query().Get("count") + "&cursor=" + cursor
	}
	asked := strings.TrimSuffix(strings.TrimPrefix(q.URL.Path, "/")+"?"+query, "?")
	best := ""
	for pattern := range r.Answers {
		if matches(pattern, asked) && len(pattern) > len(best) {
			best = pattern
		}
	}
	answer, ok := r.Answers[best]
	if !ok {
		fail(w, http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "application/scim+json; charset=utf-8")
	if answer.Status != 0 {
		w.WriteHeader(answer.Status)
	}
	_, _ = w.Write(answer.Body)
}

func matches(pattern, asked string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == asked
	}
	rest, ok := strings.CutPrefix(asked, parts[0])
	for _, part := range parts[1:] {
		at := strings.Index(rest, part)
		if !ok || at < 0 {
			return false
		}
		rest = rest[at+len(part):]
	}
	return ok
}

func TestVendors(t *testing.T) {
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal("no recordings")
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var r recording
			if err := json.Unmarshal(text, &r); err != nil {
				t.Fatal(err)
			}
			server := httptest.NewServer(&r)
			defer server.Close()
			c := r.Config
			c.Name, c.URL, c.Token = "idp", server.URL, "t0ken"
			s := mustNew(t, c)
			for _, key := range slices.Sorted(maps.Keys(r.Want)) {
				compare(t, s, key, r.Want[key])
			}
			for team, want := range r.Members {
				found, err := s.Members(t.Context(), team)
				if err != nil {
					t.Fatal(err)
				}
				var ids []string
				for _, p := range found {
					ids = append(ids, p.ID)
				}
				if !slices.Equal(ids, want) {
					t.Errorf("Members(%q) = %v, want %v", team, ids, want)
				}
			}
			for _, team := range r.Unavailable {
				found, err := s.Members(t.Context(), team)
				systemtest.WantUnavailable(t, len(found), err)
			}
		})
	}
}

func compare(t *testing.T, s *System, key string, want *wanted) {
	t.Helper()
	if want == nil {
		if found, err := s.Person(t.Context(), key); err != nil || len(found) != 0 {
			t.Errorf("Person(%q) = %+v, %v; want nobody", key, found, err)
		}
		return
	}
	p := person(t, s, key)
	got := wanted{ID: p.ID, Status: p.Status.String(), Kind: p.Kind.String(), Manager: p.Manager, Teams: p.Teams, End: p.EndDate}
	if got.ID != want.ID || got.Status != want.Status || got.Kind != want.Kind || got.Manager != want.Manager ||
		!slices.Equal(got.Teams, want.Teams) || !got.End.Equal(want.End) {
		t.Errorf("Person(%q)\ngot  %+v\nwant %+v", key, got, *want)
	}
	if p.Kind != lifecycle.KindTeam && p.Name == "" && p.Username == "" {
		t.Errorf("Person(%q) has no name: %+v", key, p)
	}
}
