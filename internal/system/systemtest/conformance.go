package systemtest

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strconv"
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
	// Broken makes systems that hold the seed but cannot answer, by the kind of
	// failure.
	Broken map[string]Make
	// Sizes are the numbers of records that are listed; choose them around the
	// size of a page. Without any they are those around 500.
	Sizes []int
	// Unique says that the system cannot hold an id twice.
	Unique bool
	// Others is how many people the system lists in addition to those of the seed.
	Others int
}

// hostile are ids and names with a meaning for a parser, a query language or a
// terminal.
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

// Assets checks that a kind of system keeps the contract of the capability
// Assets.
func Assets(t *testing.T, h Harness) {
	a := assetSuite{h}
	t.Run("present", a.present)
	t.Run("absent", a.absent)
	t.Run("duplicate", a.duplicate)
	t.Run("renamed and moved to another owner", a.renamed)
	t.Run("several owners", a.severalOwners)
	t.Run("unicode and hostile values", a.hostile)
	t.Run("spoofing", a.spoofing)
	t.Run("list", a.list)
	t.Run("cancelled", a.cancelled)
	for name, broken := range h.Broken {
		t.Run("unavailable: "+name, func(t *testing.T) { a.unavailable(t, broken) })
	}
}

type assetSuite struct{ h Harness }

func (a assetSuite) open(t *testing.T, m Make, records ...lifecycle.Record) system.Assets {
	t.Helper()
	s, ok := system.AsAssets(m(t, Seed{Records: records}))
	if !ok {
		t.Fatal("the system does not claim to read assets")
	}
	return s
}

// get returns the records with an id and fails unless there are n.
func (a assetSuite) get(t *testing.T, s system.Assets, id string, n int) []lifecycle.Record {
	t.Helper()
	found, err := s.Asset(t.Context(), id)
	if err != nil || len(found) != n {
		t.Fatalf("Asset(%q) = %+v, %v; want %d records", id, found, err, n)
	}
	return found
}

func (a assetSuite) present(t *testing.T) {
	s := a.open(t, a.h.Healthy, fullRecord(), lifecycle.Record{ID: "APP-2"})
	for id, want := range map[string]lifecycle.Record{"APP-1": fullRecord(), " APP-1 ": fullRecord(), "APP-2": {ID: "APP-2"}} {
		got := a.get(t, s, id, 1)[0]
		got.Source = ""
		if !reflect.DeepEqual(got, want) {
			t.Errorf("Asset(%q)\ngot  %+v\nwant %+v", id, got, want)
		}
	}
}

func (a assetSuite) absent(t *testing.T) {
	s := a.open(t, a.h.Healthy, fullRecord())
	for _, id := range append([]string{"", "APP-", "APP-11", "app-1", "APP-2"}, hostile...) {
		a.get(t, s, id, 0)
	}
}

func (a assetSuite) duplicate(t *testing.T) {
	if a.h.Unique {
		t.Skip("the system cannot hold an id twice")
	}
	two, three := fullRecord(), fullRecord()
	two.State, three.Name = lifecycle.StateRetired, "Third"
	found := a.get(t, a.open(t, a.h.Healthy, fullRecord(), lifecycle.Record{ID: "APP-2"}, two, three), "APP-1", 3)
	if found[0].Source == found[1].Source || found[1].Source == found[2].Source {
		t.Errorf("the sources %q, %q and %q do not tell the records apart", found[0].Source, found[1].Source, found[2].Source)
	}
}

func (a assetSuite) renamed(t *testing.T) {
	r := fullRecord()
	r.Name, r.Owners = "Invoicing", []string{"bob@example.org"}
	got := a.get(t, a.open(t, a.h.Healthy, r), "APP-1", 1)[0]
	if got.Name != "Invoicing" || !slices.Equal(got.Owners, r.Owners) {
		t.Errorf("got %+v", got)
	}
}

