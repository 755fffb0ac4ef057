// Package connect turns the systems of the provider block into connected systems.
// It is the only package that imports the kinds.
package connect

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/operation"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/record"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/value"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// Systems turns the provider's systems into systems, in the order of their
// names. A system that it cannot open is reported and left out. in is what the run
// records in; nil for nothing.
func (k *Kinds) Systems(ctx context.Context, configured types.Map, in *record.Run, diags *diag.Diagnostics) []system.System {
	entries := configured.Elements()
	var out []system.System
	for _, name := range slices.Sorted(maps.Keys(entries)) {
		entry, _ := entries[name].(types.Object)
		if s := k.connect(ctx, name, entry, in, diags); s != nil {
			out = append(out, s)
		}
	}
	return out
}

// connect opens the one kind that the entry states. It returns nil if it has
// reported an error.
func (k *Kinds) connect(ctx context.Context, name string, entry types.Object, in *record.Run, diags *diag.Diagnostics) system.System {
	at := path.Root("systems").AtMapKey(name)
	blocks := entry.Attributes()
	stated := slices.DeleteFunc(slices.Clone(k.all), func(one kind) bool {
		block, ok := blocks[one.name]
		return !ok || block.IsNull()
	})
	if len(stated) != 1 {
		reportKinds(diags, at, name, k.all, stated)
		return nil
	}
	block, _ := blocks[stated[0].name].(types.Object)
	s, err := stated[0].open(ctx, name, block, in)
	if err != nil {
		reportConfig(diags, at.AtName(stated[0].name), err)
		return nil
	}
	return s
}

// reportKinds reports a system with no kind, or with several.
func reportKinds(diags *diag.Diagnostics, at path.Path, name string, all, stated []kind) {
	names := func(kinds []kind) string {
		out := make([]string, len(kinds))
		for i, k := range kinds {
			out[i] = k.name
		}
		return strings.Join(out, ", ")
	}
	summary, happened := "System Has No Kind", "has no kind"
	if len(stated) > 1 {
		summary, happened = "System Has Several Kinds", "has several kinds:  "+names(stated)
	}
	operation.Configure.Report(diags, at, &fault.Fault{
		Summary:  summary,
		Happened: fmt.Sprintf("The system %q %s.", name, happened),
		Advice:   fmt.Sprintf("Accepted: exactly one kind of %s, such as file = { assets = \"assets.csv\" }.", names(all)),
	})
}

// reportConfig reports the errors of a system's configuration at their
// attributes.
func reportConfig(diags *diag.Diagnostics, at path.Path, err error) {
	const summary = "Invalid System Configuration"
	var problems *system.ConfigError
	if !errors.As(err, &problems) {
		operation.Configure.Report(diags, at, &fault.Fault{Summary: summary, Happened: err.Error()})
		return
	}
	for _, p := range problems.Problems {
		where := at
		if p.Attribute != "" {
			for name := range strings.SplitSeq(p.Attribute, ".") { // a block in the block
				where = where.AtName(name)
			}
		}
		if p.Key != "" {
			where = where.AtMapKey(p.Key)
		}
		operation.Configure.Report(diags, where, &fault.Fault{Summary: summary, Happened: value.Located(where, p.Message)})
	}
}
