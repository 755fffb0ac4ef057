package policy

import (
	"strings"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
)

// covers reports whether the selector a matches everything that b matches. Both are
// folded, empty ones match everything, and "*" matches any text. A "*" in b can
// only be matched by one in a, so it is enough to match the text of b.
func covers(a, b string) bool { return a == "" || lifecycle.Matches(a, b) }

// intersects reports whether some text is matched by both selectors.
func intersects(a, b string) bool {
	if a == "" || b == "" {
		return true
	}
	// reached[j] says that some text is matched by what was read of a and by the
	// first j bytes of b.
	reached := make([]bool, len(b)+1)
	reached[0] = true
	skipStars(reached, b)
	for i := range len(a) {
		next := make([]bool, len(b)+1)
		if a[i] == '*' {
			some := false
			for j := range reached {
				some = some || reached[j]
				next[j] = some
			}
		} else {
			for j, ok := range reached[:len(b)] {
				next[j+1] = ok && b[j] == a[i]
				next[j] = next[j] || (ok && b[j] == '*')
			}
			skipStars(next, b)
		}
		reached = next
	}
	return reached[len(b)]
}

// skipStars lets each "*" of b match the empty text.
func skipStars(reached []bool, b string) {
	for j := range len(b) {
		if b[j] == '*' && reached[j] {
			reached[j+1] = true
		}
	}
}

// holds reports whether a selector by a value is at least as wide as another one.
func holds[T comparable](a, b *T) bool { return a == nil || (b != nil && *a == *b) }

// fold returns a word in the form in which selectors are compared: in lower
// case and trimmed.
func fold(s string) string { return strings.ToLower(strings.TrimSpace(s)) }
