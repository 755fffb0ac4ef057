package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// logged writes a log and returns its path.
func logged(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "plan.log")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// The sample holds something of everything: names, what waits for whom, exceptions,
// held facts.
func TestWorklistOfAPlan(t *testing.T) {
	got := summaryOf(t, 2, samplePlan(t), "-code", "2", "-log", logged(t, sampleLog))
	golden(t, testdata(t, "worklist.md"), got)
	if first := strings.Index(got, "2 bindings keep their last known facts: The system \"cmdb\""); first < 0 || first > strings.Index(got, "would change") {
		t.Error("what could not be read does not come first, in one line")
	}
	if strings.Contains(got, "SRV-0020") {
		t.Error("a binding whose facts are held only is listed")
	}
}

// A state has no plan, and its worklist still says what waits and what falls due.
func TestWorklistOfAState(t *testing.T) {
	got := summaryOf(t, 0, sampleState(t), "-at", "2030-01-15T09:00:00Z")
	golden(t, testdata(t, "state.md"), got)

	text := summaryOf(t, 0, sampleState(t), "-format", "json", "-at", "2030-01-29T09:00:00Z")
	held(t, text)
	var r report
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		t.Fatal(err)
	}
	if r.Input != "state" || r.At != "2030-01-29T09:00:00Z" || len(r.Changes) != 0 || len(r.Waiting) != 2 || len(r.Held) != 2 || len(r.Exceptions) != 0 {
		t.Errorf("got %s", text)
	}
	// What should have happened by now comes first.
	if r.DueIn7Days[0].At != "2030-01-28T00:00:00Z" || r.DueIn7Days[0].Kinds[0] != endOfException {
		t.Errorf("got %+v", r.DueIn7Days)
	}
}

func TestReportOfAPlan(t *testing.T) {
	text := summaryOf(t, 0, samplePlan(t), "-format", "json", "-log", logged(t, sampleLog))
	held(t, text)
	var r report
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(r.Classes); got != "map[adds:1 cuts:2 rotates:3]" {
		t.Errorf("the classes are %s", got)
	}
	byAddress := map[string]reportWait{}
	for _, w := range r.Waiting {
		byAddress[w.Address] = w
	}
	for address, want := range map[string]string{
		`custody_grant.key["billing-admin"]`: "review [{hr/E-1007 Grace Kim} {hr/E-1002 Ruth Alvarez} {team:platform }] 2030-01-15T09:00:00Z Daniel Osei",
		`custody_grant.key["search-index"]`:  "recertification [{hr/E-1007 Grace Kim} {hr/E-1002 Ruth Alvarez}] 2030-01-08T03:17:00Z Grace Kim",
		`custody_grant.key["ledger-sync"]`:   "block [{hr/E-1020 Amara Nwosu} {hr/E-1002 Ruth Alvarez}] 2030-01-12T09:00:00Z Amara Nwosu",
		`custody_grant.vpn["priya"]`:         "lapse [{hr/E-1007 Grace Kim}] 2030-01-01T03:17:00Z Priya Nair",
	} {
		w := byAddress[address]
		if got := fmt.Sprint(w.WaitsFor, " ", w.Asks, " ", w.Since, " ", w.HolderName); got != want {
			t.Errorf("%s: got %s, want %s", address, got, want)
		}
	}
	if len(r.Unread) != 1 || len(r.Held) != 2 || len(r.Exceptions) != 1 || r.Exceptions[0].ApprovedBy.Name != "Ruth Alvarez" {
		t.Errorf("got %v, %v, %v", r.Unread, r.Held, r.Exceptions)
	}
}

