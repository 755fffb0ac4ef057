package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
)

const (
	maxRows = 200  // of one table: a job's summary takes 1 MiB
	maxText = 400  // characters of one text from outside
	maxLog  = 8000 // bytes of the log of a plan that failed
)

// render writes the summary.
func render(p *plan, title, log string) (string, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "## %s\n\n", text(title))
	if p.Errored {
		renderFailure(&b, log)
		return b.String(), nil
	}
	t, err := count(p)
	if err != nil {
		return "", err
	}
	renderHead(&b, p, t)
	renderStatuses(&b, t)
	renderGrants(&b, p, t)
	renderWorklist(&b, t)
	renderReasons(&b, t)
	renderWaiting(&b, t)
	renderDue(&b, p, t)
	renderBindings(&b, t)
	renderOthers(&b, t)
	return b.String(), nil
}

func renderFailure(b *strings.Builder, log string) {
	b.WriteString("**The plan failed.** Nothing was issued and nothing was revoked.\n")
	if log = tail(log); log == "" {
		return
	}
	fence := "```"
	for strings.Contains(log, fence) {
		fence += "`"
	}
	fmt.Fprintf(b, "\n%stext\n%s\n%s\n", fence, log, fence)
}

// tail returns the end of a log, from its first error on if that fits.
func tail(log string) string {
	log = strings.TrimSpace(strings.Map(func(r rune) rune {
		if r == '\n' || unicode.IsPrint(r) {
			return r
		}
		return -1
	}, strings.ReplaceAll(log, "\t", "  ")))
	if i := strings.Index(log, "Error: "); i >= 0 {
		log = log[i:]
	}
	if len(log) > maxLog {
		log = strings.ToValidUTF8(log[:maxLog], "") + "\n…"
	}
	return log
}

func renderHead(b *strings.Builder, p *plan, t *tally) {
	switch n := len(t.changed); {
	case n == 0 && t.settled == 0 && len(t.bindings) == 0 && len(t.others) == 0:
		b.WriteString("**No grant changes.** Nothing else does either.\n")
	case n == 0:
		b.WriteString("**No grant changes.**\n")
	default:
		fmt.Fprintf(b, "**%s of %d would change.**\n", plural(n, "grant"), total(t))
	}
	if t.withdrawn > 0 {
		fmt.Fprintf(b, "\n**%s that can be used now would go or be disabled**, over the whole plan, whatever the cause.\n", plural(t.withdrawn, "credential"))
	}
	if t.settled > 0 {
		fmt.Fprintf(b, "\nOf %s nothing changes but what is remembered and which policy document decides.\n", plural(t.settled, "grant"))
	}
	if p.Timestamp != "" {
		fmt.Fprintf(b, "\nPlanned at %s with version %s.\n", text(p.Timestamp), text(p.TerraformVersion))
	}
	if t.next != "" {
		fmt.Fprintf(b, "\nThe schedule changes a grant next at %s.\n", text(t.next))
	}
}

func total(t *tally) int {
	before, after := 0, 0
	for _, n := range t.before {
		before += n
	}
	for _, n := range t.after {
		after += n
	}
	return max(before, after)
}

func renderStatuses(b *strings.Builder, t *tally) {
	all := maps.Clone(t.before)
	maps.Copy(all, t.after)
	if len(all) == 0 {
		return
	}
	b.WriteString("\n| Status | Grants now | Grants after |\n| --- | ---: | ---: |\n")
	for _, status := range slices.Sorted(maps.Keys(all)) {
		fmt.Fprintf(b, "| %s | %d | %d |\n", text(status), t.before[status], t.after[status])
	}
}

func renderGrants(b *strings.Builder, p *plan, t *tally) {
	if len(t.changed) == 0 {
		return
	}
	b.WriteString("\n### Grants that change\n\n")
	table(b, []string{"Grant", "Holder", "Status", "Class", "Action", "Rotation", "Credentials"}, len(t.changed), func(i int) []string {
		g := t.changed[i]
		action, rotation := none, none
		if g.after != nil {
			action, rotation = text(g.after.Action), text(g.after.Rotation)
		}
		if g.after != nil && g.after.Would != "" {
			action += ", only observed"
		}
		return []string{code(g.address), code(g.holder()), "**" + text(g.transition()) + "**", string(g.class(p.Timestamp)), action, rotation, text(g.credentials())}
	})
}

// renderWorklist lists what the policy would do where it is only observed.
func renderWorklist(b *strings.Builder, t *tally) {
	if len(t.worklist) == 0 {
		return
	}
	b.WriteString("\n### Worklist: what the policy would do where it is only observed\n\n")
	table(b, []string{"Grant", "Holder", "Would be", "Enforced from", "Why"}, len(t.worklist), func(i int) []string {
		g, why := t.worklist[i], none
		if len(g.after.Reasons) > 0 {
			why = text(g.after.Reasons[0].Message)
		}
		return []string{code(g.address), code(g.holder()), "**" + text(g.after.Would) + "**", text(cmp.Or(g.after.EnforceFrom, none)), why}
	})
}

