package grant_test

import (
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
	"github.com/custodyhq/terraform-provider-custody/internal/acctest/check"
)

// linked is a change that opens a task with a link against the asset.
func linked(kind string) func(e *estate, name string) {
	return func(e *estate, name string) {
		e.Append("tasks.csv", fmt.Sprintf("T-%[1]s,%[2]s,%[1]s,open,,https://tasks.example.org/%[1]s", name, kind))
	}
}

// closed is a change that closes the task of the asset.
func closed(e *estate, name string) { e.Forget("tasks.csv", "T-"+name) }

// g1 is renewed at 60 days and expires at 90; privileged it expires at 30.
func TestTasksMustBeClosed(t *testing.T) {
	e := newEstate(t)
	const fresh, kept, privileged, offboarded, waived = "fresh", "kept", "privileged", "offboarded", "waived"
	e.app(fresh)
	linked("decommission")(e, fresh)
	e.app(kept)
	e.app(privileged, `risk = "privileged"`, `ttl = "28d"`)
	e.app(offboarded)
	e.app(waived, `exception = { codes = ["task.unclosed"], reason = "CHG-8", approved_by = "carol", expires_at = "2030-02-15" }`)
	linked("decommission")(e, waived)
	resource.ParallelTest(t, e.Case(
		resource.TestStep{
			ConfigPlanChecks: check.Plan(
				check.Resource(grant(fresh), check.Attributes{
					"status": "review", "generations": check.Keys(),
					"because": check.Says(`task.unclosed`, `Open, and must be closed first (provider policy require_closed[0]): decommission task "T-fresh" (https://tasks.example.org/fresh).`,
						"Nothing is issued or renewed. Close the task: nothing else is needed, and the next run goes on by itself."),
				}),
			),
			ConfigStateChecks: check.State(check.Resource(grant(waived), check.Attributes{"status": "review", "generations": check.Keys("g1")})),
		},
		// Whoever closes the task, the next run goes on by itself.
		resource.TestStep{
			PreConfig: func() {
				e.Clock.Advance(10 * day)
				closed(e, fresh)
				linked("decommission")(e, kept)
				linked("reassignment")(e, privileged)
				linked("offboarding")(e, offboarded) // which this policy does not name
			},
			ConfigPlanChecks: check.Plan(check.Changes{
				grant(fresh): check.Update, credential(fresh, "g1"): check.Create,
				grant(kept): check.Update, grant(privileged): check.Update, grant(offboarded): check.Update,
			},
				check.Resource(grant(kept), check.Attributes{"status": "lapsing", "because": check.Says(`"T-kept" (https://tasks.example.org/kept)`, "access ends with g1 on 2030-04-15")}),
				check.Resource(grant(privileged), check.Attributes{"status": "lapsing", "because": check.Says("Action: lapse; block on 2030-02-08 if this is still so")}),
				check.Resource(grant(offboarded), check.Attributes{"status": "review", "because": check.Codes("task.open")}),
			),
			ConfigStateChecks: check.State(check.Resource(grant(privileged), check.Attributes{"next_change_at": instant(24 * day)})),
		},
		// A day before the deadline nothing changes, and on its day the privileged access is blocked.
		resource.TestStep{PreConfig: func() { e.Clock.Advance(13 * day) }, PlanOnly: true},
		resource.TestStep{
			PreConfig: func() { e.Clock.Advance(day) },
			ConfigPlanChecks: check.Plan(check.Changes{
				grant(privileged): check.Update, credential(privileged, "g1"): check.Destroy,
			}),
			ConfigStateChecks: check.State(check.Resource(grant(privileged), check.Attributes{"status": "blocked", "generations": check.Keys()})),
		},
		// Past the renewal of what is kept: it is not renewed before the task is closed.
		resource.TestStep{
			PreConfig: func() {
				e.Clock.Advance(41 * day)
				closed(e, privileged)
				closed(e, offboarded)
			},
			ConfigPlanChecks: check.Plan(
				plancheck.ExpectResourceAction(credential(privileged, "g2"), plancheck.ResourceActionCreate),
				plancheck.ExpectResourceAction(credential(kept, "g1"), plancheck.ResourceActionNoop),
			),
			ConfigStateChecks: check.State(check.Resource(grant(kept), check.Attributes{"status": "lapsing", "generations": check.Keys("g1")})),
		},
		resource.TestStep{
			PreConfig:         func() { closed(e, kept) },
			ConfigPlanChecks:  check.Plan(check.Changes{grant(kept): check.Update, credential(kept, "g2"): check.Create}),
			ConfigStateChecks: check.State(check.Resource(grant(kept), check.Attributes{"status": "active", "generations": check.Keys("g1", "g2")})),
		},
	))
}

// Without a source of tasks every task would count as closed.
func TestUnknownTasksAreRefused(t *testing.T) {
	w := acctest.NewWorld(t)
	w.Edit("provider.tf", `, tasks = "${var.inventory}/tasks.csv"`, "")
	const requires = `jsonencode({ require_closed = [{ kinds = ["offboarding"] }] })`
	w.Write("main.tf", "resource \"custody_binding\" \"app\" {\n  asset = \"cmdb/APP-1\"\n}\n"+
		"resource \"custody_binding\" \"laptop\" {\n  asset = \"cmdb/LAP-1\"\n}\n"+
		grantBlock("own", "app", "own", []string{"policy = " + requires})+
		grantBlock("exempt", "laptop", "exempt", []string{`policy = jsonencode({ require_closed = [{ class = "laptop", kinds = [] }, { kinds = ["offboarding"] }] })`}))
	says := []string{"Error: Tasks of the Asset Are Not Known", "on main.tf line", "tasks of kind offboarding closed", `the system "cmdb" has no tasks`,
		"Nothing was issued and nothing was revoked.", `Connect the tasks in the block of "cmdb"`, "kinds = []"}
	resource.ParallelTest(t, w.Case(
		w.Refused(map[string][]string{"own": says}, resource.TestStep{PlanOnly: true}),
		w.Refused(map[string][]string{"own": says, "exempt": says}, resource.TestStep{
			PreConfig: func() {
				w.Edit("provider.tf", "jsonencode({ lifetimes", `jsonencode({ require_closed = [{ kinds = ["offboarding"] }], lifetimes`)
			},
			PlanOnly: true,
		}),
	))
}
