package policy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
)

// entries are those of one list of a document that could be read, of which the first
// that matches holds.
type entries[T any] struct {
	list   []T
	places []int // in the document's list
}

// add takes note of the entry at a place of the list. It reports the entry if one
// before it leaves nothing to it.
func (e *entries[T]) add(at reporter, place int, entry T, coveredBy func(T) bool) {
	if j := slices.IndexFunc(e.list, coveredBy); j >= 0 {
		first := append(slices.Clone(at.at[:len(at.at)-1]), e.places[j])
		at.report("Unreachable Entry", fmt.Sprintf("The first entry that matches holds, and %s comes first and matches everything that this one "+
			"matches, and states all that it states; move this one up or remove it.", Problem{Path: first}.Location()))
	}
	e.list, e.places = append(e.list, entry), append(e.places, place)
}

// scope is what one trigger of a document is for, in each cell.
type scope struct {
	index int
	class string
	when  string
	codes [scopes]lifecycle.CodeSet
}

// reachability remembers the triggers of one document in order to tell which
// later ones can never decide.
type reachability struct{ earlier []scope }

// add takes note of a trigger. If earlier ones leave nothing to it, their
// indexes are returned.
func (r *reachability) add(index int, t lifecycle.Trigger, when *string) (hiding []int) {
	s := scope{index: index, class: t.Class}
	if when != nil {
		s.when = strings.TrimSpace(*when)
	}
	for i := range s.codes {
		if cell(i).selects(&t) {
			s.codes[i] = t.Codes
		}
	}
	left := s.codes
	for _, e := range r.earlier {
		if left == ([scopes]lifecycle.CodeSet{}) {
			break
		}
		if !e.always(s) {
			continue
		}
		covers := false
		for i := range left {
			covers = covers || left[i]&e.codes[i] != 0
			left[i] &^= e.codes[i]
		}
		if covers {
			hiding = append(hiding, e.index)
		}
	}
	r.earlier = append(r.earlier, s)
	if left != [scopes]lifecycle.CodeSet{} {
		return nil
	}
	return hiding
}

// always reports whether e matches whenever s does, as far as class and
// condition go.
func (e scope) always(s scope) bool {
	return covers(e.class, s.class) && (e.when == "" || e.when == s.when)
}

func unreachable(hiding []int) string {
	names := make([]string, len(hiding))
	for i, index := range slices.Sorted(slices.Values(hiding)) {
		names[i] = fmt.Sprintf("triggers[%d]", index)
	}
	verb := "comes first and matches"
	if len(names) > 1 {
		verb = "come first and together match"
	}
	return fmt.Sprintf("The first trigger that matches decides, and %s %s everything that this one matches; "+
		"move this one up, give the other a narrower selection, or remove one.", strings.Join(names, ", "), verb)
}
