package story

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	tfjson "github.com/hashicorp/terraform-json"
)

// The types whose changes a step is held to, and how it names them.
const (
	bindingType    = "custody_binding"
	grantType      = "custody_grant"
	credentialType = "terraform_data"
)

// What may come of a plan.
const (
	outcomeChanges = "changes"
	outcomeNothing = "nothing"
	outcomeRefused = "refused"
)

// expectation is what a step says of its plan. Whatever it does not name must
// not change.
type expectation struct {
	outcome string
	grants  map[string]map[string]string // key -> fact -> value
	actions map[string]string            // address -> what the plan does to it
	rest    map[string]string            // of every grant that is created and not named
	counts  map[string]int               // type -> how many of it change
	says    []string
}

// parseExpectation reads lines of these forms:
//
//	plan changes | nothing | refused
//	binding KEY create
//	grant KEY ACTION fact=value…
//	credential KEY create | update | delete
//	rest create fact=value…
//	count TYPE NUMBER
//	says TEXT
func parseExpectation(block []string) (expectation, error) {
	e := expectation{grants: map[string]map[string]string{}, actions: map[string]string{}, counts: map[string]int{}}
	for _, line := range block {
		words := strings.Fields(line)
		if len(words) < 2 {
			return e, fmt.Errorf("the line %q says too little", line)
		}
		switch subject := words[0]; {
		case subject == "plan" && slices.Contains([]string{outcomeChanges, outcomeNothing, outcomeRefused}, words[1]):
			e.outcome = words[1]
		case subject == "says":
			e.says = append(e.says, strings.Join(words[1:], " "))
		case subject == "rest" && words[1] == "create":
			e.rest = facts(words[2:])
		case subject == "count" && len(words) == 3:
			n := 0
			if _, err := fmt.Sscan(words[2], &n); err != nil {
				return e, err
			}
			e.counts[words[1]] = n
		case slices.Contains([]string{"binding", "credential", "grant"}, subject) && len(words) >= 3:
			e.actions[subject+" "+words[1]] = words[2]
			if subject == "grant" {
				e.grants[words[1]] = facts(words[3:])
			}
		default:
			return e, fmt.Errorf("the line %q is not understood", line)
		}
	}
	return e, nil
}

func facts(words []string) map[string]string {
	out := make(map[string]string)
	for _, w := range words {
		name, value, _ := strings.Cut(w, "=")
		out[name] = value
	}
	return out
}

// subject returns the word with which a step names resources of a type.
func subject(resourceType string) string {
	switch resourceType {
	case bindingType:
		return "binding"
	case grantType:
		return "grant"
	case credentialType:
		return "credential"
	}
	return resourceType
}

// checkPlan compares a plan with what was said of it.
func (e *expectation) checkPlan(plan *tfjson.Plan) error {
	var wrong []string
	complain := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	seen, counts := map[string]bool{}, map[string]int{}
	for _, c := range plan.ResourceChanges {
		if c.Change.Actions.NoOp() || c.Change.Actions.Read() {
			continue
		}
		key, _ := c.Index.(string)
		name, does := subject(c.Type)+" "+key, action(c.Change.Actions)
		counts[subject(c.Type)]++
		want, named := e.actions[name]
		switch {
		case named && want != does:
			complain("%s: the plan says %s, not %s", name, does, want)
		case !named && e.rest == nil:
			complain("%s: the plan says %s, and nothing was said of it", name, does)
		case !named && does != "create":
			complain("%s: the plan says %s, not create", name, does)
		}
		seen[name] = true
		if c.Type != grantType {
			continue
		}
		said, ok := e.grants[key]
		if !ok {
			said = e.rest
		}
		after, _ := c.Change.After.(map[string]any)
		for _, w := range differences(said, after) {
			complain("%s: %s", name, w)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(e.actions)) {
		if !seen[name] {
			complain("%s: the plan does not %s it", name, e.actions[name])
		}
	}
	for _, name := range slices.Sorted(maps.Keys(e.counts)) {
		if counts[name] != e.counts[name] {
			complain("the plan changes %d of %s, not %d", counts[name], name, e.counts[name])
		}
	}
	return problem("the plan does not do what was said", wrong)
}

// checkState compares what is in the state after an apply with what was said.
func (e *expectation) checkState(state *tfjson.State) error {
	if state.Values == nil || state.Values.RootModule == nil {
		return fmt.Errorf("the state is empty")
	}
	var wrong []string
	grants, credentials := map[string]map[string]any{}, map[string]bool{}
	for _, r := range state.Values.RootModule.Resources {
		key, _ := r.Index.(string)
		switch r.Type {
		case grantType:
			grants[key] = r.AttributeValues
		case credentialType:
			credentials[key] = true
		}
	}
	for _, key := range slices.Sorted(maps.Keys(e.grants)) {
		for _, w := range differences(e.grants[key], grants[key]) {
			wrong = append(wrong, "grant "+key+": "+w)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(grants)) {
		generations, _ := grants[key]["generations"].(map[string]any)
		for generation := range generations {
			if !credentials[key+"/"+generation] {
				wrong = append(wrong, "credential "+key+"/"+generation+" is not there")
			}
			delete(credentials, key+"/"+generation)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(credentials)) {
		wrong = append(wrong, "credential "+key+" is still there")
	}
	return problem("the state is not what was said", wrong)
}

func problem(what string, wrong []string) error {
	if len(wrong) == 0 {
		return nil
	}
	return fmt.Errorf("%s:\n  %s", what, strings.Join(wrong, "\n  "))
}

// differences compares the facts of a grant with what was said of them.
func differences(said map[string]string, grant map[string]any) []string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(said)) {
		var is string
		switch name {
		case "generations":
			is = generations(grant)
		case "reasons":
			is = reasons(grant)
		default:
			is, _ = grant[name].(string)
		}
		if is != said[name] {
			out = append(out, fmt.Sprintf("%s is %q, not %q", name, is, said[name]))
		}
	}
	return out
}

// generations writes g1 for the current one, g1:retiring and g1:disabled for
// others, and none for none.
func generations(grant map[string]any) string {
	all, _ := grant["generations"].(map[string]any)
	var out []string
	for _, key := range slices.Sorted(maps.Keys(all)) {
		g, _ := all[key].(map[string]any)
		if state, _ := g["state"].(string); state != "current" {
			key += ":" + state
		}
		if enabled, _ := g["enabled"].(bool); !enabled {
			key += ":disabled"
		}
		out = append(out, key)
	}
	if len(out) == 0 {
		return "none"
	}
	return strings.Join(out, ",")
}

func reasons(grant map[string]any) string {
	all, _ := grant["reasons"].([]any)
	var out []string
	for _, v := range all {
		reason, _ := v.(map[string]any)
		code, _ := reason["code"].(string)
		out = append(out, code)
	}
	if len(out) == 0 {
		return "none"
	}
	return strings.Join(out, ",")
}

func action(a tfjson.Actions) string {
	switch {
	case a.Create():
		return "create"
	case a.Update():
		return "update"
	case a.Delete():
		return "delete"
	case a.Replace():
		return "replace"
	}
	return fmt.Sprint(a)
}
