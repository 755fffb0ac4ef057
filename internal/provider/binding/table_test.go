package binding

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/attribute"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/attribute/attributetest"
)

// forPeople are the fields of a binding that a grant does not keep, because no
// decision depends on them.
var forPeople = []string{"Name", "Names", "Tasks", "Parts"}

// fieldRows are the rows that show one field each.
func fieldRows(table attribute.Table[lifecycle.Binding]) attribute.Table[lifecycle.Binding] {
	return slices.DeleteFunc(slices.Clone(table), func(r attribute.Row[lifecycle.Binding]) bool {
		return r.Name == "digest" || r.Name == ownerKeys.Name || r.Name == findingsRow.Name // which have tests of their own
	})
}

func TestEveryFieldHasARow(t *testing.T) {
	t.Run("shown", func(t *testing.T) { attributetest.Covers(t, fieldRows(facts), "OwnerKeys", "Findings", "Names") })
	t.Run("kept", func(t *testing.T) {
		// The asset is an argument, which a grant keeps too.
		attributetest.Covers(t, fieldRows(kept), append([]string{"Asset.System", "Asset.ID", "OwnerKeys", "Findings"}, forPeople...)...)
	})
	t.Run("finding", func(t *testing.T) { attributetest.Covers(t, findings) })
	t.Run("task", func(t *testing.T) { attributetest.Covers(t, tasks) })
}

func TestOwnerKeysAreReadBack(t *testing.T) {
	b := lifecycle.Binding{OwnerKeys: []lifecycle.OwnerKey{
		{Key: "ada", Holder: "corp/ada"}, {Key: "ada@example.org", Holder: "corp/ada"}, {Key: "ghost", Absent: true}, {Key: "twin"},
	}}
	var back lifecycle.Binding
	raw, err := json.Marshal(ownerKeys.Put(&b))
	if err == nil {
		err = ownerKeys.Take(raw, &back)
	}
	if err != nil || !reflect.DeepEqual(back, b) {
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
	if rows := len(arguments) + len(facts) + 1; len(modelTypes) != rows {
		t.Errorf("%d rows make %d attributes: two rows have one name", rows, len(modelTypes))
	}
	if diags := bindingSchema.ValidateImplementation(ctx); diags.HasError() {
		t.Error(diags)
	}
	for name, a := range bindingSchema.Attributes {
		if a.GetMarkdownDescription() == "" {
			t.Errorf("%s has no description", name)
		}
	}
}

func TestUnknownArgumentsMakeEveryFactUnknown(t *testing.T) {
	m := make(model)
	m.set(&lifecycle.Binding{}, &lifecycle.Question{}, nil)
	m.unknown()
	for name, v := range m {
		if !v.IsUnknown() || !v.Type(t.Context()).Equal(modelTypes[name]) {
			t.Errorf("%s is %s of type %s", name, v, v.Type(t.Context()))
		}
	}
	if want := len(facts) + 1; len(m) != want {
		t.Errorf("%d attributes of %d are unknown", len(m), want)
	}
}

func TestFactsAreReadBack(t *testing.T) {
	var b lifecycle.Binding
	for _, f := range attributetest.Fields[lifecycle.Binding]() {
		f.Fill(&b)
	}
	b.Asset = lifecycle.Ref{System: "cmdb", ID: "APP-1"}
	b.OwnerKeys = []lifecycle.OwnerKey{{Key: "ada", Holder: "corp/ada"}}
	asked, err := model(given).question()
	if err != nil {
		t.Fatal(err)
	}
	text := Facts(&b, &asked)
	back, q, err := FromFacts(text)
	if err != nil {
		t.Fatal(err)
	}
	b.Parts = [lifecycle.NumSignals]int{}
	for i := range b.Tasks {
		b.Tasks[i].Due = time.Time{} // no sentence of a grant needs it
	}
	if !reflect.DeepEqual(back, b) || !reflect.DeepEqual(q, asked) {
		t.Errorf("read back %+v and %+v, not %+v and %+v", back, q, b, asked)
	}
	if again := Facts(&back, &q); again != text {
		t.Errorf("written again it is %s, not %s", again, text)
	}
	for _, bad := range []string{
		strings.Replace(text, `"holder":"x"`, `"holder":"cmdb/mallory"`, 1), strings.Replace(text, `"asset":`, `"assets":`, 1),
		strings.Replace(text, `"state":"`, `"state":"not`, 1), strings.Replace(text, "{", `{"admin":true,`, 1), text + "}", "", "null", " []",
	} {
		if _, _, err := FromFacts(bad); err == nil {
			t.Errorf("facts that were written by hand were accepted: %s", bad)
		}
	}
}

func TestNamesAloneAreNoChange(t *testing.T) {
	q := lifecycle.Question{Asset: lifecycle.Ref{System: "cmdb", ID: "APP-1"}}
	b := lifecycle.Binding{Asset: q.Asset, Holder: "corp/ada"}
	renamed, moved := b, b
	renamed.Name, renamed.Names = "Billing", []lifecycle.Named{{ID: "corp/ada", Name: "Ada King"}}
	moved.Holder = "corp/eve"
	if !SameButNames(Facts(&b, &q), Facts(&renamed, &q)) {
		t.Error("a name is a change")
	}
	if SameButNames(Facts(&b, &q), Facts(&moved, &q)) || SameButNames(Facts(&b, &q), "") {
		t.Error("another holder, or no facts, is no change")
	}
}

func FuzzFromFacts(f *testing.F) {
	q := lifecycle.Question{Asset: lifecycle.Ref{System: "cmdb", ID: "APP-1"}}
	f.Add(Facts(&lifecycle.Binding{Asset: q.Asset}, &q))
	f.Add(`{"asset":"a/b","confidence":0,"digest":"","findings":{"owner.left":"x"},"state_confidence":0}`)
	f.Fuzz(func(t *testing.T, text string) {
		b, q, err := FromFacts(text)
		if err != nil {
			return
		}
		if again, r, err := FromFacts(Facts(&b, &q)); err != nil || again.Digest() != b.Digest() || !reflect.DeepEqual(q, r) {
			t.Errorf("%s is read back as %+v, %v", text, again, err)
		}
	})
}
