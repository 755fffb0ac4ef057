// Package paging limits how long a list is read. A server may return links,
// cursors or ids forever, with rows or without, but a plan must end.
package paging

import (
	"context"
	"fmt"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/clock"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// The limits of one list.
const (
	// MostPages is the most pages of a list.
	MostPages = 10_000
	// MostWithoutNew is the most pages in a row that contain nothing new.
	MostWithoutNew = 20
	// MostEntries is the most entries of a list.
	MostEntries = 1_000_000
	// MostTime is how long a list may take. A list of 100,000 entries in pages of
	// 100 takes 17 minutes from a server that needs a second for each.
	MostTime = 30 * time.Minute
)

// Advice is what to do about a list that was not read to its end.
const Advice = "Look at the system itself: its list has no end, or takes too long. A larger page_size takes fewer requests."

// reportEvery is how many pages are read between two reports.
const reportEvery = 10

// Walk is the reading of one list, page by page.
type Walk struct {
	progress   system.Progress
	clock      clock.Clock
	begun      time.Time
	withoutNew int
}

// Begin begins to read a list of a system. What the list holds is named for
// messages: "assets".
func Begin(c clock.Clock, name, what string) *Walk {
	return &Walk{clock: c, begun: c.Now(), progress: system.Progress{System: name, What: what}}
}

// Page notes a page that was read, with the number of its entries that had not
// come before. It returns why the next page must not be asked for: a clause, or
// nothing if it may be.
func (w *Walk) Page(ctx context.Context, fresh int) (reason string) {
	p := &w.progress
	p.Pages++
	p.Entries += fresh
	if w.withoutNew++; fresh > 0 {
		w.withoutNew = 0
	}
	if p.Pages%reportEvery == 0 {
		system.Report(ctx, *p)
	}
	switch {
	case w.withoutNew >= MostWithoutNew:
		return fmt.Sprintf("the last %d pages of its list of %s contained nothing new, so the list may have no end", w.withoutNew, p.What)
	case p.Pages >= MostPages:
		return fmt.Sprintf("its list of %s has no end after %d pages and %d entries", p.What, p.Pages, p.Entries)
	case p.Entries > MostEntries:
		return fmt.Sprintf("its list of %s has more than %d entries", p.What, MostEntries)
	case w.clock.Now().Sub(w.begun) >= MostTime:
		return fmt.Sprintf("its list of %s has no end after %s, %d pages and %d entries", p.What, MostTime, p.Pages, p.Entries)
	}
	return ""
}
