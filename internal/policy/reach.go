package policy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
)

// entries are the readable entries of one list of a document, of which the first
// that matches applies.
type entries[T any] struct {
	list   []T
	places []int // in the document's list
}

// add adds the entry at a place of the list. It reports the entry if an earlier
// one matches everything that it matches.
func (e *entries[T]) add(at reporter, place int, entry T, coveredBy func(T) bool) {
	if j := slices.IndexFunc(e.list, coveredBy); j >= 0 {
		first := append(slices.Clone(at.at[:len(at.at)-1]), e.places[j])
		at.report("Unreachable Entry", fmt.Sprintf("The first entry that matches holds, and %s comes first and matches everything that this one "+
			"matches, and states all that it states; move this one up or remove it.", Problem{Path: first}.Location()))
	}
	e.list, e.places = append(e.list, entry), append(e.places, place)
}

// scope holds the findings of one trigger of a document, in each cell.
type scope struct {
	index int
	class string
	when  string
	codes [scopes]lifecycle.CodeSet
}

// reachability holds the triggers of one document, to find later ones that can
// never decide.
type reachability struct{ earlier []scope }

// add adds a trigger. If earlier ones match everything that it matches, their
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
