package lifecycle

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Named is the display name of what an id names. No decision depends on it.
type Named struct {
	ID   string // "<system>/<id>"
	Name string
}

// Called joins a display name and an id for a sentence: "Daniel Osei (hr/E-1012)".
// A name comes from outside, so what does not print is left out and a long one is
// cut.
func Called(name, id string) string {
	_, own, _ := strings.Cut(id, "/")
	if name = printable(name); name == "" || strings.EqualFold(name, id) || strings.EqualFold(name, own) {
		return id
	}
	return name + " (" + id + ")"
}

// maxName bounds a display name in a sentence, in characters.
const maxName = 60

func printable(name string) string {
	plain := func(r rune) bool { return r >= ' ' && r <= '~' }
	if len(name) <= maxName && strings.IndexFunc(name, func(r rune) bool { return !plain(r) }) < 0 {
		return strings.TrimSpace(name)
	}
	name = strings.Join(strings.FieldsFunc(name, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }), " ")
	if runes := []rune(name); len(runes) > maxName {
		return string(runes[:maxName-1]) + "…"
	}
	return name
}

// display names a directory entry in a sentence.
func display(p entry) string { return Called(p.Name, p.holder) }

func displayAll(people []entry) string {
	out := make([]string, len(people))
	for i, p := range people {
		out[i] = display(p)
	}
	return list(out)
}

// namesOf lists the display names of directory entries, sorted by their ids.
func namesOf(people ...entry) []Named {
	var out []Named
	for _, p := range people {
		if p.Name != "" {
			out = append(out, Named{ID: p.holder, Name: p.Name})
		}
	}
	if len(out) < 2 {
		return out
	}
	slices.SortFunc(out, func(a, b Named) int { return strings.Compare(a.ID, b.ID) })
	return slices.CompactFunc(out, func(a, b Named) bool { return a.ID == b.ID })
}

// who names holders in a sentence.
func (e *evaluation) who(holder string) string {
	all := holders(holder)
	out := make([]string, len(all))
	for i, h := range all {
		out[i] = Called(e.name(h), h)
	}
	return list(out)
}

// name returns the display name of a holder, as far as this run or the grant knows it.
func (e *evaluation) name(holder string) string {
	for _, known := range [...][]Named{e.binding.Names, e.prior.Names} {
		for i := range known {
			if known[i].ID == holder {
				return known[i].Name
			}
		}
	}
	return ""
}

// holderNames returns the names to remember: the record may name somebody else by the
// time at which a sentence is about the holder.
func (e *evaluation) holderNames() []Named {
	if e.holder == e.prior.Holder && e.prior.Names != nil {
		return e.prior.Names
	}
	var out []Named
	for _, h := range holders(e.holder) {
		if name := e.name(h); name != "" {
			out = append(out, Named{ID: h, Name: name})
		}
	}
	return out
}

// on writes a day in a sentence.
func on(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// when says when something comes: the day, or, where it is counted from this run and the
// instant of the apply is not known yet, how long it takes.
func (e *evaluation) when(at time.Time, counted bool) string {
	if e.in.Floating && counted {
		return "after " + Span(at.Sub(e.now))
	}
	return "on " + on(at)
}

// Span formats how long something lasts, in days where it is whole days.
func Span(d time.Duration) string {
	const day = 24 * time.Hour
	if d%day == 0 {
		return strconv.Itoa(int(d/day)) + "d"
	}
	return d.String()
}

func (e *evaluation) gateNote(o *outcome) string {
	return ", because the confidence " + Hundredths(o.confidence) + " is below " + Hundredths(o.gate)
}

// Hundredths formats a number of hundredths with two decimals.
func Hundredths(n int) string {
	s := strconv.Itoa(100 + n%100)
	return strconv.Itoa(n/100) + "." + s[1:]
}
