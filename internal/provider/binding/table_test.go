package binding

import (
	"reflect"
	"slices"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/attribute"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/attribute/attributetest"
)

// forPeople are the fields of a binding that a grant does not keep, because no
// decision depends on them.
var forPeople = []string{"Name", "Tasks", "Parts"}

// fieldRows are the rows that show one field each.
func fieldRows(table attribute.Table[lifecycle.Binding]) attribute.Table[lifecycle.Binding] {
	return slices.DeleteFunc(slices.Clone(table), func(r attribute.Row[lifecycle.Binding]) bool {
		return r.Name == "digest" || r.Name == ownerKeys.Name // which has a test of its own
	})
}

func TestEveryFieldHasARow(t *testing.T) {
	t.Run("shown", func(t *testing.T) { attributetest.Covers(t, fieldRows(facts), "OwnerKeys") })
	t.Run("kept", func(t *testing.T) {
		// The asset is an argument, which a grant keeps too.
		attributetest.Covers(t, fieldRows(kept), append([]string{"Asset.System", "Asset.ID", "OwnerKeys"}, forPeople...)...)
	})
	t.Run("finding", func(t *testing.T) { attributetest.Covers(t, findings) })
	t.Run("task", func(t *testing.T) { attributetest.Covers(t, tasks) })
}

func TestOwnerKeysAreReadBack(t *testing.T) {
	b := lifecycle.Binding{OwnerKeys: []lifecycle.OwnerKey{
		{Key: "ada", Holder: "corp/ada"}, {Key: "ada@example.org", Holder: "corp/ada"}, {Key: "ghost", Absent: true}, {Key: "twin"},
	}}
	var back lifecycle.Binding
	if err := ownerKeys.Read(ownerKeys.Write(&b), &back); err != nil || !reflect.DeepEqual(back, b) {
		t.Errorf("%+v, %v", back, err)
	}
}

func TestEveryFactThatAGrantKeepsCounts(t *testing.T) {
	for _, f := range attributetest.Fields[lifecycle.Binding]() {
		var before, after lifecycle.Binding
		f.Fill(&after)
		counts := !slices.Contains(forPeople, f.Name)
		if got := before.Digest() != after.Digest(); got != counts {
			t.Errorf("%s is kept: %v, and in the digest: %v", f.Name, counts, got)
		}
		switch f.Name {
		case "Asset.System", "Asset.ID", "Held": // the facts compared are of one asset, and live
			counts = false
		}
		if got := len(lifecycle.Differences(&before, &after)) > 0; got != counts {
			t.Errorf("a difference in %s is worth a sentence: %v, and has one: %v", f.Name, counts, got)
		}
	}
}

// given is a value of every argument.
var given = map[string]attr.Value{
	"asset": types.StringValue("cmdb/APP-1"),
	"declared": types.ObjectValueMust(typesOf(declared), map[string]attr.Value{
		"owner": types.StringValue("ada"), "purpose": types.StringValue("billing"), "environment": types.StringValue("production"),
		"criticality": types.StringValue("high"), "third_party": types.BoolValue(true), "retirement_date": types.StringValue("2031-01-01"),
	}),
	"evidence":   types.MapValueMust(types.StringType, map[string]attr.Value{"tag": types.StringValue("ada")}),
	"successors": types.ListValueMust(types.StringType, []attr.Value{types.StringValue("eve")}),
}

func TestEveryArgumentIsRead(t *testing.T) {
	q, err := model(given).question()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range attributetest.Fields[lifecycle.Question]() {
		if reflect.ValueOf(f.Of(&q)).IsZero() {
			t.Errorf("no argument gives the field %s", f.Name)
		}
	}
	for _, a := range arguments {
		if _, ok := given[a.name]; !ok {
			t.Errorf("the argument %s is not tested", a.name)
		}
	}
}

func TestEveryAttributeIsInTheSchemaAndInTheObject(t *testing.T) {
	ctx := t.Context()
	if want := (types.ObjectType{AttrTypes: modelTypes}); !bindingSchema.Type().Equal(want) {
		t.Errorf("the schema is of type %s, the values are of type %s", bindingSchema.Type(), want)
	}
	if rows := len(arguments) + len(facts); len(modelTypes) != rows {
		t.Errorf("%d rows make %d attributes: two rows have one name", rows, len(modelTypes))
	}
	if diags := bindingSchema.ValidateImplementation(ctx); diags.HasError() {
		t.Error(diags)
	}
	for name, a := range bindingSchema.Attributes {
		if a.GetMarkdownDescription() == "" {
			t.Errorf("%s has no description", name)
		}
		if forGrant := ObjectTypes[name]; forGrant != nil && !forGrant.Equal(a.GetType()) {
			t.Errorf("%s is of type %s, and in a grant of type %s", name, a.GetType(), forGrant)
		}
	}
}

func TestUnknownArgumentsMakeEveryFactUnknown(t *testing.T) {
	m := make(model)
	m.set(&lifecycle.Binding{})
	m.unknown()
	for name, v := range m {
		if !v.IsUnknown() || !v.Type(t.Context()).Equal(modelTypes[name]) {
			t.Errorf("%s is %s of type %s", name, v, v.Type(t.Context()))
		}
	}
	if len(m) != len(facts) {
		t.Errorf("%d attributes of %d are unknown", len(m), len(facts))
	}
}

func TestAnObjectIsReadBack(t *testing.T) {
	var b lifecycle.Binding
	for _, f := range attributetest.Fields[lifecycle.Binding]() {
		f.Fill(&b)
	}
	b.Asset = lifecycle.Ref{System: "cmdb", ID: "APP-1"}
	b.OwnerKeys = []lifecycle.OwnerKey{{Key: "ada", Holder: "corp/ada"}}
	values := model{}
	kept.Write(values, &b)
	for name, v := range given {
		values[name] = v
	}
	back, q, err := FromObject(types.ObjectValueMust(ObjectTypes, values))
	if err != nil {
		t.Fatal(err)
	}
	b.Name, b.Tasks, b.Parts = "", nil, [lifecycle.NumSignals]int{}
	if !reflect.DeepEqual(back, b) || q.Asset != b.Asset {
		t.Errorf("read back %+v, not %+v", back, b)
	}
	values["holder"] = types.StringValue("cmdb/mallory")
	if _, _, err := FromObject(types.ObjectValueMust(ObjectTypes, values)); err == nil {
		t.Error("an object that was changed by hand was accepted")
	}
}
