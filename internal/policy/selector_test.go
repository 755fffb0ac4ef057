package policy

import (
	"strings"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
)

// FuzzSelectors holds what is said of two selectors to what they match.
func FuzzSelectors(f *testing.F) {
	f.Add("*laptop*", "gaming laptop*", "gaming laptop 15")
	f.Add("", "*", "")
	f.Add("a*b", "a*c*b", "acb")
	f.Add("*ab", "ab*", "ab")
	f.Add("*a*a", "a*", "aa")
	f.Fuzz(func(t *testing.T, a, b, word string) {
		if strings.Contains(word, "*") {
			return
		}
		a, b, word = fold(a), fold(b), fold(word)
		matches := func(selector string) bool { return selector == "" || lifecycle.Matches(selector, word) }
		if covers(a, b) && matches(b) && !matches(a) {
			t.Errorf("%q covers %q, but only the latter matches %q", a, b, word)
		}
		if !intersects(a, b) && matches(a) && matches(b) {
			t.Errorf("%q and %q both match %q", a, b, word)
		}
		if intersects(a, b) != intersects(b, a) {
			t.Errorf("the order of %q and %q makes a difference", a, b)
		}
	})
}

func TestIntersects(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"", "laptop", true},
		{"laptop", "laptop", true},
		{"laptop", "laptops", false},
		{"*laptop*", "laptops", true},
		{"lap*", "*top", true},
		{"lap*", "desk*", false},
		{"*server", "server*", true},
		{"a*b", "b*a", false},
		{"kioks", "*kiosk*", false},
		{"*", "", true},
	} {
		if got := intersects(c.a, c.b); got != c.want {
			t.Errorf("%q and %q match something in common: %t, want %t", c.a, c.b, got, c.want)
		}
	}
}
