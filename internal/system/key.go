package system

import (
	"strings"
	"unicode/utf8"
)

// LongestKey is longer than any id, user name or address that a directory holds,
// in bytes.
const LongestKey = 1024

// UsableKey trims a key and reports whether it can name anybody in a directory.
func UsableKey(key string) (string, bool) {
	key = strings.TrimSpace(key)
	return key, key != "" && len(key) <= LongestKey && utf8.ValidString(key) && Clean(key) == key && !HasReplacement(key)
}

// SwapCase returns s with its ASCII letters in the other case. A look-up that finds
// an entry by a key that is written so compares without regard to case.
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
