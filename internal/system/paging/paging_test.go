package paging_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/clock"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/paging"
)

// pages walks until the walk is ended and returns the pages that took, and why.
func pages(ctx context.Context, fresh func(page int) int, tick time.Duration) (int, string) {
	c := clock.NewFake(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC))
	w := paging.Begin(c, "hq", "assets")
	for page := 1; ; page++ {
		c.Advance(tick)
		if reason := w.Page(ctx, fresh(page)); reason != "" {
			return page, reason
		}
	}
}

func TestEveryListEnds(t *testing.T) {
	for name, c := range map[string]struct {
		fresh func(int) int
		tick  time.Duration
		pages int
		says  string
	}{
		"nothing new":              {func(int) int { return 0 }, 0, paging.MostWithoutNew, "contained nothing new"},
		"nothing new after a time": {func(p int) int { return max(0, 6-p) }, 0, 5 + paging.MostWithoutNew, "contained nothing new"},
		"now and then something":   {func(p int) int { return p % 2 }, 0, paging.MostPages, "no end after 10000 pages and 5000 entries"},
		"always something":         {func(int) int { return 100 }, 0, paging.MostPages, "no end after 10000 pages and 1000000 entries"},
		"large pages":              {func(int) int { return 100_001 }, 0, 10, "more than 1000000 entries"},
		"too slow":                 {func(int) int { return 100 }, time.Minute, 30, "no end after 30m0s, 30 pages and 3000 entries"},
	} {
		if n, reason := pages(t.Context(), c.fresh, c.tick); n != c.pages || !strings.Contains(reason, c.says) {
			t.Errorf("%s: ended after %d pages: %s", name, n, reason)
		}
	}
}

func TestALongListIsReported(t *testing.T) {
	var told []system.Progress
	ctx := system.WithProgress(t.Context(), func(_ context.Context, p system.Progress) { told = append(told, p) })
	if n, _ := pages(ctx, func(int) int { return 2 }, time.Minute); n != 30 {
		t.Errorf("%d pages", n)
	}
	want := []system.Progress{{System: "hq", What: "assets", Pages: 10, Entries: 20}, {System: "hq", What: "assets", Pages: 20, Entries: 40}, {System: "hq", What: "assets", Pages: 30, Entries: 60}}
	if !slices.Equal(told, want) {
		t.Errorf("told %+v", told)
	}
}
