package rest

import (
	"fmt"
	"slices"
	"strings"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"

	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// Systems show a value that is chosen from a list, or refers to something, as a
// text, as an object or as a list of either, and change from one to the other
// between releases. What follows reads all of them alike.

var (
	// wordKeys are the members of an object that hold its word: the key of a choice
	// first, which stays the same when its label is translated.
	wordKeys = []string{"value", "label", "name", "display", "completename", "title", "date", "datetime"}
	// personKeys are the members of an object that are keys in a directory.
	personKeys = []string{"email", "email_address", "mail", "username", "user_name", "login", "employee_number"}
)

// displayed is the member in which a system such as ServiceNow shows the text
// of a value.
const displayed = "display_value"

// mostNested limits the depth of lists in lists.
const mostNested = 8

// statedValue is what a value states.
type statedValue struct {
	words   []string // each once
	unnamed bool     // it refers to something without showing its name
}

// wordsOf reads what a value states: nothing, a word or several. of picks the
// word of an object.
func wordsOf(v ref.Val, of func(traits.Mapper) (string, bool, error)) (statedValue, error) {
	var s statedValue
	err := s.read(v, of, 0)
	return s, err
}

func (s *statedValue) read(v ref.Val, of func(traits.Mapper) (string, bool, error), depth int) error {
	switch at := v.(type) {
	case traits.Mapper:
		word, named, err := of(at)
		s.unnamed = s.unnamed || !named
		s.add(word)
		return err
	case traits.Lister:
		if depth >= mostNested {
			return fmt.Errorf("lists are nested more than %d deep", mostNested)
		}
		for it := at.Iterator(); it.HasNext() == types.True; {
			if err := s.read(it.Next(), of, depth+1); err != nil {
				return err
			}
		}
		return nil
	}
	word, err := toText(v)
	s.add(word)
	return err
}

func (s *statedValue) add(word string) {
	if word = system.Clean(word); word != "" && !slices.Contains(s.words, word) {
		s.words = append(s.words, word)
	}
}

// choice returns the word of an object. It reports false if the object refers to
// something and does not show its name.
func choice(m traits.Mapper) (string, bool, error) {
	// The value may be a number that means nothing to people.
	if shown, ok := m.Find(types.String(displayed)); ok {
		word := scalarText(shown)
		return word, word != "" || member(m, "value") == "", nil
	}
	if word := firstMember(m, wordKeys); word != "" {
		return word, true, nil
	}
	if id := member(m, "id"); id != "" {
		return "", id == "0", nil
	}
	return nameless(m)
}

// ownerNameOf returns the key of an owner who is an object. A person of whom the
// system shows only a number is still an owner, who is unknown.
func ownerNameOf(m traits.Mapper) (string, bool, error) {
	if word := firstMember(m, personKeys); word != "" {
		return word, true, nil
	}
	key := "id"
	if _, ok := m.Find(types.String(displayed)); ok {
		key = "value"
	} else if word := firstMember(m, wordKeys); word != "" {
		return word, true, nil
	}
	if word := member(m, displayed); word != "" {
		return word, true, nil
	}
	switch id := member(m, key); id {
	case "":
		return nameless(m)
	case "0":
		return "", true, nil
	default:
		return "owner " + id, true, nil
	}
}

func firstMember(m traits.Mapper, keys []string) string {
	for _, key := range keys {
		if word := member(m, key); word != "" {
			return word
		}
	}
	return ""
}

// nameless treats an object without any value as empty, and refuses other objects.
func nameless(m traits.Mapper) (string, bool, error) {
	for it := m.Iterator(); it.HasNext() == types.True; {
		key := it.Next()
		v, _ := m.Find(key)
		if _, null := v.(types.Null); null || scalarText(v) == "" && isText(v) {
			continue
		}
		return "", false, fmt.Errorf("a text was expected, and it is an object without any of %s", strings.Join(wordKeys, ", "))
	}
	return "", true, nil
}

func isText(v ref.Val) bool {
	_, ok := v.(types.String)
	return ok
}

// member returns a member of an object as a text: the empty text if it is
// missing.
func member(m traits.Mapper, key string) string {
	v, ok := m.Find(types.String(key))
	if !ok {
		return ""
	}
	return scalarText(v)
}

func scalarText(v ref.Val) string {
	text, err := toText(v)
	if err != nil {
		return ""
	}
	return system.Clean(text)
}

// membersOf returns the members of all lists of a name, at any depth of a value:
// systems show what users added to records in several places.
func membersOf(v, name ref.Val) ref.Val {
	out := []ref.Val{}
	var look func(v ref.Val, depth int)
	look = func(v ref.Val, depth int) {
		switch at := v.(type) {
		case traits.Mapper:
			for _, key := range keysOf(at) {
				below, _ := at.Find(types.String(key))
				if list, ok := below.(traits.Lister); ok && types.String(key).Equal(name) == types.True {
					for it := list.Iterator(); it.HasNext() == types.True; {
						out = append(out, it.Next())
					}
				} else if depth < mostNested {
					look(below, depth+1)
				}
			}
		case traits.Lister:
			for it := at.Iterator(); it.HasNext() == types.True && depth < mostNested; {
				look(it.Next(), depth+1)
			}
		}
	}
	look(v, 0)
	return types.DefaultTypeAdapter.NativeToValue(out)
}

// keysOf returns the keys of an object, sorted, because their order varies.
func keysOf(m traits.Mapper) []string {
	var out []string
	for it := m.Iterator(); it.HasNext() == types.True; {
		if key, ok := it.Next().(types.String); ok {
			out = append(out, string(key))
		}
	}
	slices.Sort(out)
	return out
}
