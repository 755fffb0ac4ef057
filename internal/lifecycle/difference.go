package lifecycle

import (
	"slices"
	"strings"
)

// Differences says in sentences how the facts of a binding differ from those
// that a plan rested on, as far as a decision can depend on them.
func Differences(planned, live *Binding) []string {
	var out []string
	note := func(what, before, after string) {
		if before != after {
			out = append(out, what+" was "+stated(before)+" and is now "+stated(after)+".")
		}
	}
	note("The class", planned.Class, live.Class)
	note("`bound_to` of the class", planned.BoundTo.String(), live.BoundTo.String())
	note("The state", planned.State.String(), live.State.String())
	note("The holder", planned.Holder, live.Holder)
	note("The owner's kind", planned.OwnerKind.String(), live.OwnerKind.String())
	note("The owner's status", planned.OwnerStatus.String(), live.OwnerStatus.String())
	note("The manager", planned.Manager, live.Manager)
	note("The list of teams", strings.Join(planned.Teams, ", "), strings.Join(live.Teams, ", "))
	note("The proposed successor", planned.Successor, live.Successor)
	note("The lifecycle owner", planned.LifecycleOwner, live.LifecycleOwner)
	note("The purpose", planned.Purpose, live.Purpose)
	note("The environment", planned.Environment, live.Environment)
	note("The criticality", planned.Criticality, live.Criticality)
	note("The confidence", Hundredths(planned.Confidence), Hundredths(live.Confidence))
	note("The confidence in the state", Hundredths(planned.StateConfidence), Hundredths(live.StateConfidence))
	note("The kinds of open tasks", taskKinds(planned), taskKinds(live))
	if planned.Fresh != live.Fresh {
		out = append(out, "Whether the record is fresh has changed.")
	}
	if !slices.Equal(planned.OwnerKeys, live.OwnerKeys) && planned.Holder == live.Holder {
		out = append(out, "The keys by which the owner is known have changed.")
	}
	if planned.ThirdParty != live.ThirdParty {
		out = append(out, "The third-party mark has changed.")
	}
	if planned.Shared != live.Shared {
		out = append(out, "The shared mark has changed.")
	}
	if !planned.OwnerEndDate.Equal(live.OwnerEndDate) {
		out = append(out, "The owner's end date has changed.")
	}
	if !planned.RetirementDate.Equal(live.RetirementDate) {
		out = append(out, "The retirement date has changed.")
	}
	return slices.Concat(out, findingDifferences(planned, live))
}

func findingDifferences(planned, live *Binding) []string {
	var out []string
	before, after := planned.Codes(), live.Codes()
	for c := range (after &^ before).All {
		out = append(out, "New finding "+c.String()+": "+live.message(c))
	}
	for c := range (before &^ after).All {
		out = append(out, "The finding "+c.String()+" is gone.")
	}
	return out
}

func stated(s string) string {
	if s == "" {
		return "not stated"
	}
	return quote(s)
}

func taskKinds(b *Binding) string {
	names := make([]string, len(b.TaskKinds))
	for i, k := range b.TaskKinds {
		names[i] = k.String()
	}
	return strings.Join(names, ", ")
}
