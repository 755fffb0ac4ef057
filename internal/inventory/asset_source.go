package inventory

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/memo"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// assetSource holds what this run has read about the assets of one system.
type assetSource struct {
	assets  system.Assets
	count   *counter
	records *reader[lifecycle.Record, recordIndex]
	tasks   *reader[lifecycle.Task, taskIndex] // nil if the system has none

	entire memo.Memo[recordIndex] // if no list is kept for look-ups

	announced, written sync.Map // *lifecycle.Record by id; see Inventory.Announce and Inventory.Wrote
}

// recordIndex is a list of records, sorted by id; those of one id keep the order of
// the system.
type recordIndex []lifecycle.Record

// taskIndex holds open tasks by asset, those of an asset sorted by id.
type taskIndex map[string][]lifecycle.Task

func newAssetSource(assets system.Assets, p *budget, count *counter) *assetSource {
	s := &assetSource{assets: assets, count: count}
	s.records = &reader[lifecycle.Record, recordIndex]{
		account: account{budget: p},
		count:   count,
		read:    assets.Asset,
		price:   func(id string) int { return system.PriceOf(assets, system.CanReadAssets, id) },
		listing: func() system.Listing { return system.ListingOf(assets, system.CanReadAssets) },
		whole: func(ctx context.Context) (recordIndex, error) {
			records, err := counted(ctx, count, assets.Assets(ctx))
			return newRecordIndex(records), err
		},
	}
	tasks, ok := system.AsTasks(assets)
	if !ok {
		return s
	}
	s.tasks = &reader[lifecycle.Task, taskIndex]{
		account: account{budget: p},
		read:    tasks.Tasks,
		price:   func(asset string) int { return system.PriceOf(tasks, system.CanReadTasks, asset) },
		listing: func() system.Listing { return system.ListingOf(tasks, system.CanReadTasks) },
		whole: func(ctx context.Context) (taskIndex, error) {
			// ListingOf gives no page size to a system that cannot do this.
			open, err := collect(ctx, tasks.(system.TasksLister).OpenTasks(ctx)) //nolint:errcheck // see above
			return newTaskIndex(open), err
		},
	}
	return s
}

// asset returns the records with one id.
func (s *assetSource) asset(ctx context.Context, id string) ([]lifecycle.Record, error) {
	if r, ok := s.written.Load(id); ok {
		return []lifecycle.Record{*r.(*lifecycle.Record)}, nil //nolint:errcheck // nothing else is stored
	}
	return s.records.get(ctx, id)
}

// openTasks returns the open tasks of one asset.
func (s *assetSource) openTasks(ctx context.Context, id string) ([]lifecycle.Task, error) {
	if s.tasks == nil {
		return nil, nil
	}
	return s.tasks.get(ctx, id)
}

// list returns all records, sorted by id, without a limit on their number.
func (s *assetSource) list(ctx context.Context) ([]lifecycle.Record, error) {
	if l := s.records.listing(); l.PageSize > 0 && l.Count <= most {
		all, err := s.records.all(ctx)
		if !errors.Is(err, errTooMany) {
			return all, err
		}
	}
	return s.entire.Get(ctx, "", func(ctx context.Context) (recordIndex, error) {
		var out []lifecycle.Record
		for r, err := range s.assets.Assets(ctx) {
			if err != nil {
				return nil, err
			}
			out = append(out, r)
		}
		if err := s.count.note(ctx, len(out)); err != nil {
			return nil, err
		}
		return newRecordIndex(out), nil
	})
}

func newRecordIndex(records []lifecycle.Record) recordIndex {
	slices.SortStableFunc(records, func(a, b lifecycle.Record) int { return strings.Compare(a.ID, b.ID) })
	return records
}

func (s recordIndex) find(id string) []lifecycle.Record {
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

func newTaskIndex(open []system.AssetTask) taskIndex {
	d := make(taskIndex)
	for _, t := range open {
		d[t.Asset] = append(d[t.Asset], t.Task)
	}
	for _, tasks := range d {
		slices.SortStableFunc(tasks, func(a, b lifecycle.Task) int { return strings.Compare(a.ID, b.ID) })
	}
	return d
}

func (d taskIndex) find(asset string) []lifecycle.Task { return d[strings.TrimSpace(asset)] }
