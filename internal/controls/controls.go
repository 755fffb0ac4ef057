// Package controls says which controls of published frameworks the handling of a
// finding serves. The catalogues are data: one YAML file a framework.
package controls

import (
	"slices"
	"sync"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
)

// Query is what the controls of a finding depend on.
type Query struct {
	Code     lifecycle.Code
	BoundTo  lifecycle.BoundTo
	Tasks    []lifecycle.TaskKind // kinds of the open tasks, for findings about tasks
	Changed  []string             // what changed, for findings about a change
	Rotation lifecycle.Rotation
}

// Default returns the frameworks whose controls are named where a policy chooses
// none.
func Default() []string {
	return []string{"nist-csf-2.0", "nist-800-53-5.2.0", "owasp-nhi-2025"}
}

// Frameworks returns the names of the frameworks that a policy can choose, sorted.
func Frameworks() []string {
	list := embedded().catalogues
	out := make([]string, len(list))
	for i := range list {
		out[i] = list[i].Name
	}
	return out
}

// For returns the controls of the chosen frameworks that the query's finding
// serves, each with its framework, such as "NIST CSF ID.AM-08". The order is that
// of the catalogues, whatever the order of the choice, and no control comes twice.
// A name that is not one of Frameworks adds nothing.
func For(q Query, frameworks []string) []string {
	x := embedded()
	var chosen uint32
	for i := range x.catalogues {
		if slices.Contains(frameworks, x.catalogues[i].Name) {
			chosen |= 1 << i
		}
	}
	rules := x.rules[q.Code]
	var out []string
	for i := range rules {
		r := &rules[i]
		if chosen&(1<<r.framework) == 0 || !r.selects(&q) || (len(out) > 0 && out[len(out)-1] == r.control) {
			continue
		}
		if out == nil {
			out = make([]string, 0, len(rules))
		}
		out = append(out, r.control)
	}
	return out
}

// embedded returns the catalogues that the program carries. A test reads them, so
// that a mistake in them never leaves the repository.
var embedded = sync.OnceValue(func() *index {
	x, err := read(files)
	if err != nil {
		panic(err)
	}
	return x
})
