package lifecycle

import (
	"fmt"
	"strings"
)

// names lists the texts of an enumeration in the order of its values. String,
// parsing, validation messages and the documentation use the same list.
type names[T ~uint8] struct {
	what string
	list []string
}

func (n names[T]) text(v T) string {
	if int(v) < len(n.list) {
		return n.list[v]
	}
	return fmt.Sprintf("%s(%d)", n.what, uint8(v))
}

func (n names[T]) parse(s string) (T, error) {
	for i, t := range n.list {
		if t == s && t != "" {
			return T(i), nil
		}
	}
	return 0, fmt.Errorf("%q is not a known %s; accepted: %s", s, n.what, strings.Join(n.all(), ", "))
}

// all returns the texts that a user may write; an empty text is a zero value
// that means "not stated" and cannot be written.
func (n names[T]) all() []string {
	out := make([]string, 0, len(n.list))
	for _, t := range n.list {
		if t != "" {
			out = append(out, t)
		}
	}
	return out
}
