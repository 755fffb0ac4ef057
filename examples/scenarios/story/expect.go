package story

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	tfjson "github.com/hashicorp/terraform-json"
)

// The types whose changes a step is held to, and how it names them.
const (
	bindingType    = "custody_binding"
	grantType      = "custody_grant"
	credentialType = "terraform_data"
	accountType    = "custody_account"
)

// What may come of a plan.
const (
	outcomeChanges = "changes"
	outcomeNothing = "nothing"
	outcomeRefused = "refused"
)

// What a directory may say to an account that logs in.
const (
	loginAccepted = "accepted"
	loginRefused  = "refused"
)

// expectation is what a step says of its plan. Whatever it does not name must
// not change.
type expectation struct {
	outcome string
	facts   map[string]map[string]string // subject and key -> fact -> value
	actions map[string]string            // address -> what the plan does to it
	rest    *rest
	counts  map[string]int // type -> how many of it change
	shown   []string       // keys; nil shows everything
	says    []string
	logins  map[string]bool // account -> whether the directory accepts it after the apply
}

// rest is what a step says of all that it does not name: the grants have these
// facts, and what is created may be imported instead.
type rest struct {
	does  string // create or update; where it is update, only grants may change
	facts map[string]string
}

// parseExpectation reads lines of these forms:
//
//	plan changes | nothing | refused
//	binding KEY create
//	grant KEY ACTION fact=value…
//	credential KEY create | update | delete | import
//	account KEY ACTION enabled=true | false
//	login ACCOUNT accepted | refused
//	rest create | update fact=value…
//	count TYPE NUMBER
//	says TEXT
//	show none | KEY…
//
// A fact is an attribute of a grant or an account; "changes" are the names of the attributes
// that an update changes. What is not to be shown is counted only.
func parseExpectation(block []string) (expectation, error) {
	e := expectation{facts: map[string]map[string]string{}, actions: map[string]string{}, counts: map[string]int{}, logins: map[string]bool{}}
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
		case subject == "rest" && (words[1] == "create" || words[1] == "update"):
			e.rest = &rest{does: words[1], facts: facts(words[2:])}
		case subject == "show":
			e.shown = words[1:]
		case subject == "count" && len(words) == 3:
			n := 0
			if _, err := fmt.Sscan(words[2], &n); err != nil {
				return e, err
			}
			e.counts[words[1]] = n
		case subject == "login" && len(words) == 3 && (words[2] == loginAccepted || words[2] == loginRefused):
			e.logins[words[1]] = words[2] == loginAccepted
		case slices.Contains([]string{"binding", "credential", "grant", "account"}, subject) && len(words) >= 3:
			e.actions[subject+" "+words[1]] = words[2]
			e.facts[subject+" "+words[1]] = facts(words[3:])
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
	case accountType:
		return "account"
	}
	return resourceType
}

