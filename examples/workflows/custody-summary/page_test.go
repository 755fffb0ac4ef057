package main

import (
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

var screenshot = flag.String("screenshot", "", "a file to which a picture of the sample is written")

func samplePage(t *testing.T) string {
	t.Helper()
	return summaryOf(t, 0, samplePlan(t), "-format", "html", "-title", "Custody, nightly plan", "-log", logged(t, sampleLog))
}

// The page sorts, filters, and shows one class, by keyboard too; it is quiet, and asks
// no network for anything.
func TestPageInABrowser(t *testing.T) {
	b := open(t, samplePage(t))
	const first = "Daniel Osei/rotates Daniel Osei/rotates Daniel Osei/cuts Amara Nwosu/cuts Amara Nwosu/rotates Jonas Weber/adds"
	expect := func(expression, want string) {
		t.Helper()
		if got := ask[string](b, expression); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	class := chromedp.Click(`#changes thead th:nth-child(4) button`)
	expect(persons, first)
	b.do(class)
	expect(sorted, "- - - ascending -")
	expect(persons, "Jonas Weber/adds Daniel Osei/rotates Daniel Osei/rotates Amara Nwosu/rotates Daniel Osei/cuts Amara Nwosu/cuts")
	b.do(class)
	expect(sorted, "- - - descending -")
	expect(persons, "Daniel Osei/cuts Amara Nwosu/cuts Daniel Osei/rotates Daniel Osei/rotates Amara Nwosu/rotates Jonas Weber/adds")
	b.do(class)
	expect(sorted, "- - - - -")
	expect(persons, first)
	b.do(chromedp.Focus(`#changes thead th:nth-child(1) button`), chromedp.KeyEvent("\r"))
	expect(persons, "Amara Nwosu/cuts Amara Nwosu/rotates Daniel Osei/rotates Daniel Osei/rotates Daniel Osei/cuts Jonas Weber/adds")

	all := ask[int](b, shown)
	b.do(chromedp.SendKeys("#find", "OSEI billing"))
	expect(persons, "Daniel Osei/rotates Daniel Osei/rotates")
	expect(`document.querySelector("#exceptions .empty").checkVisibility() + " " + document.getElementById("found").textContent`, "true 6 of 24 rows")
	b.do(chromedp.Evaluate[chromedp.Void](`{ const find = document.getElementById("find"); find.value = ""; find.dispatchEvent(new Event("input")); }`), chromedp.Click(`#changes [data-tag="cuts"]`))
	expect(persons, "Amara Nwosu/cuts Daniel Osei/cuts")
	expect(`document.querySelector('#changes button[data-tag="cuts"]').getAttribute("aria-pressed")`, "true")
	b.do(chromedp.Click(`#changes button[data-tag="cuts"]`))
	if got := ask[int](b, shown); got != all || all != 24 {
		t.Errorf("%d rows of %d are shown again", got, all)
	}
	b.quiet()
}

// The page follows the reader's preference, can be read in both, and is printed without
// its controls.
func TestPageLightDarkAndPrinted(t *testing.T) {
	b := open(t, samplePage(t))
	ground := `getComputedStyle(document.body).backgroundColor`
	b.media("screen", "light")
	light := ask[string](b, ground)
	if bad := ask[string](b, poor); bad != "" {
		t.Errorf("light: %s", bad)
	}
	b.media("screen", "dark")
	if dark := ask[string](b, ground); dark == light {
		t.Errorf("the ground is %s in both", dark)
	}
	if bad := ask[string](b, poor); bad != "" {
		t.Errorf("dark: %s", bad)
	}
	b.media("print", "dark")
	if got := ask[string](b, ground); got != "rgb(255, 255, 255)" {
		t.Errorf("it is printed on %s", got)
	}
	if ask[bool](b, `document.getElementById("find").checkVisibility() || document.querySelector(".chips").checkVisibility()`) {
		t.Error("controls are printed")
	}
	if got := ask[int](b, shown); got != 24 {
		t.Errorf("%d rows are printed", got)
	}
	b.do(chromedp.EmulateViewport(720, 1000)) // a sheet of A4, with a margin of 24 on each side
	if got := ask[int](b, `Math.ceil(Math.max(...[...document.querySelectorAll("table")].map((e) => e.getBoundingClientRect().right)))`); got > 720-24 {
		t.Errorf("a table is printed up to %d", got)
	}
	b.quiet()
}

// On a telephone the tables scroll, and not the page.
func TestPageOnATelephone(t *testing.T) {
	b := open(t, samplePage(t))
	b.do(chromedp.EmulateViewport(360, 740, chromedp.EmulateMobile))
	if got := ask[int](b, `document.documentElement.scrollWidth`); got > 360 {
		t.Errorf("the page is %d wide", got)
	}
	b.quiet()
}

// Without its script the page shows everything and no control that does nothing.
func TestPageWithoutScript(t *testing.T) {
	html := samplePage(t)
	b := open(t, html[:strings.LastIndex(html, "<script>")])
	if got := ask[int](b, shown); got != 24 {
		t.Errorf("%d rows are shown", got)
	}
	if ask[bool](b, `document.getElementById("find").checkVisibility()`) {
		t.Error("the filter is shown")
	}
	b.quiet()
}

// Each control has a name, each table a header, each scroll a way in by keyboard.
func TestPageIsAccessible(t *testing.T) {
	b := open(t, samplePage(t))
	for what, expression := range map[string]string{
		"a table without column headers":      `[...document.querySelectorAll("table")].filter((e) => !e.querySelector('thead th[scope="col"]')).length`,
		"a row without a header":              `[...document.querySelectorAll("tbody tr")].filter((e) => !e.querySelector('th[scope="row"]')).length`,
		"a button without a name":             `[...document.querySelectorAll("button")].filter((e) => !e.textContent.trim()).length`,
		"an input without a label":            `[...document.querySelectorAll("input")].filter((e) => !e.labels.length).length`,
		"a scroll that takes no focus":        `[...document.querySelectorAll(".scroll")].filter((e) => e.tabIndex !== 0).length`,
		"a link to nowhere":                   `[...document.querySelectorAll('a[href^="#"]')].filter((e) => !document.getElementById(e.hash.slice(1))).length`,
		"an id that is there twice":           `(() => { const ids = [...document.querySelectorAll("[id]")].map((e) => e.id); return ids.length - new Set(ids).size; })()`,
		"a heading but one of the first rank": `document.querySelectorAll("h1").length - 1`,
		"a picture without a text":            `[...document.querySelectorAll("svg")].filter((e) => !e.getAttribute("aria-label")).length`,
	} {
		if n := ask[int](b, expression); n != 0 {
			t.Errorf("%s: %d", what, n)
		}
	}
}

// Names that try to be more than names are text, and run nothing.
func TestPageWithHostileNames(t *testing.T) {
	html := summaryOf(t, 0, "", "-format", "html", "-title", `</title><script>window.caught = 1</script>`, testdata(t, "hostile.json"))
	b := open(t, html)
	if got := ask[string](b, `typeof window.caught + " " + document.images.length + " " + document.scripts.length + " " + [...document.links].filter((a) => a.getAttribute("href")[0] !== "#").length`); got != "undefined 0 1 0" {
		t.Errorf("got %s", got)
	}
	if strings.Contains(html, "\u202e") {
		t.Error("a mark that turns the direction of writing came through")
	}
	// The policy holds even against what the template would let through.
	injected := strings.Replace(html, "<main", `<script>window.caught = 2</script><img src="https://evil.example/x"><main`, 1)
	evil := open(t, injected)
	if got := ask[string](evil, `typeof window.caught`); got != "undefined" {
		t.Errorf("a script ran: %s", got)
	}
	b.quiet()
}

func TestPageOfAPlanThatFails(t *testing.T) {
	html := summaryOf(t, 1, "", "-format", "html", "-code", "1", "-log", logged(t, "Error: <b>Unable to Read People</b>\n"))
	if !strings.Contains(html, "The plan failed.") || !strings.Contains(html, "Error: &lt;b&gt;Unable to Read People&lt;/b&gt;") || strings.Contains(html, "<table") {
		t.Errorf("got %s", html)
	}
}

func TestPageOfAState(t *testing.T) {
	html := summaryOf(t, 0, sampleState(t), "-format", "html")
	for _, want := range []string{"State read at", "4 grants in this state.", `id="waiting"`, "Not everything could be read."} {
		if !strings.Contains(html, want) {
			t.Errorf("%q is missing", want)
		}
	}
	if quiet := summaryOf(t, 0, planOf(), "-format", "html"); !strings.Contains(quiet, "Nothing changes, nothing waits") {
		t.Error("a night without anything is not reported")
	}
}

// A page of thousands of grants ends its tables.
func TestPageIsBounded(t *testing.T) {
	rows := make([]string, maxPageRows+3)
	for i := range rows {
		rows[i] = grantThat(`"create"`, `null`, `{"status":"active","generations":{"g1":{"enabled":true}}}`)
	}
	html := summaryOf(t, 0, planOf(rows...), "-format", "html")
	if got := strings.Count(html, "<tr data-tag"); got != maxPageRows || !strings.Contains(html, "And 3 more.") {
		t.Errorf("it has %d rows", got)
	}
}

// FuzzPage wants every text from outside to stay text.
func FuzzPage(f *testing.F) {
	for _, s := range []string{"", `"><script>x</script>`, "</style>", "{{.}}", "\u202e\x00", "' onload='x", "javascript:x"} {
		f.Add(s)
	}
	tag := regexp.MustCompile(`<[a-zA-Z/!][^>]*>`)
	bare := tag.FindAllString(summaryOf(f, 0, fuzzedPlan(f, "x"), "-format", "html", "-title", "x"), -1)
	f.Fuzz(func(t *testing.T, s string) {
		html := summaryOf(t, 0, fuzzedPlan(t, s), "-format", "html", "-title", "x")
		if got := tag.FindAllString(html, -1); len(got) != len(bare) {
			t.Errorf("%q makes %d tags of %d", s, len(got), len(bare))
		}
	})
}

// TestScreenshot takes the picture of the documentation, on demand.
func TestScreenshot(t *testing.T) {
	if *screenshot == "" {
		t.Skip("-screenshot names no file")
	}
	b := open(t, samplePage(t))
	b.do(chromedp.EmulateViewport(1280, 1180))
	picture, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(*screenshot, picture, 0o600); err != nil {
		t.Fatal(err)
	}
}