func (a assetSuite) severalOwners(t *testing.T) {
	r := fullRecord()
	r.Owners = []string{"ann@example.org", "bob@example.org", "team-1"}
	if got := a.get(t, a.open(t, a.h.Healthy, r), "APP-1", 1)[0]; !slices.Equal(got.Owners, r.Owners) {
		t.Errorf("got %+v", got)
	}
}

func (a assetSuite) hostile(t *testing.T) {
	var records []lifecycle.Record
	for _, text := range append([]string{"Überwachung", "请求", "🔑", "नमस्ते", "e\u0301"}, hostile...) {
		records = append(records, lifecycle.Record{ID: text, Name: text, Owners: []string{text}, Purpose: text})
	}
	s := a.open(t, a.h.Healthy, records...)
	for _, want := range records {
		got := a.get(t, s, want.ID, 1)[0]
		if got.Name != want.Name || got.Purpose != want.Purpose || !slices.Equal(got.Owners, want.Owners) {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
}

func (a assetSuite) spoofing(t *testing.T) {
	spoof := "safe\u202eevil\u0007\x1b[31m\nNo changes."
	got := a.get(t, a.open(t, a.h.Healthy, lifecycle.Record{ID: "A", Name: spoof, Purpose: spoof, Owners: []string{spoof}}), "A", 1)[0]
	for _, text := range append([]string{got.Name, got.Purpose}, got.Owners...) {
		if !Presentable(text) {
			t.Errorf("%q could change how a plan reads", text)
		}
	}
}

func (a assetSuite) list(t *testing.T) {
	sizes := a.h.Sizes
	if sizes == nil {
		sizes = []int{1, 2, 500, 501}
	}
	for _, n := range sizes {
		var records []lifecycle.Record
		want := make(map[string]bool, n)
		for i := range n {
			id := "ID-" + strings.Repeat("x", i%7) + strconv.Itoa(i)
			records = append(records, lifecycle.Record{ID: id})
			want[id] = true
		}
		count := 0
		for r, err := range a.open(t, a.h.Healthy, records...).Assets(t.Context()) {
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
}

func (a assetSuite) cancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	found, err := a.open(t, a.h.Healthy, fullRecord()).Asset(ctx, "APP-1")
	wantCancelled(t, len(found), err)
}

func (a assetSuite) unavailable(t *testing.T, broken Make) {
	s := a.open(t, broken, fullRecord(), lifecycle.Record{ID: "APP-2"}, lifecycle.Record{ID: "APP-3"})
	for _, id := range []string{"APP-1", "APP-9"} {
		found, err := s.Asset(t.Context(), id)
		WantUnavailable(t, len(found), err)
	}
	var last error
	for _, err := range s.Assets(t.Context()) {
		last = err
	}
	WantUnavailable(t, 0, last)
}

// Presentable reports whether a text is valid UTF-8 without control characters
// and direction marks.
func Presentable(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool {
		return r != '\u200c' && r != '\u200d' && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp)
	})
}

// WantUnavailable fails the test unless err says that the system is unavailable
// and the answer is empty.
func WantUnavailable(t *testing.T, answers int, err error) {
	t.Helper()
	if answers != 0 {
		t.Errorf("%d answers besides the error", answers)
	}
	var f *fault.Fault
	if !errors.Is(err, fault.ErrUnavailable) || !errors.As(err, &f) {
		t.Fatalf("got error %v, want a fault of kind ErrUnavailable", err)
	}
	if f.Summary == "" || f.Happened == "" || f.Advice == "" {
		t.Errorf("the fault leaves something unsaid: %+v", f)
	}
	if f.Consequence != "" {
		t.Errorf("the fault says what only the operation knows: %q", f.Consequence)
	}
}

func wantCancelled(t *testing.T, answers int, err error) {
	t.Helper()
	if answers != 0 || !errors.Is(err, context.Canceled) || errors.Is(err, fault.ErrUnavailable) {
		t.Errorf("got %d answers and error %v, want none and context.Canceled", answers, err)
	}
}
