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

func sameGenerations(a, b []Generation) bool {
	if len(a) != len(b) {
		return false
	}
	if len(a) > 0 && &a[0] == &b[0] {
		return true // taken over
	}
	for i := range a {
		x, y := &a[i], &b[i]
		if x.Number != y.Number || x.Enabled != y.Enabled || x.State != y.State || x.Holder != y.Holder ||
			!x.IssuedAt.Equal(y.IssuedAt) || !x.ExpiresAt.Equal(y.ExpiresAt) {
			return false
		}
	}
	return true
}

func sameConditions(a, b []Condition) bool {
	if len(a) == 0 || len(b) == 0 {
		return len(a) == len(b)
	}
	return slices.EqualFunc(a, b, func(x, y Condition) bool { return x.Code == y.Code && x.FirstSeen.Equal(y.FirstSeen) })
}
