package controls

import (
	"slices"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
)

// TestChosenAnswersAsForDoes asks every query of both.
func TestChosenAnswersAsForDoes(t *testing.T) {
	for _, frameworks := range [][]string{nil, Default(), Frameworks(), {soc2, "none"}} {
		ask := Chosen(frameworks)
		for code := range lifecycle.NumCodes {
			for column := range lifecycle.BoundToPerson + 1 {
				for rotation := range lifecycle.RotateNow + 1 {
					for _, tasks := range [][]lifecycle.TaskKind{nil, {lifecycle.TaskOffboarding}, {lifecycle.TaskReassignment, lifecycle.TaskDecommission}} {
						for _, changed := range [][]string{nil, {"class"}, {"manager", "teams"}} {
							q := Query{Code: code, BoundTo: column, Rotation: rotation, Tasks: tasks, Changed: changed}
							if got, want := ask(q), For(q, frameworks); !slices.Equal(got, want) {
								t.Fatalf("%v of %q: %q, want %q", q, frameworks, got, want)
							}
						}
					}
				}
			}
		}
	}
}
