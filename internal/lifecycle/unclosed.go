package lifecycle

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// Closure says for some grants which kinds of task must be closed before access is
// issued, renewed or kept privileged. Empty selectors match everything.
type Closure struct {
	Kinds       []TaskKind // none: no task has to be closed
	Class       string
	BoundTo     *BoundTo
	Risk        *Risk
	Environment string
	Criticality string
	Label       string // how reasons name the entry: "provider policy require_closed[0]"
}

// ToBeClosed returns the kinds of task that the policies want closed for this grant,
// sorted, each once. A decision is only possible if the open tasks of these kinds are
// known.
func ToBeClosed(in Input) []TaskKind {
	var e evaluation
	e.begin(in)
	e.readAnswer()
	e.readRisk()
	var kinds []TaskKind
	for _, rules := range in.Policies {
		if c := e.closure(rules); c != nil {
			kinds = append(kinds, c.Kinds...)
		}
	}
	slices.Sort(kinds)
	return slices.Compact(kinds)
}

// closure returns the first entry of a policy that matches the grant, or nil.
func (e *evaluation) closure(rules *Rules) *Closure {
	for i := range rules.RequireClosed {
		if c := &rules.RequireClosed[i]; c.matches(e.risk, e.binding) {
			return c
		}
	}
	return nil
}

// matches compares as triggers do: an unclassified asset counts as a workload.
func (c *Closure) matches(risk Risk, b *Binding) bool {
	return (c.Risk == nil || *c.Risk == risk) && (c.BoundTo == nil || *c.BoundTo == max(b.BoundTo, BoundToWorkload)) &&
		selects(c.Class, b.Class) && selects(c.Environment, b.Environment) && selects(c.Criticality, b.Criticality)
}

// isOpen reports whether a task of a required kind is open.
func (c *Closure) isOpen(b *Binding) bool {
	return slices.ContainsFunc(b.TaskKinds, func(k TaskKind) bool { return slices.Contains(c.Kinds, k) })
}

// readTasks raises the finding that a task must be closed first.
func (e *evaluation) readTasks() {
	if len(e.binding.TaskKinds) == 0 {
		return
	}
	for _, rules := range e.in.Policies {
		if c := e.closure(rules); c != nil && c.isOpen(e.binding) {
			e.findings = e.findings.With(TaskUnclosed)
		}
	}
}

// hindering returns those of the findings that keep a credential from being issued.
// The requirement to close a task is the only one that an exception can waive: the
// others are facts about the holder or the asset, this one is the policy's own.
func (e *evaluation) hindering(of CodeSet) CodeSet {
	return e.findings & of &^ (e.excepted & SetOf(TaskUnclosed))
}

// awaitsClosing reports whether nothing is issued because a task must be closed first.
func (e *evaluation) awaitsClosing() bool { return e.hindering(SetOf(TaskUnclosed)) != 0 }

// mayReplace reports whether the credential of a workload is replaced although a task
// must be closed first: a person who has left knows it. The new credential ends when
// the old one would have ended, so the access is not renewed.
func (e *evaluation) mayReplace() bool {
	named := e.binding.Holder != "" || e.findings.Has(OwnerGone)
	return e.awaitsClosing() && e.action == Lapse && e.due&holderObstacles != 0 && e.binding.BoundTo == BoundToWorkload && named &&
		e.isCertain() && e.hindering(assetObstacles) == SetOf(TaskUnclosed)
}

// unclosedFact names the tasks that must be closed, where they can be read, and the
// entries of the policies that say so.
func (e *evaluation) unclosedFact() string {
	var labels []string
	var kinds []TaskKind
	for _, rules := range e.in.Policies {
		if c := e.closure(rules); c != nil && c.isOpen(e.binding) {
			labels = append(labels, c.Label)
			kinds = append(kinds, c.Kinds...)
		}
	}
	return "Open, and must be closed first (" + list(labels) + "): " + list(e.tasksOf(kinds)) + "."
}

// maxTasks bounds how many tasks a sentence names.
const maxTasks = 3

// tasksOf names the open tasks of the kinds. Facts that an earlier version wrote hold
// only the kinds.
func (e *evaluation) tasksOf(kinds []TaskKind) []string {
	var named []string
	known := map[TaskKind]bool{}
	for i := range e.binding.Tasks {
		if t := &e.binding.Tasks[i]; slices.Contains(kinds, t.Kind) {
			named = append(named, t.Kind.String()+" task "+quote(t.ID)+link(t.URL))
			known[t.Kind] = true
		}
	}
	for _, k := range e.binding.TaskKinds {
		if slices.Contains(kinds, k) && !known[k] {
			named = append(named, "a task of kind "+k.String())
		}
	}
	if more := len(named) - maxTasks; more > 0 {
		named = append(named[:maxTasks], fmt.Sprintf("%d more", more))
	}
	return named
}

// maxLink bounds a URL in a sentence, in bytes.
const maxLink = 500

// link writes a URL behind what it leads to. It comes from outside, so what is not a
// plain web address is left out, and one with a user name, beside which a password may
// be.
func link(address string) string {
	scheme, rest, _ := strings.Cut(address, "://")
	host, _, _ := strings.Cut(rest, "/")
	plain := !strings.ContainsFunc(address, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) })
	if !plain || len(address) > maxLink || (scheme != "https" && scheme != "http") || host == "" || strings.ContainsAny(host, "@?#\\") {
		return ""
	}
	return " (" + address + ")"
}
