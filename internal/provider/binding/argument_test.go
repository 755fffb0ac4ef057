package binding_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
	"github.com/custodyhq/terraform-provider-custody/internal/acctest/check"
)

func TestBadArguments(t *testing.T) {
	const nothing = "mpty text states nothing"
	arguments := map[string]struct {
		argument string
		says     []string
	}{
		"empty asset":          {`asset = ""`, []string{"Invalid Asset", `"<system>/<id>", for instance "cmdb/APP-0042"`}},
		"asset of no system":   {`asset = "APP-1"`, []string{"Invalid Asset", `"APP-1" names no system and id`}},
		"asset without id":     {`asset = "cmdb/"`, []string{"Invalid Asset"}},
		"asset without system": {`asset = "/APP-1"`, []string{"Invalid Asset"}},
		"declared owner":       {`declared = { owner = "" }`, []string{"At declared.owner", nothing}},
		"declared purpose":     {`declared = { purpose = " " }`, []string{"At declared.purpose", nothing}},
		"declared environment": {`declared = { environment = "" }`, []string{"At declared.environment", nothing}},
		"declared criticality": {`declared = { criticality = "" }`, []string{"At declared.criticality", nothing}},
		"declared third party": {`declared = { third_party = "perhaps" }`, []string{"a bool is required"}},
		"declared retirement":  {`declared = { retirement_date = "31.12.2030" }`, []string{"At declared.retirement_date", "Invalid Date", "a date such as 2030-01-31"}},
		"evidence of nobody":   {`evidence = { tag = "" }`, []string{`At evidence["tag"]`, nothing}},
		"evidence of nothing":  {`evidence = { "" = "bob" }`, []string{nothing}},
		"empty successor":      {`successors = [""]`, []string{"At successors[0]", nothing}},
		"repeated successor":   {`successors = ["bob", "bob"]`, []string{"Duplicate"}},
		"computed attribute":   {`holder = "cmdb/p2"`, []string{"Invalid Configuration for Read-Only Attribute"}},
	}
	var blocks strings.Builder
	want := make(map[string][]string)
	for _, name := range slices.Sorted(maps.Keys(arguments)) {
		c := arguments[name]
		asset := `asset = "cmdb/APP-1"` + "\n  "
		if strings.HasPrefix(c.argument, "asset") {
			asset = ""
		}
		label := acctest.Label(name)
		fmt.Fprintf(&blocks, "resource \"custody_binding\" %q {\n  %s%s\n}\n", label, asset, c.argument)
		want[label] = append(c.says, "on main.tf line")
	}
	w := acctest.NewWorld(t, "alone")
	w.Write("main.tf", blocks.String())
	resource.ParallelTest(t, w.Refuses(want))
}

func TestABindingToASystemThatIsNotConfigured(t *testing.T) {
	w := acctest.NewWorld(t, "alone")
	w.Edit("main.tf", "cmdb/APP-1", "itam/APP-1")
	resource.ParallelTest(t, w.Case(resource.TestStep{
		ExpectError: check.Error("Unable to Find System", "on main.tf line", `asset = "itam/APP-1"`,
			`No system named "itam"`, `one of the systems in the provider block: "cmdb"`),
	}))
}

func TestUnknownArgumentsGiveUnknownFacts(t *testing.T) {
	w := acctest.NewWorld(t, "TestUnknownArguments")
	resource.ParallelTest(t, w.Case(resource.TestStep{
		ConfigPlanChecks: check.Plan(check.Resource(app, check.Attributes{
			"holder": check.Unknown, "findings": check.Unknown, "confidence": check.Unknown, "held": check.Unknown,
		})),
		ConfigStateChecks: check.State(check.Resource(app, check.Attributes{"holder": "cmdb/p1", "findings": check.Codes()})),
	}))
}

func TestImportAndDestroyTouchNoRecord(t *testing.T) {
	w := acctest.NewWorld(t, "granted")
	w.Append("main.tf", "import {\n  to = "+app+"\n  id = \"cmdb/APP-1\"\n}")
	assets := w.Read("assets.csv")
	resource.ParallelTest(t, w.Case(
		resource.TestStep{
			ConfigPlanChecks: check.Plan(
				check.Imports(app),
				check.Changes{key: check.Create, credential("g1"): check.Create},
			),
			ConfigStateChecks: check.State(check.Resource(app, check.Attributes{"asset": "cmdb/APP-1", "holder": "cmdb/p1"})),
		},
		resource.TestStep{
			Destroy:          true,
			ConfigPlanChecks: check.Plan(check.Changes{app: check.Destroy, key: check.Destroy, credential("g1"): check.Destroy}),
		},
		w.Look(func() error { return w.Unchanged("assets.csv", assets) }),
	))
}

func TestImportsThatAreRefused(t *testing.T) {
	w := acctest.NewWorld(t, "alone")
	refused := func(id string, texts ...string) resource.TestStep {
		return resource.TestStep{ResourceName: app, ImportState: true, ImportStateId: id, ExpectError: check.Error(texts...)}
	}
	held := refused("cmdb/APP-1", "Unable to Create Binding on Held Facts")
	held.PreConfig = func() {
		w.Provider(`on_unavailable = "hold"`)
		w.Remove("people.csv")
	}
	resource.ParallelTest(t, w.Case(
		refused("APP-1", `Error: Invalid Import ID "APP-1" is not an asset. Nothing was imported.`),
		refused("itam/APP-1", "Unable to Find System"),
		held,
		w.Look(func() error { return w.Unchanged(acctest.StateFile, "") }),
	))
}
