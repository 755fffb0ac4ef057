package policy_test

import (
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/policy"
)

// differences writes down how a document compares with what it extends, and what
// the provider would warn of.
func differences(t *testing.T, document string) string {
	t.Helper()
	doc, err := policy.Parse([]byte(document))
	if err != nil {
		t.Fatal(err)
	}
	milder, stricter, err := policy.CompareDocument(doc, "policy")
	if err != nil {
		t.Fatal(err)
	}
	rules, err := policy.Compile(doc, "policy")
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, part := range []struct {
		name string
		list []string
	}{{"milder", milder}, {"stricter", stricter}, {"warned of", policy.SeriouslyMilder(rules)}} {
		for _, text := range part.list {
			b.WriteString(part.name + ": " + text + "\n")
		}
	}
	return b.String()
}

func TestCompareGolden(t *testing.T) {
	for name, data := range documents(t, "compare") {
		t.Run(name, func(t *testing.T) {
			golden(t, filepath.Join("testdata", "compare", name+".txt"), differences(t, string(data)))
		})
	}
}

func TestUnmatchedGolden(t *testing.T) {
	for name, data := range documents(t, "unmatched") {
		t.Run(name, func(t *testing.T) {
			doc, err := policy.Parse(data)
			if err != nil {
				t.Fatal(err)
			}
			rules, err := policy.Compile(doc, "policy")
			if err != nil {
				t.Fatal(err)
			}
			unknown := policy.Unmatched(doc, rules, nil)
			known := policy.Unmatched(doc, rules, []string{"PRODUCTION", "test"})
			golden(t, filepath.Join("testdata", "unmatched", name+".txt"),
				strings.Join(unknown, "\n")+"\n\nwith the environments production and test:\n"+strings.Join(known, "\n")+"\n")
		})
	}
}

// TestEveryMilderOutcomeIsReported compares every action on every finding, in every column
// and for every risk, with what the baseline decides in every situation that its
// conditions tell apart: what is milder in one of them must be named.
func TestEveryMilderOutcomeIsReported(t *testing.T) {
	columns := []*string{nil, ptr("person"), ptr("workload")}
	risks := []*string{nil, ptr("standard"), ptr("privileged")}
	for _, code := range policy.MappableCodes() {
		c, err := lifecycle.ParseCode(code)
		if err != nil {
			t.Fatal(err)
		}
		for _, action := range lifecycle.Actions() {
			if action == "revoke" && !lifecycle.Terminal.Has(c) {
				continue
			}
			for _, column := range columns {
				for _, risk := range risks {
					doc := &policy.Document{Triggers: []policy.Trigger{{On: code, BoundTo: column, Risk: risk, Action: action}}}
					rules, err := policy.Compile(doc, "policy")
					if err != nil {
						t.Fatal(err)
					}
					milder, stricter := policy.Compare(policy.Baseline(), rules)
					wantMilder, wantStricter := compared(t, rules, c)
					if wantMilder && len(milder) == 0 || wantStricter && len(stricter) == 0 {
						t.Errorf("%s gives %s, %s, %s: milder %q, stricter %q", code, action, stated(column), stated(risk), milder, stricter)
					}
					if grave := policy.SeriouslyMilder(rules); len(grave) > 0 && !lifecycle.Terminal.Has(c) {
						t.Errorf("%s is not terminal, but %q", code, grave)
					}
				}
			}
		}
	}
}

// compared reports whether the first action of the rules on a finding is milder, or
// stricter, than that of the baseline on some subject.
func compared(t *testing.T, rules *lifecycle.Rules, c lifecycle.Code) (milder, stricter bool) {
	t.Helper()
	for _, column := range []lifecycle.BoundTo{lifecycle.BoundToUnclassified, lifecycle.BoundToWorkload, lifecycle.BoundToPerson} {
		for _, risk := range []lifecycle.Risk{lifecycle.RiskStandard, lifecycle.RiskPrivileged} {
			for _, provoke := range situations {
				s := &lifecycle.Subject{Binding: &lifecycle.Binding{BoundTo: column, Holder: "corp/bob"}, Spec: &lifecycle.Spec{}, Risk: risk}
				provoke(s)
				got, want := decide(t, rules, c, s).Action, decide(t, policy.Baseline(), c, s).Action
				milder, stricter = milder || got < want, stricter || got > want
			}
		}
	}
	return milder, stricter
}

// stated writes a selector.
func stated(s *string) string {
	if s == nil {
		return "any"
	}
	return *s
}

// TestManyDifferences: a large document does not drown the reader, and what is grave is
// not lost among the rest.
func TestManyDifferences(t *testing.T) {
	doc := &policy.Document{}
	for i := range 600 {
		doc.Triggers = append(doc.Triggers, policy.Trigger{On: "owner.shared", Class: ptr("c" + strconv.Itoa(i)), Action: "keep"})
	}
	doc.Triggers = append(doc.Triggers, policy.Trigger{On: "asset.lost", Action: "keep"})
	milder, stricter, err := policy.CompareDocument(doc, "policy")
	if err != nil {
		t.Fatal(err)
	}
	if len(milder) != 502 || len(stricter) != 0 || !strings.Contains(milder[0], "asset.lost") || milder[501] != "100 more are not listed." {
		t.Errorf("%d milder, the first %s, the last %s; %d stricter", len(milder), milder[0], milder[len(milder)-1], len(stricter))
	}
}
