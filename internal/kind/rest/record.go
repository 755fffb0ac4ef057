package rest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

var (
	scalars = []*cel.Type{cel.StringType, cel.IntType, cel.UintType, cel.DoubleType, cel.BoolType, cel.NullType}
	lists   = append([]*cel.Type{cel.ListType(cel.StringType), cel.ListType(cel.DynType)}, scalars...)
	flags   = []*cel.Type{cel.BoolType, cel.StringType, cel.IntType, cel.NullType}
	// words may come as a list; of several none is stated.
	wordTypes = lists
)

// recordFields are the fields of a record with the types that their expressions
// may have.
var recordFields = map[string][]*cel.Type{
	"class": wordTypes, "name": scalars, "state": lists, "owners": lists, "purpose": wordTypes, "environment": wordTypes,
	"criticality": wordTypes, "third_party": flags, "shared": flags, "retirement_date": scalars, "verified_at": scalars,
	"assigned_at": scalars, "source": scalars,
}

func fieldNames(known map[string][]*cel.Type) []string { return slices.Sorted(maps.Keys(known)) }

// record reads one item. The key of the row comes with it; an empty id is that
// of an asset which nobody can name.
func (s *System) record(ctx context.Context, item any, asked string) (lifecycle.Record, string, error) {
	variables := s.itemVariables(item, asked)
	var r lifecycle.Record
	if _, ok := item.(map[string]any); !ok {
		return r, "", fmt.Errorf("an item is not an object")
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
	f := reader{fields: s.fields, dates: s.dates, variables: variables, placeholders: s.placeholders}
	r = lifecycle.Record{
		ID: system.Clean(id), Class: f.word("class"), Name: f.text("name"), Owners: f.list("owners", s.somebody(ctx)), Purpose: f.word("purpose"),
		Environment: f.word("environment"), Criticality: f.word("criticality"), ThirdParty: f.flag("third_party"), Shared: f.flag("shared"),
		RetirementDate: f.date("retirement_date", true), VerifiedAt: f.date("verified_at", false), AssignedAt: f.date("assigned_at", false),
		Source: f.text("source"),
	}
	r.State, r.StateText = s.state(f.list("state", choice))
	r.Unread = f.unread
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
	// placeholders are texts, folded, that the system shows in place of values.
	placeholders map[string]bool
	unread       []string // lifecycle.Record.Unread
	err          error
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
	switch {
	case f.err != nil:
	case isFault(err) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded):
		f.err = err // of a request, and not of what the item holds
	default:
		f.err = fmt.Errorf("%s: %w", e.at, err)
	}
}

func (f *reader) text(name string) string { return system.Clean(f.raw(name)) }

// raw returns a text as it came, with its lines.
func (f *reader) raw(name string) string {
	v, e := f.value(name)
	text, err := toText(v)
	if err != nil {
		f.fail(e, err)
	}
	return text
}

// word returns the one word that a field states. Where it states several, or one
// that is hidden, it states none, and that is said.
func (f *reader) word(name string) string {
	v, e := f.value(name)
	said, err := wordsOf(v, choice)
	if err != nil {
		f.fail(e, err)
		return ""
	}
	word, unread := system.OneWord(name, said.words)
	switch {
	case word != "" && f.placeholders[fold(word)]:
		word, unread = "", system.UnreadHidden(name, word)
	case len(said.words) == 0 && said.unnamed:
		unread = system.UnreadUnnamed(name)
	}
	if unread != "" {
		f.unread = append(f.unread, unread)
	}
	return word
}

// list returns the words that a field states, each once. of picks the word of an
// object.
func (f *reader) list(name string, of func(traits.Mapper) (string, bool, error)) []string {
	v, e := f.value(name)
	said, err := wordsOf(v, of)
	if err != nil {
		f.fail(e, err)
		return nil
	}
	return said.words
}

func (f *reader) flag(name string) lifecycle.Tristate {
	text := f.word(name)
	switch fold(text) {
	case "":
		return lifecycle.Unstated
	case "true", "yes", "1":
		return lifecycle.Yes
	case "false", "no", "0":
		return lifecycle.No
	}
	f.fail(f.fields[name], fmt.Errorf("%q is neither yes nor no", text))
	return lifecycle.Unstated
}

func (f *reader) date(name string, endOfDay bool) time.Time {
	t, err := f.dates.parse(f.word(name), endOfDay)
	if err != nil {
		f.fail(f.fields[name], err)
	}
	return t
}
