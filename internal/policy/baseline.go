package policy

import (
	_ "embed" // for baseline.json
	"slices"
	"sync"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
)

//go:embed baseline.json
var baselineJSON []byte

var baseline = sync.OnceValues(func() (*Document, *lifecycle.Rules) {
	doc, err := Parse(baselineJSON)
	if err != nil {
		panic("policy: baseline.json: " + err.Error())
	}
	rules, err := compileOnto(doc, "baseline", &lifecycle.Rules{})
	if err != nil {
		panic("policy: baseline.json: " + err.Error())
	}
	return doc, rules
})

// Baseline returns the rules of the built-in baseline. They are shared and must
// not be changed.
func Baseline() *lifecycle.Rules {
	_, rules := baseline()
	return rules
}

// BaselineJSON returns the text of the built-in baseline, for readers, and as a
// starting point.
func BaselineJSON() []byte {
	return append([]byte(nil), baselineJSON...)
}

// GrantRules returns the rules of the grant's own policy, combined with the
// provider's. An asset is assessed once, under the provider's policy: how a record
// is trusted, what a class is bound to, whether the policy is enforced, who may
// approve and when people are told cannot differ between grants. The frameworks are those that either of the
// policies chooses.
func GrantRules(provider, grant *lifecycle.Rules) *lifecycle.Rules {
	rules := *grant
	rules.StaleAfter = provider.StaleAfter
	rules.LeadTime = provider.LeadTime
	rules.Required = provider.Required
	rules.Points = provider.Points
	rules.Classes = provider.Classes
	rules.Enforcement = provider.Enforcement
	rules.Authority = provider.Authority
	rules.Notices = provider.Notices
	rules.Frameworks = append(slices.Clone(provider.Frameworks), grant.Frameworks...)
	rules.Index()
	return &rules
}
