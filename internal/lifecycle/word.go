package lifecycle

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// fold returns a word as it is compared: trimmed and in lower case. Systems hand
// words over in one Unicode form.
func fold(s string) string { return Lower(strings.TrimSpace(s)) }

// Lower returns s in lower case. It never turns a letter outside ASCII into one
// inside: strings.ToLower makes "k" of the Kelvin sign and "i" of the dotted
// capital I, and then a look-alike would answer for somebody else.
func Lower(s string) string {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c >= utf8.RuneSelf || 'A' <= c && c <= 'Z' {
			return strings.Map(lowerRune, s)
		}
	}
	return s
}

func lowerRune(r rune) rune {
	low := unicode.ToLower(r)
	if r >= utf8.RuneSelf && low < utf8.RuneSelf {
		return r
	}
	return low
}

// sameWord reports whether two words are the same however they are spelled.
func sameWord(a, b string) bool { return a == b || fold(a) == fold(b) }

// sameWords reports whether two lists hold the same words, in whatever order.
func sameWords(a, b []string) bool {
	return slices.Equal(a, b) || slices.Equal(foldAll(a), foldAll(b))
}

func foldAll(words []string) []string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = fold(w)
	}
	return unique(out)
}

// Matches reports whether a pattern, in which "*" matches any text, matches a
// folded word. The pattern must be folded too.
func Matches(pattern, word string) bool {
	head, rest, star := strings.Cut(pattern, "*")
	if !star {
		return pattern == word
	}
	if !strings.HasPrefix(word, head) {
		return false
	}
	word = word[len(head):]
	for {
		part, next, more := strings.Cut(rest, "*")
		if !more {
			return strings.HasSuffix(word, part)
		}
		i := strings.Index(word, part)
		if i < 0 {
			return false
		}
		word, rest = word[i+len(part):], next
	}
}

// literals counts the characters of a pattern that are not "*".
func literals(pattern string) int {
	return utf8.RuneCountInString(pattern) - strings.Count(pattern, "*")
}

// selects reports whether a selector matches a value: an empty one matches
// everything, spelling does not count, "*" matches any text.
func selects(selector, value string) bool {
	return selector == "" || sameWord(selector, value) || (strings.Contains(selector, "*") && Matches(fold(selector), fold(value)))
}

// sameKey reports whether two keys of directory entries are spelled alike. Case and
// blanks do not count, nor does the name of a directory that only one of them has in
// front; two directories may give one id to two people.
func sameKey(a, b string) bool {
	if a == b {
		return true
	}
	a, b = fold(a), fold(b)
	bareA, bareB := bareKey(a), bareKey(b)
	if bareA != a && bareB != b {
		return a == b
	}
	return bareA == bareB
}

// sameKeys reports whether two lists name the same entries, in whatever order.
func sameKeys(a, b []string) bool { return slices.Equal(bareKeys(a), bareKeys(b)) }

func bareKeys(keys []string) []string {
	out := make([]string, len(keys))
	for i, k := range keys {
		out[i] = bareKey(fold(k))
	}
	return unique(out)
}

// bareKey takes a directory's name off the front of a folded key.
func bareKey(key string) string {
	if name, rest, ok := strings.Cut(key, "/"); ok && rest != "" && !strings.ContainsFunc(name, notInName) {
		return rest
	}
	return key
}

// notInName reports whether a character cannot occur in the name of a system.
func notInName(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_' && r != '-'
}
