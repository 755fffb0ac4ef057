package owner_test

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

// owners are the owners that the configuration asks for.
func owners(names ...string) config.Variables {
	return config.Variables{"owners": acctest.Value(names)}
}

// of is the address of an owner's data source.
func of(name string) string { return fmt.Sprintf("data.custody_owner.of[%q]", name) }

func TestAnOwner(t *testing.T) {
	w := acctest.NewWorld(t, "owner")
	w.Append("people.csv", "p5,,Twin,Twin,employee,active,,,")
	w.Append("people.csv", "p6,,twin,,employee,active,,,")
	w.Append("people.csv", "p7,,dave,Dave,contractor,active,2030-02-10,,")
	alice := check.Attributes{
		"exists": true, "candidates": check.Texts(), "holder": "cmdb/p1", "email": "alice@example.org", "username": "alice", "name": "Alice",
		"kind": "employee", "status": "active", "end_date": nil, "manager": "carol", "teams": check.Texts("payments"), "members": check.Texts(),
	}
	want := map[string]check.Attributes{
		"alice":             alice,
		"P1":                alice,
		"Alice@Example.org": alice,
		"cmdb/p1":           alice,
		"stranger": {"exists": false, "candidates": check.Texts(), "holder": nil, "status": nil, "kind": nil,
			"teams": check.Texts(), "members": check.Texts()},
		"twin":     {"exists": false, "candidates": check.Texts("cmdb/p5", "cmdb/p6"), "holder": nil, "status": nil},
		"payments": {"exists": true, "holder": "cmdb/t1", "kind": "team", "members": check.Texts("cmdb/p1", "cmdb/p2", "cmdb/p3")},
		"dave":     {"exists": true, "kind": "contractor", "status": "leaving", "end_date": "2030-02-10T23:59:59Z"},
	}
	var checks []statecheck.StateCheck
	for name, attributes := range want {
		checks = append(checks, check.Resource(of(name), attributes))
	}
	resource.ParallelTest(t, w.Case(resource.TestStep{
		ConfigVariables:   owners(slices.Collect(maps.Keys(want))...),
		ConfigStateChecks: checks,
	}))
}

func TestAnOwnerWhoCannotBeAskedFor(t *testing.T) {
	w := acctest.NewWorld(t, "owner")
	resource.ParallelTest(t, w.Case(
		resource.TestStep{
			ConfigVariables: owners(""),
			ExpectError:     check.Error("on main.tf line 7", "owner = each.key", "mpty text states nothing"),
		},
		resource.TestStep{
			PreConfig:       func() { w.Remove("people.csv") },
			ConfigVariables: owners("alice"),
			ExpectError:     check.Error("Unable to Read", "on main.tf line 7", "people.csv"),
		},
	))
}

// The directory that is named first and knows the owner answers.
func TestDirectoriesAreAskedInTheirOrder(t *testing.T) {
	w := acctest.NewWorld(t, "owner")
	w.Write("corp.csv", "id,username,status\nc1,alice,suspended\n")
	w.Edit("provider.tf", "systems = {", `directories = ["corp", "cmdb"]
  systems = {
    corp = { file = { people = "${var.inventory}/corp.csv" } }`)
	resource.ParallelTest(t, w.Case(resource.TestStep{
		ConfigVariables: owners("alice", "bob"),
		ConfigStateChecks: check.State(
			check.Resource(of("alice"), check.Attributes{"holder": "corp/c1", "status": "suspended"}),
			check.Resource(of("bob"), check.Attributes{"holder": "cmdb/p2"}),
		),
	}))
}
