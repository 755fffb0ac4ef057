package rest

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

// capped gives at most so many rows an answer, counts those instead of all, and does
// not know how to go on.
type capped struct {
	*directoryServer
	most int
}

func (c *capped) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if !strings.HasSuffix(r.URL.Path, "/people") || !q.Has("start") {
		c.directoryServer.ServeHTTP(w, r)
		return
	}
	most := c.most
	if count, err := strconv.Atoi(q.Get("count")); err == nil {
		most = min(most, count)
	}
	rows := c.people[:min(most, len(c.people))]
	_ = json.NewEncoder(w).Encode(map[string]any{"items": rows, "total": len(rows)})
}

// A list that counts the rows of an answer proves nobody's absence. Look-ups that are
// proven find who is there.
func TestListThatCountsTheAnswer(t *testing.T) {
	for name, blind := range map[string]bool{"proven look-ups": false, "look-ups that miss somebody": true} {
		server := newDirectory(company(40))
		server.blind = map[string]bool{"username": blind}
		s := openAt(t, systemtest.ServeHTTP(t, &capped{server, 25}), directories["searches"], func(c *Config) { c.PageSize = 100 })
		if found, err := s.Person(t.Context(), "u0033"); err != nil || len(found) != 1 {
			t.Errorf("%s: got %v, %v", name, found, err)
		}
		for _, key := range []string{"user33", "nobody"} {
			found, err := s.Person(t.Context(), key)
			switch {
			case blind:
				systemtest.WantUnavailable(t, len(found), err)
			case err != nil || key == "user33" && len(found) != 1 || key == "nobody" && len(found) != 0:
				t.Errorf("%s: Person(%q) = %v, %v", name, key, found, err)
			}
		}
	}
}

// bytewise compares letters beyond ASCII by their bytes, as SQLite and many a
// handwritten server do.
type bytewise struct{ *directoryServer }

func (b *bytewise) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	for _, field := range []string{"id", "email", "username"} {
		if !q.Has(field) || !strings.ContainsFunc(q.Get(field), func(r rune) bool { return r > '~' }) {
			continue
		}
		items := []map[string]any{}
		for _, item := range b.people {
			if item[field] == q.Get(field) {
				items = append(items, item)
			}
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"items": items, "total": len(items)})
		return
	}
	b.directoryServer.ServeHTTP(w, r)
}

// Whoever has letters beyond ASCII in a name is found in every spelling, whatever the
// system makes of them.
func TestLettersThatASystemComparesByBytes(t *testing.T) {
	seed := company(7)
	for _, id := range []string{"J\u00dcRGEN", "Jose\u0301", "Bj\u00f6rn"} {
		seed.People = append(seed.People, lifecycle.Person{ID: id, Kind: lifecycle.KindEmployee, Status: lifecycle.PersonActive})
	}
	for _, hides := range []string{"  hides: false\n", ""} {
		description := strings.Replace(directories["searches"], "  hides: false\n", hides, 1)
		s := openAt(t, systemtest.ServeHTTP(t, &bytewise{newDirectory(seed)}), description)
		for key, want := range map[string]string{
			"j\u00fcrgen": "J\u00dcRGEN", "ju\u0308rgen": "J\u00dcRGEN", "Jos\u00e9": "Jose\u0301", "Bjo\u0308rn": "Bj\u00f6rn", "Bj\u00f6rg": "",
		} {
			found, err := s.Person(t.Context(), key)
			if err != nil || want == "" && len(found) != 0 || want != "" && (len(found) != 1 || found[0].ID != want) {
				t.Errorf("hides %t: Person(%q) = %v, %v", hides == "", key, found, err)
			}
		}
		if got := system.ListingOf(s, system.CanReadPeople); got.Hides != (hides == "") {
			t.Errorf("got %+v", got)
		}
	}
}
