// Package check holds what the acceptance tests expect of plans, states and
// errors, as checks of terraform-plugin-testing.
package check

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
)

// Plan returns the checks of the plan that a step is about to apply.
func Plan(checks ...plancheck.PlanCheck) resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PreApply: checks}
}

// PlanOnly returns the checks of a plan that is not applied. The step sets
// PlanOnly and, for a plan with changes, ExpectNonEmptyPlan.
func PlanOnly(checks ...plancheck.PlanCheck) resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PostApplyPostRefresh: checks}
}

// State returns the checks of the state that a step leaves behind.
func State(checks ...statecheck.StateCheck) []statecheck.StateCheck { return checks }

// Error returns the pattern of an error in which the texts follow each other. It
// does not matter where the command line tool breaks lines.
func Error(texts ...string) *regexp.Regexp {
	patterns := make([]string, len(texts))
	for i, text := range texts {
		patterns[i] = wrapped(text)
	}
	return regexp.MustCompile("(?s)" + strings.Join(patterns, ".*"))
}

// wrapped is the pattern of a text whose lines may be broken anywhere.
func wrapped(text string) string {
	words := strings.Fields(text)
	for i, word := range words {
		words[i] = regexp.QuoteMeta(word)
	}
	return strings.Join(words, `[\s│]+`)
}

// Blocks compares an error with what is expected of the named blocks of a
// configuration: the errors at a block together hold its texts, and there are
// none at other blocks.
func Blocks(err error, want map[string][]string) error {
	found := make(map[string]string)
	name := ""
	for _, one := range strings.Split(err.Error(), "Error: ")[1:] {
		if in := inBlock.FindStringSubmatch(one); in != nil {
			name = in[1] // otherwise the error goes on with an error of its own
		}
		found[name] += "Error: " + one
	}
	var problems []string
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if found[name] == "" {
			problems = append(problems, fmt.Sprintf("%s: it was not refused", name))
			continue
		}
		for _, text := range want[name] {
			if !regexp.MustCompile(wrapped(text)).MatchString(found[name]) {
				problems = append(problems, fmt.Sprintf("%s: the error does not hold %q:\n%s", name, text, found[name]))
			}
		}
		delete(found, name)
	}
	for _, name := range slices.Sorted(maps.Keys(found)) {
		problems = append(problems, "unexpected: "+found[name])
	}
	return joined(problems)
}

// inBlock is how an error says which block it is about.
var inBlock = regexp.MustCompile(`(?:in (?:resource|data) "[^"]+" "|with provider\["[^"]+"\]\.)(\w+)`)

// joined makes one error of what is wrong.
func joined(problems []string) error {
	if len(problems) == 0 {
		return nil
	}
	return errors.New(strings.Join(problems, "\n"))
}