// The controls that a reason serves are those of the catalogues, for what the facts and
// the memory say.
func TestReportNamesControls(t *testing.T) {
	controls := func(args ...string) []string {
		var r report
		if err := json.Unmarshal([]byte(summaryOf(t, 0, samplePlan(t), append(args, "-format", "json")...)), &r); err != nil {
			t.Fatal(err)
		}
		for _, c := range r.Changes {
			if c.Address == `custody_grant.key["billing-admin"]` {
				return c.Reasons[0].Controls
			}
		}
		t.Fatal("the grant is missing")
		return nil
	}
	// As the grant named them when controls were part of the plan.
	const want = "NIST 800-53 AC-2h.2, NIST 800-53 AC-2k, NIST 800-53 AC-2l, NIST 800-53 IA-5i, NIST 800-53 PS-4e, NIST CSF GV.RR-04, NIST CSF PR.AA-01, NIST CSF PR.AA-05, OWASP NHI1:2025"
	if got := strings.Join(controls(), ", "); got != want {
		t.Errorf("got %s", got)
	}
	if got := strings.Join(controls("-frameworks", "owasp-nhi-2025"), ", "); got != "OWASP NHI1:2025" {
		t.Errorf("got %s", got)
	}
}

func TestCounts(t *testing.T) {
	got := summaryOf(t, 0, samplePlan(t), "-format", "counts", "-log", logged(t, sampleLog))
	const want = "failed=false\nchanges=6\nclass=cuts\nwithdrawn=3\nwaiting=5\ndue_in_7_days=2\ndue_in_30_days=7\nexceptions=1\nunread=1\nothers=3\n"
	if got != want {
		t.Errorf("got %s", got)
	}
	for allow, line := range map[string]string{"keeps": "allowed=false\n", "adds,rotates,cuts,creates,destroys": "allowed=false\n"} {
		if got := summaryOf(t, 3, samplePlan(t), "-format", "counts", "-allow", allow, "-log", logged(t, sampleLog)); got != want+line {
			t.Errorf("%s: got %s", allow, got)
		}
	}
	if got := summaryOf(t, 0, planOf(), "-format", "counts", "-allow", "keeps"); !strings.HasSuffix(got, "allowed=true\n") {
		t.Errorf("got %s", got)
	}
}

// -allow ends with 3 where a plan does more than a pipeline may apply by itself.
func TestAllow(t *testing.T) {
	const (
		fresh = `{"status":"active","generations":{"g1":{"enabled":true}}}`
		twice = `{"status":"active","generations":{"g1":{"enabled":true},"g2":{"enabled":true}}}`
		gone  = `{"status":"revoked","generations":{}}`
	)
	account := func(before, after string) string {
		return `{"address":"custody_account.x","mode":"managed","type":"custody_account","change":{"actions":["update"],"before":` + before + `,"after":` + after + `}}`
	}
	other := func(actions string) string {
		return `{"address":"aws_iam_access_key.x","mode":"managed","type":"aws_iam_access_key","change":{"actions":[` + actions + `]}}`
	}
	for name, c := range map[string]struct {
		plan, allow string
		args        []string
		code        int
	}{
		"nothing":                  {planOf(), "keeps", nil, 0},
		"new":                      {planOf(grantThat(`"create"`, `null`, fresh)), "keeps,adds", nil, 0},
		"with terraform's answer":  {planOf(grantThat(`"create"`, `null`, fresh)), "keeps,adds", []string{"-code", "2"}, 2},
		"new, not allowed":         {planOf(grantThat(`"create"`, `null`, fresh)), "rotates", nil, 3},
		"rotated":                  {planOf(grantThat(`"update"`, fresh, twice)), "keeps,adds,rotates", nil, 0},
		"cut":                      {planOf(grantThat(`"update"`, fresh, gone)), "keeps,adds,rotates", []string{"-code", "2"}, 3},
		"another resource":         {planOf(other(`"create"`)), "adds,creates", nil, 0},
		"another one goes":         {planOf(other(`"delete"`)), "adds,creates", nil, 3},
		"another one is replaced":  {planOf(other(`"delete","create"`)), "creates,destroys", nil, 3},
		"an account":               {planOf(account(`{"enabled":true}`, `{"enabled":true,"expires_at":"never"}`)), "updates", nil, 0},
		"an account is disabled":   {planOf(account(`{"enabled":true}`, `{"enabled":false}`)), "updates", nil, 3},
		"an account may be":        {planOf(account(`{"enabled":true}`, `{"enabled":false}`)), "disables", nil, 0},
		"an account is enabled":    {planOf(account(`{"enabled":false}`, `{"enabled":true}`)), "updates,disables", nil, 3},
		"an action of the future":  {planOf(other(`"frobnicate"`)), strings.Join(allowable(), ","), nil, 3},
		"facts that are held":      {`{"format_version":"1.2","resource_drift":[{"mode":"managed","type":"custody_binding","change":{"actions":["update"],"before":{"asset":"a/b"},"after":{"asset":"a/b","held":true}}}]}`, "keeps", nil, 3},
		"a plan that failed":       {"", "keeps", []string{"-code", "1"}, 1},
		"a word that is not known": {planOf(), "keeps,all", nil, 1},
	} {
		t.Run(name, func(t *testing.T) { summaryOf(t, c.code, c.plan, append(c.args, "-allow", c.allow)...) })
	}
}

