package policy_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/custodyhq/terraform-provider-custody/internal/controls"
	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/policy"
)

var schemaFile = filepath.Join("..", "..", "schema", "policy.schema.json")

// beyondSchema are the invalid documents that a schema takes for valid: what is
// wrong with them is arithmetic, order, another part of the document, or CEL.
var beyondSchema = []string{
	"automate_at_decimals", "classes", "condition_words", "conditions", "points_sum", "points_sum_extended", "repeated_key", "too_deep", "unreachable", "unreachable_adoption", "unreachable_closure",
}

func readJSON(t *testing.T, data []byte) (any, bool) {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	return v, err == nil
}

func compiledSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	data, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	doc, ok := readJSON(t, data)
	if !ok {
		t.Fatalf("%s is not valid JSON", schemaFile)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("policy.schema.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("policy.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// TestSchemaAgrees: what the provider accepts, an editor accepts, and an editor
// marks all that a schema can tell.
func TestSchemaAgrees(t *testing.T) {
	schema := compiledSchema(t)
	valid := documents(t, "valid")
	valid["baseline"] = policy.BaselineJSON()
	maps.Copy(valid, profiles(t))
	for name, data := range valid {
		doc, ok := readJSON(t, data)
		if !ok {
			t.Errorf("%s is not valid JSON", name)
			continue
		}
		if err := schema.Validate(doc); err != nil {
			t.Errorf("the schema refuses the valid document %s: %v", name, err)
		}
	}
	for name, data := range documents(t, "invalid") {
		doc, ok := readJSON(t, data)
		if !ok {
			continue
		}
		if accepted := schema.Validate(doc) == nil; accepted != slices.Contains(beyondSchema, name) {
			t.Errorf("the schema accepts the invalid document %s: %t", name, accepted)
		}
	}
}

// node is the part of a schema that the tests read.
type node struct {
	Type                 any             `json:"type"`
	Pattern              string          `json:"pattern"`
	MaxLength            int             `json:"maxLength"`
	Enum                 []any           `json:"enum"`
	Properties           map[string]node `json:"properties"`
	Items                *node           `json:"items"`
	AdditionalProperties any             `json:"additionalProperties"`
	Defs                 map[string]node `json:"$defs"`
}

func definitions(t *testing.T) map[string]node {
	t.Helper()
	data, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	var root node
	if err := json.Unmarshal(data, &root); err != nil {
		t.Fatal(err)
	}
	return root.Defs
}

// TestSchemaKeys: every object of the schema has the keys of the Go type.
func TestSchemaKeys(t *testing.T) {
	defs := definitions(t)
	for name, typ := range map[string]reflect.Type{
		"document": reflect.TypeFor[policy.Document](), "confidence": reflect.TypeFor[policy.Confidence](),
		"lifetime": reflect.TypeFor[policy.Lifetime](), "trigger": reflect.TypeFor[policy.Trigger](), "class": reflect.TypeFor[policy.Class](),
		"enforcement": reflect.TypeFor[policy.Enforcement](), "authority": reflect.TypeFor[policy.Authority](), "authorization": reflect.TypeFor[policy.Authorization](),
		"closure": reflect.TypeFor[policy.Closure](),
	} {
		var want []string
		for i := range typ.NumField() {
			key, _, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
			want = append(want, key)
		}
		slices.Sort(want)
		if got := slices.Sorted(maps.Keys(defs[name].Properties)); !slices.Equal(got, want) {
			t.Errorf("%s has the keys %v in the schema, %v in Go", name, got, want)
		}
		if defs[name].AdditionalProperties != false {
			t.Errorf("%s allows further keys in the schema", name)
		}
	}
}

// TestSchemaEnums: every enumeration of the schema is the typed list.
func TestSchemaEnums(t *testing.T) {
	defs := definitions(t)
	points := defs["confidence"].Properties["points"]
	for name, pair := range map[string][2][]string{
		"action":          {words(defs["action"]), lifecycle.Actions()},
		"risk":            {words(defs["risk"]), lifecycle.Risks()},
		"bound_to":        {words(defs["bound_to"]), lifecycle.Columns()},
		"owner_kind":      {words(defs["lifetime"].Properties["owner_kind"]), lifecycle.OwnerKinds()},
		"rotate":          {words(defs["trigger"].Properties["rotate"]), lifecycle.Rotations()},
		"on":              {words(defs["trigger"].Properties["on"]), append([]string{policy.AnyCode}, policy.MappableCodes()...)},
		"required_fields": {words(*defs["confidence"].Properties["required_fields"].Items), lifecycle.Fields()},
		"mode":            {words(defs["enforcement"].Properties["mode"]), lifecycle.Modes()},
		"kinds":           {words(*defs["closure"].Properties["kinds"].Items), lifecycle.TaskKinds()},
		"frameworks":      {words(*defs["document"].Properties["frameworks"].Items), controls.Frameworks()},
		"points":          {slices.Sorted(maps.Keys(points.Properties)), slices.Sorted(slices.Values(lifecycle.Signals()))},
	} {
		if !slices.Equal(pair[0], pair[1]) {
			t.Errorf("%s: the schema lists %v, Go %v", name, pair[0], pair[1])
		}
	}
	if got := defs["trigger"].Properties["when"].MaxLength; got != policy.MaxCondition {
		t.Errorf("when has the length %d in the schema, %d in Go", got, policy.MaxCondition)
	}
}

// words returns the strings of an enumeration; null stands for "not stated".
func words(n node) []string {
	var out []string
	for _, v := range n.Enum {
		if s, ok := v.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

// TestSchemaDurations: the pattern accepts every duration that Go accepts.
func TestSchemaDurations(t *testing.T) {
	schema := compiledSchema(t)
	for _, text := range []string{"1s", "90d", "1w2d3h4m", "1.5h", ".5w", "5.d", "1000ms", "1000000us", "1000000µs", "1000000μs", "1000000000ns", "30m1d"} {
		if _, err := policy.ParseDuration(text); err != nil {
			t.Errorf("%s: %v", text, err)
		}
		if err := schema.Validate(map[string]any{"lead_time": text}); err != nil {
			t.Errorf("the schema refuses the duration %s: %v", text, err)
		}
		if err := schema.Validate(map[string]any{"lifetimes": []any{map[string]any{"spread": text}}}); err != nil {
			t.Errorf("the schema refuses the spread %s: %v", text, err)
		}
	}
	for _, text := range []string{"", "90", "d", "-1d", "1 d", "1y", "1D", "1d,2h"} {
		if err := schema.Validate(map[string]any{"lead_time": text}); err == nil {
			t.Errorf("the schema accepts the duration %q", text)
		}
	}
}
