package attribute_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	datasource "github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	resource "github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/attribute"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/attribute/attributetest"
)

// thing has a field of every kind.
type thing struct {
	Name     string
	Kind     lifecycle.OwnerKind
	Kinds    []lifecycle.TaskKind
	At       time.Time
	Open     bool
	Stated   lifecycle.Tristate
	Share    int
	Keys     []string
	Findings []lifecycle.Finding
	Inside   struct{ Name string }
}

var findings = attribute.Table[lifecycle.Finding]{
	attribute.Word("code", "The code.", nil, lifecycle.ParseCode, func(f *lifecycle.Finding) *lifecycle.Code { return &f.Code }),
	attribute.Text("message", "The message.", func(f *lifecycle.Finding) *string { return &f.Message }),
}

var things = attribute.Table[thing]{
	attribute.Text("name", "The name.", func(t *thing) *string { return &t.Name }),
	attribute.Word("kind", "The kind.", lifecycle.OwnerKinds(), lifecycle.ParseOwnerKind, func(t *thing) *lifecycle.OwnerKind { return &t.Kind }),
	attribute.WordList("kinds", "The kinds.", lifecycle.TaskKinds(), lifecycle.ParseTaskKind, func(t *thing) *[]lifecycle.TaskKind { return &t.Kinds }),
	attribute.Instant("at", "The instant.", func(t *thing) *time.Time { return &t.At }),
	attribute.Flag("open", "Whether it is open.", func(t *thing) *bool { return &t.Open }),
	attribute.Tristate("stated", "Whether it is stated.", func(t *thing) *lifecycle.Tristate { return &t.Stated }),
	attribute.Texts("keys", "The keys.", func(t *thing) *[]string { return &t.Keys }),
	attribute.Text("inside", "The name inside.", func(t *thing) *string { return &t.Inside.Name }),
}

// more is what only resources show so far, and count what only data sources do.
var (
	more = attribute.Table[thing]{
		attribute.Hundredths("share", "The share.", func(t *thing) *int { return &t.Share }),
		attribute.Objects("findings", "The findings.", findings, func(t *thing) *[]lifecycle.Finding { return &t.Findings }),
		attribute.Shown("points", types.MapType{ElemType: types.Int64Type}, "The points.",
			func(*thing) attr.Value { return types.MapValueMust(types.Int64Type, nil) }),
	}
	count = attribute.Table[thing]{
		attribute.Shown("count", types.Int64Type, "The count.", func(*thing) attr.Value { return types.Int64Value(1) }),
	}
)

func TestEveryKindOfRowIsWrittenAndReadBack(t *testing.T) {
	attributetest.Covers(t, slices.Concat(things, more))
}

func TestNothingIsNullOrEmpty(t *testing.T) {
	values := make(map[string]attr.Value)
	slices.Concat(things, more).Write(values, &thing{})
	for name, want := range map[string]string{
		"name": "<null>", "kind": "<null>", "at": "<null>", "stated": "<null>", "open": "false",
		"kinds": "[]", "keys": "[]", "findings": "[]", "share": "0.000000",
	} {
		if got := values[name].String(); got != want {
			t.Errorf("%s is %s, not %s", name, got, want)
		}
	}
}

func TestSchemasFollowFromTheTable(t *testing.T) {
	inResource, inDataSource := slices.Concat(things, more), slices.Concat(things, count)
	r := resource.Schema{Attributes: inResource.Resource()}
	d := datasource.Schema{Attributes: inDataSource.DataSource()}
	if want := (types.ObjectType{AttrTypes: inResource.Types()}); !r.Type().Equal(want) {
		t.Errorf("the resource is of type %s, its values are of type %s", r.Type(), want)
	}
	if want := (types.ObjectType{AttrTypes: inDataSource.Types()}); !d.Type().Equal(want) {
		t.Errorf("the data source is of type %s, its values are of type %s", d.Type(), want)
	}
	for name, a := range r.Attributes {
		if !a.IsComputed() || a.GetMarkdownDescription() == "" {
			t.Errorf("%s is not computed or has no description", name)
		}
	}
	const want = "The kind. One of `employee`, `team`, `service`, `contractor`, `vendor`."
	if got := d.Attributes["kind"].GetMarkdownDescription(); got != want {
		t.Errorf("the kind is described as %q", got)
	}
}

func TestUnknownValuesHaveTheTypesOfTheTable(t *testing.T) {
	table := slices.Concat(things, more)
	values := make(map[string]attr.Value)
	table.Unknown(values)
	for name, want := range table.Types() {
		if v := values[name]; v == nil || !v.IsUnknown() || !v.Type(t.Context()).Equal(want) {
			t.Errorf("%s is %s", name, v)
		}
	}
}

func TestAnUnknownWordIsNamedByItsAttribute(t *testing.T) {
	for name, raw := range map[string]string{"kind": `"robot"`, "kinds": `["robot"]`} {
		bad := map[string]json.RawMessage{name: json.RawMessage(raw)}
		if err := things.Take(bad, &thing{}); err == nil || !strings.HasPrefix(err.Error(), name+`: "robot" is not a known`) {
			t.Errorf("%s was refused with %v", name, err)
		}
	}
}

func TestATypeThatNoSchemaKnowsIsADefect(t *testing.T) {
	table := attribute.Table[thing]{attribute.Shown("odd", types.NumberType, "Odd.", func(*thing) attr.Value { return types.NumberNull() })}
	for name, build := range map[string]func(){
		"resource":    func() { table.Resource() },
		"data source": func() { table.DataSource() },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("the type was accepted")
				}
			}()
			build()
		})
	}
}
