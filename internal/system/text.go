package system

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
)

// Fold returns s in lower case (lifecycle.Lower) and in one Unicode form (NFC) for
// comparing: a name that is composed in one system and decomposed in another is one
// name. Nothing else is normalised.
func Fold(s string) string { return lifecycle.Lower(Composed(s)) }

// Clean trims s and takes out of it what could make a plan or a diagnostic read
// as something else: white space of any kind becomes one space, and other
// control and format characters, direction overrides among them, become U+FFFD.
func Clean(s string) string {
	s = strings.TrimSpace(s)
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < ' ' || c >= 0x7f {
			return cleanSlow(s)
		}
	}
	return s
}

// Composed returns s in the one Unicode form (NFC) in which words are compared. The
// few signs that this form takes for ASCII characters stay what they are: the Kelvin
// sign is no K, or a look-alike account would answer for a real one.
func Composed(s string) string {
	if isASCII(s) || norm.NFC.IsNormalString(s) { // the latter allocates
		return s
	}
	i := strings.IndexFunc(s, becomesASCII)
	if i < 0 {
		return norm.NFC.String(s)
	}
	_, n := utf8.DecodeRuneInString(s[i:])
	return norm.NFC.String(s[:i]) + s[i:i+n] + Composed(s[i+n:])
}

// Spellings returns the Unicode forms in which a system may hold s, for systems
// that compare texts by their bytes: s itself, composed and decomposed.
func Spellings(s string) []string {
	out := []string{s}
	if isASCII(s) {
		return out
	}
	for _, other := range []string{Composed(s), norm.NFD.String(s)} {
		if !slices.Contains(out, other) {
			out = append(out, other)
		}
	}
	return out
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func becomesASCII(r rune) bool {
	if r < utf8.RuneSelf {
		return false
	}
	composed, _ := utf8.DecodeRuneInString(norm.NFC.String(string(r)))
	return composed < utf8.RuneSelf
}

func cleanSlow(s string) string {
	if strings.IndexFunc(s, suspicious) < 0 {
		return s
	}
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		switch {
		case !suspicious(r):
			return r
		case unicode.IsSpace(r):
			return ' '
		default:
			return utf8.RuneError
		}
	}, s)
}

// suspicious spares the two joiners (U+200C, U+200D): names in several scripts
// are not spelled right without them.
func suspicious(r rune) bool {
	return r != '\u200c' && r != '\u200d' && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp)
}

// HasReplacement reports whether Clean had to replace something in s. Such a key names
// nobody: two different texts may have become the same.
func HasReplacement(s string) bool { return strings.ContainsRune(s, utf8.RuneError) }
