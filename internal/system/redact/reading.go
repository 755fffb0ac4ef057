package redact

import (
	"html"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// rounds is how many nested encodings are decoded.
const rounds = 3

// readings returns a text in every possible reading: as it is, and with one
// encoding after the other decoded.
func readings(text string) []string {
	all := []string{text}
	for fresh := all; len(fresh) > 0 && len(all) < 1<<(2*rounds); {
		var next []string
		for _, t := range fresh {
			for _, undo := range []func(string) string{backslashes, html.UnescapeString, percents} {
				if u := undo(t); !slices.Contains(all, u) {
					all, next = append(all, u), append(next, u)
				}
			}
		}
		fresh = next
	}
	return all
}

// backslashes decodes the escapes of JSON and similar formats. A backslash of
// an unknown escape is dropped.
func backslashes(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			i++
			continue
		}
		digits := 0
		switch s[i+1] {
		case 'u':
			digits = 4
		case 'U':
			digits = 8
		case 'x':
			digits = 2
		}
		if r, ok := hexRune(s, i+2, digits); ok {
			i += 2 + digits
			if low, ok := hexRune(s, i+2, 4); ok && utf16.IsSurrogate(r) && strings.HasPrefix(s[i:], `\u`) {
				r, i = utf16.DecodeRune(r, low), i+6
			}
			b.WriteRune(r)
			continue
		}
		if n, err := strconv.ParseUint(s[i+1:min(i+4, len(s))], 8, 8); err == nil && i+4 <= len(s) {
			b.WriteByte(byte(n))
			i += 4
			continue
		}
		b.WriteByte(s[i+1])
		i += 2
	}
	return b.String()
}

// percents decodes the encoding of URLs, and that of mail, which has an equals
// sign instead.
func percents(s string) string {
	if !strings.ContainsAny(s, "%=") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		if s[i] == '%' || s[i] == '=' {
			if strings.HasPrefix(s[i:], "%u") {
				if r, ok := hexRune(s, i+2, 4); ok {
					b.WriteRune(r)
					i += 6
					continue
				}
			}
			if r, ok := hexRune(s, i+1, 2); ok {
				b.WriteByte(byte(r)) //nolint:gosec // two hexadecimal digits
				i += 3
				continue
			}
		}
		b.WriteByte(s[i])
		i++
	}
	return b.String()
}

// hexRune reads a rune with the given number of hexadecimal digits.
func hexRune(s string, at, digits int) (rune, bool) {
	if digits == 0 || at+digits > len(s) {
		return 0, false
	}
	n, err := strconv.ParseUint(s[at:at+digits], 16, 32)
	if err != nil || n > utf8.MaxRune {
		return 0, false
	}
	return rune(n), true
}
