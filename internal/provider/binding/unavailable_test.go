package binding_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
	"github.com/custodyhq/terraform-provider-custody/internal/acctest/check"
)

// failures are the ways in which an inventory cannot be believed.
var failures = map[string]struct {
	happen func(f *acctest.Folder)
	says   []string
}{
	"the assets vanish":    {func(f *acctest.Folder) { f.Remove("assets.csv") }, []string{"assets.csv", "Nothing was issued and nothing was revoked", "then plan again"}},
	"the people vanish":    {func(f *acctest.Folder) { f.Remove("people.csv") }, []string{"people.csv", "Nothing was issued and nothing was revoked"}},
	"the tasks vanish":     {func(f *acctest.Folder) { f.Remove("tasks.csv") }, []string{"tasks.csv", "Nothing was issued and nothing was revoked"}},
	"a row is cut off":     {func(f *acctest.Folder) { f.Append("assets.csv", "APP-2,application,Led") }, []string{"assets.csv", "line 4", "Correct the file or export it again"}},
	"a quote is left open": {func(f *acctest.Folder) { f.Append("people.csv", `p5,"dave@exam`) }, []string{"people.csv", "line 6"}},
	"all rows are gone":    {func(f *acctest.Folder) { f.Write("people.csv", "id,username,status\n") }, []string{"it holds 0 ", "it may be cut off"}},
	"a header is gone":     {func(f *acctest.Folder) { f.Edit("assets.csv", "id,class", "key,class") }, []string{"assets.csv", "id"}},
	"the last row is gone": {func(f *acctest.Folder) { f.Forget("assets.csv", "LAP-1") }, []string{"it holds 1 asset records and min_records asks for at least 2; it may be cut off"}},
}

func TestASystemThatCannotBeBelievedStopsThePlan(t *testing.T) {
	w := acctest.NewWorld(t, "granted")
	w.Edit("provider.tf", "/tasks.csv\"", `/tasks.csv", min_records = { assets = 2 }`)
	files := w.Tables()
	var state string
	steps := []resource.TestStep{{PostApplyFunc: func() { state = w.Read(acctest.StateFile) }}}
	for _, name := range slices.Sorted(maps.Keys(failures)) {
		failure := failures[name]
		at := []string{"Error: Unable to Read", "with custody_binding.app", "on main.tf line 2", `asset = "cmdb/APP-1"`}
		steps = append(steps, resource.TestStep{
			PreConfig: func() {
				t.Log(name)
				w.Restore(files)
				failure.happen(&w.Folder)
			},
			ExpectError: check.Error(append(at, failure.says...)...),
		})
	}
	// A plan without a refresh does not pass the failure by.
	steps = append(steps, resource.TestStep{PlanOnly: true, ExpectError: steps[len(steps)-1].ExpectError})
	steps = append(steps, w.Look(func() error { return w.Unchanged(acctest.StateFile, state) }))
	resource.ParallelTest(t, w.Case(steps...))
}

// That facts are held is told by a warning only, so this reads what is printed.
func TestHeldFactsKeepWhatExists(t *testing.T) {
	for name, failure := range failures {
		if name == "the last row is gone" {
			continue // only min_records tells
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := acctest.Load(t, "granted")
			w.Provider(`on_unavailable = "hold"`)
			w.Apply()
			failure.happen(&w.Folder)
			w.Plan().Exits(2).Says("Warning: System Unavailable, Last Known Facts Kept", "~ held = false -> true").Says(failure.says[0]).Silent("will be destroyed", "will be created")
			w.Apply()
			w.Holds(app, "held", "true", "holder", "cmdb/p1", "state", "in_service")
			w.Holds(key, "status", "active", "generations", "g1", "binding.memory.conditions", "null")
			w.Plan().Exits(0).Says("Warning: System Unavailable, Last Known Facts Kept")
			w.Plan("-refresh=false").Exits(0)
		})
	}
}

