package asset_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/config"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
	"github.com/custodyhq/terraform-provider-custody/internal/acctest/check"
)

// assets are the assets that the configuration asks for.
func assets(names ...string) config.Variables {
	return config.Variables{"assets": acctest.Value(names)}
}

func TestAnAsset(t *testing.T) {
	w := acctest.NewWorld(t, "one")
	want := map[string]check.Attributes{
		"cmdb/APP-1": {
			"exists": true, "records": 1, "class": "application", "name": "Billing", "state": "in_service", "owners": check.Texts("alice@example.org"),
			"purpose": "export invoices", "environment": "production", "criticality": "high", "third_party": true, "shared": false,
			"retirement_date": "2031-01-01T23:59:59Z", "verified_at": "2030-01-01T00:00:00Z", "assigned_at": "2029-06-01T00:00:00Z",
		},
		"cmdb/LAP-1": {"exists": true, "owners": check.Texts("P1"), "name": nil, "purpose": nil, "third_party": nil, "shared": nil, "verified_at": nil},
		"cmdb/APP-9": {"exists": false, "records": 0, "class": nil, "state": "unknown", "owners": check.Texts()},
		"cmdb/APP-2": {"exists": true, "records": 2, "class": "application", "owners": check.Texts(), "state": "unknown", "environment": "production"},
		"cmdb/OLD-1": {"exists": true, "state": "unknown"},
	}
	var checks []statecheck.StateCheck
	for name, attributes := range want {
		checks = append(checks, check.Resource(fmt.Sprintf("data.custody_asset.of[%q]", name), attributes))
	}
	resource.ParallelTest(t, w.Case(resource.TestStep{
		ConfigVariables:   assets(slices.Collect(maps.Keys(want))...),
		ConfigStateChecks: checks,
	}))
}

func TestAnAssetThatCannotBeAskedFor(t *testing.T) {
	w := acctest.NewWorld(t, "one")
	refused := func(asset string, texts ...string) resource.TestStep {
		return resource.TestStep{ConfigVariables: assets(asset), ExpectError: check.Error(texts...)}
	}
	const at, argument = "on main.tf line 7", "asset = each.key"
	unavailable := refused("cmdb/APP-1", "Unable to Read Asset Records", at, "Nothing was issued and nothing was revoked")
	unavailable.PreConfig = func() { w.Remove("assets.csv") }
	resource.ParallelTest(t, w.Case(
		refused("", "Invalid Asset", at, argument, `Accepted: "<system>/<id>"`),
		refused("APP-1", "Invalid Asset", at, argument, `"APP-1" names no system and id`),
		refused("itam/APP-1", "Unable to Find System", at, argument, `No system named "itam"`),
		unavailable,
	))
}

// filter is what a data source filters by.
type filter map[string]any

func TestAssets(t *testing.T) {
	w := acctest.NewWorld(t, "many")
	filters := make(map[string]filter)
	var checks []statecheck.StateCheck
	for name, c := range map[string]struct {
		by  filter
		ids []string
	}{
		"everything":         {filter{}, []string{"APP-1", "APP-2", "LAP-1", "OLD-1", "SRV-2"}},
		"classes":            {filter{"class": []string{"LAPTOP", "server"}}, []string{"LAP-1", "OLD-1", "SRV-2"}},
		"an owner":           {filter{"owner": []string{"alice"}}, []string{"APP-1", "LAP-1"}},
		"owners":             {filter{"owner": []string{"ALICE@example.org", "bob"}}, []string{"APP-1", "LAP-1", "SRV-2"}},
		"an owner by id":     {filter{"owner": []string{"cmdb/p1"}}, []string{"APP-1", "LAP-1"}},
		"an unknown owner":   {filter{"owner": []string{"stranger"}}, nil},
		"states":             {filter{"state": []string{"maintenance", "unknown"}}, []string{"APP-2", "OLD-1", "SRV-2"}},
		"an environment":     {filter{"environment": []string{"Production"}}, []string{"APP-1", "APP-2"}},
		"a criticality":      {filter{"criticality": []string{"low"}}, []string{"APP-2", "SRV-2"}},
		"a class in a state": {filter{"class": []string{"application"}, "state": []string{"in_service"}}, []string{"APP-1"}},
	} {
		filters[name] = c.by
		checks = append(checks, check.Resource(by(name), check.Attributes{"ids": check.Texts(c.ids...), "assets": check.Keys(c.ids...)}))
	}
	checks = append(checks, check.Resource(by("everything"), check.Attributes{
		"assets.APP-1.asset": "cmdb/APP-1", "assets.APP-1.owners": check.Texts("alice@example.org"), "assets.LAP-1.class": "Laptop",
		"assets.APP-2.state": "unknown", "assets.APP-2.criticality": "low",
	}))
	resource.ParallelTest(t, w.Case(resource.TestStep{
		ConfigVariables:   config.Variables{"filters": acctest.Value(filters)},
		ConfigStateChecks: checks,
	}))
}

// by is the address of a data source by the name of its filter.
func by(name string) string { return fmt.Sprintf("data.custody_assets.by[%q]", name) }

func TestAssetsThatCannotBeAskedFor(t *testing.T) {
	w := acctest.NewWorld(t)
	resource.ParallelTest(t, w.Refuses(map[string][]string{
		"empty_system":      {`system = ""`, "mpty text states nothing"},
		"no_class":          {"class =", "at least 1"},
		"empty_class":       {"class =", "At class", "mpty text states nothing"},
		"empty_owner":       {"owner =", "mpty text states nothing"},
		"unknown_state":     {"state =", "Invalid State", `"live" is not among them`, "one of unknown, planned, in_service"},
		"empty_environment": {"environment =", "mpty text states nothing"},
		"empty_criticality": {"criticality =", "mpty text states nothing"},
	}))
}

func TestAssetsOfASystemThatIsNotConfigured(t *testing.T) {
	w := acctest.NewWorld(t, "many")
	resource.ParallelTest(t, w.Case(resource.TestStep{
		ConfigVariables: config.Variables{"filters": acctest.Value(map[string]filter{"system": {"system": "itam"}})},
		ExpectError:     check.Error("Unable to Find System", "on main.tf line", "system =", `"cmdb"`),
	}))
}

func TestAssetsFeedForEach(t *testing.T) {
	w := acctest.NewWorld(t)
	w.Append("assets.csv", "APP-2,application,Ledger,in_service,bob,books,production,high,,,,2030-01-01")
	resource.ParallelTest(t, w.Case(
		resource.TestStep{
			ConfigPlanChecks: check.Plan(check.Changes{
				`custody_binding.app["APP-1"]`:          check.Create,
				`custody_binding.app["APP-2"]`:          check.Create,
				`custody_grant.key["APP-1"]`:            check.Create,
				`custody_grant.key["APP-2"]`:            check.Create,
				`terraform_data.credential["APP-1:g1"]`: check.Create,
				`terraform_data.credential["APP-2:g1"]`: check.Create,
			}),
		},
		resource.TestStep{
			PreConfig: func() {
				w.Append("assets.csv", "APP-3,application,Joiner,in_service,carol,new,staging,low,,,,2030-01-01")
			},
			PlanOnly:           true,
			ExpectNonEmptyPlan: true,
			ConfigPlanChecks: check.PlanOnly(check.Changes{
				`custody_binding.app["APP-3"]`:          check.Create,
				`custody_grant.key["APP-3"]`:            check.Create,
				`terraform_data.credential["APP-3:g1"]`: check.Create,
			}),
		},
	))
}
