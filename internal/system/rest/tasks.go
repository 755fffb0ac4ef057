package rest

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// taskFields are the fields of a task with the types that their expressions may
// have. asset is the id of the asset that the task is about, and open whether
// it still is.
var taskFields = map[string][]*cel.Type{
	"id": scalars, "kind": scalars, "asset": scalars, "open": flags, "due": scalars, "url": scalars,
}

// taskRules reads the tasks of an asset.
type taskRules struct {
	listing *listing
	askable *expression
	fields  map[string]*expression
	kinds   map[string]lifecycle.TaskKind
}

// tasks compiles the rules for tasks; nil if there are none.
func (c *checker) tasks(t *tasksText) *taskRules {
	if t == nil {
		if len(c.config.TaskKinds) > 0 {
			c.configProblem("task_kinds", "", "The description reads no tasks.")
		}
		return nil
	}
	rules := &taskRules{listing: c.listing("tasks.get", &t.Get, true), fields: c.fields("tasks.fields", t.Fields, taskFields)}
	for _, name := range []string{"id", "kind", "asset"} {
		if t.Fields[name] == "" {
			c.problem("tasks.fields."+name, "It is required.")
		}
	}
	if t.Ask != "" {
		rules.askable = c.compile("tasks.askable", t.Ask, inID, cel.BoolType)
	}
	rules.kinds = words(c, "task_kinds", "tasks.kinds", t.Kinds, c.config.TaskKinds, lifecycle.ParseTaskKind, lifecycle.TaskKinds())
	if !c.applies("tasks", t.When) || rules.listing == nil {
		return nil
	}
	return rules
}

// Tasks returns the open tasks of the asset, sorted by id.
func (s *System) Tasks(ctx context.Context, asset string) ([]lifecycle.Task, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if s.tasks == nil {
		return nil, &fault.Fault{
			Kind: fault.ErrConfig, Summary: "Unable to Read Tasks", Happened: fmt.Sprintf("The system %q was not told where its tasks are.", s.config.Name),
			Advice: "Describe tasks in the description of the system, or set what it asks for.",
		}
	}
	if asset = strings.TrimSpace(asset); asset == "" {
		return nil, nil
	}
	if s.tasks.askable != nil {
		ok, err := s.tasks.askable.bool(map[string]any{"id": asset, "settings": s.settings})
		if err != nil || !ok {
			return nil, s.taskClient.Unusable(fmt.Sprintf("it cannot be asked for the tasks of %q safely", asset), adviceFilter)
		}
	}
	var out []lifecycle.Task
	err := steadily(s.taskClient, func() error {
		out = nil
		return s.tasks.listing.read(ctx, s, s.taskClient, map[string]string{"id": asset}, func(item any) (string, error) {
			task, mine, key, err := s.task(item, asset)
			if err == nil && mine {
				out = append(out, task)
			}
			return key, err
		})
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(out, func(a, b lifecycle.Task) int { return strings.Compare(a.ID, b.ID) })
	return out, nil
}

// task reads one row. A task that is closed, or of a kind that does not concern
// custody, is not mine; one of another asset shows that the question was not
// understood.
func (s *System) task(item any, asset string) (t lifecycle.Task, mine bool, key string, err error) {
	if _, ok := item.(map[string]any); !ok {
		return t, false, "", fmt.Errorf("an item is no object")
	}
	f := reader{fields: s.tasks.fields, dates: s.dates, variables: map[string]any{"item": item, "settings": s.settings, "id": asset}}
	key = f.text("id")
	word, of, open := f.text("kind"), f.text("asset"), f.flag("open")
	t = lifecycle.Task{ID: key, Due: f.date("due", true), URL: f.text("url")}
	switch {
	case f.err != nil:
		return t, false, "", f.err
	case key == "":
		return t, false, "", fmt.Errorf("a task has no id")
	case system.Fold(of) != system.Fold(asset):
		return t, false, "", s.taskClient.Unusable(fmt.Sprintf("it was asked for tasks of the asset %q and answered with one of %q", asset, of), adviceFilter)
	}
	kind, known := s.tasks.kinds[fold(word)]
	t.Kind = kind
	return t, known && of == asset && open != lifecycle.No, key, nil
}

// isFault reports whether an error is fit to be returned as it is.
func isFault(err error) bool {
	f, ok := err.(*fault.Fault) //nolint:errorlint // it is never wrapped here
	return ok && f != nil
}
