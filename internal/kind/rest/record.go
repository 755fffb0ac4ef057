package rest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

var (
	scalars = []*cel.Type{cel.StringType, cel.IntType, cel.UintType, cel.DoubleType, cel.BoolType, cel.NullType}
	lists   = append([]*cel.Type{cel.ListType(cel.StringType), cel.ListType(cel.DynType)}, scalars...)
	flags   = []*cel.Type{cel.BoolType, cel.StringType, cel.IntType, cel.NullType}
)

// recordFields are the fields of a record with the types that their expressions
// may have.
var recordFields = map[string][]*cel.Type{
	"class": scalars, "name": scalars, "state": lists, "owners": lists, "purpose": scalars, "environment": scalars,
	"criticality": scalars, "third_party": flags, "shared": flags, "retirement_date": scalars, "verified_at": scalars,
	"assigned_at": scalars, "source": scalars,
}

func fieldNames(known map[string][]*cel.Type) []string { return slices.Sorted(maps.Keys(known)) }

// record reads one item. The key of the row comes with it; an empty id is that
// of an asset which nobody can name.
func (s *System) record(item any, asked string) (lifecycle.Record, string, error) {
	variables := s.variables(asked)
	variables["item"] = item
	var r lifecycle.Record
	if _, ok := item.(map[string]any); !ok {
		return r, "", fmt.Errorf("an item is no object")
	}
	id, err := s.id.text(variables)
	if err != nil {
		return r, "", err
	}
	key := id
	if s.key != s.id {
		if key, err = s.key.text(variables); err != nil {
			return r, "", err
		}
	}
	if strings.TrimSpace(key) == "" {
		return r, "", fmt.Errorf("an item has no id")
	}
	f := reader{fields: s.fields, dates: s.dates, variables: variables}
	r = lifecycle.Record{
		ID: system.Clean(id), Class: f.text("class"), Name: f.text("name"), Owners: f.list("owners"), Purpose: f.text("purpose"),
		Environment: f.text("environment"), Criticality: f.text("criticality"), ThirdParty: f.flag("third_party"), Shared: f.flag("shared"),
		RetirementDate: f.date("retirement_date", true), VerifiedAt: f.date("verified_at", false), AssignedAt: f.date("assigned_at", false),
		Source: f.text("source"),
	}
	r.State, r.StateText = s.state(f.list("state"))
	if r.Source == "" {
		r.Source = system.Clean(s.title + " record " + key)
	}
	return r, key, f.err
}

// state returns the state of the first word that maps to one.
func (s *System) state(list []string) (lifecycle.State, string) {
	for _, word := range list {
		if state, ok := s.states[fold(word)]; ok {
			return state, ""
		}
	}
	if len(list) == 0 {
		return lifecycle.StateUnknown, ""
	}
	return lifecycle.StateUnknown, list[0]
}

// reader evaluates the fields of an item and keeps the first error.
type reader struct {
	fields    map[string]*expression
	dates     calendar
	variables map[string]any
	err       error
}

func (f *reader) value(name string) (ref.Val, *expression) {
	e := f.fields[name]
	if e == nil || f.err != nil {
		return types.NullValue, nil
	}
	v, err := e.eval(f.variables)
	if err != nil {
		f.err = err
		return types.NullValue, nil
	}
	return v, e
}

func (f *reader) fail(e *expression, err error) {
	if f.err == nil {
		f.err = fmt.Errorf("%s: %w", e.at, err)
	}
}

func (f *reader) text(name string) string {
	v, e := f.value(name)
	text, err := toText(v)
	if err != nil {
		f.fail(e, err)
	}
	return system.Clean(text)
}

// list returns the texts of a list, each once; one text is a list of one.
func (f *reader) list(name string) []string {
	v, e := f.value(name)
	members, ok := fromList(v)
	if !ok {
		members = []any{v}
	}
	var out []string
	for _, m := range members {
		val, ok := m.(ref.Val)
		if !ok {
			val = types.DefaultTypeAdapter.NativeToValue(m)
		}
		text, err := toText(val)
		if err != nil {
			f.fail(e, err)
			return nil
		}
		if text = system.Clean(text); text != "" && !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	return out
}

func (f *reader) flag(name string) lifecycle.Tristate {
	v, e := f.value(name)
	text, err := toText(v)
	if err != nil {
		f.fail(e, err)
		return lifecycle.Unstated
	}
	switch fold(text) {
	case "":
		return lifecycle.Unstated
	case "true", "yes", "1":
		return lifecycle.Yes
	case "false", "no", "0":
		return lifecycle.No
	}
	f.fail(e, fmt.Errorf("%q is neither yes nor no", text))
	return lifecycle.Unstated
}

func (f *reader) date(name string, endOfDay bool) time.Time {
	v, e := f.value(name)
	text, err := toText(v)
	if err != nil {
		f.fail(e, err)
		return time.Time{}
	}
	t, err := f.dates.parse(text, endOfDay)
	if err != nil {
		f.fail(e, err)
	}
	return t
}
