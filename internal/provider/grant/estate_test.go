package grant_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
	"github.com/custodyhq/terraform-provider-custody/internal/acctest/check"
)

// estate is a world of assets, each with a holder, a binding and a grant of its
// own. All of them have one name: what happens to the asset. So many cases share
// a plan and none of them sees another.
type estate struct {
	*acctest.World
	entries map[string]*entry
}

// entry is what the configuration says of an asset.
type entry struct {
	asset     string   // the asset of the binding
	binding   string   // further arguments of the binding
	access    string   // what the grant is for
	withheld  bool     // there is a binding only
	arguments []string // further arguments of the grant
	more      string   // further blocks
}

func newEstate(t *testing.T) *estate {
	t.Helper()
	return &estate{acctest.NewWorld(t), make(map[string]*entry)}
}

// app adds an application like APP-1, with a grant that has the arguments.
func (e *estate) app(name string, arguments ...string) { e.add("APP-1", name, arguments) }

// laptop adds a laptop like LAP-1, with a grant that has the arguments.
func (e *estate) laptop(name string, arguments ...string) { e.add("LAP-1", name, arguments) }

func (e *estate) add(like, name string, arguments []string) {
	e.Copy("assets.csv", like, name, "owner", name)
	e.Copy("people.csv", "p1", name, "username", name, "email", "")
	e.entries[name] = &entry{asset: name, access: name, arguments: arguments}
	e.write()
}

// set changes what the configuration says of an asset.
func (e *estate) set(name string, change func(*entry)) {
	change(e.entries[name])
	e.write()
}

// give replaces the arguments of a grant.
func (e *estate) give(name string, arguments ...string) {
	e.set(name, func(c *entry) { c.withheld, c.arguments = false, arguments })
}

// withhold takes a grant out of the configuration, and leaves the binding.
func (e *estate) withhold(name string) { e.set(name, func(c *entry) { c.withheld = true }) }

func (e *estate) write() {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(e.entries)) {
		c := e.entries[name]
		fmt.Fprintf(&b, "resource \"custody_binding\" %q {\n  asset = \"cmdb/%s\"\n  %s\n}\n%s\n", name, c.asset, c.binding, c.more)
		if !c.withheld {
			b.WriteString(grantBlock(name, name, c.access, c.arguments))
			fmt.Fprintf(&b, "resource \"terraform_data\" %[1]q {\n  for_each = custody_grant.%[1]s.generations\n  input = each.value.enabled\n}\n", name)
		}
	}
	e.Write("main.tf", b.String())
}

func grantBlock(name, binding, access string, arguments []string) string {
	return fmt.Sprintf("resource \"custody_grant\" %q {\n  binding = custody_binding.%s\n  access = \"access/%s\"\n  %s\n}\n",
		name, binding, access, strings.Join(arguments, "\n  "))
}

func grant(name string) string { return "custody_grant." + name }

func binding(name string) string { return "custody_binding." + name }

// credential is the address of what stands for a credential of a grant.
func credential(name, generation string) string {
	return fmt.Sprintf("terraform_data.%s[%q]", name, generation)
}

// holder is the key of who holds the asset of a name at first.
func holder(name string) string { return "cmdb/" + name }

// decision is what follows from one change of the facts.
type decision struct {
	of        func(e *estate, name string, arguments ...string)
	arguments []string
	before    func(e *estate, name string) // what is so before the grant is created
	change    func(e *estate, name string)
	does      check.Changes    // what the plan does to credentials, by generation
	says      []string         // what the reasons in the plan hold
	want      check.Attributes // of the grant after the apply
}

// decide adds what the cases are about, and returns a step that creates it and a
// step in which everything changes at once.
func (e *estate) decide(cases map[string]decision) []resource.TestStep {
	changes := make(check.Changes)
	planned := []plancheck.PlanCheck{changes}
	var left []statecheck.StateCheck
	for name, c := range cases {
		c.of(e, name, c.arguments...)
		if c.before != nil {
			c.before(e, name)
		}
		changes[grant(name)] = check.Update
		for generation, action := range c.does {
			changes[credential(name, generation)] = action
		}
		if len(c.says) > 0 {
			planned = append(planned, check.Resource(grant(name), check.Attributes{"because": check.Says(c.says...)}))
		}
		left = append(left, check.Resource(grant(name), c.want))
	}
	return []resource.TestStep{
		{},
		{
			PreConfig: func() {
				for name, c := range cases {
					c.change(e, name)
				}
			},
			ConfigPlanChecks:  check.Plan(planned...),
			ConfigStateChecks: left,
		},
	}
}

// asset and person are changes of the record of an asset and of the entry of its
// holder: field, value, field, value.
func asset(fields ...string) func(e *estate, name string) {
	return func(e *estate, name string) { e.Asset(name, fields...) }
}

func person(fields ...string) func(e *estate, name string) {
	return func(e *estate, name string) { e.Person(name, fields...) }
}

// task is a change that opens a task against the asset.
func task(kind, due string) func(e *estate, name string) {
	return func(e *estate, name string) {
		e.Append("tasks.csv", fmt.Sprintf("T-%[1]s,%[2]s,%[1]s,open,%[3]s,", name, kind, due))
	}
}

// declares is a change of the owner that the binding declares.
func declares(owner string) func(e *estate, name string) {
	return func(e *estate, name string) {
		e.set(name, func(c *entry) { c.binding = fmt.Sprintf("declared = { owner = %q }", owner) })
	}
}
