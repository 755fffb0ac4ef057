package systemtest

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// Make returns a system that holds the seed.
type Make func(t *testing.T, seed Seed) system.System

// Harness is how a kind of system enters the suites.
type Harness struct {
	// Healthy makes a system that answers.
	Healthy Make
	// Broken makes systems that hold the seed but cannot answer, by what is
	// wrong with them.
	Broken map[string]Make
	// Sizes are the numbers of records that are listed; choose them around the
	// size of a page. Without any they are those around 500.
	Sizes []int
	// Unique says that the system cannot hold an id twice.
	Unique bool
}

// hostile are ids and names that mean something to some parser, query language
// or terminal.
var hostile = []string{
	`' OR '1'='1`, `*`, `*)(objectClass=*`, `%`, `_`, `a"b`, `a,b`, `a\b`, `=cmd|'/c calc'!A1`, `../../etc/passwd`,
	`a?b=c&d#e`, `a%2Fb`, "${jndi:x}", "%s%n", "-", "null", "true", "007", "1e3", "[x]", "{x}", "a: b", "# c", "& d", "~",
}

func day(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }

func endOf(t time.Time) time.Time { return t.Add(24*time.Hour - time.Second) }

// fullRecord states every field.
func fullRecord() lifecycle.Record {
	return lifecycle.Record{
		ID: "APP-1", Class: "application", Name: "Billing", State: lifecycle.StateInService, Owners: []string{"ann@example.org"},
		Purpose: "Sends bills", Environment: "production", Criticality: "high", ThirdParty: lifecycle.No, Shared: lifecycle.Yes,
		RetirementDate: endOf(day(2031, 12, 31)), VerifiedAt: day(2026, 1, 2), AssignedAt: day(2025, 3, 4),
	}
}

// Assets holds a kind of system to what the capability Assets promises.
func Assets(t *testing.T, h Harness) {
	open := func(t *testing.T, m Make, seed Seed) system.Assets {
		t.Helper()
		s, ok := system.AsAssets(m(t, seed))
		if !ok {
			t.Fatal("the system does not claim to read assets")
		}
		return s
	}
	get := func(t *testing.T, s system.Assets, id string) []lifecycle.Record {
		t.Helper()
		found, err := s.Asset(t.Context(), id)
		if err != nil {
			t.Fatalf("Asset(%q): %v", id, err)
		}
		return found
	}
	t.Run("present", func(t *testing.T) {
		want := fullRecord()
		found := get(t, open(t, h.Healthy, Seed{Records: []lifecycle.Record{want, {ID: "APP-2"}}}), "APP-1")
		if len(found) != 1 {
			t.Fatalf("%d records, want 1", len(found))
		}
		found[0].Source = ""
		if !reflect.DeepEqual(found[0], want) {
			t.Errorf("got  %+v\nwant %+v", found[0], want)
		}
	})
	t.Run("unstated", func(t *testing.T) {
		found := get(t, open(t, h.Healthy, Seed{Records: []lifecycle.Record{fullRecord(), {ID: "APP-2"}}}), "APP-2")
		if len(found) != 1 {
			t.Fatalf("%d records, want 1", len(found))
		}
		found[0].Source = ""
		if want := (lifecycle.Record{ID: "APP-2"}); !reflect.DeepEqual(found[0], want) {
			t.Errorf("got  %+v\nwant %+v", found[0], want)
		}
	})
	t.Run("absent", func(t *testing.T) {
		s := open(t, h.Healthy, Seed{Records: []lifecycle.Record{fullRecord()}})
		for _, id := range append([]string{"", "APP-", "APP-11", "app-1", "APP-2"}, hostile...) {
			if found := get(t, s, id); len(found) != 0 {
				t.Errorf("Asset(%q) = %+v, want none", id, found)
			}
		}
	})
	t.Run("duplicate", func(t *testing.T) {
		if h.Unique {
			t.Skip("the system cannot hold an id twice")
		}
		one, two, three := fullRecord(), fullRecord(), fullRecord()
		two.State, three.Name = lifecycle.StateRetired, "Third"
		found := get(t, open(t, h.Healthy, Seed{Records: []lifecycle.Record{one, {ID: "APP-2"}, two, three}}), "APP-1")
		if len(found) != 3 {
			t.Fatalf("%d records, want 3", len(found))
		}
		if found[0].Source == found[1].Source || found[1].Source == found[2].Source {
			t.Errorf("the sources %q, %q and %q do not tell the records apart", found[0].Source, found[1].Source, found[2].Source)
		}
	})
	t.Run("renamed and moved to another owner", func(t *testing.T) {
		r := fullRecord()
		r.Name, r.Owners = "Invoicing", []string{"bob@example.org"}
		found := get(t, open(t, h.Healthy, Seed{Records: []lifecycle.Record{r}}), "APP-1")
		if len(found) != 1 || found[0].Name != "Invoicing" || !slices.Equal(found[0].Owners, r.Owners) {
			t.Errorf("got %+v", found)
		}
	})
	t.Run("several owners", func(t *testing.T) {
		r := fullRecord()
		r.Owners = []string{"ann@example.org", "bob@example.org", "team-1"}
		found := get(t, open(t, h.Healthy, Seed{Records: []lifecycle.Record{r}}), "APP-1")
		if len(found) != 1 || !slices.Equal(found[0].Owners, r.Owners) {
			t.Errorf("got %+v", found)
		}
	})
	t.Run("unicode and hostile values", func(t *testing.T) { hostileAssets(t, open, h.Healthy) })
	t.Run("list", func(t *testing.T) {
		sizes := h.Sizes
		if sizes == nil {
			sizes = []int{1, 2, 500, 501}
		}
		for _, n := range sizes {
			var seed Seed
			want := make(map[string]bool, n)
			for i := range n {
				id := "ID-" + strings.Repeat("x", i%7) + time.Duration(i).String()
				seed.Records = append(seed.Records, lifecycle.Record{ID: id})
				want[id] = true
			}
			count := 0
			for r, err := range open(t, h.Healthy, seed).Assets(t.Context()) {
				if err != nil {
					t.Fatal(err)
				}
				count++
				delete(want, r.ID)
			}
			if count != n || len(want) != 0 {
				t.Errorf("%d of %d records listed, %d missing", count, n, len(want))
			}
		}
	})
	t.Run("cancelled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		found, err := open(t, h.Healthy, Seed{Records: []lifecycle.Record{fullRecord()}}).Asset(ctx, "APP-1")
		wantCancelled(t, len(found), err)
	})
	for name, broken := range h.Broken {
		t.Run("unavailable: "+name, func(t *testing.T) {
			s := open(t, broken, Seed{Records: []lifecycle.Record{fullRecord(), {ID: "APP-2"}, {ID: "APP-3"}}})
			for _, id := range []string{"APP-1", "APP-9"} {
				found, err := s.Asset(t.Context(), id)
				WantUnavailable(t, len(found), err)
			}
			var last error
			for _, err := range s.Assets(t.Context()) {
				last = err
			}
			WantUnavailable(t, 0, last)
		})
	}
}

