package lifecycle

import (
	"slices"
	"strings"
)

// Same reports whether two grants show and remember the same.
func (g *Grant) Same(o *Grant) bool {
	return g.ID() == o.ID() && g.Status == o.Status && g.Would == o.Would && g.Observed == o.Observed && g.EnforceFrom.Equal(o.EnforceFrom) &&
		g.Policy == o.Policy && g.Action == o.Action && g.Rotation == o.Rotation && g.Holder == o.Holder && g.Serial == o.Serial &&
		g.RevokedAt.Equal(o.RevokedAt) && g.CertifiedAt.Equal(o.CertifiedAt) && g.NextChangeAt.Equal(o.NextChangeAt) &&
		sameGenerations(g.Generations, o.Generations) && sameConditions(g.Conditions, o.Conditions) &&
		sameMemory(&g.Memory, &o.Memory) && sameBasis(&g.Basis, &o.Basis) &&
		slices.EqualFunc(g.Reasons, o.Reasons, func(a, b Reason) bool {
			return a.Code == b.Code && a.Message == b.Message
		})
}

func sameBasis(a, b *Basis) bool {
	return a.State == b.State && a.Class == b.Class && a.Environment == b.Environment && a.Criticality == b.Criticality &&
		a.Manager == b.Manager && slices.Equal(a.Teams, b.Teams) && slices.Equal(a.Keys, b.Keys)
}

// unchanged reports whether nothing moved that action and reasons explain: then
// they go on explaining the last transition.
func (e *evaluation) unchanged(g *Grant) bool {
	p := e.in.Prior
	if p == nil || e.replaced || p.Status != g.Status || p.Would != g.Would || p.Observed != g.Observed || !p.RevokedAt.Equal(g.RevokedAt) ||
		!p.CertifiedAt.Equal(g.CertifiedAt) || p.Serial != g.Serial || !sameGenerations(p.Generations, g.Generations) ||
		!sameConditions(p.Conditions, g.Conditions) || !sameMemory(&p.Memory, &g.Memory) {
		return false
	}
	i := 0
	for k := range p.Reasons {
		r := &p.Reasons[k]
		if i < len(g.Reasons) && g.Reasons[i].Code == r.Code && explains(r, &g.Reasons[i]) {
			i++
		} else if _, present := g.firstSeen(r.Code); present {
			return false
		}
	}
	return i == len(g.Reasons)
}

// stillBlocking returns the reasons that go on explaining a block on held facts: all
// but those of findings that are over and did not block.
func (g *Grant) stillBlocking(now *Grant) []Reason {
	over := func(r Reason) bool {
		_, present := now.firstSeen(r.Code)
		return !present && !Engine.Has(r.Code) && g.actionFor(r.Code) < Block
	}
	if !slices.ContainsFunc(g.Reasons, over) {
		return g.Reasons
	}
	return slices.DeleteFunc(slices.Clone(g.Reasons), over)
}

// explains reports whether a reason explains what another one does: the same fact
// with the same action. Once a new credential was issued on the new facts, what
// differed is no longer known, so of comparisons only the action is compared.
func explains(before, now *Reason) bool {
	wasFact, was, _ := strings.Cut(before.Message, decisionMark)
	isFact, is, _ := strings.Cut(now.Message, decisionMark)
	return (wasFact == isFact || comparators.Has(before.Code)) && actionOf(was) == actionOf(is) &&
		strings.Contains(was, repeatsNote) == strings.Contains(is, repeatsNote)
}

func actionOf(decision string) string {
	if i := strings.IndexAny(decision, " ,;"); i >= 0 {
		return decision[:i]
	}
	return decision
}