// -o writes several formats at once, and nothing else.
func TestFiles(t *testing.T) {
	dir := t.TempDir()
	args := []string{}
	for _, name := range []string{"s.md", "s.json", "s.html", "s.env"} {
		args = append(args, "-o", filepath.Join(dir, name))
	}
	if got := summaryOf(t, 0, samplePlan(t), args...); got != "" {
		t.Errorf("it prints %q", got)
	}
	for name, want := range map[string]string{"s.md": "## Custody\n", "s.json": "{\n", "s.html": "<!DOCTYPE html>\n", "s.env": "failed=false\n"} {
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || !strings.HasPrefix(string(got), want) {
			t.Errorf("%s: %v, %.20q", name, err, got)
		}
	}
	summaryOf(t, 1, samplePlan(t), "-o", filepath.Join(dir, "s.pdf"))
}

// Only the text below the place of a warning is shown, once for each system.
func TestUnavailable(t *testing.T) {
	const boxed = "│ Warning: System Unavailable, Last Known Facts Kept\n│ \n│   with x,\n│   on main.tf line 1:\n│    1: asset\n│ \n│ The system \"hr\" said\n│ no.\n│ \n│ More.\n╵\n"
	got := unavailable(sampleLog + sampleLog + boxed)
	if len(got) != 2 || got[0] != `The system "cmdb" at https://cmdb.example.org did not answer within 30s, 4 times in a row.` || got[1] != `The system "hr" said no.` {
		t.Errorf("got %q", got)
	}
}

// Of a plan that failed, what could not be read comes first, and there the error that
// says all of it.
func TestErrorsThatSayWhatCouldNotBeRead(t *testing.T) {
	const place = "\n\n  with custody_binding.x,\n  on main.tf line 1:\n\n"
	log := "Planning\nError: Other" + place + "Something.\n\nMore.\n\nError: Unable to Read People" + place + "Short.\n\nError: Unable to Read People" + place + "Long.\n\nNothing was issued.\n\nAdvice.\n"
	got := errorsIn(log)
	if long, short, other := strings.Index(got, "Long."), strings.Index(got, "Short."), strings.Index(got, "Something."); long > short || short > other || long < 0 {
		t.Errorf("got %s", got)
	}
}

func TestReasons(t *testing.T) {
	g := &grant{facts: facts{Asset: "cmdb/A"}}
	for text, want := range map[string]reason{
		"owner.left on Billing: main (cmdb/A): The owner: gone.": {"owner.left", "The owner: gone."},
		"owner.left on cmdb/A: It has left.":                     {"owner.left", "It has left."},
		"owner.left: It has left.":                               {"owner.left", "It has left."},
		"owner.left on another asset":                            {"owner.left", "on another asset"},
		"A sentence. And one more":                               {"", "A sentence. And one more"},
		"":                                                       {"", ""},
	} {
		g.Because = []string{text}
		if got := g.reasons(); got[0] != want {
			t.Errorf("%q: got %q", text, got[0])
		}
	}
}

// The grant remembers which frameworks its policy chooses.
func TestReportNamesControlsOfThePolicy(t *testing.T) {
	plan := planOf(grantThat(`"create"`, `null`, `{"status":"review","because":["owner.left: It has left."],"binding":{"facts":" {\"bound_to\":\"workload\"}","memory":" {\"frameworks\":[\"owasp-nhi-2025\"]}"}}`))
	var r report
	if err := json.Unmarshal([]byte(summaryOf(t, 0, plan, "-format", "json")), &r); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(r.Changes[0].Reasons[0].Controls); got != "[OWASP NHI1:2025]" {
		t.Errorf("got %s", got)
	}
}
