package main

import (
	"cmp"
	"fmt"
	"io"
	"strings"
)

// writeMarkdown writes the summary for the page of a job, an issue or a comment.
func writeMarkdown(w io.Writer, t *tally, o *options) error {
	var b strings.Builder
	fmt.Fprintf(&b, "## %s\n", text(o.title))
	if t.failed {
		renderFailure(&b, o.output)
	} else {
		for _, render := range []func(*strings.Builder, *tally){
			renderUnread, renderHead, renderStatuses, renderChanges, renderReasons, renderWaiting, renderDue,
			renderExceptions, renderObserved, renderMoved, renderOthers,
		} {
			render(&b, t)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func renderFailure(b *strings.Builder, log string) {
	b.WriteString("\n**" + failure + "**\n")
	if log = errorsIn(log); log == "" {
		return
	}
	fence := "```"
	for strings.Contains(log, fence) {
		fence += "`"
	}
	fmt.Fprintf(b, "\n%stext\n%s\n%s\n", fence, log, fence)
}

// failure is what is said of a plan that failed.
const failure = "The plan failed. Nothing was issued and nothing was revoked."

func renderUnread(b *strings.Builder, t *tally) {
	for _, line := range t.unreadLines() {
		fmt.Fprintf(b, "\n**Not everything could be read.** %s\n", text(line))
	}
}

func renderHead(b *strings.Builder, t *tally) {
	for _, line := range t.head() {
		b.WriteString("\n")
		if line.strong != "" {
			fmt.Fprintf(b, "**%s**", text(line.strong))
		}
		fmt.Fprintf(b, "%s\n", text(line.rest))
	}
}

func renderStatuses(b *strings.Builder, t *tally) {
	all := t.statuses()
	switch {
	case len(all) == 0:
	case t.state:
		b.WriteString("\n| Status | Grants |\n| --- | ---: |\n")
		for _, status := range all {
			fmt.Fprintf(b, "| %s | %d |\n", text(status), t.after[status])
		}
	default:
		b.WriteString("\n| Status | Grants now | Grants after |\n| --- | ---: | ---: |\n")
		for _, status := range all {
			fmt.Fprintf(b, "| %s | %d | %d |\n", text(status), t.before[status], t.after[status])
		}
	}
}

func renderChanges(b *strings.Builder, t *tally) {
	if len(t.changed) == 0 {
		return
	}
	b.WriteString("\n### What changes, by person and asset\n\n")
	var rows [][]string
	for _, g := range t.groups() {
		for _, e := range g.entries {
			status := e.transition()
			if e.after != nil && e.after.Would != "" {
				status += ", only observed"
			}
			rows = append(rows, []string{text(g.person), text(g.asset), code(e.address), "**" + text(status) + "**", string(e.class(t.now)), text(e.happens())})
		}
	}
	table(b, []string{"Person", "Asset", "Grant", "Status", "Class", "What happens"}, len(rows), func(i int) []string { return rows[i] })
}

func renderReasons(b *strings.Builder, t *tally) {
	heading, shown := "\n### Why\n", 0
	for _, g := range t.groups() {
		all := g.sentences()
		if len(all) == 0 {
			continue
		}
		if shown += len(all); shown > maxRows {
			b.WriteString("\nThe plan contains more reasons.\n")
			return
		}
		fmt.Fprintf(b, "%s\n%s, %s\n\n", heading, text(g.person), text(g.asset))
		heading = ""
		for _, s := range all {
			b.WriteString("- ")
			if len(s.of) < len(g.entries) {
				for _, e := range s.of {
					b.WriteString(code(e.address) + " ")
				}
			}
			fmt.Fprintf(b, "%s: %s\n", code(cmp.Or(s.Code, none)), text(s.Message))
		}
	}
}

// renderWaiting lists what waits for somebody, also where the plan changes nothing.
func renderWaiting(b *strings.Builder, t *tally) {
	if len(t.waiting) == 0 {
		return
	}
	b.WriteString("\n### What waits for somebody\n\n")
	explained := make(map[string]bool) // under Why
	for _, e := range t.changed {
		explained[e.address] = e.after != nil && len(e.after.Because) > 0 && e.after.Would == ""
	}
	table(b, []string{"Waits for", "Person", "Asset", "Grant", "Whom to ask", "Since", "Changes next", "Why"}, len(t.waiting), func(i int) []string {
		w := t.waiting[i]
		why := text(w.why())
		if explained[w.address] {
			why = "see Why"
		}
		return []string{
			"**" + text(w.kind) + "**", text(t.person(w.entry)), text(t.assetOf(w.entry)), code(w.address),
			text(t.asked(w)), text(cmp.Or(w.since, none)), text(cmp.Or(w.until, none)), why,
		}
	})
}

// renderDue lists what the schedule changes soon.
func renderDue(b *strings.Builder, t *tally) {
	if len(t.events) == 0 {
		return
	}
	fmt.Fprintf(b, "\n### What falls due: %d within %d days, %d within %d\n\n", len(t.dueSoon()), soon, len(t.events), later)
	b.WriteString(timeline(t))
	b.WriteString("\n")
	table(b, []string{"When", "What", "Person", "Asset", "Grant"}, len(t.events), func(i int) []string {
		v := t.events[i]
		return []string{text(stamp(v.at)), text(v.said()), text(t.person(v.entry)), text(t.assetOf(v.entry)), code(v.address)}
	})
}

func renderExceptions(b *strings.Builder, t *tally) {
	if len(t.exceptions) == 0 {
		return
	}
	b.WriteString("\n### Exceptions that last\n\n")
	table(b, []string{"Ends", "Waives", "Asset", "Grant", "Approved by", "Reason"}, len(t.exceptions), func(i int) []string {
		x := t.exceptions[i]
		return []string{
			text(x.ExpiresAt), text(strings.Join(x.Codes, ", ")), text(t.assetOf(x.entry)), code(x.address), text(t.names.of(x.ApprovedBy)), text(x.Reason),
		}
	})
}

// renderObserved lists what the policy would do where it is only observed.
func renderObserved(b *strings.Builder, t *tally) {
	if len(t.observed) == 0 {
		return
	}
	b.WriteString("\n### What the policy would do where it is only observed\n\n")
	table(b, []string{"Would be", "Person", "Asset", "Grant", "Enforced from", "Why"}, len(t.observed), func(i int) []string {
		e := t.observed[i]
		return []string{
			"**" + text(e.after.Would) + "**", text(t.person(e)), text(t.assetOf(e)), code(e.address), text(cmp.Or(e.after.memory.EnforceFrom, none)), text(e.why()),
		}
	})
}

func renderMoved(b *strings.Builder, t *tally) {
	if len(t.moved) == 0 {
		return
	}
	b.WriteString("\n### Bindings that moved without effect on a grant\n\n")
	table(b, []string{"Binding", "Asset", "Person", "What moved"}, len(t.moved), func(i int) []string {
		m := t.moved[i]
		return []string{code(m.address), text(t.names.of(m.asset)), text(t.names.of(m.holder)), text(m.what)}
	})
}

func renderOthers(b *strings.Builder, t *tally) {
	if len(t.others) == 0 {
		return
	}
	b.WriteString("\n### Credentials, and whatever else changes\n\n")
	table(b, []string{"Resource", "Would be"}, len(t.others), func(i int) []string {
		return []string{code(t.others[i].Address), text(did(&t.others[i]))}
	})
}
