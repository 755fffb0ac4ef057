package systemtest

import (
	"cmp"
	"context"
	"iter"
	"maps"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// Paged is a Fake that can also be listed. Each page is a separate call: "Assets
// page 1", "People page 1", "Tasks page 1". Its fields may be set before it is
// used.
type Paged struct {
	*Fake
	// Listings are the answers of Listing. A capability that is not in it has no
	// list.
	Listings map[system.Capability]system.Listing
	// Hidden are the ids of the assets and people that lists leave out.
	Hidden map[string]bool
	// Prices are the answers of Price, in requests, by capability and key; one if
	// nil. A single read is one call at any price.
	Prices func(c system.Capability, key string) int

	flying, peak atomic.Int32
}

var (
	_ system.Assets       = (*Paged)(nil)
	_ system.PeopleLister = (*Paged)(nil)
	_ system.TasksLister  = (*Paged)(nil)
	_ system.Priced       = (*Paged)(nil)
)

// NewPaged returns a fake whose lists have size entries on a page and whose
// calls take as long as latency; the test decides whose time that is.
func NewPaged(name string, seed Seed, size int, latency time.Duration, caps ...system.Capability) *Paged {
	p := &Paged{Fake: NewFake(name, seed, caps...), Listings: make(map[system.Capability]system.Listing), Hidden: make(map[string]bool)}
	for c := range p.caps {
		p.Listings[c] = system.Listing{PageSize: size, Members: c == system.CanReadPeople}
	}
	p.during = func(ctx context.Context) {
		now := p.flying.Add(1)
		defer p.flying.Add(-1)
		for peak := p.peak.Load(); now > peak && !p.peak.CompareAndSwap(peak, now); peak = p.peak.Load() {
		}
		if latency > 0 {
			timer := time.NewTimer(latency)
			defer timer.Stop()
			select {
			case <-timer.C:
			case <-ctx.Done():
			}
		}
	}
	return p
}

// MostAtOnce returns the most calls that were under way at a time.
func (p *Paged) MostAtOnce() int { return int(p.peak.Load()) }

// Listing returns what Listings says.
func (p *Paged) Listing(c system.Capability) system.Listing { return p.Listings[c] }

// Price returns what Prices says.
func (p *Paged) Price(c system.Capability, key string) int {
	if p.Prices == nil {
		return 1
	}
	return p.Prices(c, key)
}

// Assets yields the seeded records that are not hidden, page by page.
func (p *Paged) Assets(ctx context.Context) iter.Seq2[lifecycle.Record, error] {
	records := slices.DeleteFunc(slices.Clone(p.seed.Records), func(r lifecycle.Record) bool { return p.Hidden[r.ID] })
	return pages(ctx, p, system.CanReadAssets, "Assets", records)
}

// ListPeople yields the seeded people who are not hidden, page by page.
func (p *Paged) ListPeople(ctx context.Context) iter.Seq2[system.Entry, error] {
	members := make(map[string][]string)
	for _, person := range p.seed.People {
		for _, team := range person.Teams {
			team = system.Fold(team)
			members[team] = append(members[team], person.ID)
		}
	}
	var entries []system.Entry
	for _, person := range p.seed.People {
		if p.Hidden[person.ID] {
			continue
		}
		person.Directory = p.name
		e := system.Entry{Person: person, Keys: []string{person.ID, person.Email, person.Username}}
		if person.Kind == lifecycle.KindTeam {
			e.Members = members[system.Fold(person.ID)]
		}
		entries = append(entries, e)
	}
	return pages(ctx, p, system.CanReadPeople, "People", entries)
}

// OpenTasks yields the seeded tasks, page by page.
func (p *Paged) OpenTasks(ctx context.Context) iter.Seq2[system.AssetTask, error] {
	var open []system.AssetTask
	for _, asset := range slices.Sorted(maps.Keys(p.seed.Tasks)) {
		for _, task := range p.seed.Tasks[asset] {
			open = append(open, system.AssetTask{Asset: asset, Task: task})
		}
	}
	return pages(ctx, p, system.CanReadTasks, "Tasks", open)
}

func pages[T any](ctx context.Context, p *Paged, c system.Capability, method string, all []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		size := cmp.Or(p.Listings[c].PageSize, 1)
		for number := 1; number == 1 || len(all) > 0; number++ {
			if err := p.called(ctx, method, "page "+strconv.Itoa(number)); err != nil {
				yield(none, err)
				return
			}
			n := min(size, len(all))
			for _, entry := range all[:n] {
				if !yield(entry, nil) {
					return
				}
			}
			all = all[n:]
		}
	}
}
