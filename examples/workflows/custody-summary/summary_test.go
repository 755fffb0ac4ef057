package main

import (
	"bytes"
	"flag"
	"fmt"
	"html"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
	"github.com/custodyhq/terraform-provider-custody/internal/clock"
)

var update = flag.Bool("update", false, "write the golden files anew; read the difference before you commit it")

// instantOfTests is the present where an input names none.
var instantOfTests = time.Date(2030, 1, 15, 9, 0, 0, 0, time.UTC)

// summaryOf runs the program and returns what it printed.
func summaryOf(t testing.TB, code int, stdin string, args ...string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if got := run(args, strings.NewReader(stdin), &stdout, &stderr, clock.NewFake(instantOfTests)); got != code {
		t.Fatalf("it ended with %d, not %d: %s", got, code, stderr.String())
	}
	return stdout.String()
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s holds something else. Got:\n%s", filepath.Base(file), got)
	}
}

func testdata(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// same puts fixed words in the place of what differs from run to run.
func same(plan string) string {
	for name, value := range map[string]string{"timestamp": "2030-01-15T09:00:00Z", "terraform_version": "1.11.4"} {
		plan = regexp.MustCompile(`"`+name+`":"[^"]*"`).ReplaceAllString(plan, `"`+name+`":"`+value+`"`)
	}
	return plan
}

// TestRealPlans compares the summaries of plans that a real command line tool
// has made.
func TestRealPlans(t *testing.T) {
	policy := func(w *acctest.Workspace, document string) {
		w.Edit("main.tf", "  limits    = {", "  policy    = jsonencode("+document+")\n  limits    = {")
	}
	leaver := func(w *acctest.Workspace) {
		w.Edit("inventory/people.csv", "Ada Byron,employee,active", "Ada Byron,employee,left")
	}
	for _, story := range []struct {
		name string
		code int
		tell func(w *acctest.Workspace)
	}{
		{"observed", 2, func(w *acctest.Workspace) {
			w.Remove("terraform.tfstate")
			policy(w, `{ enforcement = [{ class = "laptop", mode = "observe", enforce_from = "2030-02-01" }, { mode = "observe" }] }`)
			leaver(w)
		}},
		{"enforced", 2, func(w *acctest.Workspace) {
			w.Remove("terraform.tfstate")
			const observing = `{ enforcement = [{ mode = "observe" }] }`
			policy(w, observing)
			w.Apply()
			leaver(w)
			w.Apply()
			w.Edit("main.tf", observing, `{ enforcement = [{ class = "laptop", mode = "enforce" }, { mode = "observe" }] }`)
		}},
		{"another-policy", 2, func(w *acctest.Workspace) { policy(w, `{ lead_time = "31d" }`) }},
		{"no-change", 0, func(*acctest.Workspace) {}},
		{"leaver", 2, leaver},
		{"reassigned", 2, func(w *acctest.Workspace) {
			w.Edit("inventory/assets.csv", "ada-laptop,in_service,ada@", "ada-laptop,in_service,alan@")
		}},
		{"retired", 2, func(w *acctest.Workspace) {
			w.Edit("inventory/assets.csv", "Ledger,in_service", "Ledger,retired")
		}},
		{"blocked", 2, func(w *acctest.Workspace) {
			w.Write("inventory/tasks.csv", "id,kind,asset,status,due,url\nT-1,decommission,APP-0043,open,2030-01-10,\n")
		}},
		{"drift", 0, func(w *acctest.Workspace) {
			w.Edit("inventory/assets.csv", "Build server,in_service,grace@", "Build server,in_service,alan@")
		}},
		{"held", 2, func(w *acctest.Workspace) {
			w.Edit("main.tf", "  limits    = {", "  on_unavailable = \"hold\"\n  limits    = {")
			w.Remove("inventory/people.csv")
		}},
		{"removed", 2, func(w *acctest.Workspace) {
			w.Edit("main.tf", `    ledger-sync    = { asset = "cmdb/APP-0043", risk = "standard" }`+"\n", "")
		}},
		{"first", 2, func(w *acctest.Workspace) { w.Remove("terraform.tfstate") }},
		{"error", 1, func(w *acctest.Workspace) {
			w.Edit("main.tf", "revocations = 2", "revocations = 0")
			w.Edit("inventory/assets.csv", "Ledger,in_service", "Ledger,retired")
		}},
	} {
		t.Run(story.name, func(t *testing.T) {
			want, world := testdata(t, story.name+".md"), testdata(t, "world")
			w := acctest.New(t)
			w.CopyDir(world)
			w.Edit("main.tf", "plantimestamp()", `"2030-01-15T09:00:00Z"`)
			w.Apply()
			story.tell(w)
			log := w.Plan("-out=plan.tfplan").Exits(story.code).Output
			w.Write("plan.log", log)
			shown := ""
			if _, err := os.Stat("plan.tfplan"); err == nil {
				shown = same(w.Run("show", "-json", "plan.tfplan").Ok().Output)
			}
			args := []string{"-code", fmt.Sprint(story.code), "-log", "plan.log"}
			golden(t, want, summaryOf(t, story.code, shown, args...))
		})
	}
}

// TestRealState reads the state that a real command line tool has written, of grants
// that wait for somebody after the plan was applied.
func TestRealState(t *testing.T) {
	want, world := testdata(t, "applied.md"), testdata(t, "world")
	w := acctest.New(t)
	w.CopyDir(world)
	w.Edit("main.tf", "plantimestamp()", `"2030-01-15T09:00:00Z"`)
	w.Apply()
	w.Edit("inventory/people.csv", "Ada Byron,employee,active", "Ada Byron,employee,left")
	w.Apply()
	golden(t, want, summaryOf(t, 0, same(w.Run("show", "-json").Ok().Output), "-at", "2030-01-16T03:17:00Z"))
}

// TestHostile renders a plan whose names try to be more than names.
func TestHostile(t *testing.T) {
	got := summaryOf(t, 0, "", "-title", "<h1>@all", testdata(t, "hostile.json"))
	golden(t, testdata(t, "hostile.md"), got)
	for _, bad := range []string{"<script", "<img", "](", "@everyone", "\u202e", "https://evil", "www.evil", "\ninjected"} {
		if strings.Contains(got, bad) {
			t.Errorf("%q came through", bad)
		}
	}
	for _, line := range strings.Split(got, "\n") {
		if n := strings.Count(line, "|"); n != 0 && n != 3 && n != 4 && n != 5 && n != 6 && n != 7 && n != 9 {
			t.Errorf("a table has an odd row: %s", line)
		}
	}
}

// TestWithdrawn counts over a whole plan what is taken away, as the brake does for
// each configuration of the provider.
func TestWithdrawn(t *testing.T) {
	const on, off = `{"enabled":true,"expires_at":"2030-02-01T00:00:00Z"}`, `{"enabled":false}`
	for _, c := range []struct {
		name, actions, before, after string
		want                         int
	}{
		{"what stays", `"update"`, `{"generations":{"g1":` + on + `}}`, `{"status":"review","generations":{"g1":` + on + `}}`, 0},
		{"what goes", `"update"`, `{"generations":{"g1":` + on + `,"g2":` + on + `}}`, `{"generations":{}}`, 2},
		{"what is disabled", `"update"`, `{"generations":{"g1":` + on + `}}`, `{"generations":{"g1":` + off + `}}`, 1},
		{"what was disabled before", `"update"`, `{"generations":{"g1":` + off + `}}`, `{"generations":{}}`, 0},
		{"what is destroyed", `"delete"`, `{"generations":{"g1":` + on + `}}`, `null`, 1},
		{"what is replaced", `"delete","create"`, `{"generations":{"g1":` + on + `}}`, `{"generations":{"g1":` + on + `}}`, 1},
		{"an end that was announced", `"update"`, `{"generations":{"g1":{"enabled":true,"expires_at":"2030-01-15T09:00:00Z"}}}`, `{"generations":{}}`, 0},
		{"what a person named", `"update"`, `{"generations":{"g1":` + on + `}}`, `{"generations":{},"revoke_generations":["g1"]}`, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := summaryOf(t, 0, `{"format_version":"1.2","timestamp":"2030-01-15T09:00:00Z","resource_changes":[{"mode":"managed","type":"custody_grant","change":{"actions":[`+
				c.actions+`],"before":`+c.before+`,"after":`+c.after+`}}]}`)
			said := strings.Contains(got, "would be removed or disabled")
			if said != (c.want > 0) || said && !strings.Contains(got, "**"+plural(c.want, "credential")+" that can be used now would be removed") {
				t.Errorf("it does not count %d:\n%s", c.want, got)
			}
		})
	}
}

