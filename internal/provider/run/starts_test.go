package run_test

import (
	"slices"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/provider/run"
)

func TestStartsListWhatCameBefore(t *testing.T) {
	var s run.Starts
	for _, c := range []struct {
		heading, grant string
		before         []string
	}{
		{"blocked", "b", nil}, {"blocked", "a", []string{"b"}}, {"review", "c", nil}, {"blocked", "b", []string{"a"}}, {"blocked", "c", []string{"a", "b"}},
	} {
		if got := s.Add(c.heading, c.grant); !slices.Equal(got, c.before) {
			t.Errorf("before %s under %s: %q, not %q", c.grant, c.heading, got, c.before)
		}
	}
}

func TestStartsListNoMoreThanAMessageCanHold(t *testing.T) {
	var s run.Starts
	var before []string
	for i := range 23 {
		before = s.Add("blocked", string(rune('a'+i)))
	}
	if len(before) != 21 || before[0] != "a" || before[20] != "and 2 more" {
		t.Errorf("%q", before)
	}
}
