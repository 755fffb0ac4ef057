package provider

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/custodyhq/terraform-provider-custody/internal/provider/wire"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/file"
)

// connected is one entry of systems: exactly one kind.
type connected struct {
	File *fileModel `tfsdk:"file"`
}

type fileModel struct {
	Assets        types.String      `tfsdk:"assets"`
	People        types.String      `tfsdk:"people"`
	Tasks         types.String      `tfsdk:"tasks"`
	Columns       map[string]string `tfsdk:"columns"`
	PeopleColumns map[string]string `tfsdk:"people_columns"`
	TasksColumns  map[string]string `tfsdk:"tasks_columns"`
	States        map[string]string `tfsdk:"states"`
	PeopleStates  map[string]string `tfsdk:"people_states"`
	TasksStates   map[string]string `tfsdk:"tasks_states"`
	MinRecords    map[string]int    `tfsdk:"min_records"`
}

// connect turns the provider's systems into systems, in the order of their
// names. It is the only place that knows the kinds.
func connect(ctx context.Context, configured types.Map, diags *diag.Diagnostics) []system.System {
	var entries map[string]connected
	diags.Append(configured.ElementsAs(ctx, &entries, false)...)
	if diags.HasError() {
		return nil
	}
	var out []system.System
	for _, name := range slices.Sorted(maps.Keys(entries)) {
		at := path.Root("systems").AtMapKey(name)
		entry := entries[name]
		if entry.File == nil {
			diags.AddAttributeError(at, "System Has No Kind",
				fmt.Sprintf("The system %q says nothing of what it is.\n\nNothing was issued and nothing was revoked.\n\nAccepted: exactly one kind, such as file = { assets = \"assets.csv\" }.", name))
			continue
		}
		s, err := file.New(entry.File.config(name))
		if err != nil {
			reportConfig(diags, at.AtName(file.Kind), err)
			continue
		}
		out = append(out, s)
	}
	return out
}

func (m *fileModel) config(name string) file.Config {
	return file.Config{
		Name: name, Assets: m.Assets.ValueString(), People: m.People.ValueString(), Tasks: m.Tasks.ValueString(),
		Columns: m.Columns, PeopleColumns: m.PeopleColumns, TasksColumns: m.TasksColumns,
		States: m.States, PeopleStates: m.PeopleStates, TasksStates: m.TasksStates, MinRecords: m.MinRecords,
	}
}

// reportConfig puts what is wrong with a system's configuration at the
// attributes that hold it.
func reportConfig(diags *diag.Diagnostics, at path.Path, err error) {
	var problems *system.ConfigError
	if !errors.As(err, &problems) {
		diags.AddAttributeError(at, "Invalid System Configuration", err.Error())
		return
	}
	for _, p := range problems.Problems {
		where := at.AtName(p.Attribute)
		if p.Key != "" {
			where = where.AtMapKey(p.Key)
		}
		diags.AddAttributeError(where, "Invalid System Configuration", wire.Located(where, p.Message+"\n\nNothing was issued and nothing was revoked."))
	}
}