// checkPlan compares a plan with what was said of it.
func (e *expectation) checkPlan(plan *tfjson.Plan) error {
	var wrong []string
	complain := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	seen, counts := map[string]bool{}, map[string]int{}
	for _, c := range plan.ResourceChanges {
		does := action(c.Change)
		if does == "" {
			continue
		}
		key, _ := c.Index.(string)
		name := subject(c.Type) + " " + key
		counts[subject(c.Type)]++
		want, named := e.actions[name]
		switch {
		case named && want != does:
			complain("%s: the plan says %s, not %s", name, does, want)
		case !named && e.rest == nil:
			complain("%s: the plan says %s, and nothing was said of it", name, does)
		case !named && !e.rest.allows(c.Type, does):
			complain("%s: the plan says %s, not %s", name, does, e.rest.does)
		}
		seen[name] = true
		said, ok := e.facts[name]
		if !ok && e.rest != nil && c.Type == grantType {
			said = e.rest.facts
		}
		before, _ := c.Change.Before.(map[string]any)
		after, _ := c.Change.After.(map[string]any)
		for _, w := range differences(said, before, after) {
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

// allows reports whether something that the step does not name may happen.
func (r *rest) allows(resourceType, does string) bool {
	if r.does == "update" {
		return does == "update" && resourceType == grantType
	}
	return does == "create" || does == "import"
}

// checkState compares what is in the state after an apply with what was said.
func (e *expectation) checkState(state *tfjson.State) error {
	if state.Values == nil || state.Values.RootModule == nil {
		return fmt.Errorf("the state is empty")
	}
	var wrong []string
	grants, accounts, credentials := map[string]map[string]any{}, map[string]map[string]any{}, map[string]bool{}
	for _, r := range state.Values.RootModule.Resources {
		key, _ := r.Index.(string)
		switch r.Type {
		case grantType:
			grants[key] = r.AttributeValues
		case credentialType:
			credentials[key] = true
		case accountType:
			accounts[key] = r.AttributeValues
		}
	}
	for _, name := range slices.Sorted(maps.Keys(e.facts)) {
		kind, key, _ := strings.Cut(name, " ")
		of, kept := map[string]map[string]map[string]any{"grant": grants, "account": accounts}[kind]
		if !kept {
			continue
		}
		said := maps.Clone(e.facts[name])
		delete(said, changesFact)
		for _, w := range differences(said, nil, of[key]) {
			wrong = append(wrong, name+": "+w)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(grants)) {
		if account, ok := accounts[key]; ok {
			if account["enabled"] != grants[key]["active"] {
				wrong = append(wrong, fmt.Sprintf("account %s is enabled: %v, and its grant is active: %v", key, account["enabled"], grants[key]["active"]))
			}
			continue // the account is what the grant controls
		}
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

// changesFact stands for the names of the attributes that change.
const changesFact = "changes"

// differences compares the facts of a grant with what was said of them.
func differences(said map[string]string, before, grant map[string]any) []string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(said)) {
		var is string
		switch name {
		case "generations":
			is = generations(grant)
		case "because":
			is = codes(grant)
		case changesFact:
			is = changes(before, grant)
		case "action", "rotation":
			is = remembered(grant, name)
		case "enabled":
			is = fmt.Sprint(grant[name])
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
	retiring, _ := memory(grant)["retiring"].([]any)
	var out []string
	for _, key := range slices.Sorted(maps.Keys(all)) {
		g, _ := all[key].(map[string]any)
		name := key
		if slices.Contains(retiring, any(key)) {
			name += ":retiring"
		}
		if enabled, _ := g["enabled"].(bool); !enabled {
			name += ":disabled"
		}
		out = append(out, name)
	}
	if len(out) == 0 {
		return "none"
	}
	return strings.Join(out, ",")
}

// memory reads what a grant remembers.
func memory(grant map[string]any) map[string]any {
	binding, _ := grant["binding"].(map[string]any)
	text, _ := binding["memory"].(string)
	var out map[string]any
	if json.Unmarshal([]byte(text), &out) != nil {
		return nil
	}
	return out
}

// usual are the facts that a grant remembers only where they are something else.
var usual = map[string]string{"action": "keep", "rotation": "none"}

func remembered(grant map[string]any, name string) string {
	if text, ok := memory(grant)[name].(string); ok {
		return text
	}
	return usual[name]
}

// changes names the attributes that differ, and of the memory what differs in it.
func changes(before, after map[string]any) string {
	was, is := maps.Clone(before), maps.Clone(after)
	for _, side := range []map[string]any{was, is} {
		for name, v := range memory(side) {
			side["memory."+name] = v
		}
		if b, _ := side["binding"].(map[string]any); b != nil {
			side["binding"] = b["facts"]
		}
	}
	var out []string
	for _, name := range slices.Sorted(maps.Keys(is)) {
		if !reflect.DeepEqual(was[name], is[name]) {
			out = append(out, name)
		}
	}
	return strings.Join(out, ",")
}

// codes lists the codes with which the sentences begin.
func codes(grant map[string]any) string {
	all, _ := grant["because"].([]any)
	var out []string
	for _, v := range all {
		sentence, _ := v.(string)
		code, _, _ := strings.Cut(sentence, " ")
		out = append(out, code)
	}
	if len(out) == 0 {
		return "none"
	}
	return strings.Join(out, ",")
}

// action names what a plan does to a resource; it is empty if that is nothing.
func action(c *tfjson.Change) string {
	switch a := c.Actions; {
	case c.Importing != nil && a.NoOp():
		return "import"
	case c.Importing != nil:
		return "import and " + fmt.Sprint(a)
	case a.NoOp(), a.Read():
		return ""
	case a.Create():
		return "create"
	case a.Update():
		return "update"
	case a.Delete():
		return "delete"
	case a.Replace():
		return "replace"
	default:
		return fmt.Sprint(a)
	}
}
