package lifecycle_test

import (
	"strconv"
	"testing"

	. "github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
)

// What is remembered of a class holds for the rules that said it, and no longer than
// they are as they are.
func TestWhatAClassStandsForIsRememberedForItsRulesOnly(t *testing.T) {
	rules := Rules{Classes: map[string]Class{"*laptop*": {BoundTo: BoundToPerson}}}
	rules.Index()
	ask := func(r *Rules, want BoundTo) {
		t.Helper()
		for range 2 {
			if got := r.ClassOf("Gaming Laptop 15").BoundTo; got != want {
				t.Errorf("%s, want %s", got, want)
			}
		}
	}
	ask(&rules, BoundToPerson)
	other := rules
	other.Classes = map[string]Class{"*laptop*": {BoundTo: BoundToWorkload}}
	ask(&other, BoundToWorkload)
	ask(&rules, BoundToPerson)
	rules.Classes = other.Classes
	rules.Index()
	ask(&rules, BoundToWorkload)
	for i := range 1000 {
		class := "laptop " + strconv.Itoa(i)
		if got := rules.ClassOf(class).BoundTo; got != BoundToWorkload {
			t.Fatalf("%s is %s", class, got)
		}
		if got := rules.ClassOf("server " + strconv.Itoa(i)).BoundTo; got != BoundToUnclassified {
			t.Fatalf("a server is %s", got)
		}
	}
}
