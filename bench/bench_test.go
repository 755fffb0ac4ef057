package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/policy"
)

// TestEventsAct holds the loads to what the tables call them: a healthy asset
// gives nothing to do, and every event does.
func TestEventsAct(t *testing.T) {
	rules := policy.Baseline()
	acts := func(i int, e event) bool {
		t.Helper()
		in, err := newAsset(i, rules).input(e, rules)
		if err != nil {
			t.Fatal(err)
		}
		d, err := lifecycle.Decide(in)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("asset %d, %s: %s, %s, rotation %s, %d reasons", i, e.name, d.Grant.Status, d.Grant.Action, d.Grant.Rotation, len(d.Grant.Reasons))
		return d.Grant.Serial != in.Prior.Serial || len(d.Grant.Reasons) > 0 || d.Grant.Status != in.Prior.Status
	}
	for _, i := range []int{0, 1, 10, 11} {
		if acts(i, healthy) {
			t.Errorf("asset %d: something is to be done for a healthy asset", i)
		}
		for _, e := range events {
			if !acts(i, e) {
				t.Errorf("asset %d: %s gives nothing to do", i, e.name)
			}
		}
	}
}

func TestMultiplied(t *testing.T) {
	const one = `{"version":4,"resources":[{"type":"a","instances":[{"index_key":"APP-000000","attributes":{"id":"cmdb/APP-000000"}}]}]}`
	got, err := multiplied([]byte(one), 2, assetWords)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"version":4,"resources":[{"type":"a","instances":[` +
		`{"index_key":"APP-000000","attributes":{"id":"cmdb/APP-000000"}},{"index_key":"APP-000001","attributes":{"id":"cmdb/APP-000001"}}]}]}`
	if !sameJSON(t, got, []byte(want)) {
		t.Errorf("got %s", got)
	}
	if _, err := multiplied([]byte(strings.Replace(one, `"instances":[`, `"instances":[{},`, 1)), 2, assetWords); err == nil {
		t.Error("a state with two instances was multiplied")
	}
}

func sameJSON(t *testing.T, a, b []byte) bool {
	t.Helper()
	var texts [2]string
	for i, text := range [][]byte{a, b} {
		var v any
		if err := json.Unmarshal(text, &v); err != nil {
			t.Fatal(err)
		}
		out, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		texts[i] = string(out)
	}
	return texts[0] == texts[1]
}

func TestReplaceBetween(t *testing.T) {
	const text = "above\n<!-- begin plans -->\nold\n<!-- end plans -->\nbelow\n"
	got, err := replaceBetween(text, "plans", "| new |\n")
	if err != nil {
		t.Fatal(err)
	}
	if want := "above\n<!-- begin plans -->\n\n| new |\n\n<!-- end plans -->\nbelow\n"; got != want {
		t.Errorf("got %q", got)
	}
	if again, err := replaceBetween(got, "plans", "| new |\n"); err != nil || again != got {
		t.Errorf("a second time gives %q, %v", again, err)
	}
	for _, text := range []string{"", "<!-- begin plans -->\n", "<!-- end plans -->\n<!-- begin plans -->\n"} {
		if _, err := replaceBetween(text, "plans", "x"); err == nil {
			t.Errorf("%q was accepted", text)
		}
	}
}

func TestGrouped(t *testing.T) {
	for n, want := range map[float64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567"} {
		if got := grouped(n); got != want {
			t.Errorf("%v gives %s", n, got)
		}
	}
}