// A year of facts that nobody can read, for three applications: one that works,
// one that is blocked, and one whose record is stale already.
func TestHeldFactsIssueAndUnblockNothing(t *testing.T) {
	w := acctest.NewWorld(t, "held")
	w.Provider(`on_unavailable = "hold"`)
	people := w.Read("people.csv")
	resource.ParallelTest(t, w.Case(
		resource.TestStep{ConfigStateChecks: check.State(
			check.Resource("custody_grant.active", check.Attributes{"status": "active", "generations": check.Keys("g1")}),
			check.Resource("custody_grant.blocked", check.Attributes{"status": "blocked", "generations": check.Keys()}),
			check.Resource("custody_grant.stale", check.Attributes{"status": "active", "binding.memory.conditions": check.Keys("record.stale")}),
		)},
		resource.TestStep{
			PreConfig: func() {
				w.Remove("people.csv")
				w.Asset("PLANNED", "state", "in_service")
				w.Clock.Advance(60 * day) // past the renewal of g1, and the grace of a stale record
			},
			ConfigStateChecks: check.State(
				check.Resource("custody_grant.active", check.Attributes{"status": "active", "generations": check.Keys("g1"), "binding.memory.serial": 1}),
				check.Resource("custody_grant.blocked", check.Attributes{"status": "blocked", "generations": check.Keys()}),
				// A grace that runs goes on; a new one cannot start.
				check.Resource("custody_grant.stale", check.Attributes{"status": "review", "generations": check.Keys("g1")}),
			),
		},
		resource.TestStep{
			PreConfig: func() {
				w.Clock.Advance(time.Hour)
				w.Write("people.csv", people)
			},
			ConfigStateChecks: check.State(
				check.Resource("custody_binding.active", check.Attributes{"held": false}),
				check.Resource("custody_grant.active", check.Attributes{"status": "active", "generations": check.Keys("g1", "g2")}),
			),
		},
	))
}

func TestWhatCannotBeHeldIsRefused(t *testing.T) {
	w := acctest.NewWorld(t, "granted")
	w.Provider(`on_unavailable = "hold"`)
	files := w.Tables()
	created := check.Error("Error: Unable to Create Binding on Held Facts", "there are no last known facts to hold", "Plan again once the system answers.")
	var state string
	resource.ParallelTest(t, w.Case(
		resource.TestStep{PreConfig: func() { w.Remove("people.csv") }, ExpectError: created},
		resource.TestStep{
			PreConfig:         func() { w.Restore(files) },
			ConfigStateChecks: check.State(check.Resource(app, check.Attributes{"held": false})),
			PostApplyFunc:     func() { state = w.Read(acctest.StateFile) },
		},
		// The facts of another asset are no last known facts of this one.
		resource.TestStep{
			PreConfig: func() {
				w.Remove("people.csv")
				w.Edit("main.tf", "APP-1", "LAP-1")
			},
			ExpectError: created,
		},
		// A configuration that names no system is no system that does not answer.
		resource.TestStep{
			PreConfig: func() {
				w.Restore(files)
				w.Edit("main.tf", "LAP-1", "APP-1")
				w.Edit("provider.tf", "cmdb =", "itam =")
			},
			ExpectError: check.Error("Error: Unable to Find System", `No system named "cmdb"`, `"itam"`),
		},
		w.Look(func() error { return w.Unchanged(acctest.StateFile, state) }),
		resource.TestStep{
			PreConfig: func() {
				w.Edit("provider.tf", "itam =", "cmdb =")
				w.Remove("people.csv")
				w.Append("main.tf", "resource \"custody_grant\" \"new\" {\n  binding = custody_binding.app\n  access  = \"key/ledger\"\n}")
			},
			ConfigStateChecks: check.State(
				check.Resource("custody_grant.new", check.Attributes{"binding.memory.serial": nil, "generations": check.Keys(), "active": false}),
			),
		},
	))
}

func TestAFileOfAnotherSystemThatFailsDoesNotMatter(t *testing.T) {
	w := acctest.NewWorld(t, "alone")
	w.Edit("provider.tf", "systems = {", "directories = [\"cmdb\"]\n  systems = {\n    other = { file = { assets = \"nowhere.csv\" } }")
	resource.ParallelTest(t, w.Case(resource.TestStep{}))
}