// TestLapsing names the day on which access ends that is no longer renewed.
func TestLapsing(t *testing.T) {
	const same = `"generations":{"g1":{"enabled":true,"expires_at":"2030-02-01T00:00:00Z"}}`
	got := summaryOf(t, 0, `{"format_version":"1.2","resource_changes":[{"mode":"managed","type":"custody_grant","change":{"actions":["update"],"before":{"status":"review",`+
		same+`},"after":{"status":"lapsing",`+same+`}}}]}`)
	if !strings.Contains(got, "**review → lapsing**") || !strings.Contains(got, "the last one ends at 2030-02-01T00:00:00Z") {
		t.Errorf("it does not say when access ends:\n%s", got)
	}
}

func TestEnds(t *testing.T) {
	quiet := `{"format_version":"1.2"}`
	for _, c := range []struct {
		name, stdin string
		code        int
		args        []string
	}{
		{"with 0 by default", quiet, 0, nil},
		{"with the code that was given", quiet, 2, []string{"-code", "2"}},
		{"with 1 if the plan failed and left nothing", "", 1, []string{"-code", "1", "missing.json"}},
		{"with 1 on an empty plan", "", 1, []string{"-code", "2"}},
		{"with 1 on another format", `{"format_version":"2.0"}`, 1, nil},
		{"with 1 on text", "Plan: 1 to add", 1, nil},
		{"with 1 on a missing file", "", 1, []string{"missing.json"}},
		{"with 1 on an unknown format", quiet, 1, []string{"-format", "pdf"}},
		{"with 1 on two files", "", 1, []string{"a.json", "b.json"}},
		{"with 1 on an unknown flag", "", 1, []string{"-x"}},
		{"with 1 on a grant that is none", `{"format_version":"1.2","resource_changes":[{"mode":"managed","type":"custody_grant","change":{"after":7}}]}`, 1, nil},
	} {
		t.Run(c.name, func(t *testing.T) { summaryOf(t, c.code, c.stdin, c.args...) })
	}
}

