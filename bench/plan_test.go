package main

import "testing"

// The state that the plans are measured with must be that of an unchanged world: a
// plan that has something to change measures something else.
func TestTheMadeStateIsUnchanged(t *testing.T) {
	if testing.Short() {
		t.Skip("this test runs the command line tool, which -short leaves out")
	}
	w, err := newBenchEnvironment(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer w.close()
	runners, err := prepare(t.Context(), w, contenders[:1])
	if err != nil {
		t.Fatal(err)
	}
	if _, err := measurePlans(t.Context(), w, runners, bothKinds, 3, 1); err != nil {
		t.Error(err)
	}
}
