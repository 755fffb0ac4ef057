package asset_test

import (
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
)

const one = "data.custody_asset.one"

func TestAnAsset(t *testing.T) {
	for asset, want := range map[string][]string{
		"cmdb/APP-1": {"exists", "true", "records", "1", "class", "application", "name", "Billing", "state", "in_service", "owners", "alice@example.org",
			"purpose", "export invoices", "environment", "production", "criticality", "high", "third_party", "true", "shared", "false",
			"retirement_date", "2031-01-01T23:59:59Z", "verified_at", "2030-01-01T00:00:00Z", "assigned_at", "2029-06-01T00:00:00Z"},
		"cmdb/LAP-1": {"exists", "true", "owners", "P1", "name", "null", "purpose", "null", "third_party", "null", "shared", "null", "verified_at", "null"},
		"cmdb/APP-9": {"exists", "false", "records", "0", "class", "null", "state", "unknown", "owners", ""},
		"cmdb/APP-2": {"exists", "true", "records", "2", "class", "application", "owners", "", "state", "unknown", "environment", "production"},
		"cmdb/OLD-1": {"exists", "true", "state", "unknown"},
	} {
		t.Run(asset, func(t *testing.T) {
			w := acctest.Load(t, "one")
			w.Setenv("TF_VAR_asset", asset)
			w.Apply()
			w.Holds(one, want...)
			w.Plan().Exits(0)
		})
	}
}

func TestAnAssetThatCannotBeAskedFor(t *testing.T) {
	for asset, says := range map[string][]string{
		"":           {"Invalid Asset", `Accepted: "<system>/<id>"`},
		"APP-1":      {"Invalid Asset", `"APP-1" names no system and id`},
		"itam/APP-1": {"Unable to Find System", `No system named "itam"`},
	} {
		t.Run(asset, func(t *testing.T) {
			w := acctest.Load(t, "one")
			w.Setenv("TF_VAR_asset", asset)
			w.Plan().Exits(1).Says(says...).Says("on main.tf line 6", "asset = var.asset")
		})
	}
	t.Run("unavailable", func(t *testing.T) {
		w := acctest.Load(t, "one")
		w.Remove("assets.csv")
		w.Plan().Exits(1).Says("Unable to Read Asset Records", "on main.tf line 6", "Nothing was issued and nothing was revoked")
	})
}

func TestAssets(t *testing.T) {
	w := acctest.Load(t, "many")
	good := w.Read("main.tf")
	for filter, ids := range map[string]string{
		"":                                     "APP-1 APP-2 LAP-1 OLD-1 SRV-2",
		`class = ["LAPTOP", "server"]`:         "LAP-1 OLD-1 SRV-2",
		`owner = ["alice"]`:                    "APP-1 LAP-1",
		`owner = ["ALICE@example.org", "bob"]`: "APP-1 LAP-1 SRV-2",
		`owner = ["cmdb/p1"]`:                  "APP-1 LAP-1",
		`owner = ["stranger"]`:                 "",
		`state = ["maintenance", "unknown"]`:   "APP-2 OLD-1 SRV-2",
		`environment = ["Production"]`:         "APP-1 APP-2",
		`criticality = ["low"]`:                "APP-2 SRV-2",
		"class = [\"application\"]\n  state = [\"in_service\"]": "APP-1",
	} {
		t.Run(filter, func(t *testing.T) {
			w := w.In(t)
			w.Write("main.tf", good)
			w.Edit("main.tf", `"cmdb"`, `"cmdb"`+"\n  "+filter)
			w.Apply()
			w.Holds("data.custody_assets.all", "ids", ids, "assets", ids)
		})
	}
	w.Write("main.tf", good)
	w.Apply()
	w.Holds("data.custody_assets.all", "assets.APP-1.asset", "cmdb/APP-1", "assets.APP-1.owners", "alice@example.org", "assets.LAP-1.class", "Laptop",
		"assets.APP-2.state", "unknown", "assets.APP-2.criticality", "low")
}

func TestAssetsThatCannotBeAskedFor(t *testing.T) {
	w := acctest.Load(t, "many")
	good := w.Read("main.tf")
	for name, c := range map[string]struct {
		argument string
		says     []string
	}{
		"an empty system":      {`system = ""`, []string{"mpty text states nothing"}},
		"an unknown system":    {`system = "itam"`, []string{"Unable to Find System", `"cmdb"`, "system ="}},
		"no class":             {"system = \"cmdb\"\n  class = []", []string{"class", "at least 1"}},
		"an empty class":       {"system = \"cmdb\"\n  class = [\"\"]", []string{"mpty text states nothing", "At class"}},
		"an empty owner":       {"system = \"cmdb\"\n  owner = [\"\"]", []string{"mpty text states nothing"}},
		"an unknown state":     {"system = \"cmdb\"\n  state = [\"live\"]", []string{"Invalid State", `"live" is not among them`, "one of unknown, planned, in_service"}},
		"an empty environment": {"system = \"cmdb\"\n  environment = [\"\"]", []string{"mpty text states nothing"}},
		"an empty criticality": {"system = \"cmdb\"\n  criticality = [\"\"]", []string{"mpty text states nothing"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := w.In(t)
			w.Write("main.tf", good)
			w.Edit("main.tf", `system = "cmdb"`, c.argument)
			w.Plan().Exits(1).Says(c.says...).Says("on main.tf line")
		})
	}
}

func TestAssetsFeedForEach(t *testing.T) {
	w := acctest.Load(t)
	w.Append("assets.csv", "APP-2,application,Ledger,in_service,bob,books,production,high,,,,2030-01-01")
	w.Plan().Exits(2).Says(`custody_grant.key["APP-2"] will be created`, `terraform_data.credential["APP-1:g1"] will be created`)
	w.Apply()
	w.Plan().Exits(0)
	w.Append("assets.csv", "APP-3,application,Joiner,in_service,carol,new,staging,low,,,,2030-01-01")
	w.Plan().Exits(2).Says(`terraform_data.credential["APP-3:g1"] will be created`, "Plan: 3 to add, 0 to change, 0 to destroy.")
}
