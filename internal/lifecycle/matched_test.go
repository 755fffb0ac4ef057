package lifecycle_test

import (
	"testing"

	. "github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
)

// Patterns are passed over by their letters: none that matches may be.
func TestNoPatternIsPassedOver(t *testing.T) {
	patterns := []string{"*laptop*", "*ü*", "vm*", "*-42", "* *", "*", "a*b*c", "*@*", "*€"}
	words := []string{"gaming laptop 15", "gerät für alle", "vmware", "x-42", "a b", "abc", "axxbxc", "", "ab", "me@example", "100 €", "laptöp"}
	for _, p := range patterns {
		rules := Rules{Classes: map[string]Class{p: {BoundTo: BoundToPerson}}}
		rules.Index()
		for _, w := range words {
			if got := rules.ClassOf(w).BoundTo == BoundToPerson; got != Matches(p, w) {
				t.Errorf("%q of %q: %t", p, w, got)
			}
		}
	}
}
