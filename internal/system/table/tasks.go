package table

import (
	"slices"
	"strings"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// TaskIndex holds open tasks by asset.
type TaskIndex struct {
	closed  map[string]bool
	byAsset map[string][]lifecycle.Task
}

// NewTasks returns an empty index.
func (w *Words) NewTasks() *TaskIndex {
	return &TaskIndex{closed: w.closed, byAsset: make(map[string][]lifecycle.Task)}
}

// Begin implements Index.
func (t *TaskIndex) Begin(string) {}

// End implements Index.
func (t *TaskIndex) End(Bits) {}

// Add takes a task if it is a custody task, open, and against an asset. A list
// of tasks exported from a help desk is full of others.
func (t *TaskIndex) Add(l *Layout, r *Row) {
	kind, err := lifecycle.ParseTaskKind(system.Fold(r.cells[taskKind].Text))
	if r.bad == 0 && r.cells[taskID].Text == "" && r.cells[taskKind].Text == "" && r.cells[taskAsset].Text == "" {
		l.flaw(r, taskID, "an id is required") // it is no task of another kind, and may be none
	}
	asset := strings.Clone(system.Composed(r.cells[taskAsset].Text))
	if err != nil || asset == "" || t.closed[system.Fold(r.cells[taskStatus].Text)] {
		return // a task of another kind is not an error
	}
	if r.cells[taskID].Text == "" {
		l.flaw(r, taskID, "an id is required")
	}
	due := l.date(r, taskDue)
	if r.bad != 0 {
		return
	}
	t.byAsset[asset] = append(t.byAsset[asset], lifecycle.Task{
		ID:   strings.Clone(r.cells[taskID].Text),
		Kind: kind,
		Due:  due,
		URL:  strings.Clone(r.cells[taskURL].Text),
	})
}

// Done implements Index.
func (t *TaskIndex) Done() {
	for _, tasks := range t.byAsset {
		slices.SortStableFunc(tasks, func(a, b lifecycle.Task) int { return strings.Compare(a.ID, b.ID) })
	}
}

// Of returns the open tasks of an asset, sorted by id.
func (t *TaskIndex) Of(asset string) []lifecycle.Task {
	return t.byAsset[system.Composed(strings.TrimSpace(asset))]
}
