package binding_test

import (
	"strings"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
)

func TestBadArguments(t *testing.T) {
	w := acctest.Load(t, "alone")
	w.Apply()
	state := w.Read(acctest.StateFile)
	const nothing = "mpty text states nothing"
	for name, c := range map[string]struct {
		argument string
		says     []string
	}{
		"empty asset":          {`asset = ""`, []string{"Invalid Asset", `"<system>/<id>", for instance "cmdb/APP-0042"`}},
		"asset of no system":   {`asset = "APP-1"`, []string{"Invalid Asset", `"APP-1" names no system and id`}},
		"asset without id":     {`asset = "cmdb/"`, []string{"Invalid Asset"}},
		"asset without system": {`asset = "/APP-1"`, []string{"Invalid Asset"}},
		"unknown system":       {`asset = "itam/APP-1"`, []string{"Unable to Find System", `No system named "itam"`, `one of the systems in the provider block: "cmdb"`}},
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
		"computed attribute":   {`holder = "cmdb/p2"`, []string{"Invalid Configuration for Read-Only Attribute", "holder ="}},
	} {
		t.Run(name, func(t *testing.T) {
			w := w.In(t)
			before := w.Read("main.tf")
			defer w.Write("main.tf", before)
			if strings.HasPrefix(c.argument, "asset") {
				w.Edit("main.tf", `asset = "cmdb/APP-1"`, c.argument)
			} else {
				w.Edit("main.tf", `"cmdb/APP-1"`, `"cmdb/APP-1"`+"\n  "+c.argument)
			}
			w.TryApply().Exits(1).Says(c.says...).Says("on main.tf line")
		})
	}
	if w.Read(acctest.StateFile) != state {
		t.Error("the state changed, although nothing was accepted")
	}
}

func TestUnknownArgumentsGiveUnknownFacts(t *testing.T) {
	w := acctest.Load(t, "TestUnknownArguments")
	w.Plan().Exits(2).Says("holder = (known after apply)", "findings = (known after apply)", "confidence = (known after apply)", "held = (known after apply)")
	w.Apply()
	w.Holds(app, "holder", "cmdb/p1", "findings", "")
	w.Plan().Exits(0)
}

func TestIDsMayHoldSlashes(t *testing.T) {
	w := acctest.Load(t, "alone")
	w.Append("assets.csv", "org/repo,service,Repository,in_service,bob,code,production,high,,,,2030-01-01")
	w.Edit("main.tf", "APP-1", "org/repo")
	w.Apply()
	w.Holds(app, "id", "cmdb/org/repo", "holder", "cmdb/p2")
}

func TestImport(t *testing.T) {
	t.Run("command", func(t *testing.T) {
		w := acctest.Load(t, "alone")
		w.Run("import", "-no-color", app, "cmdb/APP-1").Ok()
		w.Holds(app, "asset", "cmdb/APP-1", "holder", "cmdb/p1")
		w.Plan().Exits(0)
	})
	t.Run("block", func(t *testing.T) {
		w := acctest.Load(t, "granted")
		w.Append("main.tf", "import {\n  to = "+app+"\n  id = \"cmdb/APP-1\"\n}")
		w.Apply().Says("1 imported, 2 added")
		w.Plan().Exits(0)
	})
	for name, c := range map[string]struct{ id, says string }{
		"no asset":       {"APP-1", `Error: Invalid Import ID "APP-1" is not an asset. Nothing was imported.`},
		"unknown system": {"itam/APP-1", "Unable to Find System"},
	} {
		t.Run(name, func(t *testing.T) {
			w := acctest.Load(t, "alone")
			w.Run("import", "-no-color", app, c.id).Exits(1).Says(c.says)
			if w.Attributes(app) != nil {
				t.Error("something was imported")
			}
		})
	}
	t.Run("on held facts", func(t *testing.T) {
		w := acctest.Load(t, "alone")
		w.Provider(`on_unavailable = "hold"`)
		w.Remove("people.csv")
		w.Run("import", "-no-color", app, "cmdb/APP-1").Exits(1).Says("Unable to Create Binding on Held Facts")
	})
}

func TestDestroyTouchesNoRecord(t *testing.T) {
	w := acctest.Load(t, "alone")
	w.Apply()
	assets := w.Read("assets.csv")
	w.Destroy()
	if w.Attributes(app) != nil || w.Read("assets.csv") != assets {
		t.Error("the binding is still there, or its record changed")
	}
}
