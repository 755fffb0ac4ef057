package controls

import (
	"slices"
	"sync"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
)

// columns and rotations count the values of what a query can say besides tasks and
// changes.
const (
	columns   = int(lifecycle.BoundToPerson) + 1
	rotations = int(lifecycle.RotateNow) + 1
)

// chosen answers for one choice of frameworks. A policy is asked for each reason of
// each grant, nearly always with the same queries.
type chosen struct {
	frameworks []string
	answers    [lifecycle.NumCodes][columns][rotations][]string
	depends    lifecycle.CodeSet // on tasks or changes, so that there is no table for it
}

// Chosen returns a function that answers as For does for the chosen frameworks, and
// sooner. Who asks must not change the answer.
func Chosen(frameworks []string) func(Query) []string {
	table := sync.OnceValue(func() *chosen { return newChosen(frameworks) })
	return func(q Query) []string { return table().controls(q) }
}

func newChosen(frameworks []string) *chosen {
	x := &chosen{frameworks: slices.Clone(frameworks)}
	for code := range lifecycle.NumCodes {
		for i := range embedded().rules[code] {
			if r := &embedded().rules[code][i]; r.tasks != 0 || r.changed != 0 {
				x.depends = x.depends.With(code)
			}
		}
		for column := range columns {
			for rotation := range rotations {
				q := Query{Code: code, BoundTo: lifecycle.BoundTo(column), Rotation: lifecycle.Rotation(rotation)}
				x.answers[code][column][rotation] = slices.Clip(For(q, x.frameworks))
			}
		}
	}
	return x
}

func (x *chosen) controls(q Query) []string {
	if x.depends.Has(q.Code) || int(q.BoundTo) >= columns || int(q.Rotation) >= rotations {
		return For(q, x.frameworks)
	}
	return x.answers[q.Code][q.BoundTo][q.Rotation]
}
