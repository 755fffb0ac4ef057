package connect

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// What the schema of a kind lets users write, its model takes.
func TestEveryKindReadsItsOwnBlock(t *testing.T) {
	if len(Shipped().all) <= len(kinds()) {
		t.Fatal("no kind is described")
	}
	for _, k := range Shipped().all {
		t.Run(k.name, func(t *testing.T) {
			typ, ok := k.schema.GetType().(types.ObjectType)
			if !ok {
				t.Fatalf("the block is a %T", k.schema.GetType())
			}
			empty := make(map[string]attr.Value)
			for name, of := range typ.AttrTypes {
				v, err := of.ValueFromTerraform(context.Background(), tftypes.NewValue(of.TerraformType(context.Background()), nil))
				if err != nil {
					t.Fatal(err)
				}
				empty[name] = v
			}
			_, err := k.open(context.Background(), "x", types.ObjectValueMust(typ.AttrTypes, empty), nil)
			var problems *system.ConfigError
			if !errors.As(err, &problems) {
				t.Errorf("an empty block is not refused for what it lacks: %v", err)
			}
		})
	}
}

// A block of files takes all that says how exports are read, and says of each
// attribute what is wrong with it.
func TestFileBlockSaysHowExportsAreRead(t *testing.T) {
	typ := fileSchema.GetType().(types.ObjectType)
	list := types.ListType{ElemType: types.StringType}
	texts := func(all ...string) types.List {
		values := make([]attr.Value, len(all))
		for i, text := range all {
			values[i] = types.StringValue(text)
		}
		return types.ListValueMust(types.StringType, values)
	}
	open := func(set map[string]attr.Value) error {
		values := make(map[string]attr.Value)
		for name, of := range typ.AttrTypes {
			v, err := of.ValueFromTerraform(context.Background(), tftypes.NewValue(of.TerraformType(context.Background()), nil))
			if err != nil {
				t.Fatal(err)
			}
			values[name] = v
		}
		maps.Copy(values, set)
		_, err := decoded("file", fileSchema, (*fileModel).open).open(context.Background(), "hr", types.ObjectValueMust(typ.AttrTypes, values), nil)
		return err
	}
	good := map[string]attr.Value{
		"people": types.StringValue("p.csv"), "preset": types.StringValue("okta"), "dates": types.StringValue("us"), "time_zone": types.StringValue("Europe/Berlin"),
		"date_formats": texts("MM/DD/YY"), "empty": texts("N/A", "tbd"),
		"kinds":                 types.MapValueMust(types.StringType, map[string]attr.Value{"Guest": types.StringValue("vendor")}),
		"people_joined_columns": types.MapValueMust(list, map[string]attr.Value{"name": texts("First", "Last")}),
	}
	if err := open(good); err != nil {
		t.Error(err)
	}
	for attribute, bad := range map[string]attr.Value{
		"preset": types.StringValue("octa"), "dates": types.StringValue("iso"), "time_zone": types.StringValue("CEST"), "date_formats": texts("week"),
		"kinds":                 types.MapValueMust(types.StringType, map[string]attr.Value{"Guest": types.StringValue("guest")}),
		"people_joined_columns": types.MapValueMust(list, map[string]attr.Value{"name": types.ListValueMust(types.StringType, []attr.Value{types.StringValue("a"), types.StringNull()})}),
	} {
		set := maps.Clone(good)
		set[attribute] = bad
		var problems *system.ConfigError
		if err := open(set); !errors.As(err, &problems) || len(problems.Problems) != 1 || problems.Problems[0].Attribute != attribute || !strings.Contains(problems.Problems[0].Message, "Accepted: ") {
			t.Errorf("%s: got %v", attribute, err)
		}
	}
}

func TestNullElementsAreRefusedWhereTheyAre(t *testing.T) {
	files := types.ObjectValueMust(
		map[string]attr.Type{"files": types.ListType{ElemType: types.StringType}, "states": types.MapType{ElemType: types.StringType}},
		map[string]attr.Value{
			"files":  types.ListValueMust(types.StringType, []attr.Value{types.StringValue("a.yaml"), types.StringNull()}),
			"states": types.MapValueMust(types.StringType, map[string]attr.Value{"live": types.StringNull(), "dead": types.StringValue("retired")}),
		})
	_, err := decoded("x", nil, (*backstageModel).open).open(context.Background(), "hq", files, nil)
	var problems *system.ConfigError
	if !errors.As(err, &problems) || len(problems.Problems) != 2 {
		t.Fatalf("got %v", err)
	}
	for i, want := range []system.Problem{{Attribute: "files"}, {Attribute: "states", Key: "live"}} {
		got := problems.Problems[i]
		if got.Attribute != want.Attribute || got.Key != want.Key || !strings.Contains(got.Message, "A null element states nothing. Accepted: a value") {
			t.Errorf("got %+v, want it at %+v", got, want)
		}
	}
}

func TestDescriptionsThatAddNoKind(t *testing.T) {
	const fine = "name: crib\nauth: [{ fields: [FIELD], headers: { X-Key: \"{FIELD}\" } }]\n"
	for name, c := range map[string]struct {
		descriptions fs.FS
		says         string
	}{
		"the name of a kind in Go":     {fstest.MapFS{"file.yaml": {Data: []byte(fine)}}, "name of another kind"},
		"the name of the user's kind":  {fstest.MapFS{"rest.yaml": {Data: []byte(fine)}}, "name of another kind"},
		"no description":               {fstest.MapFS{"crib.yaml": {Data: []byte("name: [")}}, "the description of crib"},
		"a folder of that name":        {fstest.MapFS{"crib.yaml/x": {}}, "the description of crib"},
		"a secret like an attribute":   {fstest.MapFS{"crib.yaml": {Data: []byte(strings.ReplaceAll(fine, "FIELD", "url"))}}, "the secret url"},
		"a secret like its settings":   {fstest.MapFS{"crib.yaml": {Data: []byte(strings.ReplaceAll(fine, "FIELD", "settings"))}}, "the secret settings"},
		"a folder that cannot be read": {broken{}, "the disk is gone"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := New(c.descriptions); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, not %q", err, c.says)
			}
		})
	}
}

type broken struct{ fs.FS }

func (broken) Glob(string) ([]string, error) { return nil, errors.New("the disk is gone") }
