package policy_test

import (
	"fmt"

	"github.com/custodyhq/terraform-provider-custody/internal/policy"
)

// A document says only what differs from those that it extends.
func ExampleLoad() {
	rules, err := policy.Load([]byte(`{
		"exception_max": "45d",
		"classes": {"kiosk": {"bound_to": "workload"}}
	}`), "provider policy")
	if err != nil {
		fmt.Println(err)
		return
	}
	kiosk := rules.ClassOf("Kiosk")
	fmt.Println(policy.FormatDuration(rules.ExceptionMax), kiosk.BoundTo, rules.AutomateAt == policy.Baseline().AutomateAt)
	// Output: 45d workload true
}

// An error names the place in the document and what is accepted there.
func ExampleLoad_problem() {
	_, err := policy.Load([]byte(`{"exception_max": "45 days"}`), "provider policy")
	fmt.Println(err)
	// Output: exception_max: Invalid Duration: "45 days" is not a duration; accepted are numbers, each with one of the units w, d, h, m and s, for instance 90d, 1w2d or 1h30m.
}
