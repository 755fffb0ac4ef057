package system_test

import (
	"slices"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

func TestFold(t *testing.T) {
	for in, want := range map[string]string{
		"Ann@Example.ORG": "ann@example.org", "plain": "plain", "": "", "JÜRGEN": "jürgen", "Ω": "ω",
		"\u212Aim": "\u212Aim", "\u0130van": "\u0130van", "\u212B": "\u00e5",
	} {
		if got := system.Fold(in); got != want {
			t.Errorf("Fold(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"  plain ": "plain", "a\r\nb\tc\u2028d": "a b c d", "a\x1b[31mb": "a\ufffd[31mb", "a\u202eb\u2066c": "a\ufffdb\ufffdc",
		"می\u200cخواهم": "می\u200cخواهم", "🔑 é": "🔑 é", "a\u0085b": "a b", "\u200b": "\ufffd", "x\x7f": "x\ufffd",
	} {
		if got := system.Clean(in); got != want {
			t.Errorf("Clean(%q) = %q, want %q", in, got, want)
		}
		if got := system.Clean(system.Clean(in)); got != want {
			t.Errorf("cleaning %q twice gives %q", in, got)
		}
	}
	if system.HasReplacement("plain") || !system.HasReplacement(system.Clean("a\x00")) {
		t.Error("HasReplacement does not report a replaced character")
	}
}

func TestComposed(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "Ada": "Ada", "Jose\u0301": "Jos\u00e9", "Jos\u00e9": "Jos\u00e9", "\u212aim": "\u212aim",
		"\u212aime\u0301\u212a": "\u212aim\u00e9\u212a", "a\u037eb": "a\u037eb",
	} {
		if got := system.Composed(in); got != want {
			t.Errorf("%q becomes %q, not %q", in, got, want)
		}
	}
}

func TestSpellings(t *testing.T) {
	for in, want := range map[string][]string{
		"ada": {"ada"}, "Jos\u00e9": {"Jos\u00e9", "Jose\u0301"}, "Jose\u0301": {"Jose\u0301", "Jos\u00e9"}, "\u4e2d": {"\u4e2d"},
	} {
		if got := system.Spellings(in); !slices.Equal(got, want) {
			t.Errorf("the spellings of %q are %q, want %q", in, got, want)
		}
	}
}
