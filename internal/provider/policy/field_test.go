package policy

import (
	"reflect"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/custodyhq/terraform-provider-custody/internal/provider/attribute/attributetest"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/value"
)

func TestEveryFieldOfADocumentHasARow(t *testing.T) {
	t.Run("lifetimes", func(t *testing.T) { covers(t, lifetimes) })
	t.Run("triggers", func(t *testing.T) { covers(t, triggers) })
	t.Run("enforcement", func(t *testing.T) { covers(t, enforcements) })
	t.Run("authority", func(t *testing.T) { covers(t, authorizations) })
	t.Run("classes", func(t *testing.T) { covers(t, classes) })
}

// covers holds every row to a field of its own that has the row's name in the
// document, and every field to a row.
func covers[T any](t *testing.T, f fields[T]) {
	t.Helper()
	values := make(map[string]attr.Value, len(f))
	for i := range f {
		values[f[i].name] = types.StringValue(f[i].name)
		if f[i].name == "who" {
			values[f[i].name] = value.Texts([]string{f[i].name})
		}
	}
	element, err := f.element(path.Empty(), value.Object(values))
	if err != nil {
		t.Fatal(err)
	}
	shape := reflect.TypeFor[T]()
	for i, field := range attributetest.Fields[T]() {
		got := reflect.Indirect(reflect.ValueOf(field.Of(&element)))
		name, _, _ := strings.Cut(shape.Field(i).Tag.Get("json"), ",")
		if got.IsValid() && got.Kind() == reflect.Slice && got.Len() == 1 {
			got = got.Index(0)
		}
		if !got.IsValid() || got.String() != name {
			t.Errorf("no row sets the field %s from %s", field.Name, name)
		}
	}
	if len(f) != shape.NumField() {
		t.Errorf("%d rows for %d fields", len(f), shape.NumField())
	}
}
