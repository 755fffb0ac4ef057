package table

import (
	"slices"
	"strings"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// TaskShelf holds open tasks by asset.
type TaskShelf struct {
	closed  map[string]bool
	byAsset map[string][]lifecycle.Task
}

// NewTasks returns an empty shelf.
func (w *Words) NewTasks() *TaskShelf {
	return &TaskShelf{closed: w.closed, byAsset: make(map[string][]lifecycle.Task)}
}

// Begin implements Shelf.
func (t *TaskShelf) Begin(string) {}

// End implements Shelf.
func (t *TaskShelf) End(Bits) {}

// Add takes a task if it is a custody task, open, and against an asset. A list
// of tasks exported from a help desk is full of others.
func (t *TaskShelf) Add(l *Layout, r *Row) error {
	kind, err := lifecycle.ParseTaskKind(system.Fold(r.cells[taskKind].Text))
	asset := strings.Clone(r.cells[taskAsset].Text)
	if err != nil || asset == "" || t.closed[system.Fold(r.cells[taskStatus].Text)] {
		return nil //nolint:nilerr // a task of another kind is not an error
	}
	if r.cells[taskID].Text == "" {
		return l.flawIn(r, taskID, "an id is required")
	}
	due, err := ParseDate(r.cells[taskDue].Text, true)
	if err != nil {
		return l.flawIn(r, taskDue, err.Error())
	}
	t.byAsset[asset] = append(t.byAsset[asset], lifecycle.Task{
		ID:   strings.Clone(r.cells[taskID].Text),
		Kind: kind,
		Due:  due,
		URL:  strings.Clone(r.cells[taskURL].Text),
	})
	return nil
}

// Done implements Shelf.
func (t *TaskShelf) Done() {
	for _, tasks := range t.byAsset {
		slices.SortStableFunc(tasks, func(a, b lifecycle.Task) int { return strings.Compare(a.ID, b.ID) })
	}
}

// Of returns the open tasks of an asset, sorted by id.
func (t *TaskShelf) Of(asset string) []lifecycle.Task { return t.byAsset[strings.TrimSpace(asset)] }
