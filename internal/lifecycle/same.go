package lifecycle

import "slices"

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
