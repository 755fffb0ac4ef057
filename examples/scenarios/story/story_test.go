package story

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	tfjson "github.com/hashicorp/terraform-json"
)

const step = "# Title\n\nText.\n\n"

func TestParseRefuses(t *testing.T) {
	expect := "```expect\nplan changes\n```\n"
	for name, text := range map[string]string{
		"no title":          "Text.\n" + expect,
		"no text":           "# Title\n" + expect,
		"no expectation":    step,
		"open fence":        step + "```expect\nplan changes\n",
		"unknown fence":     step + expect + "```sh\nls\n```\n",
		"unknown outcome":   step + "```expect\nplan perhaps\n```\n",
		"unknown line":      step + "```expect\nplan changes\ngrant a\n```\n",
		"diff without file": step + expect + "```diff\n-a\n+b\n```\n",
		"diff with context": step + expect + "```diff\n--- f\n a\n+b\n```\n",
		"unknown act":       step + expect + "```directory\ndelete ada\n```\n",
		"unknown edit":      step + expect + "```edit\nremove f\n```\n",
	} {
		if _, err := parse([]byte(text)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestChange(t *testing.T) {
	at := instants{began: time.Date(2030, 1, 15, 23, 0, 0, 0, time.UTC), now: time.Date(2030, 1, 16, 1, 0, 0, 0, time.UTC)}
	for _, c := range []struct{ name, block, want string }{
		{"a line is replaced", "```diff\n--- f\n-b,2\n+b,3,{{today}}\n```", "a,1\nb,3,2030-01-15\nc,2\n"},
		{"a line goes", "```diff\n--- f\n-b,2\n```", "a,1\nc,2\n"},
		{"a line is added", "```diff\n--- f\n+d,{{now}}\n```", "a,1\nb,2\nc,2\nd,2030-01-16T01:00:00Z\n"},
		{"the day before", "```diff\n--- f\n+d,{{yesterday}},{{fortnight}}\n```", "a,1\nb,2\nc,2\nd,2030-01-14,2030-01-29\n"},
		{"several at once", "```diff\n--- f\n-a,1\n+x\n-c,2\n+y\n```", "x\nb,2\ny\n"},
		{"a cut", "```edit\ncut f after b,\n```", "a,1\nb,"},
		{"everywhere", "```edit\nreplace f ,2 ,9\n```", "a,1\nb,9\nc,9\n"},
		{"no such line", "```diff\n--- f\n-,2\n+x\n```", ""},
		{"no such text", "```edit\nreplace f z y\n```", ""},
		{"no such file", "```diff\n--- g\n+x\n```", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := parse([]byte(step + c.block + "\n```expect\nplan changes\n```\n"))
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			file := filepath.Join(dir, "f")
			before := "a,1\nb,2\nc,2\n"
			if err := os.WriteFile(file, []byte(before), 0o600); err != nil {
				t.Fatal(err)
			}
			undo, err := s.change(dir, at)
			if c.want == "" {
				if err == nil {
					t.Fatal("accepted")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if text, _ := os.ReadFile(file); string(text) != c.want {
				t.Errorf("it is %q, not %q", text, c.want)
			}
			if err := undo(); err != nil {
				t.Fatal(err)
			}
			if text, _ := os.ReadFile(file); string(text) != before {
				t.Errorf("undone it is %q", text)
			}
		})
	}
}

// A step that says something else than the plan does must fail: otherwise the
// demo would prove nothing.
func TestCheckPlan(t *testing.T) {
	grant := map[string]any{
		"status": "review", "because": []any{"owner.left on Billing (cmdb/APP-1): The owner has left."}, "binding": map[string]any{"memory": `{"retiring":["g1"]}`},
		"generations": map[string]any{
			"g1": map[string]any{"enabled": true},
			"g2": map[string]any{"enabled": false},
		},
	}
	before := maps.Clone(grant)
	before["status"], before["generations"] = "active", nil
	plan := &tfjson.Plan{ResourceChanges: []*tfjson.ResourceChange{
		{Type: "custody_grant", Index: "a", Change: &tfjson.Change{Actions: tfjson.Actions{tfjson.ActionUpdate}, Before: before, After: grant}},
		{Type: "terraform_data", Index: "a/g2", Change: &tfjson.Change{Actions: tfjson.Actions{tfjson.ActionCreate}}},
		{Type: "custody_binding", Index: "b", Change: &tfjson.Change{Actions: tfjson.Actions{tfjson.ActionNoop}}},
	}}
	imported := &tfjson.ResourceChange{Type: "terraform_data", Index: "b/g1",
		Change: &tfjson.Change{Actions: tfjson.Actions{tfjson.ActionNoop}, Importing: &tfjson.Importing{ID: "7"}}}
	const right = "grant a update status=review generations=g1:retiring,g2:disabled because=owner.left"
	for _, c := range []struct{ name, lines, want string }{
		{"as it is", right + "\ncredential a/g2 create", ""},
		{"another status", "grant a update status=active\ncredential a/g2 create", `status is "review", not "active"`},
		{"other generations", "grant a update generations=g2\ncredential a/g2 create", `generations is "g1:retiring,g2:disabled"`},
		{"other reasons", "grant a update because=none\ncredential a/g2 create", `because is "owner.left"`},
		{"another action", "grant a create\ncredential a/g2 create", "the plan says update, not create"},
		{"something unsaid", right, "credential a/g2: the plan says create, and nothing was said of it"},
		{"something that does not happen", right + "\ncredential a/g2 create\nbinding b create", "binding b: the plan does not create it"},
		{"another number", right + "\ncredential a/g2 create\ncount grant 2", "the plan changes 1 of grant, not 2"},
		{"rest is for what is created", "rest create", "grant a: the plan says update, not create"},
		{"rest is for grants that are updated", "rest update", "credential a/g2: the plan says create, not update"},
		{"rest has the facts", "rest update status=active\ncredential a/g2 create", `grant a: status is "review", not "active"`},
		{"what changes", "grant a update changes=generations,status\ncredential a/g2 create", ""},
		{"something else changes", "rest update changes=status\ncredential a/g2 create", `changes is "generations,status", not "status"`},
		{"an import", right + "\ncredential a/g2 create\ncredential b/g1 import", ""},
		{"another import", right + "\ncredential a/g2 create\ncredential b/g1 create", "the plan says import, not create"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e, err := parseExpectation(strings.Split("plan changes\n"+c.lines, "\n"))
			if err != nil {
				t.Fatal(err)
			}
			all := *plan
			if strings.Contains(c.lines, "b/g1") {
				all.ResourceChanges = append(slices.Clone(all.ResourceChanges), imported)
			}
			err = e.checkPlan(&all)
			if c.want == "" {
				if err != nil {
					t.Error(err)
				}
			} else if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("the error is %v, and does not say %s", err, c.want)
			}
		})
	}
}

func TestCheckState(t *testing.T) {
	state := func(credentials ...string) *tfjson.State {
		resources := []*tfjson.StateResource{{Type: "custody_grant", Index: "a", AttributeValues: map[string]any{
			"status": "active", "generations": map[string]any{"g2": map[string]any{"enabled": true}},
		}}}
		for _, c := range credentials {
			resources = append(resources, &tfjson.StateResource{Type: "terraform_data", Index: c})
		}
		return &tfjson.State{Values: &tfjson.StateValues{RootModule: &tfjson.StateModule{Resources: resources}}}
	}
	e, err := parseExpectation([]string{"plan changes", "grant a update status=active generations=g2"})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.checkState(state("a/g2")); err != nil {
		t.Error(err)
	}
	if err := e.checkState(state("a/g1", "a/g2")); err == nil {
		t.Error("a credential too many is accepted")
	}
	if err := e.checkState(state()); err == nil {
		t.Error("a missing credential is accepted")
	}
	if err := e.checkState(&tfjson.State{}); err == nil {
		t.Error("an empty state is accepted")
	}
}

const refused = `
Warning: Provider development overrides are in effect

Not interesting.

Terraform planned the following actions, but then encountered a problem:

  # custody_grant.access["a"] will be updated in-place
  ~ resource "custody_grant" "access" {
    }

Plan: 0 to add, 1 to change, 0 to destroy.

Warning: Something Else

Interesting.

Warning: Any Of Them

  with custody_grant.access["c"],

(and 2 more similar warnings elsewhere)

Error: Too Many

  with custody_grant.access["c"],

one

Error: Too Many

  with custody_grant.access["b"],

one
two

Error: Another

all of it
`

func TestExcerptHidesNoError(t *testing.T) {
	s := Step{expect: expectation{outcome: outcomeRefused}}
	const want = `Warning: Any Of Them

(and 2 more similar warnings elsewhere)

Warning: Something Else

Interesting.

Error: Too Many

  with custody_grant.access["b"],

one
two

(The same error at 1 more:
  custody_grant.access["c"])

Error: Another

all of it`
	if got := s.Excerpt(refused); got != want {
		t.Errorf("the excerpt is\n%s", got)
	}
}

func TestExcerptShowsChanges(t *testing.T) {
	s := Step{expect: expectation{outcome: outcomeChanges}}
	const planned = "custody_binding.a: Refreshing state... [id=a]\n\nTerraform will perform the following actions:\n\n" +
		"  # custody_binding.a will be created\n  + resource \"custody_binding\" \"a\" {\n    }\n\n" +
		"  # terraform_data.credential[\"a/g1\"] will be destroyed\n  # (because key [\"a/g1\"] is not in for_each map)\n  - resource \"terraform_data\" \"credential\" {\n    }\n\n" +
		"Plan: 1 to add, 0 to change, 1 to destroy.\n\nChanges to Outputs:\n  + a = 1\n\n─────\n\nSaved the plan to: p\n"
	got := s.Excerpt(planned)
	shown := s
	shown.expect.shown = []string{"b"}
	if got := shown.Excerpt(planned); got != "  (Left out here: 1 of terraform_data.)\n\nPlan: 1 to add, 0 to change, 1 to destroy.\n\nChanges to Outputs:\n  + a = 1" {
		t.Errorf("of what is not shown it says\n%s", got)
	}
	const want = "  # terraform_data.credential[\"a/g1\"] will be destroyed\n  # (because key [\"a/g1\"] is not in for_each map)\n  - resource \"terraform_data\" \"credential\" {\n    }\n\n" +
		"Plan: 1 to add, 0 to change, 1 to destroy.\n\nChanges to Outputs:\n  + a = 1"
	if got != want {
		t.Errorf("the excerpt is\n%s", got)
	}
}
