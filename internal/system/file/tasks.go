package file

import (
	"slices"
	"strings"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// taskShelf holds the open tasks of all files by asset.
type taskShelf struct {
	closed  map[string]bool
	byAsset map[string][]lifecycle.Task
}

func newTaskShelf(s *System) *taskShelf {
	return &taskShelf{closed: s.closed, byAsset: make(map[string][]lifecycle.Task)}
}

func (t *taskShelf) begin(string) {}

func (t *taskShelf) end(bits) {}

// add takes a task if it is a custody task, open, and against an asset. A list
// of tasks exported from a help desk is full of others.
func (t *taskShelf) add(l *layout, r *row) error {
	kind, err := lifecycle.ParseTaskKind(system.Fold(r.cells[taskKind].text))
	asset := strings.Clone(r.cells[taskAsset].text)
	if err != nil || asset == "" || t.closed[system.Fold(r.cells[taskStatus].text)] {
		return nil //nolint:nilerr // a task of another kind is not an error
	}
	if r.cells[taskID].text == "" {
		return l.flawIn(r, taskID, "an id is required")
	}
	due, err := parseDate(r.cells[taskDue].text, true)
	if err != nil {
		return l.flawIn(r, taskDue, err.Error())
	}
	t.byAsset[asset] = append(t.byAsset[asset], lifecycle.Task{
		ID:   strings.Clone(r.cells[taskID].text),
		Kind: kind,
		Due:  due,
		URL:  strings.Clone(r.cells[taskURL].text),
	})
	return nil
}

func (t *taskShelf) done() {
	for _, tasks := range t.byAsset {
		slices.SortStableFunc(tasks, func(a, b lifecycle.Task) int { return strings.Compare(a.ID, b.ID) })
	}
}
