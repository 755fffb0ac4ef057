package table

import (
	"slices"
	"strings"
	"unicode"

	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// Words that mean "no value", unless the configuration lists others. A dash and "null"
// are kept in keys and purposes, because they may be a user name. "none" is also kept
// in fields with the user's own words, because an environment may have this name.
var (
	emptyEverywhere = []string{"n/a", "#n/a"}
	emptyButTexts   = []string{"-", "--", "—", "–", "null", "(null)", "<null>", "nil", "(empty)", "(blank)"}
	emptyButFree    = []string{"none", "(none)"}
	emptyDates      = []string{"never", "not set"}
)

const attributeEmpty = "empty"

// empties reports whether a text means "no value" in a field. A word that the
// configuration maps to a state, a status or a kind is a value.
func (w *Words) empties(t *Table, field int, text string) bool {
	const longest = 64
	if text == "" || len(text) > longest || t.own.Has(field) {
		return false
	}
	word := system.Fold(text)
	return w.emptyWord(t, field, word) && !w.mapped[t.Name][field][word]
}

func (w *Words) emptyWord(t *Table, field int, word string) bool {
	switch {
	case w.lengths && t.dates.Has(field) && isDuration(word):
		return true
	case w.empty != nil:
		return slices.Contains(w.empty, word)
	case slices.Contains(emptyEverywhere, word), slices.Contains(w.also, word):
		return true
	case t.texts.Has(field):
		return false
	case slices.Contains(emptyButTexts, word):
		return true
	case t.free.Has(field):
		return false
	case slices.Contains(emptyButFree, word):
		return true
	}
	return t.dates.Has(field) && slices.Contains(emptyDates, word)
}

// isDuration reports whether a text is a number and one word, such as 36 months, in
// any language. The 3 of "3 Oct" is a day.
func isDuration(word string) bool {
	number, unit, _ := strings.Cut(word, " ")
	whole, fraction, cut := strings.Cut(strings.TrimPrefix(number, "-"), ".")
	if !digits(whole) || cut && !digits(fraction) || unit == "" || monthOf(unit) != 0 {
		return false
	}
	return strings.IndexFunc(unit, func(r rune) bool { return !unicode.IsLetter(r) }) < 0
}
