package policy

import (
	"slices"
	"strings"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
)

// scopes are the four combinations of column and risk.
const scopes = 4

// cell is one combination of column and risk.
type cell uint8

func (c cell) boundTo() lifecycle.BoundTo { return lifecycle.BoundToWorkload + lifecycle.BoundTo(c&1) }
func (c cell) risk() lifecycle.Risk       { return lifecycle.Risk(c >> 1) }

// selects reports whether the selectors of a trigger select the cell.
func (c cell) selects(t *lifecycle.Trigger) bool {
	return (t.BoundTo == nil || *t.BoundTo == c.boundTo()) && (t.Risk == nil || *t.Risk == c.risk())
}

// matches reports whether a trigger is for the finding in the cell.
func (c cell) matches(t *lifecycle.Trigger, code lifecycle.Code) bool {
	return t.Codes.Has(code) && c.selects(t)
}

// unanswered is the action for an unanswered review.
func (c cell) unanswered() lifecycle.Action {
	if c.risk() == lifecycle.RiskPrivileged || c.boundTo() == lifecycle.BoundToPerson {
		return lifecycle.Block
	}
	return lifecycle.Lapse
}

// cells is a set of cells.
type cells uint8

// cellsOf returns the cells that selectors by column and risk select.
func cellsOf(boundTo *lifecycle.BoundTo, risk *lifecycle.Risk) cells {
	var in cells
	for at := range cell(scopes) {
		if at.selects(&lifecycle.Trigger{BoundTo: boundTo, Risk: risk}) {
			in |= 1 << at
		}
	}
	return in
}

// cellNames are the named sets of cells, the widest first.
var cellNames = []struct {
	cells cells
	name  string
}{
	{0b1111, ""},
	{0b1010, "access of persons"}, {0b0101, "access of workloads"}, {0b0011, "standard access"}, {0b1100, "privileged access"},
	{0b0001, "standard access of workloads"}, {0b0010, "standard access of persons"},
	{0b0100, "privileged access of workloads"}, {0b1000, "privileged access of persons"},
}

// String names the cells, "" for all cells.
func (s cells) String() string {
	var names []string
	for _, n := range cellNames {
		if s&n.cells == n.cells {
			names = append(names, n.name)
			s &^= n.cells
		}
	}
	return enumerate(slices.DeleteFunc(names, func(name string) bool { return name == "" }))
}

// scopeOf names what selectors select, "" if that is everything.
func scopeOf(access, class, environment, criticality string) string {
	var assets []string
	for _, s := range []struct{ format, value string }{
		{"of class ", class}, {"in environment ", environment}, {"of criticality ", criticality},
	} {
		if s.value != "" {
			assets = append(assets, s.format+s.value)
		}
	}
	if len(assets) == 0 {
		return access
	}
	text := "assets " + strings.Join(assets, " ")
	if access != "" {
		text = access + " to " + text
	}
	return text
}

// enumerate joins words as in a sentence.
func enumerate(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}
