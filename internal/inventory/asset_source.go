package inventory

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/memo"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// shelf is what this run knows of the assets of one system.
type shelf struct {
	assets  system.Assets
	records *reader[lifecycle.Record, sheet]
	tasks   *reader[lifecycle.Task, docket] // nil if the system has none

	entire memo.Memo[sheet] // where no list is kept for look-ups
}

// sheet is a list of records, sorted by id; those of one id keep the order of
// the system.
type sheet []lifecycle.Record

// docket holds open tasks by asset, those of an asset sorted by id.
type docket map[string][]lifecycle.Task

func newShelf(assets system.Assets, p *purse) *shelf {
	s := &shelf{assets: assets}
	s.records = &reader[lifecycle.Record, sheet]{
		account: account{purse: p},
		read:    assets.Asset,
		price:   func(id string) int { return system.PriceOf(assets, system.CanReadAssets, id) },
		listing: func() system.Listing { return system.ListingOf(assets, system.CanReadAssets) },
		whole: func(ctx context.Context) (sheet, error) {
			records, err := collect(ctx, assets.Assets(ctx))
			return newSheet(records), err
		},
	}
	tasks, ok := system.AsTasks(assets)
	if !ok {
		return s
	}
	s.tasks = &reader[lifecycle.Task, docket]{
		account: account{purse: p},
		read:    tasks.Tasks,
		price:   func(asset string) int { return system.PriceOf(tasks, system.CanReadTasks, asset) },
		listing: func() system.Listing { return system.ListingOf(tasks, system.CanReadTasks) },
		whole: func(ctx context.Context) (docket, error) {
			// ListingOf gives no page size to a system that cannot do this.
			open, err := collect(ctx, tasks.(system.TasksLister).OpenTasks(ctx)) //nolint:errcheck // see above
			return newDocket(open), err
		},
	}
	return s
}

// asset returns the records with one id.
func (s *shelf) asset(ctx context.Context, id string) ([]lifecycle.Record, error) {
	return s.records.get(ctx, id)
}

// openTasks returns the open tasks of one asset.
func (s *shelf) openTasks(ctx context.Context, id string) ([]lifecycle.Task, error) {
	if s.tasks == nil {
		return nil, nil
	}
	return s.tasks.get(ctx, id)
}

// list returns all records, sorted by id, however many there are: whoever asks
// for all of them wants them all.
func (s *shelf) list(ctx context.Context) ([]lifecycle.Record, error) {
	if l := s.records.listing(); l.PageSize > 0 && l.Count <= most {
		all, err := s.records.all(ctx)
		if !errors.Is(err, errTooMany) {
			return all, err
		}
	}
	return s.entire.Get(ctx, "", func(ctx context.Context) (sheet, error) {
		var out []lifecycle.Record
		for r, err := range s.assets.Assets(ctx) {
			if err != nil {
				return nil, err
			}
			out = append(out, r)
		}
		return newSheet(out), nil
	})
}

func newSheet(records []lifecycle.Record) sheet {
	slices.SortStableFunc(records, func(a, b lifecycle.Record) int { return strings.Compare(a.ID, b.ID) })
	return records
}

func (s sheet) find(id string) []lifecycle.Record {
	id = strings.TrimSpace(id)
	if id == "" {
		return nil
	}
	from, found := slices.BinarySearchFunc(s, id, func(r lifecycle.Record, id string) int { return strings.Compare(r.ID, id) })
	if !found {
		return nil
	}
	to := from + 1
	for to < len(s) && s[to].ID == id {
		to++
	}
	return s[from:to:to]
}

func newDocket(open []system.AssetTask) docket {
	d := make(docket)
	for _, t := range open {
		d[t.Asset] = append(d[t.Asset], t.Task)
	}
	for _, tasks := range d {
		slices.SortStableFunc(tasks, func(a, b lifecycle.Task) int { return strings.Compare(a.ID, b.ID) })
	}
	return d
}

func (d docket) find(asset string) []lifecycle.Task { return d[strings.TrimSpace(asset)] }
