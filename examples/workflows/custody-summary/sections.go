package main

import (
	"fmt"
	"slices"
	"strings"
)

// sections returns the tables of the page, those with rows only.
func (t *tally) sections() []pageSection {
	all := []pageSection{t.changesTable(), t.waitingTable(), t.dueTable(), t.exceptionsTable(), t.observedTable(), t.movedTable(), t.othersTable()}
	out := slices.DeleteFunc(all, func(s pageSection) bool { return len(s.Rows) == 0 })
	for i := range out {
		s := &out[i]
		s.Chips = chipsOf(s.Rows)
		if s.More = len(s.Rows) - maxPageRows; s.More > 0 {
			s.Rows = s.Rows[:maxPageRows]
		} else {
			s.More = 0
		}
	}
	return out
}

// chipsOf counts the tags of rows; a choice of one is none.
func chipsOf(rows []pageRow) []chip {
	var out []chip
	for _, row := range rows {
		if row.Tag == "" {
			continue
		}
		if i := slices.IndexFunc(out, func(c chip) bool { return c.Tag == row.Tag }); i >= 0 {
			out[i].Count++
		} else {
			out = append(out, chip{row.Tag, 1})
		}
	}
	if len(out) < 2 {
		return nil
	}
	slices.SortStableFunc(out, func(a, b chip) int { return slices.Index(loud, toneOf(a.Tag)) - slices.Index(loud, toneOf(b.Tag)) })
	return out
}

// tiles are the figures that a reader looks at first, of the tables that are there.
func (t *tally) tiles(sections []pageSection) []tile {
	gone := ""
	if t.withdrawn > 0 {
		gone = "red"
	}
	all := []tile{
		{"changes", "would change", "blue", len(t.changed)},
		{"changes", "credentials removed", gone, t.withdrawn},
		{"waiting", "waiting for somebody", "amber", len(t.waiting)},
		{"due", fmt.Sprintf("due within %d days", soon), "amber", len(t.dueSoon())},
		{"due", fmt.Sprintf("due within %d days", later), "", len(t.events)},
		{"exceptions", "exceptions in force", "", len(t.exceptions)},
	}
	return slices.DeleteFunc(all, func(f tile) bool {
		return !slices.ContainsFunc(sections, func(s pageSection) bool { return s.ID == f.Link })
	})
}

func (t *tally) changesTable() pageSection {
	s := pageSection{ID: "changes", Title: "What changes", Columns: []string{"Person", "Asset and grant", "Status", "Class", "What happens, and why"}}
	for _, g := range t.groups() {
		for _, e := range g.entries {
			of := e.class(t.now)
			what := wideCell(e.happens())
			what.Lines = append(what.Lines, whyLines(e)...)
			s.Rows = append(s.Rows, pageRow{string(of), []cell{
				t.personCell(e), t.assetCell(e), statusCell(e), badgeCell(string(of), slices.Index(classes, of)), what,
			}})
		}
	}
	return s
}

func (t *tally) waitingTable() pageSection {
	s := pageSection{ID: "waiting", Title: "What waits for somebody", Columns: []string{"Person", "Asset and grant", "Waits for", "Whom to ask", "Since", "Changes next", "Why"}}
	order := []string{waitRecertify, waitReview, waitLapse, waitBlock}
	for _, w := range t.waiting {
		s.Rows = append(s.Rows, pageRow{w.kind, []cell{
			t.personCell(w.entry), t.assetCell(w.entry), badgeCell(w.kind, slices.Index(order, w.kind)),
			t.nameCell(strings.Join(w.asks, ", ")), t.timeCell(w.since), t.timeCell(w.until), whyCell(w.entry),
		}})
	}
	return s
}

func (t *tally) dueTable() pageSection {
	s := pageSection{ID: "due", Title: fmt.Sprintf("What falls due within %d days", later), Chart: t.chart(), Columns: []string{"When", "What", "Person", "Asset and grant"}}
	first := len(t.dueSoon())
	for i, v := range t.events {
		tag := "later"
		if i < first {
			tag = fmt.Sprintf("within %d days", soon)
		}
		s.Rows = append(s.Rows, pageRow{tag, []cell{t.timeCell(stamp(v.at)), plainCell(v.said()), t.personCell(v.entry), t.assetCell(v.entry)}})
	}
	return s
}

func (t *tally) exceptionsTable() pageSection {
	s := pageSection{ID: "exceptions", Title: "Exceptions in force", Columns: []string{"Ends", "Waives", "Asset and grant", "Approved by", "Reason"}}
	for _, x := range t.exceptions {
		s.Rows = append(s.Rows, pageRow{"", []cell{
			t.timeCell(x.ExpiresAt), plainCell(strings.Join(x.Codes, ", ")), t.assetCell(x.entry), t.nameCell(x.ApprovedBy), wideCell(x.Reason),
		}})
	}
	return s
}

func (t *tally) observedTable() pageSection {
	s := pageSection{ID: "observed", Title: "What the policy would do where it is only observed", Columns: []string{"Person", "Asset and grant", "Would be", "Enforced from", "Why"}}
	for _, e := range t.observed {
		s.Rows = append(s.Rows, pageRow{e.after.Would, []cell{
			t.personCell(e), t.assetCell(e), badgeCell(e.after.Would, rank(e.after.Would)+1), t.timeCell(e.after.memory.EnforceFrom), whyCell(e),
		}})
	}
	return s
}

func (t *tally) movedTable() pageSection {
	s := pageSection{ID: "moved", Title: "Bindings that moved without effect on a grant", Columns: []string{"Binding", "Asset", "Person", "What moved"}}
	for _, m := range t.moved {
		s.Rows = append(s.Rows, pageRow{"", []cell{codeCell(m.address), t.nameCell(m.asset), t.nameCell(m.holder), wideCell(m.what)}})
	}
	return s
}

func (t *tally) othersTable() pageSection {
	s := pageSection{ID: "others", Title: "Credentials, and whatever else changes", Columns: []string{"Resource", "Would be"}}
	for i := range t.others {
		c := &t.others[i]
		s.Rows = append(s.Rows, pageRow{did(c), []cell{codeCell(c.Address), badgeCell(did(c), harm(c))}})
	}
	return s
}
