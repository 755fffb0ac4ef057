package check

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-testing/plancheck"
)

// What a plan does to a resource.
const (
	Create  = plancheck.ResourceActionCreate
	Update  = plancheck.ResourceActionUpdate
	Destroy = plancheck.ResourceActionDestroy
	Replace = plancheck.ResourceActionReplace
	Read    = plancheck.ResourceActionRead
)

// Changes are all changes of a plan, by address. What is not named must not
// change.
type Changes map[string]plancheck.ResourceActionType

// CheckPlan compares the changes of a plan.
func (c Changes) CheckPlan(ctx context.Context, req plancheck.CheckPlanRequest, resp *plancheck.CheckPlanResponse) {
	var problems []string
	for _, address := range slices.Sorted(maps.Keys(c)) {
		var one plancheck.CheckPlanResponse
		plancheck.ExpectResourceAction(address, c[address]).CheckPlan(ctx, req, &one)
		if one.Error != nil {
			problems = append(problems, one.Error.Error())
		}
	}
	for _, change := range req.Plan.ResourceChanges {
		if _, wanted := c[change.Address]; !wanted && !change.Change.Actions.NoOp() {
			problems = append(problems, fmt.Sprintf("%s - unexpected action(s): %v", change.Address, change.Change.Actions))
		}
	}
	resp.Error = joined(problems)
}

// Then runs a function once a plan is made, before it is applied: facts move, or
// time passes.
func Then(f func()) plancheck.PlanCheck { return then(f) }

type then func()

// CheckPlan runs the function.
func (f then) CheckPlan(context.Context, plancheck.CheckPlanRequest, *plancheck.CheckPlanResponse) {
	f()
}

// Imports expects that a plan imports the resource of an address as it is.
func Imports(address string) plancheck.PlanCheck { return imports(address) }

type imports string

// CheckPlan looks for the import.
func (address imports) CheckPlan(_ context.Context, req plancheck.CheckPlanRequest, resp *plancheck.CheckPlanResponse) {
	for _, change := range req.Plan.ResourceChanges {
		if change.Address == string(address) && change.Change.Importing != nil && change.Change.Actions.NoOp() {
			return
		}
	}
	resp.Error = fmt.Errorf("%s - it is not imported as it is", string(address))
}
