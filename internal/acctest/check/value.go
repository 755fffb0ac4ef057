package check

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
)

// value is a knownvalue.Check of one line.
type value struct {
	text  string
	check func(any) error
}

// CheckValue returns an error unless the value is as expected.
func (v value) CheckValue(got any) error { return v.check(got) }

// String says what is expected.
func (v value) String() string { return v.text }

// Keys expects a map with these keys: the generations of a grant, its
// conditions.
func Keys(keys ...string) knownvalue.Check {
	return listed(keys, func(got any) ([]string, bool) {
		m, ok := got.(map[string]any)
		return slices.Sorted(maps.Keys(m)), ok
	})
}

// Codes expects a list of findings, or of sentences about them, with these codes, in
// this order.
func Codes(codes ...string) knownvalue.Check {
	return listed(codes, func(got any) ([]string, bool) {
		items, ok := got.([]any)
		out := make([]string, len(items))
		for i, item := range items {
			switch finding := item.(type) {
			case map[string]any:
				out[i] = fmt.Sprint(finding["code"])
			default: // a sentence that begins with the code
				out[i], _, _ = strings.Cut(fmt.Sprint(finding), " ")
			}
		}
		return out, ok
	})
}

// Texts expects a list or a set of these texts, in this order.
func Texts(texts ...string) knownvalue.Check {
	return listed(texts, func(got any) ([]string, bool) {
		items, ok := got.([]any)
		out := make([]string, len(items))
		for i, item := range items {
			out[i] = fmt.Sprint(item)
		}
		return out, ok
	})
}

func listed(want []string, read func(any) ([]string, bool)) knownvalue.Check {
	return value{fmt.Sprintf("%q", want), func(got any) error {
		if list, ok := read(got); !ok || !slices.Equal(list, want) {
			return fmt.Errorf("expected %q, got: %v", want, got)
		}
		return nil
	}}
}

// Says expects that each of the texts is in the value or somewhere in it: in a
// message of a list of findings.
func Says(texts ...string) knownvalue.Check {
	return value{fmt.Sprintf("a text with %q", texts), func(got any) error {
		all := strings.Join(inside(got), "\n")
		for _, text := range texts {
			if !strings.Contains(all, text) {
				return fmt.Errorf("expected a text with %q, got: %v", text, got)
			}
		}
		return nil
	}}
}

// inside lists the texts in a value.
func inside(value any) []string {
	var out []string
	switch v := value.(type) {
	case string:
		out = append(out, v)
	case []any:
		for _, item := range v {
			out = append(out, inside(item)...)
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			out = append(out, inside(v[key])...)
		}
	}
	return out
}