func hostileAssets(t *testing.T, open func(*testing.T, Make, Seed) system.Assets, healthy Make) {
	var seed Seed
	for _, text := range append([]string{"Überwachung", "请求", "🔑", "नमस्ते", "e\u0301"}, hostile...) {
		seed.Records = append(seed.Records, lifecycle.Record{ID: text, Name: text, Owners: []string{text}, Purpose: text})
	}
	spoof := "safe\u202eevil\u0007\x1b[31m\nNo changes."
	seed.Records = append(seed.Records, lifecycle.Record{ID: "spoof", Name: spoof, Purpose: spoof, Owners: []string{spoof}})
	s := open(t, healthy, seed)
	for _, want := range seed.Records[:len(seed.Records)-1] {
		found, err := s.Asset(t.Context(), want.ID)
		if err != nil || len(found) != 1 {
			t.Fatalf("Asset(%q) = %d records, %v", want.ID, len(found), err)
		}
		if r := found[0]; r.Name != want.Name || r.Purpose != want.Purpose || !slices.Equal(r.Owners, want.Owners) {
			t.Errorf("got %+v, want %+v", r, want)
		}
	}
	found, err := s.Asset(t.Context(), "spoof")
	if err != nil || len(found) != 1 {
		t.Fatalf("%d records, %v", len(found), err)
	}
	for _, text := range append([]string{found[0].Name, found[0].Purpose}, found[0].Owners...) {
		if !Presentable(text) {
			t.Errorf("%q could change how a plan reads", text)
		}
	}
}

// Presentable reports whether a text is valid UTF-8 without control characters
// and direction marks.
func Presentable(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool {
		return r != '\u200c' && r != '\u200d' && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp)
	})
}

// WantUnavailable fails the test unless err says that the system is unavailable
// and nothing was answered besides.
func WantUnavailable(t *testing.T, answers int, err error) {
	t.Helper()
	if answers != 0 {
		t.Errorf("%d answers besides the error", answers)
	}
	var f *fault.Fault
	if !errors.Is(err, fault.ErrUnavailable) || !errors.As(err, &f) {
		t.Fatalf("got error %v, want a fault of kind ErrUnavailable", err)
	}
	if f.Summary == "" || f.Happened == "" || f.Consequence == "" || f.Advice == "" {
		t.Errorf("the fault leaves something unsaid: %+v", f)
	}
}

func wantCancelled(t *testing.T, answers int, err error) {
	t.Helper()
	if answers != 0 || !errors.Is(err, context.Canceled) || errors.Is(err, fault.ErrUnavailable) {
		t.Errorf("got %d answers and error %v, want none and context.Canceled", answers, err)
	}
}
