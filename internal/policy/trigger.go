package policy

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
)

// AnyCode is the code of a trigger for every finding that can be mapped.
const AnyCode = "*"

// mappable are the codes of AnyCode.
var mappable = func() lifecycle.CodeSet {
	var set lifecycle.CodeSet
	for c := range lifecycle.NumCodes {
		if c.Mappable() {
			set = set.With(c)
		}
	}
	return set
}()

// MappableCodes lists the codes that a trigger may name.
func MappableCodes() []string {
	codes := make([]string, 0, mappable.Len())
	for c := range mappable.All {
		codes = append(codes, c.String())
	}
	return codes
}

func (l layer) triggers(own []Trigger) {
	if len(own) == 0 {
		return
	}
	out := make([]lifecycle.Trigger, 0, len(own)+len(l.rules.Triggers))
	var reach reachability
	for i := range own {
		at := l.in("triggers", i)
		label := l.label + " triggers[" + strconv.Itoa(i) + "]"
		trigger, ok := l.trigger(at, own[i], label)
		if !ok {
			continue
		}
		if hiding := reach.add(i, trigger, own[i].When); len(hiding) > 0 {
			at.report("Unreachable Trigger", unreachable(hiding))
		}
		out = append(out, trigger)
	}
	l.rules.Triggers = append(out, l.rules.Triggers...)
}

// trigger reads one trigger. It reports false if it cannot be compared with
// others.
func (l layer) trigger(at reporter, in Trigger, label string) (lifecycle.Trigger, bool) {
	out := lifecycle.Trigger{Label: label}
	before := len(*at.problems)
	codes, _ := codesOf(at.in("on"), in.On)
	class, _ := word(at.in("class"), in.Class)
	boundTo, _ := choice(at.in("bound_to"), in.BoundTo, "Unknown Column", lifecycle.ParseColumn)
	risk, _ := choice(at.in("risk"), in.Risk, "Unknown Risk", lifecycle.ParseRisk)
	when, _ := text(at.in("when"), in.When)
	out.Codes, out.Class, out.BoundTo, out.Risk = codes, class, boundTo, risk
	selected := len(*at.problems) == before

	if when != "" {
		out.When = compileCondition(at.in("when"), when, label)
	}
	action, ok := requiredChoice(at.in("action"), in.Action, "Unknown Action", lifecycle.ParseAction, lifecycle.Actions())
	if ok {
		out.Action = action
		onlyTerminal(at.in("action"), in.On, codes, action)
	}
	if rotation, _ := choice(at.in("rotate"), in.Rotate, "Unknown Rotation", lifecycle.ParseRotation); rotation != nil {
		out.Rotation = *rotation
		if ok && action == lifecycle.Revoke && *rotation != lifecycle.RotateNone {
			at.in("rotate").report("Meaningless Rotation", "The action is revoke, which leaves no credential that could be rotated; leave rotate out.")
		}
	}
	l.escalation(at, in, &out, ok)
	return out, selected
}

// escalation reads what the action becomes after the grace.
func (l layer) escalation(at reporter, in Trigger, out *lifecycle.Trigger, actionKnown bool) {
	l.duration(at.in("grace"), in.Grace, &out.Grace)
	then, ok := choice(at.in("then"), in.Then, "Unknown Action", lifecycle.ParseAction)
	switch {
	case in.Grace != nil && in.Then == nil:
		at.in("then").report("Missing Value", "grace says how long the action lasts, so then must say what follows it; accepted: "+
			strings.Join(lifecycle.Actions(), ", ")+".")
	case in.Grace == nil && in.Then != nil:
		at.in("grace").report("Missing Value", "then says what follows the action, so grace must say after how long, for instance 14d.")
	}
	if !ok || then == nil {
		return
	}
	out.Then = *then
	if actionKnown && *then <= out.Action {
		at.in("then").report("Milder Action", fmt.Sprintf("%s is not more severe than the action %s that it follows; the order is %s.",
			then, out.Action, strings.Join(lifecycle.Actions(), " < ")))
	}
	onlyTerminal(at.in("then"), in.On, out.Codes, *then)
}

// codesOf reads the finding codes of a trigger.
func codesOf(at reporter, on string) (lifecycle.CodeSet, bool) {
	if on == AnyCode {
		return mappable, true
	}
	code, err := lifecycle.ParseCode(on)
	switch {
	case on == "":
		at.report("Missing Value", "The trigger does not say which finding it is on; accepted: "+AnyCode+", "+strings.Join(MappableCodes(), ", ")+".")
	case err != nil:
		at.report("Unknown Finding Code", fmt.Sprintf("%s is not a finding code; accepted: %s, %s.",
			strconv.Quote(on), AnyCode, strings.Join(MappableCodes(), ", ")))
	case !code.Mappable():
		at.report("Finding Cannot Be Mapped", fmt.Sprintf("%s explains what the grant's own schedule or latch does, whatever the policy says, "+
			"so a trigger cannot name it; accepted: %s, %s.", on, AnyCode, strings.Join(MappableCodes(), ", ")))
	default:
		return lifecycle.SetOf(code), true
	}
	return 0, false
}

// onlyTerminal refuses to revoke on a finding that is not an explicit terminal
// state.
func onlyTerminal(at reporter, on string, codes lifecycle.CodeSet, action lifecycle.Action) {
	if action != lifecycle.Revoke || codes&^lifecycle.Terminal == 0 {
		return
	}
	what := on
	if on == AnyCode {
		what = `"*", which includes findings that are not terminal,`
	}
	terminal := make([]string, 0, lifecycle.Terminal.Len())
	for c := range lifecycle.Terminal.All {
		terminal = append(terminal, c.String())
	}
	at.report("Only A Terminal State Revokes", fmt.Sprintf("%s cannot be mapped to revoke: only an explicit terminal state revokes, "+
		"that is %s. Accepted here: %s.", what, strings.Join(terminal, ", "),
		strings.Join(slices.DeleteFunc(lifecycle.Actions(), func(s string) bool { return s == lifecycle.Revoke.String() }), ", ")))
}

// requiredChoice reads a word that must be stated.
func requiredChoice[T any](at reporter, s, summary string, parse func(string) (T, error), accepted []string) (T, bool) {
	if s == "" {
		var zero T
		at.report("Missing Value", "The value is required; accepted: "+strings.Join(accepted, ", ")+".")
		return zero, false
	}
	v, ok := choice(at, &s, summary, parse)
	if !ok {
		var zero T
		return zero, false
	}
	return *v, true
}
