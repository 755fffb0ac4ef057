package events

import (
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/register"
)

var at = time.Date(2030, time.January, 15, 9, 0, 0, 0, time.UTC)

func decided(sequence int64, subject, text string) entry {
	return newEntry(register.Event{Workspace: "it", Sequence: sequence, At: at, Kind: "grant.decided", Subject: subject, Run: "r", Body: text, Hash: "ab12"})
}

// revoked is an event that serves two controls, one of them for two findings.
func revoked() entry {
	return decided(7, "cmdb/LAP-1#vpn", `{"attestation":{"by":"carol"},"because":["owner.left on cmdb/LAP-1: Alice has left."],`+
		`"controls":{"asset.lost":["A 2"],"owner.left":["A 1","A 2"]},"holder":"cmdb/p1","names":{"cmdb/p1":"Alice"},"status":"revoked","withdrawn":["g1"]}`)
}

func TestEvidenceIsByControl(t *testing.T) {
	e := revoked()
	rows, err := csv.NewReader(strings.NewReader((&query{}).csv([]entry{e, decided(8, "x", `{}`)}))).ReadAll()
	if err != nil || len(rows) != 4 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	if got := strings.Join(rows[2], "|"); got != "A 2|asset.lost owner.left|7|2030-01-15T09:00:00Z|grant.decided|cmdb/LAP-1#vpn|revoked||Alice (cmdb/p1)|"+
		"owner.left on cmdb/LAP-1: Alice has left.||g1|carol|||r|ab12" {
		t.Errorf("got %s", got)
	}
	if rows[3][0] != "" || rows[3][2] != "8" {
		t.Errorf("an event without a control is %q", rows[3])
	}
	one := (&query{controls: []string{"A 1"}}).rows(&e)
	if len(one) != 1 || one[0].Finding != "owner.left" {
		t.Errorf("got %+v", one)
	}
}

// A spreadsheet takes none of the cells for a formula.
func TestCellsAreNoFormulas(t *testing.T) {
	for cell, want := range map[string]string{
		"=1+1": "'=1+1", "+1": "'+1", "-1": "'-1", "@SUM(A1)": "'@SUM(A1)", "\t=1": "' =1", "\r\n=1": "'  =1", "  =1": "'  =1", "\u00a0=1": "'\u00a0=1",
		"＝1": "'＝1", "|calc": "'|calc", "%0": "'%0", "a=1": "a=1", "": "", " ": " ", "a\nb": "a b", "ok": "ok",
	} {
		if got := harmless(cell); got != want {
			t.Errorf("%q becomes %q, want %q", cell, got, want)
		}
	}
	text := (&query{}).csv([]entry{decided(1, `=HYPERLINK("http://example.org")`, `{"status":"=cmd|' /C calc'!A0","because":["+x"]}`)})
	for _, bad := range []string{`,"=`, ",=", ",+"} {
		if strings.Contains(text, bad) {
			t.Errorf("%q is in %s", bad, text)
		}
	}
}

func FuzzCells(f *testing.F) {
	for _, s := range []string{"=1", "+1", "a", " =", "\x00=1", "'=1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, cell string) {
		got := strings.TrimLeft(harmless(cell), " ")
		if got != "" && strings.ContainsAny(got[:1], "=+-@\t\r\n") {
			t.Errorf("%q becomes %q", cell, got)
		}
	})
}

// What is exported is what was hashed.
func TestJSONLinesAreWhatWasHashed(t *testing.T) {
	e, broken := revoked(), decided(8, "x", `{"a":"\u0000"}`)
	broken.Hash = `","evil":"`
	for i, line := range strings.Split(strings.TrimSpace(jsonLines([]entry{e, broken})), "\n") {
		var out struct {
			Event json.RawMessage
			Hash  string
		}
		if err := json.Unmarshal([]byte(line), &out); err != nil {
			t.Fatal(err)
		}
		if i == 0 && (string(out.Event) != e.Signed() || out.Hash != "ab12") || i == 1 && out.Hash != "" {
			t.Errorf("got %s", line)
		}
	}
}

func TestThePageOfAnAuditor(t *testing.T) {
	evil := decided(9, "<script>alert(1)</script>", `{"because":["<b>"],"controls":{"owner.left":["A 1"]}}`)
	found := &result{events: []entry{decided(1, "plain", `{}`), revoked(), evil}, leftOut: 3}
	q := &query{workspace: "it"}
	page := q.page(found, &register.Report{Head: register.Head{Sequence: 9}, Proven: 4}, at)
	for _, want := range []string{
		"The chain of events holds", "prove it up to event 4", "cut off without a trace", "<h2>A 1</h2>", "Events without a control", "Alice (cmdb/p1)", "attested by carol",
		"&lt;script&gt;", "3 older events", "</html>",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(page, "<script>") || strings.Contains(page, "<b>") || strings.Index(page, "<h2>A 2") > strings.Index(page, "Events without") {
		t.Error("the page is not sound")
	}
	page = q.page(found, &register.Report{Break: &register.Break{Sequence: 5, Message: "Event 5 was altered."}}, at)
	if !strings.Contains(page, "does not hold") || !strings.Contains(page, "Event 5 was altered.") || strings.Contains(page, "The chain of events holds") {
		t.Error("the page does not say that the ledger is broken")
	}
}

func TestWhichEventsMatch(t *testing.T) {
	e := revoked()
	for name, c := range map[string]struct {
		q    query
		want bool
	}{
		"all": {query{}, true}, "subject": {query{subject: "cmdb/LAP-1#vpn"}, true}, "other subject": {query{subject: "cmdb/LAP-1"}, false},
		"kind": {query{kinds: []string{"act", "grant.decided"}}, true}, "first word": {query{kinds: []string{"grant"}}, true}, "half a word": {query{kinds: []string{"gran"}}, false},
		"control": {query{controls: []string{"A 2"}}, true}, "framework": {query{controls: []string{"A"}}, true}, "other control": {query{controls: []string{"A 3"}}, false},
		"since": {query{since: at}, true}, "too late": {query{since: at.Add(1)}, false}, "until": {query{until: at}, false}, "before": {query{until: at.Add(1)}, true},
	} {
		if got := c.q.matches(&e); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
	r := result{events: []entry{decided(1, "a", ""), decided(2, "b", ""), decided(3, "c", "")}}
	if r.keep(2); r.leftOut != 1 || len(r.events) != 2 || r.events[0].Sequence != 2 {
		t.Errorf("got %+v", r)
	}
}
