package events

import (
	_ "embed" // the page
	"encoding/csv"
	"html/template"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/custodyhq/terraform-provider-custody/internal/provider/value"
	"github.com/custodyhq/terraform-provider-custody/internal/register"
)

// export fills in the evidence in the formats that are asked for.
func (m *model) export(q *query, found *result, report *register.Report, now time.Time) {
	out := make(map[string]attr.Value)
	for _, format := range value.TextsOf(m.Formats.Elements()) {
		var text string
		switch format {
		case formatCSV:
			text = q.csv(found.events)
		case formatJSONL:
			text = jsonLines(found.events)
		case formatHTML:
			text = q.page(found, report, now)
		}
		out[format] = types.StringValue(text)
	}
	m.Export = types.MapValueMust(types.StringType, out)
}

// row is one piece of evidence: an event, and one of the controls that it serves.
type row struct {
	Control, Finding string
	Sequence         int64
	At               string
	Kind, Subject    string
	Status, Action   string
	Holder           string
	Because          string
	Issued           string
	Withdrawn        string
	AttestedBy       string
	ApprovedBy       string
	Actor, Run, Hash string
}

var columns = []string{
	"control", "finding", "sequence", "at", "kind", "subject", "status", "action", "holder", "because", "issued", "withdrawn",
	"attested_by", "approved_by", "actor", "run", "hash",
}

func (r *row) cells() []string {
	return []string{
		r.Control, r.Finding, strconv.FormatInt(r.Sequence, 10), r.At, r.Kind, r.Subject, r.Status, r.Action, r.Holder, r.Because, r.Issued, r.Withdrawn,
		r.AttestedBy, r.ApprovedBy, r.Actor, r.Run, r.Hash,
	}
}

// rows returns the evidence of an event: a row for each control that is asked for, or
// one without a control.
func (q *query) rows(e *entry) []row {
	b := &e.parsed
	base := row{
		Sequence: e.Sequence, At: e.At.UTC().Format(time.RFC3339), Kind: e.Kind, Subject: e.Subject, Status: first(b.Status, b.Result), Action: b.Action,
		Holder: first(b.Names[b.Holder], b.Holder), Because: first(strings.Join(b.Because, " "), b.What), Issued: strings.Join(b.Issued, " "),
		Withdrawn: strings.Join(b.Withdrawn, " "), Actor: e.Actor, Run: e.Run, Hash: e.Hash,
	}
	if base.Holder != b.Holder && b.Holder != "" {
		base.Holder += " (" + b.Holder + ")"
	}
	if b.Attestation != nil {
		base.AttestedBy = b.Attestation.By
	}
	if b.Exception != nil {
		base.ApprovedBy = b.Exception.ApprovedBy
	}
	var out []row
	for _, control := range e.controls() {
		if !q.wants(control) {
			continue
		}
		r := base
		r.Control, r.Finding = control, strings.Join(e.findingsOf(control), " ")
		out = append(out, r)
	}
	if len(out) == 0 {
		return []row{base}
	}
	return out
}

func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// csv returns the evidence as a table of comma-separated values.
func (q *query) csv(events []entry) string {
	var out strings.Builder
	w := csv.NewWriter(&out)
	_ = w.Write(columns) // a builder never fails
	for i := range events {
		for _, r := range q.rows(&events[i]) {
			cells := r.cells()
			for n := range cells {
				cells[n] = harmless(cells[n])
			}
			_ = w.Write(cells) // a builder never fails
		}
	}
	w.Flush()
	return out.String()
}

// harmless returns a cell that no spreadsheet takes for a formula: one that begins as a
// formula does has an apostrophe in front.
func harmless(cell string) string {
	cell = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, cell)
	switch start := strings.TrimLeft(cell, " \u00a0\ufeff"); {
	case start == "":
		return cell
	case strings.ContainsAny(start[:1], "=+-@|%"), strings.HasPrefix(start, "＝"), strings.HasPrefix(start, "＋"), strings.HasPrefix(start, "－"), strings.HasPrefix(start, "＠"):
		return "'" + cell
	}
	return cell
}

// jsonLines returns each event as it was hashed, with its hash.
func jsonLines(events []entry) string {
	var out strings.Builder
	for i := range events {
		out.WriteString(`{"event":` + events[i].Signed() + `,"hash":"` + sound(events[i].Hash) + "\"}\n")
	}
	return out.String()
}

// sound returns a hash; one that was altered to something else is left out.
func sound(hash string) string {
	if strings.Trim(hash, "0123456789abcdef") != "" {
		return ""
	}
	return hash
}

//go:embed page.html
var pageText string

var pageTemplate = template.Must(template.New("page").Parse(pageText))

// page returns the evidence as a page for auditors.
func (q *query) page(found *result, report *register.Report, now time.Time) string {
	type group struct {
		Control string
		Rows    []row
	}
	var groups []group
	index := make(map[string]int)
	for i := range found.events {
		for _, r := range q.rows(&found.events[i]) {
			at, known := index[r.Control]
			if !known {
				at = len(groups)
				index[r.Control] = at
				groups = append(groups, group{Control: r.Control})
			}
			groups[at].Rows = append(groups[at].Rows, r)
		}
	}
	sortGroups(groups, func(g group) string { return g.Control })
	var out strings.Builder
	_ = pageTemplate.Execute(&out, map[string]any{ // a test shows that it does not fail
		"Workspace": q.workspace, "Now": now.UTC().Format(time.RFC3339), "Report": report, "Groups": groups, "LeftOut": found.leftOut, "Events": len(found.events),
	})
	return out.String()
}

// sortGroups sorts by a key; what has none comes last.
func sortGroups[T any](list []T, key func(T) string) {
	slices.SortFunc(list, func(a, b T) int {
		switch a, b := key(a), key(b); {
		case a == b:
			return 0
		case a == "":
			return 1
		case b == "":
			return -1
		default:
			return strings.Compare(a, b)
		}
	})
}

// findingsOf returns the findings whose handling serves a control, sorted.
func (e *entry) findingsOf(control string) []string {
	var out []string
	for finding, list := range e.parsed.Controls {
		if slices.Contains(list, control) {
			out = append(out, finding)
		}
	}
	slices.Sort(out)
	return out
}
