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