// renderWaiting lists what waits for somebody, also where the plan changes nothing.
func renderWaiting(b *strings.Builder, t *tally) {
	if len(t.waiting) == 0 {
		return
	}
	b.WriteString("\n### What waits for somebody\n\n")
	explained := make(map[string]bool) // among the reasons of what changes
	for _, g := range t.changed {
		explained[g.address] = true
	}
	table(b, []string{"Grant", "Holder", "Status", "Changes next", "Why"}, len(t.waiting), func(i int) []string {
		g, why := t.waiting[i], none
		switch {
		case explained[g.address] && len(g.after.Reasons) > 0:
			why = "see Reasons"
		case len(g.after.Reasons) > 0:
			why = text(g.after.Reasons[0].Message)
		}
		return []string{code(g.address), code(g.holder()), text(status(g.after)), text(cmp.Or(g.after.NextChangeAt, none)), why}
	})
}

// renderDue lists what the schedule changes soon.
func renderDue(b *strings.Builder, p *plan, t *tally) {
	soon := t.due(p.Timestamp, 30)
	if len(soon) == 0 {
		return
	}
	fmt.Fprintf(b, "\n### What falls due: %d within 7 days, %d within 30\n\n", len(t.due(p.Timestamp, 7)), len(soon))
	table(b, []string{"When", "Grant", "Holder"}, len(soon), func(i int) []string {
		return []string{text(soon[i].after.NextChangeAt), code(soon[i].address), code(soon[i].holder())}
	})
}

func renderReasons(b *strings.Builder, t *tally) {
	heading, shown := "\n### Reasons\n", 0
	for _, g := range t.changed {
		if g.after == nil || len(g.after.Reasons) == 0 || g.after.Would != "" { // the worklist says why
			continue
		}
		if shown++; shown > maxRows {
			b.WriteString("\nMore reasons stand in the plan.\n")
			return
		}
		fmt.Fprintf(b, "%s\n%s\n\n", heading, code(g.address))
		heading = ""
		for _, r := range g.after.Reasons {
			fmt.Fprintf(b, "- %s: %s", code(r.Code), text(r.Message))
			if len(r.Controls) > 0 {
				fmt.Fprintf(b, " (%s)", text(strings.Join(r.Controls, ", ")))
			}
			b.WriteString("\n")
		}
	}
}

func renderBindings(b *strings.Builder, t *tally) {
	if len(t.bindings) == 0 {
		return
	}
	b.WriteString("\n### Bindings that moved without effect on a grant\n\n")
	table(b, []string{"Binding", "Holder", "What moved"}, len(t.bindings), func(i int) []string {
		return []string{code(t.bindings[i].address), code(t.bindings[i].holder), text(t.bindings[i].what)}
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

// table writes rows up to a bound; their cells are Markdown already.
func table(b *strings.Builder, head []string, rows int, row func(int) []string) {
	line := func(cells []string) { fmt.Fprintf(b, "| %s |\n", strings.Join(cells, " | ")) }
	line(head)
	line(slices.Repeat([]string{"---"}, len(head)))
	for i := range min(rows, maxRows) {
		line(row(i))
	}
	if rows > maxRows {
		fmt.Fprintf(b, "\nAnd %d more.\n", rows-maxRows)
	}
}

// code shows a name as code. Inside it nobody is mentioned.
func code(s string) string {
	if s == none {
		return none
	}
	return "<code>" + text(s) + "</code>"
}

// text makes a text from outside harmless in Markdown and HTML: names stand in
// files that anybody may have written, and are to be read, not rendered.
func text(s string) string {
	runes := []rune(s)
	if len(runes) > maxText {
		runes = append(runes[:maxText:maxText], '…')
	}
	var b strings.Builder
	for i, r := range runes {
		switch {
		case unicode.IsSpace(r):
			b.WriteByte(' ')
		case !unicode.IsPrint(r):
			b.WriteRune(unicode.ReplacementChar)
		case strings.ContainsRune("\\`*{}[]<>|~&$", r):
			fmt.Fprintf(&b, "&#%d;", r)
		case r == '@' || r == '#':
			fmt.Fprintf(&b, "&#%d;&#8203;", r) // so that it mentions nobody and nothing
		case r == '_' && !(inWord(runes, i-1) && inWord(runes, i+1)):
			b.WriteString("&#95;")
		case r == ':' && i+1 < len(runes) && !unicode.IsSpace(runes[i+1]) && !digits(runes, i):
			b.WriteString("&#58;") // neither a link nor an emoji
		case r == '.' && i >= 3 && strings.EqualFold(string(runes[i-3:i]), "www"):
			b.WriteString("&#46;")
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func inWord(runes []rune, i int) bool {
	return i >= 0 && i < len(runes) && (unicode.IsLetter(runes[i]) || unicode.IsDigit(runes[i]))
}

// digits reports whether the sign at i stands between digits, as in a time.
func digits(runes []rune, i int) bool {
	return i > 0 && i+1 < len(runes) && unicode.IsDigit(runes[i-1]) && unicode.IsDigit(runes[i+1])
}
