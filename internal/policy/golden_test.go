package policy_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/policy"
)

var update = flag.Bool("update", false, "write the golden files anew; read the difference before you commit it")

// documents returns the golden documents of one folder of testdata by name.
func documents(t testing.TB, folder string) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", folder, "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no documents in testdata/%s (%v)", folder, err)
	}
	docs := map[string][]byte{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		docs[strings.TrimSuffix(filepath.Base(file), ".json")] = data
	}
	return docs
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
	if string(want) != got {
		t.Errorf("%s does not hold what came out; -update writes it anew.\ngot:\n%s\nwant:\n%s", file, got, want)
	}
}

func TestValidDocuments(t *testing.T) {
	for name, data := range documents(t, "valid") {
		t.Run(name, func(t *testing.T) {
			doc, err := policy.Parse(data)
			if err != nil {
				t.Fatal(err)
			}
			rules, err := policy.Compile(doc, "provider policy")
			if err != nil {
				t.Fatal(err)
			}
			golden(t, filepath.Join("testdata", "valid", name+".txt"), dump(rules))
			again, err := policy.Parse(policy.Render(doc))
			if err != nil {
				t.Fatal(err)
			}
			if a, b := policy.Render(doc), policy.Render(again); string(a) != string(b) {
				t.Errorf("rendered once:\n%s\nrendered again:\n%s", a, b)
			}
		})
	}
}

func TestInvalidDocuments(t *testing.T) {
	for name, data := range documents(t, "invalid") {
		t.Run(name, func(t *testing.T) {
			doc, err := policy.Parse(data)
			if err == nil {
				_, err = policy.Compile(doc, "provider policy")
			}
			var problems policy.Problems
			if !errors.As(err, &problems) {
				t.Fatalf("got %v, want problems", err)
			}
			// The list of what a condition can read has a test of its own.
			text := strings.ReplaceAll(problems.Error(), strings.Join(policy.ConditionFields(), ", "), "…")
			golden(t, filepath.Join("testdata", "invalid", name+".txt"), text+"\n")
		})
	}
}

// dump writes what a document adds to the baseline.
func dump(r *lifecycle.Rules) string {
	base := policy.Baseline()
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("name %s", r.Name)
	line("automate_at %d stale_after %s lead_time %s exception_max %s", r.AutomateAt, policy.FormatDuration(r.StaleAfter),
		policy.FormatDuration(r.LeadTime), policy.FormatDuration(r.ExceptionMax))
	line("review_deadline %s unused_after %s frameworks %q", policy.FormatDuration(r.ReviewDeadline), policy.FormatDuration(r.UnusedAfter), r.Frameworks)
	if r.Notices != nil {
		line("notices %v", r.Notices)
	}
	line("required %v points %v", r.Required, r.Points)
	for _, e := range r.Enforcement {
		line("enforcement class=%q risk=%s environment=%q: %s from=%s", e.Class, pointed(e.Risk), e.Environment, e.Mode, e.From)
	}
	line("trust %t", r.Authority.Trust)
	for _, a := range r.Authority.Attest[:len(r.Authority.Attest)-len(base.Authority.Attest)] {
		line("attest class=%q bound_to=%s risk=%s: %q", a.Class, pointed(a.BoundTo), pointed(a.Risk), a.Who)
	}
	for _, a := range r.Authority.Except[:len(r.Authority.Except)-len(base.Authority.Except)] {
		line("except class=%q bound_to=%s risk=%s: %q", a.Class, pointed(a.BoundTo), pointed(a.Risk), a.Who)
	}
	for _, c := range r.RequireClosed {
		line("%s: %v class=%q bound_to=%s risk=%s environment=%q criticality=%q", c.Label, c.Kinds, c.Class, pointed(c.BoundTo), pointed(c.Risk), c.Environment, c.Criticality)
	}
	for _, l := range r.Lifetimes[:len(r.Lifetimes)-len(base.Lifetimes)] {
		line("lifetime risk=%s criticality=%q environment=%q owner_kind=%q class=%q ttl=%s renew_before=%s overlap=%s recertify_every=%s spread=%s",
			pointed(l.Risk), l.Criticality, l.Environment, l.OwnerKind, l.Class, l.TTL, l.RenewBefore, l.Overlap, l.RecertifyEvery, pointed(l.Spread))
	}
	for _, t := range r.Triggers[:len(r.Triggers)-len(base.Triggers)] {
		line("%s: codes=%d class=%q bound_to=%s risk=%s when=%t: %s rotate=%s grace=%s then=%s", t.Label, t.Codes.Len(), t.Class,
			pointed(t.BoundTo), pointed(t.Risk), t.When != nil, t.Action, t.Rotation, t.Grace, t.Then)
	}
	names := make([]string, 0, len(r.Classes))
	for name, c := range r.Classes {
		if base.Classes[name] != c {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		c := r.Classes[name]
		line("class %s: %s lifecycle_owner=%q review_queue=%q", name, c.BoundTo, c.LifecycleOwner, c.ReviewQueue)
	}
	return b.String()
}

func pointed[T fmt.Stringer](v *T) string {
	if v == nil {
		return "any"
	}
	return (*v).String()
}