// TestLog shows the errors of a plan that failed as text that cannot end early.
func TestLog(t *testing.T) {
	log := filepath.Join(t.TempDir(), "plan.log")
	content := "Refreshing state...\n\x1b[31mError: bad ```\n````\n" + strings.Repeat("é", maxLog)
	if err := os.WriteFile(log, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	got := summaryOf(t, 1, "", "-code", "1", "-log", log)
	if !strings.Contains(got, "\n`````text\nError: bad ```\n````\n") || !strings.HasSuffix(got, "…\n`````\n") || strings.Contains(got, "Refreshing") {
		t.Errorf("got %.200q … %q", got, got[len(got)-40:])
	}
}

// TestBounds keeps the summary of a large plan below what a job's summary takes.
func TestBounds(t *testing.T) {
	var rows []string
	for i := range 5000 {
		rows = append(rows, fmt.Sprintf(`{"address":"custody_grant.x[%d]","mode":"managed","type":"custody_grant","change":{"actions":["create"],"after":{"status":"review","because":[%q]}}}`,
			i, "owner.left: "+strings.Repeat("a|", 5000)))
	}
	got := summaryOf(t, 0, `{"format_version":"1.2","resource_changes":[`+strings.Join(rows, ",")+`]}`)
	if len(got) > 1<<20 {
		t.Errorf("the summary has %d bytes", len(got))
	}
	if !strings.Contains(got, "And 4800 more.") || !strings.Contains(got, "**5000 grants of 5000 would change.**") {
		t.Error("what was left out is not counted")
	}
}

func FuzzText(f *testing.F) {
	for _, s := range []string{"", "Ada_Byron", "<b>", "a|b", "@team #1", "www.x.y https://x :smile: 10:30", "\u202e\x00\n", "_x_ **y** `z`"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := text(s)
		bare := regexp.MustCompile(`&#[0-9]+;`).ReplaceAllString(got, "")
		if strings.ContainsAny(bare, "\\`*{}[]<>|~&$@#\n\r\t") || strings.Contains(bare, "://") {
			t.Errorf("%q became %q", s, got)
		}
		back := strings.ReplaceAll(html.UnescapeString(got), "\u200b", "")
		want := strings.Map(func(r rune) rune {
			switch {
			case unicode.IsSpace(r):
				return ' '
			case !unicode.IsPrint(r):
				return unicode.ReplacementChar
			}
			return r
		}, strings.ToValidUTF8(s, "\ufffd"))
		if len([]rune(s)) <= maxText && len([]rune(back)) != len([]rune(s)) && back != want {
			t.Errorf("%q reads as %q, not %q", s, back, want)
		}
	})
}

