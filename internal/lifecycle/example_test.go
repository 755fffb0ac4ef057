package lifecycle_test

import (
	"fmt"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/policy"
)

// A leaver's laptop: the record names the owner, the directory says that they left.
func ExampleDecide() {
	rules := policy.Baseline()
	question := lifecycle.Question{Asset: lifecycle.Ref{System: "cmdb", ID: "LAP-7"}}
	issued := time.Date(2026, time.January, 1, 9, 0, 0, 0, time.UTC)
	ada := lifecycle.Person{Directory: "corp", ID: "ada", Kind: lifecycle.KindEmployee, Status: lifecycle.PersonActive}
	decide := func(prior *lifecycle.Grant, now time.Time) lifecycle.Decision {
		binding := lifecycle.Assess(question, rules, lifecycle.Facts{
			Records: []lifecycle.Record{{
				ID: "LAP-7", Class: "Laptops", State: lifecycle.StateInService, Owners: []string{"ada"},
				Purpose: "work", Environment: "office", Criticality: "low", VerifiedAt: issued,
			}},
			People: map[string][]lifecycle.Person{"ada": {ada}},
		}, now)
		decision, err := lifecycle.Decide(lifecycle.Input{
			Binding: &binding, Spec: &lifecycle.Spec{Access: "vpn"}, Prior: prior, Policies: []*lifecycle.Rules{rules}, Now: now,
		})
		if err != nil {
			fmt.Println(err)
		}
		return decision
	}

	first := decide(nil, issued)
	fmt.Println(first.Grant.Status, first.Grant.Current().Key())

	ada.Status = lifecycle.PersonLeft
	second := decide(&first.Grant, issued.AddDate(0, 1, 0))
	fmt.Println(second.Grant.Status, lifecycle.Numbers(second.Withdrawn))
	// Output:
	// active g1
	// revoked [g1]
}

// A key names a generation, and is never used twice.
func ExampleKey() {
	number, ok := lifecycle.ParseKey("g2")
	fmt.Println(lifecycle.Key(number+1), ok)
	// Output: g3 true
}
