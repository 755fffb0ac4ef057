package inventory

import (
	"context"
	"slices"
	"strings"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/snapshot"
)

// shelf is what this run knows of the assets of one system. How an answer is
// obtained, by a single read or out of a list, is decided here and nowhere
// else.
type shelf struct {
	assets system.Assets
	tasks  system.Tasks // nil if the system has none

	single snapshot.Memo[[]lifecycle.Record]
	all    snapshot.Memo[[]lifecycle.Record]
	open   snapshot.Memo[[]lifecycle.Task]
}

func newShelf(assets system.Assets) *shelf {
	s := &shelf{assets: assets}
	if tasks, ok := system.AsTasks(assets); ok {
		s.tasks = tasks
	}
	return s
}

// asset returns the records with one id.
func (s *shelf) asset(ctx context.Context, id string) ([]lifecycle.Record, error) {
	return s.single.Get(ctx, id, func(ctx context.Context) ([]lifecycle.Record, error) {
		return s.assets.Asset(ctx, id)
	})
}

// openTasks returns the open tasks of one asset.
func (s *shelf) openTasks(ctx context.Context, id string) ([]lifecycle.Task, error) {
	if s.tasks == nil {
		return nil, nil
	}
	return s.open.Get(ctx, id, func(ctx context.Context) ([]lifecycle.Task, error) {
		return s.tasks.Tasks(ctx, id)
	})
}

// list returns all records, sorted by id.
func (s *shelf) list(ctx context.Context) ([]lifecycle.Record, error) {
	return s.all.Get(ctx, "", func(ctx context.Context) ([]lifecycle.Record, error) {
		var out []lifecycle.Record
		for r, err := range s.assets.Assets(ctx) {
			if err != nil {
				return nil, err
			}
			out = append(out, r)
		}
		slices.SortStableFunc(out, func(a, b lifecycle.Record) int { return strings.Compare(a.ID, b.ID) })
		return out, nil
	})
}
