// Package attributetest holds the test that every table of attributes passes.
package attributetest

import (
	"encoding/json"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"

	"github.com/custodyhq/terraform-provider-custody/internal/provider/attribute"
)

// Covers compares a table with the type that it shows: every field of T changes
// an attribute, and is read back from it if the attribute is read at all. Fields
// that are left out on purpose are listed in without; a field of a struct inside
// T as "Outer.Inner".
func Covers[T any](t *testing.T, table attribute.Table[T], without ...string) {
	t.Helper()
	var none T
	before := written(table, &none)
	if len(before) != len(table) {
		t.Errorf("%d rows make %d attributes: two rows have one name", len(table), len(before))
	}
	for _, f := range Fields[T]() {
		with := none
		f.Fill(&with)
		after, shown := written(table, &with), false
		for i := range table {
			row := &table[i]
			if after[row.Name].Equal(before[row.Name]) {
				continue
			}
			shown = true
			if row.Put == nil {
				continue
			}
			object := make(map[string]any)
			attribute.Table[T]{*row}.Put(object, &with)
			raw, err := json.Marshal(object[row.Name])
			var back T
			if err == nil {
				err = row.Take(raw, &back)
			}
			if err != nil || !reflect.DeepEqual(f.Of(&back), f.Of(&with)) {
				t.Errorf("%s is %#v after it was read back from %s (%v)", f.Name, f.Of(&back), row.Name, err)
			}
		}
		if left := slices.Contains(without, f.Name); shown == left {
			t.Errorf("the field %s is shown: %v, named as left out: %v", f.Name, shown, left)
		}
	}
}

func written[T any](table attribute.Table[T], from *T) map[string]attr.Value {
	values := make(map[string]attr.Value)
	table.Write(values, from)
	return values
}

// Field is a field of a T, also one of a struct inside it.
type Field[T any] struct {
	Name string
	// Of returns the field's value.
	Of func(*T) any
	// Fill sets the field, and everything in it, to a value that is not zero.
	Fill func(*T)
}

// Fields lists the fields of a T, which must be exported.
func Fields[T any]() []Field[T] { return fields[T]("", reflect.TypeFor[T](), nil) }

func fields[T any](name string, of reflect.Type, index []int) []Field[T] {
	if of.Kind() == reflect.Struct && of != reflect.TypeFor[time.Time]() {
		var out []Field[T]
		for i := range of.NumField() {
			inner := of.Field(i).Name
			if name != "" {
				inner = name + "." + inner
			}
			out = append(out, fields[T](inner, of.Field(i).Type, append(slices.Clone(index), i))...)
		}
		return out
	}
	at := func(t *T) reflect.Value { return reflect.ValueOf(t).Elem().FieldByIndex(index) }
	return []Field[T]{{
		Name: name,
		Of:   func(t *T) any { return at(t).Interface() },
		Fill: func(t *T) { fill(at(t)) },
	}}
}

func fill(v reflect.Value) {
	if v.Type() == reflect.TypeFor[time.Time]() {
		v.Set(reflect.ValueOf(time.Date(2031, 1, 1, 0, 0, 0, 0, time.UTC)))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString("x")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int:
		v.SetInt(1)
	case reflect.Uint8:
		v.SetUint(1)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0))
	case reflect.Array:
		fill(v.Index(0))
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i))
		}
	default:
		panic("no value is known for a field of type " + v.Type().String())
	}
}
