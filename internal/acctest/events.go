package acctest

import (
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/register"
)

// Events returns the events of a workspace in a register, and fails the test unless the
// chain holds.
func Events(t testing.TB, location, workspace string) []register.Event {
	t.Helper()
	r, err := register.Open(t.Context(), register.Config{Location: location})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close() //nolint:errcheck // nothing is left to be written
	if report, err := r.Verify(t.Context(), workspace, nil); err != nil || report.Break != nil {
		t.Fatalf("the chain does not hold: %+v, %v", report.Break, err)
	}
	var out []register.Event
	for e, err := range r.Events(t.Context(), workspace, 0) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, e)
	}
	return out
}