// A name in the diagram is text between a fixed beginning and the colon before the dates:
// it ends no line, begins no statement and draws nothing.
func FuzzTimeline(f *testing.F) {
	for _, s := range []string{"", "Ada:Byron", "a;b", "%%{init: {}}%%", "`x`\n```", "section x\nclick a href", "<b>#35;", "#quot;", "2030-01-01", "\u202e", "\u2028"} {
		f.Add(s, s)
	}
	line := regexp.MustCompile(`^    A credential ends - [\pL\pN_/().,' -]+ - [\pL\pN_/().,' -]+ :crit, 2030-01-20, 2030-01-21$`)
	f.Fuzz(func(t *testing.T, asset, holder string) {
		g := &grant{}
		g.facts = facts{Asset: asset, Holder: holder}
		at := instantOfTests.AddDate(0, 0, 5)
		got := timeline(&tally{now: instantOfTests, names: names{}, events: []event{{entry{after: g}, at, []string{endOfGeneration}}}})
		lines := strings.Split(got, "\n")
		if len(lines) != 10 || !line.MatchString(lines[7]) || lines[8] != "~~~" {
			t.Errorf("%q and %q became\n%s", asset, holder, got)
		}
	})
}

// What is no plan, or no text of the provider's, is an error and never a panic.
func FuzzInput(f *testing.F) {
	f.Add(planOf(grantThat(`"update"`, `{}`, `{"because":["a.b: c"],"next_change_at":"2030-01-16T00:00:00Z","binding":{"facts":" {\"asset\":\"a/b\"}","memory":" {\"retiring\":[\"g1\"]}"}}`)))
	f.Add(`{"format_version":"1.0","values":{"root_module":{"child_modules":[{"resources":[{"mode":"managed","type":"custody_binding","values":{"held":true}}]}]}}}`)
	f.Add(`{"format_version":"1.2","resource_changes":[{"mode":"managed","type":"custody_grant","change":{"after":{"binding":{"memory":" {\"retiring\":7}"}}}}]}`)
	f.Fuzz(func(_ *testing.T, input string) {
		var out, errs bytes.Buffer
		for _, f := range formats {
			run([]string{"-format", f.name, "-allow", "keeps"}, strings.NewReader(input), &out, &errs, clock.NewFake(instantOfTests))
		}
	})
}
