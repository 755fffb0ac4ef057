package system

import (
	"strings"
	"unicode/utf8"
)

// LongestKey is the longest accepted key, in bytes; ids, user names and
// addresses are shorter.
const LongestKey = 1024

// UsableKey trims a key and reports whether it can be the key of an entry in a
// directory.
func UsableKey(key string) (string, bool) {
	key = strings.TrimSpace(key)
	return key, key != "" && len(key) <= LongestKey && utf8.ValidString(key) && Clean(key) == key && !HasReplacement(key)
}

// SwapCase returns s with its ASCII letters in the other case. A look-up that finds
// an entry by such a key ignores case.
func SwapCase(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z':
			return r - 'a' + 'A'
		case 'A' <= r && r <= 'Z':
			return r - 'A' + 'a'
		}
		return r
	}, s)
}
