package rest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// taskFields are the fields of a task with the types that their expressions may
// have. asset is the id of the asset that the task is about, and open whether
// it still is. key is what no two rows share, if ids may repeat: a task may have
// a row for each of its assets.
var taskFields = map[string][]*cel.Type{
	"id": scalars, "key": scalars, "kind": scalars, "asset": scalars, "open": flags, "due": scalars, "url": scalars,
}

// taskRules says how tasks are asked for and read.
type taskRules struct {
	get     *listing // of one asset
	askable *expression
	lists   []*listing // of all assets
	hides   bool       // the lists may leave out what get shows
	fields  map[string]*expression
	kinds   map[string]lifecycle.TaskKind
}

// tasks compiles the rules for tasks; nil if there are none.
func (c *checker) tasks(t *tasksText) *taskRules {
	if t == nil {
		if len(c.config.TaskKinds) > 0 {
			c.configProblem("task_kinds", "", "The description does not read tasks.")
		}
		return nil
	}
	rules := &taskRules{
		get: c.listing("tasks.get", &t.Get, idPlace), lists: c.listings("tasks.list", t.List), hides: hides(t.Hides),
		fields: c.fields("tasks.fields", t.Fields, taskFields),
	}
	for _, name := range []string{"id", "kind", "asset"} {
		if t.Fields[name] == "" {
			c.problem("tasks.fields."+name, "It is required.")
		}
	}
	if t.Ask != "" {
		rules.askable = c.compile("tasks.askable", t.Ask, inID, cel.BoolType)
	}
	rules.kinds = words(c, "task_kinds", "tasks.kinds", t.Kinds, c.config.TaskKinds, lifecycle.ParseTaskKind, lifecycle.TaskKinds())
	if !c.applies("tasks", t.When) || rules.get == nil {
		return nil
	}
	return rules
}

// Tasks returns the open tasks of the asset, sorted by id. Those of an asset that
// cannot be asked for safely are looked for in the list of all tasks; if there
// is none, or if it may leave them out, they are unknown.
func (s *System) Tasks(ctx context.Context, asset string) ([]lifecycle.Task, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if s.tasks == nil {
		return nil, s.notDescribed("where its tasks are")
	}
	if asset = strings.TrimSpace(asset); asset == "" {
		return nil, nil
	}
	askable := true
	if s.tasks.askable != nil {
		var err error
		if askable, err = s.tasks.askable.bool(s.variables(asset)); err != nil {
			return nil, s.taskClient.Unusable(err.Error(), adviceDescription)
		}
	}
	read := s.tasksAsked
	if !askable {
		read = s.tasksListed
	}
	out, err := read(ctx, asset)
	slices.SortFunc(out, func(a, b lifecycle.Task) int { return strings.Compare(a.ID, b.ID) })
	return out, err
}

// tasksAsked asks for the tasks of one asset. A row of another one shows that
// the question was not understood.
func (s *System) tasksAsked(ctx context.Context, asset string) ([]lifecycle.Task, error) {
	var out []lifecycle.Task
	err := untilConsistent(s.taskClient, func() error {
		out = nil
		return s.tasks.get.read(ctx, s, s.taskClient, places(asset), func(item any) (string, error) {
			row, err := s.task(item, asset)
			if err != nil {
				return "", err
			}
			of := row.task.Asset
			if system.Fold(of) != system.Fold(asset) {
				return "", s.taskClient.Unusable(fmt.Sprintf("it was asked for tasks of the asset %q and answered with one of %q", asset, of), adviceFilter)
			}
			if of == asset && row.ours {
				out = append(out, row.task.Task)
			}
			return row.key, nil
		})
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// tasksListed looks for the tasks of one asset in the list.
func (s *System) tasksListed(ctx context.Context, asset string) ([]lifecycle.Task, error) {
	var out []lifecycle.Task
	if len(s.tasks.lists) > 0 {
		all, err := s.allTasks(ctx)
		if err != nil {
			return nil, err
		}
		for _, open := range all.find(asset) {
			out = append(out, open.Task)
		}
		if len(out) > 0 || !s.tasks.hides {
			return out, nil
		}
	}
	return nil, s.taskClient.Unusable(fmt.Sprintf("it cannot be asked for the tasks of %q safely", asset), adviceFilter)
}

// OpenTasks yields the open tasks of all assets, in the order in which the system
// lists them.
//
// A task that names no asset is an error. An unreadable field looks the same;
// skipping it would hide tasks, and access would stay open that a task is to end.
// So a list asks for tasks that name an asset, and a
// row without one shows that this was not understood. A row that is closed or
// of a kind that does not concern custody need not name any.
func (s *System) OpenTasks(ctx context.Context) iter.Seq2[system.AssetTask, error] {
	return each(func() (*rowIndex[system.AssetTask], error) {
		if s.tasks == nil || len(s.tasks.lists) == 0 {
			return nil, s.notDescribed("how its tasks are listed")
		}
		return s.allTasks(ctx)
	})
}

// allTasks reads all lists of tasks, once a run.
func (s *System) allTasks(ctx context.Context) (*rowIndex[system.AssetTask], error) {
	return s.open.Get(ctx, "", func(ctx context.Context) (*rowIndex[system.AssetTask], error) {
		return gather(ctx, s, s.taskClient, s.tasks.lists, func(_ *listing, item any) (system.AssetTask, string, string, error) {
			row, err := s.task(item, "")
			switch {
			case err != nil:
				return system.AssetTask{}, "", "", err
			case !row.ours:
				return system.AssetTask{}, "", row.key, nil
			case row.task.Asset == "":
				return system.AssetTask{}, "", "", s.taskClient.Unusable(fmt.Sprintf("its list shows the task %q without an asset", row.task.Task.ID), adviceTasks)
			}
			return row.task, row.task.Asset, row.key, nil
		})
	})
}

// taskRow is a row of an answer about tasks.
type taskRow struct {
	task system.AssetTask
	key  string
	ours bool // it is open, and of a kind that concerns custody
}

// task reads one row.
func (s *System) task(item any, asked string) (taskRow, error) {
	if _, ok := item.(map[string]any); !ok {
		return taskRow{}, fmt.Errorf("an item is not an object")
	}
	variables := s.itemVariables(item, asked)
	f := reader{fields: s.tasks.fields, dates: s.dates, variables: variables}
	kind, concerns := s.tasks.kinds[fold(f.text("kind"))]
	row := taskRow{
		task: system.AssetTask{
			Asset: f.text("asset"),
			Task:  lifecycle.Task{ID: f.text("id"), Kind: kind, Due: f.date("due", true), URL: f.text("url")},
		},
		key:  f.text("key"),
		ours: f.flag("open") != lifecycle.No && concerns,
	}
	switch {
	case f.err != nil:
		return taskRow{}, f.err
	case len(f.unread) > 0:
		return taskRow{}, errors.New(f.unread[0])
	case row.task.Task.ID == "":
		return taskRow{}, fmt.Errorf("a task has no id")
	case row.key == "":
		row.key = row.task.Task.ID
	}
	return row, nil
}

// notDescribed is the fault for tasks that the description does not describe.
func (s *System) notDescribed(what string) error {
	return &fault.Fault{
		Kind: fault.ErrConfig, Summary: "Unable to Read Tasks", Happened: fmt.Sprintf("The description of the system %q does not say %s.", s.config.Name, what),
		Advice: "Describe tasks in the description of the system, or set what it asks for.",
	}
}

// isFault reports whether an error is fit to be returned as it is.
func isFault(err error) bool {
	f, ok := err.(*fault.Fault) //nolint:errorlint // it is never wrapped here
	return ok && f != nil
}
