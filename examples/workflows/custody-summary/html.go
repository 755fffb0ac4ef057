package main

import (
	"crypto/sha256"
	_ "embed" // the page and what it looks like
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"strings"
	"time"
	"unicode"
)

var (
	//go:embed page/page.html.tmpl
	pageText string
	//go:embed page/page.css
	pageStyle string
	//go:embed page/page.js
	pageScript string

	pageTemplate = template.Must(template.New("page").Parse(pageText))
)

// pagePolicy lets nothing into the page but its own style and script: it loads nothing,
// and what a name might smuggle in does not run.
var pagePolicy = fmt.Sprintf("default-src 'none'; img-src data:; style-src '%s'; script-src '%s'; base-uri 'none'; form-action 'none'", hash(pageStyle), hash(pageScript))

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

const (
	maxPageRows = 5000 // of one table
	maxPageText = 2000 // characters of one text from outside
)

// page is what the template shows.
type page struct {
	Policy, Title, Source, Version string
	Style                          template.CSS
	Script                         template.JS
	At                             moment
	Failed                         bool
	Failure, Log                   string
	Unread                         []string
	Head                           []pageHead
	Tiles                          []tile
	Sections                       []pageSection
	Days                           int
}

type moment struct{ Machine, Text string }

type pageHead struct{ Strong, Rest string }

// tile is a figure that leads to its table.
type tile struct {
	Link, Text, Tone string
	Count            int
}

type pageSection struct {
	ID, Title string
	Chips     []chip
	Chart     *chart
	Columns   []string
	Rows      []pageRow
	More      int
}

// chip is a button that shows only the rows with its tag.
type chip struct {
	Tag   string
	Count int
}

type pageRow struct {
	Tag   string
	Cells []cell
}

type cell struct {
	Sort  string // what the column is sorted by; the text unless stated
	Lines []line
}

type line struct {
	Tone  string
	Parts []part
}

// part is a piece of text; at most one of the others is stated.
type part struct {
	Text, Instant, Badge string
	Code, Faint          bool
}

// writePage writes the summary as one page that needs nothing else.
func writePage(w io.Writer, t *tally, o *options) error {
	p := page{
		Policy: pagePolicy, Style: template.CSS(pageStyle), Script: template.JS(pageScript), //nolint:gosec // both are files of ours
		Title: clean(o.title), Source: "Planned at", Version: clean(t.version), At: moment{stamp(t.now), spoken(t.now)},
		Failed: t.failed, Failure: failure, Days: later,
	}
	if t.state {
		p.Source = "State read at"
	}
	if t.failed {
		p.Log = errorsIn(o.output)
	} else {
		for _, text := range t.unreadLines() {
			p.Unread = append(p.Unread, clean(text))
		}
		for _, l := range t.verdict() {
			p.Head = append(p.Head, pageHead{l.strong, l.rest})
		}
		p.Sections = t.sections()
		p.Tiles = t.tiles(p.Sections)
	}
	return pageTemplate.Execute(w, &p)
}

// clean leaves out of a text from outside what is not seen, such as a mark that turns
// the direction of writing. The template escapes the rest.
func clean(s string) string {
	runes := []rune(strings.ToValidUTF8(s, "\ufffd"))
	if len(runes) > maxPageText {
		runes = append(runes[:maxPageText:maxPageText], '…')
	}
	for i, r := range runes {
		switch {
		case unicode.IsSpace(r):
			runes[i] = ' '
		case !unicode.IsPrint(r):
			runes[i] = unicode.ReplacementChar
		}
	}
	return string(runes)
}

// spoken writes an instant for people.
func spoken(at time.Time) string { return at.UTC().Format("2 Jan 2006, 15:04 UTC") }
