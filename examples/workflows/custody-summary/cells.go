package main

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

// tones are the colours of the words that a reader looks for first.
var tones = map[string]string{
	"cuts": "red", "reduces": "amber", "rotates": "blue", "adds": "green", "keeps": "grey",
	"revoked": "red", "blocked": "red", "lapsing": "amber", "review": "amber", "active": "green", "expired": "grey",
	waitBlock: "red", waitLapse: "amber", waitRecertify: "blue",
	"destroyed": "red", "replaced": "amber", "created": "green", "updated": "blue", "forgotten, not destroyed": "amber", "new": "grey",
	"disabled": "red", "enabled": "green",
}

// ranked sorts a word by its place in an order instead of by its letters.
func ranked(place int) string { return fmt.Sprintf("%02d", place) }

func plainCell(text string) cell { return cell{Lines: []line{{Parts: []part{{Text: clean(text)}}}}} }

func wideCell(text string) cell {
	return cell{Lines: []line{{Tone: "wide", Parts: timed(clean(text))}}}
}

var instants = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`)

// timed writes the instants in a text for people.
func timed(text string) []part {
	var out []part
	end := 0
	for _, at := range instants.FindAllStringIndex(text, -1) {
		if when, ok := instant(text[at[0]:at[1]]); ok {
			out = append(out, part{Text: text[end:at[0]]}, part{Text: spoken(when), Instant: stamp(when)})
			end = at[1]
		}
	}
	return append(out, part{Text: text[end:]})
}

func codeCell(text string) cell {
	return cell{Lines: []line{{Tone: "wide", Parts: []part{{Text: clean(text), Code: true}}}}}
}

func badge(word string) part { return part{Text: clean(word), Badge: toneOf(word)} }

// loud orders colours, the loudest first.
var loud = []string{"red", "amber", "blue", "green", "grey"}

func toneOf(word string) string {
	if tone := tones[word]; tone != "" {
		return tone
	}
	return "grey"
}

func badgeCell(word string, place int) cell {
	return cell{Sort: ranked(place), Lines: []line{{Parts: []part{badge(word)}}}}
}

// timeCell shows an instant, and how far it is from the instant of the summary.
func (t *tally) timeCell(text string) cell {
	at, ok := instant(text)
	if !ok {
		return plainCell(none)
	}
	return cell{Sort: stamp(at), Lines: []line{
		{Parts: []part{{Text: at.Format("2 Jan 2006"), Instant: stamp(at)}}},
		{Parts: []part{{Text: distance(t.now, at), Faint: true}}},
	}}
}

// distance says in days how far an instant is.
func distance(from, to time.Time) string {
	days := int(to.Sub(from).Hours() / 24)
	switch {
	case days > 0:
		return "in " + plural(days, "day")
	case days < 0:
		return plural(-days, "day") + " ago"
	case to.Before(from):
		return "today, over"
	case to.Equal(from):
		return "now"
	default:
		return "within a day"
	}
}

// nameLines shows keys with their names: the name first, the key below it.
func (t *tally) nameLines(keys, before string) []line {
	if keys == "" {
		return []line{{Parts: []part{{Text: none}}}}
	}
	var out []line
	for i, key := range strings.Split(keys, ", ") {
		name := t.names[key]
		if i == 0 && before != "" {
			out = append(out, line{Tone: "again", Parts: []part{{Text: before, Faint: true}}})
		}
		if name == "" || name == key {
			out = append(out, line{Tone: again(i), Parts: []part{{Text: clean(key)}}})
			continue
		}
		out = append(out, line{Tone: again(i), Parts: []part{{Text: clean(name)}}}, line{Parts: []part{{Text: clean(key), Faint: true}}})
	}
	return out
}

// again sets a name apart from the one before it.
func again(i int) string {
	if i > 0 {
		return "again"
	}
	return ""
}

func (t *tally) nameCell(keys string) cell { return cell{Lines: t.nameLines(keys, "")} }

// personCell shows those for whom a grant is, and those for whom it was.
func (t *tally) personCell(e entry) cell {
	c := t.nameCell(e.holder())
	if before := e.passed(); before != "" {
		c.Lines = append(c.Lines, t.nameLines(before, "before:")...)
	}
	return c
}

// assetCell shows the asset with its grant.
func (t *tally) assetCell(e entry) cell {
	c := t.nameCell(e.asset())
	c.Lines = append(c.Lines, line{Tone: "code", Parts: []part{{Text: clean(e.address), Code: true}}})
	return c
}

// statusCell shows from which status to which a grant goes.
func statusCell(e entry) cell {
	before, after := "new", "destroyed"
	if e.before != nil {
		before = status(e.before)
	}
	if e.after != nil {
		after = status(e.after)
	}
	c := cell{Sort: ranked(e.weight())}
	goes := line{Tone: "one"}
	if before != after {
		goes.Parts = append(goes.Parts, part{Text: clean(before) + " →", Faint: true})
	}
	goes.Parts = append(goes.Parts, badge(after))
	c.Lines = append(c.Lines, goes)
	if e.after != nil && e.after.Would != "" {
		c.Lines = append(c.Lines, line{Parts: []part{{Text: "only observed", Faint: true}}})
	}
	return c
}

// whyLines shows the sentences about a grant, each with its code.
func whyLines(e entry) []line {
	if e.after == nil {
		return nil
	}
	var out []line
	for _, r := range e.after.reasons() {
		l := line{Tone: "why"}
		if r.Code != "" {
			l.Parts = append(l.Parts, part{Text: clean(r.Code), Code: true}, part{Text: " "})
		}
		l.Parts = append(l.Parts, part{Text: clean(r.Message)})
		out = append(out, l)
	}
	return out
}

func whyCell(e entry) cell {
	if lines := whyLines(e); len(lines) > 0 {
		return cell{Lines: lines}
	}
	return plainCell(none)
}
